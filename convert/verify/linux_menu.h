/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the grub.cfg on the ESP leads to: the guest's own menu and the kernel that it starts. */
#ifndef HVGEN2_CONVERT_VERIFY_LINUX_MENU_H
#define HVGEN2_CONVERT_VERIFY_LINUX_MENU_H

#include "convert/verify/verify.h"

/* 'text' is the grub.cfg at 'path' of the ESP; NULL when it cannot be read. After
 * grub_reader_set_disk(). */
void verify_linux_menu(struct verify *verify, const char *path, const char *text);

#endif
