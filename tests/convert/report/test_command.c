/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of PowerShell are parted so that they can be pasted. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "convert/report/command.h"

static char *text;
static size_t size;

static const char *printed(const char *line, unsigned int width)
{
	FILE *stream;

	free(text);
	stream = open_memstream(&text, &size);
	command_print(line, 4, width, stream);
	cr_assert_eq(fclose(stream), 0);
	return text;
}

Test(command, what_fits_is_whole)
{
	cr_assert_str_eq(printed("Do -Name 'a b'", 18), "    Do -Name 'a b'\n");
	cr_assert_str_eq(printed("Do -Name 'a b' -Long 'whatever'", 0),
			 "    Do -Name 'a b' -Long 'whatever'\n");
}

Test(command, it_goes_on_behind_a_backtick)
{
	cr_assert_str_eq(printed("Do -Name 'a b' -Address 198.51.100.7 -Length 24", 40),
			 "    Do -Name 'a b' -Address `\n"
			 "      198.51.100.7 -Length 24\n");
	cr_assert_str_eq(printed("Do -Name 'a b'", 17), "    Do -Name `\n      'a b'\n");
}

Test(command, quotes_stay_whole)
{
	cr_assert_str_eq(printed("Do -Name 'Bob''s own LAN' -Length 24", 26),
			 "    Do -Name `\n"
			 "      'Bob''s own LAN' `\n"
			 "      -Length 24\n");
	cr_assert_str_eq(printed("Do -Name 'a b c d e f g h i j k l m n' -Length 24", 30),
			 "    Do -Name `\n"
			 "      'a b c d e f g h i j k l m n' `\n"
			 "      -Length 24\n");
}

Test(command, lists_go_on_behind_a_comma)
{
	cr_assert_str_eq(printed("Do -Servers '192.0.2.1','192.0.2.2','192.0.2.3'", 36),
			 "    Do -Servers '192.0.2.1', `\n"
			 "      '192.0.2.2','192.0.2.3'\n");
}

Test(command, columns_are_characters)
{
	cr_assert_str_eq(printed("Do -Name 'ääää' -A b", 24), "    Do -Name 'ääää' -A b\n");
	cr_assert_str_eq(printed("Do -Name '漢字漢字' -A b", 24),
			 "    Do -Name `\n      '漢字漢字' -A b\n");
}

Test(command, a_comment_goes_on_as_one)
{
	cr_assert_str_eq(printed("# Do -Name 'a b' -Length ? (no mask)", 30),
			 "    # Do -Name 'a b' -Length\n"
			 "    #   ? (no mask)\n");
}

Test(command, those_of_sh_go_on_behind_a_backslash)
{
	static const char line[] = "mkdir -p /boot/efi && echo 'UUID=0012-ABCD /boot/efi vfat "
				   "umask=0077 0 1' >>/etc/fstab && mount /boot/efi";
	FILE *stream;

	free(text);
	stream = open_memstream(&text, &size);
	command_print_sh(line, 4, 72, stream);
	cr_assert_eq(fclose(stream), 0);
	cr_assert_str_eq(text,
			 "    mkdir -p /boot/efi && echo \\\n"
			 "      'UUID=0012-ABCD /boot/efi vfat umask=0077 0 1' >>/etc/fstab && \\\n"
			 "      mount /boot/efi\n");
}
