/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The replay of NTFS journals. Input: a byte that chooses the sizes of clusters and FILE records, then
 * the first pages of a log, FF behind them, on a small volume. Pages with a mark are protected here,
 * so that an input need not have it right. Whatever the log says, it is replayed or refused; nothing
 * outside of the volume is touched, nor $Boot, nor the log but by closing it.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/convert/ntfs/journal/small_volume.h"
#include "tests/fuzz/fuzz.h"

#define LOG_BYTES  ((size_t)SMALL_VOLUME_LOG_PAGES * LOG_PAGE)
#define BOOT_BYTES 8192

static struct small_volume volume;

static void put_log(uint8_t *log, const uint8_t *data, size_t size)
{
	memcpy(log, data, min_u64(size, LOG_BYTES));
	for (uint8_t *page = log; page < log + LOG_BYTES; page += LOG_PAGE) {
		bool is_restart = memcmp(page, "RSTR", 4) == 0;

		if (!is_restart && memcmp(page, "RCRD", 4) != 0)
			continue;
		put_le16(page + BLOCK_USA_OFFSET, is_restart ? 0x1e : 0x28);
		put_le16(page + BLOCK_USA_COUNT, 9);
		journal_fixups_put(page, LOG_PAGE);
	}
}

/* Closing writes the restart pages, empties two tail pages, and puts those that were newer into
 * their places: at most as many as there are slots. */
static void check_log(const uint8_t *before, const uint8_t *after, bool is_closed)
{
	unsigned int changed = 0;

	for (size_t page = 0; page < SMALL_VOLUME_LOG_PAGES; page++)
		if (memcmp(before + page * LOG_PAGE, after + page * LOG_PAGE, LOG_PAGE) != 0)
			changed += page < 4 ? is_closed ? 0 : 1000 : 1;
	if (changed > (is_closed ? LOG_FAST_SLOTS : 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t log[LOG_BYTES], boot[BOOT_BYTES];
	struct journal_info info;
	struct error err = ERROR_INIT;
	int r;

	if (size == 0)
		return 0;
	small_volume_make(&volume, data[0] % SMALL_VOLUME_GEOMETRIES);
	put_log(small_volume_log(&volume), data + 1, size - 1);
	memcpy(log, small_volume_log(&volume), sizeof(log));
	memcpy(boot, volume.bytes, sizeof(boot));
	r = journal_replay(&volume.memory.disk, NULL, &info, &err);
	if (memcmp(boot, volume.bytes, sizeof(boot)) != 0)
		abort();
	check_log(log, small_volume_log(&volume), r == 0);
	if (r < 0)
		return err.refusal == REFUSAL_NTFS_DIRTY ? 0 : (abort(), 0);
	/* What was replayed is closed. */
	if (journal_look(&volume.memory.disk, &info, &err) < 0 || info.state == JOURNAL_OPEN)
		abort();
	return 0;
}
