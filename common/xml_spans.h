/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where tags, names, attributes and elements stand in an XML text, so that one value can be replaced
 * and every other byte kept: a parser that builds a tree forgets how the text was written. Two ways
 * to look at a text:
 *
 *   flat   span_next_markup() and span_next_attribute(), piece by piece, without memory of its own
 *   tree   span_tree_build(), all elements in one pass, then span_child()
 *
 * Nothing is judged but what is said here: whether a text is XML at all is libxml2's to say. Text
 * and size are all there is, no NUL is needed; every span lies within the text whatever it holds,
 * and the time is linear in its size. Encodings in which ASCII is ASCII, UTF-8 above all.
 */
#ifndef HVGEN2_COMMON_XML_SPANS_H
#define HVGEN2_COMMON_XML_SPANS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/error.h"

/* The bytes from 'at' on; at + size is behind the last one. */
struct span {
	size_t at;
	size_t size;
};

/* Is it exactly this text? */
bool span_is(const char *text, struct span span, const char *expected);

enum span_kind {
	SPAN_START, /* <name ...> */
	SPAN_EMPTY, /* <name .../> */
	SPAN_END,   /* </name> */
	SPAN_OTHER, /* comment, CDATA section, processing instruction, declaration */
};

struct span_markup {
	enum span_kind kind;
	struct span whole; /* with its brackets; to the end of the text when it is not closed */
	struct span name;  /* of a tag; may be empty. Of others: empty, at the start */
};

/* The next markup at or behind *at, which moves behind it. false when there is none. */
bool span_next_markup(const char *text, size_t size, size_t *at, struct span_markup *ret);

struct span_attribute {
	struct span name;
	struct span value; /* without its quotes: the opening one is the byte before */
};

/*
 * The next attribute of a start tag that ends at 'end', with *at behind the name of the tag or
 * behind the attribute before. 1, and *at is behind it; 0 when the tag has no more; -1 when there is
 * something else, and *at is the byte that fits no attribute. ret->name.at is where it begins, with
 * -1 too.
 */
int span_next_attribute(const char *text, size_t end, size_t *at, struct span_attribute *ret);

struct span_element {
	size_t start;	    /* of "<name ...>" */
	size_t content;	    /* behind the start tag */
	size_t content_end; /* of "</name>" */
	size_t end;	    /* behind the end tag */
	struct span name;
	bool is_empty;	    /* "<name/>": content, content_end and end are the same */
	size_t descendants; /* the elements within, which follow in the array */
};

/*
 * All elements in the order of their start tags. The first one is the document, as if it were an
 * element around the root: its content is the whole text. Embedded; memory belongs to it.
 */
struct span_tree {
	struct span_element *elements;
	size_t count;
};

#define SPAN_TREE_INIT                                                                             \
	{                                                                                          \
		.elements = NULL                                                                   \
	}
void span_tree_done(struct span_tree *tree);
#define CLEANUP_SPAN_TREE CLEANUP(span_tree_done)

/*
 * End tags close what is open, without regard to their names; one that closes nothing is passed
 * over, and what is never closed ends with the text. Fails with -ENOMEM only: an element takes 64
 * bytes and at least two of the text.
 */
int span_tree_build(const char *text, size_t size, struct span_tree *ret, struct error *err);

/* The first child of 'parent' when 'previous' is NULL, else the one behind it; NULL behind the last.
 * 'parent' need not be of a tree when it has no descendants. */
const struct span_element *span_child(const struct span_element *parent,
				      const struct span_element *previous);

#endif
