/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An output file that exists under its final name only when it is whole. Where the file system has
 * files without a name (O_TMPFILE), it has none until it is whole, and nothing that ends the
 * program leaves anything behind; elsewhere it has a temporary name in the same folder
 * (".NAME.hvgen2-XXXXXX"), and is locked as long as a run makes it (leftover.h). Then fsync, the
 * final name, fsync of the folder. Until outfile_commit() nothing stands under the final name, or
 * what stood there before stays; that has the name ".NAME.hvgen2-old-XXXXXX" while it is replaced.
 * Nobody else can read the new file before (mode 0600). Only regular files are made and replaced.
 */
#ifndef HVGEN2_COMMON_OUTFILE_H
#define HVGEN2_COMMON_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"

struct outfile {
	char *path;	 /* final name */
	char *temporary; /* name in use until committed; NULL while it has none */
	char *old;	 /* where the file that it replaced is kept; NULL when there is none */
	int fd;		 /* open for reading and writing; -1 when closed */
	mode_t mode;	 /* rights, from its final name on; outfile_create() sets 0666 & ~umask */
	bool replace;
	bool keeps_old; /* a replaced file stays, for outfile_withdraw(), until outfile_done() */
	bool is_synced; /* nothing was written since outfile_sync() */
	bool is_committed;
	bool is_new;	   /* committed where no file was */
	bool has_old_name; /* 'temporary' is that of an old file */
};

#define OUTFILE_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* May an output get this name? ERROR_USAGE when something else than a regular file has it, a
 * symbolic link too; REFUSAL_OUTPUT_EXISTS (-EPERM) for a file unless it is to be replaced. */
int outfile_check_place(const char *path, bool replace, struct error *err);

/* Create the file, with rights for its owner alone. What outfile_check_place() says is said here
 * and, of a file that is not to be replaced, again on commit. */
int outfile_create(struct outfile *out, const char *path, bool replace, struct error *err);

/* The same, under a temporary name from the start, so that others can watch it grow. */
int outfile_create_named(struct outfile *out, const char *path, bool replace, struct error *err);

/* Write 'length' bytes at 'offset', whole. */
int outfile_write(struct outfile *out, const void *buffer, size_t length, uint64_t offset,
		  struct error *err);

/* Write a new file whole, with holes where there are zeros. */
int outfile_write_sparse(struct outfile *out, const void *buffer, size_t length, struct error *err);

/* outfile_sync(), the final name, fsync of the folder, close. On failure the file is left to
 * outfile_done(). */
int outfile_commit(struct outfile *out, struct error *err);

/* The two halves of it, for several files that belong together: as little time as can be lies
 * between their names. */
int outfile_publish(struct outfile *out, struct error *err);
int outfile_sync_folder(const struct outfile *out, struct error *err);

/* fsync what is written, which must be all: outfile_commit() then has little
 * left that takes time or can fail. */
int outfile_sync(struct outfile *out, struct error *err);

/* Before a commit that replaces: take the old file away from its name, for outfile_withdraw() to
 * put back. No error when there is none. */
int outfile_set_aside(struct outfile *out, struct error *err);

/*
 * Take a file back, for when another one that belongs to it could not be committed: the old one has
 * its name again, if it was set aside or kept, or stays under another one, which is put in front of
 * the message of *err; a file that replaced none is removed.
 */
void outfile_withdraw(struct outfile *out, struct error *err);

/* Close, and remove the temporary file unless committed, and the old one that was kept. Accepts a
 * half-built or finished one. */
void outfile_done(struct outfile *out);
#define CLEANUP_OUTFILE CLEANUP(outfile_done)

/*
 * Remove the temporary files of all outfiles that are not committed. Async-signal-safe: for the
 * handler of a signal that ends the program.
 */
void outfile_remove_all_on_signal(void);

/* Create, write 'length' bytes and commit in one go, with no rights beyond 'most' (0666: those of
 * the umask). */
int outfile_write_whole(const char *path, bool replace, mode_t most, const void *buffer,
			size_t length, struct error *err);

#endif
