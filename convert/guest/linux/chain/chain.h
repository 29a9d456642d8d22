/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of the ESP that start a Linux guest:
 *
 *   \EFI\debian\shimx64.efi grubx64.efi mmx64.efi grub.cfg BOOTX64.CSV    folder: efi_set.h
 *   \EFI\BOOT\BOOTX64.EFI                    shim again, which firmware without an entry starts
 *   \EFI\BOOT\fbx64.efi                      what shim then starts: it makes the entry that
 *                                            BOOTX64.CSV names, and starts it
 *   \EFI\BOOT\grubx64.efi                    instead, where there is no fbx64.efi
 *
 * A GRUB that was made here stands alone, as \EFI\debian\grubx64.efi and \EFI\BOOT\BOOTX64.EFI,
 * each with its grub.cfg.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_CHAIN_CHAIN_H
#define HVGEN2_CONVERT_GUEST_LINUX_CHAIN_CHAIN_H

#include <stdint.h>

#include "common/error.h"
#include "convert/guest/files.h"
#include "convert/guest/linux/chain/efi_set.h"

/*
 * Append all of them, copies; none is optional. 'stub' is the text of grub.cfg (grub_stub.h),
 * 'description' what the boot entry is to be called, UTF-8 from the guest (PRETTY_NAME): what a
 * BOOTX64.CSV cannot hold is left out, and when nothing is left, or it is NULL, the folder's name
 * is taken. 'time': seconds since 1970 UTC. Errors: ENOMEM.
 */
int chain_add_files(const struct efi_set *set, const char *stub, const char *description,
		    int64_t time, struct guest_files *files, struct error *err);

/*
 * What boot entries are called for this description: without what a line of BOOTX64.CSV cannot
 * hold, and the folder's name for one that is empty then, or is that of Windows' own entry, by
 * which firmware tools know it.
 */
#define CHAIN_LABEL 256
void chain_label(const struct efi_set *set, const char *description, char ret[CHAIN_LABEL]);

/* What the boot entry of the firmware names: "\EFI\debian\shimx64.efi" ("grubx64.efi" without
 * shim), into 'buffer', which is returned. */
#define CHAIN_PATH 96
const char *chain_loader_path(const struct efi_set *set, char buffer[CHAIN_PATH]);

#endif
