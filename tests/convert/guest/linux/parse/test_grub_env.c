/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB's environment blocks, whose foreign reader is grub-editenv. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/guest/linux/parse/grub_env.h"
#include "tests/convert/guest/linux/parse/fixture.h"
#include "tests/support/scratch.h"

TestSuite(linux_grub_env);

static int parse(const struct file_bytes *file, struct error *err)
{
	CLEANUP_GRUB_ENV struct grub_env env;

	return grub_env_parse(file, &env, err);
}

Test(linux_grub_env, as_grub_editenv_lists_it)
{
	static const char *const names[] = {"saved", "bls"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *path = NULL, *said = NULL, *ours = NULL;
		CLEANUP_GRUB_ENV struct grub_env env = GRUB_ENV_INIT;
		CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

		cr_assert_gt(asprintf(&path, CORPUS "grub_env/%s", names[i]), 0);
		CLEANUP_FIXTURE struct file_bytes file = fixture_read(path);
		cr_assert_eq(grub_env_parse(&file, &env, NULL), 0);
		for (size_t n = 0; n < env.count; n++)
			buffer_printf(&text, "%s=%s\n", env.list[n].name, env.list[n].value);
		ours = buffer_take_text(&text);
		cr_assert_eq(tool_run(&said, "grub-editenv %s list", path), 0, "%s", said);
		cr_expect_str_eq(ours, said);
		fixture_cuts(&file, parse);
	}
}

/* What grub-editenv has written. */
Test(linux_grub_env, made_by_grub_editenv)
{
	CLEANUP_FREE char *said = NULL;
	CLEANUP_GRUB_ENV struct grub_env env = GRUB_ENV_INIT;
	int r = tool_run(&said, "rm -f made.env; grub-editenv made.env create && grub-editenv "
				"made.env set 'saved_entry=a>b' 'back=\\x\\' && grub-editenv "
				"made.env set saved_entry=2");

	cr_assert_eq(r, 0, "%s", said);
	CLEANUP_FIXTURE struct file_bytes file = fixture_read("made.env");
	cr_assert_eq(grub_env_parse(&file, &env, NULL), 0);
	cr_expect_str_eq(grub_env_get(&env, "saved_entry"), "2");
	cr_expect_str_eq(grub_env_get(&env, "back"), "\\x\\");
	cr_expect_null(grub_env_get(&env, "none"));
	cr_expect_null(grub_env_get(NULL, "none"));
}

Test(linux_grub_env, odd_lines)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(CORPUS "grub_env/odd");
	CLEANUP_GRUB_ENV struct grub_env env = GRUB_ENV_INIT;

	cr_assert_eq(grub_env_parse(&file, &env, NULL), 0);
	cr_expect_str_eq(grub_env_get(&env, "a"), "2");
	cr_expect_str_eq(grub_env_get(&env, "empty"), "");
	cr_expect_str_eq(grub_env_get(&env, "lines"), "one\ntwo\\three");
	cr_expect_null(grub_env_get(&env, "#comment"));
}

Test(linux_grub_env, no_block)
{
	static const char *const texts[] = {"", "saved_entry=1\n", "# GRUB Environment Bloc"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP_FIXTURE struct file_bytes file = fixture_text(texts[i]);
		struct error err = ERROR_INIT;

		cr_expect_lt(parse(&file, &err), 0);
		fixture_is_damaged(&err, "'text' does not begin as a GRUB environment block does");
	}
}
