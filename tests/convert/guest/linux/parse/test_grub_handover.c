/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a grub.cfg on an ESP leads to. */
#include <criterion/criterion.h>
#include <string.h>

#include "convert/guest/linux/parse/grub_handover.h"

TestSuite(linux_grub_handover, .timeout = 60);

#define UUID   "5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8"
#define OTHER  "deadbeef-7b20-4e11-9c55-3f0a12b4c6d8"
#define SEARCH "search.fs_uuid " UUID " root hd0,gpt1\n"

static const char *trouble_at(const char *text, const char *prefix)
{
	const struct grub_target target = {UUID, prefix, "/boot/vmlinuz-6.1.0-56-amd64"};

	return grub_handover_trouble(&(struct file_bytes){(uint8_t *)(uintptr_t)text, strlen(text),
							  "grub.cfg"},
				     &target);
}

/* As Debian, Ubuntu on Btrfs, Fedora and SUSE write it, and menus of their own. */
Test(linux_grub_handover, it_leads_to_the_menu)
{
	static const struct {
		const char *prefix, *text;
	} good[] = {
		{"/boot/grub",
		 SEARCH "set prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"},
		{"/grub", SEARCH "configfile ($root)/grub/grub.cfg"},
		{"/boot/grub",
		 SEARCH "set prefix=($root)'/@/boot/grub'\nconfigfile $prefix/grub.cfg\n"},
		{"/boot/grub2",
		 SEARCH "set prefix=($root)/root/boot/grub2\nsource $prefix/grub.cfg"},
		{"/grub2", "search --no-floppy --root-dev-only --fs-uuid --set=dev " UUID "\n"
			   "set prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg"},
		{"/boot/grub2", "set btrfs_relative_path=\"yes\"\nsearch --fs-uuid --set=root " UUID
				"\nset prefix=($root)/boot/grub2\nsource \"${prefix}/grub.cfg\"\n"},
		{"/grub2", "if true; then search --fs-uuid --set=boot " UUID "; fi\nblscfg\n"},
		{"/boot/grub", "menuentry 'Debian' {\nsearch --fs-uuid --set=root " UUID
			       "\nlinux /boot/vmlinuz-6.1.0-56-amd64 root=x\n}\n"},
		{"/boot/grub", "SEARCH=x\nsearch --set=root --fs-uuid "
			       "5A9D1C3E-7B20-4E11-9C55-3F0A12B4C6D8\n"
			       "configfile ($root)/boot/grub/grub.cfg\n"},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_null(trouble_at(good[i].text, good[i].prefix), "%zu: %s", i,
			       trouble_at(good[i].text, good[i].prefix));
}

Test(linux_grub_handover, it_leads_elsewhere)
{
	static const char search[] = "its grub.cfg does not look for the file system with /boot",
			  hands[] = "its grub.cfg does not hand over to the guest's menu",
			  own[] = "its grub.cfg is a menu of its own, which does not have the "
				  "kernel that the guest's menu starts";
	static const struct {
		const char *text, *trouble;
	} bad[] = {
		{"", search},
		{"# " UUID "\nsearch.fs_uuid " OTHER
		 " root\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg",
		 search},
		{"echo " UUID "\nconfigfile ($root)/boot/grub/grub.cfg", search},
		{SEARCH, hands},
		{SEARCH "set prefix=($root)/boot/grub\n", hands},
		{SEARCH "set prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n", hands},
		{SEARCH "set prefix=($root)/old/boot/grub\nconfigfile $prefix/grub.cfg\n", hands},
		{SEARCH "menuentry 'Old' {\nlinux /boot/vmlinuz-5.10.0-9-amd64 root=x\n}\n", own},
		{"search 'x", "its grub.cfg is no script that ends"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(trouble_at(bad[i].text, "/boot/grub"), bad[i].trouble, "%zu", i);
}
