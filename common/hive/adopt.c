/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Security, class and time of copied keys: see adopt.h. */
#include "common/hive/adopt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "common/hive/hive_format.h"

int hive_pairs_add(struct hive_pairs *pairs, size_t model, size_t copy, const char *name,
		   struct error *err)
{
	struct hive_pair *list = reallocarray(pairs->list, pairs->count + 1, sizeof(*list));

	if (!list)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	pairs->list = list;
	list[pairs->count++] = (struct hive_pair){model, copy};
	return 0;
}

void hive_pairs_done(struct hive_pairs *pairs)
{
	free(pairs->list);
	*pairs = (struct hive_pairs){.list = NULL};
}

static uint8_t *key_at(uint8_t *bytes, size_t cell)
{
	return bytes + cell + CELL_SIZE;
}

/* The cell of a key's security descriptor, which it shares with others. */
static uint8_t *security_of(uint8_t *bytes, const uint8_t *nk)
{
	return key_at(bytes, REGF_SIZE + (size_t)get_le32(nk + NK_SECURITY));
}

static void add_references(uint8_t *sk, int32_t more)
{
	put_le32(sk + SK_REFERENCES, get_le32(sk + SK_REFERENCES) + (uint32_t)more);
}

/* The parent, whose descriptor libhivex gave, keeps it, so that none is left without a key. */
static void adopt_security(uint8_t *bytes, const uint8_t *model, uint8_t *copy)
{
	add_references(security_of(bytes, copy), -1);
	put_le32(copy + NK_SECURITY, get_le32(model + NK_SECURITY));
	add_references(security_of(bytes, copy), 1);
}

static uint16_t class_length(const uint8_t *nk)
{
	return get_le32(nk + NK_CLASS) == HIVE_NO_CELL ? 0 : get_le16(nk + NK_CLASS_LENGTH);
}

static uint32_t class_cell_size(uint16_t length)
{
	return (uint32_t)((CELL_SIZE + (size_t)length + CELL_UNIT - 1) / CELL_UNIT * CELL_UNIT);
}

/* How large the bin of the classes must be; 0 when no key has one. */
static uint64_t class_bin_size(const struct hive_pairs *pairs, uint8_t *bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < pairs->count; i++) {
		uint16_t length = class_length(key_at(bytes, pairs->list[i].model));

		sum += length ? class_cell_size(length) : 0;
	}
	return sum ? (HBIN_HEADER + sum + HBIN_UNIT - 1) / HBIN_UNIT * HBIN_UNIT : 0;
}

/* Key nodes note the longest class of their subkeys. */
static void note_class_length(uint8_t *bytes, const uint8_t *nk, uint16_t length)
{
	uint8_t *parent = key_at(bytes, REGF_SIZE + (size_t)get_le32(nk + NK_PARENT));

	if (get_le32(parent + NK_MAX_CLASS) < length)
		put_le32(parent + NK_MAX_CLASS, length);
}

/* Put the class of the model into the cell at 'at' of the bins. Returns the size of the cell. */
static uint32_t adopt_class(uint8_t *bytes, uint32_t at, const struct hive_pair *pair)
{
	const uint8_t *model = key_at(bytes, pair->model);
	uint8_t *copy = key_at(bytes, pair->copy), *cell = bytes + REGF_SIZE + at;
	uint16_t length = class_length(model);
	uint32_t size = class_cell_size(length);

	if (length == 0)
		return 0;
	put_le32(cell, 0 - size);
	memcpy(cell + CELL_SIZE, key_at(bytes, REGF_SIZE + (size_t)get_le32(model + NK_CLASS)),
	       length);
	put_le32(copy + NK_CLASS, at);
	put_le16(copy + NK_CLASS_LENGTH, length);
	note_class_length(bytes, copy, length);
	return size;
}

static void adopt_classes(const struct hive_pairs *pairs, uint8_t *bytes, uint32_t bin,
			  uint32_t bin_size)
{
	uint32_t at = bin + HBIN_HEADER, end = bin + bin_size;
	uint8_t *header = bytes + REGF_SIZE + bin;

	memset(header, 0, bin_size);
	memcpy(header, "hbin", 4);
	put_le32(header + HBIN_OFFSET, bin);
	put_le32(header + HBIN_SIZE, bin_size);
	for (size_t i = 0; i < pairs->count; i++)
		at += adopt_class(bytes, at, &pairs->list[i]);
	if (at < end)
		put_le32(bytes + REGF_SIZE + at, end - at);
	put_le32(bytes + REGF_BINS_SIZE, end);
}

/* Make room for 'more' bytes behind the last bin; what stands there is no part of the hive. */
static int add_room(uint64_t more, uint8_t **bytes, size_t *size, const char *name,
		    struct error *err)
{
	uint64_t end = REGF_SIZE + (uint64_t)get_le32(*bytes + REGF_BINS_SIZE) + more;
	uint8_t *larger;

	if (end > INT32_MAX)
		return error_damaged(err, "'%s': a registry hive of %" PRIu64 " bytes is too large",
				     name, end);
	if (end <= *size)
		return 0;
	larger = realloc(*bytes, (size_t)end);
	if (!larger)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	*bytes = larger;
	*size = (size_t)end;
	return 0;
}

int hive_adopt(const struct hive_pairs *pairs, uint8_t **bytes, size_t *size, const char *name,
	       struct error *err)
{
	uint64_t classes = class_bin_size(pairs, *bytes);
	int r = classes ? add_room(classes, bytes, size, name, err) : 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < pairs->count; i++) {
		const uint8_t *model = key_at(*bytes, pairs->list[i].model);
		uint8_t *copy = key_at(*bytes, pairs->list[i].copy);

		adopt_security(*bytes, model, copy);
		memcpy(copy + NK_TIME, model + NK_TIME, NK_TIME_SIZE);
	}
	if (classes)
		adopt_classes(pairs, *bytes, get_le32(*bytes + REGF_BINS_SIZE), (uint32_t)classes);
	return 0;
}
