/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MountedDevices: a volume of an MBR disk is named by 12 bytes (u32 disk signature, u64 byte
 * offset), one of a GPT disk by 24 ("DMIO:ID:" and the unique partition GUID). Drive letters,
 * volume names and "no letter" marks are values with such data; rewriting the data keeps all of
 * them. Microsoft's mbr2gpt does the same.
 */
#include "convert/guest/windows/system/mounted.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"

#define MBR_ROW_SIZE   12
#define MBR_ROW_OFFSET 4
#define GPT_ROW_SIZE   24
#define GPT_ROW_MARK   "DMIO:ID:"
#define GPT_ROW_GUID   8

/* Turn one row into the GPT form, if it names a partition of the disk. */
static int convert_row(struct system_edit *edit, struct hive_value_copy *row, bool *ret_changed)
{
	const struct moved_partition *moved;
	uint8_t *bytes;
	uint64_t offset;

	if (row->size != MBR_ROW_SIZE || get_le32(row->bytes) != edit->owner->disk->mbr_signature)
		return 0;
	offset = get_le64(row->bytes + MBR_ROW_OFFSET);
	moved = moved_find(edit->owner->disk, offset);
	if (!moved) {
		WARNING(edit,
			"MountedDevices: '%s' belongs to byte %" PRIu64
			" of the old disk, where no partition of the new one comes from; it stays as it is",
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

int mounted_convert(struct system_edit *edit)
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
