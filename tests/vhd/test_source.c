/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands in an image decides nothing about the host: not what format a file has, not which
 * files are opened as parents.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/family.h"
#include "tests/vhd/support.h"

TestSuite(source, .fini = support_clean);

#define SIZE FAMILY_SIZE

/* tenant/child.vhdx, and a disk of somebody else that its parent would be by all but its place. */
static struct family make_neighbours(const char *relative)
{
	struct family n = make_family(
		&(struct family_names){"victim/secret.vhdx", "tenant/child.vhdx", relative, NULL});

	cr_assert_eq(run("mkdir '%s/empty'", n.folder), 0);
	return n;
}

static struct error open_child(const struct family *n, const char *parent_dir, const char *parent)
{
	CLEANUP_FREE char *dir = NULL;
	const char *dirs[2] = {NULL, NULL};
	const char *const parents[2] = {parent, NULL};
	const struct vhd_open_options options = {.parents = parents, .parent_dirs = dirs};
	CLEANUP_DISK struct disk *disk = NULL;
	struct error err = ERROR_INIT;

	if (parent_dir) {
		cr_assert(asprintf(&dir, "%s/%s", n->folder, parent_dir) > 0);
		dirs[0] = dir;
	}
	if (vhd_open(n->child, &options, &disk, &err) == 0)
		expect_same(disk, n->oracle);
	return err;
}

struct path_case {
	char path[64];
	char parent_dir[16];
};

ParameterizedTestParameters(source, paths_that_lead_elsewhere)
{
	static struct path_case cases[] = {
		{"..\\victim\\secret.vhdx", ""},
		{"../victim/secret.vhdx", ""},
		{".\\..\\victim\\secret.vhdx", ""},
		{"..\\victim\\secret.vhdx", "empty"},
		{"x\\..\\..\\victim\\secret.vhdx", "empty"},
		{"x/../../victim/secret.vhdx", "empty"},
		{"victim\\secret.vhdx", "tenant/.."},
		{"..\\victim\\", ""},
		{"..\\victim\\..", ""},
		{"..", "victim"},
		{".", "victim"},
	};

	return cr_make_param_array(struct path_case, cases, ARRAY_SIZE(cases));
}

/* The id is right, and nobody but the image has said that the file may be read. */
ParameterizedTest(struct path_case *c, source, paths_that_lead_elsewhere)
{
	FAMILY n = make_neighbours(c->path);
	struct error err = open_child(&n, c->parent_dir[0] ? c->parent_dir : NULL, NULL);

	cr_assert_eq(err.refusal, REFUSAL_PARENT_MISSING, "%s: %s", c->path, err.message);
	cr_assert_not(strstr(err.message, "victim/"), "%s", err.message);
	/* It reads the same when there is nothing, and when it may not be read. */
	cr_assert_eq(unlink(n.parent), 0);
	cr_assert_str_eq(open_child(&n, c->parent_dir[0] ? c->parent_dir : NULL, NULL).message,
			 err.message);
}

Test(source, parents_that_the_operator_names)
{
	FAMILY n = make_neighbours("..\\anything\\secret.vhdx");
	CLEANUP_FREE char *link = NULL;

	cr_assert_eq(open_child(&n, "victim", NULL).kind, ERROR_NONE);
	cr_assert_eq(open_child(&n, NULL, n.parent).kind, ERROR_NONE);
	/* He may name it by a link; and what he names has to be there. */
	cr_assert(asprintf(&link, "%s/empty/link", n.folder) > 0);
	cr_assert_eq(symlink("../victim/secret.vhdx", link), 0);
	cr_assert_eq(open_child(&n, NULL, link).kind, ERROR_NONE);
	cr_assert_eq(open_child(&n, NULL, "/nonexistent/x").kind, ERROR_FAILED);
	/* The wrong file does not become the parent, and its id is not told. */
	cr_assert_eq(open_child(&n, NULL, n.child).refusal, REFUSAL_PARENT_MISMATCH);
	cr_assert_not(strcasestr(open_child(&n, NULL, n.child).message, "d15c0001"));
}

struct special_case {
	char command[64];
};

ParameterizedTestParameters(source, no_regular_file_beside_the_child)
{
	static struct special_case cases[] = {{"ln -s ../victim/secret.vhdx secret.vhdx"},
					      {"ln -s ../victim/secret.vhdx SECRET.vhdx"},
					      {"ln -s nowhere secret.vhdx"},
					      {"mkfifo secret.vhdx"},
					      {"mkdir secret.vhdx"},
					      {"ln -s /dev/tty secret.vhdx"}};

	return cr_make_param_array(struct special_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct special_case *c, source, no_regular_file_beside_the_child)
{
	FAMILY n = make_neighbours("secret.vhdx");
	struct error err;

	cr_assert_eq(run("cd '%s/tenant' && %s", n.folder, c->command), 0);
	err = open_child(&n, NULL, NULL);
	cr_assert_eq(err.refusal, REFUSAL_PARENT_MISSING, "%s", err.message);
	cr_assert(strstr(err.message, "is no regular file"), "%s", err.message);
	cr_assert_str_eq(err.advice, "name the parent itself with --parent FILE");
	/* It does not hide the parent. */
	cr_assert_eq(open_child(&n, "victim", NULL).kind, ERROR_NONE);
}

/* A VHD as seen by the guest of a raw disk: a footer of a differencing disk in the last sector. */
static void forge_vhd(const char *raw, const char *parent)
{
	CLEANUP_FREE char *vhd = test_path("forged.vhd");
	CLEANUP_FREE char *oracle = test_path("forged-oracle");
	struct guid parent_id = family_id(9);
	struct vhd_recipe recipe = {.type = BUILD_VHD_DIFFERENCING,
				    .size = SIZE,
				    .block_size = 2 * MIB,
				    .id = family_id(8),
				    .parent_id = &parent_id,
				    .relative_path = parent,
				    .seed = 3};
	uint8_t footer[512];

	cr_assert_eq(run("cp '%s' '%s'", raw, oracle), 0);
	build_vhd(vhd, oracle, &recipe);
	peek(vhd, 0, footer, sizeof(footer));
	patch(raw, SIZE - 512, footer, sizeof(footer));
}

struct mark_case {
	uint64_t offset;
	char bytes[12];
	char warning[64];
};

ParameterizedTestParameters(source, marks_of_a_guest)
{
	static struct mark_case cases[] = {
		{0, "vhdxfile", "the signature of a VHDX stands at offset 0"},
		{0, "conectix", "the signature of a VHD stands"},
		{SIZE - 512, "conectix", "the signature of a VHD stands"},
		{SIZE - 511, "conectix", "the signature of a VHD stands"},
		{SIZE - 512, "", "the signature of a VHD stands"},
	};

	return cr_make_param_array(struct mark_case, cases, ARRAY_SIZE(cases));
}

/* A raw disk stays one, whatever its guest writes, under every name that is not an image's. */
ParameterizedTest(struct mark_case *c, source, marks_of_a_guest)
{
	static const char *const names[] = {"a.raw", "a.img", "a.dd", "a.bin", "a", "a.vhdx.bak"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *raw = test_path(names[i]);
		CLEANUP_DISK struct disk *disk = NULL;

		make_raw(raw, SIZE, 3, MIB, 7);
		if (c->bytes[0])
			patch(raw, c->offset, c->bytes, strlen(c->bytes));
		else
			forge_vhd(raw, "..\\victim\\secret.vhd");
		disk = open_disk(raw);
		cr_assert_eq(vhd_info(disk)->format, VHD_FORMAT_RAW);
		cr_assert_eq(vhd_info(disk)->chain_length, 1);
		cr_assert(has_noticed(disk, c->warning));
		cr_assert(has_noticed(disk, "--source-format vhd"));
		expect_same(disk, raw);
	}
}

/* The first sector of other formats names them, unless the operator knows better. */
Test(source, marks_of_other_formats)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_DISK struct disk *disk = NULL;
	struct error err;

	make_raw(raw, SIZE, 3, MIB, 7);
	patch(raw, 0, "QFI\xfb", 4);
	err = open_error(raw);
	cr_assert_eq(err.refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert(strstr(err.message, "is a qcow2 image"), "%s", err.message);
	disk = open_as(raw, VHD_OPEN_RAW);
	expect_same(disk, raw);
}

struct name_case {
	char is[8], name[16];
	char advice[24]; /* "": it opens */
};

ParameterizedTestParameters(source, names)
{
	static struct name_case cases[] = {
		{"vhdx", "a.vhdx", ""},	   {"vhdx", "a.AVHDX", ""},  {"vhdx", "a.vhd", "vhdx"},
		{"vhdx", "a.raw", "vhdx"}, {"vhdx", "a", "vhdx"},    {"vhd", "a.vhd", ""},
		{"vhd", "a.avhd", ""},	   {"vhd", "a.vhdx", "vhd"}, {"vhd", "a.img", "vhd"},
		{"raw", "a.raw", ""},	   {"raw", "a.vhdx", "raw"}, {"raw", "a.vhd", "raw"},
		{"raw", "a.vhds", "raw"},
	};

	return cr_make_param_array(struct name_case, cases, ARRAY_SIZE(cases));
}

static void build_kind(const char *kind, const char *path, const char *oracle)
{
	if (strcmp(kind, "vhdx") == 0)
		build_parent(path, oracle);
	else if (strcmp(kind, "vhd") == 0)
		build_vhd(path, oracle,
			  &(struct vhd_recipe){.type = BUILD_VHD_DYNAMIC,
					       .size = SIZE,
					       .block_size = 2 * MIB,
					       .id = family_id(3),
					       .seed = 3});
	else
		make_raw(path, SIZE, 3, MIB, 3);
}

/* The name has to agree with the content; the message names the option that helps, which does. */
ParameterizedTest(struct name_case *c, source, names)
{
	CLEANUP_FREE char *path = test_path(c->name);
	CLEANUP_FREE char *oracle = test_path("oracle");
	enum vhd_open_format format = strcmp(c->is, "vhdx") == 0  ? VHD_OPEN_VHDX
				      : strcmp(c->is, "vhd") == 0 ? VHD_OPEN_VHD
								  : VHD_OPEN_RAW;
	char option[48];
	struct error err;

	build_kind(c->is, path, oracle);
	disk_close(open_as(path, format));
	if (!c->advice[0]) {
		disk_close(open_disk(path));
		return;
	}
	err = open_error(path);
	cr_assert_eq(err.refusal, REFUSAL_NOT_A_DISK_IMAGE, "%s", err.message);
	snprintf(option, sizeof(option), "--source-format %s", c->advice);
	cr_assert_not_null(strstr(err.advice, option), "%s: %s", c->name, err.advice);
	cr_assert_eq(strlen(strstr(err.advice, option)), strlen(option), "%s", err.advice);
}

/* A parent is what its child is, whatever its name says and whatever stands in it. */
Test(source, parent_has_the_format_of_its_child)
{
	FAMILY n = make_neighbours("secret.img");

	cr_assert_eq(run("mv '%s' '%s/tenant/secret.img'", n.parent, n.folder), 0);
	cr_assert_eq(open_child(&n, NULL, NULL).kind, ERROR_NONE);
	make_raw(n.parent, SIZE, 3, MIB, 7);
	cr_assert_eq(run("mv '%s' '%s/tenant/secret.img'", n.parent, n.folder), 0);
	cr_assert_eq(open_child(&n, NULL, NULL).refusal, REFUSAL_NOT_A_DISK_IMAGE);
}
