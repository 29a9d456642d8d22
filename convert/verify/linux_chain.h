/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs on the ESP that start a Linux guest: shim, GRUB, and the fallback program. */
#ifndef HVGEN2_CONVERT_VERIFY_LINUX_CHAIN_H
#define HVGEN2_CONVERT_VERIFY_LINUX_CHAIN_H

#include "convert/verify/verify.h"

/* Are they there, of one kind where they must be, and signed where verify->secure_boot is set? Needs
 * verify->linux_folder. */
void verify_linux_chain(struct verify *verify);

#endif
