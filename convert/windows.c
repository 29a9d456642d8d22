/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which Windows lies on a volume. Product and version come from the SOFTWARE hive, the architecture from the kernel's PE
 * header. The hive is only read; a dirty one is refused all the same, because its newest data stand in the log files and
 * a version read from an old or half-written hive could be wrong.
 */
#include "convert/windows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "common/hive.h"
#include "convert/pe.h"

/* Real SOFTWARE hives have 30 to 150 MiB, boot programs 1 to 4 MiB. */
#define MAX_HIVE         (256 * MIB)
#define MAX_BOOT_PROGRAM (32 * MIB)

/* The longest path made here: the root and the deepest file below it. */
#define PATH_SIZE 160

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

#define USE_X64 "only 64-bit Windows 8 or Windows Server 2012 and later can start in a generation 2 VM"
#define REPAIR_BOOT_FILES                                                                          \
	"repair Windows in the guest (sfc /scannow, or dism /online /cleanup-image "               \
	"/restorehealth), shut down and convert again"

static void join(char path[PATH_SIZE], const char *root, const char *below)
{
	snprintf(path, PATH_SIZE, "%s\\%s", root, below);
}

static bool has_hives(struct volume *volume, const char *root)
{
	char path[PATH_SIZE];

	join(path, root, "System32\\config\\SYSTEM");
	if (!volume_exists(volume, path))
		return false;
	join(path, root, "System32\\config\\SOFTWARE");
	return volume_exists(volume, path);
}

static bool is_windows_folder(struct volume *volume, const struct volume_entry *entry, char *root,
			      size_t root_size)
{
	int length;

	if (!entry->is_directory)
		return false;
	length = snprintf(root, root_size, "\\%s", entry->name);
	return length > 0 && (size_t)length < root_size && has_hives(volume, root);
}

/* The usual name first, then all others in the order of the listing. */
static bool find_root(struct volume *volume, const struct volume_entry *entries, size_t count, char *root,
		      size_t root_size)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(entries[i].name, "Windows") == 0 &&
		    is_windows_folder(volume, &entries[i], root, root_size))
			return true;
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(entries[i].name, "Windows") != 0 &&
		    is_windows_folder(volume, &entries[i], root, root_size))
			return true;
	return false;
}

static void copy_string(struct hive *hive, hive_node_h key, const char *value, char *ret, size_t size)
{
	CLEANUP_FREE char *text = hive_get_string(hive, key, value);

	snprintf(ret, size, "%s", text ? text : "");
}

static unsigned int get_number(struct hive *hive, hive_node_h key, const char *value)
{
	CLEANUP_FREE char *text = hive_get_string(hive, key, value);

	return text ? (unsigned int)min_u64(strtoul(text, NULL, 10), UINT32_MAX) : 0;
}

/* Windows 10 has numbers; before, and there still as "6.3", there was a text only. */
static int read_version(struct hive *hive, hive_node_h key, struct windows *windows, struct error *err)
{
	CLEANUP_FREE char *text = hive_get_string(hive, key, "CurrentVersion");
	uint32_t major, minor;

	if (hive_get_dword(hive, key, "CurrentMajorVersionNumber", &major) &&
	    hive_get_dword(hive, key, "CurrentMinorVersionNumber", &minor)) {
		windows->major = major;
		windows->minor = minor;
	} else if (!text || sscanf(text, "%9u.%9u", &windows->major, &windows->minor) != 2) {
		return error_damaged(err, "'%s': no version of Windows in the key '%s'", hive_name(hive),
				     CURRENT_VERSION);
	}
	windows->build = get_number(hive, key, "CurrentBuildNumber");
	if (windows->build == 0)
		windows->build = get_number(hive, key, "CurrentBuild");
	return 0;
}

static int read_current_version(struct hive *hive, struct windows *windows, struct error *err)
{
	hive_node_h key = hive_find(hive, 0, CURRENT_VERSION);
	CLEANUP_FREE char *type = NULL;

	if (!key)
		return error_damaged(err, "'%s': there is no key '%s'", hive_name(hive), CURRENT_VERSION);
	copy_string(hive, key, "ProductName", windows->product, sizeof(windows->product));
	copy_string(hive, key, "EditionID", windows->edition, sizeof(windows->edition));
	type = hive_get_string(hive, key, "InstallationType");
	windows->is_server = type ? strncasecmp(type, "Server", 6) == 0
				  : strncasecmp(windows->edition, "Server", 6) == 0;
	return read_version(hive, key, windows, err);
}

static int read_software(struct volume *volume, struct windows *windows, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_HIVE struct hive *hive = NULL;
	char path[PATH_SIZE];
	size_t size;
	int r;

	join(path, windows->root, "System32\\config\\SOFTWARE");
	r = volume_read_file(volume, path, MAX_HIVE, &bytes, &size, err);
	if (r == 0)
		r = hive_open(bytes, size, path, &hive, err);
	return r < 0 ? r : read_current_version(hive, windows, err);
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
	char path[PATH_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(programs) && arch == WINDOWS_ARCH_UNKNOWN; i++) {
		join(path, root, programs[i]);
		arch = arch_of_file(volume, path, NULL);
	}
	return arch;
}

static void find_boot_version(struct volume *volume, struct windows *windows)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	char path[PATH_SIZE];
	uint16_t version[4];
	size_t size;

	join(path, windows->root, "Boot\\EFI\\bootmgfw.efi");
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
	found = find_root(volume, entries, count, windows.root, sizeof(windows.root));
	volume_entries_free(entries, count);
	if (found) {
		r = read_software(volume, &windows, err);
		if (r < 0)
			return r;
		windows.arch = find_arch(volume, windows.root);
		find_boot_version(volume, &windows);
		*ret = windows;
	}
	*ret_found = found;
	return 0;
}

static int check_boot_file(struct volume *volume, const char *root, const char *below, struct error *err)
{
	struct error reading = ERROR_INIT;
	char path[PATH_SIZE];
	enum windows_arch arch;

	join(path, root, below);
	arch = arch_of_file(volume, path, &reading);
	if (arch == WINDOWS_X64)
		return 0;
	if (reading.kind == ERROR_NONE)
		return error_refused(err, REFUSAL_NO_EFI_FILES, REPAIR_BOOT_FILES,
				     "'%s' is not an x64 EFI program", path);
	if (reading.code == ENOENT)
		return error_refused(err, REFUSAL_NO_EFI_FILES, REPAIR_BOOT_FILES, "'%s' is missing",
				     path);
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
		return error_refused(err, REFUSAL_WINDOWS_X86, USE_X64, "'%s' is %s for 32-bit processors",
				     windows->root, windows->product);
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
