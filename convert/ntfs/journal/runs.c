/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mapping pairs: a byte whose halves are the sizes of a length and of the distance from the run
 * before, then these two; no distance: a hole; a zero byte ends them.
 */
#include <errno.h>

#include "convert/ntfs/journal/internal.h"

struct pair {
	uint64_t count;
	int64_t distance;
	bool is_hole;
	size_t size; /* bytes that it takes; 0: the end mark */
};

static uint64_t read_number(const uint8_t *at, size_t size, bool is_signed)
{
	uint64_t value = is_signed && size > 0 && (at[size - 1] & 0x80) ? UINT64_MAX : 0;

	for (size_t i = size; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static bool read_pair(const uint8_t *at, size_t room, struct pair *ret)
{
	size_t count_size, distance_size;

	*ret = (struct pair){.size = 0};
	if (room == 0)
		return false;
	if (*at == 0)
		return true;
	count_size = *at & 15;
	distance_size = *at >> 4;
	if (count_size == 0 || count_size > 8 || distance_size > 8 ||
	    1 + count_size + distance_size > room)
		return false;
	ret->count = read_number(at + 1, count_size, false);
	ret->is_hole = distance_size == 0;
	ret->distance = (int64_t)read_number(at + 1 + count_size, distance_size, true);
	ret->size = 1 + count_size + distance_size;
	return ret->count > 0 && ret->count <= INT64_MAX;
}

bool journal_pairs_count(const uint8_t *pairs, size_t size, uint64_t *ret)
{
	struct pair pair;

	*ret = 0;
	for (size_t at = 0;; at += pair.size) {
		if (!read_pair(pairs + at, size - at, &pair))
			return false;
		if (pair.size == 0)
			return true;
		if (!add_u64(*ret, pair.count, ret) || *ret > INT64_MAX)
			return false;
	}
}

static int append_run(struct journal_runs *runs, const struct journal_run *run)
{
	if (runs->count == JOURNAL_MAX_RUNS)
		return -EFBIG;
	if (runs->count == runs->room) {
		size_t room = runs->room ? 2 * runs->room : 16;
		struct journal_run *list = reallocarray(runs->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		runs->list = list;
		runs->room = room;
	}
	runs->list[runs->count++] = *run;
	return 0;
}

static uint64_t end_of_runs(const struct journal_runs *runs)
{
	const struct journal_run *last = runs->count ? &runs->list[runs->count - 1] : NULL;

	return last ? last->vcn + last->count : 0;
}

/* The LCN of a run that stands 'distance' from the one before it. */
static bool move_lcn(uint64_t *lcn, const struct pair *pair, uint64_t clusters)
{
	if (__builtin_add_overflow(*lcn, (uint64_t)pair->distance, lcn) != (pair->distance < 0))
		return false;
	return range_within(*lcn, pair->count, clusters);
}

int journal_runs_add(struct journal_runs *runs, const uint8_t *attribute, uint64_t clusters)
{
	uint32_t at = get_le16(attribute + ATTR_PAIRS), size = get_le32(attribute + ATTR_LENGTH);
	uint64_t vcn = get_le64(attribute + ATTR_LOWEST), lcn = 0;
	struct pair pair;
	int r;

	if (vcn != end_of_runs(runs))
		return -EUCLEAN;
	for (;; at += (uint32_t)pair.size) {
		struct journal_run run = {.vcn = vcn, .lcn = JOURNAL_HOLE};

		if (!read_pair(attribute + at, size - at, &pair))
			return -EUCLEAN;
		if (pair.size == 0)
			break;
		if (!pair.is_hole && !move_lcn(&lcn, &pair, clusters))
			return -EUCLEAN;
		run.lcn = pair.is_hole ? JOURNAL_HOLE : lcn;
		run.count = pair.count;
		if (!add_u64(vcn, pair.count, &vcn) || vcn > INT64_MAX)
			return -EUCLEAN;
		r = append_run(runs, &run);
		if (r < 0)
			return r;
	}
	return vcn == get_le64(attribute + ATTR_HIGHEST) + 1 ? 0 : -EUCLEAN;
}

uint64_t journal_runs_find_span(const struct journal_runs *runs, uint64_t vcn, uint64_t *ret_count)
{
	size_t low = 0, high = runs->count;

	*ret_count = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct journal_run *run = &runs->list[middle];

		if (vcn < run->vcn)
			high = middle;
		else if (vcn - run->vcn >= run->count)
			low = middle + 1;
		else {
			*ret_count = run->count - (vcn - run->vcn);
			return run->lcn == JOURNAL_HOLE ? JOURNAL_HOLE
							: run->lcn + (vcn - run->vcn);
		}
	}
	return JOURNAL_HOLE;
}

uint64_t journal_runs_find(const struct journal_runs *runs, uint64_t vcn)
{
	uint64_t count;

	return journal_runs_find_span(runs, vcn, &count);
}

void journal_runs_done(struct journal_runs *runs)
{
	free(runs->list);
	*runs = (struct journal_runs){.list = NULL};
}
