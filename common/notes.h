/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of sentences for the report: what was changed, what was dropped, what the user should know.
 *
 * None may be lost. So that every place that has something to say need not end in an error path, a
 * list remembers that it could not grow, and whoever hands it on asks once.
 */
#ifndef HVGEN2_COMMON_NOTES_H
#define HVGEN2_COMMON_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/error.h"

/* Embedded; all zero is empty. Sentences are in lower case and have no full stop. */
struct note_list {
	char **texts;
	size_t count;
	bool failed; /* a sentence is missing */
};

/* Append a sentence. */
void note_add(struct note_list *list, const char *format, ...) PRINTF_LIKE(2, 3);

/* Append copies of all sentences of 'from'; one that is missing there is missing here as well. */
void note_list_append(struct note_list *list, const struct note_list *from);

/* Is the list whole? -ENOMEM with *err filled when a sentence is missing. */
int note_list_check(const struct note_list *list, struct error *err) MUST_CHECK;

void note_list_done(struct note_list *list);
#define CLEANUP_NOTES CLEANUP(note_list_done)

/* What Windows does with disks that it has not seen before: at SAN_POLICY_ONLINE alone they come
 * online. All zero when it is not known. */
#define SAN_POLICY_ONLINE 1
struct san_policy_note {
	unsigned int before, after;
};

/* What the edit of one file has to say. Embedded; all zero is empty. */
struct edit_notes {
	struct note_list changed;
	struct note_list warnings;
	struct san_policy_note san_policy; /* of a SYSTEM hive */
};

#define EDIT_NOTES_INIT                                                                            \
	{                                                                                          \
		.changed = {.texts = NULL }                                                        \
	}

/* As note_list_check(), of both. */
int edit_notes_check(const struct edit_notes *notes, struct error *err) MUST_CHECK;

void edit_notes_done(struct edit_notes *notes);
#define CLEANUP_EDIT_NOTES CLEANUP(edit_notes_done)

#endif
