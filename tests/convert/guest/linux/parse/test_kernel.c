/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads of kernels: made ones, and the kernels of this machine, which file(1) and the names of
 * their files judge. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/kernel.h"
#include "tests/convert/guest/linux/parse/fixture.h"

TestSuite(linux_kernel);

static int parse(const struct file_bytes *file, struct error *err)
{
	struct linux_kernel kernel;

	return linux_kernel_parse(file, &kernel, err);
}

Test(linux_kernel, made_one)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(CORPUS "linux_kernel/bzimage");
	struct linux_kernel kernel;

	cr_assert_eq(linux_kernel_parse(&file, &kernel, NULL), 0);
	cr_expect(kernel.is_bzimage && kernel.is_64_bit && kernel.has_efi_stub);
	cr_expect(kernel.has_efi_handover_64);
	cr_expect_str_eq(kernel.version, "6.1.0-99-amd64");
	cr_expect_eq(kernel.protocol, 0x020f);
	fixture_cuts(&file, parse);
}

/* One byte of the made one is another, and what follows from it. */
Test(linux_kernel, each_field)
{
	static const struct {
		size_t at;
		uint8_t value;
		bool is_bzimage, is_64_bit, has_efi_stub, has_handover, has_version;
	} cases[] = {
		{0x202, 'h', false, false, false, false, false}, /* HdrS */
		{0x1fe, 0, false, false, false, false, false},	 /* boot flag */
		{0x211, 0, false, true, true, true, true},	 /* a zImage */
		{0x206, 0x0b, true, false, true, false, true},	 /* 2.11: no such flags */
		{0x236, 0x08, true, false, true, true, true},
		{0x236, 0x01, true, true, true, false, true},
		{0x264, 0x00, true, true, true, false, true}, /* no handover offset */
		{0, 0, true, true, false, false, true},	      /* no MZ */
		{0x3c, 0xff, true, true, false, false, true}, /* PE elsewhere */
		{0x3f, 0xff, true, true, false, false, true}, /* beyond the end */
		{0x20f, 0xff, true, true, true, true, false}, /* version beyond the end */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FIXTURE struct file_bytes file =
			fixture_read(CORPUS "linux_kernel/bzimage");
		uint8_t changed[4096];
		const struct file_bytes other = {changed, file.size, "changed"};
		struct linux_kernel kernel;

		cr_assert_leq(file.size, sizeof(changed));
		memcpy(changed, file.data, file.size);
		changed[cases[i].at] = cases[i].value;
		cr_assert_eq(linux_kernel_parse(&other, &kernel, NULL), 0);
		cr_expect_eq(kernel.is_bzimage, cases[i].is_bzimage, "%zu", i);
		cr_expect_eq(kernel.is_64_bit, cases[i].is_64_bit, "%zu", i);
		cr_expect_eq(kernel.has_efi_stub, cases[i].has_efi_stub, "%zu", i);
		cr_expect_eq(kernel.has_efi_handover_64, cases[i].has_handover, "%zu", i);
		cr_expect_eq(kernel.version[0] != '\0', cases[i].has_version, "%zu", i);
	}
}

Test(linux_kernel, too_short)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_text("MZ");
	struct error err = ERROR_INIT;

	cr_expect_lt(parse(&file, &err), 0);
	fixture_is_damaged(&err, "'text' has 2 bytes, too few for a Linux kernel");
}

static struct file_bytes read_head(const char *path)
{
	FILE *stream = fopen(path, "rb");
	uint8_t *data = malloc(LINUX_KERNEL_HEAD);
	size_t size = stream && data ? fread(data, 1, LINUX_KERNEL_HEAD, stream) : 0;

	if (stream)
		fclose(stream);
	return (struct file_bytes){data, size, path};
}

Test(linux_kernel, those_of_this_machine)
{
	glob_t found;

	if (glob("/boot/vmlinuz-*", 0, NULL, &found) != 0)
		cr_skip_test("no kernel in /boot");
	for (size_t i = 0; i < found.gl_pathc; i++) {
		CLEANUP_FIXTURE struct file_bytes file = read_head(found.gl_pathv[i]);
		struct linux_kernel kernel;

		if (file.size == 0)
			continue;
		cr_assert_eq(linux_kernel_parse(&file, &kernel, NULL), 0);
		cr_expect(kernel.is_bzimage && kernel.is_64_bit && kernel.has_efi_stub, "%s",
			  file.name);
		cr_expect_str_eq(kernel.version, file.name + strlen("/boot/vmlinuz-"));
	}
	globfree(&found);
}
