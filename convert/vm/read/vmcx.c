/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The container of a configuration, from its headers down to where its key tables are: see vmcx.h.
 *
 * The log first: what it holds counts before what stands in its place. It is laid over a copy of
 * the file, in memory, and everything else reads the copy.
 */
#include "convert/vm/read/vmcx.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/checked.h"
#include "convert/vm/read/vmcx_format.h"
#include "convert/vm/read/vmcx_internal.h"

/* A table has 227 entries and the largest known file 12 objects. */
#define MAX_OBJECT_TABLES 1024
#define MAX_OBJECTS	  100000

struct header {
	uint64_t log_offset;
	uint64_t log_size;
	uint32_t own_size;
};

static bool is_header(const struct file_bytes *file, uint64_t at)
{
	const uint8_t *header;

	if (!range_within(at, VMCX_HEADER_SIZE, file->size))
		return false;
	header = file->data + at;
	return get_le32(header) == VMCX_SIGNATURE &&
	       get_le32(header + VMCX_HEADER_CRC) ==
		       vmcx_crc(header, VMCX_HEADER_SIZE, VMCX_HEADER_CRC);
}

static int find_header(const struct file_bytes *file, struct header *ret, struct error *err)
{
	const uint8_t *first = is_header(file, 0) ? file->data : NULL;
	const uint8_t *second = is_header(file, VMCX_HEADER_2) ? file->data + VMCX_HEADER_2 : NULL;
	const uint8_t *header = first;

	if (!first && !second)
		return error_damaged(err,
				     "'%s': neither the header at 0 nor the one at 0x%x is whole",
				     file->name, VMCX_HEADER_2);
	if (!first || (second && vmcx_is_later(get_le16(second + VMCX_HEADER_SEQUENCE),
					       get_le16(first + VMCX_HEADER_SEQUENCE))))
		header = second;
	if (get_le32(header + VMCX_HEADER_VERSION) != VMCX_VERSION)
		return error_refused(err, REFUSAL_VM_CONFIG_VERSION,
				     "export the VM from a host of Windows Server 2016 to 2025",
				     "'%s': its container has version 0x%x, known is 0x%x",
				     file->name, get_le32(header + VMCX_HEADER_VERSION),
				     VMCX_VERSION);
	if (get_le32(header + VMCX_HEADER_OWN_SIZE) < VMCX_HEADER_SIZE)
		return error_damaged(err, "'%s': its header at 0x%tx has %" PRIu32 " bytes",
				     file->name, header - file->data,
				     get_le32(header + VMCX_HEADER_OWN_SIZE));
	*ret = (struct header){.log_offset = get_le64(header + VMCX_HEADER_LOG),
			       .log_size = get_le64(header + VMCX_HEADER_LOG_SIZE),
			       .own_size = get_le32(header + VMCX_HEADER_OWN_SIZE)};
	return 0;
}

/* One change: the bytes 'from', 'length' of them, belong to 'to'. */
struct change {
	uint64_t to, from, length;
};

static int read_change(const struct file_bytes *file, const struct header *header, uint32_t index,
		       struct change *ret, struct error *err)
{
	uint64_t at = header->log_offset + VMCX_LOG_SIZE + (uint64_t)index * VMCX_CHANGE_SIZE;
	uint64_t log_end = min_u64(file->size - header->log_offset, header->log_size);
	const uint8_t *entry = file->data + at;
	struct change change = {.to = get_le64(entry),
				.from = get_le32(entry + VMCX_CHANGE_FROM),
				.length = get_le32(entry + VMCX_CHANGE_LENGTH)};

	if (get_le32(entry + VMCX_CHANGE_CRC) != vmcx_crc(entry, VMCX_CHANGE_SIZE, VMCX_CHANGE_CRC))
		return error_damaged(err,
				     "'%s': entry %" PRIu32 " of its log, at 0x%" PRIx64
				     ", has a wrong checksum",
				     file->name, index, at);
	if (!range_within(change.from, change.length, log_end) ||
	    !range_within(change.to, change.length, file->size))
		return error_damaged(err,
				     "'%s': entry %" PRIu32 " of its log, at 0x%" PRIx64
				     ", reaches beyond the log or the file",
				     file->name, index, at);
	change.from += header->log_offset;
	if (get_le32(entry + VMCX_CHANGE_DATA_CRC) !=
	    (uint32_t)crc32(0, file->data + change.from, (uInt)change.length))
		return error_damaged(err,
				     "'%s': the data of entry %" PRIu32 " of its log, at 0x%" PRIx64
				     ", have a wrong checksum",
				     file->name, index, change.from);
	*ret = change;
	return 0;
}

/* Changes come from the file as it is, and go into the copy. */
static int replay(const struct file_bytes *file, const struct header *header, uint32_t count,
		  uint8_t *copy, struct error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		struct change change = {.length = 0};
		int r = read_change(file, header, i, &change, err);

		if (r < 0)
			return r;
		memcpy(copy + change.to, file->data + change.from, change.length);
	}
	return 0;
}

/* The head of the log; NULL when it is none. */
static const uint8_t *at_log(const struct file_bytes *file, const struct header *header)
{
	const uint8_t *log;

	if (!range_within(header->log_offset, VMCX_LOG_SIZE, file->size))
		return NULL;
	log = file->data + header->log_offset;
	return get_le32(log) == VMCX_LOG_SIGNATURE &&
			       get_le32(log + VMCX_LOG_CRC) ==
				       vmcx_crc(log, VMCX_LOG_SIZE, VMCX_LOG_CRC)
		       ? log
		       : NULL;
}

/* *ret_copy is NULL when the log is empty. */
static int replay_log(const struct file_bytes *file, const struct header *header,
		      uint8_t **ret_copy, uint32_t *ret_count, struct error *err)
{
	CLEANUP_FREE uint8_t *copy = NULL;
	const uint8_t *log = at_log(file, header);
	uint64_t table;
	int r;

	if (!log)
		return error_damaged(err, "'%s': no log at 0x%" PRIx64 ", or a broken one",
				     file->name, header->log_offset);
	*ret_count = get_le32(log + VMCX_LOG_COUNT);
	if (*ret_count == 0)
		return 0;
	table = VMCX_LOG_SIZE + (uint64_t)*ret_count * VMCX_CHANGE_SIZE;
	if (table > header->log_size || !range_within(header->log_offset, table, file->size))
		return error_damaged(err,
				     "'%s': the log at 0x%" PRIx64 " has no room for its %" PRIu32
				     " entries",
				     file->name, header->log_offset, *ret_count);
	copy = malloc(file->size);
	if (!copy)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	memcpy(copy, file->data, file->size);
	r = replay(file, header, *ret_count, copy, err);
	if (r == 0)
		*ret_copy = TAKE(copy);
	return r;
}

struct walk {
	const struct file_bytes *file;
	struct vmcx_table *tables;
	uint64_t key_bytes; /* of all key tables, also of those that do not count */
	unsigned int objects;
};

static int take_key_table(struct walk *walk, uint64_t offset, uint32_t length, struct error *err)
{
	const struct file_bytes *file = walk->file;
	struct vmcx_table *table;
	const uint8_t *head;
	uint16_t index, sequence;

	if (length < VMCX_KEYS_SIZE || !range_within(offset, length, file->size))
		return error_damaged(err,
				     "'%s': a key table at 0x%" PRIx64 " with %" PRIu32
				     " bytes reaches beyond the file",
				     file->name, offset, length);
	walk->key_bytes += length;
	if (walk->key_bytes > file->size)
		return error_damaged(err, "'%s': key tables overlap, one at 0x%" PRIx64, file->name,
				     offset);
	head = file->data + offset;
	index = get_le16(head + VMCX_KEYS_INDEX);
	if (get_le16(head) != VMCX_KEYS_SIGNATURE || index >= VMCX_MAX_TABLES ||
	    get_le32(head + VMCX_KEYS_CRC) != vmcx_crc(head, VMCX_KEYS_SIZE, VMCX_KEYS_CRC))
		return error_damaged(err,
				     "'%s': the head of the key table at 0x%" PRIx64 " is broken",
				     file->name, offset);
	table = &walk->tables[index];
	sequence = get_le16(head + VMCX_KEYS_SEQUENCE);
	if (table->length && table->sequence == sequence)
		return error_damaged(err,
				     "'%s': the key tables at 0x%" PRIx64 " and 0x%" PRIx64
				     " have one number and one sequence",
				     file->name, table->offset, offset);
	if (!table->length || vmcx_is_later(sequence, table->sequence))
		*table = (struct vmcx_table){offset, length, sequence};
	return 0;
}

/* 0, or where the next object table is. */
static int walk_objects(struct walk *walk, uint64_t at, uint64_t *ret_next, struct error *err)
{
	const struct file_bytes *file = walk->file;
	const uint8_t *head;
	uint32_t count;
	int r = 0;

	*ret_next = 0;
	if (!range_within(at, VMCX_OBJECTS_SIZE, file->size) ||
	    get_le32(file->data + at) != VMCX_OBJECTS_SIGNATURE)
		return error_damaged(err, "'%s': no object table at 0x%" PRIx64, file->name, at);
	head = file->data + at;
	count = get_le32(head + 4);
	if (!range_within(at + VMCX_OBJECTS_SIZE, (uint64_t)count * VMCX_OBJECT_SIZE, file->size) ||
	    count > MAX_OBJECTS - walk->objects)
		return error_damaged(err,
				     "'%s': the object table at 0x%" PRIx64 " has %" PRIu32
				     " entries",
				     file->name, at, count);
	walk->objects += count;
	for (uint32_t i = 0; r == 0 && i < count; i++) {
		const uint8_t *object = head + VMCX_OBJECTS_SIZE + (size_t)i * VMCX_OBJECT_SIZE;
		uint64_t offset = get_le64(object + VMCX_OBJECT_OFFSET);

		if (object[0] == VMCX_OBJECT_NONE)
			continue;
		if (get_le32(object + VMCX_OBJECT_CRC) !=
		    vmcx_crc(object, VMCX_OBJECT_SIZE, VMCX_OBJECT_CRC))
			return error_damaged(err,
					     "'%s': entry %" PRIu32
					     " of the object table at 0x%" PRIx64
					     " has a wrong checksum",
					     file->name, i, at);
		if (!object[VMCX_OBJECT_IN_USE])
			continue;
		if (object[0] == VMCX_OBJECT_MORE && *ret_next)
			return error_damaged(err,
					     "'%s': the object table at 0x%" PRIx64
					     " has two that follow it",
					     file->name, at);
		if (object[0] == VMCX_OBJECT_MORE)
			*ret_next = offset;
		if (object[0] == VMCX_OBJECT_KEYS)
			r = take_key_table(walk, offset, get_le32(object + VMCX_OBJECT_LENGTH),
					   err);
	}
	return r;
}

static int find_key_tables(const struct file_bytes *file, const struct header *header,
			   struct vmcx_table *tables, struct error *err)
{
	struct walk walk = {.file = file, .tables = tables};
	uint64_t at = 2 * (uint64_t)header->own_size;
	int r = 0;

	for (unsigned int i = 0; r == 0 && at; i++) {
		if (i == MAX_OBJECT_TABLES)
			return error_damaged(err, "'%s': its object tables have no end",
					     file->name);
		r = walk_objects(&walk, at, &at, err);
	}
	return r;
}

int vmcx_read(const struct file_bytes *file, struct vm_tree *ret, struct error *err)
{
	CLEANUP_FREE struct vmcx_table *tables = calloc(VMCX_MAX_TABLES, sizeof(*tables));
	CLEANUP_VM_TREE struct vm_tree tree = VM_TREE_INIT;
	CLEANUP_FREE uint8_t *copy = NULL;
	struct file_bytes image = *file;
	struct header header = {.own_size = 0};
	uint32_t changes = 0;
	int r;

	if (!tables)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	if (file->size > VMCX_MAX_SIZE)
		return error_damaged(err, "'%s': a configuration of %zu bytes, at most %u are read",
				     file->name, file->size, VMCX_MAX_SIZE);
	r = find_header(file, &header, err);
	if (r == 0)
		r = replay_log(file, &header, &copy, &changes, err);
	if (copy)
		image.data = copy;
	if (r == 0)
		r = find_key_tables(&image, &header, tables, err);
	if (r == 0)
		r = vmcx_read_keys(&image, tables, &tree, err);
	if (r == 0 && changes)
		note_add(&tree.warnings,
			 "the configuration was not closed: %" PRIu32
			 " changes in its log were applied in memory",
			 changes);
	if (r == 0)
		r = note_list_check(&tree.warnings, err);
	if (r < 0)
		return r;
	*ret = tree;
	tree = (struct vm_tree)VM_TREE_INIT;
	return 0;
}
