/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that were given once: a question costs a process, and several stages of a conversion ask the
 * same. */
#ifndef HVGEN2_CONVERT_GRUB_READER_KNOWN_H
#define HVGEN2_CONVERT_GRUB_READER_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "convert/grub_reader/reader.h"
#include "convert/grub_reader/request.h"

#define KNOWN_MAX   512 /* answers */
#define KNOWN_FILES 12	/* of them with a file, which is a descriptor each */
/* What these files have together: memory that no limit of a process counts. */
#define KNOWN_BYTES (UINT64_C(16) << 20)

/* Embedded; all zero is none. */
struct known {
	struct known_answer {
		struct grub_reader_question question; /* its texts are ours */
		struct answer answer;
		int fd; /* -1: none */
	} list[KNOWN_MAX];
	size_t count, files;
	uint64_t bytes;
};

void known_done(struct known *known);

/* *ret, and in *ret_fd a descriptor of the caller's or -1, when the question was answered before. */
bool known_find(const struct known *known, const struct grub_reader_question *question,
		struct answer *ret, int *ret_fd);

/* What there is no room or memory for is forgotten. 'fd' (-1: none) stays the caller's. */
void known_keep(struct known *known, const struct grub_reader_question *question,
		const struct answer *answer, int fd);

#endif
