/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT32 file systems made by us: checked by fsck.fat, read by mtools, compared with mkfs.fat. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/fat32/fat32.h"
#include "tests/support/fat_model.h"
#include "tests/support/scratch.h"

#define TIME INT64_C(1700000001) /* 2023-11-14 22:13:21 UTC */

TestSuite(fat32, .timeout = 120);

static const struct fat32_spec usual_spec = {.label = "SYSTEM",
					     .volume_id = 0x1234abcd,
					     .hidden_sectors = 2048,
					     .time = TIME};

static void add(struct fat_model *model, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

static void add(struct fat_model *model, size_t size, const char *format, ...)
{
	char path[512];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fat_model_add(model, path, size, TIME + (int64_t)model->count * 86401);
}

static struct fat32 *make(const struct fat_model *model, bool backwards)
{
	struct error err = ERROR_INIT;
	struct fat32 *fat = NULL;

	cr_assert_eq(fat32_new(&usual_spec, &fat, &err), 0, "%s", err.message);
	cr_assert_eq(fat_model_fill(model, fat, backwards, &err), 0, "%s", err.message);
	return fat;
}

static void write_image(const struct fat32 *fat, const char *path, uint64_t size,
			uint32_t sector_size)
{
	CLEANUP_DISK struct disk *disk = scratch_new(path, size, sector_size);
	struct error err = ERROR_INIT;

	cr_assert_eq(fat32_write(fat, disk, &err), 0, "%s", err.message);
}

/* Write the model and let the foreign tools judge. */
static void check_model(const struct fat_model *model, const char *path, uint64_t size,
			uint32_t sector_size)
{
	CLEANUP_FAT32 struct fat32 *fat = make(model, false);
	CLEANUP_FREE char *wrong = NULL;

	if (!fat_model_has_tools())
		cr_skip_test("dosfstools or mtools is not installed");
	write_image(fat, path, size, sector_size);
	wrong = fat_model_check(model, path);
	cr_assert_null(wrong, "%s: %s", path, wrong);
	remove(path);
}

/* As bcdboot fills it: 35 locales, fonts, resources; about 28 MB. */
static void add_windows(struct fat_model *model)
{
	static const char *const locales[] = {"bg-BG",	    "cs-CZ", "da-DK", "de-DE", "el-GR",
					      "en-GB",	    "en-US", "es-ES", "es-MX", "et-EE",
					      "fi-FI",	    "fr-CA", "fr-FR", "hr-HR", "hu-HU",
					      "it-IT",	    "ja-JP", "ko-KR", "lt-LT", "lv-LV",
					      "nb-NO",	    "nl-NL", "pl-PL", "pt-BR", "pt-PT",
					      "qps-ploc",   "ro-RO", "ru-RU", "sk-SK", "sl-SI",
					      "sr-Latn-RS", "sv-SE", "tr-TR", "uk-UA", "zh-CN"};
	static const char *const fonts[] = {"chs_boot.ttf", "malgunn_boot.ttf", "segmono_boot.ttf",
					    "segoen_slboot.ttf", "wgl4_boot.ttf"};

	for (size_t i = 0; i < ARRAY_SIZE(locales); i++) {
		add(model, 78000 + i, "/EFI/Microsoft/Boot/%s/bootmgfw.efi.mui", locales[i]);
		add(model, 78000 + i, "/EFI/Microsoft/Boot/%s/bootmgr.efi.mui", locales[i]);
		add(model, 45000 + i, "/EFI/Microsoft/Boot/%s/memtest.efi.mui", locales[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fonts); i++)
		add(model, 2700000 + i, "/EFI/Microsoft/Boot/Fonts/%s", fonts[i]);
	add(model, 94720, "/EFI/Microsoft/Boot/Resources/bootres.dll");
	add(model, 12288, "/EFI/Microsoft/Boot/Resources/en-US/bootres.dll.mui");
	add(model, 1560000, "/EFI/Microsoft/Boot/bootmgfw.efi");
	add(model, 1540000, "/EFI/Microsoft/Boot/bootmgr.efi");
	add(model, 5000, "/EFI/Microsoft/Boot/boot.stl");
	add(model, 65536, "/EFI/Microsoft/Boot/BOOTSTAT.DAT");
	add(model, 28672, "/EFI/Microsoft/Boot/BCD");
	add(model, 0, "/EFI/Microsoft/Boot/BCD.LOG");
	add(model, 10000,
	    "/EFI/Microsoft/Boot/CIPolicies/Active/{5DAC656C-21AD-4A02-AB49-649917162E70}.cip");
	add(model, 1560000, "/EFI/Boot/bootx64.efi");
}

Test(fat32, windows_boot_files)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};

	add_windows(&model);
	check_model(&model, "fat-windows.img", 260 * MIB, 512);
}

Test(fat32, sectors_of_4096_bytes)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};

	add_windows(&model);
	check_model(&model, "fat-4k.img", 260 * MIB, 4096);
}

Test(fat32, smallest_volume)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};

	add_windows(&model);
	check_model(&model, "fat-100.img", 100 * MIB, 512);
	check_model(&model, "fat-34.img", 34 * MIB, 512);
}

Test(fat32, no_files)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};

	check_model(&model, "fat-empty.img", 64 * MIB, 512);
}

Test(fat32, sizes_around_a_cluster)
{
	static const size_t sizes[] = {0,    1,	   511,	 512,  513,  4095,
				       4096, 4097, 8191, 8192, 8193, 1 << 20};
	CLEANUP_MODEL struct fat_model model = {NULL, 0};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		add(&model, sizes[i], "/size %zu", sizes[i]);
		add(&model, sizes[i], "/folder/%zu.BIN", sizes[i]);
	}
	check_model(&model, "fat-sizes.img", 260 * MIB, 512);
}

Test(fat32, names)
{
	static const char *const names[] = {
		"A",
		"a.b",
		"README.TXT",
		"readme.md",
		"Mixed.Txt",
		"NOEXTUP",
		"noext",
		"EIGHTCHA.EXT",
		"eightchr.ext",
		"NINECHARS.TXT",
		"FOUR.TEXT",
		".hidden",
		"..two",
		".a.b",
		"a.b.c",
		"many.dots.in.one",
		"with space",
		" leading",
		"plus+equal=[semi;comma,]",
		"{5DAC656C}.cip",
		"TILDE~1.TXT",
		"tilde~2.txt",
		"tilde name.txt",
		"tilde name 2.txt",
		"exactly13char",
		"fourteen chars",
		"exactly26charactersinaname",
		"27 characters are in a name",
		"caf\303\251.txt",
		"CAF\303\211S.TXT",
		"\346\227\245\346\234\254\350\252\236",
		"\320\272\320\270\321\200.txt",
		"#$%&'()-@^_`{}~",
		"longextension.extension",
		"x.y.extension",
		"0",
		"00000000.000",
		"123456789",
		"~",
		"~1",
		"A~1",
		"space.t x",
		"a  b  c",
	};
	CLEANUP_MODEL struct fat_model model = {NULL, 0};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		add(&model, 10 + i, "/%s", names[i]);
		add(&model, 20 + i, "/folders/%s/%s", names[i], names[i]);
	}
	check_model(&model, "fat-names.img", 64 * MIB, 512);
}

Test(fat32, name_of_255_characters)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	add(&model, 10, "/%s", name);
	name[254] = 'm';
	add(&model, 10, "/%s", name);
	check_model(&model, "fat-255.img", 64 * MIB, 512);
}

/* Far more than a cluster of entries, all with the same six first characters. */
Test(fat32, large_folder)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};

	for (size_t i = 0; i < 1500; i++)
		add(&model, i % 7 * 100, "/Folder/long name number %zu.dat", i);
	for (size_t i = 0; i < 200; i++)
		add(&model, i, "/Folder/LONGNA~%zu.DAT", i);
	check_model(&model, "fat-large.img", 260 * MIB, 512);
}

/* As deep as a path of 259 characters allows. */
Test(fat32, deep_folders)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	char path[512] = "";

	for (size_t i = 0; i < 128; i++) {
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%c",
			 (int)('a' + i % 26));
		if (i % 30 == 0)
			add(&model, i, "%s/f.txt", path);
	}
	add(&model, 5000, "%s/f", path);
	check_model(&model, "fat-deep.img", 64 * MIB, 512);
}

Test(fat32, order_of_adding_does_not_matter)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *forward = NULL, *backward = NULL;
	CLEANUP_FREE uint8_t *a = NULL, *b = NULL;

	for (size_t i = 0; i < 300; i++)
		add(&model, i * 10, "/Folder %zu/long name number %zu.dat", i % 5, i);
	forward = make(&model, false);
	backward = make(&model, true);
	write_image(forward, "fat-a.img", 40 * MIB, 512);
	write_image(backward, "fat-b.img", 40 * MIB, 512);
	a = file_read("fat-a.img", NULL);
	b = file_read("fat-b.img", NULL);
	cr_assert_eq(memcmp(a, b, 40 * MIB), 0);
	write_image(forward, "fat-b.img", 40 * MIB, 512);
	free(b);
	b = file_read("fat-b.img", NULL);
	cr_assert_eq(memcmp(a, b, 40 * MIB), 0, "a tree can be written twice");
	remove("fat-a.img");
	remove("fat-b.img");
}

/* Reserved sectors, FATs and root of a small volume; to be freed. */
static uint8_t *read_start(const char *path)
{
	struct disk *disk = scratch_open(path, 512);
	uint8_t *start = malloc(2 * MIB);

	cr_assert_eq(disk_read(disk, start, 2 * MIB, 0, NULL), 0);
	disk_close(disk);
	return start;
}

/* Field of the boot sector. */
static uint32_t get(const uint8_t *sector, size_t at, size_t size)
{
	return size == 1 ? sector[at] : size == 2 ? get_le16(sector + at) : get_le32(sector + at);
}

static uint32_t free_clusters(const uint8_t *image)
{
	return get_le32(image + get(image, 11, 2) + 488);
}

#define OLD_SIZE (size_t)(40 * MIB)

/* What stood on the disk before shows nowhere but in free clusters, and these are not written. */
Test(fat32, old_contents_do_not_shine_through)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *fat = NULL;
	CLEANUP_DISK struct disk *disk = scratch_new("fat-old.img", OLD_SIZE, 512);
	CLEANUP_FREE uint8_t *clean = NULL, *image = malloc(OLD_SIZE);
	size_t used;

	add(&model, 1000, "/A long name");
	add(&model, 5000, "/FOLDER/FILE");
	fat = make(&model, false);
	write_image(fat, "fat-new.img", OLD_SIZE, 512);
	clean = file_read("fat-new.img", NULL);
	memset(image, 0xcc, OLD_SIZE);
	disk_write(disk, image, OLD_SIZE, 0, NULL);
	cr_assert_eq(fat32_write(fat, disk, NULL), 0);
	disk_read(disk, image, OLD_SIZE, 0, NULL);
	used = OLD_SIZE - (size_t)free_clusters(clean) * get(clean, 13, 1) * 512;
	cr_assert_eq(memcmp(image, clean, used), 0);
	cr_assert_eq(image[used], 0xcc);
	cr_assert_eq(memcmp(image + used, image + used + 1, OLD_SIZE - used - 1), 0,
		     "free clusters were written");
	remove("fat-old.img");
	remove("fat-new.img");
}

/* The fields of the boot sector that do not depend on taste are those of mkfs.fat. */
static void compare_with_mkfs(uint64_t size, uint32_t sector_size)
{
	static const struct {
		size_t at, size;
	} fields[] = {{11, 2}, {13, 1}, {16, 1}, {17, 2}, {19, 2}, {21, 1},
		      {22, 2}, {28, 4}, {40, 2}, {42, 2}, {44, 4}, {48, 2},
		      {50, 2}, {64, 1}, {66, 1}, {67, 4}, {510, 2}};
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *fat = make(&model, false);
	CLEANUP_FREE uint8_t *mine = NULL, *theirs = NULL;
	CLEANUP_FREE char *output = NULL;
	uint64_t difference;

	write_image(fat, "fat-mine.img", size, sector_size);
	mine = read_start("fat-mine.img");
	cr_assert_eq(
		tool_run(&output,
			 "rm -f fat-theirs.img; mkfs.fat --invariant -F 32 -S %u -s %u -h 2048 "
			 "-i 1234abcd -n SYSTEM -C fat-theirs.img %" PRIu64,
			 sector_size, mine[13], size / 1024),
		0, "%s", output);
	theirs = read_start("fat-theirs.img");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		cr_assert_eq(get(mine, fields[i].at, fields[i].size),
			     get(theirs, fields[i].at, fields[i].size),
			     "field at %zu, %" PRIu64 " bytes", fields[i].at, size);
	/* mkfs.fat rounds down to whole tracks. */
	cr_assert_lt(get(mine, 32, 4) - get(theirs, 32, 4), 63, "sectors");
	cr_assert_eq(memcmp(mine + 71, theirs + 71, 19), 0, "label and type");
	cr_assert_eq(memcmp(mine + 6 * sector_size, mine, 2 * sector_size), 0, "backup");
	difference = (uint64_t)llabs((long long)free_clusters(mine) - free_clusters(theirs));
	cr_assert_leq(difference, 64, "%u free clusters, mkfs.fat leaves %u", free_clusters(mine),
		      free_clusters(theirs));
	remove("fat-mine.img");
	remove("fat-theirs.img");
}

Test(fat32, boot_sector_like_mkfs)
{
	if (!tool_exists("mkfs.fat"))
		cr_skip_test("dosfstools is not installed");
	compare_with_mkfs(100 * MIB, 512);
	compare_with_mkfs(260 * MIB, 512);
	compare_with_mkfs(260 * MIB, 4096);
	compare_with_mkfs(1 * GIB, 512);
}

Test(fat32, cluster_size_like_windows)
{
	static const struct {
		uint64_t size;
		uint32_t sector_size, cluster_size;
	} cases[] = {
		{40 * MIB, 512, 512},	{100 * MIB, 512, 1024},	 {200 * MIB, 512, 2048},
		{260 * MIB, 512, 4096}, {260 * MIB, 4096, 4096}, {256 * MIB, 512, 2048},
		{512 * MIB, 512, 4096}, {9 * GIB, 512, 8192},	 {20 * GIB, 4096, 16384},
		{64 * GIB, 512, 32768},
	};
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *fat = make(&model, false);
	uint8_t sector[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk *disk =
			scratch_new("fat-cluster.img", cases[i].size, cases[i].sector_size);
		uint32_t start;

		cr_assert_eq(fat32_write(fat, disk, NULL), 0);
		disk_read(disk, sector, sizeof(sector), 0, NULL);
		cr_assert_eq(sector[13] * cases[i].sector_size, cases[i].cluster_size, "%" PRIu64,
			     cases[i].size);
		start = get(sector, 14, 2) + 2 * get(sector, 36, 4);
		cr_assert_eq(start % sector[13], 0, "clusters are aligned");
		disk_close(disk);
		if (cases[i].size <= GIB && tool_exists("fsck.fat"))
			cr_assert_eq(tool_run(NULL, "fsck.fat -n fat-cluster.img"), 0);
		remove("fat-cluster.img");
	}
}

static void expect_too_small(const struct fat32 *fat, uint64_t size, uint32_t sector_size,
			     const char *words)
{
	CLEANUP_DISK struct disk *disk = scratch_new("fat-small.img", size, sector_size);
	struct error err = ERROR_INIT;

	cr_assert_lt(fat32_write(fat, disk, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_ESP_TOO_SMALL, "%s", err.message);
	cr_assert_not_null(strstr(err.message, words), "%s", err.message);
	cr_assert_str_eq(err.advice,
			 "choose a larger one with --esp-size, and another --layout than reuse");
	remove("fat-small.img");
}

Test(fat32, too_few_clusters)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *fat = make(&model, false);
	static const uint64_t sizes[] = {0, 4096, 64 * KIB, MIB, 32 * MIB};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		expect_too_small(fat, sizes[i], 512, "65525 clusters");
	expect_too_small(fat, 200 * MIB, 4096, "65525 clusters");
}

/* A file that fills the volume to its last cluster, then one byte more. */
Test(fat32, exact_fit)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0}, full = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *empty = make(&model, false), *fat = NULL;
	CLEANUP_FREE uint8_t *image = NULL;
	CLEANUP_FREE char *wrong = NULL;
	size_t room;

	write_image(empty, "fat-fit.img", 40 * MIB, 512);
	image = read_start("fat-fit.img");
	room = (size_t)free_clusters(image) * 512;
	add(&full, room - 512, "/EFI/FILE"); /* the folder takes a cluster */
	fat = make(&full, false);
	cr_assert_eq(fat32_used(fat, 512), room + 512, "and the root has one");
	write_image(fat, "fat-fit.img", 40 * MIB, 512);
	free(image);
	image = read_start("fat-fit.img");
	cr_assert_eq(free_clusters(image), 0);
	wrong = fat_model_has_tools() ? fat_model_check(&full, "fat-fit.img") : NULL;
	cr_assert_null(wrong, "%s", wrong);
	cr_assert_eq(fat32_add(fat, "/MORE", calloc(1, 1), 1, 0, NULL), 0);
	expect_too_small(fat, 40 * MIB, 512, "the files need");
	remove("fat-fit.img");
}

/* Many small files do not fit into large clusters: smaller ones are taken before giving up. */
Test(fat32, smaller_clusters_when_the_usual_are_too_few)
{
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *fat = NULL;
	CLEANUP_FREE uint8_t *image = NULL;

	for (size_t i = 0; i < 70000; i++)
		add(&model, 10, "/%zu/%zu", i / 1000, i);
	fat = make(&model, false);
	write_image(fat, "fat-smaller.img", 260 * MIB, 512);
	image = read_start("fat-smaller.img");
	cr_assert_eq(image[13] * 512, 2048);
	if (tool_exists("fsck.fat"))
		cr_assert_eq(tool_run(NULL, "fsck.fat -n fat-smaller.img"), 0);
	remove("fat-smaller.img");
}

/* The entry of the root with this short name. */
static const uint8_t *find_entry(const uint8_t *image, const char *name)
{
	size_t start = (get(image, 14, 2) + 2 * get(image, 36, 4)) * get(image, 11, 2);

	for (const uint8_t *entry = image + start; entry[0]; entry += 32)
		if (memcmp(entry, name, 11) == 0)
			return entry;
	cr_assert_fail("no entry '%s'", name);
	return NULL;
}

/* mtools knows no characters beyond 16 bits. */
Test(fat32, name_with_a_surrogate_pair)
{
	static const uint8_t name[] = {0x3d, 0xd8, 0xbe, 0xdc, 'x', 0, 0, 0, 0xff, 0xff};
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *fat = NULL;
	CLEANUP_FREE uint8_t *image = NULL;

	add(&model, 10, "/\360\237\222\276x");
	fat = make(&model, false);
	write_image(fat, "fat-pair.img", 40 * MIB, 512);
	image = read_start("fat-pair.img");
	cr_assert_eq(memcmp(find_entry(image, "__X~1      ") - 31, name, sizeof(name)), 0);
	if (tool_exists("fsck.fat"))
		cr_assert_eq(tool_run(NULL, "fsck.fat -n fat-pair.img"), 0);
	remove("fat-pair.img");
}

Test(fat32, times)
{
	static const struct {
		int64_t time;
		uint16_t date, clock;
		uint8_t odd;
	} cases[] = {
		{0, 0x0021, 0, 0},
		{315532800, 0x0021, 0, 0},
		{315532801, 0x0021, 0, 100},
		{TIME, 43 << 9 | 11 << 5 | 14, 22 << 11 | 13 << 5 | 10, 100},
		{INT64_C(1709210096), 44 << 9 | 2 << 5 | 29, 12 << 11 | 34 << 5 | 28, 0},
		{INT64_C(4354819199), 127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29, 0},
		{INT64_MAX, 127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29, 0},
		{INT64_MIN, 0x0021, 0, 0},
	};
	struct fat32 *fat;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE uint8_t *image = NULL;
		const uint8_t *entry;

		cr_assert_eq(fat32_new(&usual_spec, &fat, NULL), 0);
		cr_assert_eq(fat32_add(fat, "/FILE", NULL, 0, cases[i].time, NULL), 0);
		write_image(fat, "fat-time.img", 40 * MIB, 512);
		fat32_free(fat);
		image = read_start("fat-time.img");
		entry = find_entry(image, "FILE       ");
		cr_assert_eq(get_le16(entry + 24), cases[i].date, "%" PRId64, cases[i].time);
		cr_assert_eq(get_le16(entry + 22), cases[i].clock, "%" PRId64, cases[i].time);
		cr_assert_eq(get_le16(entry + 16), cases[i].date);
		cr_assert_eq(get_le16(entry + 18), cases[i].date);
		cr_assert_eq(entry[13], cases[i].odd, "%" PRId64, cases[i].time);
	}
	remove("fat-time.img");
}
