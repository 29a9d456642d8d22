/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot files of a Windows installation, as bcdboot copies them to an EFI system partition:
 *
 *   \Windows\Boot\EFI                 ->  /EFI/Microsoft/Boot
 *   \Windows\Boot\Fonts               ->  /EFI/Microsoft/Boot/Fonts
 *   \Windows\Boot\Resources           ->  /EFI/Microsoft/Boot/Resources
 *   \Windows\Boot\EFI\bootmgfw.efi    ->  /EFI/Boot/bootx64.efi, once more
 *
 * with all that lies below the folders.
 *
 * The BCD and BOOTSTAT.DAT are made by others; a BCD or its logs lying in Boot\EFI are left out.
 *
 * Windows updated since 2024 also holds a set signed under "Windows UEFI CA 2023", in EFI_EX and
 * Fonts_EX, with names such as bootmgfw_EX.efi. With that set each of its files, "_EX" dropped from
 * the name, takes the place of its 2011 twin; files that have no twin come from the 2011 set.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_BOOTFILES_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_BOOTFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convert/guest/files.h"
#include "convert/guest/windows/windows.h"
#include "convert/ntfs/volume.h"

/*
 * Real sets have some 150 files with 25 to 40 MiB together, the largest 4 MiB; all are in memory at
 * the same time.
 */
#define BOOTFILES_MAX_FILES 4096
#define BOOTFILES_MAX_FILE  (UINT64_C(32) << 20)
#define BOOTFILES_MAX_BYTES (UINT64_C(128) << 20)

enum bootfiles_set {
	BOOTFILES_AUTO, /* 2011: every firmware and every Hyper-V Secure Boot template of today
			   trusts it */
	BOOTFILES_2011,
	BOOTFILES_2023,
	BOOTFILES_SET_MAX,
};

/* "auto", "2011", "2023": the words of --boot-files. */
const char *bootfiles_set_text(enum bootfiles_set set);
/* False, and *ret untouched, for any other word. */
bool bootfiles_set_parse(const char *text, enum bootfiles_set *ret);

/* Where the boot managers of the two sets are, below the folder of Windows. */
#define BOOTFILES_MANAGER_2011 "Boot\\EFI\\bootmgfw.efi"
#define BOOTFILES_MANAGER_2023 "Boot\\EFI_EX\\bootmgfw_EX.efi"

struct bootfiles_file {
	char *guest_path; /* "\\Windows\\Boot\\EFI\\bootmgfw.efi" */
	char *esp_path;	  /* "/EFI/Microsoft/Boot/bootmgfw.efi" */
	uint64_t size;	  /* uncompressed */
	int64_t mtime;	  /* seconds since 1970 UTC */
};

/* What was found or copied, sorted by esp_path regardless of case. Embedded; all zero is empty. */
struct bootfiles_report {
	enum bootfiles_set set; /* the one taken: never BOOTFILES_AUTO */
	char version[32];	/* file version of the bootmgfw.efi taken, "" when it has none */
	struct bootfiles_file *files;
	size_t count;
	uint64_t bytes;
};

void bootfiles_report_done(struct bootfiles_report *report);

/* Take a file from the list that was not copied after all; nothing where it is not in it. */
void bootfiles_report_drop(struct bootfiles_report *report, const char *esp_path);

/*
 * List what bootfiles_add() would copy; reads folders, not contents (so 'version' is empty). *ret
 * is overwritten, and empty after a failure. Refusals: REFUSAL_NO_EFI_FILES when the set has no
 * bootmgfw.efi; ERROR_DAMAGED beyond the limits above.
 */
int bootfiles_list(struct volume *volume, const struct windows *windows, enum bootfiles_set set,
		   struct bootfiles_report *ret, struct error *err);

/*
 * Read every file of the list and add it to 'files'. *report is overwritten, and empty after a
 * failure, when 'files' may hold a part of them. Also REFUSAL_WOF_UNSUPPORTED and
 * REFUSAL_NO_EFI_FILES (bootmgfw.efi is not an x64 PE file).
 */
int bootfiles_add(struct volume *volume, const struct windows *windows, enum bootfiles_set set,
		  struct guest_files *files, struct bootfiles_report *report, struct error *err);

#endif
