/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damaged, truncated and absurd disks through the real program. Guest data is hostile: whatever
 * stands there, the program ends by itself with one sentence, in seconds and in little memory. A
 * random failure is repeated with the HVGEN2_SEED that is printed.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "vhd/crc32c.h"
#include "vhd/vhdx_format.h"

#define HVGEN2	BUILD_DIR "/convert/hvgen2"
#define MKVM	BUILD_DIR "/tests/fixtures/mkvm"
#define TIMEOUT 60

/* Sanitizers make the program slow and its memory no measure. */
#ifdef __SANITIZE_ADDRESS__
#define ROUNDS	   12
#define MAX_MEMORY LONG_MAX
#else
#define ROUNDS	   30
#define MAX_MEMORY (256 * 1024)
#endif

#define SECTOR	  512
#define MAX_AREAS 4096

TestSuite(damage, .timeout = 600);

struct area {
	uint64_t offset; /* in the file */
	uint64_t size;
};

/* The sample disk: open for damage, its bytes in memory to find things and to repair them. */
struct sample {
	char folder[64];
	int fd;
	uint8_t *bytes;
	size_t size;
};

static void sample_open(struct sample *sample, const char *name)
{
	CLEANUP_FREE char *output = NULL;

	snprintf(sample->folder, sizeof(sample->folder), "damage-%s", name);
	cr_assert_eq(tool_run(&output,
			      "rm -rf %s && mkdir %s && cd %s && " MKVM
			      " --small --size 1G --block-size 1M vm.vhdx",
			      sample->folder, sample->folder, sample->folder),
		     0, "%s", output);
	cr_assert_eq(chdir(sample->folder), 0);
	sample->fd = open("vm.vhdx", O_RDWR | O_CLOEXEC);
	sample->bytes = file_read("vm.vhdx", &sample->size);
	cr_assert_geq(sample->fd, 0);
}

static void sample_close(struct sample *sample)
{
	close(sample->fd);
	free(sample->bytes);
	cr_assert_eq(chdir(".."), 0);
	tool_run(NULL, "rm -rf %s", sample->folder);
}

#define CLEANUP_SAMPLE CLEANUP(sample_close)

static void damage(struct sample *sample, uint64_t offset, const void *bytes, size_t size)
{
	cr_assert_eq(pwrite(sample->fd, bytes, size, (off_t)offset), (ssize_t)size);
}

static void repair(struct sample *sample, uint64_t offset, size_t size)
{
	damage(sample, offset, sample->bytes + offset, size);
}

/* Exactly one line that is no warning, and it begins with the name of the program. */
static bool is_one_sentence(const char *errors)
{
	size_t lines = 0;

	while (*errors) {
		size_t length = strcspn(errors, "\n");

		if (strncmp(errors, "hvgen2: ", 8) != 0 || errors[length] != '\n')
			return false;
		lines += strncmp(errors, "hvgen2: warning: ", 17) != 0;
		errors += length + 1;
	}
	return lines == 1;
}

/* Damage can be where nobody looks, but it is never a failure of the program. */
#define ANY	"034"
#define REFUSED "34"

/* Run a verb on the disk; 'allowed' lists the exit statuses. 'what' describes the damage. */
static void expect_verb(const char *const *arguments, const char *allowed, const char *what)
{
	struct process_result result;

	process_run(arguments, NULL, TIMEOUT, &result);
	cr_assert_not(result.timed_out, "%s: hangs", what);
	cr_assert_eq(result.signal, 0, "%s: signal %d: %s", what, result.signal, result.errors);
	cr_assert(result.status >= 0 && result.status < 10 && strchr(allowed, '0' + result.status),
		  "%s: status %d: %s", what, result.status, result.errors);
	if (result.status != 0)
		cr_assert(is_one_sentence(result.errors), "%s: status %d: %s", what, result.status,
			  result.errors);
	cr_assert_lt(result.memory_kib, MAX_MEMORY, "%s: %ld KiB of memory", what,
		     result.memory_kib);
	if (getenv("HVGEN2_DAMAGE_LOG"))
		fprintf(stderr, "%s: %d %s", what, result.status,
			result.status ? result.errors : "\n");
}

static void expect(const char *allowed, const char *what)
{
	static const char *const arguments[] = {HVGEN2, "convert", "-n", "-q", "vm.vhdx", NULL};

	expect_verb(arguments, allowed, what);
}

Test(damage, the_sample_is_good)
{
	CLEANUP_SAMPLE struct sample sample;

	sample_open(&sample, "none");
	expect("0", "no damage");
}

Test(damage, truncated_files)
{
	static const char *const inspect[] = {HVGEN2, "inspect", "cut.vhdx", NULL};
	static const char *const convert[] = {HVGEN2, "convert", "-q", "cut.vhdx", NULL};
	static const uint64_t sizes[] = {0,	      1,	  7,
					 8,	      511,	  512,
					 65535,	      65536,	  70000,
					 131072,      196608,	  262144,
					 320 * KIB,   MIB,	  2 * MIB,
					 2 * MIB + 4, 3 * MIB,	  3 * MIB + 100,
					 4 * MIB,     5 * MIB + 1};
	CLEANUP_SAMPLE struct sample sample;

	sample_open(&sample, "cut");
	for (size_t i = 0; i < ARRAY_SIZE(sizes) + 2; i++) {
		uint64_t size = i < ARRAY_SIZE(sizes) ? sizes[i] : sample.size - (i % 2 ? 1 : MIB);
		char what[64];

		snprintf(what, sizeof(what), "truncated to %" PRIu64, size);
		file_write("cut.vhdx", sample.bytes, size);
		expect_verb(inspect, REFUSED, what);
		expect_verb(convert, REFUSED, what);
		cr_assert_neq(access("cut-gen2.vhdx", F_OK), 0, "%s", what);
	}
}

static uint64_t region_offset(const struct sample *sample, struct guid region)
{
	const uint8_t *table = sample->bytes + VHDX_REGIONS_OFFSET(0);

	for (uint32_t i = 0; i < get_le32(table + VHDX_REGIONS_COUNT_AT); i++) {
		const uint8_t *entry =
			table + VHDX_REGIONS_ENTRIES_AT + (size_t)i * VHDX_REGION_SIZE;

		if (memcmp(entry, region.bytes, 16) == 0)
			return get_le64(entry + VHDX_REGION_OFFSET_AT);
	}
	cr_assert_fail("no such region");
	return 0;
}

static uint64_t item_offset(const struct sample *sample, struct guid item)
{
	uint64_t region = region_offset(sample, VHDX_REGION_METADATA);
	const uint8_t *table = sample->bytes + region;

	for (uint32_t i = 0; i < get_le16(table + VHDX_METADATA_COUNT_AT); i++) {
		const uint8_t *entry =
			table + VHDX_METADATA_ENTRIES_AT + (size_t)i * VHDX_ITEM_SIZE;

		if (memcmp(entry, item.bytes, 16) == 0)
			return region + get_le32(entry + VHDX_ITEM_OFFSET_AT);
	}
	cr_assert_fail("no such item");
	return 0;
}

/* Where the first block of the guest's disk stands. */
static uint64_t guest_start(const struct sample *sample)
{
	return VHDX_BAT_OFFSET(get_le64(sample->bytes + region_offset(sample, VHDX_REGION_BAT)));
}

/* Change both copies of a header or region table, their checksums made right. */
static void damage_copies(struct sample *sample, bool regions, size_t at, uint64_t value,
			  size_t size)
{
	size_t length = regions ? VHDX_REGIONS_SIZE : VHDX_HEADER_SIZE;
	CLEANUP_FREE uint8_t *copy = malloc(length);
	uint8_t bytes[8];

	put_le64(bytes, value);
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t offset = regions ? VHDX_REGIONS_OFFSET(i) : VHDX_HEADER_OFFSET(i);

		memcpy(copy, sample->bytes + offset, length);
		memcpy(copy + at, bytes, size);
		put_le32(copy + 4, 0);
		put_le32(copy + 4, crc32c(0, copy, length));
		damage(sample, offset, copy, length);
	}
}

Test(damage, absurd_headers)
{
	static const struct {
		bool regions;
		size_t at, size;
		uint64_t value;
		const char *allowed;
	} cases[] = {
		{false, VHDX_HEADER_VERSION_AT, 2, 7, REFUSED},
		{false, VHDX_HEADER_LOG_VERSION_AT, 2, 9, ANY},
		{false, VHDX_HEADER_LOG_GUID_AT, 8, 5, REFUSED},
		{false, VHDX_HEADER_LOG_LENGTH_AT, 4, 0xffffffff, ANY},
		{false, VHDX_HEADER_LOG_OFFSET_AT, 8, UINT64_MAX, ANY},
		{false, VHDX_HEADER_SEQUENCE_AT, 8, UINT64_MAX, ANY},
		{true, VHDX_REGIONS_COUNT_AT, 4, 0, REFUSED},
		{true, VHDX_REGIONS_COUNT_AT, 4, 1, REFUSED},
		{true, VHDX_REGIONS_COUNT_AT, 4, 2047, ANY},
		{true, VHDX_REGIONS_COUNT_AT, 4, 0xffffffff, REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT, 8, 77, REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT + VHDX_REGION_OFFSET_AT, 8, 0, REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT + VHDX_REGION_OFFSET_AT, 8, 12345, REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT + VHDX_REGION_OFFSET_AT, 8, 3 * MIB, REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT + VHDX_REGION_OFFSET_AT, 8, UINT64_MAX - MIB + 1,
		 REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT + VHDX_REGION_OFFSET_AT, 8, UINT64_C(1) << 62,
		 REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT + VHDX_REGION_LENGTH_AT, 4, 0, REFUSED},
		{true, VHDX_REGIONS_ENTRIES_AT + VHDX_REGION_LENGTH_AT, 4, 0xfff00000, REFUSED},
	};
	CLEANUP_SAMPLE struct sample sample;
	char what[64];

	sample_open(&sample, "headers");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(what, sizeof(what), "%s, case %zu",
			 cases[i].regions ? "regions" : "header", i);
		damage_copies(&sample, cases[i].regions, cases[i].at, cases[i].value,
			      cases[i].size);
		expect(cases[i].allowed, what);
		repair(&sample, VHDX_HEADER_OFFSET(0), 4 * 64 * KIB);
	}
}

/* One value at a place of the file. */
struct patch {
	uint64_t offset;
	size_t size;
	uint64_t value;
	const char *allowed;
};

static void try_patch(struct sample *sample, const struct patch *patch, const char *area)
{
	uint8_t bytes[8];
	char what[96];

	snprintf(what, sizeof(what), "%s, %zu bytes at %" PRIu64 " = %" PRIx64, area, patch->size,
		 patch->offset, patch->value);
	put_le64(bytes, patch->value);
	damage(sample, patch->offset, bytes, patch->size);
	expect(patch->allowed, what);
	repair(sample, patch->offset, patch->size);
}

Test(damage, absurd_metadata)
{
	static const uint64_t block_sizes[] = {0,	1,	   512,	       65536,
					       3 * MIB, 512 * MIB, 0x80000000, 0xffffffff};
	static const uint64_t disk_sizes[] = {
		0, 1, 511, MIB, 64 * TIB + 512, UINT64_MAX, UINT64_MAX - 511, UINT64_C(1) << 63};
	static const uint64_t sector_sizes[] = {0, 1, 513, 1024, 4096, 0xffffffff};
	CLEANUP_SAMPLE struct sample sample;
	uint64_t parameters, size, sector;

	sample_open(&sample, "metadata");
	parameters = item_offset(&sample, VHDX_FILE_PARAMETERS);
	size = item_offset(&sample, VHDX_DISK_SIZE);
	sector = item_offset(&sample, VHDX_LOGICAL_SECTOR);
	for (size_t i = 0; i < ARRAY_SIZE(block_sizes); i++)
		try_patch(&sample, &(struct patch){parameters, 4, block_sizes[i], REFUSED},
			  "block size");
	for (size_t i = 0; i < ARRAY_SIZE(disk_sizes); i++)
		try_patch(&sample, &(struct patch){size, 8, disk_sizes[i], REFUSED}, "disk size");
	try_patch(&sample, &(struct patch){size, 8, 64 * TIB, REFUSED}, "disk size");
	for (size_t i = 0; i < ARRAY_SIZE(sector_sizes); i++)
		try_patch(&sample, &(struct patch){sector, 4, sector_sizes[i], REFUSED},
			  "sector size");
	try_patch(&sample, &(struct patch){parameters + 4, 4, VHDX_HAS_PARENT, REFUSED}, "parent");
}

Test(damage, absurd_block_allocation_table)
{
	CLEANUP_SAMPLE struct sample sample;
	uint64_t bat, first;

	sample_open(&sample, "bat");
	bat = region_offset(&sample, VHDX_REGION_BAT);
	first = get_le64(sample.bytes + bat);
	{
		const struct patch patches[] = {
			{bat, 8, UINT64_MAX, REFUSED},
			{bat, 8, UINT64_MAX - 1, REFUSED},
			{bat, 8, VHDX_FULLY_PRESENT, REFUSED},
			{bat, 8, first | 0xff8, ANY},
			{bat, 8, (first & ~UINT64_C(7)) | 4, REFUSED},
			{bat, 8, (first & ~UINT64_C(7)) | VHDX_PARTIALLY_PRESENT, ANY},
			{bat, 8, (UINT64_C(1) << 62) | VHDX_FULLY_PRESENT, REFUSED},
			{bat, 8, MIB | VHDX_FULLY_PRESENT, REFUSED},
			{bat, 8, VHDX_NOT_PRESENT, REFUSED},
			{bat + 8, 8, first, REFUSED},
			{bat, 8, get_le64(sample.bytes + bat + 8), REFUSED},
		};

		for (size_t i = 0; i < ARRAY_SIZE(patches); i++)
			try_patch(&sample, &patches[i], "BAT");
	}
}

Test(damage, absurd_partition_table)
{
	static const struct {
		size_t at, size;
		uint64_t value;
		const char *allowed;
	} cases[] = {
		{446, 1, 0x55, REFUSED},
		{450, 1, 0x05, REFUSED},
		{450, 1, 0xee, REFUSED},
		{450, 1, 0x42, REFUSED},
		{454, 4, 0, REFUSED},
		{454, 4, 0xffffffff, REFUSED},
		{458, 4, 0xffffffff, REFUSED},
		{470, 4, 2049, REFUSED},
		{470, 4, 0xffffffff, REFUSED},
		{466, 1, 0x0f, REFUSED},
		{510, 2, 0, REFUSED},
		{474, 4, 1, REFUSED},
		{466, 1, 0x83, ANY},
		{462, 8, 0, REFUSED},
		{446, 1, 0, ANY},
	};
	CLEANUP_SAMPLE struct sample sample;

	sample_open(&sample, "mbr");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		try_patch(&sample,
			  &(struct patch){guest_start(&sample) + cases[i].at, cases[i].size,
					  cases[i].value, cases[i].allowed},
			  "MBR");
}

/* Places of the file at multiples of 'step' where 'text' stands at 'at'; each with 'size' bytes. */
static size_t find_areas(const struct sample *sample, size_t step, size_t at, const char *text,
			 uint64_t size, struct area *ret)
{
	size_t length = strlen(text), count = 0;

	for (uint64_t offset = guest_start(sample);
	     offset + step <= sample->size && count < MAX_AREAS; offset += step)
		if (memcmp(sample->bytes + offset + at, text, length) == 0)
			ret[count++] = (struct area){offset, min_u64(size, sample->size - offset)};
	cr_assert_gt(count, 0, "no '%s'", text);
	return count;
}

Test(damage, absurd_ntfs_boot_sectors)
{
	static const struct {
		size_t at, size;
		uint64_t value;
	} cases[] = {
		{11, 2, 0},	     {11, 2, 513},	  {11, 2, 0xffff}, {13, 1, 0},
		{13, 1, 3},	     {13, 1, 0x81},	  {13, 1, 0xff},   {40, 8, 0},
		{40, 8, UINT64_MAX}, {40, 8, 1},	  {48, 8, 0},	   {48, 8, UINT64_MAX},
		{48, 8, 0x7fffffff}, {56, 8, UINT64_MAX}, {64, 1, 0},	   {64, 1, 0x7f},
		{64, 1, 0x80},	     {64, 1, 0xe1},	  {68, 1, 0},	   {68, 1, 0x7f},
		{68, 1, 0x80},	     {510, 2, 0},
	};
	CLEANUP_FREE struct area *areas = calloc(2 * MAX_AREAS, sizeof(*areas));
	CLEANUP_SAMPLE struct sample sample;
	size_t count;

	sample_open(&sample, "boot");
	count = find_areas(&sample, SECTOR, 3, "NTFS    ", SECTOR, areas);
	cr_assert_eq(count, 4, "two volumes, two boot sectors each");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t volume = i % 2 * 2;

		try_patch(&sample,
			  &(struct patch){areas[volume].offset + cases[i].at, cases[i].size,
					  cases[i].value, ANY},
			  "NTFS boot sector");
	}
}

/* What a round changes: at most a sector. Returns how many bytes. */
static size_t mutate(uint8_t *bytes, size_t room, uint64_t *random)
{
	static const size_t sizes[] = {1, 1, 1, 2, 4, 8, SECTOR, SECTOR};
	size_t size = (size_t)min_u64(sizes[random_below(random, ARRAY_SIZE(sizes))], room);

	switch (random_below(random, 4)) {
	case 0:
		memset(bytes, 0, size);
		break;
	case 1:
		memset(bytes, 0xff, size);
		break;
	case 2:
		bytes[0] ^= (uint8_t)(1 << random_below(random, 8));
		break;
	default:
		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)random_next(random);
	}
	return size;
}

/* Random changes of one to three places in random areas. */
static void play_rounds(struct sample *sample, const char *name, const char *allowed,
			const struct area *areas, size_t count)
{
	uint64_t random = random_seed(name);

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t offsets[3] = {0};
		size_t sizes[3], places = 1 + random_below(&random, 3);
		char what[96];

		for (size_t i = 0; i < places; i++) {
			const struct area *area = &areas[random_below(&random, count)];
			uint64_t at = random_below(&random, area->size);
			uint8_t bytes[SECTOR];

			offsets[i] = area->offset + at;
			memcpy(bytes, sample->bytes + offsets[i],
			       min_u64(SECTOR, sample->size - offsets[i]));
			sizes[i] = mutate(bytes, area->size - at, &random);
			damage(sample, offsets[i], bytes, sizes[i]);
		}
		snprintf(what, sizeof(what), "%s, round %d, %zu places, one at %" PRIu64, name,
			 round, places, offsets[0]);
		expect(allowed, what);
		for (size_t i = 0; i < places; i++)
			repair(sample, offsets[i], sizes[i]);
	}
}

Test(damage, random_vhdx)
{
	CLEANUP_SAMPLE struct sample sample;

	sample_open(&sample, "random-vhdx");
	{
		const struct area areas[] = {
			{0, 32},
			{VHDX_HEADER_OFFSET(0), 96},
			{VHDX_HEADER_OFFSET(1), 96},
			{VHDX_REGIONS_OFFSET(0), 96},
			{VHDX_REGIONS_OFFSET(1), 96},
			{region_offset(&sample, VHDX_REGION_METADATA), 300},
			{item_offset(&sample, VHDX_FILE_PARAMETERS), 100},
			{region_offset(&sample, VHDX_REGION_BAT), 4096},
			{region_offset(&sample, VHDX_REGION_BAT), 9000},
		};

		play_rounds(&sample, "random-vhdx", ANY, areas, ARRAY_SIZE(areas));
	}
}

Test(damage, random_partition_tables_and_boot_sectors)
{
	CLEANUP_FREE struct area *areas = calloc(2 * MAX_AREAS, sizeof(*areas));
	CLEANUP_SAMPLE struct sample sample;
	size_t count;

	sample_open(&sample, "random-boot");
	count = find_areas(&sample, SECTOR, 3, "NTFS    ", 90, areas);
	areas[count++] = (struct area){guest_start(&sample) + 440, 72};
	play_rounds(&sample, "random-boot", ANY, areas, count);
}

Test(damage, random_file_records)
{
	CLEANUP_FREE struct area *areas = calloc(2 * MAX_AREAS, sizeof(*areas));
	CLEANUP_SAMPLE struct sample sample;

	sample_open(&sample, "random-mft");
	play_rounds(&sample, "random-mft", ANY, areas,
		    find_areas(&sample, 1024, 0, "FILE", 1024, areas));
}

/* The system files and the folders at the top: what every look-up passes. */
Test(damage, random_system_records)
{
	CLEANUP_FREE struct area *areas = calloc(2 * MAX_AREAS, sizeof(*areas));
	CLEANUP_SAMPLE struct sample sample;
	size_t count;

	sample_open(&sample, "random-system");
	count = find_areas(&sample, 1024, 0, "FILE", 512, areas);
	play_rounds(&sample, "random-system", ANY, areas, count < 12 ? count : 12);
}

Test(damage, random_indexes)
{
	CLEANUP_FREE struct area *areas = calloc(2 * MAX_AREAS, sizeof(*areas));
	CLEANUP_SAMPLE struct sample sample;

	sample_open(&sample, "random-index");
	play_rounds(&sample, "random-index", ANY, areas,
		    find_areas(&sample, 4096, 0, "INDX", 4096, areas));
}

Test(damage, random_hives)
{
	CLEANUP_FREE struct area *areas = calloc(2 * MAX_AREAS, sizeof(*areas));
	CLEANUP_SAMPLE struct sample sample;
	size_t count;

	sample_open(&sample, "random-hive");
	count = find_areas(&sample, 4096, 0, "hbin", 4096, areas);
	count += find_areas(&sample, 4096, 0, "regf", 512, areas + count);
	play_rounds(&sample, "random-hive", ANY, areas, count);
}
