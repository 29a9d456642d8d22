/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the DISK of a verb is opened: see source.h. */
#include "convert/cmd/source.h"

#include <string.h>

#include "common/checked.h"

bool cmd_source_has(int key)
{
	return key >= CMD_OPTION_SOURCE_FORMAT && key < CMD_OPTION_SOURCE_END;
}

static const char *const formats[] = {
	[VHD_OPEN_RAW] = "raw", [VHD_OPEN_VHD] = "vhd", [VHD_OPEN_VHDX] = "vhdx"};

const char *cmd_source_format_name(const struct cmd_source *source)
{
	return formats[source->format];
}

static int set_source_format(struct cmd_source *source, const char *argument, struct error *err)
{
	for (size_t i = VHD_OPEN_RAW; i < ARRAY_SIZE(formats); i++)
		if (strcmp(argument, formats[i]) == 0) {
			source->format = (enum vhd_open_format)i;
			return 0;
		}
	return error_usage(err, "option '--source-format': '%s' is none of raw, vhd and vhdx",
			   argument);
}

int cmd_source_set(struct cmd_source *source, int key, const char *argument, struct error *err)
{
	if (key == CMD_OPTION_SOURCE_FORMAT)
		return set_source_format(source, argument, err);
	if (key == CMD_OPTION_PARENT)
		return cmd_add_path(&source->parents, "parent", argument, err);
	return cmd_add_path(&source->parent_dirs, "parent-dir", argument, err);
}

struct vhd_open_options cmd_source_options(const struct cmd_source *source)
{
	return (struct vhd_open_options){.format = source->format,
					 .parents = source->parents.names,
					 .parent_dirs = source->parent_dirs.names};
}

void cmd_source_places(const struct cmd_source *source, const char *path,
		       struct lockdown_places *places)
{
	lockdown_add(places, path, LOCKDOWN_READ);
	lockdown_add_folder(places, path, LOCKDOWN_READ);
	for (size_t i = 0; i < source->parents.count; i++)
		lockdown_add(places, source->parents.names[i], LOCKDOWN_READ);
	for (size_t i = 0; i < source->parent_dirs.count; i++)
		lockdown_add(places, source->parent_dirs.names[i], LOCKDOWN_READ);
}

int cmd_source_check(const struct disk *disk, int r, struct error *err)
{
	struct error problem = ERROR_INIT;
	bool is_verdict = r == 0 || err->kind == ERROR_REFUSED || err->kind == ERROR_DAMAGED;

	if (!disk || !is_verdict)
		return r;
	if (vhd_check_unchanged(disk, &problem) == 0 && vhd_check_reads(disk, &problem) == 0)
		return r;
	*err = problem;
	return -problem.code;
}
