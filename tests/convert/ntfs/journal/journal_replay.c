/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_replay VOLUME OUT
 *
 * Replay the journal of a bare NTFS volume in a file and write the volume to OUT, sparse. Exit
 * status: 0 replayed, or there was nothing to do; 1 I/O; 2 usage; 3 refused; 4 damaged; the reason
 * on standard error. VOLUME is only read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "convert/changes.h"
#include "convert/ntfs/journal/journal.h"
#include "file_disk.h"

/* Twice what the replay writes at most, so that its own limit is met first. */
#define MAX_CHANGES (UINT64_C(128) << 20)

static void print_info(const struct journal_info *info, uint64_t bytes)
{
	printf("journal %s, log %u.%u, client %u.%u\n", journal_state_text(info->state),
	       info->major, info->minor, info->client_major, info->client_minor);
	printf("records %" PRIu64 ", redone %" PRIu64 ", transactions undone %" PRIu64 " (%" PRIu64
	       " changes), bytes written %" PRIu64 "\n",
	       info->records, info->redone, info->transactions, info->undone, bytes);
}

/* How far it was, of the whole log, which neither falls nor goes beyond it. */
struct told {
	uint64_t done, total;
	unsigned int times;
};

static void tell(void *opaque, enum progress_phase phase, uint64_t done, uint64_t total)
{
	struct told *told = opaque;

	if (phase != PROGRESS_JOURNAL || done < told->done || done > total || total != told->total)
		abort();
	told->done = done;
	told->times++;
}

static int replay(const char *volume, const char *out, struct error *err)
{
	CLEANUP_DISK struct disk *source = NULL;
	CLEANUP_DISK struct disk *changed = NULL;
	struct changes_range whole = {.target = 0};
	struct journal_info info = {.log_bytes = 0};
	struct told told = {.done = 0};
	const struct progress progress = {tell, &told};
	struct journal_progress of_log = {.progress = &progress};
	int r = file_disk_open(volume, &source, err);

	if (r < 0)
		return r;
	whole.length = source->size;
	r = changes_open(source, source->size, &whole, 1, MAX_CHANGES, &changed, err);
	if (r == 0)
		r = journal_look(changed, &info, err);
	told.total = of_log.total = info.log_bytes;
	if (r == 0)
		r = journal_replay(changed, &of_log, &info, err);
	if (r == 0)
		r = file_disk_save(changed, out, err);
	if (r == 0)
		print_info(&info, changes_bytes(changed));
	if (r == 0)
		printf("told %u times\n", told.times);
	return r;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;

	if (argc != 3) {
		fprintf(stderr, "usage: journal_replay VOLUME OUT\n");
		return ERROR_USAGE;
	}
	if (replay(argv[1], argv[2], &err) == 0)
		return 0;
	fprintf(stderr, "journal_replay: %s%s\n", err.kind == ERROR_REFUSED ? "refused: " : "",
		err.message);
	return (int)err.kind;
}
