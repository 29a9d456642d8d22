/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of guests on pages for a browser: no tag, and nothing that ends what isolates them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json/html.h"

static char *shown(const char *text)
{
	struct buffer page = BUFFER_INIT;

	html_isolated(&page, text);
	cr_assert_not(page.failed);
	return buffer_take_text(&page);
}

static void check(const char *text, const char *wanted)
{
	CLEANUP_FREE char *found = shown(text);

	cr_expect_str_eq(found, wanted);
}

Test(html, a_text_is_a_text)
{
	check("<b>&\"'", "<bdi>&lt;b&gt;&amp;&quot;&#39;</bdi>");
	check("a\n\x1b\x7f", "<bdi>a\\x0a\\x1b\\x7f</bdi>");
	check("\xff\xe6\xbc\xa2", "<bdi>\\xff\xe6\xbc\xa2</bdi>");
	check("C:\\a", "<bdi>C:\\a</bdi>");
}

/* U+2069 and U+202C end what others have begun, here the <bdi>. */
Test(html, nothing_turns_what_stands_behind_it)
{
	check("a\xe2\x81\xa9"
	      "b\xe2\x80\xac"
	      "c\xe2\x80\xae"
	      "d\xe2\x81\xa6",
	      "<bdi>a\\u{2069}b\\u{202C}c\\u{202E}d\\u{2066}</bdi>");
	check("\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8", "<bdi>\\u{061C}\\u{200F}\\u{2028}</bdi>");
}

static void check_line(const char *text, const char *wanted)
{
	struct buffer page = BUFFER_INIT;
	CLEANUP_FREE char *found = NULL, *sentence = NULL;
	char isolated[256];

	html_line(&page, text);
	cr_assert_not(page.failed);
	found = buffer_take_text(&page);
	cr_expect_str_eq(found, wanted);
	page = (struct buffer)BUFFER_INIT;
	html_sentence(&page, text);
	sentence = buffer_take_text(&page);
	snprintf(isolated, sizeof(isolated), "<bdi>%s</bdi>", wanted);
	cr_expect_str_eq(sentence, isolated);
}

/* Hebrew, Arabic and its digits, Adlam. */
Test(html, what_goes_from_right_to_left_ends_before_a_word_of_ours)
{
	check_line("NTFS '<a>', 12 MiB", "NTFS &#39;&lt;a&gt;&#39;, 12 MiB");
	check_line("\xd7\x90\xd7\x91 12", "<bdi>\xd7\x90\xd7\x91</bdi> 12");
	check_line(
		"a \xd7\x90  \xe6\xbc\xa2 \xd8\xa7\xd9\xa1 \xc3\xa4, \xd7\x90",
		"a <bdi>\xd7\x90  \xe6\xbc\xa2 \xd8\xa7\xd9\xa1</bdi> \xc3\xa4, <bdi>\xd7\x90</bdi>");
	check_line("\xf0\x9e\xa4\x80<", "<bdi>\xf0\x9e\xa4\x80</bdi>&lt;");
	check_line("\xe6\xbc\xa2\xff\xd7", "\xe6\xbc\xa2\\xff\\xd7");
	check_line("\xd7\x90\xe2\x80\xae 1", "<bdi>\xd7\x90</bdi>\\u{202E} 1");
	check_line("", "");
}

Test(html, has_one_head)
{
	struct buffer page = BUFFER_INIT;
	CLEANUP_FREE char *text = NULL;

	html_begin(&page, &(struct html_page){.title = "A title", .style = "p{}\n"});
	text = buffer_take_text(&page);
	cr_expect_not_null(strstr(text, "<title>A title</title>"));
	cr_expect_not_null(strstr(text, "<h1>A title</h1>"));
	cr_expect_not_null(strstr(text, "\np{}\n"));
	cr_expect_not_null(strstr(text, "default-src 'none'; style-src 'unsafe-inline'\">"));
	cr_expect_null(strstr(text, "script"));
}
