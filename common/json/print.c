/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON on standard output: see text_json.h. */
#include <errno.h>
#include <stdio.h>

#include "common/json/text_json.h"
#include "common/safe_text.h"

int text_json_print(json_t *root, struct error *err)
{
	CLEANUP_FREE char *text = root ? text_json_dump(root) : NULL;

	json_decref(root);
	if (!text)
		return error_failed(err, ENOMEM, "JSON: out of memory");
	safe_lines(stdout, text);
	return ferror(stdout) ? error_failed(err, EIO, "the JSON could not be printed") : 0;
}
