/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan is a pure function: surveys are made by hand, and what must hold for every plan is
 * checked for many. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/checked.h"
#include "convert/guest/windows/kind.h"
#include "convert/plan.h"

#define SIGNATURE 0xb5d773b3U

static struct survey_partition partitions[8];
static struct survey survey;
static struct plan plan;
static struct error err;

static const struct plan_options defaults = {.layout = LAYOUT_AUTO,
					     .format = VHD_FORMAT_VHDX,
					     .type = VHD_TYPE_MAX,
					     .esp_size = PLAN_DEFAULT_ESP_SIZE};

static void add(uint64_t offset, uint64_t length, uint8_t type)
{
	struct survey_partition *partition = &partitions[survey.count++];

	*partition = (struct survey_partition){
		.mbr = {.number = (unsigned int)survey.count,
			.type = type,
			.start_lba = offset / 512,
			.sectors = length / 512},
		.offset = offset,
		.length = length,
		.filesystem = FILESYSTEM_NTFS,
		.is_readable = true,
	};
}

static void set_up(void)
{
	survey = (struct survey){
		.image = {.format = VHD_FORMAT_VHDX,
			  .type = VHD_TYPE_DYNAMIC,
			  .virtual_size = 40 * GIB,
			  .block_size = 32 * MIB,
			  .logical_sector_size = 512,
			  .physical_sector_size = 4096,
			  .disk_id = GUID(0x11223344, 0x5566, 0x7788, 0x99aa, 0xbbccddeeff00)},
		.disk_size = 40 * GIB,
		.sector_size = 512,
		.mbr_signature = SIGNATURE,
		.partitions = partitions,
		.start = 1,
		.system = 0,
	};
	add(MIB, 350 * MIB, 7);
	add(351 * MIB, 40 * GIB - 352 * MIB, 7);
	partitions[0].mbr.active = true;
	partitions[0].guest.has_boot_store = true;
	partitions[1].guest.kind = &guest_windows;
}

static void tear_down(void)
{
	plan_done(&plan);
}

TestSuite(plan, .init = set_up, .fini = tear_down);

/* What holds for every plan, whatever the layout. */
static void assert_sound(void)
{
	const struct changes_range *range = &plan.ranges[0];
	uint64_t moved = range->target - range->source;

	cr_assert_eq(gpt_check(&plan.gpt, &err), 0, "%s", err.message);
	cr_assert_eq(plan.disk_size, plan.gpt.disk_sectors * 512);
	for (size_t i = 0; i < plan.range_count; i++) {
		cr_assert(plan.ranges[i].source + plan.ranges[i].length <= survey.disk_size);
		cr_assert(plan.ranges[i].target + plan.ranges[i].length <= plan.disk_size);
		cr_assert_eq(plan.ranges[i].target - plan.ranges[i].source, moved);
	}
	cr_assert_eq(plan.partitions[plan.esp].role, PLAN_ESP);
	cr_assert_eq(plan.partitions[plan.start].role, PLAN_WINDOWS);
	for (size_t i = 0; i < plan.gpt.count; i++) {
		const struct plan_partition *partition = &plan.partitions[i];
		const struct survey_partition *old;

		cr_assert_eq(plan.gpt.partitions[i].first_lba * 512, partition->offset);
		if (partition->source == SURVEY_NONE) {
			/* new partitions stand where nothing of the source is mapped */
			for (size_t j = 0; j < plan.range_count; j++)
				cr_assert(partition->offset + partition->length <=
						  plan.ranges[j].target ||
					  partition->offset >=
						  plan.ranges[j].target + plan.ranges[j].length);
			continue;
		}
		old = &survey.partitions[partition->source];
		cr_assert_eq(partition->length, old->length);
		cr_assert_eq(partition->offset - moved, old->offset);
	}
}

static void make(const struct plan_options *options)
{
	cr_assert_eq(plan_make(&survey, options, &plan, &err), 0, "%s", err.message);
	assert_sound();
}

Test(plan, front_puts_esp_first_and_shifts_by_whole_blocks)
{
	make(&defaults);
	cr_assert_eq(plan.layout, LAYOUT_FRONT);
	cr_assert_eq(plan.shift, 288 * MIB);
	cr_assert_eq(plan.esp, 0);
	cr_assert_eq(plan.partitions[1].role, PLAN_MSR);
	cr_assert_eq(plan.partitions[2].role, PLAN_OLD_SYSTEM);
	cr_assert_eq(plan.start, 3);
	cr_assert_eq(plan.disk_size, 40 * GIB + 288 * MIB);
}

Test(plan, end_moves_nothing)
{
	struct plan_options options = defaults;

	options.layout = LAYOUT_END;
	make(&options);
	cr_assert_eq(plan.shift, 0);
	cr_assert_eq(plan.start, 1);
	cr_assert_eq(plan.esp, 2);
	cr_assert_eq(plan.partitions[2].offset, 40 * GIB);
}

Test(plan, reuse_makes_the_system_partition_the_esp)
{
	struct plan_options options = defaults;

	options.layout = LAYOUT_REUSE;
	partitions[0].guest.only_boot_files = true;
	make(&options);
	cr_assert_eq(plan.shift, 0);
	cr_assert_eq(plan.esp, 0);
	cr_assert_eq(plan.partitions[0].length, 350 * MIB);
	cr_assert_eq(plan.gpt.count, 2);
	cr_assert_eq(plan.disk_size, 40 * GIB);
}

Test(plan, reuse_spares_what_is_more_than_boot_files)
{
	struct plan_options options = defaults;

	options.layout = LAYOUT_REUSE;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_LAYOUT_IMPOSSIBLE);
	partitions[0].guest.only_boot_files = partitions[0].guest.has_recovery = true;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_LAYOUT_IMPOSSIBLE);
	cr_expect(err.is_of_wish);
}

Test(plan, reuse_names_what_it_spares)
{
	struct plan_options options = defaults;
	struct guest_contents *contents = &partitions[0].guest.contents;

	options.layout = LAYOUT_REUSE;
	for (int i = 0; i < 1000; i++)
		note_add(&contents->others, "\\folder\\file %d", i);
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_not_null(strstr(err.message, "more than boot files: \\folder\\file 0, "));
	cr_assert_not_null(strstr(err.message, "\\folder\\file 7, "), "%s", err.message);
	cr_assert_not_null(strstr(err.message,
				  " more (\"other_files\" of 'hvgen2 inspect --json')"),
			   "%s", err.message);
	guest_contents_done(contents);
	/* names so long that not one of them fits */
	note_add(&contents->others, "\\%0900d", 1);
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_not_null(strstr(err.message, "more than boot files: 1 of them"), "%s",
			   err.message);
	guest_contents_done(contents);
}

Test(plan, reuse_lists_every_file_that_goes)
{
	struct plan_options options = defaults;
	struct guest_contents *contents = &partitions[0].guest.contents;

	options.layout = LAYOUT_REUSE;
	partitions[0].guest.only_boot_files = true;
	note_add(&contents->own, "\\bootmgr");
	note_add(&contents->own, "\\Boot\\BCD");
	make(&options);
	cr_assert_str_eq(plan.dropped.texts[1], "partition 1: \\bootmgr");
	cr_assert_str_eq(plan.dropped.texts[2], "partition 1: \\Boot\\BCD");
	guest_contents_done(contents);
}

Test(plan, end_is_impossible_without_room_for_the_table)
{
	struct plan_options options = defaults;

	options.layout = LAYOUT_END;
	partitions[0].offset = 512;
	partitions[0].mbr.start_lba = 1;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_LAYOUT_IMPOSSIBLE);
}

/* An empty one where there is none. */
static struct gpt_partition find_role(enum plan_role role)
{
	for (size_t i = 0; i < plan.gpt.count; i++)
		if (plan.partitions[i].role == role)
			return plan.gpt.partitions[i];
	return (struct gpt_partition){.number = 0};
}

/* A Linux: entries keep the numbers of the MBR, and new ones take free ones. */
Test(plan, numbers_of_a_linux_stay)
{
	struct linux_system linux_system = {.kernel_count = 1};

	partitions[1].guest.kind = NULL;
	partitions[1].guest.linux_system = &linux_system;
	partitions[1].mbr.type = 0x82;
	partitions[0].mbr.number = 5;
	survey.system = SURVEY_NONE;
	cr_assert_eq(plan_make(&survey, &defaults, &plan, &err), 0, "%s", err.message);
	cr_expect_eq(gpt_check(&plan.gpt, &err), 0, "%s", err.message);
	cr_expect_eq(find_role(PLAN_ESP).number, 15u);
	cr_expect_eq(find_role(PLAN_BIOS_BOOT).number, 14u);
	cr_expect_eq(find_role(PLAN_DATA).number, 5u);
	cr_expect_eq(find_role(PLAN_LINUX).number, 2u);
	cr_expect_eq(find_role(PLAN_LINUX).attributes, UINT64_C(1) << 63, "swap by its type");
	cr_expect_eq(find_role(PLAN_MSR).number, 0u);
	plan_done(&plan);

	partitions[0].mbr.number = 15;
	partitions[1].mbr.number = 17;
	cr_assert_eq(plan_make(&survey, &defaults, &plan, &err), 0, "%s", err.message);
	cr_expect_eq(find_role(PLAN_ESP).number, 18u);
	cr_expect_eq(find_role(PLAN_BIOS_BOOT).number, 14u);
	plan_done(&plan);

	partitions[1].mbr.number = 128;
	cr_assert_lt(plan_make(&survey, &defaults, &plan, &err), 0);
	cr_expect_eq(err.refusal, REFUSAL_LAYOUT_IMPOSSIBLE);
	cr_expect_not(err.is_of_wish);
	cr_expect_str_eq(err.advice, "remove logical partitions in the guest, and convert again");
}

/* Whoever does what the advice says gets a plan. */
Test(plan, advice_leads_to_a_layout)
{
	struct plan_options options = defaults;

	options.layout = LAYOUT_REUSE;
	options.type = VHD_TYPE_DIFFERENCING;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_str_eq(err.advice, "use --layout end");
	options.layout = LAYOUT_END;
	make(&options);
	plan_done(&plan);
	partitions[0].offset = 512;
	partitions[0].mbr.start_lba = 1;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_str_eq(err.advice, "use --format dynamic");
	options.layout = LAYOUT_REUSE;
	options.type = VHD_TYPE_DYNAMIC;
	partitions[0].guest.only_boot_files = true;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_str_eq(err.advice, "use --layout front");
	options.layout = LAYOUT_FRONT;
	make(&options);
}

Test(plan, grows_by_whole_mib_when_the_end_is_in_use)
{
	partitions[1].length = 40 * GIB - 351 * MIB;
	partitions[1].mbr.sectors = partitions[1].length / 512;
	make(&defaults);
	cr_assert_eq(plan.disk_size, 40 * GIB + 289 * MIB);
}

Test(plan, first_partition_at_sector_63_keeps_its_distance_to_blocks)
{
	partitions[0].offset = 63 * 512;
	partitions[0].mbr.start_lba = 63;
	make(&defaults);
	cr_assert_eq(plan.partitions[2].offset % (32 * MIB), 63 * 512);
}

/* GUIDs that Windows 10 derives for MBR volumes: {629458e4-0000-0000-0000-010000000000} is offset
 * 0x10000. */
Test(plan, partitions_keep_the_volume_names_of_windows)
{
	char text[GUID_TEXT_SIZE];
	struct guid guid = plan_mbr_volume_guid(0x629458e4, 0x10000);

	cr_assert_str_eq(guid_format(&guid, text), "629458e4-0000-0000-0000-010000000000");
	make(&defaults);
	guid = plan_mbr_volume_guid(SIGNATURE, 351 * MIB);
	cr_assert(guid_equal(&plan.gpt.partitions[plan.start].unique, &guid));
}

Test(plan, signature_of_zero_makes_no_shared_guids)
{
	survey.mbr_signature = 0;
	make(&defaults);
	cr_assert_neq(plan.gpt.partitions[2].unique.bytes[0], 0);
}

Test(plan, is_reproducible_unless_asked_otherwise)
{
	struct plan_options options = defaults;
	struct plan again;

	make(&defaults);
	cr_assert_eq(plan_make(&survey, &defaults, &again, &err), 0);
	cr_assert_eq(memcmp(&plan.gpt, &again.gpt, sizeof(plan.gpt)), 0);
	cr_assert(guid_equal(&plan.vhdx.data_write_guid, &again.vhdx.data_write_guid));
	cr_assert_not(guid_equal(&plan.vhdx.data_write_guid, &plan.vhdx.file_write_guid));
	cr_assert_not(guid_equal(&plan.vhdx.disk_id, &survey.image.disk_id));
	plan_done(&again);
	options.random_guids = true;
	cr_assert_eq(plan_make(&survey, &options, &again, &err), 0);
	cr_assert_not(guid_equal(&plan.gpt.disk_guid, &again.gpt.disk_guid));
	plan_done(&again);
}

Test(plan, types_and_attributes)
{
	const struct guid recovery = GPT_TYPE_RECOVERY, basic = GPT_TYPE_BASIC_DATA;

	survey.disk_size = survey.image.virtual_size = 100 * GIB;
	add(50 * GIB, GIB, MBR_TYPE_RECOVERY);
	partitions[2].guest.has_recovery = true;
	add(60 * GIB, GIB, 7);
	add(70 * GIB, GIB, 0x12);
	make(&defaults);
	/* the old system partition must not get a drive letter */
	cr_assert(guid_equal(&plan.gpt.partitions[2].type, &basic));
	cr_assert_eq(plan.gpt.partitions[2].attributes, GPT_ATTRIBUTE_NO_DRIVE_LETTER);
	cr_assert_eq(plan.gpt.partitions[3].attributes, 0);
	cr_assert(guid_equal(&plan.gpt.partitions[4].type, &recovery));
	cr_assert_eq(plan.gpt.partitions[4].attributes,
		     GPT_ATTRIBUTE_REQUIRED | GPT_ATTRIBUTE_NO_DRIVE_LETTER);
	cr_assert_eq(plan.gpt.partitions[5].attributes, 0);
	cr_assert_eq(plan.gpt.partitions[6].attributes,
		     GPT_ATTRIBUTE_HIDDEN | GPT_ATTRIBUTE_NO_DRIVE_LETTER);
	cr_assert_eq(plan.warnings.count, 1);
}

static void assert_warning(const char *words, bool wanted)
{
	bool found = false;

	for (size_t i = 0; i < plan.warnings.count; i++)
		found |= strstr(plan.warnings.texts[i], words) != NULL;
	cr_assert_eq(found, wanted, "%s", words);
}

/* Recovery, hidden, vendors' and foreign types: what the partition is for decides. */
Test(plan, windows_and_its_system_partition_whatever_their_types)
{
	static const uint8_t types[] = {0x27, 0x17, 0x12, 0xde, 0x84, 0x83, 0x82, 0xef, 0xee, 0x42};
	const struct guid basic = GPT_TYPE_BASIC_DATA;
	char words[64];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct gpt_partition *system = &plan.gpt.partitions[2], *windows = system + 1;

		partitions[0].mbr.type = partitions[1].mbr.type = types[i];
		make(&defaults);
		cr_assert(guid_equal(&windows->type, &basic), "0x%02x", types[i]);
		cr_assert_eq(windows->attributes, 0, "0x%02x", types[i]);
		cr_assert_str_eq(windows->name, "Basic data partition");
		cr_assert(guid_equal(&system->type, &basic), "0x%02x", types[i]);
		cr_assert_eq(system->attributes, GPT_ATTRIBUTE_NO_DRIVE_LETTER);
		cr_assert_str_eq(system->name, "System Reserved (BIOS)");
		snprintf(words, sizeof(words),
			 "partition 2 belongs to Windows, and its MBR type 0x%02x", types[i]);
		assert_warning(words, true);
		assert_warning("hidden", false);
		plan_done(&plan);
	}
	partitions[0].mbr.type = 0x0c;
	partitions[1].mbr.type = 0x07;
	make(&defaults);
	cr_assert_eq(plan.warnings.count, 0);
}

Test(plan, hidden_data_partitions_are_named)
{
	survey.disk_size = survey.image.virtual_size = 100 * GIB;
	add(50 * GIB, GIB, 0x17);
	add(60 * GIB, GIB, 0x1c);
	add(70 * GIB, GIB, MBR_TYPE_RECOVERY);
	strcpy(partitions[2].label, "Archive");
	strcpy(partitions[4].label, "Vault");
	make(&defaults);
	cr_assert_eq(plan.warnings.count, 3);
	assert_warning("partition 3 ('Archive') has the MBR type 0x17", true);
	assert_warning("partition 4 has the MBR type 0x1c", true);
	assert_warning("partition 5 ('Vault') has the MBR type 0x27", true);
	for (size_t i = 0; i < plan.warnings.count; i++)
		cr_assert_not_null(strstr(plan.warnings.texts[i], "hidden"));
}

Test(plan, partitions_without_a_known_file_system_are_named)
{
	survey.disk_size = survey.image.virtual_size = 100 * GIB;
	add(50 * GIB, GIB, 0x07);
	add(60 * GIB, GIB, 0x83); /* not Windows' own */
	partitions[2].filesystem = partitions[3].filesystem = FILESYSTEM_UNKNOWN;
	make(&defaults);
	cr_assert_eq(plan.warnings.count, 1);
	assert_warning("partition 3 could not be read", true);
}

/* Bytes of entries that were left out are copied as those of partitions are. */
Test(plan, what_is_left_out_is_kept)
{
	struct plan_options options = defaults;

	survey.left_out_start = 100 * 512;
	make(&defaults);
	cr_assert_eq(plan.ranges[0].source, 100 * 512);
	plan_done(&plan);
	options.layout = LAYOUT_END;
	make(&options);
	cr_assert_eq(plan.ranges[0].source, 100 * 512);
	plan_done(&plan);
	survey.left_out_start = 2 * 512;
	make(&defaults);
	cr_assert_eq(plan.ranges[0].source, 2 * 512);
	plan_done(&plan);
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_LAYOUT_IMPOSSIBLE);
	cr_expect(err.is_of_wish);
	survey.left_out_start = 500 * MIB;
	plan_done(&plan);
	make(&defaults);
	cr_assert_eq(plan.ranges[0].source, MIB);
}

/* An advice that leads to the next refusal is none. */
Test(plan, advice_for_a_child_leads_out)
{
	struct plan_options options = defaults;

	options.type = VHD_TYPE_DIFFERENCING;
	options.layout = LAYOUT_REUSE;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_str_eq(err.advice, "use --layout end");
	plan_done(&plan);
	partitions[0].offset = 512;
	partitions[0].mbr.start_lba = 1;
	options.layout = LAYOUT_END;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_str_eq(err.advice, "use --format dynamic");
	plan_done(&plan);
	make(&defaults);
}

Test(plan, system_partition_with_recovery_becomes_recovery)
{
	const struct guid recovery = GPT_TYPE_RECOVERY;

	partitions[0].guest.has_recovery = true;
	make(&defaults);
	cr_assert(guid_equal(&plan.gpt.partitions[2].type, &recovery));
}

Test(plan, one_partition_for_everything)
{
	survey.count = 1;
	survey.start = survey.system = 0;
	partitions[0].guest.kind = &guest_windows;
	make(&defaults);
	cr_assert_eq(plan.partitions[2].role, PLAN_WINDOWS);
	cr_assert_eq(plan.gpt.partitions[2].attributes, 0);
}

Test(plan, esp_size_limits)
{
	struct plan_options options = defaults;

	options.esp_size = 64 * MIB;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_ESP_TOO_SMALL);
	options.esp_size = UINT64_MAX;
	cr_assert_lt(plan_make(&survey, &options, &plan, &err), 0);
	cr_assert_eq(err.kind, ERROR_USAGE);
	options.esp_size = GIB + 1;
	make(&options);
	cr_assert_eq(plan.partitions[plan.esp].length, GIB + MIB);
}

Test(plan, refuses_to_grow_beyond_64_tib)
{
	survey.disk_size = survey.image.virtual_size = 64 * TIB;
	cr_assert_lt(plan_make(&survey, &defaults, &plan, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_LAYOUT_IMPOSSIBLE);
	cr_expect_not(err.is_of_wish);
	cr_assert_str_eq(err.advice,
			 "shrink the last volume in the guest, then the disk on the host "
			 "(Resize-VHD), and convert again");
	survey.disk_size = survey.image.virtual_size = 64 * TIB - GIB;
	make(&defaults);
	plan_done(&plan);
	/* A size that no disk has is no matter of the ESP. */
	survey.disk_size = survey.image.virtual_size = UINT64_MAX - MIB + 1;
	cr_assert_lt(plan_make(&survey, &defaults, &plan, &err), 0);
	cr_assert_eq(err.kind, ERROR_FAILED);
}

/*
 * Any table of partitions in any order of sizes gives a sound plan, in every layout and block size.
 */
Test(plan, random_tables)
{
	unsigned int seed = (unsigned int)time(NULL);

	cr_log_info("seed %u", seed);
	for (int round = 0; round < 500; round++) {
		struct plan_options options = defaults;
		uint64_t at = (uint64_t)(34 + rand_r(&seed) % 4096) * 512;

		survey.count = 0;
		survey.image.block_size = (uint32_t)(MIB << rand_r(&seed) % 9);
		options.layout = rand_r(&seed) % 2 ? LAYOUT_FRONT : LAYOUT_END;
		options.esp_size = (100 + (uint64_t)rand_r(&seed) % 1000) * MIB;
		for (int i = 0; i < 1 + rand_r(&seed) % 7; i++) {
			uint64_t length = (uint64_t)(1 + rand_r(&seed) % 1000000) * 512;

			add(at, length, 7);
			at += length + (uint64_t)(rand_r(&seed) % 5000) * 512;
		}
		survey.disk_size = at + (uint64_t)(rand_r(&seed) % 100) * 512;
		survey.start = (size_t)rand_r(&seed) % survey.count;
		survey.system = (size_t)rand_r(&seed) % survey.count;
		make(&options);
		plan_done(&plan);
	}
}
