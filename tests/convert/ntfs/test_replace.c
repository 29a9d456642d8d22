/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replacing files in an NTFS volume: contents right for foreign readers, no time stamp moved, and
 * nothing in the result that depends on when it was made.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/ntfs/volume.h"
#include "ntfs_image.h"

#define IMAGE_SIZE (24 * MIB)

static char image[256];
static char twin[256];
static uint8_t bytes[2 * MIB];

static void set_up(void)
{
	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/replace-%d.ntfs", BUILD_DIR,
		 (int)getpid());
	snprintf(twin, sizeof(twin), "%s/tests/convert/replace-%d.twin", BUILD_DIR, (int)getpid());
	image_pattern(bytes, sizeof(bytes), 11);
	image_make(image, IMAGE_SIZE, 4096);
}

static void tear_down(void)
{
	if (image[0]) {
		unlink(image);
		unlink(twin);
	}
}

struct change {
	const char *path;
	size_t old_size, new_size;
	enum { PLAIN, SPARSE, COMPRESSED, COMPACT } kind;
};

static const struct change changes[] = {
	{"same.bin", 300000, 300000, PLAIN},
	{"tail.bin", 300000, 300001, PLAIN},
	{"grow.bin", 300000, 1800000, PLAIN},
	{"shrink.bin", 900000, 5000, PLAIN},
	{"vanish.bin", 900000, 0, PLAIN},
	{"resident.txt", 40, 40, PLAIN},
	{"outgrow.txt", 40, 70000, PLAIN},
	{"born.txt", 0, 9000, PLAIN},
	{"sparse.bin", 900000, 900000, SPARSE},
	{"lznt1.bin", 700000, 700000, COMPRESSED},
	{"lznt1-grow.bin", 300000, 900000, COMPRESSED},
	{"wof.xml", 30000, 30000, COMPACT},
	{"wof-small.xml", 30000, 500, COMPACT},
	{"wof-grow.xml", 900, 80000, COMPACT},
	{"deep/er/hive", 262144, 266240, PLAIN},
};

static void fill(void)
{
	ntfs_volume *volume = image_mount(image);
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct change *c = &changes[i];

		if (c->kind == SPARSE)
			image_add_sparse(volume, c->path, c->old_size, "tail", 4);
		else if (c->kind == COMPACT)
			image_add_wof(volume, c->path, 0, bytes, c->old_size);
		else if (c->kind == COMPRESSED)
			image_add_compressed(volume, c->path, bytes, c->old_size);
		else
			image_add(volume, c->path, bytes, c->old_size);
		snprintf(path, sizeof(path), "filler/%zu",
			 i); /* so that what grows does so in pieces */
		image_add(volume, path, bytes, 50000);
	}
	image_unmount(volume);
}

/* The four times of a file's own record, and those of its name in the folder's index. */
struct times {
	ntfs_time record[4];
	uint8_t entry[32];
};

static void read_entry_times(ntfs_volume *volume, const char *path, uint8_t times[32])
{
	char folder[64] = "/";
	const char *slash = strrchr(path, '/');
	ntfs_inode *inode = image_open(volume, path), *parent;
	ntfs_attr_search_ctx *ctx = ntfs_attr_get_search_ctx(inode, NULL);
	ntfs_index_context *index;

	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	parent = image_open(volume, folder);
	cr_assert_eq(ntfs_attr_lookup(AT_FILE_NAME, NULL, 0, CASE_SENSITIVE, 0, NULL, 0, ctx), 0);
	index = ntfs_index_ctx_get(parent, NTFS_INDEX_I30, 4);
	cr_assert_eq(ntfs_index_lookup((uint8_t *)ctx->attr + le16_to_cpu(ctx->attr->value_offset),
				       sizeof(FILE_NAME_ATTR), index),
		     0);
	memcpy(times, (uint8_t *)index->data + offsetof(FILE_NAME_ATTR, creation_time), 32);
	ntfs_index_ctx_put(index);
	ntfs_attr_put_search_ctx(ctx);
	ntfs_inode_close(parent);
	ntfs_inode_close(inode);
}

static void read_times(const char *path, struct times *ret)
{
	ntfs_volume *volume = ntfs_mount(image, NTFS_MNT_RDONLY);
	ntfs_inode *inode = image_open(volume, path);

	ret->record[0] = inode->creation_time;
	ret->record[1] = inode->last_data_change_time;
	ret->record[2] = inode->last_mft_change_time;
	ret->record[3] = inode->last_access_time;
	ntfs_inode_close(inode);
	read_entry_times(volume, path, ret->entry);
	ntfs_umount(volume, FALSE);
}

static void replace_all(const char *path)
{
	struct error err = ERROR_INIT;
	struct disk *disk = image_disk(path, true);
	struct volume *volume;

	cr_assert_eq(volume_open(disk, true, &volume, &err), 0, "%s", err.message);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		cr_assert_eq(volume_replace_file(volume, changes[i].path, bytes + 4096,
						 changes[i].new_size, &err),
			     0, "%s: %s", changes[i].path, err.message);
	cr_assert_eq(volume_close(volume, &err), 0, "%s", err.message);
	disk_close(disk);
}

static void expect_contents(const struct change *change)
{
	const char *const argv[] = {"ntfscat", "-f", image, change->path, NULL};
	struct error err = ERROR_INIT;
	struct disk *disk = image_disk(image, false);
	struct volume *volume;
	char *output;
	uint8_t *data;
	size_t size;

	cr_assert_eq(image_run(argv, &output), 0, "%s", output);
	cr_assert_eq(memcmp(output, bytes + 4096, change->new_size), 0, "ntfscat: %s",
		     change->path);
	free(output);
	cr_assert_eq(volume_open(disk, false, &volume, &err), 0);
	cr_assert_eq(volume_read_file(volume, change->path, 4 * MIB, &data, &size, &err), 0, "%s",
		     err.message);
	cr_assert_eq(size, change->new_size);
	cr_assert_eq(memcmp(data, bytes + 4096, size), 0, "%s", change->path);
	free(data);
	volume_cleanup(&volume);
	disk_close(disk);
}

Test(volume_replace, keeps_all_times, .init = set_up, .fini = tear_down)
{
	const char *const argv[] = {"ntfsfix", "-n", image, NULL};
	struct times before[ARRAY_SIZE(changes)], after;
	char *output;

	fill();
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		read_times(changes[i].path, &before[i]);
	replace_all(image);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		read_times(changes[i].path, &after);
		cr_assert_eq(memcmp(after.record, before[i].record, sizeof(after.record)), 0, "%s",
			     changes[i].path);
		cr_assert_eq(memcmp(after.entry, before[i].entry, sizeof(after.entry)), 0, "%s",
			     changes[i].path);
		expect_contents(&changes[i]);
	}
	cr_assert_eq(image_run(argv, &output), 0, "%s", output);
	free(output);
}

static uint8_t *read_whole(const char *path)
{
	uint8_t *data = malloc(IMAGE_SIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_eq(pread(fd, data, IMAGE_SIZE, 0), (ssize_t)IMAGE_SIZE);
	close(fd);
	return data;
}

/* libntfs-3g takes the time in units of 100 ns: any 'now' on the volume would differ. */
Test(volume_replace, gives_the_same_bytes_at_any_time, .init = set_up, .fini = tear_down)
{
	const char *const cp[] = {"cp", "--sparse=always", image, twin, NULL};
	uint8_t *one, *other;

	fill();
	cr_assert_eq(image_run(cp, NULL), 0);
	replace_all(image);
	usleep(20000);
	replace_all(twin);
	one = read_whole(image);
	other = read_whole(twin);
	for (size_t at = 0; at < IMAGE_SIZE; at += 512)
		cr_assert_eq(memcmp(one + at, other + at, 512), 0, "sector %zu differs", at / 512);
	free(one);
	free(other);
}

/* A disk that counts what is written. */
struct counting_disk {
	struct disk disk;
	struct disk *base;
	uint64_t written;
};

static int counting_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
			 struct error *err)
{
	return disk_read(((struct counting_disk *)disk)->base, buffer, length, offset, err);
}

static int counting_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			  struct error *err)
{
	((struct counting_disk *)disk)->written += length;
	return disk_write(((struct counting_disk *)disk)->base, buffer, length, offset, err);
}

static const struct disk_ops counting_ops = {.read = counting_read, .write = counting_write};

Test(volume_replace, writes_little_more_than_the_contents, .init = set_up, .fini = tear_down)
{
	struct error err = ERROR_INIT;
	struct disk *base;
	struct counting_disk disk;
	struct volume *volume;

	fill();
	base = image_disk(image, true);
	disk = (struct counting_disk){.disk = *base, .base = base};
	disk.disk.ops = &counting_ops;
	cr_assert_eq(volume_open(&disk.disk, true, &volume, &err), 0, "%s", err.message);
	cr_assert_eq(disk.written, 0);
	cr_assert_eq(volume_replace_file(volume, "same.bin", bytes, 300000, &err), 0);
	cr_assert_eq(volume_close(volume, &err), 0);
	cr_assert_leq(disk.written, 300000 + 4096 + 1024, "%zu bytes", (size_t)disk.written);
	disk_close(base);
}

/* A guest's own matter, of which the host's errors say nothing. */
Test(volume_replace, refuses_a_full_volume, .init = set_up, .fini = tear_down)
{
	ntfs_volume *filled = image_mount(image);
	struct disk *disk;
	struct volume *volume;
	struct error err = ERROR_INIT;
	char path[32];

	cr_assert_eq(ntfs_volume_get_free_space(filled), 0);
	for (unsigned int i = 0; filled->free_clusters * 4096 > (s64)sizeof(bytes) / 2; i++) {
		snprintf(path, sizeof(path), "filler/%u", i);
		image_add(filled, path, bytes, sizeof(bytes) / 4);
	}
	image_add(filled, "hive", bytes, 4096);
	image_unmount(filled);
	disk = image_disk(image, true);
	cr_assert_eq(volume_open(disk, true, &volume, &err), 0, "%s", err.message);
	cr_assert_lt(volume_replace_file(volume, "hive", bytes, sizeof(bytes), &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_VOLUME_FULL, "%s", err.message);
	cr_assert(strstr(err.message, "'hive': the NTFS volume is full"), "%s", err.message);
	cr_assert_str_eq(err.advice, "make room on it in the guest, then convert again");
	volume_cleanup(&volume);
	disk_close(disk);
}
