/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of vhd/ share: files at test time, foreign tools, and comparing a disk with the
 * truth. */
#ifndef HVGEN2_TESTS_VHD_SUPPORT_H
#define HVGEN2_TESTS_VHD_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/disk.h"
#include "vhd/vhd.h"

/* The path of a file for this test process, in the build folder; a new string each time. Removed by
 * support_clean(). */
char *test_path(const char *name);

/* Remove all files named by test_path() in this process. Use as .fini. */
void support_clean(void);

/* Run a shell command made printf-like, quietly. Returns its exit status. */
int run(const char *format, ...) PRINTF_LIKE(1, 2);

/* Is the program installed? */
bool have(const char *program);

/* Skip the test (by criterion) unless the file exists. */
void need_file(const char *path);
void need_tool(const char *program);

/* Unpack SHARED_DATA/hyperv/NAME.gz to a new test file and return its path; skips the test when it
 * is absent. */
char *unpack(const char *name);

/* Make a raw file of 'size' bytes that is sparse except for 'runs' stretches of pseudo-random data;
 * 55 aa in sector 0. */
void make_raw(const char *path, uint64_t size, unsigned int runs, uint64_t max_run, uint64_t seed);

/* Open; fails the test with the error's text. */
struct disk *open_disk(const char *path);

/* The same, as what it is stated to be. */
struct disk *open_as(const char *path, enum vhd_open_format format);

/* Opening must fail: returns the error, whose message has been checked to look like one. */
struct error open_error(const char *path);

/* Does one of the findings of opening this disk, which is not one of its parents', hold 'text'? */
bool has_noticed(const struct disk *disk, const char *text);

/* The disk must read as the raw file does, by disk_read() and by its extents; beyond the raw file's
 * end as zeros. */
void expect_same(struct disk *disk, const char *raw_path);

/* Read every byte through libvhdi and compare with 'disk'. 'path' is the image; no parents. */
void expect_libvhdi_agrees(struct disk *disk, const char *path);

/* Write 'contents' to 'path' with round values for what is not given. */
void write_vhdx(const char *path, enum vhd_type type, uint32_t block_size, struct disk *contents);
struct vhdx_spec sample_spec(enum vhd_type type, uint32_t block_size);

/* Bytes of the file system that the file takes. */
uint64_t stored_bytes(const char *path);

/* Overwrite bytes of a file. */
void patch(const char *path, uint64_t offset, const void *bytes, size_t length);
void peek(const char *path, uint64_t offset, void *bytes, size_t length);

/* A small deterministic generator (xorshift64*). */
uint64_t next_random(uint64_t *state);

#endif
