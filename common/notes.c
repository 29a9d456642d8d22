/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of sentences for the report. */
#include "common/notes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int note_add(struct note_list *list, const char *format, ...)
{
	char **texts = reallocarray(list->texts, list->count + 1, sizeof(*texts));
	va_list args;
	int r;

	if (!texts)
		return -ENOMEM;
	list->texts = texts;
	va_start(args, format);
	r = vasprintf(&texts[list->count], format, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	list->count++;
	return 0;
}

void note_list_done(struct note_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->texts[i]);
	free(list->texts);
	*list = (struct note_list){.texts = NULL};
}
