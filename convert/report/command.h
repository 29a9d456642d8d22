/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of PowerShell, and of sh, on a page, which are to be copied from there. */
#ifndef HVGEN2_CONVERT_REPORT_COMMAND_H
#define HVGEN2_CONVERT_REPORT_COMMAND_H

#include <stdio.h>

/*
 * Print a line, 'indent' columns in. What is wider than 'width' goes on in the next line, as PowerShell does behind a '`'; a comment goes
 * on as a comment. It is parted at blanks and behind commas, never within quotes. A word that no line holds is left to the page. A width
 * of 0 holds all.
 */
void command_print(const char *line, unsigned int indent, unsigned int width, FILE *stream);

/* The same of a line for sh, which goes on behind a '\'; within single quotes it is not parted. */
void command_print_sh(const char *line, unsigned int indent, unsigned int width, FILE *stream);

#endif
