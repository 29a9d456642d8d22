/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the Boot Loader Specification, and the order of them, which rpm knows too. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/bls.h"
#include "tests/convert/guest/linux/parse/fixture.h"
#include "tests/support/scratch.h"

TestSuite(linux_bls);

#define MACHINE "9cb6a3f0e1d24c5f8a7b6c5d4e3f2a1b"
#define VERSION "5.14.0-362.8.1.el9_3.x86_64"
#define ROCKY	CORPUS "bls/" MACHINE "-" VERSION ".conf"
#define RESCUE	CORPUS "bls/" MACHINE "-0-rescue.conf"
#define FEDORA	CORPUS "bls/" MACHINE "-6.5.6-300.fc39.x86_64.conf"

static int parse(const struct file_bytes *file, struct error *err)
{
	CLEANUP_BLS_ENTRY struct bls_entry entry;

	return bls_parse(file, &entry, err);
}

static struct bls_entry entry_of(const char *path)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(path);
	struct bls_entry entry;

	cr_assert_eq(bls_parse(&file, &entry, NULL), 0);
	fixture_cuts(&file, parse);
	return entry;
}

Test(linux_bls, as_the_rhel_family_writes_it)
{
	CLEANUP_BLS_ENTRY struct bls_entry entry = entry_of(ROCKY);

	cr_expect_str_eq(entry.file_stem, MACHINE "-" VERSION);
	cr_expect_str_eq(entry.title, "Rocky Linux (" VERSION ") 9.3 (Blue Onyx)");
	cr_expect_str_eq(entry.version, VERSION);
	cr_expect_str_eq(entry.linux, "/vmlinuz-" VERSION);
	cr_expect_str_eq(entry.initrd, "/initramfs-" VERSION ".img");
	cr_expect_str_eq(entry.more_initrds, "$tuned_initrd");
	cr_expect_str_eq(entry.options, "root=/dev/mapper/rl-root ro "
					"crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M "
					"resume=/dev/mapper/rl-swap $tuned_params");
	cr_expect_null(entry.id);
	cr_expect_null(bls_out_of_convention(&entry, ""));
	cr_expect_str_eq(bls_out_of_convention(&entry, "/boot"),
			 "has a kernel that is not called vmlinuz-VERSION");
}

Test(linux_bls, rescue)
{
	CLEANUP_BLS_ENTRY struct bls_entry entry = entry_of(RESCUE);

	cr_expect_str_eq(entry.id, "rocky-rescue");
	cr_expect_null(bls_out_of_convention(&entry, ""));
}

Test(linux_bls, as_kernel_install_writes_it)
{
	CLEANUP_BLS_ENTRY struct bls_entry entry = entry_of(FEDORA);

	cr_expect_str_eq(entry.options, "root=UUID=aa rootflags=subvol=root quiet");
	cr_expect_str_eq(entry.more_initrds, "/second");
	cr_expect_str_eq(entry.strange_key, "machine-id");
	cr_expect_str_eq(bls_out_of_convention(&entry, ""),
			 "has a kernel that is not called vmlinuz-VERSION");
}

#define LINUX	 "linux /boot/vmlinuz-1-2\n"
#define INITRD	 "initrd /boot/initramfs-1-2.img\n"
#define VERSION2 "version 1-2\n"

Test(linux_bls, each_condition)
{
	static const struct {
		const char *name, *text, *reason;
	} cases[] = {
		{"x/m-1-2.conf", LINUX INITRD VERSION2, NULL},
		{"m-1-2", LINUX INITRD VERSION2 "options a=$kernelopts (b) # c\n", NULL},
		{"m-1-2.conf", INITRD VERSION2, "has no 'linux'"},
		{"m-1-2.conf", "linux\n" INITRD VERSION2, "has no 'linux'"},
		{"m-1-2.conf", LINUX INITRD, "has no 'version', of which the paths are made"},
		{"m-1-2.conf", LINUX INITRD "version 1-2 3\n",
		 "has a 'version' that is not one word"},
		{"m-1-2.conf", LINUX "version 1-3\n" INITRD,
		 "has a kernel that is not called vmlinuz-VERSION"},
		{"m-1-2.conf", LINUX VERSION2, "has no 'initrd'"},
		{"m-1-2.conf", LINUX VERSION2 "initrd /boot/initrd-1-2\n",
		 "has an initramfs that is not called initramfs-VERSION.img"},
		{"m-1-2.conf", LINUX VERSION2 INITRD "initrd /boot/ucode.img\n",
		 "has a second 'initrd'"},
		{"m-1-3.conf", LINUX VERSION2 INITRD,
		 "is in a file whose name does not end in its version"},
		{"m-1-2.conf", LINUX VERSION2 INITRD "sort-key x\n",
		 "has a key that the function does not know"},
		{"m-1-2.conf", LINUX VERSION2 INITRD "devicetree x\n",
		 "has a key that the function does not know"},
		{"m-1-2.conf", LINUX VERSION2 INITRD "options a=\"b c\"\n",
		 "holds quotes or other signs that mean something in a script"},
		{"m-1-2.conf", LINUX VERSION2 INITRD "title It's mine\n",
		 "holds quotes or other signs that mean something in a script"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct file_bytes file = {(const uint8_t *)cases[i].text,
						strlen(cases[i].text), cases[i].name};
		CLEANUP_BLS_ENTRY struct bls_entry entry;
		const char *reason;

		cr_assert_eq(bls_parse(&file, &entry, NULL), 0);
		reason = bls_out_of_convention(&entry, "/boot");
		if (cases[i].reason)
			cr_expect_str_eq(reason, cases[i].reason);
		else
			cr_expect_null(reason, "%s", reason);
	}
}

/* A script with the fixtures in it is one for GRUB as long as they hold no such signs. */
Test(linux_bls, in_convention_is_a_script)
{
	CLEANUP_FREE char *said = NULL;

	cr_expect_eq(tool_run(&said, "grub-script-check %s && grub-script-check %s", ROCKY, RESCUE),
		     0, "%s", said);
}

static const char *const oldest_first[] = {
	MACHINE "-0-rescue",
	MACHINE "-4.18.0-80.el8.x86_64",
	MACHINE "-4.18.0-348.el8.x86_64",
	MACHINE "-4.18.0-348.12.2.el8_5.x86_64",
	MACHINE "-5.14.0-9.el9.x86_64",
	MACHINE "-5.14.0-70.el9.x86_64",
	MACHINE "-6.0.0~rc1-1.fc37.x86_64",
	MACHINE "-6.0.0-0.fc37.x86_64",
	MACHINE "-6.0.0-1.fc37.x86_64",
	MACHINE "-6.0.10-1.fc37.x86_64",
};

static struct bls_entry entry_called(const char *stem)
{
	return (struct bls_entry){.file_stem = strdup(stem)};
}

Test(linux_bls, order)
{
	for (size_t i = 0; i < ARRAY_SIZE(oldest_first); i++)
		for (size_t n = 0; n < ARRAY_SIZE(oldest_first); n++) {
			CLEANUP_BLS_ENTRY struct bls_entry a = entry_called(oldest_first[i]);
			CLEANUP_BLS_ENTRY struct bls_entry b = entry_called(oldest_first[n]);
			int r = bls_compare(&a, &b);

			cr_expect((r > 0) == (i > n) && (r < 0) == (i < n), "%s, %s: %d",
				  a.file_stem, b.file_stem, r);
		}
}

Test(linux_bls, parts_of_versions)
{
	static const struct {
		const char *older, *newer;
	} cases[] = {
		{"a", "b"},	     {"a-1", "a-2"},	 {"a-1", "a-1.1"},    {"a-1.a", "a-1.1"},
		{"a-09", "a-10"},    {"a-1~", "a-1"},	 {"a-1~1", "a-1~2"},  {"a-1-1", "a-1-2"},
		{"a-2-1", "a-10-1"}, {"a-1.b", "a-1.c"}, {"a-1.b", "a-1.bb"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_BLS_ENTRY struct bls_entry a = entry_called(cases[i].older);
		CLEANUP_BLS_ENTRY struct bls_entry b = entry_called(cases[i].newer);

		cr_expect_lt(bls_compare(&a, &b), 0, "%s", cases[i].older);
		cr_expect_gt(bls_compare(&b, &a), 0, "%s", cases[i].older);
		cr_expect_eq(bls_compare(&a, &a), 0);
	}
}

Test(linux_bls, default_entry)
{
	struct bls_entry entries[] = {
		{.file_stem = strdup(MACHINE "-0-rescue"), .title = strdup("Rescue")},
		{.file_stem = strdup(MACHINE "-5.14.0-70.el9"), .title = strdup("Middle")},
		{.file_stem = strdup(MACHINE "-5.14.0-362.el9")},
		{.file_stem = strdup(MACHINE "-5.14.0-9.el9")},
	};
	static const struct {
		const char *wanted;
		size_t expected;
		bool is_found;
	} cases[] = {
		{NULL, 2, true},
		{"", 2, true},
		{MACHINE "-5.14.0-9.el9", 3, true},
		{"Middle", 1, true},
		{MACHINE "-5.14.0-8.el9", 2, false},
		{"0", 2, true},
		{"2", 3, true},
		{"3", 0, true},
		{"4", 2, false},
		{"99999999999999999999999", 2, false},
	};
	size_t index = 7;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cr_expect_eq(bls_default(entries, ARRAY_SIZE(entries), cases[i].wanted, &index),
			     cases[i].is_found, "%zu", i);
		cr_expect_eq(index, cases[i].expected, "%zu: %zu", i, index);
	}
	cr_expect_not(bls_default(NULL, 0, NULL, &index));
	cr_expect_eq(index, 0);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		bls_entry_done(&entries[i]);
}
