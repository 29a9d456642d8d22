/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words and commands of GRUB's scripts: see grub_script.h. The text of a command is gathered in one
 * block, whose words are places in it until it moves no more.
 */
#include "convert/guest/linux/parse/grub_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A word that is being read. */
struct word {
	size_t size; /* of all text so far */
	bool is_begun, is_quoted;
};

void grub_script_init(struct grub_script *script, const struct file_bytes *file)
{
	*script = (struct grub_script){.file = file, .line = 1};
}

void grub_script_done(struct grub_script *script)
{
	free(script->text);
	free(script->places);
	free(script->words);
}

static bool is_at_end(const struct grub_script *script)
{
	return script->at >= script->file->size;
}

static char peek(const struct grub_script *script, size_t ahead)
{
	size_t left = script->file->size - script->at;

	return ahead < left ? (char)script->file->data[script->at + ahead] : '\0';
}

static char take(struct grub_script *script)
{
	char c = peek(script, 0);

	script->at++;
	if (c == '\n')
		script->line++;
	return c;
}

static int out_of_memory(const struct grub_script *script, struct error *err)
{
	return error_failed(err, ENOMEM, "'%s': out of memory", script->file->name);
}

/* Can one more byte and the NUL of its word be added? */
static bool has_room_for_byte(struct grub_script *script, size_t size)
{
	size_t room = script->room_for_text ? 2 * script->room_for_text : 256;
	char *text;

	if (size + 2 <= script->room_for_text)
		return true;
	text = realloc(script->text, room);
	if (!text)
		return false;
	script->text = text;
	script->room_for_text = room;
	return true;
}

static bool has_room_for_word(struct grub_script *script, size_t count)
{
	size_t room = script->room_for_words ? 2 * script->room_for_words : 16;
	struct grub_word *words;
	size_t *places;

	if (count < script->room_for_words)
		return true;
	places = realloc(script->places, room * sizeof(*places));
	if (!places)
		return false;
	script->places = places;
	words = realloc(script->words, room * sizeof(*words));
	if (!words)
		return false;
	script->words = words;
	script->room_for_words = room;
	return true;
}

static bool add_byte(struct grub_script *script, struct word *word, char c)
{
	if (!has_room_for_byte(script, word->size))
		return false;
	script->text[word->size++] = c;
	return true;
}

static int unended(const struct grub_script *script, unsigned int line, const char *what,
		   struct error *err)
{
	return error_damaged(err, "'%s': line %u: %s does not end", script->file->name, line, what);
}

static int read_single_quotes(struct grub_script *script, struct word *word, struct error *err)
{
	unsigned int line = script->line;

	for (take(script); !is_at_end(script) && peek(script, 0) != '\'';)
		if (!add_byte(script, word, take(script)))
			return out_of_memory(script, err);
	if (is_at_end(script))
		return unended(script, line, "a single quote", err);
	take(script);
	return 0;
}

/* Within double quotes a backslash is one, but before these. */
static bool is_escape_in_quotes(const struct grub_script *script)
{
	char next = peek(script, 1);

	return peek(script, 0) == '\\' && next && strchr("$\"\\\n", next);
}

static int read_double_quotes(struct grub_script *script, struct word *word, struct error *err)
{
	unsigned int line = script->line;

	for (take(script); !is_at_end(script) && peek(script, 0) != '"';) {
		bool is_escape = is_escape_in_quotes(script);
		char c;

		if (is_escape)
			take(script);
		c = take(script);
		if (is_escape && c == '\n')
			continue;
		if (!add_byte(script, word, c))
			return out_of_memory(script, err);
	}
	if (is_at_end(script))
		return unended(script, line, "a double quote", err);
	take(script);
	return 0;
}

/* ${name}, whose braces are none of a block. */
static int read_braced_name(struct grub_script *script, struct word *word, struct error *err)
{
	unsigned int line = script->line;
	char c = '\0';

	while (c != '}') {
		if (is_at_end(script) || peek(script, 0) == '\n')
			return unended(script, line, "'${'", err);
		c = take(script);
		if (!add_byte(script, word, c))
			return out_of_memory(script, err);
	}
	return 0;
}

/* What is outside of quotes: a backslash and what it saves, or one byte. */
static int read_bare(struct grub_script *script, struct word *word, struct error *err)
{
	char c = take(script);

	if (c == '\\' && !is_at_end(script)) {
		word->is_quoted = true;
		c = take(script);
	}
	return add_byte(script, word, c) ? 0 : out_of_memory(script, err);
}

static bool is_line_continued(const struct grub_script *script)
{
	return peek(script, 0) == '\\' && peek(script, 1) == '\n';
}

static bool is_end_of_word(const struct grub_script *script)
{
	char c = peek(script, 0);

	return is_at_end(script) || (c && strchr(" \t\r\n;{}|&<>", c));
}

/* One part of a word: all within one kind of quotes, or one byte. */
static int read_part(struct grub_script *script, struct word *word, struct error *err)
{
	char c = peek(script, 0);

	if (is_line_continued(script)) {
		take(script);
		take(script);
		return 0;
	}
	word->is_begun = true;
	if (c == '\'' || c == '"')
		word->is_quoted = true;
	if (c == '\'')
		return read_single_quotes(script, word, err);
	if (c == '"')
		return read_double_quotes(script, word, err);
	if (c == '$' && peek(script, 1) == '{')
		return read_braced_name(script, word, err);
	return read_bare(script, word, err);
}

static void skip_comment(struct grub_script *script)
{
	while (!is_at_end(script) && peek(script, 0) != '\n')
		take(script);
}

static void skip_blanks(struct grub_script *script)
{
	while (!is_at_end(script)) {
		char c = peek(script, 0);

		if (is_line_continued(script))
			take(script);
		else if (c != ' ' && c != '\t' && c != '\r')
			break;
		take(script);
	}
	if (!is_at_end(script) && peek(script, 0) == '#')
		skip_comment(script);
}

static int end_word(struct grub_script *script, const struct word *word, size_t start,
		    struct grub_command *command, struct error *err)
{
	if (!has_room_for_byte(script, word->size) || !has_room_for_word(script, command->count))
		return out_of_memory(script, err);
	script->text[word->size] = '\0';
	script->places[command->count] = start;
	script->words[command->count++].is_quoted = word->is_quoted;
	return 0;
}

/* Words up to an end that is none of theirs; *size is the text that they have. */
static int read_words(struct grub_script *script, struct grub_command *command, struct error *err)
{
	size_t size = 0;
	int r = 0;

	skip_blanks(script);
	command->line = script->line;
	while (r == 0 && !is_end_of_word(script)) {
		struct word word = {.size = size};

		while (r == 0 && !is_end_of_word(script))
			r = read_part(script, &word, err);
		if (r == 0 && word.is_begun) {
			r = end_word(script, &word, size, command, err);
			size = word.size + 1;
		}
		skip_blanks(script);
	}
	return r;
}

static enum grub_end read_end(struct grub_script *script)
{
	if (is_at_end(script))
		return GRUB_END_FILE;
	switch (take(script)) {
	case '{':
		return GRUB_END_OPEN;
	case '}':
		return GRUB_END_CLOSE;
	default:
		return GRUB_END_COMMAND;
	}
}

int grub_script_next(struct grub_script *script, struct grub_command *ret, struct error *err)
{
	int r;

	*ret = (struct grub_command){.count = 0};
	r = read_words(script, ret, err);
	if (r < 0)
		return r;
	ret->end = read_end(script);
	for (size_t i = 0; i < ret->count; i++)
		script->words[i].text = script->text + script->places[i];
	ret->words = script->words;
	return 0;
}
