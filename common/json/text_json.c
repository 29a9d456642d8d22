/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts as JSON, JSON as text: see text_json.h. */
#include "common/json/text_json.h"

#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/safe_text.h"

json_t *text_json(const char *text)
{
	CLEANUP_FREE char *valid = text ? safe_utf8(text) : NULL;

	return valid ? json_string(valid) : NULL;
}

static int set_bytes(json_t *object, const char *key, const char *path)
{
	CLEANUP_BUFFER struct buffer digits = BUFFER_INIT;
	CLEANUP_FREE char *name = NULL, *text = NULL;

	base64_encode(&digits, (const uint8_t *)path, strlen(path), "");
	text = buffer_take_text(&digits);
	if (!text || asprintf(&name, "%s_bytes", key) < 0) {
		name = NULL;
		return -1;
	}
	return json_object_set_new(object, name, json_string(text));
}

int text_json_set_path(json_t *object, const char *key, const char *path)
{
	int r = json_object_set_new(object, key, text_json(path));

	return r == 0 && !safe_is_utf8(path) ? set_bytes(object, key, path) : r;
}

/* Through a stream, which remembers a failure: json_dumps() of jansson 2.14 goes on after a key that
 * found no memory, and returns a text without it. */
char *text_json_dump(const json_t *root)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	bool is_whole;

	if (!stream)
		return NULL;
	is_whole = json_dumpf(root, stream, JSON_INDENT(2)) == 0 && fputc('\n', stream) != EOF &&
		   !ferror(stream);
	return fclose(stream) == 0 && is_whole ? safe_json(text) : NULL;
}
