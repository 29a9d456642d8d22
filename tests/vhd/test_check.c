/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Defects, one at a time: what opening says of them, and what the checker does. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/support.h"

TestSuite(check, .fini = support_clean);

static struct guid id(unsigned int i)
{
	return GUID(0xd15c0000 + i, 0x1111, 0x2222, 0x3333, 0x444444444444);
}

static struct vhd_check *check(const char *path)
{
	struct vhd_check *result = NULL;
	struct error err = ERROR_INIT;

	cr_assert_eq(vhd_check(path, NULL, &result, &err), 0, "%s", err.message);
	return result;
}

static void expect_clean(const char *path)
{
	struct vhd_check *result = check(path);

	cr_assert_eq(result->finding_count, 0, "%s",
		     result->finding_count ? result->findings[0].text : "");
	vhd_check_free(result);
}

/* An image of 16 blocks of 1 MiB, and a child of it with a sector bitmap. */
static void make_pair(char **parent, char **child)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	struct guid linkage = id(0);
	char name[64];

	*parent = test_path("parent.vhdx");
	*child = test_path("child.vhdx");
	snprintf(name, sizeof(name), "tmp-%d-parent.vhdx", (int)getpid());
	build_vhdx(*parent, oracle,
		   &(struct vhdx_recipe){.size = 16 * MIB,
					 .block_size = MIB,
					 .sector_size = 512,
					 .states = STATES(MAY_BE(6)),
					 .data_write = id(0),
					 .seed = 1});
	build_vhdx(*child, oracle,
		   &(struct vhdx_recipe){.size = 16 * MIB,
					 .block_size = MIB,
					 .sector_size = 512,
					 .states = STATES(MAY_BE(7)),
					 .data_write = id(1),
					 .linkage = &linkage,
					 .relative_path = name,
					 .seed = 2});
}

Test(check, sound_images_have_no_findings)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("image.vhdx");
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE char *child = NULL;
	CLEANUP_DISK struct disk *contents = NULL;

	make_pair(&parent, &child);
	expect_clean(parent);
	expect_clean(child);
	make_raw(raw, 100 * MIB, 5, MIB, 3);
	contents = open_disk(raw);
	write_vhdx(image, VHD_TYPE_DYNAMIC, 2 * MIB, contents);
	expect_clean(image);
	write_vhdx(image, VHD_TYPE_FIXED, 32 * MIB, contents);
	expect_clean(image);
	expect_clean(raw);
}

Test(check, counts)
{
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE char *child = NULL;
	struct vhd_check *result;

	make_pair(&parent, &child);
	cr_assert_eq(run("truncate -s +3M '%s'", child), 0);
	result = check(child);
	cr_assert_eq(result->blocks[7], 16);
	cr_assert_eq(result->blocks[0], 0);
	cr_assert_eq(result->slack, 3 * MIB);
	cr_assert_eq(result->info.chain_length, 2);
	vhd_check_free(result);
}

Test(check, images_made_by_hyperv)
{
	static const char *const names[] = {"dynamic.vhdx", "fixed.vhdx", "dynamic.vhd",
					    "fixed.vhd"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char name[64];
		CLEANUP_FREE char *path = NULL;

		snprintf(name, sizeof(name), "dissect.hypervisor/%s", names[i]);
		path = unpack(name);
		expect_clean(path);
	}
}

/* qemu does not mark its regions as required; nothing else is to be said of its files. */
Test(check, images_made_by_qemu)
{
	CLEANUP_FREE char *path = test_path("disk.vhdx");
	struct vhd_check *result;

	need_tool("qemu-img");
	cr_assert_eq(run("qemu-img create -f vhdx '%s' 5G", path), 0);
	result = check(path);
	cr_assert_eq(result->error_count, 0);
	cr_assert_eq(result->finding_count, 2);
	cr_assert(strstr(result->findings[0].text, "not marked as required"));
	vhd_check_free(result);
}

Test(check, missing_parent_is_a_finding)
{
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE char *child = NULL;
	struct vhd_check *result;

	make_pair(&parent, &child);
	cr_assert_eq(run("rm '%s'", parent), 0);
	result = check(child);
	cr_assert_eq(result->error_count, 1);
	cr_assert(strstr(result->findings[0].text, "was not found"));
	vhd_check_free(result);
}

enum seal { SEAL_NONE, SEAL_HEADER, SEAL_REGIONS };
enum outcome { OPENS, DAMAGED, REFUSED };

#define HEADER	 (128 * 1024) /* the current one */
#define REGIONS	 (192 * 1024)
#define METADATA BUILD_METADATA_OFFSET
#define ITEM(i)	 (METADATA + 32 + 32 * (i))
#define VALUES	 (METADATA + 65536)
#define BAT	 BUILD_BAT_OFFSET

struct defect {
	uint64_t offset;
	uint64_t value; /* little-endian */
	unsigned int length;
	bool child; /* in the differencing image */
	enum seal seal;
	enum outcome outcome;
	char finding[64]; /* what the checker says */
};

ParameterizedTestParameters(check, defects)
{
	static struct defect cases[] = {
		/* Headers */
		{HEADER, 0, 4, false, SEAL_NONE, OPENS, "header at 131072 is not whole"},
		{HEADER + 66, 2, 2, false, SEAL_HEADER, DAMAGED, "version 2, expected 1"},
		{HEADER + 68, 4096, 4, false, SEAL_HEADER, DAMAGED, "log of 4096 bytes"},
		{HEADER + 72, 512, 8, false, SEAL_HEADER, DAMAGED, "log at offset 512"},
		{HEADER + 72, UINT64_C(1) << 60, 8, false, SEAL_HEADER, DAMAGED, "log at offset"},
		{HEADER + 48, 1, 8, false, SEAL_HEADER, REFUSED, "none of its entries verifies"},
		{HEADER + 64, 1, 2, false, SEAL_HEADER, OPENS, ""},
		{HEADER + 4000, 1, 1, false, SEAL_HEADER, OPENS, "reserved bytes"},
		{HEADER + 8, 7, 8, false, SEAL_HEADER, OPENS, ""},
		/* Region tables */
		{REGIONS, 0, 4, false, SEAL_NONE, OPENS, "region table at 196608 is not whole"},
		{REGIONS + 65536, 0, 4, false, SEAL_NONE, OPENS,
		 "region table at 262144 is not whole"},
		{REGIONS + 8, 2048, 4, false, SEAL_REGIONS, DAMAGED, "2048 entries"},
		{REGIONS + 8, 1, 4, false, SEAL_REGIONS, DAMAGED, "no metadata region"},
		{REGIONS + 8, 3, 4, false, SEAL_REGIONS, OPENS, "unknown region at offset 0 + 0; "},
		{REGIONS + 12, 1, 4, false, SEAL_REGIONS, OPENS, "reserved field"},
		{REGIONS + 32, 1024, 8, false, SEAL_REGIONS, DAMAGED, "expected whole MiB"},
		{REGIONS + 32, MIB, 8, false, SEAL_REGIONS, DAMAGED, "overlaps the log"},
		{REGIONS + 32, 2 * MIB, 8, false, SEAL_REGIONS, DAMAGED, "overlap"},
		{REGIONS + 32, UINT64_C(1) << 62, 8, false, SEAL_REGIONS, DAMAGED,
		 "within the file"},
		{REGIONS + 40, 0, 4, false, SEAL_REGIONS, DAMAGED, "expected whole MiB"},
		{REGIONS + 44, 3, 4, false, SEAL_REGIONS, OPENS, "flags 0x3"},
		{REGIONS + 16, 0, 8, false, SEAL_REGIONS, REFUSED, "unknown region"},
		/* Metadata */
		{METADATA, 0, 1, false, SEAL_NONE, DAMAGED, "no metadata table"},
		{METADATA + 10, 2048, 2, false, SEAL_NONE, DAMAGED, "2048 entries"},
		{METADATA + 10, 4, 2, false, SEAL_NONE, DAMAGED, "lacks one of"},
		{METADATA + 12, 1, 1, false, SEAL_NONE, OPENS, "reserved fields"},
		{ITEM(0) + 16, 100, 4, false, SEAL_NONE, DAMAGED, "expected up to 1 MiB between"},
		{ITEM(0) + 16, 0xfffffff0, 4, false, SEAL_NONE, DAMAGED,
		 "expected up to 1 MiB between"},
		{ITEM(0) + 20, 7, 4, false, SEAL_NONE, DAMAGED, "file parameters of 7 bytes"},
		{ITEM(0) + 24, 6, 4, false, SEAL_NONE, OPENS, "flags 0x6, expected 0x4"},
		{ITEM(0), 0, 1, false, SEAL_NONE, REFUSED, "unknown item"},
		{ITEM(1) + 28, 1, 4, false, SEAL_NONE, OPENS, "reserved field 0x1"},
		{ITEM(2) + 16, 65536, 4, false, SEAL_NONE, OPENS, "overlap"},
		{VALUES, 3 * MIB, 4, false, SEAL_NONE, DAMAGED, "block size 3145728"},
		{VALUES, 512 * MIB, 4, false, SEAL_NONE, DAMAGED, "block size"},
		{VALUES + 4, 4, 4, false, SEAL_NONE, OPENS, "bits 0x4"},
		{VALUES + 4, 2, 4, false, SEAL_NONE, DAMAGED, "without a parent locator"},
		{VALUES + 8, 0, 8, false, SEAL_NONE, DAMAGED, "virtual size 0"},
		{VALUES + 8, 65 * TIB, 8, false, SEAL_NONE, DAMAGED, "virtual size"},
		{VALUES + 8, 64 * TIB, 8, false, SEAL_NONE, DAMAGED, "needs"},
		{VALUES + 8, 16 * MIB - 1, 8, false, SEAL_NONE, DAMAGED, "no multiple"},
		{VALUES + 32, 513, 4, false, SEAL_NONE, DAMAGED, "sector size 513"},
		/* BAT */
		{BAT, 4, 8, false, SEAL_NONE, DAMAGED, "reserved state 4"},
		{BAT, 5, 8, false, SEAL_NONE, OPENS, "reserved state 5"},
		{BAT, MIB | 6, 8, false, SEAL_NONE, DAMAGED, "overlaps another block"},
		{BAT, 6, 8, false, SEAL_NONE, DAMAGED, "behind the first MiB"},
		{BAT, UINT64_C(1) << 50 | 6, 8, false, SEAL_NONE, DAMAGED, "within the file"},
		{BAT, UINT64_MAX << 20 | 6, 8, false, SEAL_NONE, DAMAGED, "within the file"},
		{BAT, 2 | 64 * MIB, 8, false, SEAL_NONE, OPENS, "expected 0"},
		{BAT, 0 | 64 * MIB, 8, false, SEAL_NONE, OPENS, "expected 0"},
		{BAT, 3 | MIB, 8, false, SEAL_NONE, OPENS, "overlaps"},
		{BAT, 2 | 8, 8, false, SEAL_NONE, OPENS, "reserved bits"},
		{BAT, 0, 8, false, SEAL_NONE, OPENS, ""},
		{BAT, 7 | 4 * MIB, 1, false, SEAL_NONE, OPENS, "without a parent"},
		{BAT + 8 * 4096, 6, 8, true, SEAL_NONE, DAMAGED, "sector bitmap 0"},
		{BAT + 8 * 4096, 0, 8, true, SEAL_NONE, DAMAGED, "bitmap of chunk 0 is not"},
		{BAT + 8 * 4096, 3, 8, true, SEAL_NONE, DAMAGED, "bitmap of chunk 0 is not"},
		/* Parent locator */
		{VALUES + 4096, 0, 1, true, SEAL_NONE, DAMAGED, "not of the type"},
		{VALUES + 4096 + 18, 257, 2, true, SEAL_NONE, DAMAGED, "too many entries"},
		{VALUES + 4096 + 18, 1, 2, true, SEAL_NONE, DAMAGED, "names no path"},
		{VALUES + 4096 + 18, 0, 2, true, SEAL_NONE, DAMAGED, "no parent_linkage"},
		{VALUES + 4096 + 20, 0x10000, 4, true, SEAL_NONE, DAMAGED, "does not lie within"},
		{VALUES + 4096 + 28, 3, 2, true, SEAL_NONE, DAMAGED, "odd length"},
		{ITEM(5) + 20, 10, 4, true, SEAL_NONE, DAMAGED, "not of the type"},
	};

	return cr_make_param_array(struct defect, cases, ARRAY_SIZE(cases));
}

static void apply(const struct defect *d, const char *path)
{
	uint8_t bytes[8];

	put_le64(bytes, d->value);
	patch(path, d->offset, bytes, d->length);
	if (d->seal == SEAL_HEADER)
		seal_header(path, 1);
	if (d->seal == SEAL_REGIONS)
		seal_regions(path, 0);
}

ParameterizedTest(struct defect *d, check, defects)
{
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE char *child = NULL;
	const char *path;
	struct vhd_check *result = NULL;
	struct disk *disk = NULL;
	struct error err = ERROR_INIT;
	bool found = false, noticed;
	int r;

	make_pair(&parent, &child);
	path = d->child ? child : parent;
	apply(d, path);
	r = vhd_open(path, NULL, &disk, &err);
	noticed = r == 0 && has_noticed(disk, d->finding);
	disk_close(disk);
	cr_assert_eq(err.kind,
		     d->outcome == OPENS     ? ERROR_NONE
		     : d->outcome == DAMAGED ? ERROR_DAMAGED
					     : ERROR_REFUSED,
		     "%" PRIu64 " = %" PRIu64 ": %d %s", d->offset, d->value, r, err.message);
	cr_assert_eq(noticed, r == 0 && d->finding[0] && !strstr(d->finding, "not marked"),
		     "%s: opening says what the checker says", d->finding);
	err = (struct error)ERROR_INIT;
	if (vhd_check(path, NULL, &result, &err) <
	    0) { /* a file that is not for this program at all */
		cr_assert_eq(err.refusal, REFUSAL_NOT_A_DISK_IMAGE, "%s", err.message);
		cr_assert(strstr(err.message, d->finding), "%s", err.message);
		cr_assert_str_eq(err.advice,
				 "make a plain VHDX of it with Convert-VHD on the Hyper-V host");
		return;
	}
	for (size_t i = 0; i < result->finding_count; i++)
		found |= strstr(result->findings[i].text, d->finding) != NULL;
	cr_assert_eq(found, d->finding[0] != '\0', "%" PRIu64 " = %" PRIu64 ": %s", d->offset,
		     d->value, result->finding_count ? result->findings[0].text : "(nothing)");
	cr_assert(d->outcome == OPENS || result->error_count > 0);
	vhd_check_free(result);
}

/* A fixed disk whose blocks are not in order, or not all there. */
Test(check, fixed_disks)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("fixed.vhdx");
	struct disk *disk;
	uint8_t first[8], second[8];

	build_vhdx(path, oracle,
		   &(struct vhdx_recipe){.size = 16 * MIB,
					 .block_size = MIB,
					 .sector_size = 512,
					 .leave_allocated = true,
					 .states = STATES(MAY_BE(6)),
					 .data_write = id(0),
					 .seed = 1});
	disk = open_disk(path);
	peek(path, BAT, first, 8);
	peek(path, BAT + 8, second, 8);
	disk_close(disk);
	patch(path, BAT, second, 8);
	patch(path, BAT + 8, first, 8);
	disk = open_disk(path);
	cr_assert(has_noticed(disk, "not directly behind the one before"));
	disk_close(disk);
	memset(first, 0, sizeof(first));
	patch(path, BAT + 8, first, 8);
	disk = open_disk(path);
	cr_assert(has_noticed(disk, "blocks that are not allocated"));
	cr_assert_eq(vhd_member_findings(disk, 0).count, 1);
	disk_close(disk);
}

/* A third region, of no known use, and for each place what it meets. */
Test(check, unknown_regions)
{
	static const struct {
		uint64_t offset;
		uint32_t length;
		const char *finding;
		bool is_error;
	} cases[] = {
		{0, MIB, "overlaps the headers", true},
		{MIB, MIB, "overlaps the log", true},
		{2 * MIB, MIB, "overlaps the metadata", true},
		{3 * MIB, MIB, "overlaps the BAT", true},
		{BAT + MIB, MIB, "overlaps an unknown region", true},
		{200 * MIB, MIB, "expected within the file", true},
		{UINT64_MAX - 5, MIB, "expected within the file", true},
		{20 * MIB, MIB, "what it holds is not read", false},
	};
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE char *child = NULL;

	make_pair(&parent, &child);
	cr_assert_eq(run("truncate -s 21M '%s'", parent), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vhd_check *result;
		struct disk *disk;
		uint8_t entry[32] = {1, 2, 3};

		put_le64(entry + 16, cases[i].offset);
		put_le32(entry + 24, cases[i].length);
		patch(parent, REGIONS + 16 + 64, entry, sizeof(entry));
		put_le32(entry, 3);
		patch(parent, REGIONS + 8, entry, 4);
		seal_regions(parent, 0);
		disk = open_disk(parent);
		cr_assert(has_noticed(disk, cases[i].finding), "%s", cases[i].finding);
		disk_close(disk);
		result = check(parent);
		cr_assert_eq(result->error_count > 0, cases[i].is_error, "%s", cases[i].finding);
		vhd_check_free(result);
	}
}

/* Whatever the length: opens and reads, or says what is wrong. */
static void expect_sane(const char *path)
{
	struct disk *disk = NULL;
	struct error err = ERROR_INIT;
	static uint8_t buffer[MIB];

	if (vhd_open(path, NULL, &disk, &err) < 0) {
		cr_assert(err.kind == ERROR_DAMAGED || err.kind == ERROR_REFUSED, "%s",
			  err.message);
		cr_assert(strstr(err.message, path), "%s", err.message);
		return;
	}
	for (uint64_t at = 0; at < disk->size && err.kind == ERROR_NONE; at += sizeof(buffer))
		disk_read(disk, buffer, (size_t)min_u64(sizeof(buffer), disk->size - at), at, &err);
	cr_assert(err.kind == ERROR_NONE || err.kind == ERROR_DAMAGED, "%s", err.message);
	disk_close(disk);
}

Test(check, truncated_anywhere)
{
	static const uint64_t cuts[] = {0,
					1,
					511,
					512,
					65535,
					65536 + 4096,
					196608,
					262144,
					MIB,
					2 * MIB,
					2 * MIB + 65540,
					3 * MIB,
					3 * MIB + 64,
					4 * MIB,
					5 * MIB - 1,
					9 * MIB + 7,
					19 * MIB,
					20 * MIB - 1};
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE char *child = NULL;

	make_pair(&parent, &child);
	for (size_t i = ARRAY_SIZE(cuts); i-- > 0;) {
		cr_assert_eq(truncate(parent, (off_t)cuts[i]), 0);
		cr_assert_eq(truncate(child, (off_t)cuts[i]), 0);
		expect_sane(parent);
		expect_sane(child);
	}
}

Test(check, vhd_truncated_anywhere)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");

	build_vhd(path, oracle,
		  &(struct vhd_recipe){.type = BUILD_VHD_DYNAMIC,
				       .size = 9 * MIB,
				       .block_size = 2 * MIB,
				       .id = id(1)});
	for (off_t size = 7 * (off_t)MIB; size > 0; size -= 100003) {
		cr_assert_eq(truncate(path, size), 0);
		expect_sane(path);
	}
	for (off_t size = 20 * 1024; size > 0; size -= 311) {
		cr_assert_eq(truncate(path, size), 0);
		expect_sane(path);
	}
}

/* A VHD's BAT and header, one wrong field at a time. */
Test(check, vhd_defects)
{
	static const struct {
		uint64_t offset;
		uint32_t value;
		const char *finding;
	} cases[] = {
		{512, 0, "no valid header"},
		{512 + 20, 0xfffff000, "BAT at"},
		{512 + 28, 1, "with 1 entries"},
		{512 + 32, 0, "block size 0"},
		{512 + 32, 3 << 20, "block size"},
		{60, 7, "disk type 7"},
		{52, 513, "expected whole sectors"},
		{12, 0x20000, "version"},
		{16384, 0, "overlaps the header or the BAT"},
		{16384, 32, "overlaps the header or the BAT"},
		{16384, 0xfffffffe, "does not lie within the file"},
		{16384, 34, "overlaps another block"},
		{16384, 4131, "overlaps another block"},
	};
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vhd_check *result;
		struct error err;
		uint8_t bytes[4];

		cr_assert_eq(run("rm -f '%s'", path), 0);
		build_vhd(path, oracle,
			  &(struct vhd_recipe){.type = BUILD_VHD_DYNAMIC,
					       .size = 9 * MIB,
					       .block_size = 2 * MIB,
					       .id = id(1),
					       .seed = 9});
		cr_assert_eq(run("truncate -s -512 '%s'", path), 0);
		put_be32(bytes, cases[i].value);
		patch(path, cases[i].offset, bytes, 4);
		seal_vhd(path, 0, 512, 64);
		if (cases[i].offset != 512)
			seal_vhd(path, 512, 1024, 36);
		err = open_error(path);
		cr_assert_eq(err.kind, ERROR_DAMAGED, "case %zu: %s", i, err.message);
		cr_assert(strstr(err.message, cases[i].finding), "case %zu: %s", i, err.message);
		result = check(path);
		cr_assert_gt(result->error_count, 0);
		vhd_check_free(result);
	}
}

/* A file that claims 64 TiB with a BAT full of wrong entries: few sentences, no memory. */
Test(check, many_findings)
{
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE char *child = NULL;
	struct vhd_check *result;
	uint8_t bytes[8];

	make_pair(&parent, &child);
	cr_assert_eq(run("truncate -s 600M '%s'", parent), 0);
	put_le64(bytes, 64 * MIB);
	patch(parent, REGIONS + 32, bytes, 8);
	put_le32(bytes, 513 * MIB);
	patch(parent, REGIONS + 40, bytes, 4);
	seal_regions(parent, 0);
	put_le64(bytes, 64 * TIB);
	patch(parent, VALUES + 8, bytes, 8);
	cr_assert_eq(run("yes | head -c 1000000 | dd of='%s' bs=1M seek=64 conv=notrunc", parent),
		     0);
	result = check(parent);
	cr_assert_eq(result->finding_count, 1000);
	cr_assert_gt(result->unlisted_count, 100000);
	vhd_check_free(result);
}
