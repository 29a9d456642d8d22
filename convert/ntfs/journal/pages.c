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

/* Pages are read by chunks of this many, when one of them is asked for: of a log of 64 MiB recovery
 * needs some hundred, and what is not touched takes no memory. */
#define CHUNK 16

static uint8_t *page_at(const struct journal_log *log, uint32_t index)
{
	return log->pages + (size_t)index * LOG_PAGE;
}

/* The chunk that begins with page 'first'. */
static int read_chunk(const struct journal_log *log, uint32_t first, uint8_t *to, struct error *err)
{
	return journal_volume_read(log->volume, &log->volume->log, to,
				   min_u64(CHUNK, log->count - first) * LOG_PAGE,
				   (uint64_t)first * LOG_PAGE, err);
}

int journal_log_page(struct journal_log *log, uint32_t index, uint8_t **ret, struct error *err)
{
	uint8_t *page = page_at(log, index);
	uint32_t chunk = index / CHUNK;
	int r = 0;

	*ret = NULL;
	if (!log->is_read[chunk])
		r = read_chunk(log, chunk * CHUNK, page_at(log, chunk * CHUNK), err);
	if (r < 0)
		return r;
	log->is_read[chunk] = 1;
	if (log->state[index] == PAGE_UNSEEN) {
		log->state[index] = PAGE_TORN;
		if (memcmp(page, "RCRD", 4) == 0 && journal_fixups_take(page, LOG_PAGE))
			log->state[index] = PAGE_GOOD;
	}
	if (log->state[index] == PAGE_GOOD)
		*ret = page;
	return 0;
}

/* The turn of the ring in which a page was written: its last record may begin before the wrap. */
static uint64_t page_sequence(const struct journal_log *log, const uint8_t *page, uint32_t index)
{
	uint64_t lsn = get_le64(page + PAGE_LSN);

	return lsn_sequence(log, lsn) +
	       (journal_lsn_offset(log, lsn) >= ((uint64_t)index + 1) * LOG_PAGE);
}

/* Put a copy of a page into its place if it is newer than what is there. */
static int lay_over(struct journal_log *log, const uint8_t *copy, uint32_t target,
		    struct error *err)
{
	uint64_t lsn = get_le64(copy + PAGE_LSN), end = get_le64(copy + PAGE_END_LSN);
	uint8_t *there;
	int r = journal_log_page(log, target, &there, err);

	if (r < 0 || (there && (get_le64(there + PAGE_LSN) > lsn ||
				(get_le64(there + PAGE_LSN) == lsn &&
				 get_le64(there + PAGE_END_LSN) >= end))))
		return r;
	memcpy(page_at(log, target), copy, LOG_PAGE);
	log->state[target] = PAGE_GOOD;
	log->is_newer[target] = 1;
	return 0;
}

/* The page that a copy stands for; 0 when that cannot be. */
static uint32_t copy_target(const struct journal_log *log, uint64_t offset)
{
	if (offset % LOG_PAGE || offset / LOG_PAGE < log->first || offset / LOG_PAGE >= log->count)
		return 0;
	return (uint32_t)(offset / LOG_PAGE);
}

/* A tail copy with its target; 0 where it stands for no page. */
static int read_tail(struct journal_log *log, uint32_t index, uint8_t **ret, uint32_t *ret_target,
		     struct error *err)
{
	uint64_t lsn;
	int r = journal_log_page(log, index, ret, err);

	*ret_target = *ret ? copy_target(log, get_le64(*ret + PAGE_TAIL_TARGET)) : 0;
	if (*ret_target == 0)
		return r;
	/* What stands in its own place names its last record here. */
	lsn = get_le64(*ret + PAGE_END_LSN);
	put_le64(*ret + PAGE_LSN, lsn);
	if (page_sequence(log, *ret, *ret_target) != lsn_sequence(log, lsn) ||
	    journal_lsn_offset(log, lsn) < (uint64_t)log->first * LOG_PAGE)
		*ret_target = 0;
	return 0;
}

/* Log 1.1. The older one of the two first: they may be for one page. */
static int lay_tails_over(struct journal_log *log, struct error *err)
{
	uint8_t *tails[2] = {NULL, NULL};
	uint32_t targets[2] = {0, 0}, older = 0;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < 2; i++)
		r = read_tail(log, LOG_TAIL + i, &tails[i], &targets[i], err);
	if (targets[0] && targets[1])
		older = get_le64(tails[0] + PAGE_LSN) >= get_le64(tails[1] + PAGE_LSN);
	for (uint32_t i = 0; r == 0 && i < 2; i++, older = !older)
		if (targets[older])
			r = lay_over(log, tails[older], targets[older], err);
	return r;
}

struct fast_page {
	uint8_t *page;
	uint32_t target;
	uint64_t sequence, implied; /* LSN of its first byte */
};

static int read_fast(struct journal_log *log, uint32_t index, struct fast_page *ret,
		     struct error *err)
{
	int r;

	*ret = (struct fast_page){.page = NULL};
	r = journal_log_page(log, index, &ret->page, err);
	if (ret->page)
		ret->target = copy_target(log, get_le32(ret->page + PAGE_FAST_TARGET));
	if (!ret->target) {
		ret->page = NULL;
		return r;
	}
	ret->sequence = page_sequence(log, ret->page, ret->target);
	ret->implied = ret->sequence << log->offset_bits | (uint64_t)ret->target * LOG_PAGE / 8;
	return 0;
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
static int lay_fast_over(struct journal_log *log, struct error *err)
{
	struct fast_page before = {.page = NULL};
	int r = 0;

	for (uint32_t slot = 0; r == 0 && slot < LOG_FAST_SLOTS; slot++) {
		struct fast_page a, b;
		const struct fast_page *later;

		r = read_fast(log, LOG_FAST + slot, &a, err);
		if (r == 0)
			r = read_fast(log, LOG_FAST + LOG_FAST_SLOTS + slot, &b, err);
		if (r < 0)
			break;
		later = is_later(&a, &b) ? &a : &b;
		if (!later->page || (before.page && !follows(log, later, &before)))
			break;
		r = lay_over(log, later->page, later->target, err);
		before = *later;
	}
	return r;
}

static bool page_belongs(const struct journal_log *log, const uint8_t *page, uint32_t index,
			 uint64_t sequence)
{
	uint16_t count = get_le16(page + PAGE_COUNT), position = get_le16(page + PAGE_POSITION);

	return page_sequence(log, page, index) == sequence && position >= 1 && position <= count;
}

/* Is a page, which may be protected still, newer than the end? */
static int check_page_behind(struct journal_log *log, uint32_t index, const uint8_t *bytes,
			     struct error *err)
{
	uint8_t *page;
	int r;

	if (memcmp(bytes, "RCRD", 4) != 0 || get_le64(bytes + PAGE_LSN) <= log->end)
		return 0;
	r = journal_log_page(log, index, &page, err);
	if (r < 0 || !page)
		return r;
	return journal_refuse(err,
			      "the NTFS journal has a hole: its page at offset %" PRIu64
			      " is newer (LSN 0x%" PRIx64
			      ") than the end that is reached (LSN 0x%" PRIx64 ")",
			      (uint64_t)index * LOG_PAGE, get_le64(page + PAGE_LSN), log->end);
}

/* Is there a page that is newer than the end, and to which nothing leads? All of the log is looked
 * at for that, but not kept. */
static int check_behind(struct journal_log *log, const uint8_t *visited, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = malloc((size_t)CHUNK * LOG_PAGE);
	int r = buffer ? 0 : error_failed(err, ENOMEM, "out of memory");

	for (uint32_t first = 0; r == 0 && first < log->count; first += CHUNK) {
		const uint8_t *from = buffer;

		if (log->is_read[first / CHUNK])
			from = page_at(log, first);
		else
			r = read_chunk(log, first, buffer, err);
		for (uint32_t i = (uint32_t)max_u64(first, log->first);
		     r == 0 && i < first + CHUNK && i < log->count; i++)
			if (!visited[i])
				r = check_page_behind(log, i, from + (size_t)(i - first) * LOG_PAGE,
						      err);
	}
	return r;
}

static int find_end(struct journal_log *log, const struct journal_restart *restart,
		    struct error *err)
{
	CLEANUP_FREE uint8_t *visited = calloc(log->count, 1);
	uint64_t index = journal_lsn_offset(log, restart->current) / LOG_PAGE;
	uint64_t sequence = lsn_sequence(log, restart->current);
	int r = 0;

	if (!visited)
		return error_failed(err, ENOMEM, "out of memory");
	if (index < log->first || index >= log->count)
		return journal_refuse(err,
				      "the NTFS journal names an end that is not in it (LSN "
				      "0x%" PRIx64 ")",
				      restart->current);
	for (uint32_t i = (uint32_t)index; !visited[i];) {
		uint8_t *page;

		r = journal_log_page(log, i, &page, err);
		if (r < 0)
			return r;
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

static int make_room(struct journal_log *log, struct error *err)
{
	log->pages = malloc((size_t)log->count * LOG_PAGE);
	log->is_read = calloc(log->count / CHUNK + 1, 1);
	log->state = calloc(log->count, 1);
	log->is_newer = calloc(log->count, 1);
	return log->pages && log->is_read && log->state && log->is_newer
		       ? 0
		       : error_failed(err, ENOMEM, "out of memory");
}

int journal_log_open(const struct journal_volume *volume, const struct journal_restart *restart,
		     struct journal_log *ret, struct error *err)
{
	int r;

	*ret = (struct journal_log){
		.volume = volume,
		.count = (uint32_t)(restart->file_size / LOG_PAGE),
		.first = restart->major == 2 ? LOG_FIRST_2 : LOG_FIRST_1,
		.offset_bits = restart->offset_bits,
	};
	if (restart->file_size > JOURNAL_MAX_LOG)
		return journal_refuse(err,
				      "the NTFS journal has %" PRIu64
				      " MiB, more than the 64 that are replayed",
				      restart->file_size / MIB);
	r = make_room(ret, err);
	if (r == 0)
		r = restart->major == 2 ? lay_fast_over(ret, err) : lay_tails_over(ret, err);
	return r < 0 ? r : find_end(ret, restart, err);
}

void journal_log_done(struct journal_log *log)
{
	free(log->pages);
	free(log->is_read);
	free(log->state);
	free(log->is_newer);
	free(log->scratch);
	*log = (struct journal_log){.pages = NULL};
}
