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
			 "               disk was copied\n");
	cr_assert_str_eq(page_of("40", "  1  1 MiB  NTFS, boot manager, journal of it empty\n"),
			 "  1  1 MiB  NTFS, boot manager, journal\n"
			 "               of it empty\n");
	cr_assert_str_eq(page_of("40", "    one of the words that are indented so\n"),
			 "    one of the words that are indented\n"
			 "               so\n");
	cr_assert_str_eq(page_of("50",
				 "  -o, --option       PATH  the text of an option is longer\n"),
			 "  -o, --option       PATH  the text of an option\n"
			 "                           is longer\n");
}

Test(page, a_word_that_no_line_holds_is_cut)
{
	cr_assert_str_eq(page_of("40",
				 "File     /aaaaaaaaa/bbbbbbbbb/ccccccccc/ddddddddd/eeeeeeeee\n"),
			 "File     /aaaaaaaaa/bbbbbbbbb/ccccccccc/\n"
			 "               ddddddddd/eeeeeeeee\n");
}

Test(page, columns_are_characters)
{
	const char *umlauts = "ääääääääääääääääääääääääääääääääääääääää\n"; /* 40 of two bytes */

	cr_assert_str_eq(page_of("40", umlauts), umlauts);
}

/* Whatever its text, and the cells that it makes of it. */
Test(page, nothing_of_a_guest_looks_like_a_line_of_ours)
{
	static const char *const titles[] = {"",	  "  ",		 "    ",
					     "File     ", "           ", "             "};
	static const char *const words[] = {"Written  /etc/passwd", "a  b  Written  /etc/passwd",
					    "             sudo rm", "xxxxxxxxxxxxxxxxxxxxxxx  yyy"};

	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < 4; j++)
			for (unsigned int width = 40; width < 90; width++) {
				char line[400], columns[12];
				const char *at;

				snprintf(columns, sizeof(columns), "%u", width);
				snprintf(line, sizeof(line), "%s%s%s %s %s %s %s\n", titles[i],
					 "a word and some more of them to fill it",
					 words[(j + 1) % 4], words[j], words[j], words[j],
					 words[(j + 2) % 4]);
				at = page_of(columns, line);
				while ((at = strchr(at, '\n')) && *++at)
					cr_assert_geq(strspn(at, " "), 15, "%s", text);
			}
}

Test(page, columns_are_those_of_a_terminal)
{
	char line[200] = "";

	/* 20 of two columns, three bytes each: one more goes on. */
	for (size_t i = 0; i < 20; i++)
		strcat(line, "漢");
	strcat(line, "\n");
	cr_assert_str_eq(page_of("40", line), line);
	strcpy(line + 60, "字\n");
	page_of("40", line);
	cr_assert_eq(strcspn(text, "\n"), 60);
	cr_assert_str_eq(text + 60, "\n               字\n");
	/* It is not cut in the middle of one. */
	memmove(line + 1, line, 58);
	line[0] = 'x';
	strcpy(line + 58, "字字\n");
	page_of("40", line);
	cr_assert_eq(strcspn(text, "\n"), 58);
	/* Marks take no column, unless there are many. */
	memset(line, 'a', 40);
	strcpy(line + 40, "\xcc\x88\n");
	cr_assert_str_eq(page_of("40", line), line);
	strcpy(line + 40, "\xcc\x88\xcc\x88\xcc\x88\xcc\x88\n");
	cr_assert_neq(strcmp(page_of("40", line), line), 0);
}

Test(page, paragraphs_are_filled)
{
	FILE *under = open_memstream(&text, &size);

	page_fill(under, "one two\nthree four\n\n  list  of\n  two\nend", 14);
	cr_assert_eq(fclose(under), 0);
	cr_assert_str_eq(text, "one two three\nfour\n\n  list  of\n  two\nend");
}
