/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Linux guest's chain on the ESP: see linux.h. The files are read with mtools, and the file
 * system that grub.cfg names is looked for by the superblocks themselves: of ext (Linux,
 * Documentation/filesystems/ext4, "Super Block"), XFS (xfs_dsb) and Btrfs (on-disk format,
 * "Superblock"). In arrays and logical volumes GRUB finds it, or does not. On purpose nothing is
 * shared with the writers, no constants either.
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
#include "convert/verify/linux_chain.h"
#include "convert/verify/linux_find.h"
#include "convert/verify/linux_menu.h"
#include "convert/verify/store.h"

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

/* "debian" of "\\EFI\\debian\\shimx64.efi", where the store's first entry names that. */
static void take_folder_of_entry(struct verify *verify)
{
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = {.description = NULL};
	static const char start[] = "\\EFI\\";
	const char *name;
	size_t size;

	if (!verify_store_first(verify, &entry) ||
	    strncasecmp(entry.file_path, start, strlen(start)) != 0)
		return;
	name = entry.file_path + strlen(start);
	size = strcspn(name, "\\");
	if (size > 0 && name[size] && size < sizeof(verify->linux_folder))
		snprintf(verify->linux_folder, sizeof(verify->linux_folder), "%.*s", (int)size,
			 name);
}

/* The folder has what only a Linux has on its ESP. */
static bool is_linux_folder(struct verify *verify)
{
	static const char *const names[] = {"grub.cfg", "grubx64.efi", "grub.efi"};
	char path[128];

	for (size_t i = 0; verify->linux_folder[0] && i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "\\EFI\\%s\\%s", verify->linux_folder, names[i]);
		if (verify_esp_has(verify, path))
			return true;
	}
	return false;
}

bool verify_linux_is_there(struct verify *verify)
{
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;

	take_folder_of_entry(verify);
	if (!verify_esp_has(verify, PATH_BOOT_MANAGER) && is_linux_folder(verify))
		return true;
	verify->linux_folder[0] = '\0';
	if (verify_esp_has(verify, PATH_BOOT_MANAGER) ||
	    helper_run(verify, HELPER_LIST, "::/EFI/", &output, &err) < 0 || output.status != 0)
		return false;
	for (const char *line = (char *)output.bytes; *line; line += strspn(line, "\r\n")) {
		size_t length = strcspn(line, "\r\n");

		if (take_folder(verify, line, length) && is_linux_folder(verify))
			return true;
		line += length;
	}
	verify->linux_folder[0] = '\0';
	return false;
}

/* The UUID that a line with "search" names, in lower case: "search.fs_uuid UUID root" or "search
 * --no-floppy --fs-uuid --set=dev UUID". */
static bool find_uuid(const char *text, char uuid[UUID_TEXT])
{
	static const char digits[] = "0123456789abcdefABCDEF-";

	for (const char *at = strstr(text, "search"); at && *at && *at != '\n';
	     at += strcspn(at, " \n"), at += *at == ' ')
		if (strspn(at, digits) == UUID_TEXT - 1) {
			for (size_t i = 0; i < UUID_TEXT - 1; i++)
				uuid[i] = (char)(at[i] | 0x20); /* '-' has the bit already */
			uuid[UUID_TEXT - 1] = '\0';
			return true;
		}
	return false;
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

/* LVM, with "LVM2 001" in one of the first four sectors, or MD, whose superblock stands in front or
 * behind 4 KiB where the file system is not to be seen. */
static bool is_wrapped(struct verify *verify, const struct verify_partition *partition)
{
	struct disk_window window;
	uint8_t start[4096 + 512];

	if (!verify_window(verify, partition, &window) ||
	    disk_read(&window.disk, start, sizeof(start), 0, NULL) < 0)
		return false;
	if (get_le32(start) == 0xa92b4efc || get_le32(start + 4096) == 0xa92b4efc)
		return true;
	for (size_t at = 0; at < 4 * 512; at += 512)
		if (memcmp(start + at, "LABELONE", 8) == 0 &&
		    memcmp(start + at + 24, "LVM2 001", 8) == 0)
			return true;
	return false;
}

/* On no partition; in what others are made of? */
static void check_volumes(struct verify *verify, const char *path, const char *uuid)
{
	static const char name[] = "esp-grub-cfg";
	const char *skip = verify_linux_no_grub(verify);
	struct grub_file file = {.words = ""};
	char device[GRUB_DEVICE];
	size_t count = 0;
	enum grub_answer answer =
		skip ? GRUB_SILENT : verify_linux_find_volume(verify, uuid, device, &count, &file);

	if (answer == GRUB_SILENT)
		verify_skip(verify, name,
			    "'%s' leads to the file system %s: on no partition, perhaps in a "
			    "logical volume or an array, which GRUB could tell: %s",
			    path, uuid, skip ? skip : file.words);
	else if (count == 0)
		verify_fail(verify, name,
			    "'%s' leads to the file system %s, which is on no partition, and in "
			    "no array and logical volume that GRUB reads",
			    path, uuid);
	else if (count > 1)
		verify_fail(verify, name,
			    "'%s' leads to the file system %s, and %zu arrays or logical volumes "
			    "have it",
			    path, uuid, count);
	else
		verify_ok(verify, name, "'%s' leads to the file system %s on %s", path, uuid,
			  device);
}

static void check_file_system(struct verify *verify, const char *path, const char *uuid)
{
	static const char name[] = "esp-grub-cfg";
	unsigned int count = 0, number = 0, wrapped = 0;

	for (size_t i = 0; i < verify->partition_count; i++) {
		const struct verify_partition *partition = &verify->partitions[i];

		if (partition == verify->esp)
			continue;
		wrapped += is_wrapped(verify, partition);
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
	else if (wrapped)
		check_volumes(verify, path, uuid);
	else
		verify_fail(verify, name,
			    "'%s' leads to the file system %s, which is on no partition", path,
			    uuid);
}

/* GRUB looks for it where it was built to look, which is another folder than the removable one. */
static bool read_configuration(struct verify *verify, char path[128], char **ret, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;

	snprintf(path, 128, "\\EFI\\%s\\grub.cfg", verify->linux_folder);
	if (verify_esp_read(verify, path, &bytes, &size, err) < 0)
		return false;
	*ret = strndup((char *)bytes, size);
	return *ret != NULL;
}

static void check_configuration(struct verify *verify)
{
	static const char name[] = "esp-grub-cfg";
	struct error err = ERROR_INIT;
	char path[128], uuid[UUID_TEXT];
	CLEANUP_FREE char *text = NULL;
	bool is_there = read_configuration(verify, path, &text, &err);

	if (is_there && find_uuid(text, uuid))
		check_file_system(verify, path, uuid);
	else if (verify->esp_is_of_guest)
		verify_skip(verify, name, "%s",
			    is_there ? "the guest's own grub.cfg is not understood here"
				     : err.message);
	else if (is_there)
		verify_fail(verify, name,
			    "'%s' does not hand over to the menu of a file system by its UUID",
			    path);
	else
		verify_fail(verify, name, "%s", err.message);
	verify_linux_menu(verify, path, text);
}

/* The keys in a store are a word only where the report, which has looked at the kernel, has none. */
static const char *who_has_secure_boot(const struct verify *verify)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_FREE char *path = NULL;
	struct error err = ERROR_INIT;

	if (verify->reported_secure_boot != VERIFY_UNSAID)
		return verify->reported_secure_boot == VERIFY_ON ? "the report has Secure Boot on"
								 : NULL;
	return verify_store_read(verify, &path, &nvram, &err) == 0 &&
			       nvram_has_secure_boot_keys(&nvram)
		       ? "the store has the keys for Secure Boot"
		       : NULL;
}

void verify_linux(struct verify *verify)
{
	verify->secure_boot = who_has_secure_boot(verify);
	verify_linux_chain(verify);
	grub_reader_set_disk(verify->grub, verify->disk);
	check_configuration(verify);
}
