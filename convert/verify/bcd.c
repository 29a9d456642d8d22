/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot store of the ESP: sound by the rules of the boot library, and its default entry leads to
 * a file. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bcd/bcd.h"
#include "common/checked.h"
#include "convert/verify/checks.h"
#include "convert/verify/ntfs/file.h"
#include "convert/verify/ntfs/volume.h"
#include "convert/verify/pe.h"

#define STORE_NAME	 "\\EFI\\Microsoft\\Boot\\BCD"
#define MAX_LOADER_BYTES ((size_t)(32 * MIB)) /* winload.efi has up to 2 MB */

static void check_store(struct verify *verify)
{
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	struct error err = ERROR_INIT;

	if (bcd_check(&(struct file_bytes){verify->bcd, verify->bcd_size, STORE_NAME}, &notes,
		      &err) < 0)
		verify_fail(verify, "bcd", "%s", err.message);
	else if (notes.warnings.count)
		verify_fail(verify, "bcd", "%zu findings, the first: %s", notes.warnings.count,
			    notes.warnings.texts[0]);
	else
		verify_ok(verify, "bcd", "references, formats and sizes are right");
}

static const struct verify_partition *find_partition(const struct verify *verify,
						     const struct guid *unique)
{
	for (size_t i = 0; i < verify->partition_count; i++)
		if (guid_equal(&verify->partitions[i].unique, unique))
			return &verify->partitions[i];
	return NULL;
}

/*
 * The device of the default entry as a partition of this disk; NULL with a result when it is none.
 */
static const struct verify_partition *resolve_device(struct verify *verify,
						     const struct bcd_default_entry *entry)
{
	static const char name[] = "bcd-device";
	char found[GUID_TEXT_SIZE], expected[GUID_TEXT_SIZE];
	const struct verify_partition *partition;

	if (!entry->device_is_gpt) {
		verify_fail(verify, name, "the default entry starts from no GPT partition");
		return NULL;
	}
	if (!guid_equal(&entry->device_disk, &verify->disk_guid)) {
		verify_fail(verify, name, "the default entry names disk {%s}, this is disk {%s}",
			    guid_format(&entry->device_disk, found),
			    guid_format(&verify->disk_guid, expected));
		return NULL;
	}
	partition = find_partition(verify, &entry->device_partition);
	if (!partition)
		verify_fail(verify, name,
			    "the default entry names partition {%s}, which is not in the table",
			    guid_format(&entry->device_partition, found));
	else
		verify_ok(verify, name, "'%s' starts from partition %u of this disk",
			  entry->description, partition->number);
	return partition;
}

static void check_loader(struct verify *verify, const struct verify_partition *partition,
			 const char *path)
{
	static const char name[] = "bcd-loader";
	CLEANUP_VERIFY_NTFS struct verify_ntfs_volume *volume = NULL;
	struct error err = ERROR_INIT;
	struct disk_window window;
	struct verify_ntfs_file file;
	const char *fault;

	if (!verify_window(verify, partition, &window)) {
		verify_fail(verify, name, "partition %u does not lie on the disk",
			    partition->number);
	} else if (verify_ntfs_open(&window, &volume, &err) < 0 ||
		   verify_ntfs_read(volume, path, MAX_LOADER_BYTES, &file, &err) < 0) {
		verify_fail(verify, name, "'%s' on partition %u: %s", path, partition->number,
			    err.message);
	} else if ((fault = verify_pe_fault(file.start, file.start_size, PE_SUBSYSTEM_ANY))) {
		verify_fail(verify, name, "'%s' on partition %u %s", path, partition->number,
			    fault);
	} else {
		verify_ok(verify, name,
			  "'%s' on partition %u is an x64 program of %" PRIu64 " bytes", path,
			  partition->number, file.size);
		verify->windows = partition;
		snprintf(verify->loader_path, sizeof(verify->loader_path), "%s", path);
	}
}

static void bcd_default_entry_cleanup(struct bcd_default_entry *entry)
{
	bcd_default_entry_done(entry);
}

void verify_bcd(struct verify *verify)
{
	CLEANUP(bcd_default_entry_cleanup) struct bcd_default_entry entry = {.description = NULL};
	const struct verify_partition *partition;
	struct error err = ERROR_INIT;

	if (verify->linux_folder[0]) {
		verify_skip(verify, "bcd", "a Linux has none");
		return;
	}
	if (!verify->bcd) {
		verify_skip(verify, "bcd", "no store was read from the ESP");
		return;
	}
	check_store(verify);
	if (bcd_default_entry(&(struct file_bytes){verify->bcd, verify->bcd_size, STORE_NAME},
			      &entry, &err) < 0) {
		verify_fail(verify, "bcd-device", "%s", err.message);
		return;
	}
	partition = resolve_device(verify, &entry);
	if (!partition)
		verify_skip(verify, "bcd-loader", "the partition it should be on is not known");
	else if (!entry.path || strlen(entry.path) >= sizeof(verify->loader_path))
		verify_fail(verify, "bcd-loader", "the default entry has no path");
	else
		check_loader(verify, partition, entry.path);
}
