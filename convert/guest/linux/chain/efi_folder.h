/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where this machine has shim and GRUB: in a folder that the user names, or in its own packages, or
 * what is needed to make a GRUB.
 * The files are only opened here: that costs little and comes before every conversion, for nothing
 * can be opened once the guest is looked at (convert/sandbox.h). They are read when the guest needs
 * them.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_FOLDER_H
#define HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_FOLDER_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/error.h"

struct efi_folder_file {
	int fd;	    /* open for reading, a regular file; -1 when there is none */
	char *name; /* its path, for messages; NULL when there is none */
};

/* Embedded; owns its files and names. */
struct efi_folder {
	char *path; /* as the user gave it; NULL for the packages */
	struct efi_folder_file shim, grub;
	struct efi_folder_file mm, fb; /* MokManager and the fallback program; may be missing */
	int maker;		       /* of efi_make.h, when there is no other; -1: none */
	bool is_made; /* 'grub' is one of that in memory, and there is no other file */
};

#define EFI_FOLDER_INIT                                                                            \
	{                                                                                          \
		.shim = {.fd = -1}, .grub = {.fd = -1}, .mm = {.fd = -1}, .fb = {.fd = -1},        \
		.maker = -1                                                                        \
	}

/*
 * Open the EFI programs in the folder 'path', which must hold shim and GRUB: shimx64.efi and
 * grubx64.efi, optional mmx64.efi and fbx64.efi. With ".signed" behind them, as Debian's packages
 * have them, they go first; SUSE's shim.efi, grub.efi, MokManager.efi and fallback.efi are taken
 * too. With NULL, those of the packages shim-signed, shim-helpers-amd64-signed and
 * grub-efi-amd64-signed, where they are installed and can be read; otherwise what makes an unsigned
 * GRUB here, when it is asked for. Errors: REFUSAL_NO_EFI_FILES when the folder has not both; I/O.
 * *ret is to be released with efi_folder_done() in every case.
 */
int efi_folder_open(const char *path, struct efi_folder *ret, struct error *err);

/* Has it both shim and GRUB, or one that was made? */
bool efi_folder_is_there(const struct efi_folder *folder);

/* Where it has neither, have a GRUB made, if that can be. */
void efi_folder_make(struct efi_folder *folder);

void efi_folder_done(struct efi_folder *folder);
#define CLEANUP_EFI_FOLDER CLEANUP(efi_folder_done)

#endif
