/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of the state folder: see record.h. */
#include "convert/batch/state/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base64.h"
#include "common/checked.h"
#include "common/json/text_json.h"

/* A plan has some KiB: what is larger is none of ours. */
#define MAX_RECORD (16 * MIB)

/* Whoever sweeps the folder may take a temporary file away under us: once more then. */
#define TRIES 3

int token_make(char ret[TOKEN_SIZE])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -1;
	snprintf(ret, TOKEN_SIZE, "%016" PRIx64, number);
	return 0;
}

static int write_whole(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd);
}

static int fill(int folder, const char *temporary, const char *text)
{
	CLEANUP_FD int fd = openat(folder, temporary,
				   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);

	if (fd < 0 || write_whole(fd, text) == 0)
		return fd < 0 ? -1 : 0;
	unlinkat(folder, temporary, 0);
	return -1;
}

int link_error(int folder, const char *name, int code)
{
	struct stat st;

	return code == EPERM && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? EEXIST
										     : code;
}

/* link() may have been done although its answer was lost: then the file has two names. */
static int link_once(int folder, const char *temporary, const char *name)
{
	struct stat st;
	int code;

	if (linkat(folder, temporary, folder, name, 0) == 0)
		return 0;
	code = errno;
	if (fstatat(folder, temporary, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 2)
		return 0;
	errno = link_error(folder, name, code);
	return -1;
}

static int give_name(int folder, const char *temporary, const char *name, bool once)
{
	int r = once ? link_once(folder, temporary, name)
		     : renameat(folder, temporary, folder, name);
	int code = errno;

	if (once || r < 0)
		unlinkat(folder, temporary, 0);
	errno = code;
	return r < 0 ? -1 : fsync(folder);
}

int record_write(int folder, const char *name, const json_t *root, bool once, struct error *err)
{
	CLEANUP_FREE char *text = text_json_dump(root), *temporary = NULL;
	char token[TOKEN_SIZE];
	int r = -1;

	if (!text || token_make(token) < 0 || asprintf(&temporary, ".%s.%s", name, token) < 0) {
		temporary = NULL;
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	}
	for (int i = 0; r < 0 && i < TRIES; i++) {
		r = fill(folder, temporary, text);
		if (r == 0)
			r = give_name(folder, temporary, name, once);
		if (r < 0 && errno != ENOENT)
			break;
	}
	if (r < 0 && once && errno == EEXIST)
		return -EEXIST;
	return r < 0 ? error_errno(err, "'%s': cannot write this record of the state folder", name)
		     : 0;
}

static int read_text(int fd, const char *name, struct buffer *text, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, "'%s'", name);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > MAX_RECORD)
		return error_failed(err, EINVAL, "'%s' is no record of a batch", name);
	while (text->size <= MAX_RECORD) {
		uint8_t *room = buffer_extend(text, 64 * KIB);
		ssize_t n = room ? read(fd, room, 64 * KIB) : -1;

		if (!room || (n < 0 && errno != EINTR))
			return room ? error_errno(err, "'%s'", name)
				    : error_failed(err, ENOMEM, "'%s': out of memory", name);
		text->size -= 64 * KIB - (size_t)(n > 0 ? n : 0);
		if (n == 0)
			break;
	}
	return 0;
}

int record_read_fd(int fd, const char *name, json_t **ret, struct error *err)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	json_error_t problem;
	json_t *root;
	int r = read_text(fd, name, &text, err);

	if (r < 0)
		return r;
	root = json_loadb((const char *)text.data, text.size, 0, &problem);
	if (!json_is_object(root)) {
		json_decref(root);
		return error_failed(err, EINVAL, "'%s' is no record of a batch (line %d)", name,
				    problem.line);
	}
	*ret = root;
	return 0;
}

int record_read(int folder, const char *name, json_t **ret, struct error *err)
{
	CLEANUP_FD int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : error_errno(err, "'%s'", name);
	return record_read_fd(fd, name, ret, err);
}

char *record_path(const json_t *object, const char *key)
{
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	const char *text = json_string_value(json_object_get(object, key)), *digits;
	char bytes_key[64];

	snprintf(bytes_key, sizeof(bytes_key), "%s_bytes", key);
	digits = json_string_value(json_object_get(object, bytes_key));
	if (!digits)
		return text ? strdup(text) : NULL;
	return base64_decode(digits, strlen(digits), &bytes) ? buffer_take_text(&bytes) : NULL;
}

/* KEY_bytes is KEY once more. */
static bool is_other_spelling(const char *key)
{
	size_t length = strlen(key);

	return length > 6 && strcmp(key + length - 6, "_bytes") == 0;
}

const char *record_role(const json_t *outputs, size_t index)
{
	static const char last[] = "disk";
	const char *key;
	json_t *path;

	json_object_foreach((json_t *)(uintptr_t)outputs, key, path) /* which it does not change */
	{
		if (strcmp(key, last) == 0 || is_other_spelling(key))
			continue;
		if (index-- == 0)
			return key;
	}
	return index == 0 && json_object_get(outputs, last) ? last : NULL;
}

static void add_output(struct buffer *text, const json_t *outputs, const char *role)
{
	CLEANUP_FREE char *path = record_path(outputs, role);

	if (path)
		buffer_printf(text, "%s'%s'", text->size ? ", " : "", path);
}

char *record_outputs_text(const json_t *outputs)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	const char *role;

	add_output(&text, outputs, "disk"); /* the one that people look for */
	for (size_t i = 0; (role = record_role(outputs, i)); i++)
		if (strcmp(role, "disk") != 0)
			add_output(&text, outputs, role);
	return buffer_take_text(&text);
}

const char *record_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

uint64_t record_number(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 ? (uint64_t)number : 0;
}
