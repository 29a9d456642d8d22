/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logs with changes to replay. Truth: qemu-img, which replays in place, and the pages themselves.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/support.h"

TestSuite(vhdx_log, .fini = support_clean);

static const struct guid log_guid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

#define BLOCKS 16

struct image {
	char *path;
	char *oracle;
	uint8_t bat[4096]; /* as built */
	uint64_t size;	   /* of the file */
};

static struct image make_image(void)
{
	struct image image = {.path = test_path("disk.vhdx"), .oracle = test_path("oracle")};
	struct stat st;

	build_vhdx(image.path, image.oracle,
		   &(struct vhdx_recipe){.size = BLOCKS * MIB,
					 .block_size = MIB,
					 .sector_size = 512,
					 .states = STATES(MAY_BE(6)),
					 .seed = 11});
	peek(image.path, BUILD_BAT_OFFSET, image.bat, sizeof(image.bat));
	cr_assert_eq(stat(image.path, &st), 0);
	image.size = (uint64_t)st.st_size;
	return image;
}

static void free_image(struct image *image)
{
	free(image->path);
	free(image->oracle);
}
#define IMAGE CLEANUP(free_image) struct image

/* The file's BAT is emptied: only the log knows it. */
static void hide_bat(const struct image *image)
{
	uint8_t zero[4096] = {0};

	patch(image->path, BUILD_BAT_OFFSET, zero, sizeof(zero));
	set_log_guid(image->path, &log_guid);
}

static struct log_recipe recipe(const struct image *image, uint64_t sequence, uint32_t at,
				uint32_t tail, const struct log_page *pages, size_t count)
{
	return (struct log_recipe){.at = at,
				   .tail = tail,
				   .sequence = sequence,
				   .flushed = image->size,
				   .last = image->size,
				   .guid = log_guid,
				   .pages = pages,
				   .count = count};
}

static void expect_replayed(const struct image *image)
{
	CLEANUP_DISK struct disk *disk = open_disk(image->path);

	cr_assert(vhd_info(disk)->log_replayed);
	expect_same(disk, image->oracle);
}

/* qemu-img replays a copy in place; it must then read as our overlay does. */
static void expect_qemu_agrees(const struct image *image)
{
	CLEANUP_FREE char *copy = test_path("copy");
	CLEANUP_DISK struct disk *disk = open_disk(image->path);
	CLEANUP_FREE char *raw = test_path("raw");

	if (!have("qemu-img"))
		return;
	cr_assert_eq(run("cp '%s' '%s' && qemu-img check -f vhdx -r all '%s'", image->path, copy,
			 copy),
		     0);
	cr_assert_eq(run("qemu-img convert -f vhdx -O raw '%s' '%s'", copy, raw), 0);
	expect_same(disk, raw);
}

Test(vhdx_log, one_page)
{
	IMAGE image = make_image();
	struct log_page page = {BUILD_BAT_OFFSET, image.bat, 0};
	struct log_recipe entry = recipe(&image, 100, 0, 0, &page, 1);

	hide_bat(&image);
	build_log_entry(image.path, &entry);
	expect_replayed(&image);
	expect_qemu_agrees(&image);
}

/* Entries over the end of the ring; older ones are overlaid by newer; one before the tail must not
 * count. */
Test(vhdx_log, sequence_round_the_end)
{
	IMAGE image = make_image();
	uint8_t wrong[4096];
	struct log_page pages[2] = {{BUILD_BAT_OFFSET, wrong, 0},
				    {BUILD_BAT_OFFSET + 4096, NULL, 8192}};
	uint32_t at = BUILD_LOG_LENGTH - 5 * 4096, tail;
	struct log_recipe entry;

	memset(wrong, 0xee, sizeof(wrong));
	hide_bat(&image);
	entry = recipe(&image, 100, at, at, pages, 2);
	tail = at = build_log_entry(image.path, &entry);
	pages[0].page = image.bat;
	entry = recipe(&image, 101, at, tail, pages, 1);
	at = build_log_entry(image.path, &entry);
	entry = recipe(&image, 102, at, tail, pages + 1, 1);
	at = build_log_entry(image.path, &entry);
	entry = recipe(&image, 103, at, tail, pages, 2);
	at = build_log_entry(image.path, &entry);
	cr_assert_lt(at, tail);
	expect_replayed(&image);
	expect_qemu_agrees(&image);
}

/* Left-overs of an older log, of another GUID or torn, stand around the active sequence. */
Test(vhdx_log, stale_entries_are_ignored)
{
	IMAGE image = make_image();
	uint8_t wrong[4096];
	struct log_page page = {BUILD_BAT_OFFSET, wrong, 0};
	struct log_recipe entry = recipe(&image, 500, 0, 0, &page, 1);

	memset(wrong, 0xee, sizeof(wrong));
	hide_bat(&image);
	entry.guid.bytes[0] ^= 1;
	build_log_entry(image.path, &entry);
	entry = recipe(&image, 600, 64 * 1024, 64 * 1024, &page, 1);
	build_log_entry(image.path, &entry);
	patch(image.path, BUILD_LOG_OFFSET + 64 * 1024 + 5000, "x", 1);
	entry = recipe(&image, 50, 128 * 1024, 128 * 1024, &page, 1);
	build_log_entry(image.path, &entry);
	page.page = image.bat;
	entry = recipe(&image, 100, 256 * 1024, 256 * 1024, &page, 1);
	build_log_entry(image.path, &entry);
	expect_replayed(&image);
	expect_qemu_agrees(&image);
}

/* The log allots a block behind the end of the file: the file grows on replay, and reads as zeros
 * there. */
Test(vhdx_log, file_is_lengthened)
{
	IMAGE image = make_image();
	struct log_page page = {BUILD_BAT_OFFSET, image.bat, 0};
	struct log_recipe entry = recipe(&image, 7, 0, 0, &page, 1);
	CLEANUP_DISK struct disk *disk = NULL;
	struct disk_extent extent;
	struct error err = ERROR_INIT;
	uint8_t block[512];

	hide_bat(&image);
	put_le64(image.bat + 8 * 3, image.size | 6);
	entry.last = image.size + MIB;
	build_log_entry(image.path, &entry);
	disk = open_disk(image.path);
	cr_assert_eq(disk_read(disk, block, sizeof(block), 3 * MIB, &err), 0, "%s", err.message);
	cr_assert(is_zero(block, sizeof(block)));
	cr_assert_eq(disk_extent(disk, 3 * MIB, &extent, &err), 0);
	cr_assert_eq(extent.kind, DISK_MEMORY);
	/* qemu 7.2 does not see that the file has grown and takes the block for lost. */
}

/* The log may not touch payload, but if it does the bytes must come from it. */
Test(vhdx_log, pages_of_a_block)
{
	IMAGE image = make_image();
	uint8_t other[4096];
	uint64_t block5 = get_le64(image.bat + 8 * 5) & ~(MIB - 1);
	struct log_page pages[2] = {{block5 + 8192, other, 0}, {block5 + 65536, NULL, 4096}};
	struct log_recipe entry = recipe(&image, 7, 0, 0, pages, 2);

	memset(other, 0x42, sizeof(other));
	set_log_guid(image.path, &log_guid);
	build_log_entry(image.path, &entry);
	patch(image.oracle, 5 * MIB + 8192, other, sizeof(other));
	memset(other, 0, sizeof(other));
	patch(image.oracle, 5 * MIB + 65536, other, sizeof(other));
	expect_replayed(&image);
	expect_qemu_agrees(&image);
}

static void expect_damaged(const struct image *image)
{
	struct error err = open_error(image->path);

	cr_assert_eq(err.refusal, REFUSAL_LOG_DAMAGED, "%s", err.message);
	cr_assert_str_eq(err.advice,
			 "attach and detach the disk once on the Hyper-V host (where it has "
			 "checkpoints the newest one: a parent that is attached is lost to its "
			 "children), or take it from a backup");
}

Test(vhdx_log, damaged)
{
	IMAGE image = make_image();
	struct log_page page = {BUILD_BAT_OFFSET, image.bat, 0};
	struct log_recipe entry = recipe(&image, 100, 0, 0, &page, 1);

	hide_bat(&image);
	expect_damaged(&image); /* empty */
	build_log_entry(image.path, &entry);
	patch(image.path, BUILD_LOG_OFFSET + 4096 + 100, "x", 1);
	expect_damaged(&image); /* checksum */
	entry.tail = 8192;
	build_log_entry(image.path, &entry);
	expect_damaged(&image); /* tail outside of the sequence */
	entry.tail = 0;
	entry.flushed = image.size + 1;
	build_log_entry(image.path, &entry);
	expect_damaged(&image); /* the file was longer */
	entry.flushed = image.size;
	page.target = 64 * KIB;
	build_log_entry(image.path, &entry);
	expect_damaged(&image); /* the header is no target */
	page.target = BUILD_LOG_OFFSET + 8192;
	build_log_entry(image.path, &entry);
	expect_damaged(&image); /* nor is the log */
}

Test(vhdx_log, image_made_dirty_by_no_one_else_is_untouched)
{
	IMAGE image = make_image();
	struct log_page page = {BUILD_BAT_OFFSET, image.bat, 0};
	struct log_recipe entry = recipe(&image, 100, 0, 0, &page, 1);
	CLEANUP_FREE char *copy = test_path("copy");

	hide_bat(&image);
	build_log_entry(image.path, &entry);
	cr_assert_eq(run("cp '%s' '%s'", image.path, copy), 0);
	expect_replayed(&image);
	cr_assert_eq(run("cmp '%s' '%s'", image.path, copy), 0);
}
