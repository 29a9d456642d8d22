/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts in a script: see quote.h. */
#include "convert/vm/emit/quote.h"

#include <stdlib.h>
#include <string.h>

#include "common/powershell.h"
#include "common/utf16.h"

#define PART 100 /* characters of a text that is joined */

static void quote_part(struct buffer *out, const char *text)
{
	CLEANUP_FREE char *quoted = powershell_quote(text);

	if (quoted)
		buffer_text(out, quoted);
	else
		out->failed = true;
}

/* The first characters of *text, which moves behind them; to be freed. */
static char *take_part(const char **text)
{
	const char *start = *text;

	for (size_t i = 0; i < PART && **text; i++)
		(void)utf8_next(text);
	return strndup(start, (size_t)(*text - start));
}

static bool is_long(const char *text)
{
	return strnlen(text, PART + 1) > PART;
}

void emit_quote(struct buffer *out, const char *text)
{
	const char *separator = "(-join (";

	if (!text) {
		buffer_text(out, "$null");
		return;
	}
	if (!is_long(text)) {
		quote_part(out, text);
		return;
	}
	while (*text) {
		CLEANUP_FREE char *part = take_part(&text);

		buffer_text(out, separator);
		separator = ", ";
		if (part)
			quote_part(out, part);
		else
			out->failed = true;
	}
	buffer_text(out, "))");
}
