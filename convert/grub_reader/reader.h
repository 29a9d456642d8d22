/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of a Linux guest whose file system no library reads (XFS, Btrfs, RAID, logical volumes that
 * are not linear), as GRUB reads them: by grub-fstest, to which a library of ours shows the disk that
 * this process has open.
 *
 *   this process, locked in         the reader, forked before        its child, locked in
 *   grub_reader_ask() ---------->   checks the request   ------->    grub-fstest, once each
 *                     <----------   a memory file
 *   disk_read()       <------------------------------------------    a piece of the disk
 *
 * The reader starts nothing until it is asked for the first time, believes nothing that it is asked,
 * opens no image, and parses nothing that a guest wrote. It ends when all who have its socket have
 * closed it, however they ended, and leaves nothing behind. No two threads may use one.
 */
#ifndef HVGEN2_CONVERT_GRUB_READER_READER_H
#define HVGEN2_CONVERT_GRUB_READER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/disk.h"
#include "common/error.h"

struct grub_reader;

/*
 * Fork it: it keeps the rights, working directory and environment of now, and no file that is open but
 * the three standard streams, which it gives up. To be ended with grub_reader_end(). NULL when there is
 * no memory. Where what it takes is not installed, nobody is forked. With 'must_lock' nothing is read
 * where the kernel cannot lock in what reads it. What else goes wrong, here or below, is the error of
 * all questions: most disks need none.
 */
struct grub_reader *grub_reader_start(bool must_lock);

/* Say which disk it is of, which is borrowed until the last question, and read while one is waited for.
 * 'reader' may be NULL. */
void grub_reader_set_disk(struct grub_reader *reader, struct disk *disk);

enum grub_reader_wish {
	GRUB_READER_READ,  /* the bytes of a file */
	GRUB_READER_LIST,  /* a folder, as GRUB's 'ls -la' prints it */
	GRUB_READER_PROBE, /* what is on the device, as its 'ls' prints that; the path is "" */
	/* What is on the device, and folders of it, at most 32, as its 'ls -a' prints them: in
	 * front of each is a line about "(proc)", a device of GRUB's own; the path is theirs, with
	 * line ends between. Nothing is printed for what cannot be read. */
	GRUB_READER_NAMES,
};

struct grub_reader_question {
	enum grub_reader_wish wish;
	const char *device; /* as GRUB calls it ("(loop0,msdos1)"): request.h says which can be */
	const char *path;   /* absolute and less than 4096 bytes long */
	uint64_t most;	    /* bytes of the answer, which is memory; at most 512 MiB */
};

/* What GRUB said. */
struct grub_reader_answer {
	int fd;		/* a memory file, to be closed; -1 when there is an error */
	uint64_t size;	/* of it, in bytes */
	char said[400]; /* GRUB's own words when it failed ("file `/x' not found."), else "" */
};

/*
 * Returns 0 when the answer is GRUB's, be it that it failed. Errors: ERROR_REFUSED
 * (REFUSAL_LINUX_UNREADABLE) when something is missing that it takes, with what is missing; those of
 * disk_read(); ERROR_DAMAGED when GRUB breaks down or takes more than its processor time (a minute for
 * one answer, two for all), and with -EFBIG when there is more than 'most'; ERROR_FAILED for what is of
 * this host: from then on that is the answer to all.
 */
int grub_reader_ask(struct grub_reader *reader, const struct grub_reader_question *question,
		    struct grub_reader_answer *ret, struct error *err);

/*
 * What was found with its help, the result 'r' with its error, holds only when nothing of this host
 * was in the way of any answer: who asks may have taken that for an absence. Returns 'r', or puts what
 * went wrong in the place of the error. 'reader' may be NULL.
 */
int grub_reader_check(const struct grub_reader *reader, int r, struct error *err);

/* Let go of it; NULL is none. It ends with the last who has its socket. */
void grub_reader_end(struct grub_reader **reader);
#define CLEANUP_GRUB_READER CLEANUP(grub_reader_end)

#endif
