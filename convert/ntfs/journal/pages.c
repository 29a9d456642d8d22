/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pages of the log. Behind the restart pages and the tail or fast pages they are a ring; the
 * sequence in an LSN grows by one at each wrap.
 *
 *     log 1.1:  restart 0 1 | tail copies 2 3            | ring 4 ...
 *     log 2.0:  restart 0 1 | fast pages 2-17, and 18-33 | ring 34 ...
 *
 * A page that is being filled is written to a tail page (1.1, in turn), or to the fast page of its
 * slot (2.0, in the one or the other set in turn), and to its own place later. So the newest pages
 * of the ring are laid over it first. Then the end is looked for from the restart page on: each page
 * must be whole and of this turn of the ring. The first that is not ends the log, unless one behind
 * it is newer: then there is a hole in the log.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

uint64_t journal_lsn_offset(const struct journal_log *log, uint64_t lsn)
{
	return (lsn & ((UINT64_C(1) << log->offset_bits) - 1)) * 8;
}

static uint64_t lsn_sequence(const struct journal_log *log, uint64_t lsn)
{
	return lsn >> log->offset_bits;
}

uint8_t *journal_log_page(struct journal_log *log, uint32_t index)
{
	uint8_t *page = log->pages + (size_t)index * LOG_PAGE;

	if (log->state[index] == PAGE_UNSEEN) {
		log->state[index] = PAGE_TORN;
		if (memcmp(page, "RCRD", 4) == 0 && journal_fixups_take(page, LOG_PAGE))
			log->state[index] = PAGE_GOOD;
	}
	return log->state[index] == PAGE_GOOD ? page : NULL;
}

/* The turn of the ring in which a page was written: its last record may begin before the wrap. */
static uint64_t page_sequence(const struct journal_log *log, const uint8_t *page, uint32_t index)
{
	uint64_t lsn = get_le64(page + PAGE_LSN);

	return lsn_sequence(log, lsn) +
	       (journal_lsn_offset(log, lsn) >= ((uint64_t)index + 1) * LOG_PAGE);
}

/* Put a copy of a page into its place if it is newer than what is there. */
static void lay_over(struct journal_log *log, const uint8_t *copy, uint32_t target)
{
	const uint8_t *there = journal_log_page(log, target);
	uint64_t lsn = get_le64(copy + PAGE_LSN), end = get_le64(copy + PAGE_END_LSN);

	if (there && (get_le64(there + PAGE_LSN) > lsn ||
		      (get_le64(there + PAGE_LSN) == lsn && get_le64(there + PAGE_END_LSN) >= end)))
		return;
	memcpy(log->pages + (size_t)target * LOG_PAGE, copy, LOG_PAGE);
	log->state[target] = PAGE_GOOD;
	log->is_newer[target] = 1;
}

/* The page that a copy stands for; 0 when that cannot be. */
static uint32_t copy_target(const struct journal_log *log, uint64_t offset)
{
	if (offset % LOG_PAGE || offset / LOG_PAGE < log->first || offset / LOG_PAGE >= log->count)
		return 0;
	return (uint32_t)(offset / LOG_PAGE);
}

/* Log 1.1. The older one of the two first: they may be for one page. */
static void lay_tails_over(struct journal_log *log)
{
	uint8_t *tails[2];
	uint32_t targets[2];

	for (uint32_t i = 0; i < 2; i++) {
		tails[i] = journal_log_page(log, LOG_TAIL + i);
		targets[i] = tails[i] ? copy_target(log, get_le64(tails[i] + PAGE_TAIL_TARGET)) : 0;
		if (targets[i] == 0)
			continue;
		/* What stands in its own place names its last record here. */
		put_le64(tails[i] + PAGE_LSN, get_le64(tails[i] + PAGE_END_LSN));
		if (page_sequence(log, tails[i], targets[i]) !=
			    lsn_sequence(log, get_le64(tails[i] + PAGE_LSN)) ||
		    journal_lsn_offset(log, get_le64(tails[i] + PAGE_LSN)) <
			    (uint64_t)log->first * LOG_PAGE)
			targets[i] = 0;
	}
	if (targets[0] && targets[1] &&
	    get_le64(tails[0] + PAGE_LSN) < get_le64(tails[1] + PAGE_LSN)) {
		lay_over(log, tails[0], targets[0]);
		targets[0] = 0;
	}
	if (targets[1])
		lay_over(log, tails[1], targets[1]);
	if (targets[0])
		lay_over(log, tails[0], targets[0]);
}

struct fast_page {
	uint8_t *page;
	uint32_t target;
	uint64_t sequence, implied; /* LSN of its first byte */
};

static struct fast_page read_fast(struct journal_log *log, uint32_t index)
{
	struct fast_page fast = {.page = journal_log_page(log, index)};

	if (fast.page)
		fast.target = copy_target(log, get_le32(fast.page + PAGE_FAST_TARGET));
	if (!fast.target)
		return (struct fast_page){.page = NULL};
	fast.sequence = page_sequence(log, fast.page, fast.target);
	fast.implied = fast.sequence << log->offset_bits | (uint64_t)fast.target * LOG_PAGE / 8;
	return fast;
}

/* Of the two pages of a slot the later one; of copies of one page the fuller one. */
static bool is_later(const struct fast_page *a, const struct fast_page *b)
{
	if (!a->page || !b->page)
		return a->page != NULL;
	if (a->implied != b->implied)
		return a->implied > b->implied;
	return get_le64(a->page + PAGE_LSN) > get_le64(b->page + PAGE_LSN) ||
	       (get_le64(a->page + PAGE_LSN) == get_le64(b->page + PAGE_LSN) &&
		get_le64(a->page + PAGE_END_LSN) > get_le64(b->page + PAGE_END_LSN));
}

/* Does a page stand directly behind another one in the ring, in the same turn or after the wrap? */
static bool follows(const struct journal_log *log, const struct fast_page *page,
		    const struct fast_page *before)
{
	if (before->target + 1 == log->count)
		return page->target == log->first && page->sequence == before->sequence + 1;
	return page->target == before->target + 1 && page->sequence == before->sequence;
}

/* Log 2.0: slots hold pages that follow each other, from the first slot on; others are left over. */
static void lay_fast_over(struct journal_log *log)
{
	struct fast_page before = {.page = NULL};

	for (uint32_t slot = 0; slot < LOG_FAST_SLOTS; slot++) {
		struct fast_page a = read_fast(log, LOG_FAST + slot);
		struct fast_page b = read_fast(log, LOG_FAST + LOG_FAST_SLOTS + slot);
		const struct fast_page *later = is_later(&a, &b) ? &a : &b;

		if (!later->page || (before.page && !follows(log, later, &before)))
			return;
		lay_over(log, later->page, later->target);
		before = *later;
	}
}

static bool page_belongs(const struct journal_log *log, const uint8_t *page, uint32_t index,
			 uint64_t sequence)
{
	uint16_t count = get_le16(page + PAGE_COUNT), position = get_le16(page + PAGE_POSITION);

	return page_sequence(log, page, index) == sequence && position >= 1 && position <= count;
}

/* A page that is newer than the end, and to which nothing leads. */
static int check_behind(struct journal_log *log, const uint8_t *visited, struct error *err)
{
	for (uint32_t i = log->first; i < log->count; i++) {
		const uint8_t *page = log->pages + (size_t)i * LOG_PAGE;

		if (visited[i] || memcmp(page, "RCRD", 4) != 0 ||
		    get_le64(page + PAGE_LSN) <= log->end || !journal_log_page(log, i))
			continue;
		return journal_refuse(err,
				      "the NTFS journal has a hole: its page at offset %" PRIu64
				      " is newer (LSN 0x%" PRIx64
				      ") than the end that is reached (LSN 0x%" PRIx64 ")",
				      (uint64_t)i * LOG_PAGE, get_le64(page + PAGE_LSN), log->end);
	}
	return 0;
}

static int find_end(struct journal_log *log, const struct journal_restart *restart,
		    struct error *err)
{
	CLEANUP_FREE uint8_t *visited = calloc(log->count, 1);
	uint64_t index = journal_lsn_offset(log, restart->current) / LOG_PAGE;
	uint64_t sequence = lsn_sequence(log, restart->current);

	if (!visited)
		return error_failed(err, ENOMEM, "out of memory");
	if (index < log->first || index >= log->count)
		return journal_refuse(err,
				      "the NTFS journal names an end that is not in it (LSN "
				      "0x%" PRIx64 ")",
				      restart->current);
	for (uint32_t i = (uint32_t)index; !visited[i];) {
		const uint8_t *page = journal_log_page(log, i);

		if (!page || !page_belongs(log, page, i, sequence))
			break;
		visited[i] = 1;
		if (get_le32(page + PAGE_FLAGS) & PAGE_RECORD_ENDS)
			log->end = max_u64(log->end, get_le64(page + PAGE_END_LSN));
		i = i + 1 < log->count ? i + 1 : log->first;
		sequence += i == log->first;
	}
	if (log->end < restart->current)
		return journal_refuse(err,
				      "the end of the NTFS journal is not found: its page for "
				      "LSN 0x%" PRIx64 " is torn or old",
				      restart->current);
	return check_behind(log, visited, err);
}

static int read_log(const struct journal_volume *volume, uint64_t size, struct journal_log *log,
		    struct error *err)
{
	log->pages = malloc(size);
	log->state = calloc(log->count, 1);
	log->is_newer = calloc(log->count, 1);
	if (!log->pages || !log->state || !log->is_newer)
		return error_failed(err, ENOMEM, "out of memory");
	return journal_volume_read(volume, &volume->log, log->pages, size, 0, err);
}

int journal_log_open(const struct journal_volume *volume, const struct journal_restart *restart,
		     struct journal_log *ret, struct error *err)
{
	int r;

	*ret = (struct journal_log){
		.count = (uint32_t)(restart->file_size / LOG_PAGE),
		.first = restart->major == 2 ? LOG_FIRST_2 : LOG_FIRST_1,
		.offset_bits = restart->offset_bits,
	};
	if (restart->file_size > JOURNAL_MAX_LOG)
		return journal_refuse(err,
				      "the NTFS journal has %" PRIu64
				      " MiB, more than the 64 that are replayed",
				      restart->file_size / MIB);
	r = read_log(volume, restart->file_size, ret, err);
	if (r < 0)
		return r;
	if (restart->major == 2)
		lay_fast_over(ret);
	else
		lay_tails_over(ret);
	return find_end(ret, restart, err);
}

void journal_log_done(struct journal_log *log)
{
	free(log->pages);
	free(log->state);
	free(log->is_newer);
	free(log->scratch);
	*log = (struct journal_log){.pages = NULL};
}
