/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 'convert --output -': standard output as the place of the disk. */
#ifndef HVGEN2_CONVERT_CMD_STREAM_H
#define HVGEN2_CONVERT_CMD_STREAM_H

#include "convert/cmd/progress.h"
#include "convert/write.h"

/*
 * Take standard output away from all that prints, which goes to standard error from now on.
 * *ret is its new descriptor, or 0 with 'is_dry_run', which writes nothing. Errors: ERROR_USAGE for
 * a terminal.
 */
int stream_take(bool is_dry_run, int *ret, struct error *err);

/* As write_check_paths(), of paths->stream: it is neither a file of the source nor one of the other
 * outputs, nor where the progress goes. Errors: ERROR_USAGE. */
int stream_check(const struct write_paths *paths, struct progress_view *progress,
		 const struct disk *source, struct error *err);

#endif
