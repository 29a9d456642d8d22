/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the actions of hvgen2 nvram print: see print.h. */
#include "convert/cmd/nvram/print.h"

#include <errno.h>
#include <stdio.h>

/* Text of a guest on a terminal: no control characters. */
void cmd_nvram_print_clean(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

int cmd_nvram_print_json(json_t *json, struct error *err)
{
	CLEANUP_FREE char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	if (!text)
		return error_failed(err, ENOMEM, "JSON: out of memory");
	if (puts(text) < 0)
		return error_errno(err, "standard output");
	return 0;
}
