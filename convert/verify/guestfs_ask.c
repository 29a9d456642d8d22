/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Linux kernel and libguestfs' inspection say about the disk; runs in the child of
 * guestfs.c. */
#include "convert/verify/guestfs_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"

static void free_strings(char ***strings)
{
	for (char **at = *strings; at && *at; at++)
		free(*at);
	free(*strings);
}
#define CLEANUP_STRINGS CLEANUP(free_strings)

const char *verify_guestfs_error(const struct guestfs *g, char text[256])
{
	const char *error = g->last_error(g->handle);

	snprintf(text, 256, "%.255s", error ? error : "no reason given");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void fail_with_error(struct verify *verify, const struct guestfs *g, const char *name,
			    const char *what)
{
	char text[256];

	verify_fail(verify, name, "%s: %s", what, verify_guestfs_error(g, text));
}

static void device_name(const struct verify_partition *partition, char ret[32])
{
	snprintf(ret, 32, "/dev/sda%u", partition->number);
}

/* GUIDs as the appliance prints them; true when 'text' (freed here) is 'expected'. */
static bool same_guid(char *text, const struct guid *expected)
{
	struct guid found;
	bool same = text && guid_parse(text, &found) && guid_equal(&found, expected);

	free(text);
	return same;
}

static bool same_partition(struct verify *verify, const struct guestfs *g,
			   const struct guestfs_partition *theirs,
			   const struct verify_partition *ours)
{
	uint64_t sector = verify->info->logical_sector_size;
	int number = (int)ours->number;

	if ((unsigned int)theirs->part_num != ours->number ||
	    theirs->part_start != ours->first_lba * sector ||
	    theirs->part_size != (ours->last_lba - ours->first_lba + 1) * sector) {
		verify_fail(verify, "guestfs-table",
			    "partition %d has %" PRIu64 " bytes from %" PRIu64
			    ", in our table partition %u has %" PRIu64 " from %" PRIu64,
			    theirs->part_num, theirs->part_size, theirs->part_start, ours->number,
			    (ours->last_lba - ours->first_lba + 1) * sector,
			    ours->first_lba * sector);
		return false;
	}
	if (!same_guid(g->part_get_gpt_type(g->handle, "/dev/sda", number), &ours->type) ||
	    !same_guid(g->part_get_gpt_guid(g->handle, "/dev/sda", number), &ours->unique)) {
		verify_fail(verify, "guestfs-table",
			    "partition %u has other GUIDs than in our table", ours->number);
		return false;
	}
	return true;
}

static const struct guestfs_partition *numbered(const struct guestfs_partition_list *list,
						unsigned int number)
{
	for (uint32_t i = 0; i < list->len; i++)
		if ((unsigned int)list->val[i].part_num == number)
			return &list->val[i];
	return &list->val[0]; /* of another number: the comparison says so */
}

/* It lists by place, we by number. */
static void check_table(struct verify *verify, const struct guestfs *g)
{
	struct guestfs_partition_list *list = g->part_list(g->handle, "/dev/sda");
	bool same = list && list->len == verify->partition_count;

	if (!list)
		fail_with_error(verify, g, "guestfs-table", "cannot list partitions");
	else if (!same)
		verify_fail(verify, "guestfs-table", "%" PRIu32 " partitions, our table has %zu",
			    list->len, verify->partition_count);
	for (size_t i = 0; same && i < verify->partition_count; i++)
		same = same_partition(verify, g, numbered(list, verify->partitions[i].number),
				      &verify->partitions[i]);
	if (same)
		verify_ok(verify, "guestfs-table", "%zu partitions as in our table",
			  verify->partition_count);
	if (list)
		g->free_partition_list(list);
}

/* Appends "number type" to 'text'. False with a result when it is not the type that we read. */
static bool check_type(struct verify *verify, const struct guestfs *g,
		       const struct verify_partition *partition, char *text, size_t size)
{
	CLEANUP_FREE char *type = NULL;
	const char *expected = NULL;
	char device[32];

	device_name(partition, device);
	type = g->vfs_type(g->handle, device);
	if (partition == verify->esp)
		expected = "vfat";
	else if (partition->is_ntfs)
		expected = "ntfs";
	if (expected && (!type || strcmp(type, expected) != 0)) {
		verify_fail(verify, "guestfs-types", "partition %u holds '%s', expected %s",
			    partition->number, type ? type : "", expected);
		return false;
	}
	if (expected && g->mount_ro(g->handle, device, "/") < 0) {
		fail_with_error(verify, g, "guestfs-types", device);
		return false;
	}
	if (expected)
		g->umount_all(g->handle);
	snprintf(text + strlen(text), size - strlen(text), "%s%u %s", text[0] ? ", " : "",
		 partition->number, type && type[0] ? type : "none");
	return true;
}

static void check_types(struct verify *verify, const struct guestfs *g)
{
	char text[512] = "";

	for (size_t i = 0; i < verify->partition_count; i++)
		if (!check_type(verify, g, &verify->partitions[i], text, sizeof(text)))
			return;
	verify_ok(verify, "guestfs-types", "vfat and ntfs volumes mount read-only (%s)", text);
}

/* The SHA-256 of a file found regardless of case; NULL with a result. */
static char *checksum_file(struct verify *verify, const struct guestfs *g, const char *name,
			   const char *path)
{
	CLEANUP_FREE char *real = g->case_sensitive_path(g->handle, path);
	char *sum = real ? g->checksum(g->handle, "sha256", real) : NULL;

	if (!sum)
		fail_with_error(verify, g, name, path);
	return sum;
}

/* A GRUB that is not signed stands there without one. */
static void find_shim(struct verify *verify, const struct guestfs *g, char path[128])
{
	CLEANUP_FREE char *real = NULL;

	snprintf(path, 128, "/EFI/%s/%s", verify->linux_folder,
		 strcasecmp(verify->linux_folder, "BOOT") == 0 ? "BOOTX64.EFI" : "shimx64.efi");
	real = g->case_sensitive_path(g->handle, path);
	if (!real)
		snprintf(path, 128, "/EFI/%s/grubx64.efi", verify->linux_folder);
}

/* A Linux: shim where the firmware's entry has it, and where firmware without one looks. */
static void check_shims(struct verify *verify, const struct guestfs *g)
{
	static const char name[] = "guestfs-esp";
	CLEANUP_FREE char *shim = NULL;
	CLEANUP_FREE char *fallback = NULL;
	char path[128];

	find_shim(verify, g, path);
	shim = checksum_file(verify, g, name, path);
	fallback = shim ? checksum_file(verify, g, name, "/EFI/BOOT/BOOTX64.EFI") : NULL;
	if (!fallback)
		return;
	if (strcmp(shim, fallback) != 0)
		verify_fail(verify, name, "%s and BOOTX64.EFI differ", path);
	else
		verify_ok(verify, name, "%s and BOOTX64.EFI are there (SHA-256 %.16s...)", path,
			  shim);
}

static void check_esp_files(struct verify *verify, const struct guestfs *g)
{
	static const char name[] = "guestfs-esp";
	CLEANUP_FREE char *manager =
		checksum_file(verify, g, name, "/EFI/Microsoft/Boot/bootmgfw.efi");
	CLEANUP_FREE char *fallback =
		manager ? checksum_file(verify, g, name, "/EFI/Boot/bootx64.efi") : NULL;
	CLEANUP_FREE char *bcd =
		fallback ? g->case_sensitive_path(g->handle, "/EFI/Microsoft/Boot/BCD") : NULL;
	int64_t size = bcd ? g->filesize(g->handle, bcd) : -1;

	if (!fallback)
		return;
	if (size < 0)
		fail_with_error(verify, g, name, "BCD");
	else if (verify->bcd_size && (uint64_t)size != verify->bcd_size)
		verify_fail(verify, name, "the BCD has %" PRId64 " bytes, mtools read %zu", size,
			    verify->bcd_size);
	else if (strcmp(manager, fallback) != 0)
		verify_fail(verify, name, "bootmgfw.efi and bootx64.efi differ");
	else
		verify_ok(verify, name,
			  "bootmgfw.efi, bootx64.efi and BCD are there (SHA-256 %.16s...)",
			  manager);
}

static void check_esp(struct verify *verify, const struct guestfs *g)
{
	char device[32];

	if (!verify->esp) {
		verify_skip(verify, "guestfs-esp", "there is no ESP");
		return;
	}
	device_name(verify->esp, device);
	if (g->mount_ro(g->handle, device, "/") < 0) {
		fail_with_error(verify, g, "guestfs-esp", device);
		return;
	}
	if (verify->linux_folder[0])
		check_shims(verify, g);
	else
		check_esp_files(verify, g);
	g->umount_all(g->handle);
}

/* What the inspection says about one root; true when it is a Windows. */
static bool describe_windows(struct verify *verify, const struct guestfs *g, const char *root)
{
	static const char name[] = "guestfs-windows";
	CLEANUP_FREE char *type = g->inspect_get_type(g->handle, root);
	CLEANUP_FREE char *arch = g->inspect_get_arch(g->handle, root);
	CLEANUP_FREE char *product = g->inspect_get_product_name(g->handle, root);
	CLEANUP_FREE char *folder = NULL;

	if (!type || strcmp(type, "windows") != 0)
		return false;
	folder = g->inspect_get_windows_systemroot(g->handle, root);
	if (!arch || strcmp(arch, "x86_64") != 0)
		verify_fail(verify, name, "'%s' on %s is for '%s', expected x86_64",
			    product ? product : "", root, arch ? arch : "");
	else
		verify_ok(verify, name, "'%s' %d.%d, %s, in %s on %s", product ? product : "",
			  g->inspect_get_major_version(g->handle, root),
			  g->inspect_get_minor_version(g->handle, root), arch,
			  folder ? folder : "?", root);
	return true;
}

static void check_windows(struct verify *verify, const struct guestfs *g)
{
	CLEANUP_STRINGS char **roots = g->inspect_os(g->handle);
	bool found = false;

	if (!roots) {
		fail_with_error(verify, g, "guestfs-windows", "cannot inspect the disk");
		return;
	}
	for (char **root = roots; *root && !found; root++)
		found = describe_windows(verify, g, *root);
	if (!found)
		verify_fail(verify, "guestfs-windows", "the inspection finds no Windows");
	g->umount_all(g->handle);
}

/* A root that is encrypted, or an unknown distribution, is no fault of the conversion. */
static void check_linux(struct verify *verify, const struct guestfs *g)
{
	static const char name[] = "guestfs-linux";
	CLEANUP_STRINGS char **roots = g->inspect_os(g->handle);

	if (!roots) {
		fail_with_error(verify, g, name, "cannot inspect the disk");
		return;
	}
	for (char **root = roots; *root; root++) {
		CLEANUP_FREE char *type = g->inspect_get_type(g->handle, *root);
		CLEANUP_FREE char *product = g->inspect_get_product_name(g->handle, *root);

		if (!type || strcmp(type, "linux") != 0)
			continue;
		verify_ok(verify, name, "'%s' on %s", product ? product : "", *root);
		g->umount_all(g->handle);
		return;
	}
	verify_skip(verify, name, "the inspection finds no Linux that it can read");
	g->umount_all(g->handle);
}

/*
 * The path of the default entry as the kernel's own NTFS driver, or that of the appliance, sees it.
 */
static void check_loader(struct verify *verify, const struct guestfs *g)
{
	static const char name[] = "guestfs-loader";
	char device[32], path[sizeof(verify->loader_path)];
	CLEANUP_FREE char *real = NULL;
	int64_t size;

	if (!verify->windows || !verify->loader_path[0]) {
		verify_skip(verify, name, "the BCD names no loader that is there");
		return;
	}
	memcpy(path, verify->loader_path, sizeof(path));
	for (char *at = path; *at; at++)
		if (*at == '\\')
			*at = '/';
	device_name(verify->windows, device);
	if (g->mount_ro(g->handle, device, "/") < 0 ||
	    !(real = g->case_sensitive_path(g->handle, path)) ||
	    (size = g->filesize(g->handle, real)) < 0)
		fail_with_error(verify, g, name, path);
	else
		verify_ok(verify, name, "%s on %s, %" PRId64 " bytes", real, device, size);
	g->umount_all(g->handle);
}

void verify_guestfs_ask(struct verify *verify, const struct guestfs *g)
{
	check_table(verify, g);
	check_types(verify, g);
	check_esp(verify, g);
	if (verify->linux_folder[0]) {
		check_linux(verify, g);
		return;
	}
	check_windows(verify, g);
	check_loader(verify, g);
}
