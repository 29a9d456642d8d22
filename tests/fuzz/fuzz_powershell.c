/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text as a literal of PowerShell, read back by PowerShell's rules: it is the same text, and nothing stands behind it. */
#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"
#include "convert/vm/emit/quote.h"
#include "fuzz.h"
#include "tests/convert/vm/emit/tokens.h"

static bool is_well_formed(const char *text)
{
	while (*text)
		if (utf8_next(&text) == UTF8_MALFORMED)
			return false;
	return true;
}

static void check_text(const char *text)
{
	struct buffer literal = BUFFER_INIT, value = BUFFER_INIT, expected = BUFFER_INIT;
	const char *at;
	char *whole;

	emit_quote(&literal, text);
	whole = buffer_take_text(&literal);
	if (!whole) { /* malformed */
		if (is_well_formed(text))
			abort();
		buffer_done(&literal);
		return;
	}
	at = whole;
	tokens_units(text, &expected);
	if (!tokens_value(&at, &value) || *at || value.size != expected.size ||
	    (value.size && memcmp(value.data, expected.data, value.size) != 0))
		abort();
	free(whole);
	buffer_done(&value);
	buffer_done(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_text(text);
	free(text);
	return 0;
}
