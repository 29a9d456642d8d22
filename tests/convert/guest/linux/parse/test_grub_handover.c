/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a grub.cfg on an ESP leads to. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "convert/guest/linux/parse/grub_handover.h"

TestSuite(linux_grub_handover, .timeout = 60);

#define UUID   "5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8"
#define OTHER  "deadbeef-7b20-4e11-9c55-3f0a12b4c6d8"
#define SEARCH "search.fs_uuid " UUID " root hd0,gpt1\n"

/* The linker takes realloc() here. */
static bool has_memory = true;

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_realloc(void *memory, size_t size)
{
	return has_memory ? __real_realloc(memory, size) : NULL;
}

static const char *trouble_at(const char *text, const char *top, const char *prefix)
{
	const struct grub_target target = {UUID, top, prefix, "/boot/vmlinuz-6.1.0-56-amd64"};
	const struct file_bytes file = {(uint8_t *)(uintptr_t)text, strlen(text), "grub.cfg"};
	const char *trouble = "";
	struct error err = ERROR_INIT;

	cr_assert_eq(grub_handover_trouble(&file, &target, &trouble, &err), 0, "%s", err.message);
	return trouble;
}

/* As Debian, Ubuntu on Btrfs, Fedora and SUSE write it, and menus of their own. */
Test(linux_grub_handover, it_leads_to_the_menu)
{
	static const struct {
		const char *top, *prefix, *text;
	} good[] = {
		{"", "/boot/grub",
		 SEARCH "set prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"},
		{"", "/grub", SEARCH "configfile ($root)/grub/grub.cfg"},
		{"/@", "/boot/grub",
		 SEARCH "set prefix=($root)'/@/boot/grub'\nconfigfile $prefix/grub.cfg\n"},
		{"/root", "/boot/grub2",
		 SEARCH "set prefix=($root)/root/boot/grub2\nsource $prefix/grub.cfg"},
		{"", "/grub2",
		 "search --no-floppy --root-dev-only --fs-uuid --set=dev " UUID "\n"
		 "set prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg"},
		{"", "/boot/grub2",
		 "set btrfs_relative_path=\"yes\"\nsearch --fs-uuid --set=root " UUID
		 "\nset prefix=($root)/boot/grub2\nsource \"${prefix}/grub.cfg\"\n"},
		{"", "/grub2", "if true; then search --fs-uuid --set=boot " UUID "; fi\nblscfg\n"},
		{"", "/boot/grub",
		 "menuentry 'Debian' {\nsearch --fs-uuid --set=root " UUID
		 "\nlinux /boot/vmlinuz-6.1.0-56-amd64 root=x\n}\n"},
		{"", "/boot/grub",
		 "SEARCH=x\nsearch --set=root --fs-uuid "
		 "5A9D1C3E-7B20-4E11-9C55-3F0A12B4C6D8\n"
		 "configfile ($root)/boot/grub/grub.cfg\n"},
		{"", "/boot/grub",
		 SEARCH "set boot=$root\nset prefix=(${boot})/boot/grub\nnormal\n"},
		{"", "/boot/grub", SEARCH "prefix=($root)/boot/grub; normal ${prefix}/grub.cfg"},
		{"", "/boot/grub",
		 "search.fs_uuid " OTHER " root\n" SEARCH "configfile /boot/grub/grub.cfg\n"},
		{"", "/boot/grub",
		 "search --fs-uuid --set " UUID "\nconfigfile /boot/grub/grub.cfg\n"},
		{"", "/boot/grub",
		 "search --set dev --fs-uuid " UUID "\nconfigfile ($dev)/boot/grub/grub.cfg\n"},
		{"", "/boot/grub",
		 "menuentry 'Debian' {\nset root=hd0,gpt2\nsearch --fs-uuid --set=root " UUID
		 "\nlinux /boot/vmlinuz-6.1.0-56-amd64 root=x\n}\n"
		 "menuentry 'Windows' {\nsearch --fs-uuid --set=root " OTHER
		 "\nchainloader /bootmgr\n}\n"},
		{"", "/boot/grub",
		 "{\n{\n{\n{\n{\n{\n{\n" SEARCH "{\necho\n}\nconfigfile /boot/grub/grub.cfg\n"},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *trouble = trouble_at(good[i].text, good[i].top, good[i].prefix);

		cr_expect_null(trouble, "%zu: %s", i, trouble);
	}
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
		/* Another subvolume, and another GRUB's folder. */
		{SEARCH "set prefix=($root)/@/boot/grub\nconfigfile $prefix/grub.cfg\n", hands},
		{SEARCH "set prefix=($root)/@old/boot/grub\nconfigfile $prefix/grub.cfg\n", hands},
		{SEARCH "set prefix=($root)/root/boot/grub\nconfigfile $prefix/grub.cfg\n", hands},
		{SEARCH "set prefix=($root)/boot/grub2\nconfigfile $prefix/grub.cfg\n", hands},
		/* The last one counts. */
		{SEARCH "search.fs_uuid " OTHER " root\nconfigfile /boot/grub/grub.cfg\n", hands},
		{SEARCH "search --label x --set=root\nconfigfile /boot/grub/grub.cfg\n", hands},
		{SEARCH "set root=hd0,gpt1\nconfigfile /boot/grub/grub.cfg\n", hands},
		{SEARCH "unset root\nconfigfile /boot/grub/grub.cfg\n", hands},
		{SEARCH "set prefix=($root)/boot/grub\nset prefix=($root)/old\n"
			"configfile $prefix/grub.cfg\n",
		 hands},
		{SEARCH "search --fs-uuid --set=boot " OTHER "\nblscfg\n", hands},
		/* Not the menu. */
		{SEARCH "set prefix=($root)/boot/grub\nsource /boot/grub/custom.cfg\n", hands},
		{SEARCH "set prefix=($root)/boot/grub\nconfigfile\n", hands},
		{SEARCH "set prefix=($other)/boot/grub\nnormal\n", hands},
		{"search --fs-uuid --set=dev " UUID "\nconfigfile /boot/grub/grub.cfg\n", hands},
		{"search --fs-uuid --set=root \"${BOOT_UUID}\"\nconfigfile /boot/grub/grub.cfg\n",
		 search},
		{SEARCH "menuentry 'x' {\nsearch --fs-uuid --set=root " OTHER
			"\nlinux /boot/vmlinuz-6.1.0-56-amd64 root=x\n}\n",
		 own},
		{SEARCH "menuentry 'Old' {\nlinux /boot/vmlinuz-5.10.0-9-amd64 root=x\n}\n", own},
		{"search 'x", "its grub.cfg is no script that ends"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_str_eq(trouble_at(bad[i].text, "", "/boot/grub"), bad[i].trouble, "%zu",
				 i);
}

Test(linux_grub_handover, memory_is_no_trouble_of_the_file)
{
	const struct grub_target target = {UUID, "", "/boot/grub", "/boot/vmlinuz"};
	char text[] = SEARCH "configfile /boot/grub/grub.cfg\n";
	const struct file_bytes file = {(uint8_t *)text, strlen(text), "grub.cfg"};
	const char *trouble = NULL;
	struct error err = ERROR_INIT;

	has_memory = false;
	cr_expect_eq(grub_handover_trouble(&file, &target, &trouble, &err), -ENOMEM);
	has_memory = true;
	cr_expect_str_eq(err.message, "'grub.cfg': out of memory");
}
