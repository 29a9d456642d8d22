/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree_hash against sha256sum, and that it sees each kind of change. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "ntfs_image.h"
#include "sha256.h"

static char image[256];
static char plain[256];
static uint8_t bytes[300000];

static void set_up(void)
{
	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/tree-%d.ntfs", BUILD_DIR, (int)getpid());
	snprintf(plain, sizeof(plain), "%s/tests/convert/tree-%d.bin", BUILD_DIR, (int)getpid());
	image_pattern(bytes, sizeof(bytes), 5);
	image_make(image, 16 * MIB, 4096);
}

static void tear_down(void)
{
	if (image[0]) {
		unlink(image);
		unlink(plain);
	}
}

/* What sha256sum says about 'size' bytes. */
static void foreign_hash(size_t size, char ret[SHA256_TEXT])
{
	const char *const argv[] = {"sha256sum", plain, NULL};
	int fd = open(plain, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *output;

	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	cr_assert_eq(image_run(argv, &output), 0);
	snprintf(ret, SHA256_TEXT, "%.64s", output);
	free(output);
}

static char *tree_of_image(void)
{
	const char *const argv[] = {BUILD_DIR "/tests/convert/ntfs/tree_hash", image, "0", NULL};
	char *output;

	cr_assert_eq(image_run(argv, &output), 0, "%s", output);
	return output;
}

Test(tree_hash, agrees_with_sha256sum, .init = set_up, .fini = tear_down)
{
	static const size_t sizes[] = {0, 1, 55, 56, 63, 64, 65, 119, 120, 700, 300000};
	ntfs_volume *volume = image_mount(image);
	char path[32], hash[SHA256_TEXT], line[256];
	char *tree;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(path, sizeof(path), "folder/%zu", sizes[i]);
		image_add(volume, path, bytes, sizes[i]);
	}
	image_add_stream(volume, "folder/1", "ads", bytes, 64);
	image_unmount(volume);
	tree = tree_of_image();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		foreign_hash(sizes[i], hash);
		snprintf(line, sizeof(line), "data\t-\t-\t%zu\t%s\t/folder/%zu\n", sizes[i], hash,
			 sizes[i]);
		cr_assert(strstr(tree, line), "%s", line);
	}
	foreign_hash(64, hash);
	snprintf(line, sizeof(line), "stream\t-\t-\t64\t%s\t/folder/1:ads\n", hash);
	cr_assert(strstr(tree, line), "%s", line);
	free(tree);
}
