/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the Boot Loader Specification: see bls.h. */
#include "convert/guest/linux/parse/bls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/lines.h"

#define MAX_BYTES (64 * KIB)

void bls_entry_done(struct bls_entry *entry)
{
	free(entry->file_stem);
	free(entry->title);
	free(entry->version);
	free(entry->linux);
	free(entry->initrd);
	free(entry->more_initrds);
	free(entry->options);
	free(entry->id);
	free(entry->strange_key);
	*entry = (struct bls_entry)BLS_ENTRY_INIT;
}

static char *stem_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = strlen(name);

	if (length > 5 && strcmp(name + length - 5, ".conf") == 0)
		length -= 5;
	return strndup(name, length);
}

static bool set_value(char **text, const struct text_line *value)
{
	free(*text);
	*text = text_copy(value);
	return *text;
}

/* Behind what is there, with a space between. */
static bool add_value(char **text, const struct text_line *value)
{
	char *joined;

	if (!*text)
		return set_value(text, value);
	if (asprintf(&joined, "%s %.*s", *text, (int)value->size, value->text) < 0)
		return false;
	free(*text);
	*text = joined;
	return true;
}

static bool add_initrds(struct bls_entry *entry, struct text_line value)
{
	struct text_line word;
	bool is_ok = true;

	while (is_ok && text_next_word(&value, &word))
		is_ok = entry->initrd ? add_value(&entry->more_initrds, &word)
				      : set_value(&entry->initrd, &word);
	return is_ok;
}

/* What the function knows beside what is kept: nothing of it tells what is started. */
static bool is_harmless(const struct text_line *key)
{
	static const char *const keys[] = {"grub_users", "grub_arg", "grub_class", "architecture",
					   "increment"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (text_is(key, keys[i]))
			return true;
	return false;
}

static bool take_key(struct bls_entry *entry, const struct text_line *key,
		     const struct text_line *value)
{
	if (text_is(key, "title"))
		return set_value(&entry->title, value);
	if (text_is(key, "version"))
		return set_value(&entry->version, value);
	if (text_is(key, "linux"))
		return set_value(&entry->linux, value);
	if (text_is(key, "id"))
		return set_value(&entry->id, value);
	if (text_is(key, "options"))
		return add_value(&entry->options, value);
	if (text_is(key, "initrd"))
		return add_initrds(entry, *value);
	return is_harmless(key) || entry->strange_key || set_value(&entry->strange_key, key);
}

static bool has_shell_signs(const struct text_line *line)
{
	for (size_t i = 0; i < line->size; i++)
		if (strchr("\"'\\;{}|&<>", line->text[i]))
			return true;
	return false;
}

static bool take_line(struct bls_entry *entry, struct text_line line)
{
	struct text_line whole = line, key;

	if (!text_next_word(&line, &key) || key.text[0] == '#')
		return true;
	entry->has_shell_signs = entry->has_shell_signs || has_shell_signs(&whole);
	text_trim(&line);
	return line.size == 0 || take_key(entry, &key, &line);
}

int bls_parse(const struct file_bytes *file, struct bls_entry *ret, struct error *err)
{
	struct text_line line = {.number = 0};
	size_t at = 0;
	bool is_ok;
	int r = text_file_check(file, MAX_BYTES, err);

	*ret = (struct bls_entry)BLS_ENTRY_INIT;
	if (r < 0)
		return r;
	ret->file_stem = stem_of(file->name);
	is_ok = ret->file_stem;
	while (is_ok && text_next_line(file, &at, &line))
		is_ok = take_line(ret, line);
	if (is_ok)
		return 0;
	bls_entry_done(ret);
	return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
}

/* --- the convention --------------------------------------------------------------------------- */

/* Is the text these four, one behind another? */
static bool is_made_of(const char *text, const char *const parts[4])
{
	for (size_t i = 0; i < 4; i++) {
		size_t length = strlen(parts[i]);

		if (strncmp(text, parts[i], length) != 0)
			return false;
		text += length;
	}
	return !*text;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* MACHINE-0-rescue.conf holds the version 0-rescue-MACHINE. */
static bool is_rescue(const struct bls_entry *entry)
{
	static const char before[] = "0-rescue-";
	const char *machine = entry->version + strlen(before);

	return strncmp(entry->version, before, strlen(before)) == 0 &&
	       is_made_of(entry->file_stem, (const char *const[4]){machine, "-0-rescue", "", ""});
}

const char *bls_out_of_convention(const struct bls_entry *entry, const char *folder)
{
	const char *version = entry->version;

	if (!entry->linux)
		return "has no 'linux'";
	if (!version)
		return "has no 'version', of which the paths are made";
	if (strpbrk(version, " \t$*?"))
		return "has a 'version' that is not one word";
	if (!is_made_of(entry->linux, (const char *const[4]){folder, "/vmlinuz-", version, ""}))
		return "has a kernel that is not called vmlinuz-VERSION";
	if (!entry->initrd)
		return "has no 'initrd'";
	if (!is_made_of(entry->initrd,
			(const char *const[4]){folder, "/initramfs-", version, ".img"}))
		return "has an initramfs that is not called initramfs-VERSION.img";
	if (entry->more_initrds && strcmp(entry->more_initrds, "$tuned_initrd") != 0)
		return "has a second 'initrd'";
	if (!ends_in(entry->file_stem, version) && !is_rescue(entry))
		return "is in a file whose name does not end in its version";
	if (entry->strange_key)
		return "has a key that the function does not know";
	if (entry->has_shell_signs)
		return "holds quotes or other signs that mean something in a script";
	return NULL;
}

/* --- the order -------------------------------------------------------------------------------- */

/* Part of a version: letters or digits in a row. */
struct segment {
	const char *at, *end; /* of the whole version */
	size_t size;
	bool is_number;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip_separators(struct segment *segment)
{
	while (segment->at < segment->end && !is_digit(*segment->at) && !is_letter(*segment->at) &&
	       *segment->at != '~')
		segment->at++;
}

static void measure(struct segment *segment)
{
	bool is_number = segment->at < segment->end && is_digit(*segment->at);

	while (is_number && segment->at + 1 < segment->end && segment->at[0] == '0' &&
	       is_digit(segment->at[1]))
		segment->at++;
	segment->is_number = is_number;
	segment->size = 0;
	while (segment->at + segment->size < segment->end &&
	       (is_number ? is_digit(segment->at[segment->size])
			  : is_letter(segment->at[segment->size])))
		segment->size++;
}

static int compare_sizes(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

/* A number is newer than letters, of numbers the longer one; letters go by the alphabet. */
static int compare_segments(const struct segment *a, const struct segment *b)
{
	size_t common = a->size < b->size ? a->size : b->size;
	int r;

	if (a->is_number != b->is_number)
		return a->is_number ? 1 : -1;
	if (a->is_number && a->size != b->size)
		return compare_sizes(a->size, b->size);
	r = memcmp(a->at, b->at, common);
	return r != 0 ? r : compare_sizes(a->size, b->size);
}

static bool has_tilde(const struct segment *segment)
{
	return segment->at < segment->end && *segment->at == '~';
}

/* As rpm compares versions: "~" is older than the end of the text, what is left over is newer. */
static int compare_versions(struct segment a, struct segment b)
{
	int r = 0;

	while (r == 0 && (a.at < a.end || b.at < b.end)) {
		skip_separators(&a);
		skip_separators(&b);
		if (has_tilde(&a) != has_tilde(&b))
			return has_tilde(&a) ? -1 : 1;
		if (has_tilde(&a)) {
			a.at++;
			b.at++;
			continue;
		}
		if (a.at == a.end || b.at == b.end)
			return (a.at < a.end) - (b.at < b.end);
		measure(&a);
		measure(&b);
		r = compare_segments(&a, &b);
		a.at += a.size;
		b.at += b.size;
	}
	return r;
}

/* name-version-release: cut off the part behind the last hyphen. */
static struct segment cut_last(struct segment *rest)
{
	struct segment part = *rest;

	while (part.end > part.at && part.end[-1] != '-')
		part.end--;
	if (part.end == part.at)
		return (struct segment){.at = rest->end, .end = rest->end};
	part.at = part.end;
	part.end = rest->end;
	rest->end = part.at - 1;
	return part;
}

int bls_compare(const struct bls_entry *a, const struct bls_entry *b)
{
	struct segment name_a = {.at = a->file_stem, .end = a->file_stem + strlen(a->file_stem)};
	struct segment name_b = {.at = b->file_stem, .end = b->file_stem + strlen(b->file_stem)};
	struct segment release_a = cut_last(&name_a), release_b = cut_last(&name_b);
	struct segment version_a = cut_last(&name_a), version_b = cut_last(&name_b);
	int r = compare_versions(name_a, name_b);

	if (r == 0)
		r = compare_versions(version_a, version_b);
	return r != 0 ? r : compare_versions(release_a, release_b);
}

/* How many stand above it in the menu; of equals the first one does. */
static size_t rank(const struct bls_entry *entries, size_t count, size_t index)
{
	size_t above = 0;

	for (size_t i = 0; i < count; i++) {
		int r = bls_compare(&entries[i], &entries[index]);

		above += r > 0 || (r == 0 && i < index);
	}
	return above;
}

static bool is_called(const struct bls_entry *entry, const char *wanted)
{
	return strcmp(entry->file_stem, wanted) == 0 ||
	       (entry->title && strcmp(entry->title, wanted) == 0);
}

static bool find_position(const struct bls_entry *entries, size_t count, size_t position,
			  size_t *ret)
{
	for (size_t i = 0; i < count; i++)
		if (rank(entries, count, i) == position) {
			*ret = i;
			return true;
		}
	return false;
}

bool bls_default(const struct bls_entry *entries, size_t count, const char *wanted, size_t *ret)
{
	char *end;
	unsigned long position;

	*ret = 0;
	for (size_t i = 1; i < count; i++)
		if (bls_compare(&entries[i], &entries[*ret]) > 0)
			*ret = i;
	if (!wanted || !*wanted)
		return count > 0;
	for (size_t i = 0; i < count; i++)
		if (is_called(&entries[i], wanted)) {
			*ret = i;
			return true;
		}
	position = is_digit(*wanted) ? strtoul(wanted, &end, 10) : count;
	return position < count && !*end && find_position(entries, count, position, ret);
}
