/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts in a script, read back by PowerShell's own rules. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/vm/emit/quote.h"
#include "tokens.h"

static char *quote(const char *text)
{
	struct buffer out = BUFFER_INIT;

	emit_quote(&out, text);
	return buffer_take_text(&out);
}

static void expect_back(const char *text)
{
	CLEANUP_BUFFER struct buffer value = BUFFER_INIT, expected = BUFFER_INIT;
	CLEANUP_FREE char *literal = quote(text);
	const char *at = literal;

	cr_assert(tokens_value(&at, &value), "%s", literal);
	cr_expect_str_empty(at, "%s", literal);
	tokens_units(text, &expected);
	cr_expect_eq(value.size, expected.size, "%s", literal);
	cr_expect(value.size == 0 || memcmp(value.data, expected.data, value.size) == 0, "%s",
		  literal);
}

ParameterizedTestParameters(vm_quote, back)
{
	static char texts[][64] = {
		"",
		"'",
		"''",
		"'; Remove-Item C:\\ -Recurse; '",
		"$(calc) `$env:x \"",
		"\u2018 \u2019 \u201a \u201b '",
		"\u2019; calc; \u2019",
		"one\r\ntwo\ttab\x1b[31m\x7f",
		"\xc2\x85\u2028\u2029",
		"\u202etxt.exe\u2066",
		"\ufeff\xef\xbf\xbe\uffff",
		"B\u00fccher \u0434\u0438\u0441\u043a \u4eee\u60f3",
		"\U0001f600 \U0010ffff",
		"\xed\xa0\x80 \xed\xb0\x80", /* unpaired surrogates */
		"#> <# @' '@ @\" \"@",
	};

	return cr_make_param_array(char[64], texts, ARRAY_SIZE(texts));
}

ParameterizedTest(char text[64], vm_quote, back)
{
	expect_back(text);
}

Test(vm_quote, null)
{
	CLEANUP_FREE char *literal = quote(NULL);

	cr_expect_str_eq(literal, "$null");
}

Test(vm_quote, malformed_text_fails)
{
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;

	emit_quote(&out, "a\xff");
	cr_expect(out.failed);
}

/* What PowerShell nests, it nests on its stack. */
Test(vm_quote, a_long_text_is_no_deep_expression)
{
	CLEANUP_FREE char *literal = NULL;
	size_t depth = 0, most = 0;
	char text[4001];

	memset(text, '\n', 4000);
	text[4000] = '\0';
	literal = quote(text);
	for (const char *at = literal; *at; at++) {
		depth = *at == ',' ? 0 : depth + (*at == '+');
		most = depth > most ? depth : most;
	}
	cr_expect_leq(most, 100);
	expect_back(text);
}

/* The judge itself: what must not pass. */
Test(vm_quote, the_judge_sees_what_ends_a_string)
{
	static const char *const wrong[] = {"'a\u2019b'", "'a\nb'",    "'open",
					    "\"a\"",	  "'a\u202e'", "([char]0x0041 + 'b')",
					    "$x",	  "'a' 'b'"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP_BUFFER struct buffer value = BUFFER_INIT;
		const char *at = wrong[i];

		cr_expect(!tokens_value(&at, &value) || *at, "%s", wrong[i]);
	}
}
