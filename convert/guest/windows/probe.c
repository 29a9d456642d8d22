/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which Windows lies on a volume. Product and version come from the SOFTWARE hive, the architecture
 * from the kernel's PE header.
 */
#include "convert/guest/windows/windows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/guest/pe.h"
#include "convert/guest/windows/software.h"

/* Real boot programs have 1 to 4 MiB. */
#define MAX_BOOT_PROGRAM (32 * MIB)

#define USE_X64                                                                                    \
	"leave the VM as it is, or move it to 64-bit Windows 8, Windows Server 2012 or later "     \
	"first: no other Windows can start in a generation 2 VM"
#define REPAIR_BOOT_FILES                                                                          \
	"repair Windows in the guest (sfc /scannow, or dism /online /cleanup-image "               \
	"/restorehealth), shut down and convert again"

/* Is the file there? What cannot be said is an error. */
static int find_file(struct volume *volume, const char *root, const char *below, bool *ret,
		     struct error *err)
{
	struct error finding = ERROR_INIT;
	char path[WINDOWS_PATH_SIZE];
	struct volume_stat stat;
	int r;

	windows_path(path, root, below);
	r = volume_stat(volume, path, &stat, &finding);
	*ret = r == 0;
	if (r == 0 || r == -ENOENT)
		return 0;
	if (err)
		*err = finding;
	return r;
}

static int is_windows_folder(struct volume *volume, const struct volume_entry *entry, char *root,
			     size_t root_size, bool *ret, struct error *err)
{
	int length, r;

	*ret = false;
	if (!entry->is_directory)
		return 0;
	length = snprintf(root, root_size, "\\%s", entry->name);
	if (length < 0 || (size_t)length >= root_size)
		return 0;
	r = find_file(volume, root, "System32\\config\\SYSTEM", ret, err);
	if (r == 0 && *ret)
		r = find_file(volume, root, "System32\\config\\SOFTWARE", ret, err);
	return r;
}

/*
 * The usual name first, then all others in the order of the listing. Damage below a folder of
 * another name does not matter: if Windows is elsewhere, that folder has nothing to do with it.
 */
static int find_root(struct volume *volume, const struct volume_entry *entries, size_t count,
		     char *root, size_t root_size, bool *ret, struct error *err)
{
	int r = 0;

	*ret = false;
	for (size_t i = 0; r == 0 && !*ret && i < count; i++)
		if (strcasecmp(entries[i].name, "Windows") == 0)
			r = is_windows_folder(volume, &entries[i], root, root_size, ret, err);
	for (size_t i = 0; r == 0 && !*ret && i < count; i++)
		if (strcasecmp(entries[i].name, "Windows") != 0 &&
		    is_windows_folder(volume, &entries[i], root, root_size, ret, NULL) < 0)
			*ret = false;
	return r;
}

static enum windows_arch arch_of_machine(uint16_t machine)
{
	switch (machine) {
	case PE_MACHINE_X86:
		return WINDOWS_X86;
	case PE_MACHINE_X64:
		return WINDOWS_X64;
	case PE_MACHINE_ARM64:
		return WINDOWS_ARM64;
	default:
		return WINDOWS_ARCH_UNKNOWN;
	}
}

/* WINDOWS_ARCH_UNKNOWN also when the file is absent, unreadable or no PE file. */
static enum windows_arch arch_of_file(struct volume *volume, const char *path, struct error *err)
{
	CLEANUP_FREE uint8_t *start = NULL;
	uint16_t machine;
	size_t size;

	if (volume_read_start(volume, path, PE_HEADER_BYTES, &start, &size, err) < 0)
		return WINDOWS_ARCH_UNKNOWN;
	return pe_machine(start, size, &machine) ? arch_of_machine(machine) : WINDOWS_ARCH_UNKNOWN;
}

static enum windows_arch find_arch(struct volume *volume, const char *root)
{
	static const char *const programs[] = {"System32\\ntoskrnl.exe", "System32\\winload.exe",
					       "System32\\winload.efi"};
	enum windows_arch arch = WINDOWS_ARCH_UNKNOWN;
	char path[WINDOWS_PATH_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(programs) && arch == WINDOWS_ARCH_UNKNOWN; i++) {
		windows_path(path, root, programs[i]);
		arch = arch_of_file(volume, path, NULL);
	}
	return arch;
}

static void find_boot_version(struct volume *volume, struct windows *windows)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	char path[WINDOWS_PATH_SIZE];
	uint16_t version[4];
	size_t size;

	windows_path(path, windows->root, "Boot\\EFI\\bootmgfw.efi");
	if (volume_read_file(volume, path, MAX_BOOT_PROGRAM, &bytes, &size, NULL) == 0 &&
	    pe_file_version(bytes, size, version))
		pe_version_text(version, windows->boot_version);
}

int windows_find(struct volume *volume, struct windows *ret, bool *ret_found, struct error *err)
{
	struct windows windows = {.root = ""};
	struct volume_entry *entries;
	size_t count;
	bool found;
	int r = volume_list(volume, "\\", &entries, &count, err);

	if (r < 0)
		return r;
	r = find_root(volume, entries, count, windows.root, sizeof(windows.root), &found, err);
	volume_entries_free(entries, count);
	if (r < 0)
		return r;
	if (found) {
		r = windows_read_software(volume, &windows, err);
		if (r < 0)
			return r;
		windows.arch = find_arch(volume, windows.root);
		find_boot_version(volume, &windows);
		*ret = windows;
	}
	*ret_found = found;
	return 0;
}

static int check_boot_file(struct volume *volume, const char *root, const char *below,
			   struct error *err)
{
	struct error reading = ERROR_INIT;
	char path[WINDOWS_PATH_SIZE];
	enum windows_arch arch;

	windows_path(path, root, below);
	arch = arch_of_file(volume, path, &reading);
	if (arch == WINDOWS_X64)
		return 0;
	if (reading.kind == ERROR_NONE)
		return error_refused(err, REFUSAL_NO_EFI_FILES, REPAIR_BOOT_FILES,
				     "'%s' is not an x64 EFI program", path);
	if (reading.code == ENOENT)
		return error_refused(err, REFUSAL_NO_EFI_FILES, REPAIR_BOOT_FILES,
				     "'%s' is missing", path);
	if (err)
		*err = reading;
	return -reading.code;
}

int windows_check_efi(struct volume *volume, const struct windows *windows, struct error *err)
{
	static const char *const files[] = {"System32\\winload.efi", "System32\\winresume.efi",
					    "Boot\\EFI\\bootmgfw.efi"};
	int r = 0;

	if (windows->major < 6 || (windows->major == 6 && windows->minor < 2))
		return error_refused(err, REFUSAL_WINDOWS_TOO_OLD, USE_X64,
				     "'%s' is %s, version %u.%u", windows->root, windows->product,
				     windows->major, windows->minor);
	if (windows->arch == WINDOWS_X86)
		return error_refused(err, REFUSAL_WINDOWS_X86, USE_X64,
				     "'%s' is %s for 32-bit processors", windows->root,
				     windows->product);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++)
		r = check_boot_file(volume, windows->root, files[i], err);
	return r;
}

const char *windows_arch_text(enum windows_arch arch)
{
	static const char *const texts[WINDOWS_ARCH_MAX] = {
		[WINDOWS_ARCH_UNKNOWN] = "unknown",
		[WINDOWS_X86] = "x86",
		[WINDOWS_X64] = "x64",
		[WINDOWS_ARM64] = "arm64",
	};

	return texts[arch];
}

/*
 * ProductName says "Windows 10" on Windows 11 too, so the build decides; 20348 and up are all plain
 * "Windows Server".
 */
const char *windows_boot_name(const struct windows *windows)
{
	if (windows->major == 6 && windows->minor == 2)
		return windows->is_server ? "Windows Server 2012" : "Windows 8";
	if (windows->major == 6 && windows->minor == 3)
		return windows->is_server ? "Windows Server 2012 R2" : "Windows 8.1";
	if (windows->is_server)
		return windows->build < 17763 ? "Windows Server 2016" : "Windows Server";
	return windows->build < WINDOWS_11_BUILD ? "Windows 10" : "Windows 11";
}
