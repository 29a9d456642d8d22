/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of sentences for the report. */
#include "common/notes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void note_add(struct note_list *list, const char *format, ...)
{
	char **texts = reallocarray(list->texts, list->count + 1, sizeof(*texts));
	va_list args;

	if (!texts) {
		list->failed = true;
		return;
	}
	list->texts = texts;
	va_start(args, format);
	if (vasprintf(&texts[list->count], format, args) < 0)
		list->failed = true;
	else
		list->count++;
	va_end(args);
}

void note_list_append(struct note_list *list, const struct note_list *from)
{
	list->failed |= from->failed;
	for (size_t i = 0; i < from->count; i++)
		note_add(list, "%s", from->texts[i]);
}

int note_list_check(const struct note_list *list, struct error *err)
{
	return list->failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}

void note_list_done(struct note_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->texts[i]);
	free(list->texts);
	*list = (struct note_list){.texts = NULL};
}

int edit_notes_check(const struct edit_notes *notes, struct error *err)
{
	int r = note_list_check(&notes->changed, err);

	return r < 0 ? r : note_list_check(&notes->warnings, err);
}

void edit_notes_done(struct edit_notes *notes)
{
	note_list_done(&notes->changed);
	note_list_done(&notes->warnings);
}
