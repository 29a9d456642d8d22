/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one list of the kinds of guests. */
#ifndef HVGEN2_CONVERT_GUEST_KINDS_H
#define HVGEN2_CONVERT_GUEST_KINDS_H

#include "convert/guest/guest.h"

/* Each is asked of every volume, in this order. Ends with NULL. */
extern const struct guest_kind *const guest_kinds[];

#endif
