/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that reads files of Linux guests for one that locks itself in: convert/grub_reader. */
#ifndef HVGEN2_CONVERT_CMD_LINUX_READER_H
#define HVGEN2_CONVERT_CMD_LINUX_READER_H

#include "convert/cmd/source.h"
#include "convert/grub_reader/reader.h"
#include "convert/sandbox.h"

/* Before paths are limited, and memory is taken: what is forked has the rights and the size of now. NULL:
 * there is none. */
struct grub_reader *cmd_reader_start(enum sandbox_wish wish);

/* Once it is known which disk it is, before it is opened. */
void cmd_reader_set_disk(struct grub_reader *reader, const struct cmd_source *source,
			 const char *path);

/* Once it is open, before the first question: these files are meant. */
void cmd_reader_expect(struct grub_reader *reader, const struct disk *disk);

#endif
