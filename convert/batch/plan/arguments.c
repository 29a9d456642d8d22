/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines: see arguments.h. */
#include "convert/batch/plan/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/batch/state/record.h"

void arguments_done(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		free(arguments->list[i]);
	*arguments = (struct arguments){.count = 0};
}

void arguments_add(struct arguments *arguments, const char *text)
{
	char *copy = text && arguments->count < MAX_ARGUMENTS ? strdup(text) : NULL;

	arguments->failed |= !copy;
	if (copy)
		arguments->list[arguments->count++] = copy;
}

static void add_option(struct arguments *arguments, const char *name, const json_t *value)
{
	CLEANUP_FREE char *option = NULL;

	if (asprintf(&option, "--%s", name) < 0)
		option = NULL;
	arguments_add(arguments, option);
	if (json_is_string(value))
		arguments_add(arguments, json_string_value(value));
}

static void add_options(struct arguments *arguments, json_t *options)
{
	const char *name;
	json_t *value;

	json_object_foreach(options, name, value)
	{
		/* The names of the outputs have been made of these. */
		if (strcmp(name, "output") == 0 || strcmp(name, "output-dir") == 0 ||
		    strcmp(name, "nvram") == 0 || strcmp(name, "report") == 0)
			continue;
		if (!json_is_array(value))
			add_option(arguments, name, value);
		for (size_t i = 0; i < json_array_size(value); i++)
			add_option(arguments, name, json_array_get(value, i));
	}
}

static void add_output(struct arguments *arguments, const char *option, const json_t *record,
		       const char *role)
{
	CLEANUP_FREE char *path = record_path(json_object_get(record, "outputs"), role);

	arguments_add(arguments, option);
	arguments_add(arguments, path ? path : "none"); /* only the store may be none */
}

void arguments_convert(struct arguments *arguments, const json_t *record)
{
	arguments_add(arguments, "convert");
	add_options(arguments, json_object_get(record, "options"));
	add_output(arguments, "--output", record, "disk");
	add_output(arguments, "--nvram", record, "store");
	add_output(arguments, "--report", record, "report");
}

void arguments_source(struct arguments *arguments, const json_t *record)
{
	CLEANUP_FREE char *path = record_path(record, "path");

	arguments_add(arguments, "--");
	arguments_add(arguments, path);
}
