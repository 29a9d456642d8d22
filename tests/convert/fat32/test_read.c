/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes made by mkfs.fat and filled by mtools, read by us; and what is done to them afterwards. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/fat32/read.h"
#include "tests/support/scratch.h"

#define MTOOLS "MTOOLS_SKIP_CHECK=1 MTOOLS_NO_VFAT= LC_ALL=C.UTF-8 "

static void demand_tools(void)
{
	if (!tool_exists("mkfs.fat") || !tool_exists("mcopy") || !tool_exists("mdir"))
		cr_skip_test("dosfstools or mtools is not installed");
}

TestSuite(fat_read, .init = demand_tools, .timeout = 120);

static void shell(const char *format, ...) PRINTF_LIKE(1, 2);

static void shell(const char *format, ...)
{
	CLEANUP_FREE char *command = NULL, *output = NULL;
	va_list args;

	va_start(args, format);
	cr_assert_geq(vasprintf(&command, format, args), 0);
	va_end(args);
	cr_assert_eq(tool_run(&output, "%s", command), 0, "%s: %s", command, output);
}

/* A volume of 'size' bytes in the file 'name'. */
static void make(const char *name, uint64_t size, const char *options)
{
	remove(name);
	shell("truncate -s %" PRIu64 " %s && mkfs.fat -n 'TEST DISK' %s %s", size, name, options,
	      name);
}

struct fixture {
	struct disk *disk;
	struct fat_volume *volume;
};

static void fixture_done(struct fixture *fixture)
{
	fat_volume_cleanup(&fixture->volume);
	disk_close(fixture->disk);
}
#define CLEANUP_FIXTURE CLEANUP(fixture_done)

static struct fixture open_file(const char *name)
{
	struct fixture fixture = {.disk = scratch_open(name, 512)};
	struct error err = ERROR_INIT;

	cr_assert_eq(fat_volume_open(fixture.disk, &fixture.volume, &err), 0, "%s", err.message);
	return fixture;
}

/* The file at 'path' holds what the file 'host' does. */
static void expect_same(struct fat_volume *volume, const char *path, const char *host)
{
	CLEANUP_FREE uint8_t *data = NULL;
	CLEANUP_FREE uint8_t *wanted = NULL;
	struct error err = ERROR_INIT;
	size_t size = 0, wanted_size = 0;

	cr_assert_eq(fat_volume_read_file(volume, path, MIB, &data, &size, &err), 0, "%s",
		     err.message);
	wanted = file_read(host, &wanted_size);
	cr_assert_not_null(wanted, "%s", host);
	cr_assert_eq(size, wanted_size, "%s", path);
	cr_assert_eq(memcmp(data, wanted, size), 0, "%s", path);
}

static int compare_with_host(struct fat_volume *volume, const char *path, const char *host);

static int compare_entry(struct fat_volume *volume, const struct fat_file *file, const char *path,
			 const char *host)
{
	CLEANUP_FREE char *below = NULL;
	CLEANUP_FREE char *host_below = NULL;

	cr_assert_geq(asprintf(&below, "%s\\%s", path, file->name), 0);
	cr_assert_geq(asprintf(&host_below, "%s/%s", host, file->name), 0);
	if (file->is_folder)
		return compare_with_host(volume, below, host_below);
	expect_same(volume, below, host_below);
	return 0;
}

/* Everything below a folder is what the folder of the host holds. Returns the number of things. */
static int compare_with_host(struct fat_volume *volume, const char *path, const char *host)
{
	struct error err = ERROR_INIT;
	struct fat_file *files;
	size_t count;
	int all;

	cr_assert_eq(fat_volume_list(volume, path, &files, &count, &err), 0, "%s", err.message);
	all = (int)count;
	for (size_t i = 0; i < count; i++)
		all += compare_entry(volume, &files[i], path, host);
	fat_files_free(files, count);
	return all;
}

/* The number of things that mdir finds. */
static int count_with_mdir(const char *name)
{
	CLEANUP_FREE char *output = NULL;

	cr_assert_eq(tool_run(&output, MTOOLS "mdir -a -b -/ -i %s :: | wc -l", name), 0);
	return atoi(output);
}

/* Names of all kinds, files of all sizes around a cluster, a folder of several clusters. */
static void make_tree(const char *folder)
{
	shell("rm -rf %s && mkdir -p %s/Boot/en-US '%s/System Volume Information' %s/many &&"
	      "cd %s && printf 1 >BOOTNXT && : >Boot/BCD.LOG &&"
	      "head -c 404250 /dev/urandom >bootmgr && head -c 28672 /dev/urandom >Boot/BCD &&"
	      "head -c 76128 /dev/urandom >Boot/en-US/bootmgr.exe.mui &&"
	      "for n in 1 511 512 513 4095 4096 4097 65535 65536 65537; do"
	      " head -c $n /dev/urandom >\"of $n bytes.bin\"; done &&"
	      "printf a >'Ünïcödé names.Ωδ' && printf b >lower.txt && printf c >MiXed.TxT &&"
	      "printf d >%s && printf e >'two.dots.here' && printf f >+,=[].txt &&"
	      "for n in $(seq 1 150); do printf $n >\"many/the file with the number $n\"; done",
	      folder, folder, folder, folder, folder,
	      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
	      "23456789012345678901234567890123456789012345678901234567890123456789012345678901");
}

struct geometry {
	char name[16];
	unsigned int bits;
	uint64_t size;
	char options[48];
};

ParameterizedTestParameters(fat_read, what_mtools_wrote)
{
	static struct geometry all[] = {
		{"fat12", 12, 4 * MIB, "-F 12 -s 4"},
		{"fat12-1", 12, 2 * MIB, "-F 12 -s 1 -f 1 -R 1"},
		{"fat12-64k", 12, 64 * MIB, "-F 12 -s 128"},
		{"fat16", 16, 20 * MIB, "-F 16 -s 4"},
		{"fat16-1", 16, 8 * MIB, "-F 16 -s 1 -r 512"},
		{"fat16-4k", 16, 64 * MIB, "-F 16 -S 4096 -s 1"},
		{"fat32", 32, 40 * MIB, "-F 32 -s 1"},
		{"fat32-8", 32, 300 * MIB, "-F 32 -s 8 -h 2048"},
		{"fat32-4k", 32, 300 * MIB, "-F 32 -S 4096 -s 1 -f 1"},
	};

	return cr_make_param_array(struct geometry, all, ARRAY_SIZE(all));
}

ParameterizedTest(struct geometry *geometry, fat_read, what_mtools_wrote)
{
	char name[32], folder[32];

	snprintf(name, sizeof(name), "read-%s.img", geometry->name);
	snprintf(folder, sizeof(folder), "read-%s", geometry->name);
	make(name, geometry->size, geometry->options);
	make_tree(folder);
	shell(MTOOLS "mcopy -s -i %s %s/* ::", name, folder);
	{
		CLEANUP_FIXTURE struct fixture fixture = open_file(name);

		cr_assert_eq(fat_volume_bits(fixture.volume), geometry->bits);
		cr_assert_str_eq(fat_volume_label(fixture.volume), "TEST DISK");
		cr_assert_eq(compare_with_host(fixture.volume, "", folder), count_with_mdir(name));
	}
	shell("rm -r %s %s", name, folder);
}

/*
 * Every second one of a row of files goes, and a large one takes the holes. Then folders grow in
 * turns, so that they are in pieces too.
 */
static void make_fragments(const char *name, const char *folder)
{
	shell("rm -rf %s && mkdir -p %s/a %s/b", folder, folder, folder);
	shell("for n in $(seq 100 160); do head -c 2048 /dev/urandom >%s/$n; done &&" MTOOLS
	      "mcopy -s -i %s %s/* ::",
	      folder, name, folder);
	shell("cd %s && for n in $(seq 101 2 159); do rm $n; done", folder);
	shell(MTOOLS "mdel -i %s $(seq -f ::%%g 101 2 159)", name);
	/* FAT32 says in sector 1 where to go on; 0xffffffff is "not known" */
	shell("case %s in *32*) printf '\\377\\377\\377\\377' |"
	      " dd of=%s bs=1 seek=1004 conv=notrunc status=none; esac",
	      name, name);
	shell("head -c 300000 /dev/urandom >%s/large &&" MTOOLS "mcopy -i %s %s/large ::", folder,
	      name, folder);
	shell("for n in $(seq 1 20); do for f in a b; do"
	      " printf $n >\"%s/$f/a name of some length $n\" &&" MTOOLS
	      "mcopy -i %s \"%s/$f/a name of some length $n\" ::/$f/ || exit 1; done; done",
	      folder, name, folder);
}

ParameterizedTestParameters(fat_read, fragments)
{
	static struct geometry all[] = {
		{"frag12", 12, 2 * MIB, "-F 12 -s 1"},
		{"frag16", 16, 8 * MIB, "-F 16 -s 1"},
		{"frag32", 32, 40 * MIB, "-F 32 -s 1"},
	};

	return cr_make_param_array(struct geometry, all, ARRAY_SIZE(all));
}

ParameterizedTest(struct geometry *geometry, fat_read, fragments)
{
	CLEANUP_FREE char *pieces = NULL;
	char name[32], folder[32];

	snprintf(name, sizeof(name), "read-%s.img", geometry->name);
	snprintf(folder, sizeof(folder), "read-%s", geometry->name);
	make(name, geometry->size, geometry->options);
	make_fragments(name, folder);
	cr_assert_eq(tool_run(&pieces, MTOOLS "mshowfat -i %s ::/large | tr -cd '<' | wc -c", name),
		     0);
	cr_assert_gt(atoi(pieces), 10, "the file is not in pieces");
	{
		CLEANUP_FIXTURE struct fixture fixture = open_file(name);

		cr_assert_eq(compare_with_host(fixture.volume, "", folder), count_with_mdir(name));
	}
	shell("rm -r %s %s", name, folder);
}

/* Files come and go at random, and the volume is what a folder of the host is. */
Test(fat_read, random_writes)
{
	uint64_t state = random_seed("fat_read");

	make("read-random.img", 4 * MIB, "-F 12 -s 2");
	shell("rm -rf read-random && mkdir read-random");
	for (int i = 0; i < 150; i++) {
		unsigned int file = (unsigned int)random_below(&state, 40);
		unsigned int size = (unsigned int)random_below(&state, 60000);

		shell("cd read-random && if [ -e 'random file %u' ]; then"
		      " rm 'random file %u' &&" MTOOLS
		      "mdel -i ../read-random.img '::random file %u';"
		      "else head -c %u /dev/urandom >'random file %u' &&" MTOOLS
		      "mcopy -i ../read-random.img 'random file %u' ::; fi",
		      file, file, file, size, file, file);
	}
	{
		CLEANUP_FIXTURE struct fixture fixture = open_file("read-random.img");

		cr_assert_eq(compare_with_host(fixture.volume, "", "read-random"),
			     count_with_mdir("read-random.img"));
	}
	shell("rm -r read-random read-random.img");
}

Test(fat_read, names_are_found_regardless_of_case)
{
	static const char *const paths[] = {"\\Boot\\BCD",  "/boot/bcd",	  "BOOT\\Bcd",
					    "//BOOT//BCD/", "\\ÜNÏCÖDÉ NAMES.ΩΔ", "\\THEFIL~1.TXT"};
	static const char *const absent[] = {"\\Boot\\BC", "\\Boot\\BCD\\x", "\\bootmgr.",
					     "\\Boot\\..", "\\TEST DISK",    "\\\xff",
					     "\\."};
	CLEANUP_FIXTURE struct fixture fixture = {.disk = NULL};
	struct fat_file file;

	make("read-names.img", 2 * MIB, "-F 12");
	shell("mkdir -p read-names/Boot && cd read-names && printf x >Boot/BCD &&"
	      "printf y >'Ünïcödé names.Ωδ' && printf z >'the file.txt' && printf w >bootmgr &&" MTOOLS
	      "mcopy -s -i ../read-names.img * ::");
	fixture = open_file("read-names.img");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct error err = ERROR_INIT;

		cr_assert_eq(fat_volume_find(fixture.volume, paths[i], &file, &err), 0, "%s",
			     err.message);
		cr_assert_eq(file.size, 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		struct error err = ERROR_INIT;

		cr_assert_eq(fat_volume_find(fixture.volume, absent[i], &file, &err), -ENOENT, "%s",
			     absent[i]);
		cr_assert_eq(err.kind, ERROR_FAILED);
	}
	cr_assert_eq(fat_volume_find(fixture.volume, "\\", &file, NULL), 0);
	cr_assert(file.is_folder);
	shell("rm -r read-names read-names.img");
}

/*
 * A FAT16 with its only FAT in sector 1, so that a test knows where an entry stands. In it: \folder
 * with \folder\deep, \file of 8 clusters, \other.
 */
#define ENTRY_OF(cluster) (512 + 2 * (uint64_t)(cluster))

static struct fixture make_hostile(const char *name)
{
	make(name, 8 * MIB, "-F 16 -s 1 -f 1 -R 1");
	shell("mkdir -p %s.d/folder/deep && cd %s.d && head -c 4096 /dev/zero >file &&"
	      "printf x >other && printf y >folder/deep/leaf &&" MTOOLS
	      "mcopy -s -i ../%s file other folder :: && rm -r ../%s.d",
	      name, name, name, name);
	return open_file(name);
}

static uint32_t cluster_of(const struct fixture *fixture, const char *path)
{
	struct fat_file file = {.name = NULL};

	cr_assert_eq(fat_volume_find(fixture->volume, path, &file, NULL), 0);
	return file.first_cluster;
}

static void set_entry(const struct fixture *fixture, uint32_t cluster, unsigned int value)
{
	uint8_t bytes[2];

	put_le16(bytes, (uint16_t)value);
	cr_assert_eq(disk_write(fixture->disk, bytes, 2, ENTRY_OF(cluster), NULL), 0);
}

/* Open again: what was changed under an open volume need not be seen. */
static void reopen(struct fixture *fixture)
{
	fat_volume_cleanup(&fixture->volume);
	cr_assert_eq(fat_volume_open(fixture->disk, &fixture->volume, NULL), 0);
}

static void expect_damage(struct fixture *fixture, const char *path, const char *words)
{
	struct error err = ERROR_INIT;
	uint8_t *data = NULL;
	size_t size;

	reopen(fixture);
	cr_assert_eq(fat_volume_read_file(fixture->volume, path, MIB, &data, &size, &err), -EUCLEAN,
		     "%s", words);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert_not_null(strstr(err.message, words), "'%s' lacks '%s'", err.message, words);
}

Test(fat_read, chains_that_lead_astray)
{
	static const struct {
		unsigned int
			link; /* of the third cluster of eight; 0x10000: back to that one less */
		const char *words;
	} cases[] = {
		{0, "no cluster of a file"},	  {1, "no cluster of a file"},
		{0xfff7, "no cluster of a file"}, {0xfff0, "no cluster of a file"},
		{0xfff8, "ends after"},		  {0xffff, "ends after"},
		{0x10000, "in a circle"},	  {0x10001, "in a circle"},
		{0x10002, "in a circle"},
	};
	CLEANUP_FIXTURE struct fixture fixture = make_hostile("read-astray.img");
	uint32_t first = cluster_of(&fixture, "\\file");
	uint8_t *data;
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int link = cases[i].link;

		set_entry(&fixture, first + 2, link < 0x10000 ? link : first + 2 - (link & 0xff));
		expect_damage(&fixture, "\\file", cases[i].words);
	}
	/* a circle behind the bytes that are wanted: they could be read, but are not the file's */
	set_entry(&fixture, first + 2, first + 3);
	set_entry(&fixture, first + 7, first);
	expect_damage(&fixture, "\\file", "in a circle");
	/* into another file: nobody can say whose clusters they are, and both can be read */
	set_entry(&fixture, first + 7, cluster_of(&fixture, "\\other"));
	reopen(&fixture);
	cr_assert_eq(fat_volume_read_file(fixture.volume, "\\other", 1, &data, &size, NULL), 0);
	cr_assert_eq(data[0], 'x');
	free(data);
	cr_assert_eq(fat_volume_read_file(fixture.volume, "\\file", 4096, &data, &size, NULL), 0);
	free(data);
	remove("read-astray.img");
}

Test(fat_read, folders_that_lead_astray)
{
	CLEANUP_FIXTURE struct fixture fixture = make_hostile("read-folders.img");
	uint32_t folder = cluster_of(&fixture, "\\folder");
	struct error err = ERROR_INIT;
	struct fat_file *files;
	size_t count;

	set_entry(&fixture, folder, folder);
	expect_damage(&fixture, "\\folder\\deep\\leaf", "in a circle");
	set_entry(&fixture, folder, 0);
	cr_assert_eq(fat_volume_list(fixture.volume, "\\folder", &files, &count, &err), -EUCLEAN);
	/* the longest folder is of 65536 entries: 4096 of these clusters */
	for (uint32_t i = 0; i < 4096; i++)
		set_entry(&fixture, 5000 + i, 5001 + i);
	set_entry(&fixture, folder, 5000);
	expect_damage(&fixture, "\\folder\\deep\\leaf", "credible");
	remove("read-folders.img");
}

/* A folder whose entry names a folder above it: as deep as the path that asks, and no deeper. */
Test(fat_read, folders_in_a_circle)
{
	CLEANUP_FIXTURE struct fixture fixture = make_hostile("read-circle.img");
	uint32_t folder = cluster_of(&fixture, "\\folder");
	struct fat_file file = {.name = NULL};
	uint64_t at;
	uint8_t sector[512], low[2];

	for (at = 512; at < 2 * MIB; at += 512) {
		cr_assert_eq(disk_read(fixture.disk, sector, 512, at, NULL), 0);
		if (memcmp(sector, ".          ", 11) == 0 &&
		    memcmp(sector + 64, "DEEP       ", 11) == 0)
			break;
	}
	put_le16(low, (uint16_t)folder);
	cr_assert_eq(disk_write(fixture.disk, low, 2, at + 64 + 26, NULL), 0);
	reopen(&fixture);
	cr_assert_eq(fat_volume_find(fixture.volume, "\\folder\\deep\\deep\\deep", &file, NULL), 0);
	cr_assert_eq(file.first_cluster, folder);
	cr_assert_eq(fat_volume_find(fixture.volume, "\\folder\\deep\\deep\\leaf", &file, NULL),
		     -ENOENT);
	remove("read-circle.img");
}

/* Two folders full of each other: a walk through them ends by itself. */
Test(fat_read, a_walk_that_would_not_end)
{
	CLEANUP_FIXTURE struct fixture fixture = make_hostile("read-walk.img");
	struct error err = ERROR_INIT;
	struct fat_file file;
	int r = 0;

	for (int i = 0; r == 0 && i < 1000000; i++)
		r = fat_volume_find(fixture.volume, "\\folder\\deep\\leaf", &file, &err);
	cr_assert_eq(r, -EUCLEAN);
	cr_assert_not_null(strstr(err.message, "in circles"), "%s", err.message);
	remove("read-walk.img");
}

/* Fields of the boot sector: offset, bytes, value, and what is said about it. */
Test(fat_read, boot_sectors_that_contradict_themselves)
{
	static const struct {
		size_t at, bytes;
		uint32_t value;
		const char *words;
	} cases[] = {
		{0x0b, 2, 0, "size of a sector"},
		{0x0b, 2, 513, "size of a sector"},
		{0x0b, 2, 8192, "size of a sector"},
		{0x0d, 1, 0, "sectors in a cluster"},
		{0x0d, 1, 3, "sectors in a cluster"},
		{0x0e, 2, 0, "reserved"},
		{0x10, 1, 0, "number of FATs"},
		{0x10, 1, 5, "number of FATs"},
		{0x11, 2, 0, "root folder"},
		{0x16, 2, 0, "root folder"},
		{0x13, 2, 1, "number of sectors"},
		{0x13, 2, 40, "number of sectors"},
		{0x13, 2, 0xffff, "of its partition"},
		{0x20, 4, UINT32_MAX, "of its partition"},
		{0x1fe, 2, 0, "signature"},
		{0x0e, 2, 0xffff, "number of sectors"},
		{0x16, 2, 0xffff, "number of sectors"},
	};
	CLEANUP_FIXTURE struct fixture fixture = make_hostile("read-themselves.img");
	uint8_t boot[512], wrong[512];

	cr_assert_eq(disk_read(fixture.disk, boot, 512, 0, NULL), 0);
	put_le32(boot + 0x20, get_le16(boot + 0x13));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fat_volume *volume = NULL;
		struct error err = ERROR_INIT;

		memcpy(wrong, boot, 512);
		if (cases[i].at == 0x20)
			put_le16(wrong + 0x13, 0);
		for (size_t j = 0; j < cases[i].bytes; j++)
			wrong[cases[i].at + j] = (uint8_t)(cases[i].value >> 8 * j);
		cr_assert_eq(disk_write(fixture.disk, wrong, 512, 0, NULL), 0);
		cr_assert_eq(fat_volume_open(fixture.disk, &volume, &err), -EUCLEAN, "case %zu", i);
		cr_assert_eq(err.kind, ERROR_DAMAGED);
		cr_assert_not_null(strstr(err.message, cases[i].words), "'%s' lacks '%s'",
				   err.message, cases[i].words);
	}
	remove("read-themselves.img");
}

/* Without mirroring only the FAT that the boot sector names is right. */
Test(fat_read, the_fat_in_use)
{
	CLEANUP_FIXTURE struct fixture fixture = {.disk = NULL};
	uint8_t boot[512], zeros[4096] = {0};
	struct error err = ERROR_INIT;
	struct fat_volume *volume = NULL;
	uint64_t reserved;

	make("read-active.img", 40 * MIB, "-F 32 -s 1");
	shell("head -c 5000 /dev/urandom >read-active &&" MTOOLS
	      "mcopy -i read-active.img read-active ::/file");
	fixture = open_file("read-active.img");
	cr_assert_eq(disk_read(fixture.disk, boot, 512, 0, NULL), 0);
	reserved = 512 * (uint64_t)get_le16(boot + 0x0e);
	cr_assert_eq(disk_write(fixture.disk, zeros, sizeof(zeros), reserved, NULL), 0);
	put_le16(boot + 0x28, 0x81);
	cr_assert_eq(disk_write(fixture.disk, boot, 512, 0, NULL), 0);
	reopen(&fixture);
	expect_same(fixture.volume, "\\file", "read-active");
	put_le16(boot + 0x28, 0x82);
	cr_assert_eq(disk_write(fixture.disk, boot, 512, 0, NULL), 0);
	cr_assert_eq(fat_volume_open(fixture.disk, &volume, &err), -EUCLEAN);
	cr_assert_not_null(strstr(err.message, "FAT in use"));
	put_le16(boot + 0x28, 1); /* mirrored: the number means nothing */
	cr_assert_eq(disk_write(fixture.disk, boot, 512, 0, NULL), 0);
	cr_assert_eq(fat_volume_open(fixture.disk, &volume, &err), -EUCLEAN);
	remove("read-active.img");
	remove("read-active");
}

/* A short entry that was renamed by a system without long names: they are not its own any more. */
Test(fat_read, long_names_that_belong_to_another)
{
	CLEANUP_FIXTURE struct fixture fixture = {.disk = NULL};
	struct fat_file *files;
	uint8_t folder[512];
	uint64_t at;
	size_t count;

	make("read-orphan.img", 2 * MIB, "-F 12 -s 1");
	shell("printf x >read-orphan &&" MTOOLS
	      "mcopy -i read-orphan.img read-orphan '::a long name of three entries.txt' &&"
	      "rm read-orphan");
	fixture = open_file("read-orphan.img");
	for (at = 0; at < MIB; at += 512) {
		cr_assert_eq(disk_read(fixture.disk, folder, 512, at, NULL), 0);
		if (memcmp(folder, "TEST DISK  ", 11) == 0)
			break;
	}
	cr_assert_eq(memcmp(folder + 32 * 4, "ALONGN~1TXT", 11), 0);
	memcpy(folder + 32 * 4, "OTHER   TXT", 11);
	cr_assert_eq(disk_write(fixture.disk, folder, 512, at, NULL), 0);
	cr_assert_eq(fat_volume_list(fixture.volume, "\\", &files, &count, NULL), 0);
	cr_assert_eq(count, 1);
	cr_assert_str_eq(files[0].name, "OTHER.TXT");
	fat_files_free(files, count);
	remove("read-orphan.img");
}
