/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Linux guest's chain on the ESP: see linux.h. The files are read with mtools, and the file system
 * that grub.cfg names is looked for by the superblocks themselves: of ext (Linux,
 * Documentation/filesystems/ext4, "Super Block"), XFS (xfs_dsb) and Btrfs (on-disk format,
 * "Superblock"). On purpose nothing is shared with the writers, no constants either.
 */
#include "convert/verify/linux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/checks.h"
#include "convert/verify/esp.h"
#include "convert/verify/helper.h"

#define PATH_FALLBACK	  "\\EFI\\BOOT\\BOOTX64.EFI"
#define PATH_BOOT_MANAGER "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"

#define UUID_TEXT 37

/* Where each file system has its mark and its UUID, in bytes. */
static const struct {
	size_t mark_offset;
	const char *mark;
	size_t mark_size, uuid_offset;
} superblocks[] = {
	{1024 + 0x38, "\x53\xef", 2, 1024 + 0x68},
	{0, "XFSB", 4, 32},
	{0x10000 + 0x40, "_BHRfS_M", 8, 0x10000 + 0x20},
};
#define SUPERBLOCK_END (0x10000 + 0x1000)

/* "::/EFI/debian/" of the listing of ::/EFI; what is not a plain name is no vendor's. */
static bool take_folder(struct verify *verify, const char *line, size_t length)
{
	static const char start[] = "::/EFI/";
	const char *name = line + strlen(start);
	size_t size = length - strlen(start);

	if (length < strlen(start) + 2 || strncasecmp(line, start, strlen(start)) != 0)
		return false;
	size -= name[size - 1] == '/';
	if (size >= sizeof(verify->linux_folder) ||
	    (size == 4 && strncasecmp(name, "BOOT", 4) == 0) || memchr(name, '/', size))
		return false;
	snprintf(verify->linux_folder, sizeof(verify->linux_folder), "%.*s", (int)size, name);
	return true;
}

/* What cannot be read for another reason than that it is not there is there. */
static bool has_file(struct verify *verify, const char *path)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	size_t size;

	return verify_esp_read(verify, path, &bytes, &size, &err) != -ENOENT;
}

bool verify_linux_is_there(struct verify *verify)
{
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;

	if (has_file(verify, PATH_BOOT_MANAGER) ||
	    helper_run(verify, HELPER_LIST, "::/EFI/", &output, &err) < 0 || output.status != 0)
		return false;
	for (const char *line = (char *)output.bytes; *line; line += strspn(line, "\r\n")) {
		size_t length = strcspn(line, "\r\n");

		if (take_folder(verify, line, length)) {
			char path[128];

			snprintf(path, sizeof(path), "\\EFI\\%s\\grub.cfg", verify->linux_folder);
			if (has_file(verify, path))
				return true;
		}
		line += length;
	}
	verify->linux_folder[0] = '\0';
	return false;
}

/* SUSE's shim looks for another name than the others'. */
static void check_grub(struct verify *verify)
{
	CLEANUP_FREE uint8_t *grub = NULL;
	char path[128];
	size_t size;

	snprintf(path, sizeof(path), "\\EFI\\%s\\grub.efi", verify->linux_folder);
	if (!has_file(verify, path))
		snprintf(path, sizeof(path), "\\EFI\\%s\\grubx64.efi", verify->linux_folder);
	(void)verify_esp_program(verify, "esp-grub", path, &grub, &size);
}

static void check_shims(struct verify *verify)
{
	CLEANUP_FREE uint8_t *shim = NULL;
	CLEANUP_FREE uint8_t *fallback = NULL;
	size_t shim_size, fallback_size;
	char path[128];

	snprintf(path, sizeof(path), "\\EFI\\%s\\shimx64.efi", verify->linux_folder);
	(void)verify_esp_program(verify, "esp-shim", path, &shim, &shim_size);
	(void)verify_esp_program(verify, "esp-bootx64", PATH_FALLBACK, &fallback, &fallback_size);
	if (!shim || !fallback)
		verify_skip(verify, "esp-same-program", "not both files are there");
	else if (shim_size != fallback_size || memcmp(shim, fallback, shim_size) != 0)
		verify_fail(verify, "esp-same-program", "'%s' and '%s' differ", path,
			    PATH_FALLBACK);
	else
		verify_ok(verify, "esp-same-program", "BOOTX64.EFI is shim");
}

/* The UUID behind "search.fs_uuid", in lower case. */
static bool find_uuid(const char *text, char uuid[UUID_TEXT])
{
	static const char command[] = "search.fs_uuid ";
	const char *at = strstr(text, command);
	size_t length;

	if (!at)
		return false;
	at += strlen(command);
	length = strcspn(at, " \r\n");
	if (length != UUID_TEXT - 1)
		return false;
	snprintf(uuid, UUID_TEXT, "%.*s", (int)length, at);
	return true;
}

static void format_uuid(const uint8_t *bytes, char uuid[UUID_TEXT])
{
	char *at = uuid;

	for (size_t i = 0; i < 16; i++)
		at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			      bytes[i]);
}

static bool has_uuid(struct verify *verify, const struct verify_partition *partition,
		     const char *uuid)
{
	CLEANUP_FREE uint8_t *start = malloc(SUPERBLOCK_END);
	struct disk_window window;
	char found[UUID_TEXT];

	if (!start || !verify_window(verify, partition, &window) ||
	    window.disk.size < SUPERBLOCK_END ||
	    disk_read(&window.disk, start, SUPERBLOCK_END, 0, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(superblocks); i++) {
		if (memcmp(start + superblocks[i].mark_offset, superblocks[i].mark,
			   superblocks[i].mark_size) != 0)
			continue;
		format_uuid(start + superblocks[i].uuid_offset, found);
		if (strcmp(found, uuid) == 0)
			return true;
	}
	return false;
}

/* "LVM2 001" in one of the first four sectors: what is in it is not looked for here. */
static bool is_physical_volume(struct verify *verify, const struct verify_partition *partition)
{
	struct disk_window window;
	uint8_t start[4 * 512];

	if (!verify_window(verify, partition, &window) ||
	    disk_read(&window.disk, start, sizeof(start), 0, NULL) < 0)
		return false;
	for (size_t at = 0; at < sizeof(start); at += 512)
		if (memcmp(start + at, "LABELONE", 8) == 0 &&
		    memcmp(start + at + 24, "LVM2 001", 8) == 0)
			return true;
	return false;
}

static void check_file_system(struct verify *verify, const char *path, const char *uuid)
{
	static const char name[] = "esp-grub-cfg";
	unsigned int count = 0, number = 0, volumes = 0;

	for (size_t i = 0; i < verify->partition_count; i++) {
		const struct verify_partition *partition = &verify->partitions[i];

		if (partition == verify->esp)
			continue;
		volumes += is_physical_volume(verify, partition);
		if (!has_uuid(verify, partition, uuid))
			continue;
		number = partition->number;
		count++;
	}
	if (count == 1)
		verify_ok(verify, name, "'%s' leads to the file system %s on partition %u", path,
			  uuid, number);
	else if (count > 1)
		verify_fail(verify, name,
			    "'%s' leads to the file system %s, and %u partitions have it", path,
			    uuid, count);
	else if (volumes)
		verify_skip(
			verify, name,
			"'%s' leads to the file system %s: on no partition, perhaps in a logical "
			"volume, where it is not looked for",
			path, uuid);
	else
		verify_fail(verify, name,
			    "'%s' leads to the file system %s, which is on no partition", path,
			    uuid);
}

static void check_configuration(struct verify *verify)
{
	static const char name[] = "esp-grub-cfg";
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	char path[128], uuid[UUID_TEXT];
	CLEANUP_FREE char *text = NULL;
	size_t size;

	snprintf(path, sizeof(path), "\\EFI\\%s\\grub.cfg", verify->linux_folder);
	if (verify_esp_read(verify, path, &bytes, &size, &err) < 0) {
		verify_fail(verify, name, "%s", err.message);
		return;
	}
	text = strndup((char *)bytes, size);
	if (!text || !strstr(text, "configfile") || !find_uuid(text, uuid))
		verify_fail(verify, name,
			    "'%s' does not hand over to the menu of a file system by its UUID",
			    path);
	else
		check_file_system(verify, path, uuid);
}

void verify_linux(struct verify *verify)
{
	check_shims(verify);
	check_grub(verify);
	check_configuration(verify);
}
