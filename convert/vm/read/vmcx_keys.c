/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of a container as a tree: see vmcx.h. A key names its parent by table and offset. All
 * are collected, sorted by parent and by their order among siblings, and then hung under the root,
 * from there on down: what is not reached (the parent is gone, or stands in a circle) is counted
 * and left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "convert/vm/read/vmcx_format.h"
#include "convert/vm/read/vmcx_internal.h"

/* A value of a type that is not known is no longer than this: each of its lengths is tried. */
#define MAX_UNKNOWN 4096

struct place {
	uint16_t table;
	uint32_t offset;
};

struct key {
	struct place parent, own;
	uint32_t order;
	uint8_t type;
	bool is_elsewhere;
	const char *name;     /* with its NUL, in the file */
	const uint8_t *value; /* where it, or the word of where it is, begins */
	size_t room;	      /* bytes of it; before it is checked, up to the end of the key */
};

struct keys {
	const struct file_bytes *file;
	const struct vmcx_table *tables;
	struct key *list;
	size_t count;
	size_t capacity;
	size_t hung;
	struct vm_tree *tree;
};

static uint64_t offset_of(const struct keys *keys, const struct key *key)
{
	return (uint64_t)(key->value - keys->file->data);
}

/* Bytes of the value that stand in the key itself and that its checksum covers; false when there is
 * no room for them. For types that are known. */
static bool used_size(const struct key *key, size_t *ret)
{
	if (key->is_elsewhere || key->type == VMCX_KEY_NODE)
		*ret = VMCX_ELSEWHERE_SIZE;
	else if (key->type == VMCX_KEY_BOOL)
		*ret = 4;
	else if (key->type != VMCX_KEY_STRING && key->type != VMCX_KEY_BYTES)
		*ret = 8;
	else if (key->room >= 4)
		*ret = 4 + (size_t)get_le32(key->value);
	else
		return false;
	return *ret <= key->room;
}

static bool is_known(const struct key *key)
{
	return key->is_elsewhere || (key->type >= VMCX_KEY_INTEGER && key->type <= VMCX_KEY_NODE);
}

/* How much of a value of an unknown type there is, its checksum says; the rest is slack. false when
 * nothing has that checksum. */
static bool find_used_size(const uint8_t *at, size_t head, const struct key *key, size_t *ret)
{
	uint32_t crc = vmcx_crc(at, head, VMCX_KEY_CRC), wanted = get_le32(at + VMCX_KEY_CRC);

	for (size_t used = 0; used <= key->room && used <= MAX_UNKNOWN; used++) {
		if (crc == wanted) {
			*ret = used;
			return true;
		}
		crc = used < key->room ? (uint32_t)crc32(crc, key->value + used, 1) : crc;
	}
	return false;
}

static int check_key(const struct keys *keys, const uint8_t *at, struct key *key, struct error *err)
{
	size_t used = 0, head = VMCX_KEY_SIZE + strlen(key->name) + 1;
	uint64_t offset = (uint64_t)(at - keys->file->data);
	bool is_whole;

	if (is_known(key) && !used_size(key, &used))
		return error_damaged(err,
				     "'%s': the value of key '%s' at 0x%" PRIx64
				     " is longer than the key",
				     keys->file->name, key->name, offset);
	if (is_known(key))
		is_whole = get_le32(at + VMCX_KEY_CRC) == vmcx_crc(at, head + used, VMCX_KEY_CRC);
	else
		is_whole = find_used_size(at, head, key, &used);
	if (!is_whole)
		return error_damaged(err, "'%s': key '%s' at 0x%" PRIx64 " has a wrong checksum",
				     keys->file->name, key->name, offset);
	key->room = used;
	return 0;
}

static int add_key(struct keys *keys, const struct key *key, struct error *err)
{
	if (keys->count == VM_MAX_NODES)
		return error_damaged(err, "'%s': more than %u keys", keys->file->name,
				     VM_MAX_NODES);
	if (keys->count == keys->capacity) {
		size_t capacity = keys->capacity ? 2 * keys->capacity : 512;
		struct key *list = realloc(keys->list, capacity * sizeof(*list));

		if (!list)
			return error_failed(err, ENOMEM, "'%s': out of memory", keys->file->name);
		keys->list = list;
		keys->capacity = capacity;
	}
	keys->list[keys->count++] = *key;
	return 0;
}

static int take_key(struct keys *keys, const uint8_t *at, uint32_t size, struct place own,
		    struct error *err)
{
	size_t name_size = at[VMCX_KEY_NAME_SIZE];
	const char *name = (const char *)at + VMCX_KEY_SIZE;
	struct key key = {.parent = {get_le16(at + VMCX_KEY_PARENT),
				     get_le32(at + VMCX_KEY_PARENT_OFFSET)},
			  .own = own,
			  .order = get_le32(at + VMCX_KEY_ORDER),
			  .type = at[0],
			  .is_elsewhere = at[VMCX_KEY_FLAGS] & VMCX_FLAG_ELSEWHERE,
			  .name = name};
	int r;

	if (VMCX_KEY_SIZE + name_size > size || name_size < 2 ||
	    strnlen(name, name_size) != name_size - 1)
		return error_damaged(err, "'%s': the key at 0x%" PRIx64 " has no name",
				     keys->file->name, (uint64_t)(at - keys->file->data));
	key.value = at + VMCX_KEY_SIZE + name_size;
	key.room = size - VMCX_KEY_SIZE - name_size;
	r = check_key(keys, at, &key, err);
	return r < 0 ? r : add_key(keys, &key, err);
}

static int take_table(struct keys *keys, uint16_t index, struct error *err)
{
	const struct vmcx_table *table = &keys->tables[index];
	const uint8_t *data = keys->file->data + table->offset;
	uint32_t at = VMCX_KEYS_SIZE;
	int r = 0;

	while (r == 0 && table->length >= VMCX_KEY_SIZE && at <= table->length - VMCX_KEY_SIZE) {
		uint32_t size = get_le32(data + at + VMCX_KEY_LENGTH);

		if (size == 0)
			break;
		if (size < VMCX_KEY_SIZE || size > table->length - at)
			return error_damaged(err,
					     "'%s': the key at 0x%" PRIx64 " has %" PRIu32
					     " bytes and does not fit its table",
					     keys->file->name, table->offset + at, size);
		if (data[at] == VMCX_KEY_FREE && get_le32(data + at + VMCX_KEY_CRC) != 0)
			return error_damaged(err,
					     "'%s': the free slot at 0x%" PRIx64
					     " has a checksum, as a key does",
					     keys->file->name, table->offset + at);
		if (data[at] != VMCX_KEY_FREE)
			r = take_key(keys, data + at, size, (struct place){index, at}, err);
		at += size;
	}
	return r;
}

static int compare_places(const struct place *a, const struct place *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int by_parent(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int r = compare_places(&x->parent, &y->parent);

	if (r == 0 && x->order != y->order)
		r = x->order < y->order ? -1 : 1;
	return r ? r : compare_places(&x->own, &y->own);
}

/* The first key that is a child of 'parent', or where it would be. */
static size_t first_child(const struct keys *keys, const struct place *parent)
{
	size_t low = 0, high = keys->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_places(&keys->list[middle].parent, parent) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the bytes of a value are; without the word of how many there are. */
static int locate(const struct keys *keys, const struct key *key, struct vm_value *value,
		  struct error *err)
{
	const struct file_bytes *file = keys->file;
	uint64_t offset;

	if (!key->is_elsewhere) {
		bool has_size = key->type == VMCX_KEY_STRING || key->type == VMCX_KEY_BYTES;

		value->data = key->value + (has_size ? 4 : 0);
		value->size = has_size ? get_le32(key->value) : key->room;
		return 0;
	}
	value->size = get_le32(key->value);
	offset = get_le64(key->value + 4);
	if (!range_within(offset, value->size, file->size))
		return error_damaged(err,
				     "'%s': the value of key '%s', %zu bytes at 0x%" PRIx64
				     ", reaches beyond the file",
				     file->name, key->name, value->size, offset);
	value->data = file->data + offset;
	return 0;
}

static bool has_bytes(const struct key *key)
{
	return key->type < VMCX_KEY_INTEGER || key->type == VMCX_KEY_STRING ||
	       key->type == VMCX_KEY_BYTES || key->type > VMCX_KEY_NODE || key->is_elsewhere;
}

static int read_value(const struct keys *keys, const struct key *key, struct vm_value *ret,
		      struct error *err)
{
	static const enum vm_type types[] = {
		[VMCX_KEY_INTEGER] = VM_INTEGER, [VMCX_KEY_UNSIGNED] = VM_UNSIGNED,
		[VMCX_KEY_REAL] = VM_REAL,	 [VMCX_KEY_STRING] = VM_STRING,
		[VMCX_KEY_BYTES] = VM_BYTES,	 [VMCX_KEY_BOOL] = VM_BOOL,
		[VMCX_KEY_NODE] = VM_NODE};

	*ret = (struct vm_value){.type = VM_OPAQUE};
	if (has_bytes(key)) {
		if (key->type == VMCX_KEY_STRING || key->type == VMCX_KEY_BYTES)
			ret->type = types[key->type];
		return locate(keys, key, ret, err);
	}
	ret->type = types[key->type];
	if (ret->type == VM_BOOL)
		ret->number = get_le32(key->value) != 0;
	else if (ret->type != VM_NODE)
		ret->number = get_le64(key->value);
	return 0;
}

/* Text ends with its last unit that is not zero; one before it would hide the rest from whoever
 * reads it as a string of C. */
static int decode_text(const struct keys *keys, const struct key *key, struct vm_value *value,
		       char **ret, struct error *err)
{
	size_t size = value->size & ~(size_t)1;

	while (size >= 2 && get_le16(value->data + size - 2) == 0)
		size -= 2;
	if (size > 2 * VM_MAX_BYTES)
		return error_damaged(err, "'%s': the text of key '%s' has %zu bytes",
				     keys->file->name, key->name, size);
	for (size_t i = 0; i < size; i += 2)
		if (get_le16(value->data + i) == 0)
			return error_damaged(err,
					     "'%s': the text of key '%s' at 0x%" PRIx64
					     " holds a NUL",
					     keys->file->name, key->name, offset_of(keys, key));
	*ret = utf16le_to_utf8(value->data, size);
	if (!*ret)
		return error_failed(err, ENOMEM, "'%s': out of memory", keys->file->name);
	value->data = (const uint8_t *)*ret;
	value->size = strlen(*ret);
	return 0;
}

static int hang(struct keys *keys, const struct place *place, struct vm_node *parent,
		struct error *err);

static int hang_key(struct keys *keys, const struct key *key, struct vm_node *parent,
		    struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	struct vm_value value;
	struct vm_node *node;
	int r = read_value(keys, key, &value, err);

	if (r == 0 && value.type == VM_STRING)
		r = decode_text(keys, key, &value, &text, err);
	if (r < 0)
		return r;
	r = vm_tree_add(keys->tree, parent, key->name, &value, &node, err);
	if (r < 0)
		return error_prefix(err, "'%s'", keys->file->name);
	keys->hung++;
	return value.type == VM_NODE ? hang(keys, &key->own, node, err) : 0;
}

/* No deeper than the tree may be, which vm_tree_add() checks. */
static int hang(struct keys *keys, const struct place *place, struct vm_node *parent,
		struct error *err)
{
	int r = 0;

	for (size_t i = first_child(keys, place);
	     r == 0 && i < keys->count && compare_places(&keys->list[i].parent, place) == 0; i++)
		r = hang_key(keys, &keys->list[i], parent, err);
	return r;
}

int vmcx_read_keys(const struct file_bytes *file, const struct vmcx_table *tables,
		   struct vm_tree *ret, struct error *err)
{
	static const struct place root = {0, 0};
	struct keys keys = {.file = file, .tables = tables, .tree = ret};
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < VMCX_MAX_TABLES; i++)
		r = take_table(&keys, (uint16_t)i, err);
	if (r == 0 && keys.count)
		qsort(keys.list, keys.count, sizeof(*keys.list), by_parent);
	if (r == 0)
		r = hang(&keys, &root, NULL, err);
	if (r == 0 && keys.hung < keys.count)
		note_add(&ret->warnings, "%zu keys belong to no other and are left out",
			 keys.count - keys.hung);
	free(keys.list);
	return r;
}
