/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk as GRUB reads it: questions to verify->grub, for the checks of a Linux guest. */
#ifndef HVGEN2_CONVERT_VERIFY_GRUB_H
#define HVGEN2_CONVERT_VERIFY_GRUB_H

#include <stdint.h>

#include "common/cleanup.h"
#include "convert/grub_reader/reader.h"
#include "convert/verify/verify.h"
#include "convert/verify/volumes.h"

#define GRUB_DEVICE VOLUMES_NAME

enum grub_answer {
	GRUB_ANSWER, /* what was asked for */
	GRUB_FAULT,  /* GRUB cannot read it: what is wrong with the disk */
	GRUB_SILENT, /* what it takes is missing here, or fails: nothing is known */
};

/* Embedded. */
struct grub_file {
	int fd; /* a memory file, or -1 */
	uint64_t size;
	char words[1024]; /* why there is none */
};

void verify_grub_close(struct grub_file *file);
#define CLEANUP_GRUB_FILE CLEANUP(verify_grub_close)

/* Ask for a file, folder or device ('path' is "" then); an answer of more than 'most' bytes is a
 * fault. */
enum grub_answer verify_grub_ask(struct verify *verify, enum grub_reader_wish wish,
				 const char *device, const char *path, uint64_t most,
				 struct grub_file *ret);

/* The same as a text, to be freed, up to its first NUL; ret->fd is closed. */
enum grub_answer verify_grub_text(struct verify *verify, enum grub_reader_wish wish,
				  const char *device, const char *path, uint64_t most,
				  char **ret_text, struct grub_file *ret);

#endif
