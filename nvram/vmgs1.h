/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMGS version 1, read; its format is drawn in vmgs1_layout.h. */
#ifndef HVGEN2_NVRAM_VMGS1_H
#define HVGEN2_NVRAM_VMGS1_H

#include "common/bytes.h"
#include "nvram/nvram.h"

int vmgs1_decode(const struct file_bytes *file, struct nvram *ret, struct error *err);

#endif
