/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What starts a Linux guest: shim, GRUB and its grub.cfg on the ESP, and what that leads to. */
#ifndef HVGEN2_CONVERT_VERIFY_LINUX_H
#define HVGEN2_CONVERT_VERIFY_LINUX_H

#include "convert/verify/verify.h"

/* Is there a vendor's folder with a grub.cfg on the ESP, and no boot manager of Windows? Fills
 * verify->linux_folder. */
bool verify_linux_is_there(struct verify *verify);

/* Look at the chain in that folder, and where it leads. */
void verify_linux(struct verify *verify);

#endif
