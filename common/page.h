/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages for people: lines that are longer than the terminal, or than 80 columns elsewhere, go on in the next one, indented to where
 * their text begins, and at least behind the begin of all other lines. A word that no line holds is cut. Columns are those of width.h. No line begins where another one goes on: a text of
 * a guest that is long enough to go on does not look like a line of ours.
 *
 *   Warning  the title stands in front, and what follows
 *                stands behind where its text begins
 *     cell     cell    the same of the last cell of a row
 *                      that leaves room enough
 *
 * Titles are bold where colours are wanted.
 */
#ifndef HVGEN2_COMMON_PAGE_H
#define HVGEN2_COMMON_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/cleanup.h"

/*
 * "auto" (on a terminal, unless NO_COLOR is set: no-color.org), "always" or "never": from now on, for this process and those
 * that it starts, by NO_COLOR and CLICOLOR_FORCE in the environment. To be said once: "auto" takes nothing back.
 */
void page_set_color(const char *text);
/* Is it one of these words? */
bool page_is_color(const char *text);

/* Columns: what COLUMNS in the environment says, else what the terminal has, else 80. From 40 on. */
unsigned int page_width(FILE *under);

/* Are characters beyond ASCII shown, by LC_ALL, LC_CTYPE or LANG? */
bool page_is_utf8(void);

/*
 * A stream whose lines are brought into that form and written to 'under', which stays open: each when it ends, and flushed
 * with it. What is put into it is safe already (safe_text.h). Close it with page_close(). NULL when out of memory.
 */
FILE *page_open(FILE *under);

/* A text of ours in paragraphs, filled to 'width': a line end is a space, unless an empty line or one that is indented follows. */
void page_fill(FILE *page, const char *text, unsigned int width);

/* Did a page of this process lose something, for want of memory? What 'under' could not take, its own
 * ferror() says. */
bool page_was_cut(void);

/* 0, or -1 when not all could be written. NULL is a failure. */
int page_close(FILE *page);
void page_cleanup(FILE **page);
#define CLEANUP_PAGE CLEANUP(page_cleanup)

#endif
