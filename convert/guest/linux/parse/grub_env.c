/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of GRUB's variables: see grub_env.h. */
#include "convert/guest/linux/parse/grub_env.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/lines.h"

#define SIGNATURE "# GRUB Environment Block\n"
#define MAX_BYTES (64 * KIB)

void grub_env_done(struct grub_env *env)
{
	for (size_t i = 0; i < env->count; i++) {
		free(env->list[i].name);
		free(env->list[i].value);
	}
	free(env->list);
	*env = (struct grub_env)GRUB_ENV_INIT;
}

/* A backslash saves what is behind it: itself, or the end of the line. The length of the line. */
static size_t line_length(const uint8_t *at, size_t size)
{
	size_t length = 0;

	while (length < size && at[length] != '\n')
		length += at[length] == '\\' && length + 1 < size ? 2 : 1;
	return length;
}

static char *unescaped(const struct text_line *value)
{
	char *copy = text_copy(value), *to = copy;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < value->size; i++) {
		if (value->text[i] == '\\' && i + 1 < value->size)
			i++;
		*to++ = value->text[i];
	}
	*to = '\0';
	return copy;
}

static bool add_variable(struct grub_env *env, const struct text_line *name,
			 const struct text_line *value)
{
	struct grub_variable variable = {text_copy(name), unescaped(value)};
	struct grub_variable *list = list_grow(env->list, env->count, sizeof(*list));

	if (list)
		env->list = list;
	if (!list || !variable.name || !variable.value) {
		free(variable.name);
		free(variable.value);
		return false;
	}
	list[env->count++] = variable;
	return true;
}

static int parse_block(const struct file_bytes *file, struct grub_env *env, struct error *err)
{
	size_t at = strlen(SIGNATURE);

	while (at < file->size) {
		size_t length = line_length(file->data + at, file->size - at);
		struct text_line name = {(const char *)file->data + at, length, 0}, value;

		at += length + 1;
		if (text_starts_with(&name, "#") || !text_split(&name, '=', &value))
			continue;
		if (!add_variable(env, &name, &value))
			return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	}
	return 0;
}

int grub_env_parse(const struct file_bytes *file, struct grub_env *ret, struct error *err)
{
	int r = text_file_check(file, MAX_BYTES, err);

	*ret = (struct grub_env)GRUB_ENV_INIT;
	if (r < 0)
		return r;
	if (file->size < strlen(SIGNATURE) || memcmp(file->data, SIGNATURE, strlen(SIGNATURE)) != 0)
		return error_damaged(err, "'%s' does not begin as a GRUB environment block does",
				     file->name);
	r = parse_block(file, ret, err);
	if (r < 0)
		grub_env_done(ret);
	return r;
}

const char *grub_env_get(const struct grub_env *env, const char *name)
{
	for (size_t i = env ? env->count : 0; i > 0; i--)
		if (strcmp(env->list[i - 1].name, name) == 0)
			return env->list[i - 1].value;
	return NULL;
}
