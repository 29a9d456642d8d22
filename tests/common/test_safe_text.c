/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leaves through the door, and as what. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/safe_text.h"

TestSuite(safe_text);

static char *PRINTF_LIKE(1, 2) printed(const char *format, ...)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	va_list args;

	va_start(args, format);
	safe_vprintf(stream, format, args);
	va_end(args);
	fclose(stream);
	return text;
}

#define ASSERT_PRINTED(expected, ...)                                                              \
	do {                                                                                       \
		CLEANUP_FREE char *found = printed(__VA_ARGS__);                                   \
		cr_assert_str_eq(found, expected);                                                 \
	} while (0)

static const struct {
	const char *text, *shown;
	bool is_utf8;
} texts[] = {
	{"Windows Server 2012 R2 \\EFI\\Boot", "Windows Server 2012 R2 \\EFI\\Boot", true},
	{"\x1b]0;own\x07\r\nhvgen2: done", "\\x1b]0;own\\x07\\x0d\\x0ahvgen2: done", true},
	{"a\tb\x7f", "a\\x09b\\x7f", true},
	{"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\u{0080}\\u{009B}\\u{009F}\xc2\xa0", true},
	{"\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}", true},
	{"\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9", "\\u{202A}\\u{202E}\\u{2066}\\u{2069}",
	 true},
	{"\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\xe2\x80\x8d\\u{200E}\\u{200F}\\u{061C}",
	 true},
	{"\xed\xa0\x80x\xed\xbf\xbf", "\\u{D800}x\\u{DFFF}", false},
	{"\xffx\xc0\xaf", "\\xffx\\xc0\\xaf", false},
	{"\xe2\x80", "\\xe2\\x80", false},
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", false},
	{"Gr\xc3\xbc\xc3\x9f"
	 "e \xf0\x9f\x98\x80",
	 "Gr\xc3\xbc\xc3\x9f"
	 "e \xf0\x9f\x98\x80",
	 true},
};

Test(safe_text, nothing_that_a_terminal_obeys)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		ASSERT_PRINTED(texts[i].shown, "%s", texts[i].text);
		cr_assert_eq(safe_is_utf8(texts[i].text), texts[i].is_utf8, "case %zu", i);
	}
}

Test(safe_text, line_ends_of_the_format_stay)
{
	ASSERT_PRINTED("a: x\\x0ay\nb\n", "a: %s\nb\n", "x\ny");
}

Test(safe_text, widths_and_precisions)
{
	ASSERT_PRINTED("[ab   ][   ab][ab]", "[%-5s][%5s][%.2s]", "ab", "ab", "abc");
	/* A width is that of the terminal: of two bytes one column, of three two, of a mark none. */
	ASSERT_PRINTED("[ä   ][  漢][a\xcc\x88  ]", "[%-4s][%4s][%-3s]", "ä", "漢", "a\xcc\x88");
	ASSERT_PRINTED("[\\x1b  ][  \\x1b]", "[%-6s][%*s]", "\x1b", 6, "\x1b");
	/* Not within a character. */
	ASSERT_PRINTED("[\xc3\xbc]", "[%.*s]", 3, "\xc3\xbc\xc3\xbc");
}

Test(safe_text, numbers_are_those_of_printf)
{
	char expected[256];

	snprintf(expected, sizeof(expected),
		 "%d %5u %-5u| %08x %04X %zu %3zu %" PRIu64 " %" PRIi64 " %016" PRIx64
		 " %c %.0f %ld %lld",
		 -3, 7U, 7U, 0xbeefU, 0xaU, (size_t)5, SIZE_MAX, UINT64_MAX, INT64_MIN,
		 (uint64_t)0x123, 'x', 2.5, -9L, -10LL);
	ASSERT_PRINTED(expected,
		       "%d %5u %-5u| %08x %04X %zu %3zu %" PRIu64 " %" PRIi64 " %016" PRIx64
		       " %c %.0f %ld %lld",
		       -3, 7U, 7U, 0xbeefU, 0xaU, (size_t)5, SIZE_MAX, UINT64_MAX, INT64_MIN,
		       (uint64_t)0x123, 'x', 2.5, -9L, -10LL);
}

Test(safe_text, lines)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	safe_lines(stream, "a\nb\r\n\x1b\n");
	fclose(stream);
	cr_assert_str_eq(text, "a\nb\\x0d\n\\x1b\n");
	free(text);
}

Test(safe_text, utf8_and_json)
{
	CLEANUP_FREE char *utf8 = safe_utf8("\x1b\xff\xed\xa0\x80\xe2\x80\xae");
	CLEANUP_FREE char *json =
		safe_json("{\n \"\x7f\xc2\x9b\xe2\x80\xae\xc3\xbc\": \"\\n\"\n}\n");

	cr_assert_str_eq(utf8, "\x1b\\xff\\u{D800}\xe2\x80\xae");
	cr_assert_str_eq(json, "{\n \"\\u007f\\u009b\\u202e\xc3\xbc\": \"\\n\"\n}\n");
}
