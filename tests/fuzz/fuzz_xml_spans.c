/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans of XML in any text: all lie within it, in growing order, and elements within their parents. */
#include <stdlib.h>

#include "common/xml_spans.h"
#include "fuzz.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static size_t behind(struct span span)
{
	return span.at + span.size;
}

static void check_attributes(const char *text, const struct span_markup *tag)
{
	size_t at = behind(tag->name), before = at;
	struct span_attribute attribute;
	int r;

	while ((r = span_next_attribute(text, behind(tag->whole), &at, &attribute)) > 0) {
		require(attribute.name.at >= before && attribute.name.size > 0);
		require(behind(attribute.name) < attribute.value.at);
		require(text[attribute.value.at - 1] == text[behind(attribute.value)]);
		require(behind(attribute.value) + 1 == at && at <= behind(tag->whole));
		before = at;
	}
	require(at >= before && at <= behind(tag->whole));
	require(r == 0 || attribute.name.at >= before);
}

/* The number of start tags. */
static size_t check_flat(const char *text, size_t size)
{
	size_t at = 0, before = 0, count = 0;
	struct span_markup markup;

	while (span_next_markup(text, size, &at, &markup)) {
		require(markup.whole.at >= before && markup.whole.size > 0);
		require(text[markup.whole.at] == '<' && behind(markup.whole) == at && at <= size);
		require(markup.name.at >= markup.whole.at && behind(markup.name) <= at);
		before = at;
		if (markup.kind != SPAN_START && markup.kind != SPAN_EMPTY)
			continue;
		check_attributes(text, &markup);
		count++;
	}
	return count;
}

static void check_children(const struct span_element *parent)
{
	const struct span_element *child = NULL;
	size_t before = parent->content, descendants = 0;

	while ((child = span_child(parent, child))) {
		require(child->start >= before && child->start < child->content);
		require(child->content <= child->content_end && child->content_end <= child->end);
		require(child->end <= parent->content_end);
		require(child->name.at > child->start && behind(child->name) <= child->content);
		before = child->end;
		descendants += 1 + child->descendants;
	}
	require(descendants == parent->descendants);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_SPAN_TREE struct span_tree tree = SPAN_TREE_INIT;
	const char *text = (const char *)data;
	size_t count = check_flat(text, size);

	if (span_tree_build(text, size, &tree, NULL) < 0)
		return 0;
	require(tree.count == count + 1);
	for (size_t i = 0; i < tree.count; i++)
		check_children(&tree.elements[i]);
	return 0;
}
