/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of GRUB that were given once: a question costs a process, and several stages of a conversion
 * ask the same. */
#ifndef HVGEN2_CONVERT_GRUB_READER_KNOWN_H
#define HVGEN2_CONVERT_GRUB_READER_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "convert/grub_reader/reader.h"

#define KNOWN_MAX   128 /* answers */
#define KNOWN_FILES 12	/* of them with a file, which is a descriptor each */

/* Embedded; all zero is none. */
struct known {
	struct known_answer {
		enum grub_reader_wish wish;
		char *device, *path;
		struct grub_reader_answer answer;
	} list[KNOWN_MAX];
	size_t count, files;
};

void known_done(struct known *known);

/* *ret, whose file is the caller's, when the question was answered before. */
bool known_find(const struct known *known, enum grub_reader_wish wish, const char *device,
		const char *path, struct grub_reader_answer *ret);

/* What there is no room or memory for is forgotten. 'answer' stays the caller's. */
void known_keep(struct known *known, enum grub_reader_wish wish, const char *device,
		const char *path, const struct grub_reader_answer *answer);

#endif
