/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DISK of a verb: the options that say how it is to be opened, which several verbs have. */
#ifndef HVGEN2_CONVERT_CMD_SOURCE_H
#define HVGEN2_CONVERT_CMD_SOURCE_H

#include "convert/cmd/cmd.h"
#include "vhd/vhd.h"

/* What these options said. Embedded; all zero is what holds without them. */
struct cmd_source {
	enum vhd_open_format format;
	struct cmd_paths parents; /* files */
	struct cmd_paths parent_dirs;
};

enum {
	CMD_OPTION_SOURCE_FORMAT = 512,
	CMD_OPTION_PARENT,
	CMD_OPTION_PARENT_DIR,
	CMD_OPTION_SOURCE_END,
};

#define CMD_TEXT_SOURCE_FORMAT                                                                     \
	"raw, vhd or vhdx: what DISK is; default: by its name (.vhd and\n"                         \
	".avhd, .vhdx and .avhdx; any other name and a device is raw).\n"                          \
	"What stands in it decides nothing"
#define CMD_TEXT_PARENT                                                                            \
	"this file is a parent of the checkpoint DISK, wherever it is;\n"                          \
	"may be given several times"
#define CMD_TEXT_PARENT_DIR                                                                        \
	"look for parents of DISK, by the name that it gives, in this\n"                           \
	"folder as well; may be given several times"

/* Rows of a verb's table of options. */
#define CMD_SOURCE_OPTIONS                                                                         \
	{CMD_OPTION_SOURCE_FORMAT, "source-format", "FORMAT", CMD_TEXT_SOURCE_FORMAT},             \
		{CMD_OPTION_PARENT, "parent", "FILE", CMD_TEXT_PARENT},                            \
	{                                                                                          \
		CMD_OPTION_PARENT_DIR, "parent-dir", "DIR", CMD_TEXT_PARENT_DIR                    \
	}

/* Is it the key of one of these rows? */
bool cmd_source_has(int key);

/* Take one of these options; 'argument' is borrowed. */
int cmd_source_set(struct cmd_source *source, int key, const char *argument, struct error *err);

/* What '--source-format' said; NULL when it said nothing. Static. */
const char *cmd_source_format_name(const struct cmd_source *source);

/* As vhd_open() takes them; borrows from 'source'. */
struct vhd_open_options cmd_source_options(const struct cmd_source *source);

/* What must be readable for vhd_open() of 'path' with these options: the disk, its folder, and what
 * they name. */
void cmd_source_places(const struct cmd_source *source, const char *path,
		       struct lockdown_places *places);

/*
 * What was found about 'disk', the result 'r' with its error, holds only when all of it could be
 * read and it stayed the same: returns 'r', or puts what went wrong in the place of the error.
 * 'disk' is from vhd_open(), or NULL.
 */
int cmd_source_check(const struct disk *disk, int r, struct error *err);

#endif
