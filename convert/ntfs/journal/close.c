/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Close the log after it has been replayed. Its newest pages go to their places in the ring, then
 * both restart pages say: version 1.1, no client, clean, and where the last record is. The next one
 * to open the log starts behind it, so that LSNs keep growing; after an emptied log every block of
 * the volume would carry one from the future.
 */
#include "convert/ntfs/journal/internal.h"

static int write_page(struct journal *journal, uint32_t index, const uint8_t *page,
		      struct error *err)
{
	return journal_volume_write(&journal->volume, &journal->volume.log, page, LOG_PAGE,
				    (uint64_t)index * LOG_PAGE, err);
}

static int write_newer_pages(struct journal *journal, struct error *err)
{
	struct journal_log *log = &journal->log;
	int r = 0;

	for (uint32_t i = log->first; r == 0 && i < log->count; i++) {
		uint8_t page[LOG_PAGE];

		if (!log->is_newer[i])
			continue;
		memcpy(page, log->pages + (size_t)i * LOG_PAGE, LOG_PAGE);
		if (log->first == LOG_FIRST_2)
			put_le32(page + PAGE_FAST_TARGET, 0);
		journal_fixups_put(page, LOG_PAGE);
		r = write_page(journal, i, page, err);
	}
	return r;
}

/* Log 1.1 has its tail pages where log 2.0 has fast pages. Unused ones are all FF. */
static int clear_tail_pages(struct journal *journal, struct error *err)
{
	uint8_t page[LOG_PAGE];
	int r = 0;

	memset(page, 0xff, sizeof(page));
	for (uint32_t i = 0; r == 0 && i < 2; i++)
		r = write_page(journal, LOG_TAIL + i, page, err);
	return r;
}

/* What readers of all kinds go by. */
static void mark_closed(uint8_t *page)
{
	uint8_t *area = page + get_le16(page + RESTART_AREA);

	put_le16(page + RESTART_MAJOR, 1);
	put_le16(page + RESTART_MINOR, 1);
	put_le16(area + AREA_IN_USE, AREA_NO_CLIENT);
	put_le16(area + AREA_FLAGS, AREA_CLEAN);
}

static void close_page(const struct journal *journal, uint8_t *page)
{
	uint8_t *area = page + get_le16(page + RESTART_AREA);
	uint8_t *client = area + get_le16(area + AREA_CLIENT_ARRAY);

	mark_closed(page);
	put_le64(area + AREA_CURRENT, journal->log.end);
	put_le16(area + AREA_FREE, 0);
	put_le32(area + AREA_LAST_LENGTH, journal->log.end_length);
	put_le32(area + AREA_OPEN_COUNT, get_le32(area + AREA_OPEN_COUNT) + 1);
	put_le64(client + CLIENT_OLDEST, 0);
	put_le64(client + CLIENT_RESTART, 0);
	put_le16(client + CLIENT_PREVIOUS, AREA_NO_CLIENT);
	put_le16(client + CLIENT_NEXT, AREA_NO_CLIENT);
}

int journal_close(struct journal *journal, struct error *err)
{
	uint8_t page[LOG_PAGE];
	int r = write_newer_pages(journal, err);

	if (r == 0)
		r = clear_tail_pages(journal, err);
	memcpy(page, journal->restart.page, sizeof(page));
	close_page(journal, page);
	journal_fixups_put(page, LOG_PAGE);
	if (r == 0)
		r = write_page(journal, 0, page, err);
	return r < 0 ? r : write_page(journal, 1, page, err);
}

static bool is_marked_closed(const uint8_t *page)
{
	const uint8_t *area = page + get_le16(page + RESTART_AREA);

	return get_le16(page + RESTART_MAJOR) == 1 &&
	       (get_le16(area + AREA_IN_USE) == AREA_NO_CLIENT ||
		(get_le16(area + AREA_FLAGS) & AREA_CLEAN));
}

/* chkdsk may leave its pages without protection: an array of no numbers. */
static int close_void_page(const struct journal_volume *volume, uint32_t index, struct error *err)
{
	uint8_t page[LOG_PAGE];
	uint32_t at;
	bool is_protected;
	int r = journal_volume_read(volume, &volume->log, page, LOG_PAGE,
				    (uint64_t)index * LOG_PAGE, err);

	if (r < 0 || memcmp(page, "CHKD", 4) != 0)
		return r;
	is_protected = get_le16(page + BLOCK_USA_COUNT) != 0;
	at = get_le16(page + RESTART_AREA);
	if (at % 8 || at < 0x20 || at + AREA_SIZE > BLOCK_STRIDE - 2 ||
	    (is_protected && !journal_fixups_take(page, LOG_PAGE)) || is_marked_closed(page))
		return 0;
	mark_closed(page);
	if (is_protected)
		journal_fixups_put(page, LOG_PAGE);
	return journal_volume_write(volume, &volume->log, page, LOG_PAGE,
				    (uint64_t)index * LOG_PAGE, err);
}

int journal_close_void(const struct journal_volume *volume, struct error *err)
{
	int r = close_void_page(volume, 0, err);

	return r < 0 ? r : close_void_page(volume, 1, err);
}
