/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of sentences for the report: what was changed, what was dropped, what the user should know.
 */
#ifndef HVGEN2_COMMON_NOTES_H
#define HVGEN2_COMMON_NOTES_H

#include <stddef.h>

#include "common/cleanup.h"

/* Embedded; all zero is empty. Sentences are in lower case and have no full stop. */
struct note_list {
	char **texts;
	size_t count;
};

/* Append a sentence. 0 or -ENOMEM. */
int note_add(struct note_list *list, const char *format, ...) PRINTF_LIKE(2, 3);

void note_list_done(struct note_list *list);
#define CLEANUP_NOTES CLEANUP(note_list_done)

#endif
