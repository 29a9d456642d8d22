/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Initramfs as cpio and the compressors' own tools make them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/guest/linux/parse/initramfs.h"
#include "tests/convert/guest/linux/parse/fixture.h"
#include "tests/support/scratch.h"

TestSuite(linux_initramfs);

struct input {
	struct file_bytes file;
	size_t at, piece, calls;
};

static int read_input(void *context, void *buffer, size_t size, size_t *got, struct error *err)
{
	struct input *input = context;

	(void)err;
	*got = min_u64(min_u64(size, input->piece), input->file.size - input->at);
	if (*got > 0)
		memcpy(buffer, input->file.data + input->at, *got);
	input->at += *got;
	input->calls++;
	return 0;
}

static int scan_file(const struct file_bytes *file, size_t piece, struct initramfs_wanted *wanted,
		     struct initramfs_result *ret, struct error *err)
{
	struct input input = {*file, 0, piece, 0};
	const struct initramfs_source source = {read_input, &input, file->name};

	return initramfs_scan(&source, wanted, 16 * MIB, ret, err);
}

static int parse(const struct file_bytes *file, struct error *err)
{
	struct initramfs_wanted nothing = {NULL, 0};
	struct initramfs_result result;

	return scan_file(file, SIZE_MAX, &nothing, &result, err);
}

/*
 * Files below FOLDER: tree/ with modules of each suffix, a large file in front of them, and early/
 * with microcode. All archives are made of these.
 */
#define MODULES "tree/usr/lib/modules/6.1/kernel/drivers/hv/"
static void make(const char *folder, const char *format, ...) PRINTF_LIKE(2, 3);
static void make(const char *folder, const char *format, ...)
{
	CLEANUP_FREE char *command = NULL, *said = NULL;
	va_list args;
	int r;

	va_start(args, format);
	cr_assert_gt(vasprintf(&command, format, args), 0);
	va_end(args);
	r = tool_run(
		&said,
		"rm -rf %s; mkdir -p %s/early/kernel/x86/microcode %s/" MODULES "&& cd %s &&"
		"head -c 100000 /dev/urandom >tree/aa && head -c 1000000 /dev/zero >tree/ab &&"
		"printf abc >early/kernel/x86/microcode/GenuineIntel.bin && mkdir tree/dir.ko &&"
		"ln -s x tree/link.ko && cd " MODULES "&&"
		"touch hv_vmbus.ko hv-storvsc.ko.xz hv_netvsc.ko.zst hyperv_keyboard.ko.gz x.ko.lzo "
		"&& cd \"$OLDPWD\" && (cd tree && find . | sort | cpio -o -H newc 2>/dev/null) >plain &&"
		"(cd early && find . | sort | cpio -o -H newc 2>/dev/null) >early.cpio && %s",
		folder, folder, folder, folder, command);
	cr_assert_eq(r, 0, "%s", said);
}

#define WANTED                                                                                     \
	{                                                                                          \
		{"hv_vmbus", false}, {"hv_storvsc", false}, {"hv-netvsc", false},                  \
			{"hyperv_keyboard", false}, {"dir", false}, {"link", false}, {"x", false}, \
			{"hv", false},                                                             \
	}
#define REAL 4 /* of them are there */

static void check_found(const struct initramfs_module *modules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_expect_eq(modules[i].is_found, i < REAL, "%s", modules[i].name);
}

static void check_chain(const char *path, const char *compression)
{
	static const size_t pieces[] = {SIZE_MAX, 997};
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(path);

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct initramfs_module modules[] = WANTED;
		struct initramfs_wanted wanted = {modules, ARRAY_SIZE(modules)};
		struct initramfs_result result;
		struct error err = ERROR_INIT;

		cr_assert_eq(scan_file(&file, pieces[i], &wanted, &result, &err), 0, "%s",
			     err.message);
		check_found(modules, ARRAY_SIZE(modules));
		cr_expect_str_eq(result.compression, compression);
		cr_expect(result.is_complete);
		cr_expect_gt(result.output, 1100000);
	}
}

Test(linux_initramfs, each_compressor)
{
	static const struct {
		const char *command, *compression;
	} cases[] = {
		{"cp plain out", "none"},
		{"gzip -c plain >out", "gzip"},
		{"xz --check=crc32 -c plain >out", "xz"},
		{"zstd -q -c plain >out", "zstd"},
		{"zstd -q -19 -c plain >out", "zstd"},
		{"lz4 -q -l -c plain >out", "lz4"},
		{"bzip2 -c plain >out", "bzip2"},
		{"lzma -c plain >out", "lzma"},
		{"zstd -q -c plain >main && cat early.cpio main >out", "none, zstd"},
		{"gzip -c plain >main && cat early.cpio early.cpio main >out", "none, gzip"},
		{"xz -c plain >main && head -c 511 /dev/zero >z && cat z early.cpio z main z >out",
		 "none, xz"},
		{"lz4 -q -l -c early.cpio >e && cat e early.cpio plain >out", "lz4, none"},
		{"gzip -c early.cpio >e && bzip2 -c plain >main && cat e main >out", "gzip, bzip2"},
		{"(cat early.cpio plain | zstd -q -c) >out", "zstd"},
	};

	make("initramfs-each", "true");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *said = NULL;
		int r = tool_run(&said, "cd initramfs-each && %s", cases[i].command);

		cr_assert_eq(r, 0, "%s", said);
		check_chain("initramfs-each/out", cases[i].compression);
	}
}

Test(linux_initramfs, ends_when_all_is_found)
{
	make("initramfs-early-end", "cat plain plain plain >out");
	CLEANUP_FIXTURE struct file_bytes file = fixture_read("initramfs-early-end/out");
	struct initramfs_module module = {"hv_vmbus", false};
	struct initramfs_wanted wanted = {&module, 1};
	struct initramfs_result result;

	cr_assert_eq(scan_file(&file, SIZE_MAX, &wanted, &result, NULL), 0);
	cr_expect(module.is_found);
	cr_expect_not(result.is_complete);
	cr_expect_lt(result.output, file.size / 2);
}

/* A small one of each kind, cut off at every byte. */
Test(linux_initramfs, cut_off)
{
	/* with little memory, which is taken anew for each cut */
	static const char *const tools[] = {"cat",	  "gzip -c",	  "xz -0 -c",
					    "zstd -q -c", "lz4 -q -l -c", "bzip2 -1 -c",
					    "lzma -0 -c"};

	make("initramfs-cut", "true");
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		cr_assert_eq(tool_run(NULL, "%s <initramfs-cut/early.cpio >initramfs-cut/small",
				      tools[i]),
			     0);
		CLEANUP_FIXTURE struct file_bytes file = fixture_read("initramfs-cut/small");
		cr_expect_eq(parse(&file, NULL), 0, "%s", tools[i]);
		fixture_cuts(&file, parse);
	}
}

/* One header field of an archive is another. */
Test(linux_initramfs, damage_names_its_offset)
{
	static const struct {
		size_t at;
		const char *value, *message;
	} cases[] = {
		{0, "07070x", "offset 0: neither a cpio archive"},
		{0, "070707", "offset 0: neither a cpio archive"},
		{94, "00000000", "offset 110: no header of a cpio member"},
		{94, "00001001", "offset 110: no header of a cpio member"},
		{94, "0000000g", "offset 110: no header of a cpio member"},
		{54, "7fffffff", "an archive ends within a member"},
		{0, "\x1f\x8b\x08\xff\xff\xff", "gzip that is damaged"},
		{0, "BZh9xx", "bzip2 that is damaged"},
	};

	make("initramfs-damage", "true");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FIXTURE struct file_bytes file =
			fixture_read("initramfs-damage/early.cpio");
		CLEANUP_BUFFER struct buffer changed = BUFFER_INIT;
		struct error err = ERROR_INIT;

		buffer_append(&changed, file.data, file.size);
		memcpy(changed.data + cases[i].at, cases[i].value, strlen(cases[i].value));
		const struct file_bytes other = {changed.data, changed.size, "changed"};
		cr_expect_lt(parse(&other, &err), 0, "%zu", i);
		fixture_is_damaged(&err, cases[i].message);
	}
}

Test(linux_initramfs, bombs_end)
{
	static const char *const commands[] = {
		"head -c 17000000 /dev/zero | zstd -q -c >out",
		"head -c 17000000 /dev/zero | gzip -1 -c >out",
		"head -c 17000000 /dev/zero >out",
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		make("initramfs-bomb", "%s", commands[i]);
		CLEANUP_FIXTURE struct file_bytes file = fixture_read("initramfs-bomb/out");
		struct error err = ERROR_INIT;

		cr_expect_lt(parse(&file, &err), 0);
		fixture_is_damaged(&err, "unpacks to more than 16777216 bytes");
	}
}

Test(linux_initramfs, many_parts_end)
{
	make("initramfs-parts", "echo | tr '\\n' '\\0' | gzip -c >zero && "
				"for i in $(seq 70); do cat zero; done >out");
	CLEANUP_FIXTURE struct file_bytes file = fixture_read("initramfs-parts/out");
	struct error err = ERROR_INIT;

	cr_expect_lt(parse(&file, &err), 0);
	fixture_is_damaged(&err, "more than 64 parts");
}

Test(linux_initramfs, what_cannot_be_read)
{
	make("initramfs-lzo", "(cat early.cpio; printf '\\211LZO\\000\\r\\n\\032\\n') >out");
	CLEANUP_FIXTURE struct file_bytes file = fixture_read("initramfs-lzo/out");
	struct initramfs_wanted nothing = {NULL, 0};
	struct initramfs_result result;

	cr_assert_eq(scan_file(&file, SIZE_MAX, &nothing, &result, NULL), 0);
	cr_expect_not(result.is_complete);
	cr_expect_str_eq(result.unsupported, "lzo");
	cr_expect_str_eq(result.compression, "none");
}

static int fail_to_read(void *context, void *buffer, size_t size, size_t *got, struct error *err)
{
	(void)context;
	(void)buffer;
	(void)size;
	(void)got;
	return error_failed(err, 5, "no luck");
}

Test(linux_initramfs, errors_of_the_source_pass)
{
	const struct initramfs_source source = {fail_to_read, NULL, "source"};
	struct initramfs_wanted nothing = {NULL, 0};
	struct initramfs_result result;
	struct error err = ERROR_INIT;

	cr_expect_eq(initramfs_scan(&source, &nothing, 1, &result, &err), -5);
	cr_expect_str_eq(err.message, "no luck");
}

Test(linux_initramfs, modules_builtin)
{
	CLEANUP_FIXTURE struct file_bytes file =
		fixture_text("kernel/fs/ext4/ext4.ko\nkernel/drivers/hv/hv_vmbus.ko\nx-y.ko");

	cr_expect(modules_builtin_has(&file, "ext4"));
	cr_expect(modules_builtin_has(&file, "hv-vmbus"));
	cr_expect(modules_builtin_has(&file, "x_y"));
	cr_expect_not(modules_builtin_has(&file, "vmbus"));
	cr_expect_not(modules_builtin_has(&file, "ext"));
	cr_expect_not(modules_builtin_has(&(struct file_bytes){NULL, 0, "none"}, "ext4"));
}
