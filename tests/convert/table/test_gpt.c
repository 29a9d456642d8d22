/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GUID partition tables: ours read by sgdisk and sfdisk, sgdisk's read by us, damage in every part.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/table/gpt.h"
#include "convert/table/gpt_format.h"
#include "convert/table/mbr.h"
#include "tests/support/scratch.h"

#define DISK_SIZE (64 * MIB)

TestSuite(gpt, .timeout = 60);

struct fixture {
	char path[64];
	struct disk *disk;
	struct gpt *gpt;
};

static void add(struct gpt *gpt, struct guid type, uint64_t first, uint64_t last,
		uint64_t attributes, const char *name)
{
	struct gpt_partition *partition = &gpt->partitions[gpt->count++];
	struct guid space = GPT_TYPE_ESP;

	partition->number = (uint32_t)gpt->count;
	partition->type = type;
	partition->unique = guid_from_name(&space, &gpt->count, sizeof(gpt->count));
	partition->first_lba = first;
	partition->last_lba = last;
	partition->attributes = attributes;
	snprintf(partition->name, sizeof(partition->name), "%s", name);
}

/* The table of a converted disk, scaled down. */
static void fixture_open(struct fixture *fixture, const char *name, uint32_t sector_size)
{
	struct gpt *gpt = calloc(1, sizeof(*gpt));
	uint64_t mib = MIB / sector_size;

	snprintf(fixture->path, sizeof(fixture->path), "gpt-%s.img", name);
	fixture->disk = scratch_new(fixture->path, DISK_SIZE, sector_size);
	fixture->gpt = gpt;
	gpt->sector_size = sector_size;
	gpt->disk_sectors = DISK_SIZE / sector_size;
	gpt->disk_guid = GUID(0x01234567, 0x89ab, 0xcdef, 0x8123, 0x456789abcdef);
	add(gpt, GPT_TYPE_ESP, mib, 9 * mib - 1, 0, "EFI system partition");
	add(gpt, GPT_TYPE_MSR, 9 * mib, 25 * mib - 1, 0, "Microsoft reserved partition");
	add(gpt, GPT_TYPE_RECOVERY, 25 * mib, 30 * mib - 1,
	    GPT_ATTRIBUTE_REQUIRED | GPT_ATTRIBUTE_NO_DRIVE_LETTER, "R\303\251cup\303\251ration");
	add(gpt, GPT_TYPE_BASIC_DATA, 30 * mib, gpt_last_usable(gpt->disk_sectors, sector_size), 0,
	    "\360\237\222\276 disk");
}

static void fixture_close(struct fixture *fixture)
{
	disk_close(fixture->disk);
	free(fixture->gpt);
	remove(fixture->path);
}

#define CLEANUP_FIXTURE CLEANUP(fixture_close)

static void expect_written(struct fixture *fixture)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(gpt_write(fixture->gpt, fixture->disk, &err), 0, "%s", err.message);
}

static void expect_tool(const char *words, const char *command, const char *path)
{
	CLEANUP_FREE char *output = NULL;
	int status = tool_run(&output, "LC_ALL=C.UTF-8 %s %s", command, path);

	cr_assert_eq(status, 0, "%s: %s", command, output);
	cr_assert_not_null(strstr(output, words), "no '%s' from '%s': %s", words, command, output);
}

Test(gpt, geometry)
{
	cr_assert_eq(gpt_first_usable(512), 34);
	cr_assert_eq(gpt_first_usable(4096), 6);
	cr_assert_eq(gpt_last_usable(1000, 512), 1000 - 34);
	cr_assert_eq(gpt_last_usable(1000, 4096), 1000 - 6);
	cr_assert_eq(gpt_last_usable(0, 512), 0);
	cr_assert_eq(gpt_last_usable(34, 512), 0);
}

static void compare(const struct gpt *a, const struct gpt *b)
{
	cr_assert(guid_equal(&a->disk_guid, &b->disk_guid));
	cr_assert_eq(a->disk_sectors, b->disk_sectors);
	cr_assert_eq(a->sector_size, b->sector_size);
	cr_assert_eq(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct gpt_partition *left = &a->partitions[i], *right = &b->partitions[i];

		cr_assert(guid_equal(&left->type, &right->type));
		cr_assert(guid_equal(&left->unique, &right->unique));
		cr_assert_eq(left->first_lba, right->first_lba);
		cr_assert_eq(left->last_lba, right->last_lba);
		cr_assert_eq(left->attributes, right->attributes);
		cr_assert_str_eq(left->name, right->name);
	}
}

static void round_trip(const char *name, uint32_t sector_size)
{
	CLEANUP_FIXTURE struct fixture fixture;
	CLEANUP_FREE struct gpt *back = calloc(1, sizeof(*back));
	struct error err = ERROR_INIT;

	fixture_open(&fixture, name, sector_size);
	expect_written(&fixture);
	cr_assert_eq(gpt_read(fixture.disk, back, &err), 0, "%s", err.message);
	compare(fixture.gpt, back);
}

Test(gpt, round_trip)
{
	round_trip("round", 512);
	round_trip("round4k", 4096);
}

Test(gpt, sgdisk_finds_no_problem)
{
	CLEANUP_FIXTURE struct fixture fixture;

	if (!tool_exists("sgdisk"))
		cr_skip_test("sgdisk is not installed");
	fixture_open(&fixture, "sgdisk", 512);
	expect_written(&fixture);
	expect_tool("No problems found", "sgdisk -v", fixture.path);
	expect_tool("01234567-89AB-CDEF-8123-456789ABCDEF", "sgdisk -p", fixture.path);
	expect_tool("EFI system partition", "sgdisk -i 1", fixture.path);
	expect_tool("Attribute flags: 8000000000000001", "sgdisk -i 3", fixture.path);
}

/* The sector size comes from the medium, so sgdisk needs a hint; fdisk takes it as an option. */
Test(gpt, fdisk_reads_4096_byte_sectors)
{
	CLEANUP_FIXTURE struct fixture fixture;

	if (!tool_exists("fdisk"))
		cr_skip_test("fdisk is not installed");
	fixture_open(&fixture, "fdisk4k", 4096);
	expect_written(&fixture);
	expect_tool("No errors detected", "printf 'v\nq\n' | fdisk -b 4096", fixture.path);
	expect_tool("Disk identifier: 01234567-89AB-CDEF-8123-456789ABCDEF", "fdisk -b 4096 -l",
		    fixture.path);
	expect_tool("256  2303", "fdisk -b 4096 -l -o Start,End", fixture.path);
	expect_tool("Microsoft reserved", "fdisk -b 4096 -l", fixture.path);
}

static uint64_t number_of(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

Test(gpt, sfdisk_agrees)
{
	CLEANUP_FIXTURE struct fixture fixture;
	CLEANUP_FREE char *text = NULL;
	json_t *root, *table, *partition;
	char guid[GUID_TEXT_SIZE];
	size_t index;

	if (!tool_exists("sfdisk"))
		cr_skip_test("sfdisk is not installed");
	fixture_open(&fixture, "sfdisk", 512);
	expect_written(&fixture);
	expect_tool("No errors detected", "sfdisk --verify", fixture.path);
	cr_assert_eq(tool_run(&text, "LC_ALL=C.UTF-8 sfdisk --json %s", fixture.path), 0, "%s",
		     text);
	root = json_loads(text, 0, NULL);
	table = json_object_get(root, "partitiontable");
	cr_assert_eq(number_of(table, "firstlba"), 34);
	cr_assert_eq(number_of(table, "lastlba"), DISK_SIZE / 512 - 34);
	cr_assert_eq(json_array_size(json_object_get(table, "partitions")), fixture.gpt->count);
	json_array_foreach(json_object_get(table, "partitions"), index, partition)
	{
		const struct gpt_partition *mine = &fixture.gpt->partitions[index];

		cr_assert_eq(number_of(partition, "start"), mine->first_lba);
		cr_assert_eq(number_of(partition, "size"), mine->last_lba - mine->first_lba + 1);
		cr_assert_eq(strcasecmp(json_string_value(json_object_get(partition, "uuid")),
					guid_format(&mine->unique, guid)),
			     0);
		cr_assert_eq(strcasecmp(json_string_value(json_object_get(partition, "type")),
					guid_format(&mine->type, guid)),
			     0);
		cr_assert_str_eq(json_string_value(json_object_get(partition, "name")), mine->name);
	}
	json_decref(root);
}

/* What sgdisk writes, we read; entries in use need not be the first ones. */
Test(gpt, table_of_sgdisk)
{
	CLEANUP_FIXTURE struct fixture fixture;
	CLEANUP_FREE struct gpt *gpt = calloc(1, sizeof(*gpt));
	CLEANUP_FREE char *output = NULL;
	struct error err = ERROR_INIT;

	if (!tool_exists("sgdisk"))
		cr_skip_test("sgdisk is not installed");
	fixture_open(&fixture, "foreign", 512);
	cr_assert_eq(
		tool_run(&output,
			 "sgdisk -n 3:2048:+8M -t 3:ef00 -c 3:first -n 128:40960:0 -t 128:0700 "
			 "-A 128:set:63 %s",
			 fixture.path),
		0, "%s", output);
	cr_assert_eq(gpt_read(fixture.disk, gpt, &err), 0, "%s", err.message);
	cr_assert_eq(gpt->count, 2);
	cr_assert_str_eq(gpt->partitions[0].name, "first");
	cr_assert_eq(gpt->partitions[0].last_lba, 2048 + 8 * MIB / 512 - 1);
	cr_assert_eq(gpt->partitions[1].attributes, GPT_ATTRIBUTE_NO_DRIVE_LETTER);
	cr_assert_eq(gpt_check(gpt, &err), 0, "%s", err.message);
}

static struct gpt *expect_primary(const struct fixture *fixture, const char *finding)
{
	CLEANUP_NOTES struct note_list findings = {.texts = NULL};
	struct gpt *gpt = calloc(1, sizeof(*gpt));
	struct error err = ERROR_INIT;

	cr_assert_eq(gpt_read_primary(fixture->disk, gpt, &findings, &err), 0, "%s", err.message);
	cr_assert_eq(findings.count, finding ? 1 : 0);
	if (finding)
		cr_assert_not_null(strstr(findings.texts[0], finding), "%s", findings.texts[0]);
	return gpt;
}

/* A guest lives by the primary copy: what is wrong with the other is known, and no more. */
Test(gpt, primary_of_a_guest)
{
	static const uint8_t junk = 0x5a;
	CLEANUP_FREE struct gpt *whole = NULL, *damaged = NULL, *grown = NULL;
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "primary", 512);
	expect_written(&fixture);
	whole = expect_primary(&fixture, NULL);
	compare(fixture.gpt, whole);
	disk_write(fixture.disk, &junk, 1, DISK_SIZE - 100, NULL);
	damaged = expect_primary(&fixture, NULL);
	disk_write(fixture.disk, &junk, 1, DISK_SIZE - 512 + 20, NULL);
	free(damaged);
	damaged = expect_primary(&fixture, "the new disk has a sound copy");
	compare(fixture.gpt, damaged);
	expect_written(&fixture);
	disk_close(fixture.disk);
	cr_assert_eq(truncate(fixture.path, DISK_SIZE + MIB), 0);
	fixture.disk = scratch_open(fixture.path, 512);
	grown = expect_primary(&fixture, "stands in LBA 131071 and not in the last one");
	cr_assert_eq(grown->disk_sectors, (DISK_SIZE + MIB) / 512);
	cr_assert_eq(grown->count, fixture.gpt->count);
}

Test(gpt, primary_beside_another_table)
{
	static const uint8_t hybrid[16] = {[4] = 0x83, [8] = 0x00, [9] = 0x08, [13] = 0x08};
	CLEANUP_FREE struct gpt *gpt = calloc(1, sizeof(*gpt));
	CLEANUP_NOTES struct note_list findings = {.texts = NULL};
	CLEANUP_FIXTURE struct fixture fixture;
	struct error err = ERROR_INIT;

	fixture_open(&fixture, "hybrid", 512);
	expect_written(&fixture);
	disk_write(fixture.disk, hybrid, sizeof(hybrid), MBR_ENTRIES_OFFSET + 16, NULL);
	cr_assert_lt(gpt_read_primary(fixture.disk, gpt, &findings, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert_not_null(strstr(err.message, "other partitions beside that of type 0xee"));
}

Test(gpt, mbr_reader_sees_a_gpt)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct error err = ERROR_INIT;
	struct mbr mbr;

	fixture_open(&fixture, "protective", 4096);
	expect_written(&fixture);
	cr_assert_lt(mbr_read(fixture.disk, &mbr, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_ALREADY_GPT);
}

/* Nothing but the two areas is written, and all of them but for the boot code: old bytes do not
 * shine through. */
Test(gpt, writes_its_sectors_and_no_others)
{
	CLEANUP_FIXTURE struct fixture fixture, dirty;
	CLEANUP_FREE uint8_t *a = NULL, *b = NULL, *filler = malloc(DISK_SIZE);
	size_t back = (32 + 1) * 512;

	fixture_open(&fixture, "clean", 512);
	fixture_open(&dirty, "dirty", 512);
	memset(filler, 0xcc, DISK_SIZE);
	disk_write(dirty.disk, filler, DISK_SIZE, 0, NULL);
	expect_written(&fixture);
	expect_written(&dirty);
	a = file_read(fixture.path, NULL);
	b = file_read(dirty.path, NULL);
	cr_assert_eq(memcmp(b, filler, MBR_ENTRIES_OFFSET), 0);
	cr_assert_eq(memcmp(a + MBR_ENTRIES_OFFSET, b + MBR_ENTRIES_OFFSET,
			    34 * 512 - MBR_ENTRIES_OFFSET),
		     0);
	cr_assert_eq(memcmp(a + DISK_SIZE - back, b + DISK_SIZE - back, back), 0);
	cr_assert_eq(memcmp(b + 34 * 512, filler, DISK_SIZE - 34 * 512 - back), 0);
}

/* A disk of more than 2 TiB: the protective MBR ends where 32 bits do. */
Test(gpt, large_disk)
{
	CLEANUP_FREE struct gpt *gpt = calloc(1, sizeof(*gpt)), *back = calloc(1, sizeof(*back));
	struct disk *disk = scratch_new("gpt-large.img", 3 * TIB, 512);
	struct error err = ERROR_INIT;
	uint8_t sector[512];

	gpt->sector_size = 512;
	gpt->disk_sectors = 3 * TIB / 512;
	gpt->disk_guid = GPT_TYPE_ESP;
	add(gpt, GPT_TYPE_BASIC_DATA, 2048, gpt_last_usable(gpt->disk_sectors, 512), 0, "");
	cr_assert_eq(gpt_write(gpt, disk, &err), 0, "%s", err.message);
	cr_assert_eq(gpt_read(disk, back, &err), 0, "%s", err.message);
	compare(gpt, back);
	disk_read(disk, sector, sizeof(sector), 0, NULL);
	cr_assert_eq(get_le32(sector + MBR_ENTRIES_OFFSET + MBR_ENTRY_SECTORS), UINT32_MAX);
	if (tool_exists("sgdisk"))
		expect_tool("No problems found", "sgdisk -v", "gpt-large.img");
	disk_close(disk);
	remove("gpt-large.img");
}

static void expect_bad_plan(const struct gpt *gpt, const char *words)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(gpt_check(gpt, &err), -EINVAL, "'%s' was accepted", words);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert_not_null(strstr(err.message, words), "'%s' is not in: %s", words, err.message);
}

#define BREAK(change, words)                                                                       \
	do {                                                                                       \
		struct gpt *saved = malloc(sizeof(*gpt));                                          \
		*saved = *gpt;                                                                     \
		change;                                                                            \
		expect_bad_plan(gpt, words);                                                       \
		*gpt = *saved;                                                                     \
		free(saved);                                                                       \
	} while (0)

Test(gpt, bad_plans)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct gpt *gpt;

	fixture_open(&fixture, "plans", 512);
	gpt = fixture.gpt;
	cr_assert_eq(gpt_check(gpt, NULL), 0);
	BREAK(gpt->sector_size = 520, "520-byte sectors");
	BREAK(gpt->disk_sectors = 60, "too small");
	BREAK(gpt->count = GPT_MAX_PARTITIONS + 1, "129 partitions");
	BREAK(memset(&gpt->disk_guid, 0, 16), "disk has no GUID");
	BREAK(gpt->partitions[0].first_lba = 33, "not within");
	BREAK(gpt->partitions[3].last_lba++, "not within");
	BREAK(gpt->partitions[1].last_lba = gpt->partitions[1].first_lba - 1, "not within");
	BREAK(gpt->partitions[1].first_lba--, "partitions 1 and 2 overlap at sector 18431");
	BREAK(gpt->partitions[3].first_lba = 3000, "overlap");
	BREAK(gpt->partitions[2].unique = gpt->partitions[0].unique, "1 and 3 have the same GUID");
	BREAK(gpt->partitions[2].unique = gpt->disk_guid, "no GUID of its own");
	BREAK(memset(&gpt->partitions[2].type, 0, 16), "partition 3 has no GUID");
	BREAK(strcpy(gpt->partitions[0].name, "0123456789012345678901234567890123456"),
	      "name of partition 1");
	BREAK(strcpy(gpt->partitions[0].name, "\377"), "name of partition 1");
	strcpy(gpt->partitions[0].name, "012345678901234567890123456789012345");
	cr_assert_eq(gpt_check(gpt, NULL), 0, "36 characters fit");
}

Test(gpt, disk_of_another_size)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct error err = ERROR_INIT;

	fixture_open(&fixture, "size", 512);
	fixture.gpt->disk_sectors++;
	cr_assert_eq(gpt_write(fixture.gpt, fixture.disk, &err), -EINVAL);
}

/* Put 'size' bytes into a header and make its CRC right again. */
static void patch_header(struct fixture *fixture, uint64_t lba, size_t at, const void *bytes,
			 size_t size)
{
	uint8_t header[512];

	disk_read(fixture->disk, header, sizeof(header), lba * 512, NULL);
	memcpy(header + at, bytes, size);
	put_le32(header + GPT_HEADER_CRC, 0);
	put_le32(header + GPT_HEADER_CRC, (uint32_t)crc32(0, header, GPT_HEADER_SIZE));
	disk_write(fixture->disk, header, sizeof(header), lba * 512, NULL);
}

static void expect_damage(struct fixture *fixture, const char *words)
{
	CLEANUP_FREE struct gpt *gpt = calloc(1, sizeof(*gpt));
	struct error err = ERROR_INIT;

	cr_assert_lt(gpt_read(fixture->disk, gpt, &err), 0, "'%s' was accepted", words);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_assert_not_null(strstr(err.message, words), "'%s' is not in: %s", words, err.message);
	expect_written(fixture);
}

/* Flip one bit of the disk, expect the words, repair. */
static void expect_flip(struct fixture *fixture, uint64_t offset, const char *words)
{
	uint8_t byte;

	disk_read(fixture->disk, &byte, 1, offset, NULL);
	byte ^= 1;
	disk_write(fixture->disk, &byte, 1, offset, NULL);
	expect_damage(fixture, words);
}

Test(gpt, every_part_is_checked)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t last = (DISK_SIZE / 512 - 1) * 512;

	fixture_open(&fixture, "flips", 512);
	expect_written(&fixture);
	expect_flip(&fixture, MBR_MAGIC_OFFSET, "LBA 0 does not end in 55 AA");
	expect_flip(&fixture, MBR_ENTRIES_OFFSET + MBR_ENTRY_TYPE, "no partition of type 0xee");
	expect_flip(&fixture, MBR_ENTRIES_OFFSET + MBR_ENTRY_START, "protective MBR");
	expect_flip(&fixture, MBR_ENTRIES_OFFSET + MBR_ENTRY_SECTORS + 2, "protective MBR");
	expect_flip(&fixture, 512 + GPT_HEADER_SIGNATURE, "LBA 1 holds no GPT header");
	expect_flip(&fixture, 512 + GPT_HEADER_REVISION, "LBA 1 is of revision");
	expect_flip(&fixture, 512 + GPT_HEADER_HEADER_SIZE + 2, "claims a size of");
	expect_flip(&fixture, 512 + GPT_HEADER_CRC, "LBA 1 has a wrong CRC");
	expect_flip(&fixture, 512 + GPT_HEADER_DISK_GUID, "LBA 1 has a wrong CRC");
	expect_flip(&fixture, 1024 + 200, "array in LBA 2 has a wrong CRC");
	expect_flip(&fixture, last, "LBA 131071 holds no GPT header");
	expect_flip(&fixture, last + GPT_HEADER_DISK_GUID, "LBA 131071 has a wrong CRC");
	expect_flip(&fixture, last - 512, "array in LBA 131039 has a wrong CRC");
}

Test(gpt, absurd_headers)
{
	static const uint8_t ones[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, zeros[8],
			     one[8] = {1};
	static const struct {
		size_t at, size;
		const uint8_t *bytes;
		const char *words;
	} cases[] = {
		{GPT_HEADER_MY_LBA, 8, zeros, "says it is in LBA 0"},
		{GPT_HEADER_OTHER_LBA, 8, ones, "should be 131071"},
		{GPT_HEADER_FIRST_USABLE, 8, ones, "usable"},
		{GPT_HEADER_FIRST_USABLE, 8, one, "array"},
		{GPT_HEADER_LAST_USABLE, 8, ones, "usable"},
		{GPT_HEADER_LAST_USABLE, 8, zeros, "usable"},
		{GPT_HEADER_ARRAY_LBA, 8, ones, "array"},
		{GPT_HEADER_ARRAY_LBA, 8, one, "array"},
		{GPT_HEADER_ENTRIES, 4, ones, "array"},
		{GPT_HEADER_ENTRIES, 4, zeros, "array"},
		{GPT_HEADER_ENTRY_SIZE, 4, ones, "array"},
		{GPT_HEADER_ENTRY_SIZE, 4, one, "array"},
		{GPT_HEADER_ARRAY_CRC, 4, ones, "array in LBA 2 has a wrong CRC"},
		{GPT_HEADER_DISK_GUID, 8, ones, "do not agree"},
	};
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "absurd", 512);
	expect_written(&fixture);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		patch_header(&fixture, 1, cases[i].at, cases[i].bytes, cases[i].size);
		expect_damage(&fixture, cases[i].words);
	}
}

/* Both copies changed alike, with CRCs that fit. */
static void patch_entry(struct fixture *fixture, size_t entry, size_t at, uint64_t value)
{
	CLEANUP_FREE uint8_t *array = malloc(32 * 512);
	uint64_t backup = DISK_SIZE / 512 - 33;
	uint8_t crc[4];

	disk_read(fixture->disk, array, 32 * 512, 1024, NULL);
	put_le64(array + entry * GPT_ENTRY_SIZE + at, value);
	put_le32(crc, (uint32_t)crc32(0, array, 32 * 512));
	disk_write(fixture->disk, array, 32 * 512, 1024, NULL);
	disk_write(fixture->disk, array, 32 * 512, backup * 512, NULL);
	patch_header(fixture, 1, GPT_HEADER_ARRAY_CRC, crc, 4);
	patch_header(fixture, DISK_SIZE / 512 - 1, GPT_HEADER_ARRAY_CRC, crc, 4);
}

Test(gpt, absurd_entries)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "entries", 512);
	expect_written(&fixture);
	patch_entry(&fixture, 0, GPT_ENTRY_FIRST, 33);
	expect_damage(&fixture, "entry 1 from LBA 33");
	patch_entry(&fixture, 0, GPT_ENTRY_FIRST, UINT64_MAX);
	expect_damage(&fixture, "entry 1 from LBA 18446744073709551615");
	patch_entry(&fixture, 0, GPT_ENTRY_LAST, UINT64_MAX);
	expect_damage(&fixture, "entry 1 from LBA");
	patch_entry(&fixture, 0, GPT_ENTRY_LAST, 20000);
	expect_damage(&fixture, "two GPT partitions share LBA 18432");
}

Test(gpt, tiny_disks)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "tiny", 512);
	for (uint64_t sectors = 0; sectors < 70; sectors++) {
		CLEANUP_FREE struct gpt *gpt = calloc(1, sizeof(*gpt));
		struct error err = ERROR_INIT;

		expect_written(&fixture);
		fixture.disk->size = sectors * 512;
		cr_assert_lt(gpt_read(fixture.disk, gpt, &err), 0);
		cr_assert_eq(err.kind, ERROR_DAMAGED);
		fixture.disk->size = DISK_SIZE;
	}
}

Test(gpt, type_texts)
{
	struct guid msr = GPT_TYPE_MSR,
		    other = GUID(0x01234567, 0x89ab, 0xcdef, 0x8123, 0x456789abcdef);
	char buffer[GUID_TEXT_SIZE];

	cr_assert_str_eq(gpt_type_text(&msr, buffer), "Microsoft reserved");
	cr_assert_str_eq(gpt_type_text(&other, buffer), "01234567-89ab-cdef-8123-456789abcdef");
}
