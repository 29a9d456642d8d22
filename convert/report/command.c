/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of PowerShell, and of sh, on a page: see command.h. */
#include "convert/report/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/safe_text.h"
#include "common/width.h"

struct shell {
	const char *more; /* behind a line that goes on: two columns */
	bool has_lists;	  /* goes on behind a comma, too */
};

/* The first place behind 'at' where the line may be parted, or its end. In quotes, a quote is two, which changes nothing. */
static const char *next_break(const char *at, const struct shell *shell)
{
	bool is_quoted = false;

	while (*at == ' ')
		at++;
	for (; *at; at++) {
		is_quoted ^= *at == '\'';
		if (!is_quoted && *at == ' ')
			break;
		if (!is_quoted && *at == ',' && shell->has_lists)
			return at + 1;
	}
	return at;
}

/* Where the part ends that stands in 'room' columns, with two behind it unless it is the last. */
static const char *find_end(const char *line, size_t room, const struct shell *shell)
{
	const char *end = next_break(line, shell);

	for (const char *next = end; *next;) {
		next = next_break(next, shell);
		if (width_of_text(line, next, room) + (*next ? 2 : 0) > room)
			break;
		end = next;
	}
	return end;
}

static void print(const char *line, unsigned int indent, unsigned int width,
		  const struct shell *shell, FILE *stream)
{
	bool is_comment = *line == '#';
	const char *front = "", *end;

	for (; *line; line = end + (*end == ' ')) {
		size_t used = indent + strlen(front);

		end = line + strlen(line);
		if (width > used && width_of_text(line, end, width - used) > width - used)
			end = find_end(line, width - used, shell);
		safe_printf(stream, "%*s%s%.*s%s\n", (int)indent, "", front, (int)(end - line),
			    line, *end && !is_comment ? shell->more : "");
		front = is_comment ? "#   " : "  ";
	}
}

void command_print(const char *line, unsigned int indent, unsigned int width, FILE *stream)
{
	print(line, indent, width, &(const struct shell){" `", .has_lists = true}, stream);
}

void command_print_sh(const char *line, unsigned int indent, unsigned int width, FILE *stream)
{
	print(line, indent, width, &(const struct shell){" \\", .has_lists = false}, stream);
}
