/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two restart pages: which log this is, whether its client has closed it, and where the last
 * checkpoint is. While a volume is in use they are written in turn; the one with the greater current
 * LSN counts.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "convert/ntfs/journal/internal.h"

enum mark { MARK_NONE, MARK_RESTART, MARK_CHECKED, MARK_UNUSED };

struct candidate {
	enum mark mark;
	uint8_t page[LOG_PAGE];
	bool is_torn;
	const char *wrong; /* MARK_NONE: why it does not count; NULL: there is no restart page */
	char text[64];
};

static const uint8_t *area_of(const uint8_t *page)
{
	return page + get_le16(page + RESTART_AREA);
}

static const uint8_t *client_of(const uint8_t *page)
{
	return area_of(page) + get_le16(area_of(page) + AREA_CLIENT_ARRAY);
}

static bool is_closed(const uint8_t *page)
{
	return get_le16(area_of(page) + AREA_IN_USE) == AREA_NO_CLIENT ||
	       (get_le16(area_of(page) + AREA_FLAGS) & AREA_CLEAN);
}

static bool is_version(const uint8_t *page, unsigned int major, unsigned int minor)
{
	return get_le16(page + RESTART_MAJOR) == major && get_le16(page + RESTART_MINOR) == minor;
}

static unsigned int bit_length(uint64_t value)
{
	return value ? 64 - (unsigned int)__builtin_clzll(value) : 0;
}

/* The client record, where there must be one. */
static const char *check_client(const uint8_t *area, uint32_t room)
{
	static const char name[8] = {'N', 0, 'T', 0, 'F', 0, 'S', 0};
	uint32_t array = get_le16(area + AREA_CLIENT_ARRAY);
	const uint8_t *client = area + array;

	if (array < 0x30 || array % 8 || array + CLIENT_SIZE > room)
		return "its client is not within it";
	if (get_le16(area + AREA_IN_USE) == AREA_NO_CLIENT)
		return NULL;
	if (get_le16(area + AREA_CLIENTS) != 1 || get_le16(area + AREA_IN_USE) != 0 ||
	    get_le16(client + CLIENT_NEXT) != AREA_NO_CLIENT)
		return "it has another client than NTFS";
	if (get_le32(client + CLIENT_NAME_LENGTH) != sizeof(name) ||
	    memcmp(client + CLIENT_NAME, name, sizeof(name)) != 0)
		return "its client is not NTFS";
	return NULL;
}

static const char *check_area(const uint8_t *page, uint64_t stream)
{
	uint32_t at = get_le16(page + RESTART_AREA);
	const uint8_t *area = page + at;
	uint64_t size;

	if (at % 8 || at < 0x20 || at + AREA_SIZE > BLOCK_STRIDE - 2)
		return "its restart area is not within it";
	size = get_le64(area + AREA_FILE_SIZE);
	if (size > stream || size % LOG_PAGE || size < (LOG_FIRST_2 + 2) * LOG_PAGE)
		return "the log has a size that cannot be";
	if (get_le32(area + AREA_SEQUENCE_BITS) != 67 - bit_length(size))
		return "its sequence numbers do not fit its size";
	if (get_le16(area + AREA_RECORD_HEADER) != LFS_HEADER ||
	    get_le16(area + AREA_PAGE_DATA) != PAGE_DATA)
		return "its records have headers of another size";
	return check_client(area, LOG_PAGE - at);
}

static const char *check_page(struct candidate *candidate, uint64_t stream)
{
	const uint8_t *page = candidate->page;

	if (get_le32(page + RESTART_SYSTEM_PAGE) != LOG_PAGE ||
	    get_le32(page + RESTART_LOG_PAGE) != LOG_PAGE)
		return "it has pages of another size than 4096 bytes";
	candidate->is_torn = !journal_fixups_take(candidate->page, LOG_PAGE);
	if (candidate->is_torn)
		return "it is torn";
	if (!is_version(page, 1, 1) && !is_version(page, 2, 0)) {
		snprintf(candidate->text, sizeof(candidate->text), "its version is %u.%u",
			 get_le16(page + RESTART_MAJOR), get_le16(page + RESTART_MINOR));
		return candidate->text;
	}
	return check_area(page, stream);
}

static int read_candidate(const struct journal_volume *volume, unsigned int index,
			  struct candidate *ret, struct error *err)
{
	static const uint8_t unused[4] = {0xff, 0xff, 0xff, 0xff};
	int r = journal_volume_read(volume, &volume->log, ret->page, LOG_PAGE,
				    (uint64_t)index * LOG_PAGE, err);

	ret->mark = MARK_NONE;
	ret->is_torn = false;
	ret->wrong = NULL;
	if (r < 0)
		return r;
	if (memcmp(ret->page, unused, sizeof(unused)) == 0) {
		ret->mark = MARK_UNUSED;
	} else if (memcmp(ret->page, "CHKD", 4) == 0) {
		ret->mark = MARK_CHECKED;
	} else if (memcmp(ret->page, "RSTR", 4) == 0) {
		ret->wrong = check_page(ret, volume->log_size);
		ret->mark = ret->wrong ? MARK_NONE : MARK_RESTART;
	}
	return 0;
}

/* Of two that are whole the newer one; of equal ones the one that is not closed. */
static const struct candidate *choose(const struct candidate pages[2])
{
	uint64_t first, second;

	if (pages[0].mark != MARK_RESTART || pages[1].mark != MARK_RESTART)
		return pages[0].mark == MARK_RESTART   ? &pages[0]
		       : pages[1].mark == MARK_RESTART ? &pages[1]
						       : NULL;
	first = get_le64(area_of(pages[0].page) + AREA_CURRENT);
	second = get_le64(area_of(pages[1].page) + AREA_CURRENT);
	if (first == second)
		return is_closed(pages[0].page) ? &pages[1] : &pages[0];
	return first > second ? &pages[0] : &pages[1];
}

static int refuse_pages(const struct candidate pages[2], struct error *err)
{
	const char *wrong = pages[0].wrong ? pages[0].wrong : pages[1].wrong;

	return journal_refuse(err, "the NTFS journal cannot be read: %s",
			      wrong ? wrong : "it does not begin with restart pages");
}

/* Two that do not belong together. */
static int check_pair(const struct candidate pages[2], const struct candidate *chosen,
		      struct error *err)
{
	const struct candidate *other = chosen == &pages[0] ? &pages[1] : &pages[0];

	/* It may be the newer one, of a log that is in use. */
	if (other->wrong && !other->is_torn)
		return refuse_pages(pages, err);
	if (is_closed(chosen->page))
		return 0;
	if (other->mark == MARK_CHECKED)
		return journal_refuse(err, "the NTFS journal cannot be trusted: chkdsk has marked "
					   "one of its restart pages, the other is in use");
	/* One that is torn, or no restart page at all, was being written or is lost, and may have been
	 * the newer one: what comes after it is found from the older one. */
	if (other->mark == MARK_RESTART &&
	    (get_le64(area_of(other->page) + AREA_FILE_SIZE) !=
		     get_le64(area_of(chosen->page) + AREA_FILE_SIZE) ||
	     get_le16(other->page + RESTART_MAJOR) != get_le16(chosen->page + RESTART_MAJOR)))
		return journal_refuse(err, "the NTFS journal cannot be trusted: its two restart "
					   "pages describe different logs");
	return 0;
}

static void fill(const struct candidate *chosen, struct journal_restart *ret)
{
	const uint8_t *area = area_of(chosen->page);

	memcpy(ret->page, chosen->page, LOG_PAGE);
	ret->state = is_closed(chosen->page) ? JOURNAL_CLOSED : JOURNAL_OPEN;
	ret->major = get_le16(chosen->page + RESTART_MAJOR);
	ret->minor = get_le16(chosen->page + RESTART_MINOR);
	ret->current = get_le64(area + AREA_CURRENT);
	ret->restart = get_le64(client_of(chosen->page) + CLIENT_RESTART);
	ret->file_size = get_le64(area + AREA_FILE_SIZE);
	ret->offset_bits = 64 - get_le32(area + AREA_SEQUENCE_BITS);
}

int journal_restart_read(const struct journal_volume *volume, struct journal_restart *ret,
			 struct error *err)
{
	struct candidate pages[2];
	const struct candidate *chosen;
	int r;

	ret->state = JOURNAL_UNKNOWN;
	ret->major = ret->minor = 0;
	if (volume->log_size < 2 * LOG_PAGE)
		return journal_refuse(err,
				      "the NTFS journal cannot be read: it has %" PRIu64 " bytes",
				      volume->log_size);
	for (unsigned int i = 0; i < 2; i++) {
		r = read_candidate(volume, i, &pages[i], err);
		if (r < 0)
			return r;
	}
	chosen = choose(pages);
	if (!chosen && pages[0].mark != MARK_NONE && pages[1].mark != MARK_NONE) {
		ret->state = pages[0].mark == MARK_CHECKED || pages[1].mark == MARK_CHECKED
				     ? JOURNAL_VOID
				     : JOURNAL_EMPTY;
		return 0;
	}
	if (!chosen)
		return refuse_pages(pages, err);
	r = check_pair(pages, chosen, err);
	if (r == 0)
		fill(chosen, ret);
	return r;
}
