/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMGS version 1, read and edited in place: see vmgs1_layout.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "common/buffer.h"
#include "nvram/container.h"
#include "nvram/vhd_footer.h"
#include "nvram/vmgs.h"
#include "nvram/vmgs1_json.h"
#include "nvram/vmgs1_layout.h"
#include "nvram/vmgs1_new.h"

/* GPT: UEFI 2.10 section 5.3 */
#define GPT_HEADER	VMGS1_SECTOR
#define GPT_ENTRIES_LBA 72
#define GPT_ENTRY_COUNT 80
#define GPT_ENTRY_SIZE	84
#define ENTRY_FIRST_LBA 32
#define ENTRY_LAST_LBA	40
#define MAX_GPT_ENTRIES 1024U
#define MIN_GPT_ENTRY	128U

struct vmgs1 {
	size_t partition;      /* byte offset */
	size_t partition_size; /* bytes */
	size_t header;	       /* byte offset of the active one */
	size_t locator;	       /* byte offset of its active locator */
	size_t text;	       /* byte offset of the JSON text */
	size_t room;	       /* bytes its sectors have */
	size_t text_size;      /* bytes in use */
};

/* The entry of the private type in the primary table. */
static int find_partition(const struct file_bytes *file, uint64_t disk, struct vmgs1 *vmgs,
			  struct error *err)
{
	const struct guid type = VMGS1_PARTITION_TYPE;
	const uint8_t *header = file->data + GPT_HEADER;
	uint64_t count = get_le32(header + GPT_ENTRY_COUNT),
		 entry_size = get_le32(header + GPT_ENTRY_SIZE);
	uint64_t table, first, end;

	if (count > MAX_GPT_ENTRIES || entry_size < MIN_GPT_ENTRY || entry_size > VMGS1_SECTOR ||
	    !mul_u64(get_le64(header + GPT_ENTRIES_LBA), VMGS1_SECTOR, &table) ||
	    !range_within(table, count * entry_size, disk))
		return error_damaged(err, "'%s': VMGS version 1 with a bad partition table",
				     file->name);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *entry = file->data + table + i * entry_size;

		if (memcmp(entry, type.bytes, sizeof(type.bytes)) != 0)
			continue;
		if (!mul_u64(get_le64(entry + ENTRY_FIRST_LBA), VMGS1_SECTOR, &first) ||
		    !add_u64(get_le64(entry + ENTRY_LAST_LBA), 1, &end) ||
		    !mul_u64(end, VMGS1_SECTOR, &end) || end > disk || first > end ||
		    end - first < VMGS1_MIN_PARTITION)
			return error_damaged(err, "'%s': VMGS version 1 partition beyond the end",
					     file->name);
		vmgs->partition = first;
		vmgs->partition_size = end - first;
		return 0;
	}
	return error_damaged(err, "'%s': a disk with a partition table, but no VMGS version 1",
			     file->name);
}

static bool locator_is_valid(const struct vmgs1 *vmgs, const uint8_t *locator)
{
	uint64_t start, length;

	return mul_u64(get_le64(locator + VMGS1_LOCATOR_SECTOR), VMGS1_SECTOR, &start) &&
	       mul_u64(get_le64(locator + VMGS1_LOCATOR_SECTORS), VMGS1_SECTOR, &length) &&
	       range_within(start, length, vmgs->partition_size) &&
	       get_le32(locator + VMGS1_LOCATOR_SIZE) <= length;
}

static bool header_is_valid(const struct vmgs1 *vmgs, const uint8_t *header)
{
	return memcmp(header + VMGS1_SIGNATURE, "GUESTRTS", 8) == 0 &&
	       get_le32(header + VMGS1_VERSION) == VMGS1_VERSION_1 &&
	       get_le32(header + VMGS1_LENGTH) == VMGS1_HEADER_SIZE &&
	       get_le32(header + VMGS1_LOCATOR_LENGTH) == VMGS1_LOCATOR_ENTRY &&
	       get_le32(header + VMGS1_ACTIVE) <= 1 &&
	       get_le32(header + VMGS1_CHECKSUM) == vmgs1_checksum(header) &&
	       locator_is_valid(vmgs, header + VMGS1_LOCATORS) &&
	       locator_is_valid(vmgs, header + VMGS1_LOCATORS + VMGS1_LOCATOR_ENTRY);
}

static int choose_header(const struct file_bytes *file, struct vmgs1 *vmgs, struct error *err)
{
	const uint8_t *first = file->data + vmgs->partition, *second = first + VMGS1_SECTOR;
	uint32_t a = get_le32(first + VMGS1_SEQUENCE), b = get_le32(second + VMGS1_SEQUENCE);
	const uint8_t *locator;

	if (!header_is_valid(vmgs, first) || !header_is_valid(vmgs, second))
		return error_damaged(err,
				     "'%s': VMGS version 1: a header at %zu or %zu is not valid",
				     file->name, vmgs->partition, vmgs->partition + VMGS1_SECTOR);
	if (a + 1 != b && b + 1 != a)
		return error_damaged(
			err,
			"'%s': VMGS version 1 headers number %u and %u do not follow each other",
			file->name, a, b);
	vmgs->header = vmgs->partition + (a + 1 == b ? VMGS1_SECTOR : 0);
	vmgs->locator = vmgs->header + VMGS1_LOCATORS +
			get_le32(file->data + vmgs->header + VMGS1_ACTIVE) * VMGS1_LOCATOR_ENTRY;
	locator = file->data + vmgs->locator;
	vmgs->text = vmgs->partition + get_le64(locator + VMGS1_LOCATOR_SECTOR) * VMGS1_SECTOR;
	vmgs->room = get_le64(locator + VMGS1_LOCATOR_SECTORS) * VMGS1_SECTOR;
	vmgs->text_size = get_le32(locator + VMGS1_LOCATOR_SIZE);
	return 0;
}

static int find_text(const struct file_bytes *file, struct vmgs1 *ret, char **ret_text,
		     struct error *err)
{
	uint64_t disk;
	int r = vhd_footer_parse(file, &disk, err);

	if (r == 0 && disk < 3 * VMGS1_SECTOR)
		r = error_damaged(err, "'%s': VMGS version 1 of %llu bytes", file->name,
				  (unsigned long long)disk);
	if (r == 0)
		r = find_partition(file, disk, ret, err);
	if (r == 0)
		r = choose_header(file, ret, err);
	if (r < 0)
		return r;
	*ret_text = utf16le_to_utf8(file->data + ret->text, ret->text_size);
	return *ret_text ? 0 : error_failed(err, ENOMEM, "'%s': out of memory", file->name);
}

static int vmgs1_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	struct vmgs1 vmgs;
	int r = find_text(file, &vmgs, &text, err);

	return r < 0 ? r : vmgs1_json_decode(text, strlen(text), file->name, ret, err);
}

/* Put the text where the old one stands, and its size into the active locator. */
static int write_text(uint8_t *bytes, const struct vmgs1 *vmgs, const char *name, const char *text,
		      struct error *err)
{
	CLEANUP_BUFFER struct buffer payload = BUFFER_INIT;
	int r = buffer_utf16(&payload, text, err);

	if (r < 0)
		return r;
	if (payload.failed)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	if (payload.size > vmgs->room)
		return error_failed(err, ENOSPC,
				    "'%s': the text needs %zu bytes, its place has %zu", name,
				    payload.size, vmgs->room);
	memset(bytes + vmgs->text, 0, vmgs->text_size);
	memcpy(bytes + vmgs->text, payload.data, payload.size);
	put_le32(bytes + vmgs->locator + VMGS1_LOCATOR_SIZE, (uint32_t)payload.size);
	put_le32(bytes + vmgs->header + VMGS1_CHECKSUM, vmgs1_checksum(bytes + vmgs->header));
	return 0;
}

static int vmgs1_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
			size_t *ret_size, struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *new_text = NULL;
	CLEANUP_FREE uint8_t *bytes = malloc(old->size);
	struct vmgs1 vmgs;
	int r = find_text(old, &vmgs, &text, err);

	if (r == 0)
		r = vmgs1_json_update(text, strlen(text), old->name, nvram, &new_text, err);
	if (r < 0)
		return r;
	if (!bytes)
		return error_failed(err, ENOMEM, "'%s': out of memory", old->name);
	memcpy(bytes, old->data, old->size);
	r = write_text(bytes, &vmgs, old->name, new_text, err);
	if (r < 0)
		return r;
	*ret = TAKE(bytes);
	*ret_size = old->size;
	return 0;
}

const struct nvram_container nvram_vmgs1_container = {
	.text = "VMGS version 1",
	.is_guest_state = true,
	.is_store = vmgs_is_v1,
	.decode = vmgs1_decode,
	.update = vmgs1_update,
	.encode = vmgs1_encode,
};
