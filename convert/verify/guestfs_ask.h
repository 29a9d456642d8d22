/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The half of the libguestfs check that asks; guestfs.c has the process that it runs in. */
#ifndef HVGEN2_CONVERT_VERIFY_GUESTFS_ASK_H
#define HVGEN2_CONVERT_VERIFY_GUESTFS_ASK_H

#include "convert/verify/guestfs_library.h"
#include "convert/verify/verify.h"

/*
 * The questions to a launched handle whose only drive is the disk. Results are added to 'verify'.
 */
void verify_guestfs_ask(struct verify *verify, const struct guestfs *g);

/* The first line of the handle's last error. The buffer is filled and returned. */
const char *verify_guestfs_error(const struct guestfs *g, char text[256]);

#endif
