/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages: long lines go on below their text, words that no line holds are cut, and columns are characters. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/page.h"
#include "common/safe_text.h"

static char *text;
static size_t size;

static const char *page_of(const char *columns, const char *lines)
{
	FILE *under, *page;

	free(text);
	setenv("COLUMNS", columns, 1);
	under = open_memstream(&text, &size);
	page = page_open(under);
	cr_assert_not_null(page);
	safe_lines(page, lines);
	cr_assert_eq(page_close(page), 0);
	cr_assert_eq(fclose(under), 0);
	return text;
}

Test(page, what_fits_stays)
{
	cr_assert_str_eq(page_of("40", "Source   a\n\n  b  c\nno end"),
			 "Source   a\n\n  b  c\nno end\n");
	cr_assert_str_eq(page_of("40", ""), "");
}

Test(page, what_does_not_goes_on_below_its_text)
{
	cr_assert_str_eq(page_of("40", "Warning  the volume was in use when the disk was copied\n"),
			 "Warning  the volume was in use when the\n"
			 "         disk was copied\n");
	cr_assert_str_eq(page_of("40", "  1  1 MiB  NTFS, boot manager, journal of it empty\n"),
			 "  1  1 MiB  NTFS, boot manager, journal\n"
			 "            of it empty\n");
	cr_assert_str_eq(page_of("40", "    one of the words that are indented so\n"),
			 "    one of the words that are indented\n"
			 "      so\n");
}

Test(page, a_word_that_no_line_holds_is_cut)
{
	cr_assert_str_eq(page_of("40",
				 "File     /aaaaaaaaa/bbbbbbbbb/ccccccccc/ddddddddd/eeeeeeeee\n"),
			 "File     /aaaaaaaaa/bbbbbbbbb/ccccccccc/\n"
			 "         ddddddddd/eeeeeeeee\n");
}

Test(page, columns_are_characters)
{
	const char *umlauts = "ääääääääääääääääääääääääääääääääääääääää\n"; /* 40 of two bytes */

	cr_assert_str_eq(page_of("40", umlauts), umlauts);
}

Test(page, paragraphs_are_filled)
{
	FILE *under = open_memstream(&text, &size);

	page_fill(under, "one two\nthree four\n\n  list  of\n  two\nend", 14);
	cr_assert_eq(fclose(under), 0);
	cr_assert_str_eq(text, "one two three\nfour\n\n  list  of\n  two\nend");
}
