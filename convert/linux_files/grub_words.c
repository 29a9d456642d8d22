/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What grub-fstest prints: see grub_words.h. */
#include "convert/linux_files/grub_words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/linux_files/linux_files.h"

#define MAX_NAMES 65536
#define DIGITS	  "0123456789"
/* GRUB's reasons end at 255 bytes, with where in its source they arose in front (2.12, Fedora's):
 * one that names a path of this length may end within it. */
#define CUT 180

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length >= size && strcmp(text + length - size, end) == 0;
}

/* "file `/x' not found", but not "disk `x' not found". */
static bool is_missing(const char *said)
{
	static const char file[] = "file `";

	for (const char *at = said; (at = strstr(at, file)); at++)
		if (at > said + 1 && at[at[-1] == ' ' ? -2 : -1] == ':' &&
		    (ends_in(at, "' not found.") || strlen(at) > CUT))
			return true;
	return false;
}

int grub_words_error(const char *said, const char *path, struct error *err)
{
	static const struct {
		const char *end;
		int code;
	} errors[] = {
		{"not a regular file.", EISDIR},
		{"not a directory.", ENOTDIR},
		{"too deep nesting of symlinks.", ELOOP},
	};
	int code = is_missing(said) ? ENOENT : 0;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (ends_in(said, errors[i].end))
			code = errors[i].code;
	if (code)
		return error_failed(err, code, "'%s': %s", path, strerror(code));
	return error_damaged(err, "'%s' cannot be read: GRUB says \"%s\"", path, said);
}

/* The name of a line "512          20260102030405 name" or "DIR          20260102030405 name/"; 0 for
 * any other line. */
static size_t name_in(const char *line, size_t length, const char **ret)
{
	bool is_folder = length > 3 && memcmp(line, "DIR", 3) == 0;
	size_t at = is_folder ? 3 : 0, digits = 0;

	while (!is_folder && at < length && line[at] >= '0' && line[at] <= '9')
		at++;
	if (at == 0 || at == length || line[at] != ' ')
		return 0;
	while (at < length && line[at] == ' ')
		at++;
	while (at < length && line[at] >= '0' && line[at] <= '9') {
		at++;
		digits++;
	}
	if (digits < 14 || at == length || line[at] != ' ')
		return 0;
	*ret = line + at + 1;
	length -= at + 1;
	return length - (is_folder && length > 0 && line[at + length] == '/');
}

static int add_name(const char *name, size_t length, char ***names, size_t *count,
		    struct error *err)
{
	char **larger;

	if ((length == 1 && name[0] == '.') || (length == 2 && memcmp(name, "..", 2) == 0))
		return 0;
	if (*count == MAX_NAMES)
		return error_damaged(err, "a folder has more than %d names", MAX_NAMES);
	/* In steps of powers of two. */
	if ((*count & (*count - 1)) == 0) {
		larger = realloc(*names, (*count ? *count * 2 : 1) * sizeof(**names));
		if (!larger)
			return error_failed(err, ENOMEM, "out of memory");
		*names = larger;
	}
	(*names)[*count] = strndup(name, length);
	if (!(*names)[*count])
		return error_failed(err, ENOMEM, "out of memory");
	++*count;
	return 0;
}

static int add_line(const char *line, size_t length, char ***names, size_t *count,
		    struct error *err)
{
	const char *name = NULL;
	size_t size = name_in(line, length, &name);

	if (size == 0 || size > 255 || memchr(name, '/', size) || memchr(name, '\0', size))
		return error_damaged(err, "a folder has a name that cannot be told from others");
	return add_name(name, size, names, count, err);
}

int grub_words_names(const char *text, size_t size, char ***ret_names, size_t *ret_count,
		     struct error *err)
{
	const char *end = text + size;
	char **names = NULL;
	size_t count = 0;
	int r = 0;

	while (r == 0 && text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop ? stop : end) - text);

		if (length > 0) /* one that is empty ends the list */
			r = add_line(text, length, &names, &count, err);
		text += length + 1;
	}
	if (r < 0) {
		linux_files_names_free(names, count);
		return r;
	}
	*ret_names = names;
	*ret_count = count;
	return 0;
}

void grub_words_probe(const char *text, struct linux_volume_id *ret)
{
	static const char type[] = "Filesystem type ", uuid[] = ", UUID ";
	static const struct {
		const char *name;
		enum linux_contents contents;
	} kinds[] = {{"ext", LINUX_EXT}, {"xfs", LINUX_XFS}, {"btrfs", LINUX_BTRFS}};
	const char *kind = strstr(text, type), *at = kind, *last = NULL;

	*ret = (struct linux_volume_id){.contents = LINUX_NOTHING};
	/* A label, which the guest has chosen, stands in front of it. */
	while (at && (at = strstr(at, uuid)))
		last = at += strlen(uuid);
	if (!last || strspn(last, DIGITS "abcdef-") != sizeof(ret->uuid) - 1)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(kind + strlen(type), kinds[i].name, strlen(kinds[i].name)) == 0)
			ret->contents = kinds[i].contents;
	if (ret->contents != LINUX_NOTHING)
		memcpy(ret->uuid, last, sizeof(ret->uuid) - 1);
}
