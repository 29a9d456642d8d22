/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structure of a hive: see check.h. Offsets in a hive count from the first bin and name the
 * size field of a cell, which is negative while the cell is in use; all cells begin at multiples
 * of 8. Structures: the regf specification of M. Suhanov, sections "Hive bins data" and following.
 */
#include "common/hive/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/hive/hive_format.h"

/* The limit of Windows for the depth of keys. */
#define MAX_DEPTH 512

/* One security cell and how many keys refer to it. */
struct references {
	uint32_t offset; /* HIVE_NO_CELL: an empty place of the table */
	uint32_t count;
};

struct checker {
	const char *name;
	const uint8_t *bins;
	uint32_t size;		     /* of all bins */
	uint8_t *starts;	     /* a bit for each 8 bytes: a cell in use begins here */
	uint8_t *owned;		     /* likewise: and something refers to it */
	struct references *security; /* hash table by offset */
	size_t security_room, security_count;
	struct error *err;
};

static int damaged(const struct checker *checker, uint32_t offset, const char *what)
{
	return error_damaged(checker->err, "'%s': damaged registry hive: %s at offset %" PRIu64,
			     checker->name, what, REGF_SIZE + (uint64_t)offset);
}

static bool get_bit(const uint8_t *bits, uint32_t offset)
{
	uint32_t unit = offset / CELL_UNIT;

	return (bits[unit / 8] >> (unit % 8) & 1) != 0;
}

static void set_bit(uint8_t *bits, uint32_t offset)
{
	uint32_t unit = offset / CELL_UNIT;

	bits[unit / 8] |= (uint8_t)(1 << (unit % 8));
}

/* Mark the cells of one bin, which must fill it. */
static int scan_cells(struct checker *checker, uint32_t bin, uint32_t bin_size)
{
	uint32_t at = bin + HBIN_HEADER, end = bin + bin_size;

	while (at < end) {
		int32_t size = (int32_t)get_le32(checker->bins + at);
		uint32_t length = size < 0 ? 0 - (uint32_t)size : (uint32_t)size;

		if (length < CELL_UNIT || length % CELL_UNIT != 0 || length > end - at)
			return damaged(checker, at, "cell with a size that does not fit");
		if (size < 0)
			set_bit(checker->starts, at);
		at += length;
	}
	return 0;
}

static int scan_bins(struct checker *checker)
{
	uint32_t at = 0;

	while (at < checker->size) {
		const uint8_t *bin = checker->bins + at;
		uint32_t size = get_le32(bin + HBIN_SIZE);
		int r;

		if (memcmp(bin, "hbin", 4) != 0 || get_le32(bin + HBIN_OFFSET) != at ||
		    size < HBIN_UNIT || size % HBIN_UNIT != 0 || size > checker->size - at)
			return damaged(checker, at, "no valid bin");
		r = scan_cells(checker, at, size);
		if (r < 0)
			return r;
		at += size;
	}
	return 0;
}

/* The contents of the cell in use at 'offset'; NULL when there is none. */
static const uint8_t *get_cell(const struct checker *checker, uint32_t offset, uint32_t *ret_size)
{
	if (offset >= checker->size || offset % CELL_UNIT != 0 || !get_bit(checker->starts, offset))
		return NULL;
	*ret_size = 0 - get_le32(checker->bins + offset) - CELL_SIZE;
	return checker->bins + offset + CELL_SIZE;
}

/* The same for a cell that has one owner: at least 'least' bytes, of which the first two are
 * 'signature' (or NULL). */
static int own_cell(struct checker *checker, uint32_t offset, const char *signature, uint32_t least,
		    const uint8_t **ret, uint32_t *ret_size)
{
	*ret = get_cell(checker, offset, ret_size);
	if (!*ret)
		return damaged(checker, offset, "no cell where one is referred to");
	if (*ret_size < least || (signature && memcmp(*ret, signature, 2) != 0))
		return damaged(checker, offset, "cell of another kind than is referred to");
	if (get_bit(checker->owned, offset))
		return damaged(checker, offset, "cell that two others refer to");
	set_bit(checker->owned, offset);
	return 0;
}

static struct references *find_place(struct references *table, size_t room, uint32_t offset)
{
	size_t at = (offset / CELL_UNIT * UINT32_C(2654435761)) % room;

	while (table[at].offset != HIVE_NO_CELL && table[at].offset != offset)
		at = (at + 1) % room;
	return &table[at];
}

static int grow_security(struct checker *checker)
{
	size_t room = checker->security_room ? checker->security_room * 2 : 64;
	struct references *table = malloc(room * sizeof(*table));

	if (!table)
		return error_failed(checker->err, ENOMEM, "'%s': out of memory", checker->name);
	for (size_t i = 0; i < room; i++)
		table[i] = (struct references){HIVE_NO_CELL, 0};
	for (size_t i = 0; i < checker->security_room; i++)
		if (checker->security[i].offset != HIVE_NO_CELL)
			*find_place(table, room, checker->security[i].offset) =
				checker->security[i];
	free(checker->security);
	checker->security = table;
	checker->security_room = room;
	return 0;
}

static const uint8_t *get_security(const struct checker *checker, uint32_t offset)
{
	uint32_t size = 0;
	const uint8_t *sk = get_cell(checker, offset, &size);

	if (!sk || size < SK_DESCRIPTOR || memcmp(sk, "sk", 2) != 0 ||
	    get_le32(sk + SK_LENGTH) > size - SK_DESCRIPTOR)
		return NULL;
	return sk;
}

/* A key refers to a security cell, which it shares with others. */
static int check_security(struct checker *checker, uint32_t offset)
{
	const uint8_t *sk = get_security(checker, offset);
	struct references *place;
	int r;

	if (!sk)
		return damaged(checker, offset, "no security descriptor where one is referred to");
	if (2 * (checker->security_count + 1) > checker->security_room) {
		r = grow_security(checker);
		if (r < 0)
			return r;
	}
	place = find_place(checker->security, checker->security_room, offset);
	if (place->offset == HIVE_NO_CELL) {
		if (get_bit(checker->owned, offset))
			return damaged(checker, offset, "cell that two others refer to");
		set_bit(checker->owned, offset);
		place->offset = offset;
		checker->security_count++;
		if (!get_security(checker, get_le32(sk + SK_NEXT)) ||
		    !get_security(checker, get_le32(sk + SK_PREVIOUS)))
			return damaged(checker, offset, "broken chain of security descriptors");
	}
	if (++place->count > get_le32(sk + SK_REFERENCES))
		return damaged(checker, offset,
			       "security descriptor with too low a count of references");
	return 0;
}

/* Data that are spread over several cells. */
static int check_big_data(struct checker *checker, uint32_t offset, const uint8_t *db)
{
	uint32_t count = get_le16(db + DB_COUNT), size = 0;
	const uint8_t *list, *segment;
	int r = own_cell(checker, get_le32(db + DB_LIST), NULL, 4 * count, &list, &size);

	if (r == 0 && count < 1)
		r = damaged(checker, offset, "big data without segments");
	for (uint32_t i = 0; i < count && r == 0; i++)
		r = own_cell(checker, get_le32(list + 4 * (size_t)i), NULL, 0, &segment, &size);
	return r;
}

static int check_value(struct checker *checker, uint32_t offset)
{
	uint32_t size = 0, length;
	const uint8_t *vk = NULL, *data = NULL;
	int r = own_cell(checker, offset, "vk", VK_NAME, &vk, &size);

	if (r < 0)
		return r;
	length = get_le32(vk + VK_DATA_LENGTH);
	if (get_le16(vk + VK_NAME_LENGTH) > size - VK_NAME)
		return damaged(checker, offset, "value with a name that does not fit");
	if (length & VK_INLINE)
		return (length & ~VK_INLINE) <= 4
			       ? 0
			       : damaged(checker, offset, "value with too much data");
	/*
	 * Windows marks empty values as held in the offset field; libhivex would follow the offset.
	 */
	if (length == 0)
		return damaged(checker, offset, "empty value that is not marked so");
	r = own_cell(checker, get_le32(vk + VK_DATA), NULL, 0, &data, &size);
	if (r < 0 || length <= size)
		return r;
	if (size < DB_SIZE || memcmp(data, "db", 2) != 0)
		return damaged(checker, offset, "value with more data than its cell holds");
	return check_big_data(checker, get_le32(vk + VK_DATA), data);
}

static int check_values(struct checker *checker, const uint8_t *nk)
{
	uint32_t count = get_le32(nk + NK_VALUES), size = 0;
	const uint8_t *list = NULL;
	int r;

	if (count == 0)
		return 0;
	if (count > checker->size / 4)
		return damaged(checker, get_le32(nk + NK_VALUES_LIST), "list of too many values");
	r = own_cell(checker, get_le32(nk + NK_VALUES_LIST), NULL, 4 * count, &list, &size);
	for (uint32_t i = 0; i < count && r == 0; i++)
		r = check_value(checker, get_le32(list + 4 * (size_t)i));
	return r;
}

static int check_key(struct checker *checker, uint32_t offset, uint32_t parent, unsigned int depth);

/* A leaf (lf, lh, li) or, at the top, a list of leaves (ri); counts the keys in it. */
static int check_list(struct checker *checker, uint32_t offset, bool is_top, uint32_t parent,
		      unsigned int depth, uint32_t *keys)
{
	uint32_t size = 0, count, stride;
	const uint8_t *list = NULL;
	bool is_index;
	int r = own_cell(checker, offset, NULL, LIST_ENTRIES, &list, &size);

	if (r < 0)
		return r;
	count = get_le16(list + LIST_COUNT);
	is_index = is_top && memcmp(list, "ri", 2) == 0;
	stride = memcmp(list, "lf", 2) == 0 || memcmp(list, "lh", 2) == 0 ? 8 : 4;
	if (!is_index && stride == 4 && memcmp(list, "li", 2) != 0)
		return damaged(checker, offset, "no list of keys");
	if (count * stride > size - LIST_ENTRIES)
		return damaged(checker, offset, "list of keys that does not fit");
	for (uint32_t i = 0; i < count && r == 0; i++) {
		uint32_t entry = get_le32(list + LIST_ENTRIES + (size_t)i * stride);

		if (is_index)
			r = check_list(checker, entry, false, parent, depth, keys);
		else
			r = check_key(checker, entry, parent, depth + 1);
		*keys += !is_index;
	}
	return r;
}

static int check_subkeys(struct checker *checker, uint32_t offset, const uint8_t *nk,
			 unsigned int depth)
{
	uint32_t count = get_le32(nk + NK_SUBKEYS), keys = 0;
	int r;

	if (count == 0)
		return 0;
	r = check_list(checker, get_le32(nk + NK_SUBKEYS_LIST), true, offset, depth, &keys);
	if (r == 0 && keys != count)
		r = damaged(checker, offset, "key with a wrong count of subkeys");
	return r;
}

static int check_key(struct checker *checker, uint32_t offset, uint32_t parent, unsigned int depth)
{
	const uint8_t *nk = NULL, *class_name;
	uint32_t size = 0;
	int r = own_cell(checker, offset, "nk", NK_NAME, &nk, &size);

	if (r < 0)
		return r;
	if (depth > MAX_DEPTH)
		return damaged(checker, offset, "keys nested too deeply");
	if (get_le16(nk + NK_NAME_LENGTH) > size - NK_NAME)
		return damaged(checker, offset, "key with a name that does not fit");
	if (parent != HIVE_NO_CELL && get_le32(nk + NK_PARENT) != parent)
		return damaged(checker, offset, "key that names another parent");
	if (get_le32(nk + NK_CLASS) != HIVE_NO_CELL)
		r = own_cell(checker, get_le32(nk + NK_CLASS), NULL, get_le16(nk + NK_CLASS_LENGTH),
			     &class_name, &size);
	if (r == 0)
		r = check_security(checker, get_le32(nk + NK_SECURITY));
	if (r == 0)
		r = check_values(checker, nk);
	return r < 0 ? r : check_subkeys(checker, offset, nk, depth);
}

static int check_all(struct checker *checker, uint32_t root)
{
	int r;

	checker->starts = calloc(1, checker->size / CELL_UNIT / 8 + 1);
	checker->owned = calloc(1, checker->size / CELL_UNIT / 8 + 1);
	if (!checker->starts || !checker->owned)
		return error_failed(checker->err, ENOMEM, "'%s': out of memory", checker->name);
	r = scan_bins(checker);
	return r < 0 ? r : check_key(checker, root, HIVE_NO_CELL, 0);
}

int hive_check(const void *hive, size_t size, const char *name, struct error *err)
{
	const uint8_t *base = hive;
	struct checker checker = {.name = name, .err = err};
	int r;

	if (size < REGF_SIZE)
		return error_damaged(err, "'%s': registry hive of %zu bytes", name, size);
	checker.bins = base + REGF_SIZE;
	checker.size = get_le32(base + REGF_BINS_SIZE);
	if (checker.size == 0 || checker.size % HBIN_UNIT != 0 || checker.size > size - REGF_SIZE)
		return error_damaged(err,
				     "'%s': registry hive says that it has %" PRIu32
				     " bytes of bins; %zu are there",
				     name, checker.size, size - REGF_SIZE);
	r = check_all(&checker, get_le32(base + REGF_ROOT));
	free(checker.starts);
	free(checker.owned);
	free(checker.security);
	return r;
}
