/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch as one page for a browser, which refers to nothing else. */
#ifndef HVGEN2_CONVERT_CMD_BATCH_HTML_H
#define HVGEN2_CONVERT_CMD_BATCH_HTML_H

#include "convert/batch/state/state.h"

/* Write it. 'replace': a file that is there already. Errors: those of outfile_write_whole(). */
int html_write(const struct batch *batch, const char *path, bool replace, struct error *err);

#endif
