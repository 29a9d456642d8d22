/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real logs without their volumes: what their restart pages say, where they end, and that every record
 * from the last checkpoint on is found. Those that were in use are cut short: FF stands for the rest. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "convert/ntfs/journal/internal.h"
#include "tests/support/memory_disk.h"

#define CLUSTER 4096

struct sample {
	const char *name;
	uint64_t size; /* of the whole log */
	enum journal_state state;
	unsigned int major, minor;
	uint64_t restart, end; /* LSNs; 0 where the log is closed */
};

static const struct sample samples[] = {
	{"LogFile_7", 0x1678000, JOURNAL_CLOSED, 1, 1, 0, 0},
	{"LogFile_10_downgraded", 0x8a0000, JOURNAL_CLOSED, 1, 1, 0, 0},
	{"LogFile_10", 0x8a0000, JOURNAL_OPEN, 2, 0, 0x806158, 0x806158},
};

/* Decompress a sample to the start of 'bytes'; false when it is not there. */
static bool load_sample(const char *name, uint8_t *bytes, size_t size)
{
	char command[512];
	FILE *pipe;
	size_t got;

	snprintf(command, sizeof(command), "%s/ntfs-journal/%s.bin.xz", SHARED_DATA, name);
	if (access(command, R_OK) < 0)
		return false;
	snprintf(command, sizeof(command), "xz -dc '%s/ntfs-journal/%s.bin.xz'", SHARED_DATA, name);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	got = fread(bytes, 1, size, pipe);
	pclose(pipe);
	return got > 0;
}

static void follow(struct journal_log *log, uint64_t from)
{
	struct journal_record record = {.next = from};
	struct error err = ERROR_INIT;

	while (record.next <= log->end)
		cr_assert_eq(journal_log_read(log, record.next, &record, &err), 0, "%s",
			     err.message);
	cr_assert_eq(record.lsn, log->end);
}

static void check_sample(const struct sample *sample, struct memory_disk *memory)
{
	struct journal_run run = {.vcn = 0, .lcn = 0, .count = sample->size / CLUSTER};
	const struct journal_volume volume = {.disk = &memory->disk,
					      .cluster = CLUSTER,
					      .clusters = run.count,
					      .log = {.list = &run, .count = 1},
					      .log_size = sample->size};
	struct journal_restart restart;
	struct journal_log log;
	struct error err = ERROR_INIT;

	cr_assert_eq(journal_restart_read(&volume, &restart, &err), 0, "%s", err.message);
	cr_assert_eq(restart.state, sample->state, "%s", sample->name);
	cr_assert_eq(restart.major, sample->major);
	cr_assert_eq(restart.minor, sample->minor);
	if (sample->state != JOURNAL_OPEN)
		return;
	cr_assert_eq(restart.restart, sample->restart);
	cr_assert_eq(journal_log_open(&volume, &restart, &log, &err), 0, "%s", err.message);
	cr_assert_eq(log.end, sample->end, "0x%lx", (unsigned long)log.end);
	follow(&log, sample->restart);
	journal_log_done(&log);
}

Test(journal_log, reads_real_logs)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct memory_disk memory;

		memory_disk_init(&memory, malloc(samples[i].size), samples[i].size);
		memset(memory.bytes, 0xff, samples[i].size);
		if (load_sample(samples[i].name, memory.bytes, samples[i].size))
			check_sample(&samples[i], &memory);
		free(memory.bytes);
	}
}

Test(journal_log, protection_is_taken_off_and_put_on)
{
	uint8_t block[1024] = "FILE", before[1024];

	put_le16(block + BLOCK_USA_OFFSET, 0x30);
	put_le16(block + BLOCK_USA_COUNT, 3);
	put_le16(block + 0x30, 0xfffe);
	memset(block + 0x40, 0x5a, sizeof(block) - 0x40);
	memcpy(before, block, sizeof(block));
	journal_fixups_put(block, sizeof(block));
	cr_assert_eq(get_le16(block + 0x30), 1, "0xffff and 0 are no numbers");
	cr_assert_eq(get_le16(block + 510), 1);
	block[1022] ^= 1;
	cr_assert_not(journal_fixups_take(block, sizeof(block)), "torn");
	block[1022] ^= 1;
	cr_assert(journal_fixups_take(block, sizeof(block)));
	cr_assert_arr_eq(block + 0x38, before + 0x38, sizeof(block) - 0x38);
	put_le16(block + BLOCK_USA_OFFSET, 1020);
	cr_assert_not(journal_fixups_take(block, sizeof(block)), "an array that is not within it");
}

/* Runs that leave the volume, have no end, or do not fit their clusters. */
Test(journal_log, runs_are_bounded)
{
	uint8_t attribute[0x50] = {0};
	struct journal_runs runs = {.list = NULL};

	put_le32(attribute + ATTR_LENGTH, sizeof(attribute));
	put_le16(attribute + ATTR_PAIRS, 0x40);
	put_le64(attribute + ATTR_HIGHEST, 0x1f);
	memcpy(attribute + 0x40, "\x11\x10\x20\x11\x10\xf0\x00", 7);
	cr_assert_eq(journal_runs_add(&runs, attribute, 0x30), 0);
	cr_assert_eq(journal_runs_find(&runs, 0x0f), 0x2f);
	cr_assert_eq(journal_runs_find(&runs, 0x10), 0x10);
	cr_assert_eq(journal_runs_find(&runs, 0x20), JOURNAL_HOLE);
	journal_runs_done(&runs);
	cr_assert_lt(journal_runs_add(&runs, attribute, 0x2f), 0, "beyond the volume");
	journal_runs_done(&runs);
	attribute[0x45] = 0xd0;
	cr_assert_lt(journal_runs_add(&runs, attribute, 0x30), 0, "in front of it");
	journal_runs_done(&runs);
	memset(attribute + 0x46, 0x11, 10);
	cr_assert_lt(journal_runs_add(&runs, attribute, 0x1000), 0, "without end");
	journal_runs_done(&runs);
}

/* A restart page of version 1.1 for a log of 'size' bytes, protected. */
static void make_restart(uint8_t *page, uint64_t size, uint64_t current, bool is_closed)
{
	static const char name[8] = {'N', 0, 'T', 0, 'F', 0, 'S', 0};
	uint8_t *area = page + 0x30, *client = area + 0x40;

	memset(page, 0, LOG_PAGE);
	memcpy(page, "RSTR", 4);
	put_le16(page + BLOCK_USA_OFFSET, 0x1e);
	put_le16(page + BLOCK_USA_COUNT, 9);
	put_le32(page + RESTART_SYSTEM_PAGE, LOG_PAGE);
	put_le32(page + RESTART_LOG_PAGE, LOG_PAGE);
	put_le16(page + RESTART_AREA, 0x30);
	put_le16(page + RESTART_MAJOR, 1);
	put_le16(page + RESTART_MINOR, 1);
	put_le64(area + AREA_CURRENT, current);
	put_le16(area + AREA_CLIENTS, 1);
	put_le16(area + AREA_IN_USE, is_closed ? AREA_NO_CLIENT : 0);
	put_le32(area + AREA_SEQUENCE_BITS, 67 - (64 - (unsigned int)__builtin_clzll(size)));
	put_le16(area + AREA_CLIENT_ARRAY, 0x40);
	put_le64(area + AREA_FILE_SIZE, size);
	put_le16(area + AREA_RECORD_HEADER, LFS_HEADER);
	put_le16(area + AREA_PAGE_DATA, PAGE_DATA);
	put_le16(client + CLIENT_NEXT, AREA_NO_CLIENT);
	put_le32(client + CLIENT_NAME_LENGTH, sizeof(name));
	memcpy(client + CLIENT_NAME, name, sizeof(name));
	journal_fixups_put(page, LOG_PAGE);
}

#define SMALL_LOG (UINT64_C(512) * LOG_PAGE)

/* A volume that is nothing but a log. */
static struct journal_volume log_volume(struct memory_disk *memory, struct journal_run *run)
{
	*run = (struct journal_run){.vcn = 0, .lcn = 0, .count = SMALL_LOG / CLUSTER};
	return (struct journal_volume){.disk = &memory->disk,
				       .cluster = CLUSTER,
				       .clusters = run->count,
				       .log = {.list = run, .count = 1},
				       .log_size = SMALL_LOG};
}

static int read_restart(struct memory_disk *memory, struct journal_restart *ret, struct error *err)
{
	struct journal_run run;
	const struct journal_volume volume = log_volume(memory, &run);

	return journal_restart_read(&volume, ret, err);
}

/* The other page of a closed one may be newer: what is not known of it is not passed over. */
Test(journal_log, other_page_of_a_closed_one_is_judged)
{
	struct memory_disk memory;
	struct journal_restart restart;
	struct error err = ERROR_INIT;

	memory_disk_init(&memory, calloc(1, SMALL_LOG), SMALL_LOG);
	make_restart(memory.bytes, SMALL_LOG, 0x1000, true);
	make_restart(memory.bytes + LOG_PAGE, SMALL_LOG, 0x900, true);
	cr_assert_eq(read_restart(&memory, &restart, &err), 0, "%s", err.message);
	cr_assert_eq(restart.state, JOURNAL_CLOSED);
	put_le16(memory.bytes + LOG_PAGE + RESTART_MAJOR, 3);
	cr_assert_lt(read_restart(&memory, &restart, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_NTFS_DIRTY);
	memory.bytes[LOG_PAGE + 510] ^= 1;
	cr_assert_eq(read_restart(&memory, &restart, &err), 0, "one that is torn is older");
	free(memory.bytes);
}

/* The whole and valid one counts, whichever it is and whatever stands in the place of the other, but
 * for one of a log that is not known. */
Test(journal_log, valid_page_of_two_counts)
{
	struct memory_disk memory;
	struct journal_restart restart;
	struct error err = ERROR_INIT;

	memory_disk_init(&memory, calloc(1, SMALL_LOG), SMALL_LOG);
	for (size_t good = 0; good < 2; good++) {
		uint8_t *other = memory.bytes + (1 - good) * LOG_PAGE;

		make_restart(memory.bytes + good * LOG_PAGE, SMALL_LOG, 0x1000 + good, false);
		memset(other, 0x5a, LOG_PAGE);
		cr_assert_eq(read_restart(&memory, &restart, &err), 0, "%s", err.message);
		cr_assert_eq(restart.state, JOURNAL_OPEN);
		cr_assert_eq(restart.current, 0x1000 + good);
		make_restart(other, SMALL_LOG, 0x2000, false);
		put_le16(other + RESTART_MAJOR, 3);
		cr_assert_lt(read_restart(&memory, &restart, &err), 0);
	}
	free(memory.bytes);
}

/* What chkdsk has marked is closed and keeps its mark, with and without protection. One that is damaged
 * stays. */
Test(journal_log, void_pages_are_closed)
{
	struct memory_disk memory;
	struct journal_run run;
	struct journal_volume volume;
	struct journal_restart restart;
	struct error err = ERROR_INIT;
	uint8_t page[LOG_PAGE], *second;

	memory_disk_init(&memory, calloc(1, SMALL_LOG), SMALL_LOG);
	volume = log_volume(&memory, &run);
	second = memory.bytes + LOG_PAGE;
	make_restart(memory.bytes, SMALL_LOG, 0x1000, false);
	make_restart(second, SMALL_LOG, 0x1000, false);
	memcpy(memory.bytes, "CHKD", 4);
	memcpy(second, "CHKD", 4);
	put_le16(second + BLOCK_USA_COUNT, 0);
	cr_assert_eq(read_restart(&memory, &restart, &err), 0, "%s", err.message);
	cr_assert_eq(restart.state, JOURNAL_VOID);
	cr_assert_eq(journal_close_void(&volume, &err), 0, "%s", err.message);
	memcpy(page, memory.bytes, sizeof(page));
	cr_assert(journal_fixups_take(page, sizeof(page)));
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *area = (i ? second : page) + 0x30;

		cr_assert_eq(memcmp(memory.bytes + i * LOG_PAGE, "CHKD", 4), 0);
		cr_assert_eq(get_le16(area + AREA_IN_USE), AREA_NO_CLIENT);
		cr_assert_eq(get_le16(area + AREA_FLAGS), AREA_CLEAN);
	}
	put_le16(second + 0x30 + AREA_IN_USE, 0);
	put_le16(second + 0x30 + AREA_FLAGS, 0);
	put_le16(second + RESTART_AREA, 0x1f8);
	memcpy(page, second, sizeof(page));
	cr_assert_eq(journal_close_void(&volume, &err), 0, "%s", err.message);
	cr_assert_arr_eq(second, page, sizeof(page), "its area is not within it");
	free(memory.bytes);
}

/* Keys that all meet in the table of pages end soon, those that do not are all found. */
Test(journal_log, table_of_pages_is_bounded)
{
	struct journal_tables tables;
	struct journal_page *page;
	struct error err = ERROR_INIT;

	cr_assert_eq(journal_tables_init(&tables, 1, CLUSTER, &err), 0);
	for (uint64_t vcn = 0; vcn < 20000; vcn++)
		cr_assert_eq(journal_page_make(&tables, 0x18, vcn, 1, &page, &err), 0, "%s",
			     err.message);
	for (uint64_t vcn = 0; vcn < 20000; vcn++)
		cr_assert_not_null(journal_page_find(&tables, 0x18, vcn));
	cr_assert_null(journal_page_find(&tables, 0x18, 20000));
	journal_tables_done(&tables);
}
