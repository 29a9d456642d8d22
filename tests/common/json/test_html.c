/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of guests on pages for a browser: no tag, and nothing that ends what isolates them. */
#include <criterion/criterion.h>
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
