/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An output file that exists under its final name only when it is whole: written under a temporary
 * name in the same folder (".NAME.hvgen2-XXXXXX"), then fsync, rename, fsync of the folder. Until
 * outfile_commit() nothing stands under the final name, or what stood there before stays; a crash
 * leaves at most the temporary file.
 */
#ifndef HVGEN2_COMMON_OUTFILE_H
#define HVGEN2_COMMON_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

struct outfile {
	char *path;	 /* final name */
	char *temporary; /* name in use until committed */
	int fd;		 /* open for reading and writing; -1 when closed */
	bool replace;
	bool is_synced; /* nothing was written since outfile_sync() */
};

#define OUTFILE_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Is there a file, of any kind, under this name? Fills REFUSAL_OUTPUT_EXISTS and returns -EPERM if
 * so. */
int outfile_check_absent(const char *path, struct error *err);

/* Create the temporary file. With 'replace' false a file under the final name is refused, here and
 * again on commit. */
int outfile_create(struct outfile *out, const char *path, bool replace, struct error *err);

/* Write 'length' bytes at 'offset', whole. */
int outfile_write(struct outfile *out, const void *buffer, size_t length, uint64_t offset,
		  struct error *err);

/* fsync, rename to the final name, fsync the folder, close. On failure the file is left to
 * outfile_done(). */
int outfile_commit(struct outfile *out, struct error *err);

/* fsync what is written, which must be all: outfile_commit() then has little left that takes time
 * or can fail. */
int outfile_sync(struct outfile *out, struct error *err);

/*
 * Take a committed file back: remove it, for when another one that belongs to it could not be
 * committed. Only for files that replaced none. 'path' is still known after outfile_commit().
 */
void outfile_withdraw(const struct outfile *out);

/* Close, and remove the temporary file unless committed. Accepts a half-built or finished one. */
void outfile_done(struct outfile *out);
#define CLEANUP_OUTFILE CLEANUP(outfile_done)

/*
 * Remove the temporary files of all outfiles that are not committed. Async-signal-safe: for the
 * handler of a signal that ends the program.
 */
void outfile_remove_all_on_signal(void);

/* Create, write 'length' bytes and commit in one go. */
int outfile_write_whole(const char *path, bool replace, const void *buffer, size_t length,
			struct error *err);

#endif
