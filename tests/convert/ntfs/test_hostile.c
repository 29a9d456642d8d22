/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damaged NTFS volumes: random bytes in file records and index blocks of a small Windows, and
 * everything that a conversion does with a volume. Each must end in a result or in an error, soon.
 * HVGEN2_HOSTILE_RUNS sets the number of variants, HVGEN2_HOSTILE_SEED the first one.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/hive/hive.h"
#include "convert/guest/windows/bootfiles.h"
#include "ntfs_image.h"
#include "tests/support/memory_disk.h"

#define IMAGE_SIZE   (8 * MIB)
#define DEFAULT_RUNS 300
#define MAX_RECORDS  4096

static char image[256];
static uint8_t *good, *work;
static size_t records[MAX_RECORDS], record_count;
static uint64_t state;

static uint32_t draw(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

static void add_program(ntfs_volume *volume, const char *path)
{
	uint8_t program[9000] = "MZ";

	program[0x3c] = 0x80;
	memcpy(program + 0x80, "PE\0\0\x64\x86", 6);
	image_add(volume, path, program, sizeof(program));
}

static void add_software(ntfs_volume *volume)
{
	struct hive *hive;
	hive_node_h key;
	uint8_t *bytes;
	size_t size;

	cr_assert_eq(hive_new("SOFTWARE", "ROOT", 5, &hive, NULL), 0);
	key = hive_make(hive, 0, "Microsoft\\Windows NT\\CurrentVersion", NULL);
	cr_assert_eq(hive_set(hive, key, "CurrentVersion", 1,
			      "6\0.\0"
			      "3\0\0",
			      8, NULL),
		     0);
	cr_assert_eq(hive_commit(hive, &bytes, &size, NULL), 0);
	hive_close(hive);
	image_add(volume, "Windows/System32/config/SOFTWARE", bytes, size);
	free(bytes);
}

static void fill(ntfs_volume *volume)
{
	static uint8_t bytes[300000];
	char path[64];

	image_pattern(bytes, sizeof(bytes), 3);
	add_software(volume);
	image_add(volume, "Windows/System32/config/SYSTEM", bytes, 40000);
	add_program(volume, "Windows/System32/ntoskrnl.exe");
	add_program(volume, "Windows/System32/winload.efi");
	add_program(volume, "Windows/Boot/EFI/bootmgfw.efi");
	image_add(volume, "Windows/small.txt", "hello", 5);
	image_add_compressed(volume, "Windows/lznt1.bin", bytes, 70000);
	image_add_sparse(volume, "Windows/sparse.bin", 300000, "x", 1);
	for (unsigned int algorithm = 0; algorithm < 4; algorithm++) {
		snprintf(path, sizeof(path), "Windows/wof%u", algorithm);
		image_add_wof(volume, path, algorithm, bytes, 70000);
	}
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "Windows/many/a rather long name of file number %d",
			 i);
		image_add(volume, path, bytes, (size_t)(i % 7) * 100);
	}
	image_add(volume, "hiberfil.sys", bytes + 1, 5000);
	image_set_journal(volume, 1, 1, true);
}

static void find_records(void)
{
	for (size_t at = 0; at + 4096 <= IMAGE_SIZE && record_count < MAX_RECORDS; at += 1024)
		if ((memcmp(good + at, "FILE", 4) == 0 && good[at + 22] & 1) ||
		    memcmp(good + at, "INDX", 4) == 0)
			records[record_count++] = at;
	cr_assert_gt(record_count, 80);
}

static void set_up(void)
{
	ntfs_volume *volume;
	int fd;

	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/hostile-%d.ntfs", BUILD_DIR,
		 (int)getpid());
	image_make(image, IMAGE_SIZE, 4096);
	volume = image_mount(image);
	fill(volume);
	image_unmount(volume);
	good = malloc(IMAGE_SIZE);
	work = malloc(IMAGE_SIZE);
	fd = open(image, O_RDONLY | O_CLOEXEC);
	cr_assert_eq(read(fd, good, IMAGE_SIZE), (ssize_t)IMAGE_SIZE);
	close(fd);
	unlink(image);
	find_records();
}

static void tear_down(void)
{
	free(good);
	free(work);
}

static void damage_byte(uint8_t *at)
{
	static const uint32_t evil[] = {0,	 1,	     2,		 4,	    8,	   0x10,
					0x18,	 0x30,	     0x7f,	 0x80,	    0xff,  0x100,
					0x1000,	 0x7fff,     0x8000,	 0xffff,    0x3f0, 0xfff8,
					0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
	uint32_t value = evil[draw(ARRAY_SIZE(evil))];

	switch (draw(4)) {
	case 0:
		*at ^= (uint8_t)(1 << draw(8));
		break;
	case 1:
		*at = (uint8_t)value;
		break;
	case 2:
		put_le16(at, (uint16_t)value);
		break;
	default:
		put_le32(at, value);
	}
}

static void damage(void)
{
	for (uint32_t left = 1 + draw(2); left > 0; left--) {
		uint8_t *record = work + records[draw((uint32_t)record_count)];
		bool is_index = record[0] == 'I';
		uint32_t used = is_index ? get_le32(record + 0x1c) + 0x18 : get_le32(record + 0x18);

		if (used < 64 || used > 4096)
			used = 512;
		for (uint32_t bytes = 1 + draw(4); bytes > 0; bytes--)
			damage_byte(record + (draw(used) & ~(draw(2) ? 1u : 0u)));
	}
}

static void expect_told(int r, const struct error *err)
{
	cr_assert_eq(r < 0, err->kind != ERROR_NONE, "%d, kind %d: %s", r, err->kind, err->message);
	cr_assert(r == 0 || err->message[0]);
}

static void walk(struct volume *volume, const char *path, unsigned int depth, unsigned int *left)
{
	struct error err = ERROR_INIT;
	struct volume_entry *entries;
	size_t count;
	int r = volume_list(volume, path, &entries, &count, &err);

	expect_told(r, &err);
	if (r < 0)
		return;
	for (size_t i = 0; i<count && * left> 0; i++) {
		char below[1024];
		uint8_t *data;
		size_t size;

		(*left)--;
		snprintf(below, sizeof(below), "%s\\%s", path, entries[i].name);
		if (entries[i].is_directory && depth < 6)
			walk(volume, below, depth + 1, left);
		else if (volume_read_file(volume, below, MIB, &data, &size, NULL) == 0)
			free(data);
	}
	volume_entries_free(entries, count);
}

static void survey(struct disk *disk)
{
	struct bootfiles_report report;
	struct guest_files files = {.list = NULL};
	struct windows windows = {.root = "\\Windows"};
	struct error err = ERROR_INIT;
	struct volume *volume;
	unsigned int left = 120;
	bool found;
	int r = volume_open(disk, false, &volume, &err);

	expect_told(r, &err);
	cr_assert_neq(err.kind, ERROR_FAILED, "damage is not called damage: %s", err.message);
	if (r < 0)
		return;
	r = windows_find(volume, &windows, &found, &err);
	expect_told(r, &err);
	cr_assert_neq(err.kind, ERROR_FAILED, "damage is not called damage: %s", err.message);
	err = (struct error)ERROR_INIT;
	windows_check_efi(volume, &windows, NULL);
	r = bootfiles_add(volume, &windows, BOOTFILES_AUTO, &files, &report, &err);
	expect_told(r, &err);
	bootfiles_report_done(&report);
	guest_files_done(&files);
	walk(volume, "", 0, &left);
	volume_cleanup(&volume);
}

static void edit(struct disk *disk)
{
	static const uint8_t zeros[400000];
	struct volume *volume;

	if (volume_open(disk, true, &volume, NULL) < 0)
		return;
	volume_replace_file(volume, "\\Windows\\System32\\config\\SYSTEM", zeros, sizeof(zeros),
			    NULL);
	volume_replace_file(volume, "\\Windows\\lznt1.bin", zeros, 30000, NULL);
	volume_replace_file(volume, "\\Windows\\small.txt", zeros, 3000, NULL);
	volume_close(volume, NULL);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

Test(volume_hostile, ends_in_a_result_or_an_error, .init = set_up, .fini = tear_down)
{
	struct memory_disk memory;
	uint64_t runs = number_from("HVGEN2_HOSTILE_RUNS", DEFAULT_RUNS);
	uint64_t first = number_from("HVGEN2_HOSTILE_SEED", 1);
	struct rusage before, after;

	memory_disk_init(&memory, work, IMAGE_SIZE);
	getrusage(RUSAGE_SELF, &before);
	for (uint64_t seed = first; seed < first + runs; seed++) {
		if (runs > DEFAULT_RUNS)
			fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
		state = seed;
		memcpy(work, good, IMAGE_SIZE);
		damage();
		survey(&memory.disk);
		edit(&memory.disk);
	}
	getrusage(RUSAGE_SELF, &after);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
	cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 65536, "grew by %ld KiB",
		     after.ru_maxrss - before.ru_maxrss);
#endif
}
