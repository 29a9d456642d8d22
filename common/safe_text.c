/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one door through which texts leave the program: see safe_text.h. */
#include "common/safe_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "common/width.h"

/* Unicode 15, Bidi_Control and the categories Cc, Zl, Zp and Cs. */
static const struct {
	uint32_t first, last;
} unsafe[] = {
	{0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200e, 0x200f},
	{0x2028, 0x202e}, {0x2066, 0x2069}, {0xd800, 0xdfff}, {UTF8_MALFORMED, UTF8_MALFORMED},
};

#define ESCAPE_SIZE 16

static bool is_surrogate(uint32_t point)
{
	return point >= 0xd800 && point <= 0xdfff;
}

bool safe_is_shown(uint32_t point)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
		if (point >= unsafe[i].first && point <= unsafe[i].last)
			return false;
	return true;
}

/* What is shown instead of the character that starts at 'at'. */
static const char *escape(uint32_t point, const char *at, char text[ESCAPE_SIZE])
{
	if (point < 0x80 || point == UTF8_MALFORMED)
		snprintf(text, ESCAPE_SIZE, "\\x%02x", (unsigned char)*at);
	else
		snprintf(text, ESCAPE_SIZE, "\\u{%04" PRIX32 "}", point);
	return text;
}

/*
 * Show the characters that lie whole within the first 'limit' bytes, on 'stream' unless it is NULL.
 * Returns the number of columns that they take.
 */
static size_t show(FILE *stream, const char *text, size_t limit, bool keep_lines)
{
	const char *end = text + strnlen(text, limit);
	size_t columns = 0;

	while (text < end) {
		const char *at = text;
		uint32_t point = utf8_next(&text);
		char buffer[ESCAPE_SIZE];
		bool is_kept = safe_is_shown(point) || (keep_lines && point == '\n');
		const char *piece = is_kept ? at : escape(point, at, buffer);
		size_t length = is_kept ? (size_t)(text - at) : strlen(piece);

		if (text > end)
			break;
		if (stream)
			fwrite(piece, 1, length, stream);
		columns += is_kept ? width_of(point) : length;
	}
	return columns;
}

void safe_lines(FILE *stream, const char *text)
{
	show(stream, text, SIZE_MAX, true);
}

static void pad(FILE *stream, size_t width, size_t shown)
{
	for (; shown < width; shown++)
		fputc(' ', stream);
}

/* Of a conversion "%-*.3zu". */
struct conversion {
	char flags[6];
	int width, precision; /* -1: none */
	int longs;	      /* l 1, ll 2 */
	bool is_size, is_max; /* z, j */
	char type;
};

struct arguments {
	va_list list;
};

static const char *read_number(const char *at, struct arguments *arguments, int *ret)
{
	char *end;

	if (*at == '*') {
		*ret = va_arg(arguments->list, int);
		return at + 1;
	}
	*ret = (int)strtol(at, &end, 10);
	return end;
}

/* 'at' is behind the percent sign. Returns what follows the conversion. */
static const char *read_conversion(const char *at, struct arguments *arguments,
				   struct conversion *ret)
{
	size_t flags = strspn(at, "-+ #0");

	*ret = (struct conversion){.width = -1, .precision = -1};
	memcpy(ret->flags, at, min_u64(flags, sizeof(ret->flags) - 1));
	at += flags;
	if (*at == '*' || (*at >= '0' && *at <= '9'))
		at = read_number(at, arguments, &ret->width);
	if (*at == '.')
		at = read_number(at + 1, arguments, &ret->precision);
	for (; *at && strchr("hlzj", *at); at++) {
		ret->longs += *at == 'l';
		ret->is_size |= *at == 'z';
		ret->is_max |= *at == 'j';
	}
	ret->type = *at;
	return at + 1;
}

static void put_text(FILE *stream, const struct conversion *conversion, const char *text)
{
	size_t limit = conversion->precision < 0 ? SIZE_MAX : (size_t)conversion->precision;
	size_t width = conversion->width < 0 ? 0 : (size_t)conversion->width;
	bool is_left = strchr(conversion->flags, '-') != NULL;
	size_t shown;

	if (!text)
		text = "(null)";
	shown = is_left || width == 0 ? 0 : show(NULL, text, limit, false);
	if (!is_left)
		pad(stream, width, shown);
	shown = show(stream, text, limit, false);
	if (is_left)
		pad(stream, width, shown);
}

/* Numbers are fprintf()'s: the conversion with its width and precision as numbers, for the widest
 * type. Only numbers reach it, whatever stands in the format. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_number(FILE *stream, const struct conversion *conversion,
		       struct arguments *arguments)
{
	char width[16] = "", precision[16] = "", format[48];
	bool is_long = conversion->longs || conversion->is_size || conversion->is_max;

	_Static_assert(sizeof(long) == sizeof(intmax_t) && sizeof(long) == sizeof(size_t) &&
			       sizeof(long) == sizeof(long long),
		       "l, ll, z and j are one on 64-bit Linux");
	if (conversion->width >= 0)
		snprintf(width, sizeof(width), "%d", conversion->width);
	if (conversion->precision >= 0)
		snprintf(precision, sizeof(precision), ".%d", conversion->precision);
	snprintf(format, sizeof(format), "%%%s%s%s%s%c", conversion->flags, width, precision,
		 is_long ? "l" : "", conversion->type);
	if (conversion->type == 'f')
		fprintf(stream, format, va_arg(arguments->list, double));
	else if (is_long)
		fprintf(stream, format, va_arg(arguments->list, long));
	else
		fprintf(stream, format, va_arg(arguments->list, int));
}
#pragma GCC diagnostic pop

static const char *put_conversion(FILE *stream, const char *at, struct arguments *arguments)
{
	struct conversion conversion;

	if (*at == '%') {
		fputc('%', stream);
		return at + 1;
	}
	at = read_conversion(at, arguments, &conversion);
	if (conversion.type == 's')
		put_text(stream, &conversion, va_arg(arguments->list, const char *));
	else if (conversion.type && strchr("cdiuxXf", conversion.type))
		put_number(stream, &conversion, arguments);
	else
		abort();
	return at;
}

void safe_vprintf(FILE *stream, const char *format, va_list args)
{
	struct arguments arguments;

	va_copy(arguments.list, args);
	while (*format) {
		size_t literal = strcspn(format, "%");

		fwrite(format, 1, literal, stream);
		format += literal;
		if (*format)
			format = put_conversion(stream, format + 1, &arguments);
	}
	va_end(arguments.list);
}

void safe_printf(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	safe_vprintf(stream, format, args);
	va_end(args);
}

bool safe_is_utf8(const char *text)
{
	while (*text) {
		uint32_t point = utf8_next(&text);

		if (point == UTF8_MALFORMED || is_surrogate(point))
			return false;
	}
	return true;
}

/* No escape is longer than this for a byte of the text: three bytes make \u{D800}, one \x1b. */
#define MAX_GROWTH 6

static bool is_valid(uint32_t point)
{
	return point != UTF8_MALFORMED && !is_surrogate(point);
}

static char *copy_kept(const char *text, bool (*is_kept)(uint32_t point))
{
	char *copy = malloc(MAX_GROWTH * strlen(text) + 1), *to = copy;

	while (copy && *text) {
		const char *at = text;
		uint32_t point = utf8_next(&text);
		char buffer[ESCAPE_SIZE];
		bool kept = is_kept(point);
		const char *piece = kept ? at : escape(point, at, buffer);
		size_t length = kept ? (size_t)(text - at) : strlen(piece);

		memcpy(to, piece, length);
		to += length;
	}
	if (copy)
		*to = '\0';
	return copy;
}

char *safe_utf8(const char *text)
{
	return copy_kept(text, is_valid);
}

char *safe_copy(const char *text)
{
	return copy_kept(text, safe_is_shown);
}

char *safe_json(const char *json)
{
	char *copy = malloc(MAX_GROWTH * strlen(json) + 1), *to = copy;

	while (copy && *json) {
		const char *at = json;
		uint32_t point = utf8_next(&json);

		if (point >= 0x7f && point <= 0xffff && !safe_is_shown(point)) {
			to += snprintf(to, MAX_GROWTH + 1, "\\u%04" PRIx32, point);
			continue;
		}
		memcpy(to, at, (size_t)(json - at));
		to += json - at;
	}
	if (copy)
		*to = '\0';
	return copy;
}
