/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Windows installation on an NTFS volume: what it is and whether it can start under UEFI. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_WINDOWS_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "convert/ntfs/volume.h"

enum windows_arch {
	WINDOWS_ARCH_UNKNOWN,
	WINDOWS_X86,
	WINDOWS_X64,
	WINDOWS_ARM64,
	WINDOWS_ARCH_MAX
};

/* The first build of Windows 11. */
#define WINDOWS_11_BUILD 22000

struct windows {
	char root[64];	   /* "\\Windows": the folder below the root of the volume, with its case;
			      "" when there is no Windows */
	char product[128]; /* "Windows Server 2012 R2 Standard": ProductName, but for Windows 11 */
	char edition[64];  /* EditionID */
	unsigned int major, minor, build;
	enum windows_arch arch; /* of the kernel, from the PE header of ntoskrnl.exe or winload */
	bool is_server;		/* InstallationType */
	bool awaits_servicing;	/* updates are half installed: Component Based Servicing ... */
	bool awaits_update;	/* ... and Windows Update wait for a restart */
	char boot_version[32];	/* file version of bootmgfw.efi, "" when it has none */
};

/*
 * Look for a Windows folder. *ret_found is false when the volume has none (a folder with
 * System32\config\SYSTEM and SOFTWARE is one).
 * Errors: REFUSAL_HIVE_DIRTY (the SOFTWARE hive needs logs that do not serve) and ERROR_DAMAGED
 * from that hive; I/O.
 */
int windows_find(struct volume *volume, struct windows *ret, bool *ret_found, struct error *err);

/*
 * Can this Windows be started by UEFI as a generation 2 VM? Refusals: windows-too-old (before 6.2),
 * windows-x86, no-efi-files (winload.efi, winresume.efi or Boot\EFI\bootmgfw.efi missing or not an
 * x64 PE file), wof-unsupported.
 */
int windows_check_efi(struct volume *volume, const struct windows *windows, struct error *err);

/* The longest path made here: the root and the deepest file below it. */
#define WINDOWS_PATH_SIZE 160

/* "ROOT\\BELOW". */
void windows_path(char path[WINDOWS_PATH_SIZE], const char *root, const char *below);

/*
 * How bcdboot names it in the boot menu: "Windows Server 2012 R2", "Windows 10", plain "Windows
 * Server" since 2019.
 */
const char *windows_boot_name(const struct windows *windows);

const char *windows_arch_text(enum windows_arch arch);

#endif
