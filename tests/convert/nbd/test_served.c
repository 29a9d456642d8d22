/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that made a map has read what a guest wrote: no map makes the server read anything
 * but its files. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/nbd/served.h"
#include "tests/support/scratch.h"

#define FILE_SIZE 8192

/* 4096 bytes of the file, backwards as its halves go; zeros; 512 changed bytes. */
static const struct map_piece good[] = {
	{0, 0, 4096},
	{4096, 0, 0},
	{8192, MAP_ZERO, 0},
	{12288, MAP_MEMORY, 0},
};
#define DISK_SIZE 12800

/* A map that a test spoils before it is opened. */
struct spoilt {
	struct map map;
	struct map_sinks sinks;
	struct map_piece pieces[ARRAY_SIZE(good)];
	size_t file_count;
};

static int memory_of(const void *bytes, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	return fd;
}

static struct spoilt make(const char *name)
{
	struct spoilt ret = {.map = {.disk_size = DISK_SIZE,
				     .piece_count = ARRAY_SIZE(good),
				     .memory_size = 512,
				     .file_count = 1},
			     .file_count = 1};
	uint8_t bytes[FILE_SIZE];
	char path[64];
	struct stat st;

	memset(bytes, 'a', 4096);
	memset(bytes + 4096, 'b', 4096);
	snprintf(path, sizeof(path), "served-%s", name);
	file_write(path, bytes, sizeof(bytes));
	ret.sinks.files[0] = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert(ret.sinks.files[0] >= 0 && fstat(ret.sinks.files[0], &st) == 0);
	ret.map.files[0] = (struct map_file){FILE_SIZE, st.st_mtim, st.st_ctim};
	memset(bytes, 'c', 512);
	ret.sinks.memory = memory_of(bytes, 512);
	memcpy(ret.pieces, good, sizeof(good));
	return ret;
}

static int open_spoilt(struct spoilt *spoilt, struct served *ret, struct error *err)
{
	spoilt->sinks.pieces = memory_of(spoilt->pieces, sizeof(spoilt->pieces));
	return served_open(&spoilt->map, &spoilt->sinks, spoilt->file_count, ret, err);
}

static void refuse(struct spoilt *spoilt, const char *what)
{
	struct served served;
	struct error err = ERROR_INIT;

	cr_assert_lt(open_spoilt(spoilt, &served, &err), 0, "%s was taken", what);
	cr_assert_eq(err.kind, ERROR_FAILED);
	served_done(&served);
}

Test(served, reads_and_maps)
{
	struct spoilt spoilt = make("good");
	struct served served;
	struct served_extent extent;
	struct error err = ERROR_INIT;
	char bytes[DISK_SIZE];

	cr_assert_eq(open_spoilt(&spoilt, &served, &err), 0, "%s", err.message);
	cr_assert_eq(served_read(&served, bytes, DISK_SIZE, 0, &err), 0, "%s", err.message);
	cr_assert(bytes[0] == 'b' && bytes[4095] == 'b' && bytes[4096] == 'a' &&
		  bytes[8191] == 'a');
	cr_assert(bytes[8192] == 0 && bytes[12287] == 0 && bytes[12288] == 'c' &&
		  bytes[12799] == 'c');
	cr_assert_eq(served_read(&served, bytes, 2, 4095, &err), 0);
	cr_assert(bytes[0] == 'b' && bytes[1] == 'a');
	cr_assert_eq(served_extent(&served, 8200, &extent, &err), 0);
	cr_assert(extent.is_zero && extent.length == 12288 - 8200);
	cr_assert_eq(served_extent(&served, 100, &extent, &err), 0);
	cr_assert(!extent.is_zero && extent.length == 4096 - 100);
	served_cache(&served, DISK_SIZE, 0);
	/* The changed bytes and the map stay what was looked at. */
	cr_assert_eq(write(spoilt.sinks.memory, bytes, 1), -1);
	cr_assert_eq(errno, EPERM);
	served_done(&served);
}

Test(served, a_changed_file_is_told_once)
{
	struct spoilt spoilt = make("changed");
	struct served served;
	struct error err = ERROR_INIT, again = ERROR_INIT;
	char bytes[512];

	cr_assert_eq(open_spoilt(&spoilt, &served, &err), 0, "%s", err.message);
	cr_assert_eq(chmod("served-changed", 0600), 0);
	cr_assert_eq(served_read(&served, bytes, sizeof(bytes), 0, &err), -EIO);
	cr_assert(strstr(err.message, "/served-changed' was changed while it is served"), "%s",
		  err.message);
	cr_assert_eq(served_read(&served, bytes, sizeof(bytes), 8192, &again), -EIO);
	cr_assert_eq(again.kind, ERROR_NONE);
	served_done(&served);
}

Test(served, pieces_that_are_not_valid)
{
	static const struct {
		const char *what;
		size_t index;
		struct map_piece piece;
	} cases[] = {
		{"a first piece that starts later", 0, {512, 0, 4096}},
		{"a piece that starts where the last one did", 1, {0, 0, 0}},
		{"pieces in the wrong order", 2, {4000, MAP_ZERO, 0}},
		{"a piece behind the end", 3, {DISK_SIZE, MAP_ZERO, 0}},
		{"a piece of an unknown file", 1, {4096, 1, 0}},
		{"a piece of the file before the first", 1, {4096, MAP_FILES_MAX, 0}},
		{"changed bytes that are none", 3, {12288, MAP_MEMORY, 1}},
		{"an offset that overflows", 1, {4096, 0, UINT64_MAX - 100}},
		{"an offset that no file has", 1, {4096, 0, INT64_MAX - 4000}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spoilt spoilt = make("pieces");

		spoilt.pieces[cases[i].index] = cases[i].piece;
		refuse(&spoilt, cases[i].what);
	}
}

Test(served, numbers_that_are_not_valid)
{
	static const struct {
		const char *what;
		size_t at;
		uint64_t value;
	} cases[] = {
		{"no piece", offsetof(struct map, piece_count), 0},
		{"fewer pieces than there are", offsetof(struct map, piece_count), 3},
		{"more pieces than there are", offsetof(struct map, piece_count), 5},
		{"more pieces than fit", offsetof(struct map, piece_count), UINT64_MAX / 8},
		{"an empty disk", offsetof(struct map, disk_size), 0},
		{"a disk that ends within a sector", offsetof(struct map, disk_size), 12801},
		{"a disk that is too large", offsetof(struct map, disk_size), UINT64_MAX - 511},
		{"more changed bytes than there are", offsetof(struct map, memory_size), 1024},
		{"two files of one", offsetof(struct map, file_count), 2},
		{"no file", offsetof(struct map, file_count), 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spoilt spoilt = make("numbers");

		memcpy((char *)&spoilt.map + cases[i].at, &cases[i].value, sizeof(uint64_t));
		refuse(&spoilt, cases[i].what);
	}
}

Test(served, files_that_are_not_valid)
{
	struct spoilt spoilt = make("files");
	int ends[2];

	close(spoilt.sinks.files[0]);
	spoilt.sinks.files[0] = open("served-files", O_RDWR | O_CLOEXEC);
	refuse(&spoilt, "a file that can be written");
	spoilt = make("files");
	cr_assert_eq(pipe(ends), 0);
	close(spoilt.sinks.files[0]);
	spoilt.sinks.files[0] = ends[0];
	refuse(&spoilt, "a pipe");
	spoilt = make("files");
	spoilt.file_count = 0;
	close(spoilt.sinks.files[0]);
	refuse(&spoilt, "a map without its file");
}
