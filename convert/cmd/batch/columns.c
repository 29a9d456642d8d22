/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns out of the table of options: see columns.h. */
#include "convert/cmd/batch/columns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/batch/state/record.h"
#include "convert/cmd/convert.h"
#include "convert/cmd/outline.h"

/* How a conversion runs, not what it makes. */
static const char *const reserved[] = {"dry-run", "force",     "json",	   "verbose",	 "quiet",
				       "stage",	  "if-needed", "progress", "progress-fd"};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (strcmp(reserved[i], name) == 0)
			return true;
	return false;
}

static enum column_kind kind_of(const char *name)
{
	const struct cmd_option *option = cmd_convert_option(name);

	if (!option)
		return COLUMN_UNKNOWN;
	if (is_reserved(name))
		return COLUMN_RESERVED;
	if (!option->argument)
		return COLUMN_FLAG;
	if (strcmp(name, "parent-windows-path") == 0) /* of another host */
		return COLUMN_VALUE;
	return strcmp(option->argument, "PATH") == 0 || strcmp(option->argument, "FILE") == 0 ||
			       strcmp(option->argument, "DIR") == 0
		       ? COLUMN_PATH
		       : COLUMN_VALUE;
}

/* The batch reads its reports: what it has made, and whether a result is the same. */
static int check(const char *name, const char *value, struct error *err)
{
	if (strcmp(name, "report") == 0 && value && cmd_convert_makes_page(value))
		return error_usage(err,
				   "'%s': the reports of a batch are JSON, by which it knows its "
				   "results; 'hvgen2 batch report --html FILE' makes a page of all",
				   value);
	return cmd_convert_check(name, value, err);
}

const struct conversion_options batch_columns = {
	.kind = kind_of,
	.check = check,
	.is_vm = cmd_outline_is_vm,
	.read_vm = cmd_outline_vm,
	.name_outputs = cmd_outline_outputs,
};
