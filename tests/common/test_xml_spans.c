/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans of XML: places of markup, attributes and elements; libxml2 is the foreign reader. */
#include <criterion/criterion.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "common/xml_spans.h"

TestSuite(xml_spans);

#define REAL_XML SHARED_DATA "/hyperv/dissect.target/D351C151-DAC7-4042-B434-B72D522C1E4A.xml"

/* The text on the heap without its NUL, so that the sanitizers see a byte too many. */
static char *exact(const char *text, size_t *size)
{
	char *copy;

	*size = strlen(text);
	copy = malloc(*size ? *size : 1);
	cr_assert_not_null(copy);
	memcpy(copy, text, *size);
	return copy;
}

static const char kinds[] = {'S', 'E', '/', 'o'};

/* "kind from-to name" of each markup. */
static char *flat(const char *text)
{
	size_t size, at = 0, length = 0;
	CLEANUP_FREE char *copy = exact(text, &size);
	char *out = NULL;
	FILE *stream = open_memstream(&out, &length);
	struct span_markup markup;

	while (span_next_markup(copy, size, &at, &markup))
		fprintf(stream, "%c%zu-%zu:%.*s ", kinds[markup.kind], markup.whole.at,
			markup.whole.at + markup.whole.size, (int)markup.name.size,
			copy + markup.name.at);
	fclose(stream);
	return out;
}

Test(xml_spans, markup_and_its_places)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", ""},
		{"no markup > at all", ""},
		{"<a>x</a>", "S0-3:a /4-8:a "},
		{"<a/><b />", "E0-4:a E4-9:b "},
		{"<a b='>'>", "S0-9:a "},
		{"<a b=\"'/>\"/>", "E0-12:a "},
		{"<a b='x\"'>", "S0-10:a "},
		{"<!-- <a> -- > --><b/>", "o0-17: E17-21:b "},
		{"<!--><a/>-->", "o0-12: "},
		{"<![CDATA[<a>]]]>]]><b/>", "o0-16: E19-23:b "},
		{"<?xml version='1.0' > ?><b/>", "o0-24: E24-28:b "},
		{"<!DOCTYPE a><b/>", "o0-12: E12-16:b "},
		{"<x:y_z-1.2 a='1'>", "S0-17:x:y_z-1.2 "},
		{"<caf\xc3\xa9/>", "E0-8:caf\xc3\xa9 "},
		{"<_D8E4-Boot0000>\n</_D8E4-Boot0000 >",
		 "S0-16:_D8E4-Boot0000 /17-35:_D8E4-Boot0000 "},
		/* nothing of that is XML, and all of it lies within */
		{"<", "S0-1: "},
		{"<a", "S0-2:a "},
		{"<a b='", "S0-6:a "},
		{"<a b='/>", "S0-8:a "},
		{"</", "/0-2: "},
		{"</a", "/0-3:a "},
		{"<!", "o0-2: "},
		{"<!--", "o0-4: "},
		{"<!-- -", "o0-6: "},
		{"<![CDATA[ ]]", "o0-12: "},
		{"<?", "o0-2: "},
		{"<? ?", "o0-4: "},
		{"< a><>", "S0-4: S4-6: "},
		{"<<a>", "S0-4: "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *got = flat(cases[i].text);

		cr_expect_str_eq(got, cases[i].expected, "%s: %s", cases[i].text, got);
	}
}

/* "name=value@place " of each attribute, and "!place" of what is none. */
static char *attributes(const char *text)
{
	size_t size, at = 0, length = 0;
	CLEANUP_FREE char *copy = exact(text, &size);
	char *out = NULL;
	FILE *stream = open_memstream(&out, &length);
	struct span_attribute attribute;
	struct span_markup tag;
	int r;

	cr_assert(span_next_markup(copy, size, &at, &tag), "%s", text);
	at = tag.name.at + tag.name.size;
	while ((r = span_next_attribute(copy, tag.whole.at + tag.whole.size, &at, &attribute)) > 0)
		fprintf(stream, "%.*s=%.*s@%zu ", (int)attribute.name.size,
			copy + attribute.name.at, (int)attribute.value.size,
			copy + attribute.value.at, attribute.value.at);
	if (r < 0)
		fprintf(stream, "!%zu<%zu", at, attribute.name.at);
	fclose(stream);
	return out;
}

Test(xml_spans, attributes_and_their_places)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"<a>", ""},
		{"<a />", ""},
		{"<a b='1' c=\"2\"/>", "b=1@6 c=2@12 "},
		{"<a\n\tb = 'x > \"y\"'>", "b=x > \"y\"@9 "},
		{"<a b=''c=\"\">", "b=@6 c=@10 "},
		{"<a n:b='&lt;'>", "n:b=&lt;@8 "},
		{"<a b='1' b='2'>", "b=1@6 b=2@12 "},
		{"<a b>", "!4<3"},
		{"<a b=c>", "!5<3"},
		{"<a b c='1'>", "!5<3"},
		{"<a ='1'>", "!3<3"},
		{"<a / b='1'>", "!3<3"},
		{"<a\"b\">", "!2<2"},
		{"<a b='1'", "b=1@6 !8<8"},
		{"<a b='1' ", "b=1@6 !9<9"},
		{"<a b='1>", "!8<3"},
		{"<a b=", "!5<3"},
		{"<a b", "!4<3"},
		{"<a", "!2<2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *got = attributes(cases[i].text);

		cr_expect_str_eq(got, cases[i].expected, "%s: %s", cases[i].text, got);
	}
}

static void print_children(FILE *stream, const char *text, const struct span_element *parent)
{
	const struct span_element *child = NULL;

	while ((child = span_child(parent, child))) {
		fprintf(stream, "%.*s[%zu %zu %zu %zu", (int)child->name.size,
			text + child->name.at, child->start, child->content, child->content_end,
			child->end);
		cr_assert(!child->is_empty || child->content == child->end);
		print_children(stream, text, child);
		fputc(']', stream);
	}
}

static char *tree_text(const char *text)
{
	CLEANUP_SPAN_TREE struct span_tree tree = SPAN_TREE_INIT;
	size_t size, length = 0;
	CLEANUP_FREE char *copy = exact(text, &size);
	char *out = NULL;
	FILE *stream = open_memstream(&out, &length);

	cr_assert_eq(span_tree_build(copy, size, &tree, NULL), 0);
	cr_assert(tree.elements[0].content == 0 && tree.elements[0].end == size);
	cr_assert_eq(tree.elements[0].descendants, tree.count - 1);
	print_children(stream, copy, &tree.elements[0]);
	fclose(stream);
	return out;
}

Test(xml_spans, elements_and_their_children)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", ""},
		{"<a/>", "a[0 4 4 4]"},
		{"<a></a>", "a[0 3 3 7]"},
		{"<a><b/>x<c>y</c></a>", "a[0 3 16 20b[3 7 7 7]c[8 11 12 16]]"},
		{"<a><!--<b>--><![CDATA[</a>]]><?c <d>?></a>", "a[0 3 38 42]"},
		{"<a b='</a>'><c d=\"/>\"/></a>", "a[0 12 23 27c[12 23 23 23]]"},
		/* not well-formed */
		{"<a><b>", "a[0 3 6 6b[3 6 6 6]]"},
		{"<a></b></c><d/>", "a[0 3 3 7]d[11 15 15 15]"},
		{"</a><b/>", "b[4 8 8 8]"},
		{"<a/><b></b", "a[0 4 4 4]b[4 7 7 10]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *got = tree_text(cases[i].text);

		cr_expect_str_eq(got, cases[i].expected, "%s: %s", cases[i].text, got);
	}
}

Test(xml_spans, a_deep_text_takes_no_longer_than_a_flat_one)
{
	size_t count = 1000000, size = 7 * count;
	CLEANUP_SPAN_TREE struct span_tree tree = SPAN_TREE_INIT;
	CLEANUP_FREE char *text = malloc(size);

	for (size_t i = 0; i < count; i++) {
		memcpy(text + 3 * i, "<a>", 3);
		memcpy(text + 3 * count + 4 * i, "</a>", 4);
	}
	cr_assert_eq(span_tree_build(text, size, &tree, NULL), 0);
	cr_assert_eq(tree.count, count + 1);
	cr_assert_eq(tree.elements[count].descendants, 0u);
	cr_assert_eq(tree.elements[1].content_end, size - 4);
	cr_assert_eq(tree.elements[count].end, 3 * count + 4);
}

/* Names, nesting and attributes as libxml2 sees them, element by element. */
static const struct span_element *compare(const char *text, const xmlNode *node,
					  const struct span_element *element)
{
	const struct span_element *next = element + 1;
	size_t at = element->name.at + element->name.size;
	struct span_attribute attribute;

	cr_assert(span_is(text, element->name, (const char *)node->name), "%s", node->name);
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		cr_assert_eq(span_next_attribute(text, element->content, &at, &attribute), 1);
		cr_assert(span_is(text, attribute.name, (const char *)a->name), "%s", a->name);
	}
	cr_assert_eq(span_next_attribute(text, element->content, &at, &attribute), 0);
	for (const xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			next = compare(text, child, next);
	cr_assert_eq(next, element + 1 + element->descendants, "%s", node->name);
	return next;
}

static void compare_text(const char *text, size_t size)
{
	CLEANUP_SPAN_TREE struct span_tree tree = SPAN_TREE_INIT;
	xmlDoc *document = xmlReadMemory(text, (int)size, NULL, "UTF-8",
					 XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);

	cr_assert_not_null(document);
	cr_assert_eq(span_tree_build(text, size, &tree, NULL), 0);
	compare(text, xmlDocGetRootElement(document), &tree.elements[1]);
	xmlFreeDoc(document);
}

Test(xml_spans, libxml2_finds_the_same_elements)
{
	static const char *const cases[] = {
		"<a/>",
		"<?xml version='1.0'?>\n<!-- <no> -->\n<a b='1' c=\"2\"><d>x</d></a>\n<!-- end -->",
		"<a><e f='>'/><![CDATA[</a>]]><g><h i='&quot;'><?j <k>?></h></g></a>",
		"<caf\xc3\xa9 \xc3\xa9=\"1\"><a.b-c/></caf\xc3\xa9>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		compare_text(cases[i], strlen(cases[i]));
}

Test(xml_spans, libxml2_finds_the_same_elements_in_a_real_configuration)
{
	FILE *file = fopen(REAL_XML, "rbe");
	CLEANUP_FREE uint8_t *bytes = malloc(1 << 20);
	CLEANUP_FREE char *text = NULL;
	size_t size;

	if (!file)
		cr_skip_test("not here: %s", REAL_XML);
	size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	cr_assert(size > 2 && bytes[0] == 0xff && bytes[1] == 0xfe);
	text = utf16le_to_utf8(bytes + 2, size - 2);
	compare_text(text, strlen(text));
}
