/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the check of a Linux guest's menu understands, and what it only says it does not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/menu/bls.h"
#include "convert/verify/menu/kernel.h"
#include "convert/verify/menu/lvm.h"
#include "convert/verify/menu/menu.h"
#include "convert/verify/menu/words.h"

#define UUID  "5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8"
#define OTHER "01234567-89ab-cdef-0123-456789abcdef"

/* --- the grub.cfg of an ESP --- */

struct target {
	const char *text, *path, *uuid;
};

static const struct target targets[] = {
	/* ours */
	{"regexp --set=1:esp_disk '^\\(([^,]+),' \"$cmdpath\"\nsearch.fs_uuid " UUID
	 " root $esp_disk,gpt1\nset boot=$root\nset prefix=($root)/boot/grub\n"
	 "function linux16 { linux \"$@\"; }\nconfigfile $prefix/grub.cfg\n",
	 "/boot/grub/grub.cfg", UUID},
	/* Debian, RHEL, SUSE */
	{"search.fs_uuid " UUID " root hd0,gpt1 \nset prefix=($root)'/boot/grub'\n"
	 "configfile $prefix/grub.cfg\n",
	 "/boot/grub/grub.cfg", UUID},
	{"search --no-floppy --root-dev-only --fs-uuid --set=dev " UUID
	 "\nset prefix=($dev)/grub2\n\nexport $prefix\nconfigfile $prefix/grub.cfg\n",
	 "/grub2/grub.cfg", UUID},
	{"set btrfs_relative_path=\"yes\"\nsearch --fs-uuid --set=root " UUID
	 "\nset prefix=(${root})/boot/grub2\nsource \"${prefix}/grub.cfg\"\n",
	 "/boot/grub2/grub.cfg", UUID},
	{"search --fs-uuid --set root 5A9D1C3E-7B20-4E11-9C55-3F0A12B4C6D8\n"
	 "configfile \\\n /grub/grub.cfg # there",
	 "/grub/grub.cfg", UUID},
	/* not told */
	{"search --label --set=root boot\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg", "",
	 ""},
	{"search.fs_uuid " UUID " root\nconfigfile ($nobody)/grub.cfg\nconfigfile (hd0)/grub.cfg",
	 "", UUID},
	{"search.fs_uuid " UUID " root\nconfigfile \"/grub", "/grub", UUID},
	{"configfile $", "", ""},
	{"", "", ""},
};

Test(verify_menu, target)
{
	char path[SCRIPT_WORD], uuid[SCRIPT_UUID];

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		cr_assert(verify_script_target(targets[i].text, path, uuid));
		cr_assert_str_eq(path, targets[i].path, "%zu: '%s'", i, path);
		cr_assert_str_eq(uuid, targets[i].uuid, "%zu: '%s'", i, uuid);
	}
}

Test(verify_menu, limits)
{
	size_t size = 3 * SCRIPT_WORD * SCRIPT_WORDS;
	char *text = malloc(size + 1);
	char path[SCRIPT_WORD], uuid[SCRIPT_UUID];

	/* words without an end, and too many of them */
	memset(text, 'a', size);
	text[size] = '\0';
	memcpy(text, "configfile /", 12);
	cr_assert(verify_script_target(text, path, uuid));
	cr_assert_str_eq(path, "");
	for (size_t i = 12; i < size; i += 2)
		text[i] = ' ';
	cr_assert(verify_script_target(text, path, uuid));
	cr_assert_str_eq(path, "");
	/* too many variables */
	for (size_t i = 0, at = 0; i < 2 * SCRIPT_VARIABLES; i++)
		at += (size_t)sprintf(text + at, "set v%zu=1\n", i);
	strcat(text, "set last=/grub.cfg\nconfigfile $last\n");
	cr_assert(verify_script_target(text, path, uuid));
	cr_assert_str_eq(path, "");
	free(text);
}

/* --- menus --- */

/* As grub-mkconfig writes it, up to the default and behind it. */
static const char header[] = "if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n"
			     "   set next_entry=\nelse\n   set default=\"";
static const char functions[] =
	"\"\nfi\nif [ x\"${feature_menuentry_id}\" = xy ]; then\n  menuentry_id_option=\"--id\"\n"
	"else\n  menuentry_id_option=\"\"\nfi\nexport menuentry_id_option\n"
	"function load_video {\n  if [ x$a = xy ]; then insmod all_video; else insmod vga; fi\n}\n";

static const char debian[] =
	"menuentry 'Debian' --class debian $menuentry_id_option 'simple' {\n\tload_video\n"
	"\tif [ x$hint = xy ]; then\n\t  search --no-floppy --fs-uuid --set=root --hint-bios=hd0 " UUID
	"\n\telse\n\t  search --no-floppy --fs-uuid --set=root " UUID "\n\tfi\n"
	"\techo\t'Loading {'\n\tlinux\t/boot/vmlinuz-2 root=UUID=" UUID " ro quiet\n"
	"\tinitrd\t/boot/initrd.img-2\n}\n"
	"submenu 'Advanced options' $menuentry_id_option 'advanced' {\n"
	"\tmenuentry 'Linux 2' $menuentry_id_option 'a-2' {\n\t\tlinux /boot/vmlinuz-2 ro\n\t}\n"
	"\tmenuentry 'Linux 1' $menuentry_id_option 'a-1' {\n\t\tlinux16 ($root)/boot/vmlinuz-1 ro\n"
	"\t\tinitrd16 /boot/microcode /boot/initrd.img-1 $tuned_initrd\n\t}\n}\n"
	"menuentry \"Other\" --id=other --unrestricted {\n\tsearch.fs_uuid " OTHER " root\n"
	"\tlinuxefi $kernel ro\n}\n"
	"menuentry 'UEFI Firmware Settings' { fwsetup; }\n";

static struct menu menu;

/* The files beside grub.cfg: one can be read, one cannot. */
static const char *custom;
static unsigned int read_count;

static char *read_beside(void *opaque, const char *path, bool *ret_is_there)
{
	cr_assert_null(opaque);
	read_count++;
	*ret_is_there = strcmp(path, "/boot/grub/damaged.cfg") == 0;
	return custom && strcmp(path, "/boot/grub/custom.cfg") == 0 ? strdup(custom) : NULL;
}

static void parse_text(const char *text, const char *saved)
{
	const struct menu_source source = {text, saved, "/boot/grub", read_beside, NULL};

	verify_menu_done(&menu);
	read_count = 0;
	cr_assert(verify_menu_parse(&source, &menu));
}

static void parse(const char *wanted, const char *saved, const char *entries)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s%s%s", header, wanted, functions, entries);
	parse_text(text, saved);
}

static void done(void)
{
	verify_menu_done(&menu);
}

TestSuite(verify_menu, .fini = done);

Test(verify_menu, entries)
{
	parse("0", "", debian);
	cr_assert_eq(menu.count, 6);
	cr_assert_str_eq(menu.list[0].title, "Debian");
	cr_assert_str_eq(menu.list[0].id, "simple");
	cr_assert_str_eq(menu.list[0].uuid, UUID);
	cr_assert_str_eq(menu.list[0].kernel, "/boot/vmlinuz-2");
	cr_assert_eq(menu.list[0].initrd_count, 1);
	cr_assert_str_eq(menu.list[0].initrds[0], "/boot/initrd.img-2");
	cr_assert(menu.list[1].is_submenu && menu.list[1].parent == MENU_NONE);
	cr_assert_eq(menu.list[2].parent, 1);
	cr_assert_str_eq(menu.list[2].uuid, "");
	cr_assert_str_eq(menu.list[3].kernel, "/boot/vmlinuz-1");
	cr_assert_eq(menu.list[3].initrd_count, 2);
	cr_assert_eq(menu.list[4].parent, MENU_NONE);
	cr_assert_str_eq(menu.list[4].id, "other");
	cr_assert_str_eq(menu.list[4].uuid, OTHER);
	cr_assert_null(menu.list[4].kernel);
	cr_assert_not(menu.has_blscfg);
}

Test(verify_menu, default_entry)
{
	static const struct {
		const char *wanted, *saved;
		size_t index;
	} rows[] = {
		{"0", "", 0},
		{"2", "", 4},
		{"1>1", "", 3},
		{"1", "", 2},
		{"advanced>a-1", "", 3},
		{"advanced", "", 2},
		{"Other", "", 4},
		{"${saved_entry}", "", 0},
		{"${saved_entry}", "a-1", 0},
		{"${saved_entry}", "advanced>Linux 1", 3},
		{"99", "", 0},
		{"nobody", "", 0},
	};
	size_t chosen[MENU_ENTRIES];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		parse(rows[i].wanted, rows[i].saved, debian);
		cr_assert_eq(verify_menu_default(&menu, chosen), 1, "%zu", i);
		cr_assert_eq(chosen[0], rows[i].index, "%zu: %zu", i, chosen[0]);
	}
	/* which one that is depends on the GRUB */
	parse("2nd", "", debian);
	cr_assert_eq(verify_menu_default(&menu, chosen), 5);
	parse("", "", "");
	cr_assert_eq(verify_menu_default(&menu, chosen), 0);
	parse("", "", "submenu a { submenu b {\n} }\n");
	cr_assert_eq(verify_menu_default(&menu, chosen), 0);
}

/* As grub-mkconfig writes it (41_custom). */
static const char custom_section[] =
	"menuentry 'first' {\nlinux /first\n}\n"
	"if [ -f  ${config_directory}/custom.cfg ]; then\n  source ${config_directory}/custom.cfg\n"
	"elif [ -z \"${config_directory}\" -a -f  $prefix/custom.cfg ]; then\n"
	"  source $prefix/custom.cfg\nfi\nmenuentry 'last' {\nlinux /last\n}\n";

static const char *start_of(const char *wanted, const char *entries)
{
	static size_t chosen[MENU_ENTRIES];

	parse(wanted, "", entries);
	return verify_menu_default(&menu, chosen) == 1 ? menu.list[chosen[0]].kernel : NULL;
}

Test(verify_menu, other_files)
{
	char text[4096];

	custom = "menuentry mine { linux /mine\n}\n";
	cr_assert_str_eq(start_of("mine", custom_section), "/mine");
	cr_assert(menu.count == 3 && read_count == 1 && !menu.has_unread);
	cr_assert_str_eq(start_of("2", custom_section), "/last");
	cr_assert_str_eq(start_of("nobody", custom_section), "/first");
	custom = "set default=mine\nmenuentry mine { linux /mine\n}";
	cr_assert_str_eq(start_of("$nobody", custom_section), "/mine");
	/* not there: nothing is read, and what is not there is the first */
	custom = NULL;
	cr_assert_str_eq(start_of("mine", custom_section), "/first");
	cr_assert_not(menu.has_unread);
	/* there, or on another file system: who knows */
	snprintf(text, sizeof(text), "%ssource $prefix/damaged.cfg\n", custom_section);
	cr_assert_null(start_of("mine", text));
	cr_assert(menu.has_unread);
	cr_assert_str_eq(start_of("last", text), "/last");
	cr_assert_str_eq(start_of("", text), "/first");
	snprintf(text, sizeof(text), "%sconfigfile /grub.cfg\n", custom_section);
	cr_assert_null(start_of("mine", text));
	snprintf(text, sizeof(text), "%smenuentry x { configfile /x.cfg\n}\n", custom_section);
	cr_assert_str_eq(start_of("mine", text), "/first");
	/* without an end */
	custom = "source $prefix/a.cfg\nsource $prefix/custom.cfg\n";
	cr_assert_null(start_of("mine", custom_section));
	cr_assert_eq(read_count, 8);
}

/* Whoever counts entries counts those of a file that was not read. */
Test(verify_menu, behind_an_unread_file)
{
	static const char text[] =
		"menuentry a { linux /a\n}\nsubmenu s {\nmenuentry b { linux /b\n}\n"
		"source $prefix/damaged.cfg\nmenuentry c { linux /c\n}\n}\n"
		"menuentry d { linux /d\n}\nsource $prefix/damaged.cfg\n"
		"menuentry e { linux /e\n}\nsubmenu t {\nmenuentry f { linux /f\n}\n}\n";
	static const char submenu[] =
		"submenu s { source $prefix/x.cfg\n}\nmenuentry a { linux /a\n}\n";
	static const struct {
		const char *wanted, *kernel;
	} rows[] = {
		{"0", "/a"},   {"", "/a"},  {"2", "/d"},   {"3", NULL},	  {"e", "/e"},
		{"9", NULL},   {"x", NULL}, {"1>0", "/b"}, {"1>1", NULL}, {"s>c", "/c"},
		{"s>x", NULL}, {"s", "/b"}, {"4", NULL},   {"t>0", "/f"}, {"t>x", "/f"},
	};

	custom = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *kernel = start_of(rows[i].wanted, text);

		cr_assert(rows[i].kernel ? kernel && strcmp(kernel, rows[i].kernel) == 0 : !kernel,
			  "%zu: '%s'", i, kernel ? kernel : "");
		cr_assert(menu.has_unread);
	}
	cr_assert_null(start_of("0", "source $prefix/damaged.cfg\nmenuentry a { linux /a\n}\n"));
	cr_assert_null(start_of("", "source $prefix/damaged.cfg\nmenuentry a { linux /a\n}\n"));
	/* a submenu's are not those of the menu */
	cr_assert_null(start_of("0", submenu));
	cr_assert_str_eq(start_of("a", submenu), "/a");
	cr_assert_str_eq(start_of("1", submenu), "/a");
}

/* What names no file system for certain is not taken for that of the menu. */
Test(verify_menu, root_of_an_entry)
{
	static const struct {
		const char *commands, *uuid;
		bool is_unknown;
	} rows[] = {
		{"", "", false},
		{"search --no-floppy --fs-uuid --set=root " OTHER, OTHER, false},
		{"search --no-floppy --label --set=root x", "", true},
		{"search --no-floppy --set root --file /x", "", true},
		{"search --fs-uuid --set=root 1234-ABCD", "", true},
		{"search.fs_label x root", "", true},
		{"search.file /x", "", true},
		{"search --label --set=other x", "", false},
		{"search --label x", "", false},
		{"set root=(hd0,5)", "", true},
		{"root='hd0,msdos1'", "", true},
		{"set root='hd0,msdos1'\nsearch --fs-uuid --set=root " OTHER, OTHER, false},
		{"search.fs_uuid " OTHER " root\nset root=(hd0,5)", OTHER, true},
		{"search.fs_uuid " OTHER " dev\nset root=$dev", OTHER, false},
		/* the device of another variable is not the root */
		{"search --label --set=root x\nsearch --fs-uuid --set=boot " OTHER, "", true},
		{"search --fs-uuid --set=boot " OTHER, "", false},
		{"search.fs_uuid " OTHER " root\nsearch.fs_uuid " UUID " boot", OTHER, false},
		{"search.fs_uuid " OTHER " root\nsearch.fs_uuid " UUID " b\nroot=$b", UUID, false},
		{"search.fs_uuid " OTHER " a\nsearch.fs_uuid " UUID " b\nset root=$a", "", true},
		{"search.fs_uuid " OTHER " a\nsearch.fs_uuid " OTHER " b\nset root=$a", OTHER,
		 false},
	};
	char text[4096];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text),
			 "set root=(hd0,1)\nmenuentry x {\n%s\nlinux /vmlinuz\n}\n",
			 rows[i].commands);
		parse("0", "", text);
		cr_assert_str_eq(menu.list[0].uuid, rows[i].uuid, "%zu", i);
		cr_assert_eq(menu.list[0].is_root_unknown, rows[i].is_unknown, "%zu", i);
		cr_assert_str_eq(menu.list[0].kernel, "/vmlinuz");
	}
	parse("0", "", "menuentry x { search --label --set=dev x; linux ($dev)/vmlinuz; }");
	cr_assert_null(menu.list[0].kernel);
	parse("0", "", "menuentry x { search.fs_uuid " OTHER " dev; linux ($dev)/vmlinuz; }");
	cr_assert_null(menu.list[0].kernel);
	parse("0", "",
	      "menuentry x { search.fs_uuid " OTHER " dev; root=$dev; linux ($root)/vmlinuz; }");
	cr_assert_str_eq(menu.list[0].kernel, "/vmlinuz");
}

/* As Fedora and RHEL have it behind the header: for starts that have failed. */
static const char counting[] =
	"### BEGIN /etc/grub.d/08_fallback_counting ###\ninsmod increment\n"
	"if [ -n \"${boot_counter}\" -a \"${boot_success}\" = \"0\" ]; then\n"
	"  if [ \"${boot_counter}\" = \"0\" -o \"${boot_counter}\" = \"-1\" ]; then\n"
	"    set default=1\n    set boot_counter=-1\n  else\n    decrement boot_counter\n  fi\n"
	"  save_env boot_counter\nfi\n";

Test(verify_menu, default_of_a_branch)
{
	static const struct {
		const char *wanted, *saved, *more, *result;
	} rows[] = {
		{"${saved_entry}", "a-1", "", "a-1"},
		{"${saved_entry}", "", "", ""},
		{"0", "", "", "0"},
		/* what stands in no branch holds */
		{"0", "", "set default=2\n", "2"},
		{"0", "", "default='my own'\n", "my own"},
		{"0", "", "if true; then set default=3; fi; set default=$nobody\n", "0"},
		{"0", "", "if a; then if b; then c; fi; fi; fi; set default=4\n", "4"},
		{"$nobody", "", "set default=5\n", "5"},
		/* what an entry sets does not, before it is started */
		{"0", "", "menuentry a { set default=6\n}\n", "0"},
	};
	char text[4096];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "%s%s", counting, rows[i].more);
		parse(rows[i].wanted, rows[i].saved, text);
		cr_assert_str_eq(menu.wanted, rows[i].result, "%zu: '%s'", i, menu.wanted);
	}
	parse("$nobody", "", counting);
	cr_assert_str_eq(menu.wanted, "1");
}

Test(verify_menu, odd_text)
{
	static const char *const texts[] = {
		"}}}}{{{{",
		"menuentry",
		"menuentry {",
		"menuentry 'a' { linux",
		"menuentry 'a' { linux /x; initrd /y",
		"submenu {{{{ menuentry { } } }",
		"\\",
		"'",
		"\"\\",
		"$",
		"${",
		"${a",
		"search.fs_uuid",
		"search --set",
		"set",
		"set =x",
		"=",
	};
	char *many = calloc(1, 2 * MIB);
	size_t chosen[MENU_ENTRIES];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		parse("", "", texts[i]);
		cr_assert_leq(verify_menu_default(&menu, chosen), menu.count);
	}
	for (size_t i = 0; i < 100000; i++)
		strcpy(many + i * 12, "submenu a {\n");
	parse_text(many, "");
	cr_assert_eq(menu.count, MENU_ENTRIES);
	cr_assert_eq(verify_menu_default(&menu, chosen), 0);
	free(many);
}

Test(verify_menu, environment)
{
	static const char text[] =
		"# GRUB Environment Block\nsaved_entry=a>b\nkernelopts=root=x\n####";
	char value[SCRIPT_WORD];

	verify_menu_env(text, "saved_entry", value);
	cr_assert_str_eq(value, "a>b");
	verify_menu_env(text, "kernelopts", value);
	cr_assert_str_eq(value, "root=x");
	verify_menu_env(text, "saved", value);
	cr_assert_str_eq(value, "");
}

/* --- entries of the Boot Loader Specification --- */

#define CONF                                                                                       \
	"title Rocky Linux (5.14)\nversion 5.14\nlinux /vmlinuz-5.14\n"                            \
	"initrd /initramfs-5.14.img $tuned_initrd\noptions $kernelopts ro\n"

static void add(const char *name, const char *text)
{
	cr_assert(verify_bls_add(&menu, name, text));
}

Test(verify_menu, loader_entries)
{
	size_t chosen[MENU_ENTRIES];

	parse("${saved_entry}", "id-5.14",
	      "blscfg\nif [ a ]; then menuentry 'UEFI' { fwsetup; } fi\n");
	cr_assert(menu.has_blscfg);
	cr_assert_eq(menu.count, 1);
	strcpy(menu.wanted, "UEFI");
	cr_assert_eq(verify_bls_default(&menu, 1, chosen), 1);
	cr_assert_eq(chosen[0], 0);
	strcpy(menu.wanted, "id-5.14");
	add("id-0-rescue-1.conf", CONF);
	add("id-5.14.conf", CONF);
	add("id-5.15.conf", "title\nlinux /vmlinuz$x\r\ninitrd\t/a\t/b\r\nlinux");
	add("readme.txt", CONF);
	add(".conf", CONF);
	cr_assert_eq(menu.count, 4);
	cr_assert_str_eq(menu.list[2].title, "Rocky Linux (5.14)");
	cr_assert_str_eq(menu.list[2].kernel, "/vmlinuz-5.14");
	cr_assert_eq(menu.list[2].initrd_count, 1);
	cr_assert_str_eq(menu.list[2].initrds[0], "/initramfs-5.14.img");
	cr_assert_null(menu.list[3].kernel);
	cr_assert_eq(menu.list[3].initrd_count, 2);
	cr_assert_eq(verify_bls_default(&menu, 1, chosen), 1);
	cr_assert_eq(chosen[0], 2);
	strcpy(menu.wanted, "id-4");
	cr_assert_eq(verify_bls_default(&menu, 1, chosen), 2);
	cr_assert(chosen[0] == 2 && chosen[1] == 3);
	cr_assert_eq(verify_bls_default(&menu, 4, chosen), 0);
	/* better those for rescue than none */
	add("id-0-rescue-2.conf", CONF);
	cr_assert_eq(verify_bls_default(&menu, 4, chosen), 1);
	cr_assert_eq(chosen[0], 4);
}

/* --- what grub-fstest prints --- */

Test(verify_menu, words)
{
	static const char line[] =
		"\tPartition loop0,gpt1: Filesystem type ext* - Label `x, UUID " OTHER
		" Filesystem type btrfs' - Last modification time 2026-11-28 23:15:49 Saturday, UUID " UUID
		" - Partition start at 1024KiB\n";

	cr_assert(verify_words_has_uuid(line, UUID));
	cr_assert_not(verify_words_has_uuid(line, OTHER));
	cr_assert_not(verify_words_has_uuid(line, ""));
	cr_assert_not(verify_words_has_uuid("No known filesystem detected", UUID));
	cr_assert(verify_words_is_type(line, "ext"));
	cr_assert_not(verify_words_is_type(line, "btrfs"));
	cr_assert_not(verify_words_is_type("", "btrfs"));
	cr_assert(verify_words_is_absent("grub-fstest: error: file `/boot/grub/x' not found."));
	cr_assert_not(verify_words_is_absent("grub-fstest: error: invalid extent."));
}

static bool take(void *opaque, const char *name)
{
	strcat(opaque, name);
	strcat(opaque, "|");
	return strcmp(name, "last") != 0;
}

Test(verify_menu, listing)
{
	char names[256] = "";

	verify_words_files("DIR          20261128231548 ./\n1672811      20261128231548 a b.conf\n"
			   "12 2026 short\n20261128231548 none\n0            20261128231548 \n"
			   "5            20261128231548 x/y\n5            20261128231548 last\n"
			   "5            20261128231548 never\n",
			   take, names);
	cr_assert_str_eq(names, "a b.conf|last|");
}

/* --- kernels --- */

Test(verify_menu, kernel)
{
	uint8_t start[KERNEL_START] = "MZ";

	start[0x1f1] = 1;
	put_le32(start + 0x1f4, 1000);
	put_le16(start + 0x1fe, 0xaa55);
	memcpy(start + 0x202, "HdrS", 4);
	put_le16(start + 0x206, 0x020f);
	put_le16(start + 0x236, 9);
	put_le32(start + 0x3c, 0x80);
	cr_assert_null(verify_kernel_fault(start, sizeof(start), 17024));
	cr_assert_null(verify_kernel_fault(start, sizeof(start), 17009));
	cr_assert_str_eq(verify_kernel_fault(start, sizeof(start), 17008), "is cut short");
	/* a signature behind it */
	put_le32(start + 0x80 + 24 + 112 + 32, 17024);
	put_le32(start + 0x80 + 24 + 112 + 36, 1500);
	cr_assert_str_eq(verify_kernel_fault(start, sizeof(start), 17024), "is cut short");
	cr_assert_null(verify_kernel_fault(start, sizeof(start), 17024 + 1500));
	put_le32(start + 0x3c, 0xfffffff0);
	cr_assert_null(verify_kernel_fault(start, sizeof(start), 17024));
	put_le32(start + 0x1f4, UINT32_MAX);
	cr_assert_str_eq(verify_kernel_fault(start, sizeof(start), UINT32_MAX), "is cut short");
	start[0] = 'X';
	cr_assert_str_eq(verify_kernel_fault(start, sizeof(start), 17024), "has no EFI stub");
	put_le16(start + 0x236, 8);
	cr_assert_str_eq(verify_kernel_fault(start, sizeof(start), 17024),
			 "is no kernel for x64 of Linux 3.8 or later");
	cr_assert_str_eq(verify_kernel_fault(start, 0x200, 17024), "is no Linux kernel");
}

/* --- LVM --- */

static void take_volume(void *opaque, const char *group, const char *volume)
{
	sprintf((char *)opaque + strlen(opaque), "%s/%s|", group, volume);
}

Test(verify_menu, logical_volumes)
{
	char names[256] = "";

	verify_lvm_names(
		"vg-0 {\nid = \"{{{\\\"\"\nseqno = 4 # {\nphysical_volumes {\npv0 {\nid = \"x\"\n}\n}\n"
		"logical_volumes {\n\nroot {\nid = \"a\"\nstatus = [\"READ\", \"VISIBLE\"]\nsegment1 {\n"
		"type = \"striped\"\nstripes = [\n\"pv0\", 0\n]\n}\n}\n"
		"swap_1 {\nstatus = \"VISIBLE\"\n}\n}\n}\n# Generated\ncontents = \"x\"\n",
		take_volume, names);
	cr_assert_str_eq(names, "vg-0/root|vg-0/swap_1|");
	names[0] = '\0';
	verify_lvm_names(
		"vg { logical_volumes { a { status = [\"READ\", \"WRITE\"] tags = [\"VISIBLE\"] "
		"segment1 { status = [\"VISIBLE\"] } } b { } "
		"c { segment1 { x = 1 } status = [\"READ\", \"VISIBLE\"] flags = [] } } }",
		take_volume, names);
	cr_assert_str_eq(names, "vg/c|");
	names[0] = '\0';
	verify_lvm_names("}}}{ { logical_volumes { x { status = \"VISIBLE\" } } } \"", take_volume,
			 names);
	verify_lvm_names(
		"vg { logical_volumes { = { status = \"VISIBLE\" } \"a\" { status = \"VISIBLE\" } } "
		"other { x { status = \"VISIBLE\" } } }",
		take_volume, names);
	cr_assert_str_eq(names, "");
}
