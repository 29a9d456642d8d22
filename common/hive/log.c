/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recovery of a dirty hive from its logs: see log.h. A log begins with a copy of the first 512
 * bytes of the hive's base block, in which the type says the format.
 *
 *   old  0x200 "DIRT", a bit for each 512 bytes of the hive's bins, then, from the next sector on,
 *        the bytes whose bit is set. Belongs to the hive when the times of writing in both base
 *        blocks are equal.
 *   new  0x200 entries without gaps, each 512 * n bytes:
 *          0x00 "HvLE"  0x04 size  0x08 flags  0x0c sequence number  0x10 size of the hive's bins
 *          0x14 pages
 *          0x18 hash of everything from 0x28 on  0x20 hash of the first 0x20 bytes
 *          0x28 for each page { offset in the bins, size }, then the bytes of the pages
 *        The first entry has the sequence number of the log's base block, each next one has one
 *        more. A log belongs to a hive when its number is not below the hive's second one; the
 *        other log goes on where the first one ends.
 *
 * When the hive's own base block is broken, that of the log takes its place; then only the newer
 * log is used.
 */
#include "common/hive/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/hive/hive.h"
#include "common/hive/hive_format.h"

#define MAX_LOGS 8

struct recovery {
	const char *name;
	uint8_t *hive; /* 'room' bytes */
	size_t room;
	size_t size; /* of the hive so far */
	bool base_is_valid;
	bool is_applied; /* some log was */
	uint32_t last;	 /* sequence number of the last entry */
};

static bool has_valid_base(const uint8_t *bytes, size_t size)
{
	return size >= LOG_SECTOR && memcmp(bytes, "regf", 4) == 0 &&
	       get_le32(bytes + REGF_CHECKSUM) == hive_checksum(bytes);
}

bool hive_is_dirty(const void *hive, size_t size)
{
	const uint8_t *bytes = hive;

	if (size < REGF_SIZE || memcmp(bytes, "regf", 4) != 0)
		return false;
	return !has_valid_base(bytes, size) ||
	       get_le32(bytes + REGF_SEQUENCE_1) != get_le32(bytes + REGF_SEQUENCE_2);
}

/* A log whose base block is whole; its type is the caller's business. */
static bool is_log(const struct hive_log *log)
{
	const uint8_t *bytes = log->bytes;

	return bytes && log->size > LOG_SECTOR && has_valid_base(bytes, log->size) &&
	       get_le32(bytes + REGF_SEQUENCE_1) == get_le32(bytes + REGF_SEQUENCE_2);
}

static uint32_t log_type(const struct hive_log *log)
{
	return is_log(log) ? get_le32((const uint8_t *)log->bytes + REGF_TYPE) : REGF_TYPE_HIVE;
}

static uint32_t log_sequence(const struct hive_log *log)
{
	return get_le32((const uint8_t *)log->bytes + REGF_SEQUENCE_1);
}

/* Sequence numbers wrap around. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static uint32_t rotate(uint32_t a, unsigned int by)
{
	return a << by | a >> (32 - by);
}

/* Marvin32, the hash of .NET and SymCrypt, with the seed that the registry uses. */
static uint64_t marvin32(const uint8_t *bytes, size_t size)
{
	uint32_t low = 0x7a4e55c5, high = 0x82ef4d88, word;
	size_t words = size / 4;

	for (size_t i = 0; i <= words + 1; i++) {
		if (i < words) {
			word = get_le32(bytes + 4 * i);
		} else {
			word = i == words ? 0x80 : 0;
			for (size_t j = i == words ? size % 4 : 0; j-- > 0;)
				word = word << 8 | bytes[4 * words + j];
		}
		low += word;
		high ^= low;
		low = rotate(low, 20) + high;
		high = rotate(high, 9) ^ low;
		low = rotate(low, 27) + high;
		high = rotate(high, 19);
	}
	return (uint64_t)high << 32 | low;
}

/* Is there a whole entry with sequence number 'expected' in the 'room' bytes at 'entry'? */
static bool is_entry(const uint8_t *entry, size_t room, uint32_t expected)
{
	uint32_t size, pages, bins;

	if (room < LOG_SECTOR || memcmp(entry, "HvLE", 4) != 0)
		return false;
	size = get_le32(entry + HVLE_SIZE);
	pages = get_le32(entry + HVLE_PAGES);
	bins = get_le32(entry + HVLE_BINS);
	if (size < LOG_SECTOR || size % LOG_SECTOR != 0 || size > room || pages == 0 ||
	    pages > (size - HVLE_REFS) / HVLE_REF_SIZE || bins == 0 || bins % HBIN_UNIT != 0 ||
	    get_le32(entry + HVLE_SEQUENCE) != expected)
		return false;
	return get_le64(entry + HVLE_HASH_2) == marvin32(entry, HVLE_HASH_2) &&
	       get_le64(entry + HVLE_HASH_1) == marvin32(entry + HVLE_REFS, size - HVLE_REFS);
}

/* Do all pages of the entry lie in the entry and in the hive that it describes? */
static bool pages_fit(const uint8_t *entry, uint32_t bins)
{
	size_t left = get_le32(entry + HVLE_SIZE) - HVLE_REFS;
	uint32_t pages = get_le32(entry + HVLE_PAGES);

	left -= (size_t)pages * HVLE_REF_SIZE;
	for (uint32_t i = 0; i < pages; i++) {
		const uint8_t *ref = entry + HVLE_REFS + (size_t)i * HVLE_REF_SIZE;
		uint32_t size = get_le32(ref + 4);

		if (size > left || !range_within(get_le32(ref), size, bins))
			return false;
		left -= size;
	}
	return true;
}

static bool apply_entry(struct recovery *recovery, const uint8_t *entry)
{
	uint32_t bins = get_le32(entry + HVLE_BINS), pages = get_le32(entry + HVLE_PAGES), flags;
	const uint8_t *page = entry + HVLE_REFS + (size_t)pages * HVLE_REF_SIZE;

	if (bins > recovery->room - REGF_SIZE || !pages_fit(entry, bins))
		return false;
	for (uint32_t i = 0; i < pages; i++) {
		const uint8_t *ref = entry + HVLE_REFS + (size_t)i * HVLE_REF_SIZE;
		uint32_t size = get_le32(ref + 4);

		memcpy(recovery->hive + REGF_SIZE + get_le32(ref), page, size);
		page += size;
	}
	recovery->size = (size_t)max_u64(recovery->size, REGF_SIZE + (uint64_t)bins);
	put_le32(recovery->hive + REGF_BINS_SIZE, bins);
	flags = get_le32(recovery->hive + REGF_FLAGS) & ~(uint32_t)HVLE_FLAG_SAVED;
	put_le32(recovery->hive + REGF_FLAGS,
		 flags | (get_le32(entry + HVLE_FLAGS) & HVLE_FLAG_SAVED));
	recovery->last = get_le32(entry + HVLE_SEQUENCE);
	recovery->is_applied = true;
	return true;
}

/* Apply the entries of one log as far as they go. */
static void apply_new_log(struct recovery *recovery, const struct hive_log *log)
{
	const uint8_t *bytes = log->bytes;
	uint32_t expected = log_sequence(log);
	size_t at = LOG_SECTOR;

	if (recovery->is_applied && expected != recovery->last + 1)
		return;
	while (is_entry(bytes + at, log->size - at, expected)) {
		if (!apply_entry(recovery, bytes + at))
			return;
		at += get_le32(bytes + at + HVLE_SIZE);
		expected++;
	}
}

static void adopt_base(struct recovery *recovery, const struct hive_log *log)
{
	memcpy(recovery->hive, log->bytes, LOG_SECTOR);
	put_le32(recovery->hive + REGF_TYPE, REGF_TYPE_HIVE);
}

/* The logs of the new format in the order of their numbers. */
static size_t sort_new_logs(const struct hive_log *logs, size_t count,
			    const struct hive_log **sorted)
{
	size_t found = 0;

	for (size_t i = 0; i < count && found < MAX_LOGS; i++) {
		size_t at = found;

		if (log_type(&logs[i]) != REGF_TYPE_NEW_LOG)
			continue;
		while (at > 0 && is_before(log_sequence(&logs[i]), log_sequence(sorted[at - 1]))) {
			sorted[at] = sorted[at - 1];
			at--;
		}
		sorted[at] = &logs[i];
		found++;
	}
	return found;
}

static void recover_new(struct recovery *recovery, const struct hive_log *logs, size_t count)
{
	const struct hive_log *sorted[MAX_LOGS];
	size_t found = sort_new_logs(logs, count, sorted);
	uint32_t least = get_le32(recovery->hive + REGF_SEQUENCE_2);

	if (found > 0 && !recovery->base_is_valid) {
		adopt_base(recovery, sorted[found - 1]);
		apply_new_log(recovery, sorted[found - 1]);
		return;
	}
	for (size_t i = 0; i < found; i++)
		if (!is_before(log_sequence(sorted[i]), least))
			apply_new_log(recovery, sorted[i]);
}

static bool is_old_log_of(const struct recovery *recovery, const struct hive_log *log)
{
	uint32_t type = log_type(log);

	if (type != REGF_TYPE_OLD_LOG && type != REGF_TYPE_OLDER_LOG)
		return false;
	return !recovery->base_is_valid ||
	       get_le64(recovery->hive + REGF_TIME) ==
		       get_le64((const uint8_t *)log->bytes + REGF_TIME);
}

static bool is_dirty_page(const uint8_t *bitmap, size_t page)
{
	return (bitmap[page / 8] >> (page % 8) & 1) != 0;
}

static void apply_old_log(struct recovery *recovery, const struct hive_log *log)
{
	const uint8_t *bytes = log->bytes, *bitmap = bytes + LOG_SECTOR + DIRT_BITMAP;
	uint32_t bins = get_le32(bytes + REGF_BINS_SIZE);
	uint64_t pages = bins / LOG_SECTOR, at, dirty = 0;

	if (bins == 0 || bins % HBIN_UNIT != 0 || bins > recovery->room - REGF_SIZE)
		return;
	if (!round_up_u64(LOG_SECTOR + DIRT_BITMAP + pages / 8, LOG_SECTOR, &at) ||
	    at > log->size || memcmp(bytes + LOG_SECTOR, "DIRT", 4) != 0)
		return;
	for (size_t page = 0; page < pages; page++)
		dirty += is_dirty_page(bitmap, page);
	if (dirty == 0 || dirty > (log->size - at) / LOG_SECTOR)
		return;
	if (!recovery->base_is_valid)
		adopt_base(recovery, log);
	for (size_t page = 0; page < pages; page++) {
		if (!is_dirty_page(bitmap, page))
			continue;
		memcpy(recovery->hive + REGF_SIZE + page * LOG_SECTOR, bytes + at, LOG_SECTOR);
		at += LOG_SECTOR;
	}
	recovery->size = (size_t)max_u64(recovery->size, REGF_SIZE + (uint64_t)bins);
	put_le32(recovery->hive + REGF_BINS_SIZE, bins);
	recovery->last = get_le32(recovery->hive + REGF_SEQUENCE_1);
	if (is_before(recovery->last, log_sequence(log)))
		recovery->last = log_sequence(log);
	recovery->is_applied = true;
}

static void recover_old(struct recovery *recovery, const struct hive_log *logs, size_t count)
{
	for (size_t i = 0; i < count && !recovery->is_applied; i++)
		if (is_old_log_of(recovery, &logs[i]))
			apply_old_log(recovery, &logs[i]);
}

/* All bins must follow one another, as every reader of a hive demands. */
static bool bins_are_whole(const struct recovery *recovery)
{
	uint32_t bins = get_le32(recovery->hive + REGF_BINS_SIZE);
	uint64_t at = 0;

	if (bins == 0 || bins > recovery->size - REGF_SIZE)
		return false;
	while (at < bins) {
		const uint8_t *bin = recovery->hive + REGF_SIZE + at;
		uint32_t size = get_le32(bin + HBIN_SIZE);

		if (memcmp(bin, "hbin", 4) != 0 || get_le32(bin + HBIN_OFFSET) != at || size == 0 ||
		    size % HBIN_UNIT != 0 || size > bins - at)
			return false;
		at += size;
	}
	return true;
}

static int refuse(const struct recovery *recovery, const char *why, struct error *err)
{
	if (!recovery->base_is_valid && !recovery->is_applied)
		return error_damaged(err, "'%s': registry hive with a wrong checksum, and %s",
				     recovery->name, why);
	return error_refused(
		err, REFUSAL_HIVE_DIRTY,
		"start the guest once and shut it down fully, then convert again",
		"'%s': the registry hive has unwritten changes in its log files, and %s",
		recovery->name, why);
}

/* The hive is clean now: what Windows writes after it has applied the last entry. */
static void finish(struct recovery *recovery, bool is_new)
{
	uint32_t sequence = recovery->last + is_new;

	put_le32(recovery->hive + REGF_SEQUENCE_1, sequence);
	put_le32(recovery->hive + REGF_SEQUENCE_2, sequence);
	put_le32(recovery->hive + REGF_CHECKSUM, hive_checksum(recovery->hive));
}

static int replay(struct recovery *recovery, const struct hive_log *logs, size_t count,
		  struct error *err)
{
	bool is_new;

	recover_new(recovery, logs, count);
	is_new = recovery->is_applied;
	if (!is_new)
		recover_old(recovery, logs, count);
	if (!recovery->is_applied)
		return refuse(recovery, "no log file holds them", err);
	if (!bins_are_whole(recovery))
		return refuse(recovery, "applying them does not give a whole hive", err);
	finish(recovery, is_new);
	return 0;
}

/* What a log adds to a hive stands in the log, so this is the most memory that can be needed. */
static int make_room(struct recovery *recovery, const struct file_bytes *hive,
		     const struct hive_log *logs, size_t count, struct error *err)
{
	uint64_t room = hive->size;

	for (size_t i = 0; i < count; i++)
		if (logs[i].bytes && !add_u64(room, logs[i].size, &room))
			room = UINT64_MAX;
	if (hive->size > HIVE_MAX_SIZE)
		return error_damaged(err, "'%s': a registry hive of %zu bytes is not credible",
				     recovery->name, hive->size);
	recovery->room = (size_t)min_u64(room, HIVE_MAX_SIZE);
	recovery->hive = calloc(1, recovery->room);
	if (!recovery->hive)
		return error_failed(err, ENOMEM, "'%s': out of memory", recovery->name);
	memcpy(recovery->hive, hive->data, hive->size);
	recovery->size = hive->size;
	return 0;
}

int hive_recover(const struct file_bytes *hive, const struct hive_log *logs, size_t log_count,
		 uint8_t **ret_hive, size_t *ret_size, struct error *err)
{
	struct recovery recovery = {.name = hive->name,
				    .base_is_valid = has_valid_base(hive->data, hive->size)};
	int r;

	*ret_hive = NULL;
	*ret_size = 0;
	if (hive->size < REGF_SIZE || memcmp(hive->data, "regf", 4) != 0)
		return error_damaged(err, "'%s': not a registry hive: no 'regf' at offset 0",
				     hive->name);
	if (!hive_is_dirty(hive->data, hive->size))
		return 0;
	r = make_room(&recovery, hive, logs, log_count, err);
	if (r == 0)
		r = replay(&recovery, logs, log_count, err);
	if (r < 0) {
		free(recovery.hive);
		return r;
	}
	*ret_hive = recovery.hive;
	*ret_size = recovery.size;
	return 0;
}
