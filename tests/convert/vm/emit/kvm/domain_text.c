/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a domain back: see domain_text.h. */
#include "domain_text.h"

#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "common/xml_spans.h"

static const struct {
	const char *entity;
	char character;
} entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&#13;", '\r'}};

/* Decode [text, end). */
static char *decode(const char *text, const char *end)
{
	struct buffer value = BUFFER_INIT;

	while (text < end) {
		size_t i = 0;

		if (*text != '&') {
			buffer_append(&value, text++, 1);
			continue;
		}
		while (i < ARRAY_SIZE(entities) &&
		       strncmp(text, entities[i].entity, strlen(entities[i].entity)) != 0)
			i++;
		if (i == ARRAY_SIZE(entities)) {
			buffer_done(&value);
			return NULL;
		}
		buffer_append(&value, &entities[i].character, 1);
		text += strlen(entities[i].entity);
	}
	return buffer_take_text(&value);
}

char *domain_text(const struct buffer *xml, const char *element)
{
	const char *text = (const char *)xml->data;
	struct span_markup markup, end;
	size_t at = 0;

	while (span_next_markup(text, xml->size, &at, &markup))
		if (markup.kind == SPAN_START && span_is(text, markup.name, element)) {
			size_t start = at;

			if (!span_next_markup(text, xml->size, &at, &end) || end.kind != SPAN_END ||
			    !span_is(text, end.name, element))
				return NULL;
			return decode(text + start, text + end.whole.at);
		}
	return NULL;
}

char *domain_shape(const struct buffer *xml)
{
	const char *text = (const char *)xml->data;
	struct buffer shape = BUFFER_INIT;
	struct span_markup markup;
	size_t at = 0;
	int depth = 0;

	while (span_next_markup(text, xml->size, &at, &markup)) {
		depth += markup.kind == SPAN_START ? 1 : markup.kind == SPAN_END ? -1 : 0;
		buffer_append(&shape, text + markup.whole.at, markup.whole.size);
	}
	if (depth == 0)
		return buffer_take_text(&shape);
	buffer_done(&shape);
	return NULL;
}

static bool is_plain(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
		return false;
	if (c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return false;
	return c != 0xfffe && c != 0xffff && c != UTF8_MALFORMED;
}

char *domain_expected(const char *text, enum domain_rule rule)
{
	struct buffer value = BUFFER_INIT;

	if (rule == DOMAIN_NAME && (strcmp(text, ".") == 0 || strcmp(text, "..") == 0))
		return strdup("_");
	while (*text) {
		const char *at = text;
		uint32_t c = utf8_next(&text);

		if (rule == DOMAIN_LINES && c == '\r' && *text == '\n')
			continue;
		if (rule == DOMAIN_NAME && (c == '/' || !is_plain(c)))
			buffer_text(&value, "_");
		else if (is_plain(c) || (rule == DOMAIN_LINES && (c == '\n' || c == '\t')))
			buffer_append(&value, at, (size_t)(text - at));
		else
			buffer_printf(&value, "\\u%04X", c == UTF8_MALFORMED ? 0xfffd : c);
	}
	return buffer_take_text(&value);
}
