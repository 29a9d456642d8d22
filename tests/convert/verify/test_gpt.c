/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The partition table checks on a table made by sgdisk, and on what damage does to it. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "fixture.h"

#define PRIMARY_HEADER UINT64_C(512)
#define PRIMARY_ARRAY  UINT64_C(1024)
#define BACKUP_HEADER  ((FIXTURE_SECTORS - 1) * 512)
#define BACKUP_ARRAY   ((FIXTURE_SECTORS - 33) * 512)

FIXTURE_SUITE(verify_gpt);

/* Change an entry field in both copies and make the CRCs right: what is left is wrong by meaning
 * only. */
static void edit_entry(unsigned int number, unsigned int field, uint64_t value)
{
	uint8_t bytes[8];
	uint64_t offset = (number - 1) * 128 + field;

	put_le64(bytes, value);
	fixture_write(&fixture, PRIMARY_ARRAY + offset, bytes, sizeof(bytes));
	fixture_write(&fixture, BACKUP_ARRAY + offset, bytes, sizeof(bytes));
	fixture_fix_gpt(&fixture);
}

Test(verify_gpt, accepts_what_sgdisk_made)
{
	verify_gpt(fixture.verify);
	assert_ok(&fixture, "mbr");
	assert_ok(&fixture, "gpt-primary");
	assert_ok(&fixture, "gpt-backup");
	assert_ok(&fixture, "gpt-copies");
	assert_ok(&fixture, "partitions");
	assert_ok(&fixture, "esp");
	cr_assert_eq(fixture.verify->partition_count, 3);
	cr_assert_eq(fixture.verify->esp->first_lba, FIXTURE_ESP_LBA);
	cr_assert_eq(fixture.verify->esp->last_lba, FIXTURE_ESP_LBA + FIXTURE_ESP_SECTORS - 1);
	cr_assert_eq(fixture.verify->partitions[2].first_lba, FIXTURE_NTFS_LBA);
	cr_assert_eq(fixture.verify->counts[VERIFY_FAIL], 0);
}

Test(verify_gpt, numbers_are_those_of_the_array)
{
	fixture_run(&fixture, "sgdisk -d 2 %s");
	verify_gpt(fixture.verify);
	cr_assert_eq(fixture.verify->partition_count, 2);
	cr_assert_eq(fixture.verify->partitions[1].number, 3);
}

Test(verify_gpt, flipped_bytes)
{
	fixture_flip(&fixture, PRIMARY_HEADER + 16);
	fixture_flip(&fixture, BACKUP_ARRAY + 40);
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "gpt-primary", "its bytes give");
	assert_fail(&fixture, "gpt-backup", "entries");
	assert_skipped(&fixture, "gpt-copies");
	cr_assert(!fixture.verify->have_table);
	cr_assert_null(fixture.verify->esp);
}

/* The order of UEFI 2.10 section 5.3.1: header, array, usable LBAs, array, header. */
static const struct {
	uint64_t header;
	unsigned int field;
	uint64_t value;
	const char *copy;
} orders[] = {
	/* usable in front of the array, over the header */
	{PRIMARY_HEADER, 48, 1, "gpt-primary"},
	{PRIMARY_HEADER, 40, 33, "gpt-primary"},
	{PRIMARY_HEADER, 40, 0, "gpt-primary"},
	{PRIMARY_HEADER, 72, 1, "gpt-primary"},
	{BACKUP_HEADER, 48, FIXTURE_SECTORS - 33, "gpt-backup"},
	{BACKUP_HEADER, 72, FIXTURE_SECTORS - 32, "gpt-backup"},
	{BACKUP_HEADER, 72, 2, "gpt-backup"},
};

Test(verify_gpt, order_of_its_parts)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		uint8_t header[512], changed[512];

		fixture_read(&fixture, orders[i].header, header, sizeof(header));
		memcpy(changed, header, sizeof(header));
		put_le64(changed + orders[i].field, orders[i].value);
		if (orders[i].value == 1 && orders[i].field == 48)
			put_le64(changed + 40, 0); /* both: 0 to 1 */
		fixture_write(&fixture, orders[i].header, changed, sizeof(changed));
		fixture_fix_gpt(&fixture);
		fixture.verify->result_count = fixture.verify->partition_count = 0;
		verify_gpt(fixture.verify);
		assert_fail(&fixture, orders[i].copy, "does not stand between");
		fixture_write(&fixture, orders[i].header, header, sizeof(header));
	}
}

Test(verify_gpt, goes_on_with_the_backup)
{
	fixture_write(&fixture, PRIMARY_HEADER, "nothing!", 8);
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "gpt-primary", "EFI PART");
	assert_ok(&fixture, "gpt-backup");
	assert_ok(&fixture, "esp");
}

Test(verify_gpt, backup_not_at_the_end)
{
	fixture_run(&fixture, "truncate -s +1M %s");
	fixture.disk->size += 1024 * 1024;
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "mbr", "protects");
	assert_fail(&fixture, "gpt-primary", "the other copy at");
	assert_fail(&fixture, "gpt-backup", "EFI PART");
}

Test(verify_gpt, copies_that_differ)
{
	uint8_t byte = 0x55;

	fixture_write(&fixture, BACKUP_ARRAY + 16, &byte, 1);
	fixture_fix_gpt(&fixture);
	verify_gpt(fixture.verify);
	assert_ok(&fixture, "gpt-backup");
	assert_fail(&fixture, "gpt-copies", "different entries");
}

Test(verify_gpt, absurd_headers)
{
	uint8_t header[512], absurd[8];

	fixture_read(&fixture, PRIMARY_HEADER, header, sizeof(header));
	for (unsigned int field = 8; field < 92; field += 4) {
		if (field == 16)
			continue;
		for (unsigned int i = 0; i < 3; i++) {
			static const uint64_t values[] = {0, UINT64_MAX,
							  UINT64_C(0x7fffffffffffffff)};

			put_le64(absurd, values[i]);
			fixture_write(&fixture, PRIMARY_HEADER, header, sizeof(header));
			fixture_write(&fixture, PRIMARY_HEADER + field, absurd,
				      4 + 4 * (field % 8 == 0));
			fixture_fix_gpt(&fixture);
			fixture_restart(&fixture);
			verify_gpt(fixture.verify);
			assert_ok(&fixture, "gpt-backup");
		}
	}
}

Test(verify_gpt, no_protective_mbr)
{
	static const uint8_t zeros[64];

	fixture_write(&fixture, 446, zeros, sizeof(zeros));
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "mbr", "no protective record");
}

Test(verify_gpt, old_mbr_left_behind)
{
	uint8_t type = 7;

	fixture_write(&fixture, 446 + 4, &type, 1);
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "mbr", "type 07");
}

Test(verify_gpt, no_esp)
{
	fixture_run(&fixture, "sgdisk -t 1:0700 %s");
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "esp", "0 EFI system partitions");
}

/* sgdisk wrote the type: it is what UEFI has, in every byte. */
Test(verify_gpt, esp_with_a_wrong_type)
{
	for (unsigned int byte = 0; byte < 16; byte++) {
		fixture_restart(&fixture);
		fixture_flip_entry(&fixture, 1, byte);
		verify_gpt(fixture.verify);
		assert_ok(&fixture, "gpt-copies");
		assert_fail(&fixture, "esp", "0 EFI system partitions");
		fixture_flip_entry(&fixture, 1, byte);
	}
}

Test(verify_gpt, two_esps)
{
	fixture_run(&fixture, "sgdisk -t 3:EF00 %s");
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "esp", "2 EFI system partitions");
}

/* Which is told behind the report; here none starts anything. */
Test(verify_gpt, two_esps_of_a_linux)
{
	fixture_run(&fixture, "sgdisk -t 2:8300 -t 3:EF00 %s");
	verify_gpt(fixture.verify);
	cr_assert(fixture.verify->has_several_esps);
	cr_assert_eq(fixture_count(&fixture, "esp"), 0);
	verify_several_esps(fixture.verify);
	assert_ok(&fixture, "esp");
	cr_assert_eq(fixture.verify->esp->number, 3);
	assert_skipped(&fixture, "esp-removable");
	cr_assert_eq(fixture.verify->counts[VERIFY_FAIL], 0);
}

/* Firmware without an entry starts no ESP that has no program for it. */
Test(verify_gpt, first_esp_without_a_fallback)
{
	fixture_run(&fixture, "MTOOLS_SKIP_CHECK=1 mdel -i %s@@1M ::/EFI/Boot/bootx64.efi");
	fixture_run(&fixture, "sgdisk -t 2:8300 -t 3:EF00 %s");
	verify_gpt(fixture.verify);
	verify_several_esps(fixture.verify);
	cr_assert_eq(fixture.verify->esp->number, 3);
	cr_assert_eq(fixture_count(&fixture, "esp-removable"), 0);
}

/* The ESP of the fixture starts a Linux, and is number 20. */
static void make_linux(void)
{
	static const char menu[] = "search.fs_uuid 01010101-0101-0101-0101-010101010101 root\n";
	const uint64_t other = (FIXTURE_ESP_LBA + FIXTURE_ESP_SECTORS) * 512;
	uint8_t program[FIXTURE_PROGRAM_BYTES], uuid[16];

	fixture_program(program, 0);
	fixture_run(&fixture, "MTOOLS_SKIP_CHECK=1 mdeltree -i %s@@1M ::/EFI/Microsoft");
	fixture_run(&fixture, "MTOOLS_SKIP_CHECK=1 mmd -i %s@@1M ::/EFI/debian");
	fixture_put_esp(&fixture, "/EFI/Boot/bootx64.efi", program, sizeof(program));
	fixture_put_esp(&fixture, "/EFI/debian/shimx64.efi", program, sizeof(program));
	fixture_put_esp(&fixture, "/EFI/debian/grubx64.efi", program, sizeof(program));
	fixture_put_esp(&fixture, "/EFI/debian/grub.cfg", menu, strlen(menu));
	memset(uuid, 1, sizeof(uuid));
	fixture_write(&fixture, other, "XFSB", 4);
	fixture_write(&fixture, other + 32, uuid, sizeof(uuid));
	fixture_run(&fixture, "sgdisk -d 1 -t 2:8300 -n 20:2048:+100M -t 20:EF00 %s");
}

Test(verify_gpt, chain_behind_many_esps)
{
	make_linux();
	fixture_run(&fixture, "sgdisk -a 64 $(for i in 4 5 6 7 8 9 10 21; do "
			      "echo \" -n $i:$((372736 + i * 64)):+50 -t $i:EF00\"; done) %s");
	verify_gpt(fixture.verify);
	verify_several_esps(fixture.verify);
	cr_assert_eq(fixture.verify->esp->number, 20);
	/* the ninth */
	fixture_run(&fixture, "sgdisk -a 64 -n 11:380928:+50 -t 11:EF00 %s");
	fixture_restart(&fixture);
	verify_gpt(fixture.verify);
	verify_several_esps(fixture.verify);
	cr_assert_eq(fixture.verify->esp->number, 21);
}

Test(verify_gpt, reported_esp)
{
	fixture_run(&fixture, "sgdisk -t 2:8300 -t 3:EF00 %s");
	verify_gpt(fixture.verify);
	fixture.verify->reported_esp = 1;
	verify_several_esps(fixture.verify);
	assert_ok(&fixture, "esp");
	cr_assert_eq(fixture.verify->esp->number, 1);
	cr_assert_eq(fixture_count(&fixture, "esp-removable"), 0);
}

Test(verify_gpt, overlap)
{
	edit_entry(2, 32, FIXTURE_ESP_LBA + 100);
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "partitions", "1 and 2 overlap");
}

Test(verify_gpt, outside_of_the_usable_range)
{
	edit_entry(3, 40, FIXTURE_SECTORS - 2);
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "partitions", "usable are");
}

Test(verify_gpt, ends_before_it_starts)
{
	edit_entry(3, 40, 5);
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "partitions", "usable are");
}

Test(verify_gpt, same_guid_twice)
{
	uint8_t guid[16];

	fixture_read(&fixture, PRIMARY_ARRAY + 16, guid, sizeof(guid));
	edit_entry(2, 16, get_le64(guid));
	edit_entry(2, 24, get_le64(guid + 8));
	verify_gpt(fixture.verify);
	assert_fail(&fixture, "partitions", "same unique GUID");
}
