/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking into hives: see peek.h. Every offset is checked against the size of the hive, every
 * list against a limit, and no list refers to a list of its own kind, so that each look-up ends.
 */
#include "common/hive/peek.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/hive/hive.h"
#include "common/hive/hive_format.h"

/*
 * Names have at most 255 characters and values 16383; keys with more entries than this are not
 * looked through.
 */
#define MAX_NAME    256
#define MAX_ENTRIES 131072

static int damaged(const struct hive_peek *peek, uint32_t cell, const char *what, struct error *err)
{
	return error_damaged(err, "'%s': %s at offset %" PRIu64, peek->name, what,
			     (uint64_t)REGF_SIZE + cell);
}

static int not_found(const struct hive_peek *peek, const char *what, const char *name,
		     struct error *err)
{
	return error_failed(err, ENOENT, "'%s': there is no %s '%s'", peek->name, what, name);
}

/* Read 'length' bytes at 'at' within the cell, whose size must cover them. */
static int read_cell(const struct hive_peek *peek, uint32_t cell, uint32_t at, void *buffer,
		     uint32_t length, struct error *err)
{
	uint64_t start = (uint64_t)REGF_SIZE + cell;
	uint8_t header[4];
	int64_t size;
	int r;

	if (!range_within(start, sizeof(header), peek->size))
		return damaged(peek, cell, "no room for a cell", err);
	r = peek->read(peek->context, header, sizeof(header), start, err);
	if (r < 0)
		return r;
	size = -(int64_t)(int32_t)get_le32(header); /* cells in use have a negative size */
	if (size < 4 || !range_within(start, (uint64_t)size, peek->size) ||
	    !range_within(at, length, (uint64_t)size - 4))
		return damaged(peek, cell, "a cell that is too small or not in use", err);
	return peek->read(peek->context, buffer, length, start + 4 + at, err);
}

int hive_peek_open(struct hive_peek *peek, bool *ret_dirty, struct error *err)
{
	uint8_t base[512];
	int r;

	if (peek->size < REGF_SIZE)
		return error_damaged(err, "'%s': %" PRIu64 " bytes are too few for a registry hive",
				     peek->name, peek->size);
	r = peek->read(peek->context, base, sizeof(base), 0, err);
	if (r < 0)
		return r;
	if (memcmp(base, "regf", 4) != 0)
		return error_damaged(err, "'%s': not a registry hive: no 'regf' at offset 0",
				     peek->name);
	*ret_dirty = get_le32(base + REGF_SEQUENCE_1) != get_le32(base + REGF_SEQUENCE_2);
	if (get_le32(base + REGF_CHECKSUM) != hive_checksum(base)) {
		if (!*ret_dirty)
			return error_damaged(
				err, "'%s': registry hive with a wrong checksum at offset %d",
				peek->name, REGF_CHECKSUM);
	}
	peek->root = get_le32(base + REGF_ROOT);
	return 0;
}

/*
 * Does a stored name of 'length' bytes equal 'want'? Names are Latin-1 or UTF-16LE; what is wanted
 * is ASCII.
 */
static bool name_is(const uint8_t *stored, size_t length, bool ascii, const char *want,
		    size_t want_length)
{
	char name[MAX_NAME];
	size_t count = ascii ? length : length / 2;

	if (count != want_length || count > sizeof(name))
		return false;
	for (size_t i = 0; i < count; i++) {
		unsigned int c = ascii ? stored[i] : get_le16(stored + 2 * i);

		if (c == 0 || c > 0x7f)
			return false;
		name[i] = (char)c;
	}
	return strncasecmp(name, want, count) == 0;
}

struct wanted {
	const char *name;
	size_t length;
};

/* Where a record keeps its name. */
struct stored_name {
	uint32_t cell, at; /* behind the fixed part of the record */
	uint16_t length;   /* bytes */
	bool ascii;	   /* one byte a character, else UTF-16LE */
};

static int compare_name(const struct hive_peek *peek, const struct stored_name *stored,
			const struct wanted *want, bool *ret, struct error *err)
{
	uint8_t name[MAX_NAME * 2];
	int r;

	*ret = false;
	if (stored->length != (stored->ascii ? want->length : want->length * 2) ||
	    stored->length > sizeof(name))
		return 0;
	r = read_cell(peek, stored->cell, stored->at, name, stored->length, err);
	if (r == 0)
		*ret = name_is(name, stored->length, stored->ascii, want->name, want->length);
	return r;
}

static int read_key(const struct hive_peek *peek, uint32_t cell, uint8_t nk[NK_NAME],
		    struct error *err)
{
	int r = read_cell(peek, cell, 0, nk, NK_NAME, err);

	if (r == 0 && memcmp(nk, "nk", 2) != 0)
		r = damaged(peek, cell, "no key", err);
	return r;
}

static int key_matches(const struct hive_peek *peek, uint32_t cell, const struct wanted *want,
		       bool *ret, struct error *err)
{
	struct stored_name name = {cell, NK_NAME, 0, false};
	uint8_t nk[NK_NAME];
	int r = read_key(peek, cell, nk, err);

	if (r < 0)
		return r;
	name.length = get_le16(nk + NK_NAME_LENGTH);
	name.ascii = get_le16(nk + NK_FLAGS) & NK_FLAG_ASCII;
	return compare_name(peek, &name, want, ret, err);
}

/* A list of subkeys, or of such lists. */
struct list {
	uint32_t cell;
	uint32_t count;
	uint32_t element_size;
	bool is_root; /* elements are lists */
};

static int read_list(const struct hive_peek *peek, uint32_t cell, struct list *ret,
		     struct error *err)
{
	uint8_t header[LIST_ENTRIES];
	int r = read_cell(peek, cell, 0, header, sizeof(header), err);

	if (r < 0)
		return r;
	ret->cell = cell;
	ret->count = get_le16(header + LIST_COUNT);
	ret->is_root = memcmp(header, "ri", 2) == 0;
	if (ret->is_root || memcmp(header, "li", 2) == 0)
		ret->element_size = 4;
	else if (memcmp(header, "lf", 2) == 0 || memcmp(header, "lh", 2) == 0)
		ret->element_size = 8;
	else
		return damaged(peek, cell, "no list of keys", err);
	return 0;
}

static int list_element(const struct hive_peek *peek, const struct list *list, uint32_t index,
			uint32_t *ret, struct error *err)
{
	uint8_t cell[4];
	int r = read_cell(peek, list->cell, LIST_ENTRIES + index * list->element_size, cell,
			  sizeof(cell), err);

	if (r == 0)
		*ret = get_le32(cell);
	return r;
}

/* Look through a leaf. *ret is HIVE_NO_CELL when the key is not in it. */
static int search_leaf(const struct hive_peek *peek, const struct list *leaf,
		       const struct wanted *want, uint32_t *ret, struct error *err)
{
	uint32_t cell = HIVE_NO_CELL;
	bool found = false;
	int r = 0;

	for (uint32_t i = 0; r == 0 && !found && i < leaf->count; i++) {
		r = list_element(peek, leaf, i, &cell, err);
		if (r == 0)
			r = key_matches(peek, cell, want, &found, err);
	}
	*ret = found ? cell : HIVE_NO_CELL;
	return r;
}

static int search_root(const struct hive_peek *peek, const struct list *root,
		       const struct wanted *want, uint32_t *ret, struct error *err)
{
	uint32_t seen = 0;
	int r = 0;

	*ret = HIVE_NO_CELL;
	for (uint32_t i = 0; r == 0 && *ret == HIVE_NO_CELL && i < root->count; i++) {
		struct list leaf = {0};
		uint32_t cell = HIVE_NO_CELL;

		r = list_element(peek, root, i, &cell, err);
		if (r == 0)
			r = read_list(peek, cell, &leaf, err);
		if (r < 0)
			return r;
		seen += leaf.count;
		if (leaf.is_root || seen > MAX_ENTRIES)
			return damaged(peek, cell, "a list of keys that is not credible", err);
		r = search_leaf(peek, &leaf, want, ret, err);
	}
	return r;
}

static int find_subkey(const struct hive_peek *peek, uint32_t key, const struct wanted *want,
		       uint32_t *ret, struct error *err)
{
	uint8_t nk[NK_NAME];
	struct list list = {0};
	int r = read_key(peek, key, nk, err);

	if (r < 0)
		return r;
	*ret = HIVE_NO_CELL;
	if (get_le32(nk + NK_SUBKEYS) == 0)
		return 0;
	r = read_list(peek, get_le32(nk + NK_SUBKEYS_LIST), &list, err);
	if (r < 0)
		return r;
	return list.is_root ? search_root(peek, &list, want, ret, err)
			    : search_leaf(peek, &list, want, ret, err);
}

int hive_peek_key(const struct hive_peek *peek, uint32_t key, const char *path, uint32_t *ret,
		  struct error *err)
{
	const char *at = path;

	while (*at) {
		struct wanted want = {at, strcspn(at, "\\")};
		int r = find_subkey(peek, key, &want, &key, err);

		if (r < 0)
			return r;
		if (key == HIVE_NO_CELL)
			return not_found(peek, "key", path, err);
		at += want.length;
		at += *at == '\\';
	}
	*ret = key;
	return 0;
}

static int value_matches(const struct hive_peek *peek, uint32_t cell, const struct wanted *want,
			 uint8_t vk[VK_NAME], bool *ret, struct error *err)
{
	struct stored_name name = {cell, VK_NAME, 0, false};
	int r = read_cell(peek, cell, 0, vk, VK_NAME, err);

	if (r < 0)
		return r;
	if (memcmp(vk, "vk", 2) != 0)
		return damaged(peek, cell, "no value", err);
	name.length = get_le16(vk + VK_NAME_LENGTH);
	name.ascii = get_le16(vk + VK_FLAGS) & VK_FLAG_ASCII;
	return compare_name(peek, &name, want, ret, err);
}

/* Find the value and leave its record in 'vk'. */
static int find_value(const struct hive_peek *peek, uint32_t key, const char *name,
		      uint8_t vk[VK_NAME], struct error *err)
{
	const struct wanted want = {name, strlen(name)};
	uint8_t nk[NK_NAME], cell[4];
	uint32_t count, list;
	bool found = false;
	int r = read_key(peek, key, nk, err);

	if (r < 0)
		return r;
	count = get_le32(nk + NK_VALUES);
	list = get_le32(nk + NK_VALUES_LIST);
	if (count > MAX_ENTRIES)
		return damaged(peek, key, "a key with too many values", err);
	for (uint32_t i = 0; r == 0 && !found && i < count; i++) {
		r = read_cell(peek, list, i * 4, cell, sizeof(cell), err);
		if (r == 0)
			r = value_matches(peek, get_le32(cell), &want, vk, &found, err);
	}
	return r == 0 && !found ? not_found(peek, "value", name, err) : r;
}

int hive_peek_value(const struct hive_peek *peek, uint32_t key, const char *name,
		    struct hive_peek_value *ret, struct error *err)
{
	uint8_t vk[VK_NAME];
	uint32_t size;
	int r = find_value(peek, key, name, vk, err);

	if (r < 0)
		return r;
	size = get_le32(vk + VK_DATA_LENGTH);
	ret->type = get_le32(vk + VK_TYPE);
	ret->size = size & ~VK_INLINE;
	if (ret->size > (size & VK_INLINE ? 4 : HIVE_PEEK_MAX_VALUE))
		return error_failed(err, EFBIG, "'%s': the value '%s' has %zu bytes", peek->name,
				    name, ret->size);
	if (size & VK_INLINE || size == 0)
		memcpy(ret->bytes, vk + VK_DATA, ret->size);
	else
		r = read_cell(peek, get_le32(vk + VK_DATA), 0, ret->bytes, size, err);
	return r;
}
