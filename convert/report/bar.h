/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk as a bar of a page, before and after: "[1==2####....]". Both have one scale, by which the larger fills a page of 'width'
 * columns. A partition is a character at least, the first one of a larger its number; what is installed is #, what is
 * new +, what nobody has a dot, and the rest =. Where the locale has them these are blocks.
 */
#ifndef HVGEN2_CONVERT_REPORT_BAR_H
#define HVGEN2_CONVERT_REPORT_BAR_H

#include <stdio.h>

#include "convert/report/report.h"

void bar_before(const struct report *report, unsigned int width, FILE *page);

/* There is a plan. */
void bar_after(const struct report *report, unsigned int width, FILE *page);

#endif
