/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram export and import: variables from store to store, whole or one by one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "common/outfile.h"
#include "common/safe_text.h"
#include "convert/cmd/nvram/action.h"
#include "nvram/efivar.h"

/* "NAME" or "NAME-GUID". */
static bool is_meant(const struct nvram_variable *variable, const char *text)
{
	CLEANUP_FREE char *name = NULL;
	struct guid vendor;

	if (efivarfs_key(text, &vendor, &name))
		return guid_equal(&vendor, &variable->vendor) && strcmp(name, variable->name) == 0;
	return strcmp(text, variable->name) == 0;
}

/* The variables asked for: all without '--variable', else exactly one. */
static int select_variables(const struct nvram *nvram, const char *wanted, const char *where,
			    struct nvram *ret, struct error *err)
{
	CLEANUP_NVRAM struct nvram chosen = NVRAM_INIT;
	int r = nvram_copy(nvram, &chosen, err);

	for (size_t i = 0; r == 0 && wanted && i < chosen.count;) {
		if (is_meant(&chosen.variables[i], wanted)) {
			i++;
		} else {
			struct guid vendor = chosen.variables[i].vendor;

			nvram_remove(&chosen, &vendor, chosen.variables[i].name);
		}
	}
	if (r < 0)
		return r;
	if (wanted && chosen.count == 0)
		return error_usage(err, "'%s' has no variable '%s'", where, wanted);
	if (wanted && chosen.count > 1)
		return error_usage(err, "'%s' has %zu variables '%s'; add '-GUID'", where,
				   chosen.count, wanted);
	*ret = chosen;
	chosen = (struct nvram)NVRAM_INIT;
	return 0;
}

static const struct {
	const char *name;
	enum nvram_format format;
	bool is_text;
	bool is_experimental;
} formats[] = {
	{"json", NVRAM_FORMAT_JSON, true, false},
	{"list", NVRAM_FORMAT_LIST, false, false},
	{"vmgs", NVRAM_FORMAT_VMGS, false, false},
	{"vmgs-v1", NVRAM_FORMAT_VMGS_1, false, true},
	{"custom-uefi", NVRAM_FORMAT_CUSTOM_UEFI, true, false},
	{"ovmf", NVRAM_FORMAT_OVMF, false, false},
	{"efivar", NVRAM_FORMAT_EFIVAR, false, false},
	{"efivarfs", NVRAM_FORMAT_MAX, false, false},
};

int cmd_nvram_check_format(const char *name, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(name, formats[i].name) == 0)
			return 0;
	return error_usage(
		err,
		"option '--format': '%s' is none of json, custom-uefi, list, vmgs, vmgs-v1, ovmf, "
		"efivar and efivarfs",
		name);
}

static int find_format(const struct nvram_options *options, size_t *ret, struct error *err)
{
	const char *name = options->format ? options->format : "json";

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (strcmp(name, formats[i].name) != 0)
			continue;
		if (formats[i].is_experimental && !options->experimental)
			return error_refused(
				err, REFUSAL_EXPERIMENTAL,
				"let the host make a store and edit that, or add --experimental",
				"whether a host accepts a '%s' made from nothing is not known",
				name);
		*ret = i;
		return 0;
	}
	return cmd_nvram_check_format(name, err);
}

/* The same variables give the same file: the id of its VHD comes from what the file is to hold. */
static struct guid vhd_id(const struct nvram *nvram)
{
	struct guid id = GUID(0x6d7f3e1c, 0x52a4, 0x5c0e, 0x9b1d, 0x2f8a64c7e035);

	for (size_t i = 0; i < nvram->count; i++)
		id = guid_from_name(&id, nvram->variables[i].data, nvram->variables[i].size);
	return id;
}

static int encode(const struct nvram *nvram, size_t format, uint8_t **ret, size_t *ret_size,
		  struct error *err)
{
	const struct guid id = vhd_id(nvram);

	if (formats[format].format != NVRAM_FORMAT_MAX)
		return nvram_encode(formats[format].format, nvram, &id, ret, ret_size, err);
	if (nvram->count != 1)
		return error_usage(
			err, "an efivarfs file holds one variable; choose it with '--variable'");
	return efivarfs_encode(&nvram->variables[0], ret, ret_size, err);
}

/* JSON, the one format that is text, as no terminal minds it. */
static int print_text(const uint8_t *bytes, size_t size, struct error *err)
{
	CLEANUP_FREE char *text = strndup((const char *)bytes, size);
	CLEANUP_FREE char *safe = text ? safe_json(text) : NULL;

	if (!safe)
		return error_failed(err, ENOMEM, "out of memory");
	safe_lines(stdout, safe);
	return ferror(stdout) ? error_failed(err, EIO, "cannot write to standard output") : 0;
}

int cmd_nvram_export(struct nvram_command *command, struct error *err)
{
	const struct nvram_options *options = &command->options;
	CLEANUP_NVRAM struct nvram chosen = NVRAM_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t format = 0, size = 0;
	int r = find_format(options, &format, err);

	if (r == 0)
		r = select_variables(&command->store.nvram, options->variable, command->store.name,
				     &chosen, err);
	if (r == 0 && formats[format].format == NVRAM_FORMAT_EFIVAR && chosen.count != 1)
		r = error_usage(err,
				"an efivar file holds one variable; choose it with '--variable'");
	if (r == 0)
		r = encode(&chosen, format, &bytes, &size, err);
	if (r < 0 || options->dry_run)
		return r;
	if (options->output)
		return outfile_write_whole(options->output, options->force, command->store.mode,
					   bytes, size, err);
	if (!formats[format].is_text)
		return error_usage(err, "'%s' is no text; name a file with '--output'",
				   formats[format].name);
	return print_text(bytes, size, err);
}

/* Another store, or one variable as efivarfs shows it, which only its name tells. */
static int open_source(const char *path, struct nvram *ret, struct error *err)
{
	CLEANUP_STORE struct nvram_store source = NVRAM_STORE_INIT;
	CLEANUP_FREE char *name = NULL;
	struct guid vendor;
	int r;

	if (efivarfs_key(path, &vendor, &name))
		return nvram_read_efivarfs(path, ret, err);
	r = nvram_store_open(path, &source, err);
	if (r < 0)
		return r;
	*ret = source.nvram;
	source.nvram = (struct nvram)NVRAM_INIT;
	return 0;
}

/*
 * What a host keeps of EFI_VARIABLE_*: with any other bit openvmm stops when the variable is read.
 */
#define STORED_ATTRIBUTES 0x2fU

static int check_variable(const struct nvram_variable *variable, struct error *err)
{
	if (variable->size == 0) /* for the firmware that is no variable */
		return error_damaged(err, "variable '%s' has no data", variable->name);
	if (variable->attributes & ~STORED_ATTRIBUTES)
		return error_damaged(err, "variable '%s' has attributes 0x%x, which no store keeps",
				     variable->name, variable->attributes);
	return 0;
}

/* In 'replace' the variables of the store that the source lacks go first. */
static int merge(struct nvram *nvram, const struct nvram *source, bool replace, struct error *err)
{
	int r = 0;

	for (size_t i = 0; replace && i < nvram->count;) {
		struct guid vendor = nvram->variables[i].vendor;

		if (nvram_get(source, &vendor, nvram->variables[i].name))
			i++;
		else
			nvram_remove(nvram, &vendor, nvram->variables[i].name);
	}
	for (size_t i = 0; r == 0 && i < source->count; i++) {
		r = check_variable(&source->variables[i], err);
		if (r == 0)
			r = nvram_put(nvram, &source->variables[i], err);
	}
	return r;
}

int cmd_nvram_edit_import(struct nvram_command *command, struct error *err)
{
	CLEANUP_NVRAM struct nvram source = NVRAM_INIT;
	CLEANUP_NVRAM struct nvram chosen = NVRAM_INIT;
	const char *path = command->operands[0];
	int r = open_source(path, &source, err);

	if (r == 0)
		r = select_variables(&source, command->options.variable, path, &chosen, err);
	if (r == 0)
		r = merge(&command->store.nvram, &chosen, command->options.replace, err);
	command->summary = "the variables are imported";
	return r;
}
