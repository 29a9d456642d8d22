/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_journal VOLUME [RUNS]: replay the journal of a bare NTFS volume in a file into a change set,
 * and print the processor time that it takes (median of RUNS, default 9) and the memory that it
 * needs at most. 'mkjournal --size 16384 VOLUME EXPECTED' makes one with a log of 64 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "common/checked.h"
#include "convert/changes.h"
#include "convert/ntfs/journal/journal.h"
#include "tests/convert/ntfs/journal/file_disk.h"

#define MAX_RUNS 99

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int replay(const char *path, struct journal_info *info, struct error *err)
{
	CLEANUP_DISK struct disk *source = NULL;
	CLEANUP_DISK struct disk *changed = NULL;
	struct changes_range whole = {.target = 0};
	int r = file_disk_open(path, &source, err);

	if (r < 0)
		return r;
	whole.length = source->size;
	r = changes_open(source, source->size, &whole, 1, 192 * MIB, &changed, err);
	return r < 0 ? r : journal_replay(changed, NULL, info, err);
}

static int compare(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

int main(int argc, char **argv)
{
	size_t runs = argc > 2 ? min_u64(strtoul(argv[2], NULL, 10), MAX_RUNS) : 9;
	double times[MAX_RUNS];
	struct journal_info info;
	struct error err = ERROR_INIT;
	struct rusage before, after = {0};
	long memory;

	getrusage(RUSAGE_SELF, &before);
	memory = before.ru_maxrss;
	for (size_t i = 0; i < runs; i++) {
		getrusage(RUSAGE_SELF, &before);
		if (argc < 2 || replay(argv[1], &info, &err) < 0) {
			fprintf(stderr, "bench_journal: %s\n",
				argc < 2 ? "no volume" : err.message);
			return 1;
		}
		getrusage(RUSAGE_SELF, &after);
		times[i] = seconds(after.ru_utime) + seconds(after.ru_stime) -
			   seconds(before.ru_utime) - seconds(before.ru_stime);
	}
	qsort(times, runs, sizeof(*times), compare);
	printf("%llu records: %.3f s (%.3f to %.3f), %ld KiB\n", (unsigned long long)info.records,
	       runs ? times[runs / 2] : 0, runs ? times[0] : 0, runs ? times[runs - 1] : 0,
	       after.ru_maxrss - memory);
	return 0;
}
