/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parser: see lvm_text.h. The tree points into a copy of the text, in which names and strings are
 * ended by a NUL as soon as what follows them has been looked at.
 */
#include "convert/linux_files/lvm_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

/* A thousand volumes of two segments are some 40000; sections are nested four deep. */
#define MAX_NODES (1U << 18)
#define MAX_DEPTH 16

#define NODES_IN_BLOCK 1024

struct node_block {
	struct node_block *next;
	struct lvm_node nodes[NODES_IN_BLOCK];
};

struct lvm_tree {
	char *text;
	struct node_block *blocks;
	size_t node_count;
};

struct parser {
	struct lvm_tree *tree;
	char *at;	 /* a NUL stands at the end */
	uint64_t offset; /* of the text */
	unsigned int depth;
	struct error *err;
};

void lvm_tree_cleanup(struct lvm_tree **tree)
{
	if (!*tree)
		return;
	while ((*tree)->blocks) {
		struct node_block *block = (*tree)->blocks;

		(*tree)->blocks = block->next;
		free(block);
	}
	free((*tree)->text);
	free(*tree);
	*tree = NULL;
}

const struct lvm_node *lvm_child(const struct lvm_node *parent, const char *name,
				 enum lvm_kind kind)
{
	for (const struct lvm_node *node = parent ? parent->first : NULL; node; node = node->next)
		if (node->kind == kind && strcmp(node->name, name) == 0)
			return node;
	return NULL;
}

static int bad_text(const struct parser *parser, const char *expected)
{
	uint64_t offset = parser->offset + (uint64_t)(parser->at - parser->tree->text);

	return error_damaged(parser->err,
			     "the metadata of the LVM physical volume is damaged: %s expected at "
			     "offset %" PRIu64,
			     expected, offset);
}

static int new_node(struct parser *parser, const char *name, struct lvm_node **ret)
{
	struct lvm_tree *tree = parser->tree;
	size_t used = tree->node_count % NODES_IN_BLOCK;

	if (tree->node_count == MAX_NODES)
		return bad_text(parser, "less than that");
	if (used == 0) {
		struct node_block *block = calloc(1, sizeof(*block));

		if (!block)
			return error_failed(parser->err, ENOMEM, "out of memory");
		block->next = tree->blocks;
		tree->blocks = block;
	}
	*ret = &tree->blocks->nodes[used];
	(*ret)->name = name;
	tree->node_count++;
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
	       c == '-' || c == '+' || c == '.' || c == '/' || c == '@';
}

static void skip_space(struct parser *parser)
{
	while (is_space(*parser->at) || *parser->at == '#')
		if (*parser->at == '#')
			parser->at += strcspn(parser->at, "\n");
		else
			parser->at++;
}

static void skip_word(struct parser *parser)
{
	while (is_word(*parser->at))
		parser->at++;
}

static int parse_string(struct parser *parser, struct lvm_node *node)
{
	char *to = ++parser->at;

	node->kind = LVM_STRING;
	node->text = to;
	while (*parser->at && *parser->at != '"') {
		if (*parser->at == '\\' && (parser->at[1] == '"' || parser->at[1] == '\\'))
			parser->at++;
		*to++ = *parser->at++;
	}
	if (*parser->at != '"')
		return bad_text(parser, "the end of a text");
	parser->at++;
	*to = '\0';
	return 0;
}

/* Digits alone are a number; what else LVM knows (signs, fractions) is no size and no place. */
static int parse_number(struct parser *parser, struct lvm_node *node)
{
	const char *start = parser->at;

	node->kind = LVM_NUMBER;
	for (; is_digit(*parser->at); parser->at++)
		if (!mul_u64(node->number, 10, &node->number) ||
		    !add_u64(node->number, (uint64_t)(*parser->at - '0'), &node->number))
			return bad_text(parser, "a smaller number");
	if (is_word(*parser->at))
		node->kind = LVM_OTHER;
	skip_word(parser);
	return parser->at == start ? bad_text(parser, "a value") : 0;
}

static int parse_value(struct parser *parser, struct lvm_node *node);

static int parse_list(struct parser *parser, struct lvm_node *list)
{
	struct lvm_node **last = &list->first;
	int r = 0;

	list->kind = LVM_LIST;
	parser->at++;
	skip_space(parser);
	while (r == 0 && *parser->at != ']') {
		r = new_node(parser, "", last);
		if (r == 0)
			r = parse_value(parser, *last);
		if (r == 0) {
			last = &(*last)->next;
			skip_space(parser);
			if (*parser->at == ',')
				parser->at++;
			else if (*parser->at != ']')
				r = bad_text(parser, "',' or ']'");
			skip_space(parser);
		}
	}
	parser->at += r == 0;
	return r;
}

static int parse_value(struct parser *parser, struct lvm_node *node)
{
	int r;

	skip_space(parser);
	if (*parser->at == '"')
		return parse_string(parser, node);
	if (*parser->at != '[')
		return parse_number(parser, node);
	if (++parser->depth > MAX_DEPTH)
		return bad_text(parser, "less nesting");
	r = parse_list(parser, node);
	parser->depth--;
	return r;
}

static int parse_section(struct parser *parser, struct lvm_node *section, char stop);

static int parse_block(struct parser *parser, struct lvm_node *node)
{
	int r;

	if (++parser->depth > MAX_DEPTH)
		return bad_text(parser, "less nesting");
	r = parse_section(parser, node, '}');
	parser->depth--;
	parser->at += r == 0;
	return r;
}

/* A name, then its value or its section. */
static int parse_entry(struct parser *parser, struct lvm_node **ret)
{
	const char *name = parser->at;
	char *end, what;
	int r;

	skip_word(parser);
	end = parser->at;
	if (end == name)
		return bad_text(parser, "a name");
	r = new_node(parser, name, ret);
	if (r < 0)
		return r;
	skip_space(parser);
	what = *parser->at;
	if (what != '=' && what != '{')
		return bad_text(parser, "'=' or '{'");
	parser->at++;
	*end = '\0';
	return what == '=' ? parse_value(parser, *ret) : parse_block(parser, *ret);
}

/* Up to the character 'stop', which is not taken; the NUL is the end of all. */
static int parse_section(struct parser *parser, struct lvm_node *section, char stop)
{
	struct lvm_node **last = &section->first;
	int r = 0;

	section->kind = LVM_SECTION;
	skip_space(parser);
	while (r == 0 && *parser->at != stop) {
		r = parse_entry(parser, last);
		if (r == 0)
			last = &(*last)->next;
		skip_space(parser);
	}
	return r;
}

int lvm_text_parse(const char *text, size_t size, uint64_t at, struct lvm_tree **ret,
		   const struct lvm_node **ret_root, struct error *err)
{
	CLEANUP_LVM_TREE struct lvm_tree *tree = calloc(1, sizeof(*tree));
	struct parser parser = {.tree = tree, .offset = at, .err = err};
	struct lvm_node *root;
	int r;

	if (tree)
		tree->text = strndup(text, size);
	if (!tree || !tree->text)
		return error_failed(err, ENOMEM, "out of memory");
	parser.at = tree->text;
	r = new_node(&parser, "", &root);
	if (r == 0)
		r = parse_section(&parser, root, '\0');
	if (r < 0)
		return r;
	*ret = TAKE(tree);
	*ret_root = root;
	return 0;
}
