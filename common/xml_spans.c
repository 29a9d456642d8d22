/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where things stand in an XML text (XML 1.0, fifth edition): see xml_spans.h. */
#include "common/xml_spans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool span_is(const char *text, struct span span, const char *expected)
{
	return span.size == strlen(expected) && memcmp(text + span.at, expected, span.size) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* NameChar (2.3): of what is not ASCII all is taken. */
static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == ':' || (unsigned char)c >= 0x80;
}

static struct span name_at(const char *text, size_t end, size_t at)
{
	struct span name = {.at = at};

	while (at + name.size < end && is_name(text[at + name.size]))
		name.size++;
	return name;
}

static bool starts_with(const char *text, size_t size, size_t at, const char *mark)
{
	size_t length = strlen(mark);

	return size - at >= length && memcmp(text + at, mark, length) == 0;
}

/* Behind the next 'mark', of which '>' is the last byte; the end of the text when there is none. */
static size_t behind_mark(const char *text, size_t size, size_t from, const char *mark)
{
	size_t length = strlen(mark), at = from;
	const char *found;

	while ((found = memchr(text + at, '>', size - at))) {
		at = (size_t)(found - text) + 1;
		if (at - from >= length && memcmp(text + at - length, mark, length) == 0)
			return at;
	}
	return size;
}

/* Behind the '>' of the start tag at 'from': not one within quotes. */
static size_t behind_start_tag(const char *text, size_t size, size_t from, enum span_kind *kind)
{
	char quote = '\0';

	*kind = SPAN_START;
	for (size_t i = from + 1; i < size; i++) {
		if (quote) {
			quote = text[i] == quote ? '\0' : quote;
		} else if (text[i] == '"' || text[i] == '\'') {
			quote = text[i];
		} else if (text[i] == '>') {
			if (text[i - 1] == '/')
				*kind = SPAN_EMPTY;
			return i + 1;
		}
	}
	return size;
}

bool span_next_markup(const char *text, size_t size, size_t *at, struct span_markup *ret)
{
	const char *found = *at < size ? memchr(text + *at, '<', size - *at) : NULL;
	size_t start, end;

	if (!found)
		return false;
	start = (size_t)(found - text);
	*ret = (struct span_markup){.kind = SPAN_OTHER, .name.at = start};
	if (starts_with(text, size, start, "<!--")) {
		end = behind_mark(text, size, start + 4, "-->");
	} else if (starts_with(text, size, start, "<![CDATA[")) {
		end = behind_mark(text, size, start + 9, "]]>");
	} else if (starts_with(text, size, start, "<?")) {
		end = behind_mark(text, size, start + 2, "?>");
	} else if (starts_with(text, size, start, "<!")) {
		end = behind_mark(text, size, start + 2, ">");
	} else if (starts_with(text, size, start, "</")) {
		end = behind_mark(text, size, start + 2, ">");
		ret->kind = SPAN_END;
		ret->name = name_at(text, end, start + 2);
	} else {
		end = behind_start_tag(text, size, start, &ret->kind);
		ret->name = name_at(text, end, start + 1);
	}
	ret->whole = (struct span){start, end - start};
	*at = end;
	return true;
}

static void skip_spaces(const char *text, size_t end, size_t *at)
{
	while (*at < end && is_space(text[*at]))
		++*at;
}

int span_next_attribute(const char *text, size_t end, size_t *at, struct span_attribute *ret)
{
	const char *closing;

	skip_spaces(text, end, at);
	if (starts_with(text, end, *at, ">") || starts_with(text, end, *at, "/>"))
		return 0;
	ret->name = name_at(text, end, *at);
	*at += ret->name.size;
	skip_spaces(text, end, at);
	if (ret->name.size == 0 || *at == end || text[*at] != '=')
		return -1;
	++*at;
	skip_spaces(text, end, at);
	if (*at == end || (text[*at] != '"' && text[*at] != '\''))
		return -1;
	ret->value.at = *at + 1;
	closing = memchr(text + ret->value.at, text[*at], end - ret->value.at);
	if (!closing) {
		*at = end;
		return -1;
	}
	ret->value.size = (size_t)(closing - text) - ret->value.at;
	*at = ret->value.at + ret->value.size + 1;
	return 1;
}

void span_tree_done(struct span_tree *tree)
{
	free(tree->elements);
	*tree = (struct span_tree)SPAN_TREE_INIT;
}

/* A tree under construction. An open element keeps the index of its parent in 'descendants'. */
struct builder {
	struct span_tree tree;
	size_t capacity;
	size_t open; /* the innermost one */
};

static bool open_element(struct builder *builder, struct span_element element)
{
	struct span_tree *tree = &builder->tree;

	if (tree->count == builder->capacity) {
		size_t capacity = builder->capacity ? 2 * builder->capacity : 64;
		struct span_element *elements =
			realloc(tree->elements, capacity * sizeof(*elements));

		if (!elements)
			return false;
		tree->elements = elements;
		builder->capacity = capacity;
	}
	element.descendants = builder->open;
	builder->open = tree->count;
	tree->elements[tree->count++] = element;
	return true;
}

static void close_element(struct builder *builder, size_t content_end, size_t end)
{
	struct span_element *element = &builder->tree.elements[builder->open];
	size_t parent = element->descendants;

	element->content_end = content_end;
	element->end = end;
	element->descendants = builder->tree.count - builder->open - 1;
	builder->open = parent;
}

static bool add_markup(struct builder *builder, const struct span_markup *markup)
{
	size_t end = markup->whole.at + markup->whole.size;
	struct span_element element = {.start = markup->whole.at,
				       .content = end,
				       .name = markup->name,
				       .is_empty = markup->kind == SPAN_EMPTY};

	if (markup->kind == SPAN_END && builder->open > 0)
		close_element(builder, markup->whole.at, end);
	if (markup->kind != SPAN_START && markup->kind != SPAN_EMPTY)
		return true;
	if (!open_element(builder, element))
		return false;
	if (markup->kind == SPAN_EMPTY)
		close_element(builder, end, end);
	return true;
}

int span_tree_build(const char *text, size_t size, struct span_tree *ret, struct error *err)
{
	struct builder builder = {.tree = SPAN_TREE_INIT};
	bool is_ok = open_element(&builder, (struct span_element){.start = 0});
	struct span_markup markup;
	size_t at = 0;

	while (is_ok && span_next_markup(text, size, &at, &markup))
		is_ok = add_markup(&builder, &markup);
	if (!is_ok) {
		span_tree_done(&builder.tree);
		return error_failed(err, ENOMEM, "XML of %zu bytes: out of memory", size);
	}
	while (builder.open > 0)
		close_element(&builder, size, size);
	close_element(&builder, size, size);
	*ret = builder.tree;
	return 0;
}

const struct span_element *span_child(const struct span_element *parent,
				      const struct span_element *previous)
{
	const struct span_element *next =
		previous ? previous + 1 + previous->descendants : parent + 1;

	return next <= parent + parent->descendants ? next : NULL;
}
