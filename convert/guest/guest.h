/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kinds of guests behind one signature. A kind looks into volumes (probe), says whether UEFI may
 * start what it found (judge), makes the files that the firmware starts (boot_files) and tells the
 * system where its partitions went (edit), in this order. A new kind is a folder with a
 * 'struct guest_kind' and a line in kinds.c; what it found and made, for the report, stands here and
 * in disk.h by value, which is why these two include the headers of a kind's results.
 *
 * A kind sees the disk at hand through disk.h and knows nothing of survey, plan and build.
 */
#ifndef HVGEN2_CONVERT_GUEST_GUEST_H
#define HVGEN2_CONVERT_GUEST_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/notes.h"
#include "convert/edit.h"
#include "convert/files/files.h"
#include "convert/guest/adapters.h"
#include "convert/guest/disk.h"
#include "convert/guest/files.h"
#include "convert/guest/trust.h"
#include "convert/guest/windows/boot_store.h"
#include "convert/guest/windows/bootfiles.h"

struct efi_folder;

struct guest_options {
	enum bootfiles_set boot_files;	 /* Windows */
	const struct guest_trust *trust; /* NULL: the store has no keys, and nothing is asked */
	bool online_data_disks; /* Windows: data disks come online, whatever its SAN policy */
	bool has_sata;		/* its disks are on a SATA controller, and not on Hyper-V's */
	const char *efi_path; /* Linux: the folder with shim and GRUB; NULL: where they are found */
	struct efi_folder *efi_folder; /* of guest_open_host_files(), or NULL */
};

/* What the firmware starts. */
struct guest_loader {
	char path[128];	       /* on the ESP, with backslashes */
	char description[256]; /* of its boot entry */
};

/*
 * In kinds.c: open what a kind may need of this machine, while its paths can be opened; to be
 * released with guest_close_host_files(), also after a failure. Errors: REFUSAL_NO_EFI_FILES for an
 * 'efi_path' without them; I/O.
 */
int guest_open_host_files(struct guest_options *options, struct error *err);
void guest_close_host_files(struct guest_options *options);

/* What starts the guest. Embedded; all zero is empty; memory belongs to it. */
struct guest_boot {
	struct guest_files files; /* for the ESP */
	struct guest_loader loader;
	int64_t time;			    /* seconds since 1970 UTC: of folders and the label */
	struct bootfiles_report boot_files; /* which of the files come from the guest */
	struct note_list warnings;
	bool is_elsewhere; /* what failed: in files of this machine that the guest was to get */
	struct boot_store store;      /* Windows: its bytes are among the files */
	struct linux_boot linux_boot; /* Linux */
};

/* In kinds.c, which knows the kinds. */
void guest_boot_done(struct guest_boot *boot);

/* This one of its files was left out after all, and is not to be reported. */
void guest_boot_drop(struct guest_boot *boot, struct guest_file *file);

/* What judge() adds to. All is borrowed. */
struct guest_findings {
	struct adapters *adapters; /* the network adapters that the guest knows */
	struct note_list *warnings;
};

/* In each of them 'err' must not be NULL. Those that a kind has no use for are NULL, but for judge
 * and boot_files. */
struct guest_kind {
	/*
	 * Look into an NTFS volume, and add to *found what is there of this kind. Errors:
	 * ERROR_DAMAGED and refusals when something is there that cannot be read; I/O.
	 */
	int (*probe)(struct volume *volume, struct guest_volume *found, struct error *err);

	/*
	 * Look into a volume of any file system, after probe() where it is NTFS, for what the BIOS
	 * starts of this kind, and add it to *found. Errors: lack of memory and I/O alone.
	 */
	int (*probe_boot)(struct files *files, struct guest_volume *found, struct error *err);

	/*
	 * Look at the whole disk for systems that no volume tells of alone. found[i] is what is to be
	 * filled of disk->partitions[i]. 'wanted', or NULL, is the UUID of the file system that the
	 * system is to be started from: others are not found then. *why_none is filled when there is
	 * none, but traces of one. Errors: refusals, lack of memory, I/O.
	 */
	int (*find)(const struct guest_disk *disk, const char *wanted,
		    struct guest_volume *const *found, struct error *why_none, struct error *err);

	/*
	 * May UEFI start the system of old->start? And what is to be known of it. Errors: a refusal
	 * that says why not; ERROR_DAMAGED; I/O.
	 */
	int (*judge)(const struct guest_disk *old, struct guest_findings *ret, struct error *err);

	/*
	 * Make everything that goes on the ESP, from the old disk. *ret is to be released with
	 * guest_boot_done() in every case. Errors: refusals, ERROR_DAMAGED, I/O.
	 */
	int (*boot_files)(const struct guest_disk *old, const struct guest_target *target,
			  const struct guest_options *options, struct guest_boot *ret,
			  struct error *err);

	/*
	 * Edit the volumes of the new disk, and list what was changed. Errors: refusals,
	 * ERROR_DAMAGED, I/O; the new disk is then of no use.
	 */
	int (*edit)(const struct guest_disk *new, const struct guest_target *target,
		    const struct guest_boot *boot, const struct guest_options *options,
		    struct edits *edits, struct error *err);
};

#endif
