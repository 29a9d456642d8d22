/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of a report, for whoever puts it somewhere else than on standard output. */
#ifndef HVGEN2_CONVERT_REPORT_PAGE_H
#define HVGEN2_CONVERT_REPORT_PAGE_H

#include <stdio.h>

#include "convert/report/report.h"

/* With bars for 'width' columns, within which commands are parted; 0: without, and commands are whole. */
void report_page(const struct report *report, FILE *stream, unsigned int width);

#endif
