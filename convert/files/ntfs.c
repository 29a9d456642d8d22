/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTFS behind files.h. */
#include <errno.h>
#include <stdlib.h>

#include "convert/files/kinds.h"

struct ntfs_files {
	struct files files;
	struct volume *volume;
	bool is_borrowed;
};

static struct volume *volume_of(const struct files *files)
{
	return ((const struct ntfs_files *)files)->volume;
}

static int list_ntfs(struct files *files, const char *path, struct files_entry **ret,
		     size_t *ret_count, struct error *err)
{
	struct volume_entry *entries;
	struct files_entry *list;
	size_t count;
	int r = volume_list(volume_of(files), path, &entries, &count, err);

	if (r < 0)
		return r;
	list = calloc(count ? count : 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++)
		list[i] = (struct files_entry){TAKE(entries[i].name), entries[i].is_directory};
	volume_entries_free(entries, count);
	if (!list)
		return error_failed(err, ENOMEM, "out of memory");
	*ret = list;
	*ret_count = count;
	return 0;
}

static int find_ntfs(struct files *files, const char *path, bool *ret_is_folder, struct error *err)
{
	struct volume_stat stat;
	int r = volume_stat(volume_of(files), path, &stat, err);

	if (r == 0)
		*ret_is_folder = stat.is_directory;
	return r;
}

static int read_ntfs(struct files *files, const char *path, size_t max_size, uint8_t **ret_data,
		     size_t *ret_size, struct error *err)
{
	return volume_read_file(volume_of(files), path, max_size, ret_data, ret_size, err);
}

static int ntfs_holds_more(struct files *files, const char *path, bool *ret, struct error *err)
{
	return volume_holds_more(volume_of(files), path, ret, err);
}

static const char *label_ntfs(const struct files *files)
{
	return volume_label(volume_of(files));
}

static void close_ntfs(struct files *files)
{
	struct ntfs_files *ntfs = (struct ntfs_files *)files;

	if (!ntfs->is_borrowed)
		volume_cleanup(&ntfs->volume);
	free(ntfs);
}

static const struct files_ops ntfs_ops = {
	.has_extend = true,
	.list = list_ntfs,
	.find = find_ntfs,
	.read = read_ntfs,
	.holds_more = ntfs_holds_more,
	.label = label_ntfs,
	.close = close_ntfs,
};

static struct ntfs_files *new_files(struct volume *volume, bool is_borrowed)
{
	struct ntfs_files *ntfs = malloc(sizeof(*ntfs));

	if (ntfs)
		*ntfs = (struct ntfs_files){{&ntfs_ops}, volume, is_borrowed};
	return ntfs;
}

int files_of_volume(struct volume *volume, struct files **ret, struct error *err)
{
	struct ntfs_files *ntfs = new_files(volume, true);

	if (!ntfs)
		return error_failed(err, ENOMEM, "out of memory");
	*ret = &ntfs->files;
	return 0;
}

int files_open_ntfs(struct disk *disk, const struct volume_place *place, struct files **ret,
		    struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	struct ntfs_files *ntfs;
	int r = volume_open_at(disk, place, false, &volume, err);

	if (r < 0)
		return r;
	ntfs = new_files(volume, false);
	if (!ntfs)
		return error_failed(err, ENOMEM, "out of memory");
	(void)TAKE(volume);
	*ret = &ntfs->files;
	return 0;
}
