/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that reads files of Linux guests for one that locks itself in: convert/grub_reader. */
#ifndef HVGEN2_CONVERT_CMD_LINUX_READER_H
#define HVGEN2_CONVERT_CMD_LINUX_READER_H

#include "convert/cmd/source.h"
#include "convert/grub_reader/reader.h"

/* Before paths are limited, and memory is taken: what is forked has the rights and the size of now.
 * NULL where no process can be started; what it would read is then refused. */
struct grub_reader *cmd_reader_start(void);

/* Once it is known which disk it is, before it is opened. What it is not told of is refused when it is
 * asked for. */
void cmd_reader_set_disk(struct grub_reader *reader, const struct cmd_source *source,
			 const char *path);

#endif
