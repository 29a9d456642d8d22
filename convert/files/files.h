/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A volume of any file system that we read, as folders and files: what those need who look for
 * things that may stand on NTFS or on FAT. Reading only; who wants more of NTFS than this opens a
 * 'struct volume'. A new file system is a 'struct files_ops' and a line in files_open_at().
 *
 * Paths are UTF-8 with backslashes or slashes, from the root of the volume, found regardless of
 * case. Messages name the file in the volume; which disk and partition it is, the caller adds.
 */
#ifndef HVGEN2_CONVERT_FILES_FILES_H
#define HVGEN2_CONVERT_FILES_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "convert/ntfs/volume.h"

struct files;

struct files_entry {
	char *name; /* UTF-8, with the case on disk */
	bool is_folder;
};

struct files_ops {
	/* Does the file system keep files of its own in \$Extend? (NTFS 3.0 and later) */
	bool has_extend;
	/* The entries of a folder, in any order, without the metafiles of NTFS but for \$Extend; for
	 * files_entries_free(). */
	int (*list)(struct files *files, const char *path, struct files_entry **ret,
		    size_t *ret_count, struct error *err);
	int (*find)(struct files *files, const char *path, bool *ret_is_folder, struct error *err);
	int (*read)(struct files *files, const char *path, size_t max_size, uint8_t **ret_data,
		    size_t *ret_size, struct error *err);
	int (*holds_more)(struct files *files, const char *path, bool *ret, struct error *err);
	const char *(*label)(const struct files *files);
	void (*close)(struct files *files);
};

struct files {
	const struct files_ops *ops;
};

/* Can a volume with this file system be opened here? */
bool files_can_open(enum filesystem filesystem);

/*
 * Open the volume at 'place' of 'disk', which is borrowed. Errors: those of volume_open_at() and of
 * fat_volume_open(); ERROR_DAMAGED for a file system that cannot be opened here.
 */
int files_open_at(struct disk *disk, const struct volume_place *place, struct files **ret,
		  struct error *err);

/* An NTFS volume that is open already; it is borrowed. Errors: ENOMEM. */
int files_of_volume(struct volume *volume, struct files **ret, struct error *err);

void files_cleanup(struct files **files);
#define CLEANUP_FILES CLEANUP(files_cleanup)

/* UTF-8, belongs to the volume; "" when there is none. */
const char *files_label(const struct files *files);

/*
 * The entries of a folder, sorted by name regardless of the case of ASCII letters; to be released
 * with files_entries_free(). -ENOENT and -ENOTDIR as ERROR_FAILED.
 */
int files_list(struct files *files, const char *path, struct files_entry **ret, size_t *ret_count,
	       struct error *err);
void files_entries_free(struct files_entry *entries, size_t count);

/* -ENOENT (with *err filled as ERROR_FAILED) when there is no such file or folder. */
int files_find(struct files *files, const char *path, bool *ret_is_folder, struct error *err);

/* Is something there? What cannot be said for damage is there. */
bool files_exist(struct files *files, const char *path);

/* As volume_read_file(). */
int files_read(struct files *files, const char *path, size_t max_size, uint8_t **ret_data,
	       size_t *ret_size, struct error *err);

/* As volume_holds_more(); never on FAT. */
int files_holds_more(struct files *files, const char *path, bool *ret, struct error *err);

#endif
