/* SPDX-License-Identifier: GPL-3.0-or-later */
/* os-release(5) and its predecessors: see os_release.h. */
#include "convert/guest/linux/parse/os_release.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/lines.h"

/* Real ones have less than 2 KiB. */
#define MAX_BYTES (64 * KIB)

struct field {
	const char *key;
	size_t size;
	char *at;
};

static int take_value(const struct file_bytes *file, const struct text_line *value,
		      const struct field *field, struct error *err)
{
	size_t length = text_shell_value(value, field->at, field->size);

	if (length == SIZE_MAX)
		return error_damaged(err, "'%s': line %u: the quote behind %s= does not end",
				     file->name, value->number, field->key);
	return 0; /* a longer one is cut */
}

static void fill_gaps(struct os_release *release)
{
	if (!release->id[0])
		snprintf(release->id, sizeof(release->id), "linux");
	if (!release->pretty_name[0])
		snprintf(release->pretty_name, sizeof(release->pretty_name), "Linux");
}

static int parse_lines(const struct file_bytes *file, const struct field *fields, size_t count,
		       struct error *err)
{
	struct text_line line = {.number = 0}, key, value;
	size_t at = 0;
	int r = 0;

	while (r == 0 && text_next_line(file, &at, &line)) {
		key = line;
		if (!text_assignment(&key, &value))
			continue;
		for (size_t i = 0; r == 0 && i < count; i++)
			if (text_is(&key, fields[i].key))
				r = take_value(file, &value, &fields[i], err);
	}
	return r;
}

int os_release_parse(const struct file_bytes *file, struct os_release *ret, struct error *err)
{
	struct os_release release = {.id = ""};
	const struct field fields[] = {
		{"ID", sizeof(release.id), release.id},
		{"ID_LIKE", sizeof(release.id_like), release.id_like},
		{"VERSION_ID", sizeof(release.version_id), release.version_id},
		{"PRETTY_NAME", sizeof(release.pretty_name), release.pretty_name},
	};
	int r = text_file_check(file, MAX_BYTES, err);

	if (r < 0)
		return r;
	r = parse_lines(file, fields, ARRAY_SIZE(fields), err);
	if (r < 0)
		return r;
	fill_gaps(&release);
	*ret = release;
	return 0;
}

/* How a distribution's line begins, and what its os-release says or would say. */
struct beginning {
	const char *text, *id, *id_like;
};

static const struct beginning red_hats[] = {
	{"CentOS", "centos", "rhel fedora"},
	{"Red Hat", "rhel", "fedora"},
	{"Oracle", "ol", "rhel fedora"},
	{"Rocky", "rocky", "rhel centos fedora"},
	{"AlmaLinux", "almalinux", "rhel centos fedora"},
	{"Scientific", "scientific", "rhel fedora"},
	{"Fedora", "fedora", ""},
	{"", "linux", "rhel fedora"},
};

static const struct beginning suses[] = {
	{"SUSE Linux Enterprise Server", "sles", "suse"},
	{"SUSE Linux Enterprise Desktop", "sled", "suse"},
	{"openSUSE", "opensuse", "suse"},
	{"", "linux", "suse"},
};

static const struct beginning debians[] = {{"", "debian", ""}};

static const struct beginning *const beginnings[] = {
	[OS_RELEASE_REDHAT] = red_hats, [OS_RELEASE_SUSE] = suses, [OS_RELEASE_DEBIAN] = debians};

static void set_text(char *ret, size_t size, const struct text_line *text)
{
	size_t length = text->size < size ? text->size : size - 1;

	if (length > 0)
		memcpy(ret, text->text, length);
	ret[length] = '\0';
}

/* The first word that begins with a digit. */
static void find_version(struct text_line line, struct os_release *release)
{
	struct text_line word;

	while (text_next_word(&line, &word))
		if (word.text[0] >= '0' && word.text[0] <= '9') {
			set_text(release->version_id, sizeof(release->version_id), &word);
			return;
		}
}

/* "PATCHLEVEL = 4" of SLES, its service pack: 11 becomes 11.4, as its os-release has it. */
static void add_patch_level(const struct file_bytes *file, struct os_release *release)
{
	struct text_line line = {.number = 0}, value;
	size_t at = 0, length = strlen(release->version_id);

	while (text_next_line(file, &at, &line)) {
		if (!text_split(&line, '=', &value))
			continue;
		text_trim(&line);
		text_trim(&value);
		if (text_is(&line, "PATCHLEVEL") && !text_is(&value, "0") &&
		    value.size + length + 2 <= sizeof(release->version_id))
			snprintf(release->version_id + length, sizeof(release->version_id) - length,
				 ".%.*s", (int)value.size, value.text);
	}
}

static void tell_beginning(enum os_release_kind kind, const struct text_line *line,
			   struct os_release *release)
{
	const struct beginning *beginning = beginnings[kind];

	while (!text_starts_with(line, beginning->text))
		beginning++;
	snprintf(release->id, sizeof(release->id), "%s", beginning->id);
	snprintf(release->id_like, sizeof(release->id_like), "%s", beginning->id_like);
	snprintf(release->pretty_name, sizeof(release->pretty_name), "%s%.*s",
		 kind == OS_RELEASE_DEBIAN ? "Debian GNU/Linux " : "", (int)line->size, line->text);
}

int os_release_from_text(enum os_release_kind kind, const struct file_bytes *file,
			 struct os_release *ret, struct error *err)
{
	struct text_line line = {.number = 0};
	struct os_release release = {.id = ""};
	size_t at = 0;
	int r = text_file_check(file, MAX_BYTES, err);

	if (r < 0)
		return r;
	if (text_next_line(file, &at, &line))
		text_trim(&line);
	if (line.size == 0 || line.size > 100)
		return error_damaged(err, "'%s': line 1 has %zu bytes and names no distribution",
				     file->name, line.size);
	tell_beginning(kind, &line, &release);
	find_version(line, &release);
	if (kind == OS_RELEASE_SUSE)
		add_patch_level(file, &release);
	*ret = release;
	return 0;
}

bool os_release_is_like(const struct os_release *release, const char *id)
{
	struct text_line like = {release->id_like, strlen(release->id_like), 0}, word;

	if (strcmp(release->id, id) == 0)
		return true;
	while (text_next_word(&like, &word))
		if (text_is(&word, id))
			return true;
	return false;
}
