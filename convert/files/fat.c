/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT behind files.h. */
#include <errno.h>
#include <stdlib.h>

#include "convert/fat32/read.h"
#include "convert/files/kinds.h"

struct fat_files {
	struct files files;
	struct disk_window window; /* what 'volume' reads */
	struct fat_volume *volume;
};

static struct fat_volume *volume_of(const struct files *files)
{
	return ((const struct fat_files *)files)->volume;
}

static int list_fat(struct files *files, const char *path, struct files_entry **ret,
		    size_t *ret_count, struct error *err)
{
	struct fat_file *entries;
	struct files_entry *list;
	size_t count;
	int r = fat_volume_list(volume_of(files), path, &entries, &count, err);

	if (r < 0)
		return r;
	list = calloc(count ? count : 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++)
		list[i] = (struct files_entry){TAKE(entries[i].name), entries[i].is_folder};
	fat_files_free(entries, count);
	if (!list)
		return error_failed(err, ENOMEM, "out of memory");
	*ret = list;
	*ret_count = count;
	return 0;
}

static int find_fat(struct files *files, const char *path, bool *ret_is_folder, struct error *err)
{
	struct fat_file file;
	int r = fat_volume_find(volume_of(files), path, &file, err);

	if (r == 0)
		*ret_is_folder = file.is_folder;
	return r;
}

static int read_fat(struct files *files, const char *path, size_t max_size, uint8_t **ret_data,
		    size_t *ret_size, struct error *err)
{
	return fat_volume_read_file(volume_of(files), path, max_size, ret_data, ret_size, err);
}

static int fat_holds_more(struct files *files, const char *path, bool *ret, struct error *err)
{
	(void)files;
	(void)path;
	(void)err;
	*ret = false;
	return 0;
}

static const char *label_fat(const struct files *files)
{
	return fat_volume_label(volume_of(files));
}

static void close_fat(struct files *files)
{
	struct fat_files *fat = (struct fat_files *)files;

	fat_volume_cleanup(&fat->volume);
	free(fat);
}

static const struct files_ops fat_ops = {
	.list = list_fat,
	.find = find_fat,
	.read = read_fat,
	.holds_more = fat_holds_more,
	.label = label_fat,
	.close = close_fat,
};

int files_open_fat(struct disk *disk, const struct volume_place *place, struct files **ret,
		   struct error *err)
{
	struct fat_files *fat = calloc(1, sizeof(*fat));
	int r;

	if (!fat)
		return error_failed(err, ENOMEM, "out of memory");
	fat->files.ops = &fat_ops;
	r = disk_window_init(&fat->window, disk, place->offset, place->length, err);
	if (r == 0)
		r = fat_volume_open(&fat->window.disk, &fat->volume, err);
	if (r < 0) {
		free(fat);
		return r;
	}
	*ret = &fat->files;
	return 0;
}
