/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing structures where it hurts: at the fields of headers, at the elements behind them. */
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/fuzz/vm/fuzz_vm.h"

/*
 * How a structure is built. 'fields' are the offsets of the fields of its header. Behind it stand
 * elements, one behind the other: the first one at 'first' (when 'first_at' is not 0: plus the
 * 16-bit number there), each as long as the number of 'length_width' bytes at 'length_at' says;
 * where the width is 0, all are 'length_at' bytes long.
 */
struct shape {
	uint8_t fields[20]; /* in units of 'unit'; the list ends with the second 0 */
	uint8_t unit;
	uint16_t first, first_at;
	uint8_t length_at, length_width;
	bool big_endian;
};

static const struct shape shapes[PLACE_KINDS] = {
	[PLACE_VHDX_HEADER] = {{4, 8, 16, 32, 48, 64, 66, 68, 72}, 1, 4096, 0, 0, 0, false},
	[PLACE_VHDX_REGIONS] = {{8, 16, 32, 40, 44, 48, 64, 72, 76}, 1, 16, 0, 32, 0, false},
	[PLACE_VHDX_METADATA] = {{8, 10, 12}, 1, 32, 0, 32, 0, false},
	[PLACE_VHDX_ITEMS] =
		{{0, 4, 8, 16, 24, 32, 36, 40, 48, 56, 58, 60, 64}, 1, 0, 0, 4, 0, false},
	[PLACE_VHDX_BAT] = {{0, 1, 2, 3, 4, 5, 6}, 8, 0, 0, 8, 0, false},
	[PLACE_VHDX_LOG] = {{4, 8, 12, 16, 24, 32, 48, 56}, 1, 64, 0, 32, 0, false},
	[PLACE_VHD_FOOTER] = {{8, 12, 16, 24, 40, 48, 56, 58, 60, 68, 84}, 1, 512, 0, 0, 0, true},
	[PLACE_VHD_HEADER] =
		{{8, 16, 24, 28, 32, 40, 56, 64, 144, 145, 146, 147, 148}, 1, 576, 0, 24, 0, true},
	[PLACE_VHD_BAT] = {{0, 1, 2, 3, 4, 5, 6}, 4, 0, 0, 4, 0, true},
	[PLACE_BOOT_RECORD] = {{220, 223, 225, 227, 229, 231, 233, 235, 239, 243, 247, 255},
			       2,
			       446,
			       0,
			       16,
			       0,
			       false},
	[PLACE_GPT] = {{8, 12, 24, 32, 40, 48, 56, 72, 80, 84, 88}, 1, 512, 0, 0, 0, false},
	[PLACE_NTFS_BOOT] = {{11, 13, 14, 21, 28, 40, 48, 56, 64, 68, 72}, 1, 512, 0, 0, 0, false},
	[PLACE_NTFS_RECORD] =
		{{4, 6, 8, 16, 18, 20, 22, 24, 28, 32, 40, 44}, 1, 0, 20, 4, 4, false},
	[PLACE_NTFS_CHOSEN] =
		{{4, 6, 8, 16, 18, 20, 22, 24, 28, 32, 40, 44}, 1, 0, 20, 4, 4, false},
	[PLACE_NTFS_INDEX] = {{4, 6, 8, 16, 24, 28, 32, 36}, 1, 24, 24, 8, 2, false},
	[PLACE_NTFS_RESTART] =
		{{4, 6, 8, 16, 20, 24, 26, 28, 48, 56, 58, 60, 62, 64}, 1, 48, 0, 16, 0, false},
	[PLACE_NTFS_LOG] =
		{{4, 6, 8, 16, 20, 22, 24, 32, 64, 72, 80, 88, 92, 96, 100}, 1, 64, 0, 8, 0, false},
	[PLACE_FAT_BOOT] = {{11, 13, 14, 16, 17, 19, 21, 22, 28, 32, 36, 40, 44, 48, 50},
			    1,
			    512,
			    0,
			    0,
			    0,
			    false},
	[PLACE_FAT_TABLE] = {{0, 1, 2, 3, 4, 5, 6, 7}, 4, 0, 0, 4, 0, false},
	[PLACE_FAT_FOLDER] = {{11, 20, 26, 28, 43, 52, 58, 60}, 1, 0, 0, 32, 0, false},
	[PLACE_HIVE] = {{4, 8, 20, 24, 28, 32, 36, 40, 44}, 1, 512, 0, 0, 0, false},
	[PLACE_HIVE_BIN] = {{4, 8}, 1, 32, 0, 0, 4, false},
	[PLACE_HIVE_LOG] = {{4, 8, 12, 16, 20, 24, 32}, 1, 40, 0, 8, 0, false},
	[PLACE_PE] = {{30}, 2, 0, 60, 40, 0, false},
	[PLACE_VMGS_HEADER] = {{8, 12, 16, 20, 24, 28, 32}, 1, 512, 0, 0, 0, false},
	[PLACE_VMGS_BLOCK] = {{0, 4, 8, 16}, 1, 0, 0, 64, 0, false},
	[PLACE_OVMF_VOLUME] =
		{{16, 32, 40, 44, 48, 50, 56, 60, 72, 88, 92}, 1, 100, 0, 0, 0, false},
	[PLACE_OVMF_VARIABLES] = {{0, 16, 20, 28, 30, 32, 36, 64, 68}, 1, 28, 0, 4, 0, false},
};

struct target {
	struct member *member;
	const struct place *place;
	uint8_t *bytes, *before; /* with the seal open */
	size_t size;
};

static bool one_in(struct random *random, unsigned int n)
{
	return random_next(random) % n == 0;
}

static size_t below(struct random *random, size_t n)
{
	return n ? (size_t)(random_next(random) % n) : 0;
}

static size_t field_offset(const struct shape *shape, struct random *random)
{
	size_t count = 1;

	while (count < ARRAY_SIZE(shape->fields) && shape->fields[count] != 0)
		count++;
	return (size_t)shape->fields[below(random, count)] * shape->unit;
}

/* How long the element at 'at' is; 0: there is none. Hive cells that are in use have negative
 * lengths. */
static size_t element_length(const struct shape *shape, const uint8_t *at)
{
	int32_t length;

	if (shape->length_width == 0)
		return shape->length_at;
	if (shape->length_width == 2)
		return get_le16(at + shape->length_at);
	length = (int32_t)get_le32(at + shape->length_at);
	return length < 0 ? (size_t) - (int64_t)length : (size_t)length;
}

/* A place near the start of one of the elements. */
static size_t element_offset(const struct shape *shape, const struct target *target,
			     struct random *random)
{
	size_t at = shape->first, chosen = 0, seen = 0, length;

	if (shape->first_at)
		at += get_le16(target->bytes + shape->first_at);
	for (; at + 16 <= target->size; at += length) {
		length = element_length(shape, target->bytes + at);
		if (length == 0)
			break;
		/* Each of those seen has the same chance. Empty ones at the end count for little. */
		if (is_zero(target->bytes + at, 16) && !one_in(random, 16))
			continue;
		if (one_in(random, (unsigned int)++seen))
			chosen = at + below(random, length < 64 ? length : 64);
	}
	return chosen;
}

static size_t choose_offset(const struct target *target, struct random *random)
{
	const struct shape *shape = &shapes[target->place->kind];
	size_t way = below(random, 8), at = below(random, target->size);

	if (shape->unit && way < 3)
		at = field_offset(shape, random);
	else if (shape->unit && way < 6)
		at = element_offset(shape, target, random);
	return at < target->size ? at : target->size - 1;
}

static uint64_t get_number(const uint8_t *at, unsigned int width, bool big_endian)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)at[big_endian ? width - 1 - i : i] << (8 * i);
	return value;
}

static void put_number(uint8_t *at, uint64_t value, unsigned int width, bool big_endian)
{
	for (unsigned int i = 0; i < width; i++)
		at[big_endian ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

/* A number at an edge of what the field can hold, or near what it holds, or of what is around. */
static uint64_t edge(const struct target *target, uint64_t old, unsigned int width,
		     struct random *random)
{
	uint64_t top = UINT64_MAX >> (64 - 8 * width);

	switch (below(random, 12)) {
	case 0:
		return 0;
	case 1:
		return top;
	case 2:
		return top / 2 + below(random, 3);
	case 3:
		return old + 1;
	case 4:
		return old - 1;
	case 5:
		return old * 2;
	case 6:
		return old / 2;
	case 7:
		return UINT64_C(1) << below(random, 8 * width);
	case 8:
		return target->member->size >> below(random, 24);
	case 9:
		return target->place->offset >> below(random, 24);
	case 10:
		return top - below(random, 256);
	default:
		return below(random, 4096);
	}
}

static void change_number(struct target *target, struct random *random)
{
	size_t at = choose_offset(target, random);
	unsigned int width = 1U << below(random, 4);
	bool big_endian = shapes[target->place->kind].big_endian != one_in(random, 16);

	while (at + width > target->size)
		width /= 2;
	put_number(target->bytes + at,
		   edge(target, get_number(target->bytes + at, width, big_endian), width, random),
		   width, big_endian);
}

static void flip_bit(struct target *target, struct random *random)
{
	target->bytes[choose_offset(target, random)] ^= (uint8_t)(1U << below(random, 8));
}

static size_t run_length(const struct target *target, size_t at, struct random *random)
{
	size_t length = 1 + below(random, one_in(random, 4) ? 512 : 16);

	return length < target->size - at ? length : target->size - at;
}

static void fill_run(struct target *target, struct random *random)
{
	size_t at = choose_offset(target, random);

	memset(target->bytes + at, one_in(random, 2) ? 0 : 0xff, run_length(target, at, random));
}

static void move_run(struct target *target, struct random *random)
{
	size_t from = choose_offset(target, random), to = choose_offset(target, random);
	size_t length = run_length(target, from > to ? from : to, random);

	memmove(target->bytes + to, target->bytes + from, length);
}

static void swap_numbers(struct target *target, struct random *random)
{
	size_t a = choose_offset(target, random), b = choose_offset(target, random);
	uint8_t held[8];

	if (a + 8 > target->size || b + 8 > target->size)
		return;
	memcpy(held, target->bytes + a, 8);
	memmove(target->bytes + a, target->bytes + b, 8);
	memcpy(target->bytes + b, held, 8);
}

/* Bytes of another structure, most often of the same kind, at the place where they stand there. */
static void graft(struct target *target, struct random *random)
{
	const struct places *places = &target->member->places;
	size_t first = places->first[target->place->kind];
	size_t count = places->first[target->place->kind + 1] - first;
	const struct place *other = one_in(random, 4) ? &places->list[below(random, places->count)]
						      : &places->list[first + below(random, count)];
	size_t size = other->size < target->size ? other->size : target->size, at = 0;
	CLEANUP_FREE uint8_t *bytes = malloc(other->size);

	if (!bytes)
		die("no memory");
	member_read(target->member, bytes, other->size, other->offset);
	seal_open(other->kind, bytes, other->size);
	if (!one_in(random, 4)) {
		at = below(random, size);
		size = at + run_length(target, at, random);
	}
	if (size <= other->size)
		memcpy(target->bytes + at, bytes + at, size - at);
}

static void change(struct target *target, struct random *random)
{
	static void (*const ways[])(struct target *, struct random *) = {
		change_number, change_number, change_number, change_number, flip_bit,
		flip_bit,      fill_run,      move_run,	     swap_numbers,  graft,
	};

	ways[below(random, ARRAY_SIZE(ways))](target, random);
}

/* The copies that formats keep: both headers, both tables, both FATs, the mirror of the MFT. */
static bool is_copy(const struct place *place, const struct place *of)
{
	if (place == of || place->kind != of->kind || place->size != of->size)
		return false;
	return place->digest == of->digest || place->kind == PLACE_VHDX_HEADER ||
	       place->kind == PLACE_VHDX_REGIONS || place->kind == PLACE_VMGS_HEADER;
}

static void change_copy(const struct target *target, const struct place *copy, bool sealed)
{
	CLEANUP_FREE uint8_t *bytes = malloc(copy->size);

	if (!bytes)
		die("no memory");
	member_read(target->member, bytes, copy->size, copy->offset);
	seal_open(copy->kind, bytes, copy->size);
	for (size_t i = 0; i < copy->size; i++)
		if (target->bytes[i] != target->before[i])
			bytes[i] = target->bytes[i];
	if (sealed)
		seal_close(copy->kind, bytes, copy->size);
	member_write(target->member, bytes, copy->size, copy->offset);
}

static void change_copies(const struct target *target, bool sealed)
{
	const struct places *places = &target->member->places;
	enum place_kind kind = target->place->kind;
	unsigned int copies = 0;

	for (size_t i = places->first[kind]; i < places->first[kind + 1] && copies < 4; i++)
		if (is_copy(&places->list[i], target->place)) {
			change_copy(target, &places->list[i], sealed);
			copies++;
		}
}

/* A line for each run of bytes that is other than before. */
static void note_changes(const struct target *target, FILE *notes)
{
	for (size_t i = 0; i < target->size; i++) {
		if (target->bytes[i] == target->before[i])
			continue;
		fprintf(notes,
			"%s 0x%" PRIx64 " (%s at 0x%" PRIx64 " + 0x%zx):", target->member->name,
			target->place->offset + i, place_name(target->place->kind),
			target->place->offset, i);
		for (; i < target->size && target->bytes[i] != target->before[i]; i++)
			fprintf(notes, " %02x", target->bytes[i]);
		fputc('\n', notes);
	}
}

static void change_place(struct member *member, const struct place *place, struct random *random,
			 FILE *notes)
{
	struct target target = {member, place, malloc(place->size), malloc(place->size),
				place->size};
	bool sealed = !one_in(random, 16), copies = !one_in(random, 4);

	if (!target.bytes || !target.before)
		die("no memory");
	member_read(member, target.bytes, place->size, place->offset);
	seal_open(place->kind, target.bytes, place->size);
	memcpy(target.before, target.bytes, place->size);
	do
		change(&target, random);
	while (one_in(random, 3));
	note_changes(&target, notes);
	if (copies)
		change_copies(&target, sealed);
	if (sealed)
		seal_close(place->kind, target.bytes, place->size);
	member_write(member, target.bytes, place->size, place->offset);
	free(target.bytes);
	free(target.before);
}

/* Kinds first, so that a thousand MFT records do not hide the one header. */
static const struct place *choose_place(const struct places *places, struct random *random)
{
	size_t kind;

	do
		kind = below(random, PLACE_KINDS);
	while (places->first[kind + 1] == places->first[kind]);
	return &places->list[places->first[kind] +
			     below(random, places->first[kind + 1] - places->first[kind])];
}

static void cut(struct member *member, struct random *random, FILE *notes)
{
	uint64_t size = random_between(random, 0, member->size + 4096);

	if (one_in(random, 2))
		size = choose_place(&member->places, random)->offset + below(random, 4096);
	member_cut(member, size);
	fprintf(notes, "%s is %" PRIu64 " bytes long\n", member->name, size);
}

static struct member *choose_member(struct vm *vm, struct random *random)
{
	struct member *member = &vm->members[below(random, vm->count)];

	if (member->places.count == 0 || !one_in(random, 3))
		return &vm->members[vm->disk - vm->members];
	return member;
}

void mutate(struct vm *vm, struct random *random, FILE *notes)
{
	size_t count = 1;

	if (one_in(random, 64))
		cut(choose_member(vm, random), random, notes);
	while (count < 16 && !one_in(random, 2))
		count++;
	for (size_t i = 0; i < count; i++) {
		struct member *member = choose_member(vm, random);

		change_place(member, choose_place(&member->places, random), random, notes);
	}
}
