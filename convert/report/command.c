/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of PowerShell on a page: see command.h. */
#include "convert/report/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/safe_text.h"
#include "common/width.h"

/* The first place behind 'at' where the line may be parted, or its end. In quotes, a quote is two, which changes nothing. */
static const char *next_break(const char *at)
{
	bool is_quoted = false;

	while (*at == ' ')
		at++;
	for (; *at; at++) {
		is_quoted ^= *at == '\'';
		if (!is_quoted && *at == ' ')
			break;
		if (!is_quoted && *at == ',')
			return at + 1;
	}
	return at;
}

/* Where the part ends that stands in 'room' columns, with ' `' behind it unless it is the last. */
static const char *find_end(const char *line, size_t room)
{
	const char *end = next_break(line);

	for (const char *next = end; *next;) {
		next = next_break(next);
		if (width_of_text(line, next, room) + (*next ? 2 : 0) > room)
			break;
		end = next;
	}
	return end;
}

void command_print(const char *line, unsigned int indent, unsigned int width, FILE *stream)
{
	bool is_comment = *line == '#';
	const char *front = "", *end;

	for (; *line; line = end + (*end == ' ')) {
		size_t used = indent + strlen(front);

		end = line + strlen(line);
		if (width > used && width_of_text(line, end, width - used) > width - used)
			end = find_end(line, width - used);
		safe_printf(stream, "%*s%s%.*s%s\n", (int)indent, "", front, (int)(end - line),
			    line, *end && !is_comment ? " `" : "");
		front = is_comment ? "#   " : "  ";
	}
}
