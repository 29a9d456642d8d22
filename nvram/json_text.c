/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as a file: see json_text.h. */
#include "nvram/json_text.h"

#include <errno.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/cleanup.h"

void nvram_json_release(json_t **json)
{
	json_decref(*json);
}

bool nvram_json_is_object(const uint8_t *bytes, size_t size)
{
	size_t i = 0;

	while (i < size &&
	       (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t'))
		i++;
	return i < size && bytes[i] == '{';
}

int nvram_json_parse(const struct file_bytes *file, json_t **ret, struct error *err)
{
	json_error_t problem;

	*ret = json_loadb((const char *)file->data, file->size, JSON_REJECT_DUPLICATES, &problem);
	return *ret ? 0
		    : error_damaged(err, "'%s': JSON, line %d: %s", file->name, problem.line,
				    problem.text);
}

int nvram_json_print(const json_t *root, uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;
	CLEANUP_FREE char *text = json_dumps(root, JSON_INDENT(4));

	if (!text)
		return error_failed(err, ENOMEM, "JSON: out of memory");
	buffer_text(&out, text);
	buffer_text(&out, "\n");
	return buffer_take(&out, ret, ret_size, err);
}
