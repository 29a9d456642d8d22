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
#include "convert/cmd/roles.h"
#include "convert/cmd/vm_files.h"

/* How a conversion runs, not what it makes. */
static const char *const reserved[] = {"dry-run", "force", "json", "verbose", "quiet", "stage"};

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

static const char *text_or_null(const json_t *options, const char *name)
{
	return json_string_value(json_object_get(options, name));
}

/* Is a script made of this VM? */
static bool has_script(const json_t *options, const json_t *vm)
{
	const char *define = text_or_null(options, "define");

	return vm && !(define && strcmp(define, "none") == 0);
}

static int name_outputs(const char *name, const char *folder, const json_t *options,
			const json_t *vm, json_t *outputs, struct error *err)
{
	const char *format = text_or_null(options, "format");
	struct output_options wanted = {.disk = text_or_null(options, "output"),
					.folder = text_or_null(options, "output-dir"),
					.nvram = text_or_null(options, "nvram"),
					.report = text_or_null(options, "report"),
					.template = text_or_null(options, "nvram-template"),
					.type = VHD_TYPE_MAX};
	CLEANUP_FREE char *source = NULL; /* of which the stem counts */
	struct output_names names = {.disk = NULL};
	int r = format ? cmd_convert_set_format(&wanted, format, err) : 0;

	if (!wanted.folder && !wanted.disk)
		wanted.folder = folder;
	if (r == 0 && asprintf(&source, "%s.vhdx", name) < 0) {
		source = NULL;
		r = error_failed(err, ENOMEM, "out of memory");
	}
	if (r == 0)
		r = output_names_make(&wanted, source, &names, err);
	if (r == 0 && !has_script(options, vm)) {
		free(names.script);
		names.script = NULL;
	}
	if (r == 0)
		r = cmd_roles_tell(&names, json_object_get(vm, "slots"), outputs, err);
	output_names_done(&names);
	return r;
}

const struct conversion_options batch_columns = {
	.kind = kind_of,
	.check = cmd_convert_check,
	.is_vm = cmd_vm_is_one,
	.read_vm = cmd_vm_files,
	.name_outputs = name_outputs,
};
