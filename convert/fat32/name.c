/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names on FAT: which are allowed, which fit into 8.3, and the short names of those that do not.
 *
 * A name whose upper case is a valid 8.3 name has that as its short name; there can be no two in a
 * folder, as names are unique regardless of case. All others get a numeric tail, after the first
 * ones are settled: BASISN~1 to ~4, then BA plus four hexadecimal digits of a hash of the long
 * name, as Windows does, so that thousands of like names do not make long searches.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/fat32/tree.h"

#define BASE_LENGTH	 8
#define EXTENSION_LENGTH 3
#define PLAIN_TAILS	 4
#define MAX_TAIL	 999999

/*
 * Upper case of the scripts that have one and are likely in file names: Latin, Greek, Cyrillic.
 * Windows compares with a table of its own; a letter missing here only means that two names which
 * differ in its case are not noticed.
 */
static uint16_t fold(uint16_t unit)
{
	if ((unit >= 'a' && unit <= 'z') || (unit >= 0xe0 && unit <= 0xfe && unit != 0xf7) ||
	    (unit >= 0x3b1 && unit <= 0x3c9 && unit != 0x3c2) || (unit >= 0x430 && unit <= 0x44f))
		return (uint16_t)(unit - 0x20);
	if (unit >= 0x450 && unit <= 0x45f)
		return (uint16_t)(unit - 0x50);
	if ((unit >= 0x100 && unit <= 0x12f) || (unit >= 0x14a && unit <= 0x177) ||
	    (unit >= 0x460 && unit <= 0x481) || (unit >= 0x48a && unit <= 0x4bf) ||
	    (unit >= 0x4d0 && unit <= 0x52f))
		return unit & 0xfffe;
	if ((unit >= 0x139 && unit <= 0x148) || (unit >= 0x179 && unit <= 0x17e))
		return unit % 2 ? unit : (uint16_t)(unit - 1);
	return unit;
}

int fat_name_compare(const uint16_t *a, size_t a_units, const uint16_t *b, size_t b_units)
{
	for (size_t i = 0; i < a_units && i < b_units; i++) {
		uint16_t left = fold(a[i]), right = fold(b[i]);

		if (left != right)
			return left < right ? -1 : 1;
	}
	return (a_units > b_units) - (a_units < b_units);
}

static bool is_one_of(uint16_t unit, const char *set)
{
	return unit && unit < 0x80 && strchr(set, (char)unit);
}

int fat_name_check(const uint16_t *name, size_t units)
{
	if (units > FAT_LONG_NAME_MAX)
		return -ENAMETOOLONG;
	if (units == 0 || name[units - 1] == '.' || name[units - 1] == ' ')
		return -EILSEQ;
	for (size_t i = 0; i < units; i++)
		if (name[i] < 0x20 || is_one_of(name[i], "\"*/:<>?\\|"))
			return -EILSEQ;
	return 0;
}

bool fat_short_char_is_valid(uint16_t unit)
{
	return (unit >= 'A' && unit <= 'Z') || (unit >= '0' && unit <= '9') ||
	       is_one_of(unit, "!#$%&'()-@^_`{}~");
}

/* ASCII only: what 'unit' becomes in a short name, 0 when it cannot stand there. */
static uint8_t short_char(uint16_t unit)
{
	if (unit >= 'a' && unit <= 'z')
		unit = (uint16_t)(unit - 0x20);
	return fat_short_char_is_valid(unit) ? (uint8_t)unit : 0;
}

/* Put the upper case of the name into 8.3 form. Returns false when it does not fit without loss. */
static bool to_short(const uint16_t *name, size_t units, uint8_t ret[FAT_SHORT_NAME])
{
	size_t at = 0, end = BASE_LENGTH;

	memset(ret, ' ', FAT_SHORT_NAME);
	for (size_t i = 0; i < units; i++) {
		uint8_t character = short_char(name[i]);

		if (name[i] == '.' && end == BASE_LENGTH && at > 0 && i + 1 < units) {
			at = BASE_LENGTH;
			end = FAT_SHORT_NAME;
			continue;
		}
		if (!character || at == end)
			return false;
		ret[at++] = character;
	}
	return true;
}

bool fat_name_is_short(const uint16_t *name, size_t units)
{
	uint8_t short_name[FAT_SHORT_NAME];

	for (size_t i = 0; i < units; i++)
		if (name[i] >= 'a' && name[i] <= 'z')
			return false;
	return to_short(name, units, short_name);
}

size_t fat_entries_of(const struct fat_node *node)
{
	size_t more = (node->name_units + FAT_LONG_UNITS - 1) / FAT_LONG_UNITS;

	return 1 + (node->needs_long_name ? more : 0);
}

uint8_t fat_short_checksum(const uint8_t short_name[FAT_SHORT_NAME])
{
	uint8_t sum = 0;

	for (size_t i = 0; i < FAT_SHORT_NAME; i++)
		sum = (uint8_t)((uint8_t)(sum << 7 | sum >> 1) + short_name[i]);
	return sum;
}

/* Append the characters of a stretch of the name that a short name may have, '_' for the others;
 * dots and spaces go. */
static size_t take_basis(const uint16_t *name, size_t units, uint8_t *ret, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < units && used < room; i++) {
		uint8_t character = short_char(name[i]);

		if (name[i] != ' ' && name[i] != '.')
			ret[used++] = character ? character : '_';
	}
	return used;
}

/* The place of the last dot that has something in front and behind; 'units' when there is none. */
static size_t extension_dot(const uint16_t *name, size_t units)
{
	size_t start = 0;

	while (start < units && (name[start] == '.' || name[start] == ' '))
		start++;
	for (size_t i = units; i-- > start;)
		if (name[i] == '.')
			return i;
	return units;
}

/*
 * fatgen103, "The Basis-Name Generation Algorithm". *ret_length is the length of the base, 0 to 8.
 */
static void basis_name(const uint16_t *name, size_t units, uint8_t ret[FAT_SHORT_NAME],
		       size_t *ret_length)
{
	size_t dot = extension_dot(name, units);

	memset(ret, ' ', FAT_SHORT_NAME);
	*ret_length = take_basis(name, dot, ret, BASE_LENGTH);
	take_basis(name + dot, units - dot, ret + BASE_LENGTH, EXTENSION_LENGTH);
}

static unsigned int hash_units(const uint16_t *name, size_t units)
{
	uint32_t hash = 0x811c9dc5; /* FNV-1a */

	for (size_t i = 0; i < units; i++)
		hash = (hash ^ name[i]) * UINT32_C(0x01000193);
	return (hash >> 16 ^ hash) & 0xffff;
}

/* Short names in use in one folder: a hash table with open addressing, at most half full. */
struct name_set {
	uint8_t (*names)[FAT_SHORT_NAME]; /* first byte 0: free */
	size_t mask;
};

static bool set_init(struct name_set *set, size_t count)
{
	size_t room = 16;

	while (room < 2 * count)
		room *= 2;
	set->mask = room - 1;
	set->names = calloc(room, sizeof(*set->names));
	return set->names;
}

/* Returns false when the name is there already. */
static bool set_add(struct name_set *set, const uint8_t name[FAT_SHORT_NAME])
{
	uint32_t hash = 0x811c9dc5;
	size_t at;

	for (size_t i = 0; i < FAT_SHORT_NAME; i++)
		hash = (hash ^ name[i]) * UINT32_C(0x01000193);
	for (at = hash & set->mask; set->names[at][0]; at = (at + 1) & set->mask)
		if (memcmp(set->names[at], name, FAT_SHORT_NAME) == 0)
			return false;
	memcpy(set->names[at], name, FAT_SHORT_NAME);
	return true;
}

/* The candidate number 'tail', from 1. */
static void make_candidate(const struct fat_node *node, unsigned int tail,
			   uint8_t ret[FAT_SHORT_NAME])
{
	char text[16], hash[8];
	size_t length, digits;

	basis_name(node->name, node->name_units, ret, &length);
	if (tail > PLAIN_TAILS) {
		length = length < 2 ? length : 2;
		snprintf(hash, sizeof(hash), "%04X", hash_units(node->name, node->name_units));
		memcpy(ret + length, hash, 4);
		length += 4;
		tail -= PLAIN_TAILS;
	}
	digits = (size_t)snprintf(text, sizeof(text), "~%u", tail);
	if (length > BASE_LENGTH - digits)
		length = BASE_LENGTH - digits;
	memset(ret + length, ' ', BASE_LENGTH - length);
	memcpy(ret + length, text, digits);
}

static bool assign_tail(struct name_set *set, struct fat_node *node)
{
	for (unsigned int tail = 1; tail <= MAX_TAIL; tail++) {
		make_candidate(node, tail, node->short_name);
		if (set_add(set, node->short_name))
			return true;
	}
	return false;
}

int fat_assign_short_names(struct fat_node *folder, struct error *err)
{
	struct name_set set = {.names = NULL};
	bool ok = set_init(&set, folder->child_count);

	if (!ok)
		return error_failed(err, ENOMEM, "FAT32: out of memory");
	for (size_t i = 0; i < folder->child_count; i++) {
		struct fat_node *node = folder->children[i];

		if (to_short(node->name, node->name_units, node->short_name))
			set_add(&set, node->short_name);
		else
			node->short_name[0] = 0;
	}
	for (size_t i = 0; i < folder->child_count && ok; i++)
		if (!folder->children[i]->short_name[0])
			ok = assign_tail(&set, folder->children[i]);
	free(set.names);
	return ok ? 0 : error_failed(err, EEXIST, "FAT32: no short name is left in a folder");
}
