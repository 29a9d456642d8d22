/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small converted disk for the tests of 'hvgen2 verify', made by foreign tools alone (sgdisk,
 * mkfs.fat, mtools, mkntfs), as a raw file: ESP (FAT32), MSR, and an NTFS volume. Every test gets a
 * copy of its own to damage.
 */
#ifndef HVGEN2_TESTS_CONVERT_VERIFY_FIXTURE_H
#define HVGEN2_TESTS_CONVERT_VERIFY_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "convert/verify/checks.h"

#define FIXTURE_SECTORS	     UINT64_C(409600) /* 200 MiB */
#define FIXTURE_ESP_LBA	     UINT64_C(2048)
#define FIXTURE_ESP_SECTORS  UINT64_C(204800)
#define FIXTURE_NTFS_LBA     UINT64_C(239616)
#define FIXTURE_NTFS_SECTORS UINT64_C(131072)

struct fixture {
	char folder[512]; /* removed by fixture_done() */
	char path[600];	  /* of the raw disk */
	struct disk *disk;
	struct vhd_info info;
	struct verify *verify; /* set up for the disk, nothing checked yet */
};

/* Skips the test when a tool is absent. */
void fixture_init(struct fixture *fixture);
void fixture_done(struct fixture *fixture);

/*
 * The disk becomes a VHDX, made by qemu-img with these options; 'vhdx' is its path. Returns the raw
 * one, to be closed after fixture_done(). Skips the test when qemu-img is absent.
 */
struct disk *fixture_to_vhdx(struct fixture *fixture, const char *qemu_options, char vhdx[700]);

/* Forget all results, for a check of other bytes. */
void fixture_restart(const struct fixture *fixture);

/* Run a shell command that must succeed; in it, %s stands for the path of the disk. */
void fixture_run(const struct fixture *fixture, const char *command);

void fixture_read(const struct fixture *fixture, uint64_t offset, void *bytes, size_t size);
void fixture_write(const struct fixture *fixture, uint64_t offset, const void *bytes, size_t size);
void fixture_flip(const struct fixture *fixture, uint64_t offset);

/* Make the CRCs of both copies of the GPT right again after an edit. */
void fixture_fix_gpt(const struct fixture *fixture);

/* A file of the test: a minimal x64 EFI application; 'extra' makes it differ. */
#define FIXTURE_PROGRAM_BYTES 1024
void fixture_program(uint8_t program[FIXTURE_PROGRAM_BYTES], uint8_t extra);
/* Put bytes as a file on the ESP, replacing what is there. */
void fixture_put_esp(const struct fixture *fixture, const char *path, const void *bytes,
		     size_t size);

/* Flip a bit of entry 'number' of the partition table, in both copies, with right CRCs. */
void fixture_flip_entry(const struct fixture *fixture, unsigned int number, unsigned int field);

/* How many results have that name. */
size_t fixture_count(const struct fixture *fixture, const char *name);
/* The only result of that name; the test fails when there is none or more than one. */
const struct verify_result *fixture_result(const struct fixture *fixture, const char *name);

/* The suite 'name', of which each test gets a disk in the variable 'fixture'. */
#define FIXTURE_SUITE(name)                                                                        \
	static struct fixture fixture;                                                             \
	static void set_up(void)                                                                   \
	{                                                                                          \
		fixture_init(&fixture);                                                            \
	}                                                                                          \
	static void tear_down(void)                                                                \
	{                                                                                          \
		fixture_done(&fixture);                                                            \
	}                                                                                          \
	TestSuite(name, .init = set_up, .fini = tear_down)

/* Assertions that print the detail. */
#define assert_status(fixture, expected, check)                                                    \
	do {                                                                                       \
		const struct verify_result *result_ = fixture_result(fixture, check);              \
		cr_assert_eq(result_->status, expected, "%s is %s: %s", check,                     \
			     verify_status_text(result_->status), result_->detail);                \
	} while (0)
#define assert_ok(fixture, check)      assert_status(fixture, VERIFY_OK, check)
#define assert_skipped(fixture, check) assert_status(fixture, VERIFY_SKIPPED, check)
#define assert_fail(fixture, check, words)                                                         \
	do {                                                                                       \
		assert_status(fixture, VERIFY_FAIL, check);                                        \
		cr_assert_not_null(strstr(fixture_result(fixture, check)->detail, words),          \
				   "'%s' is not in: %s", words,                                    \
				   fixture_result(fixture, check)->detail);                        \
	} while (0)

#endif
