/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux as a kind of guest: see guest.h. Nothing in its file systems is written. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_KIND_H
#define HVGEN2_CONVERT_GUEST_LINUX_KIND_H

#include "convert/guest/guest.h"

extern const struct guest_kind guest_linux;

#endif
