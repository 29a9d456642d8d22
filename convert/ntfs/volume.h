/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An NTFS volume on a 'struct disk', through libntfs-3g in process: no mount, no root, no
 * appliance.
 *
 * Paths are UTF-8 with backslashes or slashes, from the root of the volume, found regardless of
 * case. Messages name the file in the volume; which disk and partition it is, the caller adds.
 */
#ifndef HVGEN2_CONVERT_NTFS_VOLUME_H
#define HVGEN2_CONVERT_NTFS_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

struct volume;

/* Where a volume stands. */
struct volume_place {
	unsigned int number; /* of its partition in the old table: how messages call it */
	uint64_t offset;     /* bytes from the start of the disk */
	uint64_t length;     /* bytes */
};

/* What the first sector says, without mounting. */
enum filesystem {
	FILESYSTEM_UNKNOWN,
	FILESYSTEM_NTFS,
	FILESYSTEM_FAT,
	FILESYSTEM_EXFAT,
	FILESYSTEM_REFS,
	FILESYSTEM_BITLOCKER,
	FILESYSTEM_EMPTY, /* the first 64 KiB are zero */
	FILESYSTEM_MAX,
};

int filesystem_probe(struct disk *disk, enum filesystem *ret, struct error *err);
const char *filesystem_text(enum filesystem filesystem);

/*
 * Mount the volume at 'place' of 'disk', which is borrowed. With 'writable' every change goes to
 * 'disk' through disk_write(); a mount by itself writes nothing. Errors: REFUSAL_HIBERNATED
 * (hiberfil.sys), REFUSAL_NTFS_DIRTY (a journal that is not closed), ERROR_DAMAGED; -EINVAL for
 * a place that is not within the disk. A read-only mount of a hibernated or dirty volume is refused
 * too: what is read might be old.
 */
int volume_open_at(struct disk *disk, const struct volume_place *place, bool writable,
		   struct volume **ret, struct error *err);

/* The same for a volume that fills 'disk'. */
int volume_open(struct disk *disk, bool writable, struct volume **ret, struct error *err);

/*
 * Does the volume that fills 'disk' hold a saved system, or a hiberfil.sys of which that cannot be
 * told? REFUSAL_HIBERNATED then. Does not ask for the journal: of a volume that was not closed this is
 * what its files say before the replay. Other errors as volume_open_at(), which asks only for a system
 * that is saved for certain.
 */
int volume_check_hibernation(struct disk *disk, struct error *err);

/* Close, writing back what is pending. For writable volumes call this and look at the result. */
int volume_close(struct volume *volume, struct error *err);
/* Close and ignore errors; for read-only volumes and error paths. */
void volume_cleanup(struct volume **volume);
#define CLEANUP_VOLUME CLEANUP(volume_cleanup)

/* UTF-8, belongs to the volume; "" when there is none. */
const char *volume_label(const struct volume *volume);
/* The dirty flag of $Volume (chkdsk is due); does not stop mounting. */
bool volume_is_dirty(const struct volume *volume);

struct volume_stat {
	uint64_t size; /* of the unnamed stream */
	bool is_directory;
	bool is_compact; /* WOF-compressed: the unnamed stream holds zeros */
	bool is_reparse;
	int64_t mtime; /* seconds since 1970 UTC */
};

/* -ENOENT (with *err filled as ERROR_FAILED) when there is none. */
int volume_stat(struct volume *volume, const char *path, struct volume_stat *ret,
		struct error *err);
bool volume_exists(struct volume *volume, const char *path);

/*
 * Does a file or folder hold more than its unnamed stream and its entries: a named stream, or a
 * reparse point? WOF-compressed files do not. Errors as volume_stat().
 */
int volume_holds_more(struct volume *volume, const char *path, bool *ret, struct error *err);

/*
 * Read a whole file (the unnamed stream) into new memory, to be freed. WOF-compressed files are
 * decompressed; REFUSAL_WOF_UNSUPPORTED for what cannot be (WIM-backed, deduplicated).
 * ERROR_DAMAGED for a file larger than 'max_size', a folder, a link, an encrypted file; -ENOENT as
 * volume_stat().
 */
int volume_read_file(struct volume *volume, const char *path, size_t max_size, uint8_t **ret_data,
		     size_t *ret_size, struct error *err);

/*
 * The same for the first 'max_size' bytes of a file of any size; of a WOF-compressed one, up to 32
 * MiB.
 */
int volume_read_start(struct volume *volume, const char *path, size_t max_size, uint8_t **ret_data,
		      size_t *ret_size, struct error *err);

/*
 * The unnamed stream of a file for reading piece by piece; WOF-compressed files cannot be opened
 * this way (-ENOTSUP). Close before the volume.
 */
struct volume_stream;

int volume_stream_open(struct volume *volume, const char *path, struct volume_stream **ret,
		       uint64_t *ret_size, struct error *err);
/* Read [offset, offset + length), which must lie within the stream. */
int volume_stream_read(struct volume_stream *stream, void *buffer, size_t length, uint64_t offset,
		       struct error *err);
void volume_stream_cleanup(struct volume_stream **stream);
#define CLEANUP_VOLUME_STREAM CLEANUP(volume_stream_cleanup)

/*
 * Overwrite the contents of an existing file, in place as far as it goes; its times, attributes and
 * security stay. A WOF-compressed file becomes an ordinary one.
 */
int volume_replace_file(struct volume *volume, const char *path, const void *data, size_t size,
			struct error *err);

/*
 * Call 'visit' for each run of the unnamed stream of MFT record 'record', one of the file system's
 * own files: where it stands, in bytes from the start of the volume. A negative result of it ends
 * this and is handed on.
 */
struct volume_run_visitor {
	int (*visit)(void *context, uint64_t offset, uint64_t length, struct error *err);
	void *context;
};

int volume_metafile_runs(struct volume *volume, unsigned int record,
			 const struct volume_run_visitor *visitor, struct error *err);

struct volume_entry {
	char *name; /* UTF-8, with the case on disk */
	bool is_directory;
};

/*
 * The entries of a folder, hidden ones too, without "." and ".." and without the metafiles of NTFS
 * (MFT records below 24, whatever their names, but for the folder $Extend), sorted by name; to be
 * released with volume_entries_free().
 */
int volume_list(struct volume *volume, const char *path, struct volume_entry **ret,
		size_t *ret_count, struct error *err);
void volume_entries_free(struct volume_entry *entries, size_t count);

#endif
