/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of folders that GRUB listed at once, by what grub-fstest 2.06 prints, and by what a guest may
 * make it print. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "convert/linux_files/grub_folders.h"

TestSuite(grub_folders, .timeout = 60);

#define START  "\tPartition loop0,msdos1: Filesystem type xfs - Label `root', UUID 5a9d1c3e\n"
#define DEVICE "Device proc: Filesystem type procfs - Sector size 512B - Total size 0KiB\n"

static struct grub_folders take(const char *paths, const char *text)
{
	struct grub_folders folders = {.count = 0};

	grub_folders_take(&folders, paths, text, strlen(text));
	return folders;
}

Test(grub_folders, what_is_not_listed_is_not_there)
{
	CLEANUP(grub_folders_done)
	struct grub_folders folders =
		take("/\n/boot/\n/boot/grub/\n/etc/\n/usr/", START DEVICE
		     "./ ../ boot/ etc/ lib vmlinuz a name \n" DEVICE "\n" DEVICE DEVICE
		     "./ ../ fstab os-release \n" DEVICE "./ ../ cut ");
	static const char *const absent[] = {"/x",
					     "/boo",
					     "/boot2/x",
					     "/usr/lib",
					     "/boot/grub/",
					     "/boot/grub/grub.cfg",
					     "/etc/os-releas",
					     "/etc/fstab2",
					     "/etc/network/interfaces"};
	static const char *const unknown[] = {
		"/",	"/boot", "/boot/",     "/lib/modules", "/vmlinuz",
		"/a",	"/name", "/etc/fstab", "/etc/fstab/x", "/etc/../x",
		"/./x", "//x",	 "/etc/..",    "/etc/.",       "/etc//x"};

	cr_assert_eq(folders.count, 3);
	cr_expect(grub_folders_has(&folders, "/"));
	cr_expect(grub_folders_has(&folders, "/etc"));
	cr_expect(grub_folders_has(&folders, "/boot/"));
	cr_expect_not(grub_folders_has(&folders, "/boot/grub"), "not there");
	cr_expect_not(grub_folders_has(&folders, "/usr"), "not read to its end");
	cr_expect_not(grub_folders_has(&folders, "/et"));
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		cr_expect(grub_folders_lack(&folders, absent[i]), "%s", absent[i]);
	cr_expect_not(grub_folders_lack(&folders, "/etc/sub/../fstab2"), "not followed");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		cr_expect_not(grub_folders_lack(&folders, unknown[i]), "%s", unknown[i]);
}

/* A name that looks like something else makes nothing absent that is there. */
Test(grub_folders, odd_answers_tell_nothing)
{
	static const char *const odd[] = {
		"",
		START,
		DEVICE,
		"Device proc:",
		"Device proc:x",
		"./ ../ x \n",
		START DEVICE "./ ../ x \n",
		DEVICE "./ ../ x \n" DEVICE "./ \n" DEVICE,
		DEVICE "./ ../ x\n" DEVICE "./ \n" DEVICE "./ \n",
		DEVICE "./ ../ x \nand more",
		DEVICE "./ ../ new\nline \n" DEVICE "a\nb \n",
		START "./ ../ x \n" START "y \n",
		/* a mark too many and one too few */
		"\tPartition loop0,msdos1: Filesystem type btrfs - Label `x\nDevice proc:\n', UUID 5a9d\n" DEVICE
		"./ ../ cut " DEVICE "./ ../ y \n",
		DEVICE "./ ../ cut " DEVICE "./ ../ a\nDevice proc:\nb \n",
	};
	const char nul[] = DEVICE "./ a\0b \n" DEVICE "\0";
	struct grub_folders folders = {.count = 0};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		folders = take("/\n/etc/", odd[i]);
		cr_expect_eq(folders.count, 0, "%s", odd[i]);
		grub_folders_done(&folders);
	}
	grub_folders_take(&folders, "/\n/etc/", nul, sizeof(nul) - 1);
	cr_expect_eq(folders.count, 0);
	grub_folders_done(&folders);
}

/* Of a label with a line end, by which another UUID would be read, nothing is taken. */
Test(grub_folders, the_line_about_the_device)
{
#define BTRFS(label)                                                                               \
	"\tPartition loop0,msdos1: Filesystem type btrfs - Label `" label "', UUID 5a9d1c3e\n"
	static const char *const odd[] = {
		"",
		BTRFS("x"),
		DEVICE "./ \n" DEVICE "./ \n",
		BTRFS("x, UUID 1\n") DEVICE "./ \n" DEVICE "./ \n",
		BTRFS("x, UUID 1\nDevice proc:\n") DEVICE "./ \n" DEVICE "./ \n",
		BTRFS("x, UUID 1 - Total size 1KiB\n" DEVICE) DEVICE "./ \n" DEVICE "./ \n",
		BTRFS("x, UUID 1 - Total size 1KiB\n" DEVICE) DEVICE "cut " DEVICE "./ \n",
	};

	cr_expect_eq(grub_folders_device("/\n/etc/", START DEVICE "./ \n" DEVICE,
					 sizeof(START DEVICE "./ \n" DEVICE) - 1),
		     sizeof(START) - 2);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		cr_expect_eq(grub_folders_device("/\n/etc/", odd[i], strlen(odd[i])), 0, "%s",
			     odd[i]);
}

Test(grub_folders, what_is_asked_for)
{
	char top[GRUB_FOLDERS_TEXT], below[GRUB_FOLDERS_TEXT];
	size_t count = 1;

	grub_folders_paths("", top);
	grub_folders_paths("/@", below);
	cr_expect_eq(strncmp(top, "/\n/boot/\n", 9), 0, "%s", top);
	cr_expect(strstr(top, "\n/@/etc/\n"));
	cr_expect_eq(strncmp(below, "/@/\n/@/boot/\n", 13), 0, "%s", below);
	for (const char *at = top; *at; at++) {
		count += *at == '\n';
		cr_expect(*at != '\n' || at[1] == '/');
	}
	cr_expect_leq(count, 32, "more than one request can have");
}
