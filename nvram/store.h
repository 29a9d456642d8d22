/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of containers, inside nvram/. */
#ifndef HVGEN2_NVRAM_STORE_H
#define HVGEN2_NVRAM_STORE_H

#include "nvram/container.h"

/* 'format' is one that nvram_recognise() gave. */
const struct nvram_container *nvram_container(enum nvram_format format);

#endif
