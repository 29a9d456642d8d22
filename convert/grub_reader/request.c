/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the reader: see request.h. */
#include "convert/grub_reader/request.h"

#include <string.h>

#define DIGITS "0123456789"
/* What LVM allows in names. */
#define NAMES DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+_.-"

static const struct {
	const char *start, *allowed;
	size_t least, most; /* bytes between the start and the parenthesis */
} forms[] = {
	{"(loop0,msdos", DIGITS, 1, 3},
	{"(loop0,gpt", DIGITS, 1, 3},
	{"(lvm/", NAMES, 3, REQUEST_DEVICE},
	{"(mduuid/", DIGITS "abcdef", 32, 32},
};

bool request_is_device(const char *text)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t start = strlen(forms[i].start), length;

		if (strncmp(text, forms[i].start, start) != 0)
			continue;
		length = strspn(text + start, forms[i].allowed);
		if (length >= forms[i].least && length <= forms[i].most &&
		    strcmp(text + start + length, ")") == 0)
			return true;
	}
	return false;
}

/* One text, and nothing behind it. */
static bool is_path(const char *bytes, size_t size)
{
	return size > 1 && size <= REQUEST_PATH && bytes[0] == '/' &&
	       memchr(bytes, '\0', size) == bytes + size - 1;
}

/* A path a line. */
static bool are_paths(const char *bytes, size_t size)
{
	size_t count = 1;

	if (!is_path(bytes, size))
		return false;
	for (; *bytes; bytes++) {
		count += *bytes == '\n';
		if (*bytes == '\n' && bytes[1] != '/')
			return false;
	}
	return count <= REQUEST_NAMES_MAX;
}

static bool has_device(const struct request *request)
{
	return request->head.disk_size <= INT64_MAX && request->head.most <= REQUEST_FILE_MAX &&
	       memchr(request->head.device, '\0', sizeof(request->head.device)) &&
	       request_is_device(request->head.device);
}

bool request_is_valid(const struct request *request, size_t size)
{
	if (size < sizeof(request->head) || size > sizeof(*request) || !has_device(request))
		return false;
	size -= sizeof(request->head);
	switch (request->head.what) {
	case REQUEST_READ:
	case REQUEST_LIST:
		return is_path(request->bytes, size);
	case REQUEST_NAMES:
		return are_paths(request->bytes, size);
	case REQUEST_PROBE:
		return size == 0;
	default:
		return false;
	}
}
