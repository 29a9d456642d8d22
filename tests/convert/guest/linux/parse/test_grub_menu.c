/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Menus of grub.cfg; grub-script-check says which scripts are whole. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/guest/linux/parse/grub_menu.h"
#include "tests/convert/guest/linux/parse/fixture.h"
#include "tests/support/scratch.h"

TestSuite(linux_grub_menu);

static int parse(const struct file_bytes *file, struct error *err)
{
	CLEANUP_GRUB_MENU struct grub_menu menu;

	return grub_menu_parse(file, &menu, err);
}

static struct grub_menu menu_of(const char *name)
{
	CLEANUP_FREE char *path = NULL;
	struct grub_menu menu;
	struct error err = ERROR_INIT;

	cr_assert_gt(asprintf(&path, CORPUS "grub_menu/%s.cfg", name), 0);
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(path);
	cr_assert_eq(grub_menu_parse(&file, &menu, &err), 0, "%s", err.message);
	return menu;
}

static struct grub_menu menu_of_text(const char *text)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_text(text);
	struct grub_menu menu;
	struct error err = ERROR_INIT;

	cr_assert_eq(grub_menu_parse(&file, &menu, &err), 0, "%s", err.message);
	return menu;
}

/* "path title=id kernel [arguments] initrd,initrd flags" of each entry, a line each. */
static char *flat(const struct grub_menu *menu)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i < menu->count; i++) {
		const struct grub_entry *entry = &menu->entries[i];
		char path[GRUB_PATH_TEXT];

		grub_menu_path(menu, i, path);
		buffer_printf(&text, "%s %s=%s %s [%s]", path, entry->title, entry->id,
			      entry->kernel ? entry->kernel : "-",
			      entry->arguments ? entry->arguments : "");
		for (size_t n = 0; n < entry->initrd_count; n++)
			buffer_printf(&text, "%s%s", n > 0 ? "," : " ", entry->initrds[n]);
		buffer_printf(&text, "%s%s%s%s%s\n", entry->is_submenu ? " submenu" : "",
			      entry->is_conditional ? " conditional" : "",
			      entry->uses_linux16 ? " 16" : "",
			      entry->has_several_kernels ? " several" : "",
			      entry->is_foreign ? " foreign" : "");
	}
	return buffer_take_text(&text);
}

Test(linux_grub_menu, as_grub_mkconfig_writes_it_on_debian)
{
	CLEANUP_GRUB_MENU struct grub_menu menu = menu_of("debian");
	CLEANUP_FREE char *got = flat(&menu);

	cr_expect_str_eq(
		got,
		"0 Debian GNU/Linux=gnulinux-simple-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed "
		"/boot/vmlinuz-6.1.0-18-amd64 [root=UUID=1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed ro "
		"quiet] /boot/initrd.img-6.1.0-18-amd64\n"
		"1 Advanced options for Debian "
		"GNU/Linux=gnulinux-advanced-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed - [] submenu\n"
		"1>0 Debian GNU/Linux, with Linux "
		"6.1.0-18-amd64=gnulinux-6.1.0-18-amd64-advanced-1b9d6bcd-bbfd-4b2d-9b5d-"
		"ab8dfbbd4bed "
		"/boot/vmlinuz-6.1.0-18-amd64 [root=UUID=1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed ro "
		"quiet] /boot/initrd.img-6.1.0-18-amd64\n"
		"1>1 Debian GNU/Linux, with Linux 6.1.0-17-amd64 (recovery "
		"mode)=gnulinux-6.1.0-17-amd64-recovery-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed "
		"/boot/vmlinuz-6.1.0-17-amd64 [root=UUID=1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed ro "
		"single dis_ucode_ldr] /boot/initrd.img-6.1.0-17-amd64\n"
		"2 UEFI Firmware Settings=uefi-firmware - [] conditional foreign\n");
	cr_expect_str_eq(menu.default_text, "0");
	cr_expect_eq(menu.timeout, 5);
	cr_expect(menu.uses_next_entry);
	cr_expect_not(menu.uses_saved_entry);
	cr_expect_not(menu.has_blscfg || menu.has_superusers || menu.is_btrfs_relative);
	cr_expect_not(menu.has_configfile);
	cr_expect_eq(menu.entries[1].depth, 0);
	cr_expect_eq(menu.entries[2].depth, 1);
	cr_expect_eq(menu.entries[2].parent, 1);
	cr_expect_eq(menu.entries[0].line, 88, "%u", menu.entries[0].line);
}

Test(linux_grub_menu, old_commands_of_centos_7)
{
	CLEANUP_GRUB_MENU struct grub_menu menu = menu_of("centos7");

	cr_assert_eq(menu.count, 2);
	cr_expect(menu.entries[0].uses_linux16);
	cr_expect_str_eq(menu.entries[0].kernel, "/vmlinuz-3.10.0-1160.el7.x86_64");
	cr_expect_str_eq(menu.entries[0].initrds[0], "/initramfs-3.10.0-1160.el7.x86_64.img");
	cr_expect_str_eq(menu.default_text, "${saved_entry}");
	cr_expect(menu.uses_saved_entry);
	cr_expect(menu.has_superusers);
}

Test(linux_grub_menu, bls)
{
	CLEANUP_GRUB_MENU struct grub_menu menu = menu_of("bls");
	size_t index;
	bool is_sure;

	cr_expect(menu.has_blscfg);
	cr_assert_eq(menu.count, 1);
	cr_expect_str_eq(menu.kernelopts, "root=/dev/mapper/rhel-root ro "
					  "resume=/dev/mapper/rhel-swap rd.lvm.lv=rhel/root ");
	cr_assert_eq(grub_menu_default(&menu, NULL, &index, &is_sure), 0);
	cr_expect_not(is_sure);
}

Test(linux_grub_menu, suse_on_btrfs)
{
	CLEANUP_GRUB_MENU struct grub_menu menu = menu_of("suse-btrfs");

	cr_expect(menu.is_btrfs_relative);
	cr_assert_eq(menu.count, 3);
	cr_expect_str_eq(menu.entries[0].arguments,
			 "root=UUID=b3a1 ${extra_cmdline} splash=silent "
			 "resume=/dev/disk/by-path/acpi-VMBUS:01-part3 quiet security=apparmor");
	cr_expect_str_eq(menu.entries[2].id, "gnulinux-5.14.21-advanced-b3a1");
}

Test(linux_grub_menu, a_kernel_by_conditions)
{
	CLEANUP_GRUB_MENU struct grub_menu menu = menu_of("ubuntu-cloud");

	cr_assert_eq(menu.count, 1);
	cr_expect_not(menu.entries[0].has_several_kernels); /* the same one, twice */
	cr_expect_eq(menu.entries[0].initrd_count, 2);
	cr_expect_eq(menu.timeout, 0);
	cr_expect_not(menu.entries[0].is_conditional);
}

Test(linux_grub_menu, odd_but_right)
{
	CLEANUP_GRUB_MENU struct grub_menu menu = menu_of("odd");
	CLEANUP_FREE char *got = flat(&menu);
	size_t index;
	bool is_sure;

	cr_expect_str_eq(got,
			 "0 Quoted 'title' >> here=odd (hd0,msdos1)/vmlinuz [\"name=a value\" "
			 "\"plain word\" root=LABEL=x ro]\n"
			 "1 second=second /two [] /i1,/i2\n"
			 "2 empty=empty - [] submenu\n"
			 "3 deep=deep - [] submenu\n"
			 "3>0 deeper=deeper - [] submenu\n"
			 "3>0>0 deepest=deepest - [] foreign\n",
			 "%s", got);
	cr_expect(menu.has_configfile);
	cr_expect(menu.has_superusers);
	cr_expect_eq(menu.timeout, -1);
	cr_expect_str_eq(menu.default_text, "Quoted 'title' > here>>x");
	cr_assert_eq(grub_menu_default(&menu, NULL, &index, &is_sure), 0);
	cr_expect_eq(index, 0);
}

/* What grub-script-check takes is not damaged, and what is cut off within quotes is for both. */
Test(linux_grub_menu, cut_off_as_grub_script_check_has_it)
{
	static const char *const names[] = {"debian", "centos7", "odd", "ubuntu-cloud"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *path = NULL;

		cr_assert_gt(asprintf(&path, CORPUS "grub_menu/%s.cfg", names[i]), 0);
		CLEANUP_FIXTURE struct file_bytes file = fixture_read(path);
		fixture_cuts(&file, parse);
		for (size_t size = i; size < file.size; size += 97) {
			const struct file_bytes part = {file.data, size, "part"};
			struct error err = ERROR_INIT;
			int theirs, ours = parse(&part, &err);

			file_write("cut.cfg", part.data, size);
			theirs = tool_run(NULL, "grub-script-check cut.cfg");
			cr_expect(theirs != 0 || ours == 0, "%s, %zu bytes: %s", names[i], size,
				  err.message);
		}
	}
}

Test(linux_grub_menu, damage_names_its_line)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"\nset a='b\n\n", "'text': line 2: a single quote does not end"},
		{"a \"\n", "line 1: a double quote does not end"},
		{"echo ${a\n}", "line 1: '${' does not end"},
		{"if true; then\n", "line 1: what begins there does not end"},
		{"menuentry x {\n linux /x\n", "line 1: what begins there does not end"},
		{"\n}\n", "line 2: '}' where nothing is open"},
		{"if true; then\n}\nfi", "line 2: '}' where nothing is open"},
		{"fi\n", "line 1: 'fi' where nothing is open"},
		{"for x in y; do fi; done", "'fi' where nothing is open"},
		{"if true; done; fi", "'done' where nothing is open"},
		{"then", "'then' where nothing is open"},
		{"{ echo x; }", "line 1: a '{' that no command stands before"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FIXTURE struct file_bytes file = fixture_text(cases[i].text);
		struct error err = ERROR_INIT;

		cr_expect_lt(parse(&file, &err), 0, "%s", cases[i].text);
		fixture_is_damaged(&err, cases[i].message);
		file_write("damaged.cfg", file.data, file.size);
		cr_expect_neq(tool_run(NULL, "grub-script-check damaged.cfg"), 0, "%s",
			      cases[i].text);
	}
}

static void add_times(struct buffer *text, const char *part, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buffer_text(text, part);
}

Test(linux_grub_menu, hostile_ones_end)
{
	static const struct {
		const char *part, *message;
		size_t times;
	} cases[] = {
		{"submenu a {\n", "line 65: more than 64 blocks", 100},
		{"if ", "line 1: more than 64 blocks", 100},
		{"menuentry a {}\n", "line 4097: more than 4096 menu entries", 5000},
		{"0123456789abcdef", "has 4194320 bytes, where at most 4194304", 262145},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
		struct error err = ERROR_INIT;

		add_times(&text, cases[i].part, cases[i].times);
		const struct file_bytes file = {text.data, text.size, "text"};
		cr_expect_lt(parse(&file, &err), 0);
		fixture_is_damaged(&err, cases[i].message);
	}
}

/* --- the default entry ------------------------------------------------------------------------ */

#define MENU                                                                                       \
	"menuentry A --id a {linux /a}\n"                                                          \
	"submenu B --id b {\nmenuentry C --id c {linux /c}\nmenuentry 'D>E' {linux /d}\n}\n"       \
	"menuentry 9cb6-5.14 {linux /9}\n"                                                         \
	"if true; then menuentry F {linux /f}; fi\n"                                               \
	"menuentry G {linux /g}\n"

struct default_case {
	const char *set, *env, *kernel;
	bool is_sure;
};

static void check_default(const struct default_case *it)
{
	CLEANUP_FREE char *text = NULL, *block = NULL;
	CLEANUP_GRUB_ENV struct grub_env env = GRUB_ENV_INIT;
	size_t index = SIZE_MAX;
	bool is_sure;

	cr_assert_gt(asprintf(&text, "%s\n%s", it->set, MENU), 0);
	cr_assert_gt(asprintf(&block, "# GRUB Environment Block\n%s\n####", it->env), 0);
	CLEANUP_GRUB_MENU struct grub_menu menu = menu_of_text(text);
	const struct file_bytes file = {(const uint8_t *)block, strlen(block), "grubenv"};
	cr_assert_eq(grub_env_parse(&file, &env, NULL), 0);
	cr_assert_eq(grub_menu_default(&menu, &env, &index, &is_sure), 0);
	cr_expect_str_eq(menu.entries[index].kernel, it->kernel, "%s %s: %s", it->set, it->env,
			 menu.entries[index].kernel);
	cr_expect_eq(is_sure, it->is_sure, "%s %s", it->set, it->env);
}

Test(linux_grub_menu, default_entries)
{
#define SAVED "set default=\"${saved_entry}\""
	static const struct default_case cases[] = {
		{"", "", "/a", true},
		{"", "saved_entry=2", "/a", true},
		{"set default=0", "", "/a", true},
		{"set default=2", "", "/9", true},
		{"set default=0x2", "", "/9", true},
		{"set default=99", "", "/a", true},
		{"set default=99999999999999999999999", "", "/a", true},
		{"set default=1", "", "/c", false}, /* into a submenu without a choice */
		{"set default='1>1'", "", "/d", true},
		{"set default='1>7'", "", "/c", true},
		{"set default='1>0>0'", "", "/c", true},
		{"set default='b>c'", "", "/c", true},
		{"set default='B>D>>E'", "", "/d", true},
		{"set default='B>D>E'", "", "/c", true},
		{"set default='b>nothing'", "", "/c", true},
		{"set default=nothing", "", "/a", true},
		{"set default=a", "", "/a", true},
		{"set default=A", "", "/a", true},
		{"default=G", "", "/g", true},
		{"set default=3", "", "/f", false}, /* conditional */
		{"set default=4", "", "/g", false}, /* one before is */
		{"set default=F", "", "/f", false},
		{"set default=9cb6-5.14", "", "/a", false}, /* a number for GRUB 2.06 */
		{"set default=\"${something}\"", "", "/a", false},
		{SAVED, "", "/a", true},
		{SAVED, "saved_entry=2", "/9", true},
		{SAVED, "saved_entry=b>c", "/c", true},
		{SAVED, "saved_entry=removed", "/a", true},
		{SAVED, "saved_entry=2\nprev_saved_entry=G", "/g", true},
		{SAVED "\nset default='${next_entry}'", "saved_entry=2\nnext_entry=G", "/g", false},
		{SAVED "\nset default='${next_entry}'", "saved_entry=2\nnext_entry=", "/9", true},
		{"if x; then " SAVED "; else set default=0; fi", "saved_entry=2", "/a", false},
		{"if x; then " SAVED "; else set default=0; fi", "", "/a", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_default(&cases[i]);
}

Test(linux_grub_menu, no_entry_at_all)
{
	static const char *const texts[] = {"", "submenu a { }\n", "blscfg\n"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP_GRUB_MENU struct grub_menu menu = menu_of_text(texts[i]);
		size_t index;
		bool is_sure;

		cr_expect_eq(grub_menu_default(&menu, NULL, &index, &is_sure), -ENOENT);
	}
}

Test(linux_grub_menu, an_empty_submenu_first)
{
	CLEANUP_GRUB_MENU struct grub_menu menu =
		menu_of_text("submenu a { true }\nmenuentry b { linux /b }\n");
	size_t index;
	bool is_sure;

	cr_assert_eq(grub_menu_default(&menu, NULL, &index, &is_sure), 0);
	cr_expect_eq(index, 1);
	cr_expect_not(is_sure);
}
