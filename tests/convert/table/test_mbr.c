/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MBR tables written by sfdisk and by hand. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/table/mbr.h"
#include "tests/support/scratch.h"

#define DISK_SECTORS 131072

TestSuite(mbr, .timeout = 60);

/* A disk made in the folder of the test program, with an empty but valid table. */
struct fixture {
	char path[64];
	struct disk *disk;
};

static void fixture_open(struct fixture *fixture, const char *name, uint32_t sector_size)
{
	uint8_t magic[2] = {0x55, 0xaa};

	snprintf(fixture->path, sizeof(fixture->path), "mbr-%s.img", name);
	fixture->disk =
		scratch_new(fixture->path, (uint64_t)DISK_SECTORS * sector_size, sector_size);
	disk_write(fixture->disk, magic, 2, MBR_MAGIC_OFFSET, NULL);
}

static void fixture_close(struct fixture *fixture)
{
	disk_close(fixture->disk);
	remove(fixture->path);
}

#define CLEANUP_FIXTURE CLEANUP(fixture_close)

struct row {
	uint8_t status, type;
	uint32_t start, sectors;
};

/* Put an entry into the table in sector 'lba', whose magic is set, too. */
static void put(struct disk *disk, uint64_t lba, unsigned int slot, struct row row)
{
	uint8_t entry[MBR_ENTRY_SIZE] = {0}, magic[2] = {0x55, 0xaa};
	uint64_t base = lba * disk->sector_size;

	entry[MBR_ENTRY_STATUS] = row.status;
	entry[MBR_ENTRY_TYPE] = row.type;
	put_le32(entry + MBR_ENTRY_START, row.start);
	put_le32(entry + MBR_ENTRY_SECTORS, row.sectors);
	disk_write(disk, entry, sizeof(entry), base + MBR_ENTRIES_OFFSET + slot * MBR_ENTRY_SIZE,
		   NULL);
	disk_write(disk, magic, sizeof(magic), base + MBR_MAGIC_OFFSET, NULL);
}

static void expect_refusal(struct disk *disk, enum refusal refusal)
{
	struct error err = ERROR_INIT;
	struct mbr mbr;

	cr_assert_lt(mbr_read(disk, &mbr, &err), 0);
	cr_assert_eq(err.kind, ERROR_REFUSED, "%s", err.message);
	cr_assert_eq(err.refusal, refusal, "%s: %s", refusal_id(err.refusal), err.message);
	cr_assert_neq(err.advice[0], '\0');
}

static void expect_damage(struct disk *disk, const char *words)
{
	struct error err = ERROR_INIT;
	struct mbr mbr = {.count = 77};

	cr_assert_lt(mbr_read(disk, &mbr, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_assert_not_null(strstr(err.message, words), "'%s' is not in: %s", words, err.message);
	cr_assert_eq(mbr.count, 77, "the result is untouched on failure");
}

static void expect_good(struct disk *disk, struct mbr *ret)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(mbr_read(disk, ret, &err), 0, "%s", err.message);
	cr_assert_eq(ret->left_out_count, 0, "%s", ret->left_out[0].problem);
}

/* The entry that the words are about is left out, and 'count' sound partitions remain. */
static const struct mbr_left_out *expect_left_out(struct disk *disk, const char *words,
						  size_t count)
{
	static struct mbr mbr;
	struct error err = ERROR_INIT;

	cr_assert_eq(mbr_read(disk, &mbr, &err), 0, "%s", err.message);
	cr_assert_eq(mbr.count, count, "%zu remain, %s", mbr.count, words);
	for (size_t i = 0; i < mbr.left_out_count; i++)
		if (strstr(mbr.left_out[i].problem, words))
			return &mbr.left_out[i];
	cr_assert_fail("'%s' is not in: %s", words,
		       mbr.left_out_count ? mbr.left_out[0].problem : "nothing");
	return NULL;
}

/* The partition that sfdisk calls 'node', which ends in its number. */
static const struct mbr_partition *find_node(const struct mbr *mbr, const char *node)
{
	size_t length = strlen(node);
	unsigned long number;

	while (length > 0 && node[length - 1] >= '0' && node[length - 1] <= '9')
		length--;
	number = strtoul(node + length, NULL, 10);
	for (size_t i = 0; i < mbr->count; i++)
		if (mbr->partitions[i].number == number)
			return &mbr->partitions[i];
	cr_assert_fail("no partition %lu", number);
	return NULL;
}

static bool is_extended_text(const char *type)
{
	return strcmp(type, "5") == 0 || strcmp(type, "f") == 0 || strcmp(type, "85") == 0;
}

/* Compare with what sfdisk --json says about the same disk. */
static void compare_with_sfdisk(const struct mbr *mbr, const char *path)
{
	CLEANUP_FREE char *text = NULL;
	json_t *root, *partition;
	size_t index, found = 0;

	cr_assert_eq(tool_run(&text, "sfdisk --json %s", path), 0, "%s", text);
	root = json_loads(text, 0, NULL);
	cr_assert_not_null(root, "%s", text);
	json_array_foreach(json_object_get(json_object_get(root, "partitiontable"), "partitions"),
			   index, partition)
	{
		const char *type = json_string_value(json_object_get(partition, "type"));
		const struct mbr_partition *mine;

		if (is_extended_text(type))
			continue;
		mine = find_node(mbr, json_string_value(json_object_get(partition, "node")));
		cr_assert_eq((json_int_t)mine->start_lba,
			     json_integer_value(json_object_get(partition, "start")));
		cr_assert_eq((json_int_t)mine->sectors,
			     json_integer_value(json_object_get(partition, "size")));
		cr_assert_eq(mine->type, strtoul(type, NULL, 16));
		cr_assert_eq(mine->active, json_is_true(json_object_get(partition, "bootable")));
		found++;
	}
	cr_assert_eq(found, mbr->count);
	json_decref(root);
}

/* Tables made by sfdisk: what a Windows disk has, and long chains of logicals. */
static void check_sfdisk_table(const char *name, const char *script, size_t count)
{
	CLEANUP_FIXTURE struct fixture fixture;
	CLEANUP_FREE char *output = NULL;
	struct mbr mbr;

	if (!tool_exists("sfdisk"))
		cr_skip_test("sfdisk is not installed");
	fixture_open(&fixture, name, 512);
	cr_assert_eq(tool_run(&output, "printf '%s' | sfdisk -q %s", script, fixture.path), 0, "%s",
		     output);
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, count);
	cr_assert_eq(mbr.signature, 0xdf4546ae);
	compare_with_sfdisk(&mbr, fixture.path);
	for (size_t i = 1; i < mbr.count; i++)
		cr_assert_gt(mbr.partitions[i].start_lba, mbr.partitions[i - 1].start_lba);
}

#define HEADER "label: dos\\nlabel-id: 0xdf4546ae\\nunit: sectors\\n"
#define WINDOWS                                                                                    \
	HEADER "start=2048,size=8192,type=7,bootable\\nstart=10240,size=60000,type=7\\n"           \
	       "start=71680,size=20000,type=27\\n"

Test(mbr, windows_disk_of_sfdisk)
{
	check_sfdisk_table("windows", WINDOWS, 3);
}

Test(mbr, extended_and_logical_partitions)
{
	check_sfdisk_table("logicals",
			   HEADER "start=2048,size=2048,type=7,bootable\\n"
				  "start=8192,size=120000,type=f\\n"
				  "start=4096,size=4096,type=27\\n\\n"
				  "start=8448,size=1024,type=7\\n"
				  "start=9728,size=1024,type=b\\n"
				  "start=14000,size=50000,type=7\\n"
				  "start=65000,size=500,type=83\\n",
			   6);
}

/* sfdisk has no option for the sector size, fdisk has. */
Test(mbr, logical_partitions_with_4096_byte_sectors)
{
	static const struct mbr_partition wanted[] = {
		{1, 0x07, true, false, 2048, 8192},
		{5, 0x83, false, true, 30000, 1000},
		{6, 0x0b, false, true, 40000, 5000},
	};
	CLEANUP_FIXTURE struct fixture fixture;
	CLEANUP_FREE char *output = NULL;
	struct mbr mbr;

	if (!tool_exists("fdisk"))
		cr_skip_test("fdisk is not installed");
	fixture_open(&fixture, "logicals4k", 4096);
	tool_run(
		&output,
		"printf 'o\nn\np\n1\n2048\n+8191\nt\n7\na\nn\ne\n4\n20480\n+90000\nn\nl\n30000\n+999\n"
		"n\nl\n40000\n+4999\nt\n6\nb\nw\n' | fdisk -b 4096 %s",
		fixture.path);
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, ARRAY_SIZE(wanted), "%s", output);
	for (size_t i = 0; i < mbr.count; i++) {
		cr_assert_eq(mbr.partitions[i].number, wanted[i].number);
		cr_assert_eq(mbr.partitions[i].type, wanted[i].type);
		cr_assert_eq(mbr.partitions[i].active, wanted[i].active);
		cr_assert_eq(mbr.partitions[i].logical, wanted[i].logical);
		cr_assert_eq(mbr.partitions[i].start_lba, wanted[i].start_lba);
		cr_assert_eq(mbr.partitions[i].sectors, wanted[i].sectors);
	}
}

Test(mbr, primaries_are_sorted_and_keep_their_numbers)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "order", 512);
	put(fixture.disk, 0, 1, (struct row){0x00, 0x07, 40000, 1000});
	put(fixture.disk, 0, 3, (struct row){0x80, 0x27, 2048, 1000});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 2);
	cr_assert_eq(mbr.partitions[0].number, 4);
	cr_assert(mbr.partitions[0].active);
	cr_assert_eq(mbr.partitions[1].number, 2);
	cr_assert_not(mbr.partitions[1].active);
}

Test(mbr, entry_without_sectors_is_empty)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "zero", 512);
	put(fixture.disk, 0, 0, (struct row){0x00, 0x07, 2048, 0});
	put(fixture.disk, 0, 1, (struct row){0x00, 0x07, 2048, 1});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 1);
	cr_assert_eq(mbr.partitions[0].number, 2);
}

Test(mbr, last_sector_may_be_used)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "last", 512);
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 1, DISK_SECTORS - 1});
	expect_good(fixture.disk, &mbr);
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 1, DISK_SECTORS});
	expect_damage(fixture.disk, "sectors 1 to 131072");
}

Test(mbr, nothing_to_read)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint8_t zero[2] = {0, 0};

	fixture_open(&fixture, "nothing", 512);
	expect_refusal(fixture.disk, REFUSAL_NO_PARTITION_TABLE); /* no entries */
	disk_write(fixture.disk, zero, 2, MBR_MAGIC_OFFSET, NULL);
	expect_refusal(fixture.disk, REFUSAL_NO_PARTITION_TABLE); /* no 55 AA */
	fixture.disk->size = 512;
	expect_refusal(fixture.disk, REFUSAL_NO_PARTITION_TABLE);
	fixture.disk->size = 0;
	expect_refusal(fixture.disk, REFUSAL_NO_PARTITION_TABLE);
}

Test(mbr, boot_sector_of_a_file_system)
{
	static const char *const commands[] = {"mkfs.fat -F 32", "mkfs.fat -F 16",
					       "mkfs.ntfs -Q -F -q"};
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "bare", 512);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		CLEANUP_FREE char *output = NULL;

		put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 2048, 1000});
		if (tool_run(&output, "%s %s", commands[i], fixture.path) != 0)
			cr_skip_test("dosfstools or ntfs-3g is not installed");
		expect_refusal(fixture.disk, REFUSAL_NO_PARTITION_TABLE);
	}
}

/* GRUB's boot code begins like a boot sector; the table behind it counts. */
Test(mbr, boot_code_that_jumps_is_no_file_system)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint8_t jump[] = {0xeb, 0x63, 0x90, 0x10, 0x8e, 0xd0, 0xbc, 0x00, 0xb0, 0xb8, 0x00, 0x00};
	struct mbr mbr;

	fixture_open(&fixture, "grub", 512);
	disk_write(fixture.disk, jump, sizeof(jump), 0, NULL);
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 2048, 1000});
	expect_good(fixture.disk, &mbr);
}

static void expect_words(const char *text, const char *word, bool wanted)
{
	cr_assert_eq(strstr(text, word) != NULL, wanted, "'%s' in: %s", word, text);
}

/* Refused, with these words in the sentence; the advice names no tool that writes. */
static void expect_gpt(struct disk *disk, const char *word)
{
	static const char *const tools[] = {"sgdisk", "sfdisk", "gdisk", "wipefs", "zap", "dd "};
	struct error err = ERROR_INIT;
	struct mbr mbr;

	expect_refusal(disk, REFUSAL_ALREADY_GPT);
	mbr_read(disk, &mbr, &err);
	expect_words(err.message, word, true);
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		expect_words(err.advice, tools[i], false);
}

Test(mbr, gpt_disks)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "gpt", 512);
	put(fixture.disk, 0, 2, (struct row){0x00, 0xee, 1, DISK_SECTORS - 1});
	expect_gpt(fixture.disk, "neither sector 1 nor the last one holds a GPT");
	disk_write(fixture.disk, "EFI PART", 8, (DISK_SECTORS - 1) * 512, NULL);
	expect_gpt(fixture.disk, "sector 131071 holds that GPT");
	disk_write(fixture.disk, "EFI PART", 8, 512, NULL);
	expect_gpt(fixture.disk, "sector 1 holds that GPT");
}

/* Beside others the type makes a hybrid, wherever it stands and whatever it covers. */
Test(mbr, hybrid_disks)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "hybrid", 512);
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 2048, 1000});
	put(fixture.disk, 0, 1, (struct row){0x00, 0xee, 1, 2047});
	expect_gpt(fixture.disk, "hybrid");
	expect_gpt(fixture.disk, "neither sector 1 nor the last one holds a GPT");
	put(fixture.disk, 0, 1, (struct row){0x00, 0xee, 100000, DISK_SECTORS});
	expect_gpt(fixture.disk, "hybrid");
	put(fixture.disk, 0, 1, (struct row){0x00, 0xee, 0, 0});
	disk_write(fixture.disk, "EFI PART", 8, 512, NULL);
	expect_gpt(fixture.disk, "entry 2 is of type 0xee");
}

/* The type counts in the MBR alone. */
Test(mbr, logical_partition_of_the_protective_type)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "logical-ee", 512);
	put(fixture.disk, 0, 0, (struct row){0x00, 0x05, 63, DISK_SECTORS - 63});
	put(fixture.disk, 63, 0, (struct row){0x00, 0xee, 1, 1000});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.partitions[0].type, 0xee);
}

static void expect_stale(struct disk *disk, const char *warning, size_t count)
{
	CLEANUP_NOTES struct note_list warnings = {.count = 0};
	struct mbr mbr;

	expect_good(disk, &mbr);
	mbr_warn(&mbr, &warnings);
	cr_assert_eq(warnings.count, count);
	if (count)
		expect_words(warnings.texts[count - 1], warning, true);
	for (size_t i = 0; i < count; i++)
		expect_words(warnings.texts[i], "GPT", true);
}

Test(mbr, gpt_that_is_left_over)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "stale", 512);
	put(fixture.disk, 0, 2, (struct row){0x00, 0x07, 2048, 1000});
	expect_stale(fixture.disk, "", 0);
	disk_write(fixture.disk, "EFI PART", 8, (DISK_SECTORS - 1) * 512, NULL);
	expect_stale(fixture.disk, "sector 131071 holds the header of a GPT", 1);
	disk_write(fixture.disk, "EFI PART", 8, 512, NULL);
	expect_stale(fixture.disk, "sector 131071 holds the header of a GPT", 2);
	disk_write(fixture.disk, "\0\0", 2, (DISK_SECTORS - 1) * 512, NULL);
	expect_stale(fixture.disk, "sector 1 holds the header of a GPT", 1);
}

Test(mbr, gpt_header_in_a_sector_of_4096_bytes)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "gpt4k", 4096);
	put(fixture.disk, 0, 2, (struct row){0x00, 0x07, 2048, 1000});
	disk_write(fixture.disk, "EFI PART", 8, 512, NULL);
	expect_stale(fixture.disk, "", 0);
	disk_write(fixture.disk, "EFI PART", 8, 4096, NULL);
	expect_stale(fixture.disk, "sector 1 holds the header of a GPT", 1);
}

/* The protective MBR is gone. */
Test(mbr, gpt_without_any_mbr)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "bare-gpt", 512);
	disk_write(fixture.disk, "EFI PART", 8, 512, NULL);
	disk_write(fixture.disk, "\0\0", 2, MBR_MAGIC_OFFSET, NULL);
	expect_refusal(fixture.disk, REFUSAL_NO_PARTITION_TABLE);
}

Test(mbr, dynamic_disks)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "ldm", 512);
	put(fixture.disk, 0, 0, (struct row){0x80, 0x42, 63, DISK_SECTORS - 63});
	expect_refusal(fixture.disk, REFUSAL_DYNAMIC_DISK);
	put(fixture.disk, 0, 0, (struct row){0x00, 0x05, 63, DISK_SECTORS - 63});
	put(fixture.disk, 63, 0, (struct row){0x00, 0x42, 1, 1000});
	expect_refusal(fixture.disk, REFUSAL_DYNAMIC_DISK);
}

Test(mbr, bad_primaries)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct mbr_left_out *bad;

	fixture_open(&fixture, "primaries", 512);
	put(fixture.disk, 0, 0, (struct row){0x01, 0x07, 2048, 1000});
	expect_damage(fixture.disk, "status 0x01");
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 0, 1000});
	expect_damage(fixture.disk, "overlaps the partition table (sectors 0 to 0)");
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 2048, 1000});
	put(fixture.disk, 0, 3, (struct row){0x01, 0x00, 0, 0});
	expect_left_out(fixture.disk, "entry 4 of the partition table has status 0x01", 1);
	put(fixture.disk, 0, 3, (struct row){0x01, 0x07, 5000, 100});
	bad = expect_left_out(fixture.disk, "entry 4 of the partition table has status 0x01", 1);
	cr_assert_not(bad->is_extended);
	cr_assert_eq(bad->partition.number, 4);
	put(fixture.disk, 0, 3, (struct row){0x00, 0x00, 0, 0});
	put(fixture.disk, 0, 1, (struct row){0x80, 0x07, 3047, 1000});
	bad = expect_left_out(
		fixture.disk,
		"partition 2 (sectors 3047 to 4046) overlaps partition 1 (sectors 2048 to 3047)",
		1);
	cr_assert_eq(bad->partition.number, 2);
	cr_assert_eq(bad->partition.start_lba, 3047);
	cr_assert_eq(bad->partition.sectors, 1000);
	cr_assert(bad->partition.active);
	put(fixture.disk, 0, 1, (struct row){0x00, 0x07, 0xffffffff, 0xffffffff});
	expect_left_out(fixture.disk, "beyond the end of the disk, which has 131072 sectors", 1);
	put(fixture.disk, 0, 1, (struct row){0x00, 0x07, 0, 1});
	expect_left_out(fixture.disk, "partition 2 (sectors 0 to 0) overlaps the partition table",
			1);
}

/* What stands in an extended partition without a place is named. */
Test(mbr, bad_extended_partitions)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct mbr_left_out *bad;

	fixture_open(&fixture, "extended", 512);
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 2048, 1000});
	put(fixture.disk, 0, 1, (struct row){0x00, 0x0f, 3000, 4000});
	bad = expect_left_out(fixture.disk,
			      "extended partition 2 (sectors 3000 to 6999) overlaps partition 1",
			      1);
	cr_assert(bad->is_extended);
	put(fixture.disk, 3000, 0, (struct row){0x00, 0x07, 63, 1000});
	bad = expect_left_out(fixture.disk, "partition 5 (sectors 3063 to 4062) stands in", 1);
	cr_assert_eq(bad->partition.number, 5);
	/* cut by the end of the disk: what is on it stays */
	put(fixture.disk, 0, 1, (struct row){0x00, 0x0f, 10000, DISK_SECTORS});
	put(fixture.disk, 10000, 0, (struct row){0x00, 0x07, 63, 1000});
	expect_left_out(fixture.disk, "extended partition 2 (sectors 10000 to 141071) is beyond",
			2);
	put(fixture.disk, 0, 1, (struct row){0x00, 0x0f, DISK_SECTORS, 1000});
	expect_left_out(fixture.disk, "extended partition 2 (sectors 131072 to 132071) is beyond",
			1);
	put(fixture.disk, 0, 1, (struct row){0x01, 0x0f, 10000, 10000});
	bad = expect_left_out(fixture.disk, "entry 2 of the partition table has status 0x01", 1);
	cr_assert(bad->is_extended);
	expect_left_out(fixture.disk, "partition 5 (sectors 10063 to 11062) stands in", 1);
	/* the same one twice */
	put(fixture.disk, 0, 1, (struct row){0x00, 0x0f, 10000, 10000});
	put(fixture.disk, 0, 2, (struct row){0x00, 0x05, 10000, 10000});
	expect_left_out(fixture.disk, "extended partition 3 (sectors 10000 to 19999) overlaps", 2);
}

Test(mbr, empty_extended_partition)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "empty", 512);
	put(fixture.disk, 0, 0, (struct row){0x80, 0x07, 2048, 1000});
	put(fixture.disk, 0, 1, (struct row){0x00, 0x0f, 4096, 10000});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 1);
	disk_write(fixture.disk, "x", 1, 4096 * 512, NULL);
	expect_left_out(fixture.disk, "sector 4096 does not end in 55 AA", 1);
	put(fixture.disk, 4096, 0, (struct row){0x00, 0x00, 0, 0});
	disk_write(fixture.disk, "\xeb\x52\x90NTFS    ", 11, 4096 * 512, NULL);
	expect_left_out(fixture.disk, "sector 4096 is the boot sector of a file system", 1);
}

/* One primary, an extended partition of sectors 10000 to 19999 with two logicals; each test breaks
 * one thing. */
static void put_chain(struct disk *disk)
{
	put(disk, 0, 0, (struct row){0x80, 0x07, 2048, 1000});
	put(disk, 0, 1, (struct row){0x00, 0x0f, 10000, 10000});
	put(disk, 10000, 0, (struct row){0x00, 0x07, 63, 1000});
	put(disk, 10000, 1, (struct row){0x00, 0x05, 2000, 2000});
	put(disk, 12000, 0, (struct row){0x00, 0x0b, 63, 1000});
	put(disk, 12000, 1, (struct row){0x00, 0x00, 0, 0});
}

Test(mbr, chain_in_any_order_of_entries)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "chain", 512);
	put_chain(fixture.disk);
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 3);
	cr_assert_eq(mbr.partitions[2].start_lba, 12063);
	cr_assert_eq(mbr.partitions[2].number, 6);
	cr_assert(mbr.partitions[2].logical);
	put(fixture.disk, 10000, 0, (struct row){0x00, 0x05, 2000, 2000});
	put(fixture.disk, 10000, 1, (struct row){0x00, 0x07, 63, 1000});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 3);
	cr_assert_eq(mbr.partitions[1].start_lba, 10063);
}

/* DOS', Windows' and Linux' types of extended partitions, in the MBR and as links. */
Test(mbr, types_of_extended_partitions)
{
	static const uint8_t types[] = {0x05, 0x0f, 0x85};
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "types", 512);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		for (size_t j = 0; j < ARRAY_SIZE(types); j++) {
			put_chain(fixture.disk);
			put(fixture.disk, 0, 1, (struct row){0x00, types[i], 10000, 10000});
			put(fixture.disk, 10000, 1, (struct row){0x00, types[j], 2000, 2000});
			expect_good(fixture.disk, &mbr);
			cr_assert_eq(mbr.count, 3, "0x%02x, 0x%02x", types[i], types[j]);
		}
}

/* The status of a logical partition is nobody's; a type of 0 is no partition; two may be active. */
Test(mbr, odd_but_sound)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "odd", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 0, 2, (struct row){0x80, 0xe7, 40000, 100});
	put(fixture.disk, 0, 3, (struct row){0x00, 0x00, 5, 0xffffffff});
	put(fixture.disk, 10000, 0, (struct row){0x33, 0x07, 63, 1000});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 4);
	cr_assert(mbr.partitions[0].active);
	cr_assert_not(mbr.partitions[1].active);
	cr_assert(mbr.partitions[3].active);
	put(fixture.disk, 0, 0, (struct row){0x00, 0x07, 2048, 1000});
	put(fixture.disk, 0, 2, (struct row){0x00, 0xe7, 40000, 100});
	expect_good(fixture.disk, &mbr);
	cr_assert_not(mbr.partitions[0].active);
}

Test(mbr, chain_may_go_backwards)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "backwards", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 10000, 1, (struct row){0x00, 0x05, 6000, 2000});
	put(fixture.disk, 16000, 0, (struct row){0x00, 0x07, 63, 1000});
	put(fixture.disk, 16000, 1, (struct row){0x00, 0x05, 2000, 2000});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 4);
	cr_assert_eq(mbr.partitions[2].number, 7);
	cr_assert_eq(mbr.partitions[3].number, 6);
}

/* No chain that comes back to itself is followed, nor left. */
Test(mbr, loops)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "loops", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 2000, 2000});
	expect_damage(fixture.disk, "comes back to sector 12000");
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 0, 2000});
	expect_damage(fixture.disk, "comes back to sector 10000");
	/* out of the extended partition, and round and round there */
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 40000, 2000});
	put(fixture.disk, 50000, 1, (struct row){0x00, 0x05, 40000, 2000});
	expect_damage(fixture.disk, "comes back to sector 50000");
}

Test(mbr, chains_that_end_badly)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint8_t zeros[512] = {0};

	fixture_open(&fixture, "chains", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 10000, 2000});
	expect_left_out(fixture.disk, "is not within extended partition 2 (sectors 10000 to 19999)",
			3);
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 0xffffffff, 2000});
	expect_left_out(fixture.disk, "beyond the end of the disk", 3);
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 2100, 2000});
	expect_left_out(fixture.disk, "record (sectors 12100 to 12100) overlaps partition 6", 3);
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 8000, 2000});
	expect_left_out(fixture.disk, "sector 18000 does not end in 55 AA", 3);
	put_chain(fixture.disk);
	put(fixture.disk, 12000, 0, (struct row){0x00, 0x05, 8000, 100});
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 4000, 100});
	expect_left_out(fixture.disk, "sector 12000 has two links, the second one to sector 14000",
			2);
	put_chain(fixture.disk);
	disk_write(fixture.disk, zeros, sizeof(zeros), 12000 * 512, NULL);
	expect_left_out(fixture.disk, "sector 12000 does not end in 55 AA", 2);
}

/* A chain is followed through a link without a length; an extended partition without one has none. */
Test(mbr, links_without_a_length)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "no-length", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 10000, 1, (struct row){0x00, 0x05, 2000, 0});
	put(fixture.disk, 12000, 1, (struct row){0x00, 0x05, 0, 0});
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 3);
	put(fixture.disk, 0, 1, (struct row){0x00, 0x0f, 10000, 0});
	expect_left_out(fixture.disk, "partition 5 (sectors 10063 to 11062) stands in", 1);
	expect_left_out(fixture.disk, "partition 6 (sectors 12063 to 13062) stands in", 1);
	put(fixture.disk, 0, 1, (struct row){0x00, 0x0f, 40000, 0}); /* nothing there */
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, 1);
}

/* As fdisk 2.34 made it: the first logical partition reaches over the EBR of the second one. */
Test(mbr, ebr_inside_of_a_logical_partition)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "nested", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 10000, 0, (struct row){0x00, 0x07, 63, 1940});
	expect_left_out(fixture.disk, "record (sectors 12000 to 12000) overlaps partition 5", 2);
	expect_left_out(fixture.disk, "partition 6 (sectors 12063 to 13062) stands in", 2);
}

Test(mbr, bad_logical_partitions)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "bad-logicals", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 12000, 0, (struct row){0x00, 0x07, 63, 8000});
	expect_left_out(fixture.disk, "partition 6 (sectors 12063 to 20062) is not within extended",
			2);
	put(fixture.disk, 12000, 0, (struct row){0x00, 0x07, 0, 100});
	expect_left_out(fixture.disk,
			"partition 6 (sectors 12000 to 12099) overlaps the extended boot", 2);
	put(fixture.disk, 12000, 0, (struct row){0x00, 0x07, 0xffffffff, 0xffffffff});
	expect_left_out(fixture.disk, "beyond the end of the disk", 2);
}

/* Rubbish there, a partition that Linux would take, a link: nobody else reads them. */
Test(mbr, third_and_fourth_entry_of_an_ebr)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "surplus", 512);
	put_chain(fixture.disk);
	put(fixture.disk, 10000, 2, (struct row){0xff, 0x83, 0x11223344, 0x55667788});
	put(fixture.disk, 12000, 2, (struct row){0x00, 0x07, 4000, 100});
	put(fixture.disk, 12000, 3, (struct row){0x00, 0x05, 4000, 100});
	expect_left_out(fixture.disk, "entry 3 of the extended boot record at sector 10000", 3);
	expect_left_out(fixture.disk, "entry 3 of the extended boot record at sector 12000", 3);
	expect_left_out(fixture.disk, "entry 4 of the extended boot record at sector 12000", 3);
}

Test(mbr, too_many_bad_entries)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_open(&fixture, "too-many", 512);
	put(fixture.disk, 0, 0, (struct row){0x00, 0x05, 1000, 100000});
	for (uint32_t i = 0; i <= MBR_MAX_LEFT_OUT; i++) {
		put(fixture.disk, 1000 + 2 * i, 0,
		    (struct row){0x00, 0x07, 1, i ? DISK_SECTORS : 1});
		put(fixture.disk, 1000 + 2 * i, 1,
		    (struct row){0x00, i < MBR_MAX_LEFT_OUT ? 0x05 : 0x00, 2 * (i + 1), 2});
	}
	expect_left_out(fixture.disk, "beyond the end of the disk", 1);
	put(fixture.disk, 1000, 0, (struct row){0x00, 0x07, 1, DISK_SECTORS});
	expect_damage(fixture.disk, "more than 64 bad entries");
}

/* 'count' EBRs, each with a logical partition of one sector, from sector 1000 on. */
static void put_long_chain(struct disk *disk, uint32_t count, uint8_t type)
{
	put(disk, 0, 0, (struct row){0x00, 0x05, 1000, 100000});
	for (uint32_t i = 0; i < count; i++) {
		put(disk, 1000 + 2 * i, 0, (struct row){0x00, type, 1, 1});
		put(disk, 1000 + 2 * i, 1,
		    (struct row){0x00, i + 1 < count ? 0x05 : 0x00, 2 * (i + 1), 2});
	}
}

Test(mbr, as_many_partitions_as_a_gpt_holds)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct mbr mbr;

	fixture_open(&fixture, "many", 512);
	put_long_chain(fixture.disk, MBR_MAX_PARTITIONS, 0x07);
	expect_good(fixture.disk, &mbr);
	cr_assert_eq(mbr.count, MBR_MAX_PARTITIONS);
	put_long_chain(fixture.disk, MBR_MAX_PARTITIONS + 1, 0x07);
	expect_refusal(fixture.disk, REFUSAL_LAYOUT_IMPOSSIBLE);
	put_long_chain(fixture.disk, 5000, 0x00);
	expect_damage(fixture.disk, "more than 256 extended boot records");
}

Test(mbr, type_texts)
{
	char buffer[16];

	cr_assert_str_eq(mbr_type_text(0x07, buffer), "NTFS/exFAT");
	cr_assert_str_eq(mbr_type_text(0x27, buffer), "Windows RE");
	cr_assert_str_eq(mbr_type_text(0xa5, buffer), "type 0xa5");
}
