/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration of version 5.0 of a generation 2 VM. The judge is a pair that one host made, seconds apart: the edited first is
 * the second, but for ids, times, serial numbers and what each has in its own UEFI variables.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "convert/vm/emit/xml5/document.h"
#include "convert/vm/emit/xml5/gen2_tree.h"
#include "tests/convert/vm/config.h"

static const struct nvram_file windows_loader = {"\\EFI\\Microsoft\\Boot\\bootmgfw.efi",
						 NVRAM_WINDOWS_BOOT_MANAGER};

#define PAIR SHARED_DATA "/hyperv/dissect.target/"
#define OLD  PAIR "B90AC31B-C6F8-479F-9B91-07B894A6A3F6.xml"
#define NEW  PAIR "D351C151-DAC7-4042-B434-B72D522C1E4A.xml"

struct made {
	struct vm_tree source, tree, again;
	struct vm vm;
	struct vm_output outputs[8];
	size_t count;
	struct vm_plan plan;
	struct buffer file;
	struct error err;
};

static void made_done(struct made *made)
{
	buffer_done(&made->file);
	vm_plan_done(&made->plan);
	vm_done(&made->vm);
	vm_tree_done(&made->source);
	vm_tree_done(&made->tree);
	vm_tree_done(&made->again);
}
#define CLEANUP_MADE CLEANUP(made_done)

static void name_outputs(struct made *made)
{
	for (size_t c = 0; c < made->vm.controller_count; c++)
		for (size_t d = 0; d < made->vm.controllers[c].count; d++) {
			const struct vm_drive *drive = &made->vm.controllers[c].drives[d];

			if (drive->kind == VM_DRIVE_DISK)
				made->outputs[made->count++] =
					(struct vm_output){&made->vm.controllers[c], drive,
							   drive->is_boot
								   ? "out/Default Generation 2.vhdx"
								   : "out/data.vhdx"};
		}
}

static int make(struct made *made, const struct vm_wishes *wishes)
{
	struct gen2_source source = {.tree = &made->source,
				     .vm = &made->vm,
				     .outputs = made->outputs,
				     .plan = &made->plan};
	enum vm_format format;
	int r;

	cr_assert_eq(vm_extract(&made->source, &made->vm, &made->err), 0, "%s", made->err.message);
	name_outputs(made);
	source.output_count = made->count;
	cr_assert_eq(vm_plan_make(&made->vm, made->outputs, made->count, wishes, &made->plan,
				  &made->err),
		     0, "%s", made->err.message);
	r = gen2_tree_make(&source, &made->tree, &made->err);
	if (r < 0)
		return r;
	cr_assert_eq(emit_xml5(&made->tree, &made->plan, &made->file, &made->err), 0, "%s",
		     made->err.message);
	cr_assert_eq(vm_config_read(&(struct file_bytes){made->file.data, made->file.size, "made"},
				    &made->again, &format, &made->err),
		     0, "%s", made->err.message);
	cr_expect_eq(format, VM_FORMAT_XML);
	return 0;
}

/* 'text' with 'from' once replaced; frees it. */
static char *replaced(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from), *whole;

	cr_assert_not_null(at, "no '%s'", from);
	cr_assert_gt(asprintf(&whole, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)),
		     0);
	free(text);
	return whole;
}

/* The text of a file in UTF-16LE. */
static char *read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	static char bytes[100000];
	char *text;
	size_t size;

	if (!file)
		cr_skip_test("%s is not there", path);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	text = utf16le_to_utf8(bytes + 2, size - 2);
	cr_assert_not_null(text);
	return text;
}

/* The first of the pair as the second would have been made of it: on the same channels, without a DVD drive. */
static char *read_old(void)
{
	static const char *const channels[][2] = {{"df44437b-d207-4910-b1dd-70c993b52297",
						   "4ee680a0-9870-4644-b2f8-1143cc833ac3"},
						  {"01D2F085-115D-455A-801D-D6B9648A9B2A",
						   "6A732554-1B48-4F52-B840-8D4069ACF1D6"}};
	char *text = replaced(read_file(OLD), ">ISO<", ">NONE<");

	for (size_t i = 0; i < ARRAY_SIZE(channels); i++)
		text = replaced(text, channels[i][0], channels[i][1]);
	return text;
}

static struct vm_tree read_tree(const char *text)
{
	const struct file_bytes bytes = {(const uint8_t *)text, strlen(text), "text"};
	struct vm_tree tree = VM_TREE_INIT;
	struct error err = ERROR_INIT;
	enum vm_format format;

	cr_assert_eq(vm_config_read(&bytes, &tree, &format, &err), 0, "%s", err.message);
	return tree;
}

/* What is one thing in both. */
static const char *const same[][2] = {
	{"B5996220-9AB5-4A2D-A79D-CBE9C4BC06D6", "NIC"},
	{"761106CC-1C7C-42CD-B42D-FC1370654EF0", "NIC"},
	{"AA4B08D9-E0F7-4ADD-B08C-3259AC8BD05D", "SCSI"},
	{"3AFC77D9-23AB-4C97-BE1C-F47A18CE3B4A", "SCSI"},
	{"50D7CB38-1C3E-4B1B-86D5-831734003B01", "SETTING"},
	{"178CA117-D796-4817-9EB1-EF4C6B1C0D22", "SETTING"},
};

static void append_line(struct buffer *out, const char *line)
{
	while (*line) {
		size_t i = 0;

		while (i < ARRAY_SIZE(same) && strncasecmp(line, same[i][0], 36) != 0)
			i++;
		if (i < ARRAY_SIZE(same)) {
			buffer_text(out, same[i][1]);
			line += 36;
		} else {
			buffer_append(out, line++, 1);
		}
	}
}

/* Ids, times and serial numbers, and the variables. */
static bool is_own(const char *path)
{
	static const char *const names[] = {"global_id",
					    "logical_id",
					    "generation_id",
					    "bios_guid",
					    "serial_number",
					    "asset_tag",
					    "ChannelInstanceGuid",
					    "VpciInstanceGuid",
					    "bios_serial_number",
					    "creation_time",
					    "last_powered_off_time",
					    "last_powered_on_time",
					    "last_state_change_time"};
	const char *name = strrchr(path, '/');

	if (strstr(path, "/nvram/"))
		return true;
	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (strcmp(name + 1, names[i]) == 0)
			return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "path value" of all leaves that count, sorted. */
static size_t list_leaves(const struct vm_tree *tree, char *ret[2000])
{
	size_t count = 0;

	for (const struct vm_node *node = vm_next(tree->root); node; node = vm_next(node)) {
		CLEANUP_FREE char *path = NULL, *text = NULL, *line = NULL;
		struct buffer normal = BUFFER_INIT;

		if (node->value.type == VM_NODE)
			continue;
		path = vm_path(node);
		text = vm_text(node);
		if (is_own(path))
			continue;
		cr_assert_gt(asprintf(&line, "%s %s", path, text), 0);
		append_line(&normal, line);
		ret[count++] = buffer_take_text(&normal);
	}
	qsort(ret, count, sizeof(*ret), by_text);
	return count;
}

#define VARIABLE                                                                                   \
	"_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/nvram/_8BE4DF61-93CA-11D2-AA0D-00E098032B8C"

static void expect_same_bytes(const struct vm_tree *a, const struct vm_tree *b, const char *path)
{
	const struct vm_node *x = vm_at(vm_child(a->root, "configuration"), path);
	const struct vm_node *y = vm_at(vm_child(b->root, "configuration"), path);

	cr_assert(x && y, "%s", path);
	cr_expect_eq(x->value.size, y->value.size, "%s", path);
	cr_expect_arr_eq(x->value.data, y->value.data, min_u64(x->value.size, y->value.size), "%s",
			 path);
}

Test(vm_xml5, the_real_pair)
{
	CLEANUP_FREE char *old = read_old();
	CLEANUP_FREE char *new = read_file(NEW);
	CLEANUP_VM_TREE struct vm_tree expected = read_tree(new);
	static char *theirs[2000], *ours[2000];
	CLEANUP_MADE struct made made = {.source = read_tree(old)};
	size_t count, found;

	cr_assert_eq(make(&made, &(struct vm_wishes){.name = "Default Generation 2"}), 0, "%s",
		     made.err.message);
	count = list_leaves(&expected, theirs);
	found = list_leaves(&made.again, ours);
	cr_expect_eq(count, 217, "%zu", count);
	cr_expect_eq(count, found);
	for (size_t i = 0; i < count && i < found; i++)
		cr_expect_str_eq(ours[i], theirs[i]);
	expect_same_bytes(&made.again, &expected, VARIABLE "Boot0000/data");
	expect_same_bytes(&made.again, &expected, VARIABLE "Boot0001/data");
	for (size_t i = 0; i < 2000; i++) {
		free(theirs[i]);
		free(ours[i]);
	}
}

static const char *text_at(const struct vm_tree *tree, const char *path)
{
	const struct vm_node *node = vm_at(vm_child(tree->root, "configuration"), path);

	cr_assert_not_null(node, "%s", path);
	return node->value.type == VM_STRING ? (const char *)node->value.data : "";
}

#define SCSI "_31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b71_/controller0/"

Test(vm_xml5, sample)
{
	CLEANUP_MADE struct made made = {.source = config_tree(NULL, NULL)};
	const struct nvram_partition esp = {.number = 1, .start_lba = 2048, .sectors = 532480};
	const struct vm_node *top, *order;

	cr_assert_eq(make(&made, &(struct vm_wishes){.esp = &esp, .loader = &windows_loader}), 0,
		     "%s", made.err.message);
	top = vm_child(made.again.root, "configuration");
	cr_expect_str_eq(text_at(&made.again, SCSI "drive0/pathname"),
			 "D:\\VMs\\FILES-01\\Virtual Hard Disks\\Default Generation 2.vhdx");
	cr_expect_str_eq(text_at(&made.again, SCSI "drive1/pathname"),
			 "E:\\VMs\\FILES-01\\data.vhdx");
	cr_expect_str_eq(text_at(&made.again, SCSI "drive2/pathname"),
			 "D:\\VMs\\FILES-01\\Virtual Hard Disks\\data.vhdx");
	cr_expect_str_eq(text_at(&made.again, SCSI "drive3/type"), "ISO");
	cr_expect_null(vm_child(top, "_83f8638b-8dca-4152-9eda-2ca8b33039b4_"));
	cr_expect_null(vm_child(top, "_c1d5f9a2-6b7e-4f01-93a4-5d6e7f809a1b_"), "a legacy adapter");
	cr_expect_not_null(vm_child(top, "_0badcafe-0000-4000-8000-00000000beef_"),
			   "unknown: kept");
	cr_expect_eq(vm_at(top, "manifest/size")->value.number, 4);
	cr_expect_str_eq(text_at(&made.again, "manifest/vdev004/name"), "Some Device");
	cr_expect_null(vm_at(top, "manifest/vdev005"));
	cr_expect_eq(vm_at(top, "properties/subtype")->value.number, 1);
	cr_expect_eq(vm_at(top, "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/secure_boot_enabled")
			     ->value.number,
		     1);
	order = vm_at(top, VARIABLE "BootOrder/data");
	cr_assert_not_null(order, "an adapter, the disk, and in front of them the file");
	cr_expect_eq(order->value.size, 6);
	cr_expect_arr_eq(order->value.data, "\2\0\0\0\1", 6);
	cr_expect_str_neq(text_at(&made.again, "properties/global_id"),
			  "4E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F10");
	cr_expect_eq(made.tree.warnings.count, 1);
	cr_expect(strstr(made.tree.warnings.texts[0], "legacy adapter 'Legacy Network Adapter'"));
}

/* They stay with the old VM, and what was one is a VM. */
Test(vm_xml5, checkpoints)
{
	CLEANUP_MADE struct made made = {
		.source = config_tree("global_settings/snapshots/list",
				      "global_settings/snapshots/list/node0/id string A\n"
				      "global_settings/snapshots/list/size integer 1\n"
				      "properties/type_id string Snapshots")};
	const struct nvram_partition esp = {.number = 1, .start_lba = 2048, .sectors = 532480};
	const struct vm_node *top;

	cr_assert_eq(make(&made, &(struct vm_wishes){.esp = &esp, .loader = &windows_loader}), 0,
		     "%s", made.err.message);
	top = vm_child(made.again.root, "configuration");
	cr_expect_null(vm_at(top, "global_settings/snapshots/list/node0"));
	cr_expect_eq(vm_at(top, "global_settings/snapshots/list/size")->value.number, 0);
	cr_expect_str_eq(text_at(&made.again, "properties/type_id"), "Virtual Machines");
}

Test(vm_xml5, names)
{
	static const char *const names[] = {"</name><x>&amp;", "a\"'`$(x)", "\xe2\x80\xae", "a\tb"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_MADE struct made made = {.source = config_tree(NULL, NULL)};

		cr_assert_eq(make(&made, &(struct vm_wishes){.name = names[i]}), 0);
		cr_expect_str_eq(text_at(&made.again, "properties/name"), names[i]);
	}
}

Test(vm_xml5, without_a_controller)
{
	CLEANUP_MADE struct made made = {.source = config_tree("_31f6c0de", NULL)};

	cr_expect_lt(make(&made, &(struct vm_wishes){.name = NULL}), 0);
	cr_expect_eq(made.err.kind, ERROR_USAGE);
}
