/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shim and GRUB of one source, with what goes with them: checked, so that the chain on the ESP
 * holds. Shim starts a GRUB and a kernel of its own vendor alone, and its helpers under the names
 * that it was built with; a signed GRUB looks for its grub.cfg in a folder that is built in.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_SET_H
#define HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_SET_H

#include "common/bytes.h"
#include "common/checked.h"
#include "common/error.h"
#include "common/notes.h"
#include "convert/guest/linux/chain/efi_folder.h"
#include "convert/guest/linux/chain/efi_image.h"

#define EFI_SET_FILE_MAX (16 * MIB) /* real ones have 0.1 to 4 MiB */
#define EFI_SET_FOLDER	 64
#define EFI_SET_SOURCE	 300
#define EFI_SET_MADE	 "grub-mkimage" /* the source of a GRUB that was made here, without shim */

/* The files of a set, as they were read. Borrowed; data is NULL where there is none. */
struct efi_files {
	struct file_bytes shim;	  /* missing beside a GRUB that was made here, with all others */
	struct file_bytes grub;	  /* always there */
	struct file_bytes mm, fb; /* MokManager, the fallback program */
};

/* Embedded; all zero is empty; memory belongs to it. */
struct efi_set {
	/* Each 'name' is that on the ESP: those that this shim looks for ("grubx64.efi"; SUSE's:
	 * "grub.efi"). It itself is always "shimx64.efi". */
	struct efi_files files;
	/* "the guest's packages", "'/x/y'", "the host's packages", EFI_SET_MADE */
	char source[EFI_SET_SOURCE];
	/* Below \EFI on the ESP: that of GRUB's prefix ("debian"); "linux" where it has none and
	 * takes the one that it was started from. Letters, digits, '.', '_', '-'. */
	char folder[EFI_SET_FOLDER];
	struct efi_image shim_facts, grub_facts;
	struct note_list warnings; /* each a sentence about Secure Boot */
	uint8_t *memory[4];	   /* of the files */
};

/*
 * Read the files of a folder that has what it takes (efi_folder_is_there()), and check them.
 * Errors: those of efi_set_from_bytes(), which are of a wish (error_of_wish()) and name the file;
 * I/O. *ret is to be released with efi_set_done() in every case.
 */
int efi_set_from_folder(const struct efi_folder *folder, struct efi_set *ret, struct error *err);

/*
 * The same with files from elsewhere (out of the guest), of which copies are made; 'source' says
 * from where. Errors: REFUSAL_NO_EFI_FILES when they are not what their names say, are too large,
 * or GRUB's prefix is no folder below /EFI; ERROR_DAMAGED; ENOMEM.
 */
int efi_set_from_bytes(const struct efi_files *files, const char *source, struct efi_set *ret,
		       struct error *err);

/* What the firmware starts: shim, or the GRUB that was made here and stands alone. */
const struct file_bytes *efi_set_loader(const struct efi_set *set);

/*
 * Call its folder by the id of a distribution, where GRUB has none of its own and the id can be a
 * name.
 */
void efi_set_call_folder(struct efi_set *set, const char *id);

/*
 * Does the shim of the set start this kernel under Secure Boot? It does when its certificates vouch
 * for one that signed it.
 */
bool efi_set_starts(const struct efi_set *set, const struct file_bytes *kernel);

void efi_set_done(struct efi_set *set);
#define CLEANUP_EFI_SET CLEANUP(efi_set_done)

#endif
