/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fixtures of the parsers: see fixture.h. */
#include "tests/convert/guest/linux/parse/fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scratch.h"

static struct file_bytes copy_of(const void *data, size_t size, const char *name)
{
	uint8_t *copy = malloc(size ? size : 1);

	cr_assert_not_null(copy);
	if (size > 0)
		memcpy(copy, data, size);
	return (struct file_bytes){copy, size, name};
}

struct file_bytes fixture_read(const char *path)
{
	size_t size;
	CLEANUP_FREE uint8_t *data = file_read(path, &size);

	cr_assert_not_null(data, "%s", path);
	return copy_of(data, size, path);
}

struct file_bytes fixture_text(const char *text)
{
	return copy_of(text, strlen(text), "text");
}

void fixture_done(struct file_bytes *file)
{
	CLEANUP_FREE void *data = NULL;

	memcpy(&data, &file->data, sizeof(data));
	file->data = NULL;
}

void fixture_cuts(const struct file_bytes *file,
		  int (*parse)(const struct file_bytes *file, struct error *err))
{
	for (size_t size = 0; size < file->size; size++) {
		CLEANUP_FIXTURE struct file_bytes part = copy_of(file->data, size, "part");
		struct error err = ERROR_INIT;
		int r = parse(&part, &err);

		/* an assertion that holds costs more than a parser */
		if (r != 0 &&
		    (r != -EUCLEAN || err.kind != ERROR_DAMAGED || !strstr(err.message, "'part'")))
			cr_assert_fail("%zu of %s: %d, %s", size, file->name, r, err.message);
	}
}

void fixture_is_damaged(const struct error *err, const char *part)
{
	cr_expect_eq(err->kind, ERROR_DAMAGED, "%s", err->message);
	cr_expect(strstr(err->message, part), "'%s' in '%s'", part, err->message);
}
