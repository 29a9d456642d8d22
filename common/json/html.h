/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts of pages for a browser. A page is one file that refers to nothing, for it is mailed and
 * kept. All texts of guests go through html_text(), the one door of such pages, or through what is
 * made of it here.
 */
#ifndef HVGEN2_COMMON_JSON_HTML_H
#define HVGEN2_COMMON_JSON_HTML_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buffer.h"

/* Texts of ours. */
struct html_page {
	const char *title;
	const char *style;	/* CSS, beside what all pages have */
	const char *dark_style; /* for those who like it dark; or NULL */
	bool has_script;
};

/* All up to its heading, which is its title. */
void html_begin(struct buffer *page, const struct html_page *of);

/* What a browser shows as it is: nothing of it is a tag, and what safe_text.h does not show as it
 * is, line ends and what turns the direction of text too, is shown as it says. */
void html_text(struct buffer *page, const char *text);

/* The same for itself: nothing in it turns the direction of what stands around it. */
void html_isolated(struct buffer *page, const char *text);

/* A line of ours with texts of guests in it: likewise, and what is written from right to left in it
 * (all of ours is not) turns nothing around it, not even the numbers that follow. */
void html_line(struct buffer *page, const char *text);

/* The same of a sentence, for itself. */
void html_sentence(struct buffer *page, const char *text);

/* What the colours of the partitions mean, as a <p>. */
extern const char html_disk_legend[];

/*
 * A drawing (<svg>) of a disk before and after: objects with "size" in bytes and "partitions", as
 * reports have them; 'after' may be NULL or empty. 'width' is in pixels, that of a disk of
 * 'largest' bytes; each bar is 'height' pixels high.
 */
struct html_scale {
	unsigned int width, height;
	uint64_t largest;
};

void html_disk(struct buffer *page, const json_t *before, const json_t *after,
	       const struct html_scale *scale);

/* The bytes of such an object; 0 when it is none. */
uint64_t html_disk_size(const json_t *side);

#endif
