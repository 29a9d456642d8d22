/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts for PowerShell: quotes of all kinds, and what a terminal must not see. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "common/powershell.h"

TestSuite(powershell);

static const struct {
	const char *text, *quoted;
} samples[] = {
	{"", "''"},
	{"Ethernet 2", "'Ethernet 2'"},
	{"it's", "'it''s'"},
	{"$(x) `n \"a\"", "'$(x) `n \"a\"'"},
	{"a\u2018b\u2019c\u201ad\u201be",
	 "'a\u2018\u2018b\u2019\u2019c\u201a\u201ad\u201b\u201be'"},
	{"LAN-Verbindung\u00fc \u4e2d\U0001f600", "'LAN-Verbindung\u00fc \u4e2d\U0001f600'"},
	{"a\nb", "('a' + [char]0x000A + 'b')"},
	{"\x1b[2J", "('' + [char]0x001B + '[2J')"},
	{"a\r\n", "('a' + [char]0x000D + [char]0x000A)"},
	{"\u202etxt", "('' + [char]0x202E + 'txt')"},
	{"\xc2\x85\ufeff", "('' + [char]0x0085 + [char]0xFEFF)"},
	{"\xed\xa0\x80x", "('' + [char]0xD800 + 'x')"},
	{"\U000e0041", "('' + [char]0xDB40 + [char]0xDC41)"},
};

Test(powershell, quotes)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		CLEANUP_FREE char *quoted = powershell_quote(samples[i].text);

		cr_assert_not_null(quoted, "%zu", i);
		cr_assert_str_eq(quoted, samples[i].quoted);
	}
	cr_assert_null(powershell_quote("\xff"));
}
