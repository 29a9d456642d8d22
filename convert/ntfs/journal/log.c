/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of the log. They follow each other at multiples of 8. Fewer bytes than a header at the end
 * of a page stay unused; the data run on in the next page, behind its header.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

/* Tables of a checkpoint are the largest: 65535 entries of some 50 bytes. */
#define MAX_RECORD (4 * MIB)

/* A place in the ring. */
struct cursor {
	uint64_t offset, sequence;
};

static uint64_t cursor_lsn(const struct journal_log *log, const struct cursor *at)
{
	return at->sequence << log->offset_bits | at->offset / 8;
}

static uint64_t room_in_page(const struct cursor *at)
{
	return LOG_PAGE - at->offset % LOG_PAGE;
}

/* From anywhere in a page to the first record of the next one. */
static void to_next_page(const struct journal_log *log, struct cursor *at)
{
	uint64_t page = at->offset / LOG_PAGE + 1;

	at->sequence += page == log->count;
	at->offset = (page == log->count ? log->first : page) * LOG_PAGE + PAGE_DATA;
}

static int refuse_record(uint64_t lsn, const char *wrong, struct error *err)
{
	return journal_refuse(err,
			      "the NTFS journal is damaged: the record at LSN 0x%" PRIx64 " %s",
			      lsn, wrong);
}

/* The page at a cursor, which a record that began at 'lsn' passes through. */
static int record_page(struct journal_log *log, const struct cursor *at, uint64_t lsn,
		       const uint8_t **ret, struct error *err)
{
	uint8_t *page;
	int r = journal_log_page(log, (uint32_t)(at->offset / LOG_PAGE), &page, err);

	*ret = page && get_le64(page + PAGE_LSN) >= lsn ? page : NULL;
	return r;
}

static int grow_scratch(struct journal_log *log, uint32_t length, struct error *err)
{
	uint8_t *scratch;

	if (length <= log->scratch_room)
		return 0;
	scratch = realloc(log->scratch, length);
	if (!scratch)
		return error_failed(err, ENOMEM, "out of memory");
	log->scratch = scratch;
	log->scratch_room = length;
	return 0;
}

/* Gather data that do not stand in one page. */
static int gather(struct journal_log *log, struct cursor *at, struct journal_record *record,
		  struct error *err)
{
	uint64_t first = at->offset / LOG_PAGE;
	int r = grow_scratch(log, record->length, err);

	for (uint32_t done = 0; r == 0 && done < record->length;) {
		const uint8_t *page;
		uint32_t now;

		if (done > 0 || at->offset % LOG_PAGE == 0) {
			at->offset -= at->offset % LOG_PAGE == 0; /* back into the page it ends */
			to_next_page(log, at);
		}
		r = record_page(log, at, record->lsn, &page, err);
		if (r < 0)
			return r;
		if (!page || (done > 0 && at->offset / LOG_PAGE == first))
			return refuse_record(record->lsn, "does not go on in the next page", err);
		now = (uint32_t)min_u64(record->length - done, room_in_page(at));
		memcpy(log->scratch + done, page + at->offset % LOG_PAGE, now);
		done += now;
		at->offset += now;
	}
	record->data = log->scratch;
	return r;
}

static int read_data(struct journal_log *log, struct cursor *at, struct journal_record *record,
		     struct error *err)
{
	int r = 0;

	if (at->offset % LOG_PAGE && record->length <= room_in_page(at)) {
		record->data = log->pages + at->offset;
		at->offset += record->length;
	} else {
		r = gather(log, at, record, err);
	}
	if (at->offset % LOG_PAGE == 0 || room_in_page(at) < LFS_HEADER) {
		at->offset -= at->offset % LOG_PAGE == 0;
		to_next_page(log, at);
	}
	record->next = cursor_lsn(log, at);
	return r;
}

static const char *parse_header(const uint8_t *header, struct journal_record *ret)
{
	ret->undo_next = get_le64(header + LFS_UNDO_NEXT);
	ret->length = get_le32(header + LFS_LENGTH);
	ret->type = get_le32(header + LFS_TYPE);
	ret->transaction = get_le32(header + LFS_TRANSACTION);
	ret->flags = get_le16(header + LFS_FLAGS);
	if (get_le64(header + LFS_LSN) != ret->lsn)
		return "is not there";
	if (get_le32(header + LFS_CLIENT) != 0)
		return "belongs to another client";
	if (ret->type != LFS_IS_RECORD && ret->type != LFS_IS_RESTART)
		return "is of an unknown type";
	if (ret->length % 8 || ret->length == 0 || ret->length > MAX_RECORD)
		return "has a length that cannot be";
	return NULL;
}

int journal_log_read(struct journal_log *log, uint64_t lsn, struct journal_record *ret,
		     struct error *err)
{
	struct cursor at = {journal_lsn_offset(log, lsn), lsn >> log->offset_bits};
	const uint8_t *page;
	const char *wrong;
	int r;

	*ret = (struct journal_record){.lsn = lsn};
	if (lsn > log->end || at.offset < (uint64_t)log->first * LOG_PAGE ||
	    at.offset / LOG_PAGE >= log->count || at.offset % LOG_PAGE < PAGE_DATA ||
	    room_in_page(&at) < LFS_HEADER)
		return refuse_record(lsn, "cannot be in it", err);
	r = record_page(log, &at, lsn, &page, err);
	if (r < 0)
		return r;
	if (!page)
		return refuse_record(lsn, "stands in a page that is torn or older", err);
	wrong = parse_header(page + at.offset % LOG_PAGE, ret);
	if (wrong)
		return refuse_record(lsn, wrong, err);
	at.offset += LFS_HEADER;
	return read_data(log, &at, ret, err);
}
