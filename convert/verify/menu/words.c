/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What grub-fstest prints: see words.h. */
#include "convert/verify/menu/words.h"

#include <stdio.h>
#include <string.h>

#define MAX_NAME 256

/* The last one: a label, which stands in front, may be of any text. */
bool verify_words_has_uuid(const char *line, const char *uuid)
{
	static const char mark[] = ", UUID ";
	const char *found = NULL;

	for (const char *at = line; (at = strstr(at, mark)); at++)
		found = at + strlen(mark);
	return found && uuid[0] && strncmp(found, uuid, strlen(uuid)) == 0;
}

/* The first one, for the same reason. */
bool verify_words_is_type(const char *line, const char *type)
{
	static const char mark[] = "Filesystem type ";
	const char *found = strstr(line, mark);

	return found && strncmp(found + strlen(mark), type, strlen(type)) == 0;
}

bool verify_words_is_absent(const char *words)
{
	return strstr(words, "' not found") != NULL;
}

/* Behind "512          20260102030405 "; NULL for any other line. */
static const char *name_in(const char *line)
{
	size_t digits = strspn(line, "0123456789");
	const char *date = line + digits + strspn(line + digits, " ");
	size_t length = strspn(date, "0123456789");

	return digits > 0 && date > line + digits && length >= 14 && date[length] == ' '
		       ? date + length + 1
		       : NULL;
}

void verify_words_files(const char *listing, bool (*take)(void *opaque, const char *name),
			void *opaque)
{
	for (const char *line = listing; *line; line += strcspn(line, "\n"), line += *line != 0) {
		const char *name = name_in(line);
		char text[MAX_NAME];
		size_t length = name ? strcspn(name, "\n") : 0;

		if (length == 0 || length >= sizeof(text) || memchr(name, '/', length))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)length, name);
		if (!take(opaque, text))
			return;
	}
}
