/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows as a kind of guest: see guest.h. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_KIND_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_KIND_H

#include "convert/guest/guest.h"

extern const struct guest_kind guest_windows;

#endif
