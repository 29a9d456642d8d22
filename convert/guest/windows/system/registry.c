/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits in the guest's SYSTEM hive: see registry.h.
 *
 * MountedDevices: a volume of an MBR disk is named by 12 bytes (u32 disk signature, u64 byte
 * offset), one of a GPT disk by 24 ("DMIO:ID:" and the unique partition GUID). Drive letters,
 * volume names and "no letter" marks are values with such data; rewriting the data keeps all of
 * them. Microsoft's mbr2gpt does the same.
 *
 * Services: Windows demotes boot drivers that it did not need ("StartOverride"), and a guest with
 * IDE disks does not need those of the synthetic SCSI controller, from which a generation 2 VM
 * starts.
 */
#include "convert/guest/windows/system/registry.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/hive/hive.h"

#define MBR_ROW_SIZE   12
#define MBR_ROW_OFFSET 4
#define GPT_ROW_SIZE   24
#define GPT_ROW_MARK   "DMIO:ID:"
#define GPT_ROW_GUID   8

#define START_BOOT     0
#define START_DEMAND   3
#define START_DISABLED 4

struct edit {
	struct hive *hive;
	const struct moved_disk *disk;
	struct edit_notes *notes;
	struct error *err;
	bool is_changed;
};

#define CHANGED(edit, ...) note_add(&(edit)->notes->changed, __VA_ARGS__)
#define WARNING(edit, ...) note_add(&(edit)->notes->warnings, __VA_ARGS__)

static bool is_drive_letter(const char *name)
{
	static const char prefix[] = "\\DosDevices\\";

	return strncasecmp(name, prefix, sizeof(prefix) - 1) == 0;
}

/* Turn one row into the GPT form, if it names a partition of the disk. */
static int convert_row(struct edit *edit, struct hive_value_copy *row, bool *ret_changed)
{
	const struct moved_partition *moved;
	uint8_t *bytes;
	uint64_t offset;

	if (row->size != MBR_ROW_SIZE || get_le32(row->bytes) != edit->disk->mbr_signature)
		return 0;
	offset = get_le64(row->bytes + MBR_ROW_OFFSET);
	moved = moved_find(edit->disk, offset);
	if (!moved) {
		if (is_drive_letter(row->name))
			WARNING(edit,
				"'%s' belongs to byte %" PRIu64
				" of the disk, where no partition starts; it stays as it is",
				row->name, offset);
		return 0;
	}
	bytes = malloc(GPT_ROW_SIZE);
	if (!bytes)
		return error_failed(edit->err, ENOMEM, "'%s': out of memory",
				    hive_name(edit->hive));
	memcpy(bytes, GPT_ROW_MARK, GPT_ROW_GUID);
	memcpy(bytes + GPT_ROW_GUID, moved->gpt_guid.bytes, sizeof(moved->gpt_guid.bytes));
	free(row->bytes);
	row->bytes = bytes;
	row->size = GPT_ROW_SIZE;
	*ret_changed = true;
	CHANGED(edit, "MountedDevices: '%s' follows its partition to the GPT", row->name);
	return 0;
}

static int convert_mounted_devices(struct edit *edit)
{
	CLEANUP_HIVE_VALUES struct hive_values rows = {.list = NULL};
	hive_node_h node = hive_find(edit->hive, 0, "MountedDevices");
	bool is_changed = false;
	int r;

	if (node == 0) {
		WARNING(edit,
			"the SYSTEM hive has no MountedDevices; Windows will assign drive letters anew");
		return 0;
	}
	r = hive_get_values(edit->hive, node, &rows, edit->err);
	for (size_t i = 0; i < rows.count && r == 0; i++)
		r = convert_row(edit, &rows.list[i], &is_changed);
	if (r < 0 || !is_changed)
		return r;
	edit->is_changed = true;
	return hive_set_values(edit->hive, node, &rows, edit->err);
}

/* What a driver of a generation 2 VM is for, and how it must start. */
struct driver {
	const char *name;
	bool is_boot;	     /* must be boot-start; else: must not be disabled */
	const char *without; /* what a guest without it lacks; NULL: not every Windows has it */
};

static const struct driver drivers[] = {
	{"vmbus", true, "will not start"},
	{"storvsc", true, "will not find its disk"},
	{"storflt", true, NULL},
	{"winhv", true, NULL},
	{"vpci", true, NULL},
	{"hyperkbd", false,
	 "will have no keyboard in the console window until integration services with this "
	 "driver are installed; use remote desktop"},
	{"HyperVideo", false, NULL},
	{"netvsc", false, NULL},
	{"VMBusHID", false, NULL},
};

static int set_start(struct edit *edit, hive_node_h service, const char *set,
		     const struct driver *driver, uint32_t start)
{
	CHANGED(edit, "%s: driver '%s' starts %s", set, driver->name,
		start == START_BOOT ? "with the boot loader" : "when its device is there");
	edit->is_changed = true;
	return hive_set_dword(edit->hive, service, "Start", start, edit->err);
}

static int convert_service(struct edit *edit, hive_node_h service, const char *set,
			   const struct driver *driver)
{
	uint32_t start;
	bool has_start = hive_get_dword(edit->hive, service, "Start", &start);
	int r = 0;

	if (driver->is_boot && (!has_start || start != START_BOOT))
		r = set_start(edit, service, set, driver, START_BOOT);
	else if (!driver->is_boot && (!has_start || start == START_DISABLED))
		r = set_start(edit, service, set, driver, START_DEMAND);
	if (r < 0 || !driver->is_boot || !hive_find(edit->hive, service, "StartOverride"))
		return r;
	CHANGED(edit, "%s: driver '%s' is no longer demoted (StartOverride)", set, driver->name);
	edit->is_changed = true;
	return hive_remove(edit->hive, service, "StartOverride", edit->err);
}

static int convert_services(struct edit *edit, hive_node_h services, const char *set)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]) && r == 0; i++) {
		hive_node_h service = hive_find(edit->hive, services, drivers[i].name);

		if (service)
			r = convert_service(edit, service, set, &drivers[i]);
		else if (drivers[i].without)
			WARNING(edit, "%s: no driver '%s': Windows %s", set, drivers[i].name,
				drivers[i].without);
	}
	return r;
}

static bool is_control_set(const char *name)
{
	static const char prefix[] = "ControlSet";
	const char *digits = name + sizeof(prefix) - 1;

	return strncasecmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       isdigit((unsigned char)digits[0]) && isdigit((unsigned char)digits[1]) &&
	       isdigit((unsigned char)digits[2]) && digits[3] == '\0';
}

static int convert_control_sets(struct edit *edit)
{
	hive_h *handle = hive_handle(edit->hive);
	CLEANUP_FREE hive_node_h *nodes = hivex_node_children(handle, hivex_root(handle));
	int r = 0;

	if (!nodes)
		return error_damaged(edit->err, "'%s': cannot read the keys of the hive: %s",
				     hive_name(edit->hive), strerror(errno));
	for (const hive_node_h *node = nodes; *node && r == 0; node++) {
		CLEANUP_FREE char *name = hivex_node_name(handle, *node);
		hive_node_h services;

		if (!name || !is_control_set(name))
			continue;
		services = hive_find(edit->hive, *node, "Services");
		if (services)
			r = convert_services(edit, services, name);
	}
	return r;
}

int registry_convert(const void *bytes, size_t size, const struct moved_disk *disk,
		     uint8_t **ret_hive, size_t *ret_size, struct edit_notes *notes,
		     struct error *err)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	struct edit edit = {.disk = disk, .notes = notes, .err = err};
	int r = hive_open(bytes, size, "\\Windows\\System32\\config\\SYSTEM", &hive, err);

	if (r < 0)
		return r;
	edit.hive = hive;
	r = convert_mounted_devices(&edit);
	if (r == 0)
		r = convert_control_sets(&edit);
	if (r < 0)
		return r;
	r = edit_notes_check(notes, err);
	if (r < 0)
		return r;
	*ret_hive = NULL;
	*ret_size = 0;
	return edit.is_changed ? hive_commit(hive, ret_hive, ret_size, err) : 0;
}
