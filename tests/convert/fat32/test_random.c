/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random trees on random volumes: fsck.fat must find nothing and mtools must copy out what was put
 * in. A failure is repeated with the HVGEN2_SEED that is printed.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "tests/support/fat_model.h"
#include "tests/support/scratch.h"

#define ROUNDS	  8
#define MAX_FILES 150
#define PATH_ROOM 1024

TestSuite(fat32_random, .timeout = 300);

/* Pieces of names: what fits into 8.3, what does not, what looks like a numeric tail, what is not
 * ASCII. */
static const char *const pieces[] = {
	"A",
	"b",
	"BOOT",
	"boot",
	"Boot",
	"longer than eight",
	"~1",
	"~2",
	"BOOT~1",
	".",
	".txt",
	".TXT",
	".efi.mui",
	" ",
	"+",
	"[1]",
	"{5DAC656C}",
	"_",
	"-",
	"0123456789",
	"\303\244",
	"\303\211",
	"\316\251",
	"\320\226",
	"\343\201\202",
	"..x",
	"#",
	"'",
	"%",
	"&",
	"@",
	"$",
	"!",
	"e",
	"1",
};

static void append(char *path, const char *text)
{
	size_t used = strlen(path);

	snprintf(path + used, PATH_ROOM - used, "%s", text);
}

static void append_name(char *path, uint64_t *state)
{
	uint64_t count = 1 + random_below(state, 4);

	append(path, "/");
	while (count-- > 0)
		append(path, pieces[random_below(state, ARRAY_SIZE(pieces))]);
}

/* Up to seven folders from a small stock, so that paths share them, then a name. */
static void make_path(char *path, uint64_t *state)
{
	uint64_t depth = random_below(state, 8) * random_below(state, 2);

	path[0] = '\0';
	while (depth-- > 0) {
		uint64_t folder = 1 + random_below(state, 3);

		append_name(path, &folder);
	}
	append_name(path, state);
}

static size_t make_size(uint64_t *state)
{
	static const size_t limits[] = {1, 2, 600, 5000, 40000, 1000000};

	return (size_t)random_below(state, limits[random_below(state, ARRAY_SIZE(limits))]);
}

/* Keep the file in the model only if the tree takes it: some paths are taken or not allowed. */
static void add_file(struct fat_model *model, struct fat32 *fat, uint64_t *state)
{
	char path[PATH_ROOM];
	struct fat_model one = {NULL, 0};
	/* 1980 to 2099: mtools takes 2100 for a leap year. */
	int64_t time = INT64_C(315532800) + (int64_t)random_below(state, 3786912000);

	make_path(path, state);
	fat_model_add(&one, path, make_size(state), time);
	if (fat_model_fill(&one, fat, false, NULL) == 0)
		fat_model_add(model, path, one.files[0].size, time);
	fat_model_done(&one);
}

static void write_somewhere(const struct fat32 *fat, const char *path, uint64_t *state)
{
	uint32_t sector_size = random_below(state, 4) ? 512 : 4096;
	uint64_t least = sector_size == 512 ? 200 * MIB : 300 * MIB;
	uint64_t size = least + random_below(state, 100 * MIB / sector_size) * sector_size;
	CLEANUP_DISK struct disk *disk = scratch_new(path, size, sector_size);
	struct error err = ERROR_INIT;

	cr_assert_eq(fat32_write(fat, disk, &err), 0, "%s", err.message);
}

static void play_round(uint64_t *state)
{
	struct fat32_spec spec = {.label = "RANDOM", .volume_id = (uint32_t)random_next(state)};
	CLEANUP_MODEL struct fat_model model = {NULL, 0};
	CLEANUP_FAT32 struct fat32 *fat = NULL;
	CLEANUP_FREE char *wrong = NULL;
	uint64_t files = random_below(state, MAX_FILES);

	cr_assert_eq(fat32_new(&spec, &fat, NULL), 0);
	while (files-- > 0)
		add_file(&model, fat, state);
	write_somewhere(fat, "fat-random.img", state);
	wrong = fat_model_check(&model, "fat-random.img");
	cr_assert_null(wrong, "%s", wrong);
}

Test(fat32_random, trees)
{
	uint64_t state;

	if (!fat_model_has_tools())
		cr_skip_test("dosfstools or mtools is not installed");
	state = random_seed("fat32_random");
	for (int i = 0; i < ROUNDS; i++)
		play_round(&state);
	remove("fat-random.img");
}
