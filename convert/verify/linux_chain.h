/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs on the ESP that start a Linux guest: shim, GRUB, and the fallback program. */
#ifndef HVGEN2_CONVERT_VERIFY_LINUX_CHAIN_H
#define HVGEN2_CONVERT_VERIFY_LINUX_CHAIN_H

#include "convert/verify/verify.h"

/* Are they there, and of one kind where they must be? Needs verify->linux_folder. */
void verify_linux_chain(struct verify *verify);

#endif
