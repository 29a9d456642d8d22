/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two BCD stores of the ESP: converted from that of the BIOS boot manager, or rebuilt when that
 * one is lost.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_BOOT_STORE_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_BOOT_STORE_H

#include "bcd/bcd.h"
#include "common/notes.h"
#include "convert/guest/disk.h"

struct boot_store {
	uint8_t *main; /* \EFI\Microsoft\Boot\BCD */
	size_t main_size;
	uint8_t *recovery; /* \EFI\Microsoft\Recovery\BCD */
	size_t recovery_size;
	struct bcd_default_entry default_entry;
	struct bcd_notes notes;
	bool winre_is_lost; /* a rebuilt store has no entry for the recovery environment */
	struct note_list warnings;
};

/*
 * Make both. A store that is missing or damaged is rebuilt as bcdboot does it, from the guest's
 * BCD-Template; without a template only when the BIOS boot manager is there, for otherwise the VM
 * starts from another disk. *ret is to be released with boot_store_done() in every case. Errors:
 * REFUSAL_NO_BCD, REFUSAL_BCD_DAMAGED, REFUSAL_HIVE_DIRTY, REFUSAL_HIBERNATED, ERROR_DAMAGED.
 */
int boot_store_make(const struct guest_disk *old, const struct guest_target *target,
		    struct boot_store *ret, struct error *err);

void boot_store_done(struct boot_store *store);

#endif
