/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ESP that a disk with a GPT has already: images for clouds are made to start by the BIOS and
 * by UEFI, and hold shim and GRUB for both. What is on it is the guest's, and stays as it is.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_OWN_ESP_H
#define HVGEN2_CONVERT_GUEST_LINUX_OWN_ESP_H

#include "convert/guest/disk.h"
#include "convert/guest/linux/chain/efi_set.h"

/*
 * Look for an ESP with shim and GRUB in one folder below \EFI, whose GRUB leads to the guest's
 * menu: its grub.cfg names the file system with /boot, and it has the commands that the menu needs.
 * The folder of the distribution comes first, \EFI\BOOT last. system->esp says which it is, and is
 * all zero when there is none. 'warnings' get why one with both is not taken, and that there is no
 * \EFI\BOOT\BOOTX64.EFI. An ESP that cannot be read is none. 'system' must have been judged.
 * Errors: lack of memory and I/O alone.
 */
int linux_own_esp_find(const struct guest_disk *old, struct linux_system *system,
		       struct note_list *warnings, struct error *err);

/*
 * Read what starts the guest from the ESP that was found, for what is to be told of it. Errors:
 * those of efi_set_from_bytes(); I/O. *ret is to be released with efi_set_done() in every case.
 */
int linux_own_esp_read(const struct guest_disk *old, const struct linux_esp *esp,
		       struct efi_set *ret, struct error *err);

/* "\EFI\debian\shimx64.efi", what the boot entry names. */
#define LINUX_ESP_PATH 128
const char *linux_own_esp_loader(const struct linux_esp *esp, char buffer[LINUX_ESP_PATH]);

#endif
