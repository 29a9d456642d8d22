/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB's scripts: see script.h. */
#include "convert/verify/menu/script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"

static const char id_option[] = "menuentry_id_option";

/* --- variables --- */

static char *find_variable(struct script *script, const char *name, size_t length)
{
	for (size_t i = 0; i < script->variable_count; i++)
		if (strlen(script->variables[i].name) == length &&
		    memcmp(script->variables[i].name, name, length) == 0)
			return script->variables[i].value;
	return NULL;
}

static void set_variable(struct script *script, const char *name, size_t length, const char *value)
{
	char *slot = find_variable(script, name, length);

	if (length == 0 || length >= SCRIPT_NAME)
		return;
	if (!slot) {
		if (script->variable_count == SCRIPT_VARIABLES)
			return;
		memcpy(script->variables[script->variable_count].name, name, length);
		slot = script->variables[script->variable_count++].value;
	}
	snprintf(slot, SCRIPT_WORD, "%s", value);
}

void verify_script_set(struct script *script, const char *name, const char *value)
{
	set_variable(script, name, strlen(name), value);
}

struct script *verify_script_new(const char *text)
{
	struct script *script = calloc(1, sizeof(*script));

	if (!script)
		return NULL;
	script->at = text;
	/* Menus of grub-mkconfig ask whether GRUB has it, which all do since 2.00. */
	verify_script_set(script, id_option, "--id");
	return script;
}

/* --- words --- */

/* The word that is being read; one that is too long is unknown. */
struct word {
	char *text;
	size_t size;
	bool is_there; /* it may be empty, in quotes */
};

static void add_byte(struct word *word, char byte)
{
	word->is_there = true;
	if (word->size < SCRIPT_WORD - 1)
		word->text[word->size++] = byte;
	else
		word->text[0] = SCRIPT_UNKNOWN;
}

/* "$name", "${name}", "$1"; returns what is behind it. */
static const char *add_variable(struct script *script, const char *at, struct word *word)
{
	bool has_braces = at[1] == '{';
	const char *name = at + 1 + has_braces;
	size_t length = 0;
	const char *value;

	while (isalnum((unsigned char)name[length]) || name[length] == '_')
		length++;
	if (length == 0 && name[0] && strchr("@*#?", name[0]))
		length = 1;
	if (length == 0) {
		add_byte(word, '$');
		return at + 1;
	}
	value = find_variable(script, name, length);
	if (!value)
		add_byte(word, SCRIPT_UNKNOWN);
	for (; value && *value; value++)
		add_byte(word, *value);
	return name + length + (has_braces && name[length] == '}');
}

static const char *add_quoted(struct script *script, const char *at, struct word *word)
{
	char quote = *at++;

	word->is_there = true;
	while (*at && *at != quote) {
		if (quote == '"' && *at == '\\' && at[1] && strchr("\\\"$\n", at[1])) {
			add_byte(word, at[1]);
			at += 2;
		} else if (quote == '"' && *at == '$') {
			at = add_variable(script, at, word);
		} else {
			add_byte(word, *at++);
		}
	}
	return at + (*at == quote);
}

static const char *add_escaped(const char *at, struct word *word)
{
	if (at[1] && at[1] != '\n')
		add_byte(word, at[1]);
	return at + 1 + (at[1] != '\0');
}

/* Returns what is behind the word. */
static const char *read_word(struct script *script, const char *at, struct word *word)
{
	while (*at && !strchr(" \t\r\n;", *at)) {
		if (*at == '\'' || *at == '"')
			at = add_quoted(script, at, word);
		else if (*at == '\\')
			at = add_escaped(at, word);
		else if (*at == '$')
			at = add_variable(script, at, word);
		else
			add_byte(word, *at++);
	}
	word->text[word->size] = '\0';
	return at;
}

/* --- commands --- */

static const char *skip_blanks(const char *at)
{
	at += strspn(at, " \t\r");
	while (at[0] == '\\' && at[1] == '\n') {
		at += 2;
		at += strspn(at, " \t\r");
	}
	if (*at == '#')
		at += strcspn(at, "\n");
	return at;
}

/* Words in front of a command, with which a branch begins. */
static bool is_keyword(const char *word)
{
	static const char *const keywords[] = {"if",   "then",	"else",	 "elif", "do",
					       "time", "while", "until", "!"};

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strcmp(word, keywords[i]) == 0)
			return true;
	return false;
}

/* Words that there is no room for are read all the same. */
static void keep_word(struct script *script, const struct word *word)
{
	if (!word->is_there)
		return;
	if (script->count == 0 && is_keyword(word->text)) {
		script->ifs += strcmp(word->text, "if") == 0;
		return;
	}
	if (script->count < SCRIPT_WORDS - 1)
		script->count++;
}

/* What ends the command at 'at', if anything does. */
static bool is_end(const char *at, enum script_end *ret)
{
	static const char ends[] = "\n;{}";
	static const enum script_end kinds[] = {SCRIPT_LINE, SCRIPT_LINE, SCRIPT_OPEN,
						SCRIPT_CLOSE};
	const char *found = *at ? strchr(ends, *at) : NULL;

	if (*at && !found)
		return false;
	*ret = found ? kinds[found - ends] : SCRIPT_OVER;
	return true;
}

static void read_command(struct script *script)
{
	const char *at = skip_blanks(script->at);

	script->count = 0;
	while (!is_end(at, &script->end)) {
		struct word word = {.text = script->words[script->count]};

		at = skip_blanks(read_word(script, at, &word));
		keep_word(script, &word);
	}
	script->at = at + (*at != '\0');
}

/* --- what they do --- */

/* As UUIDs of ext, XFS and Btrfs are written. */
static bool is_uuid(const char *word)
{
	return strlen(word) == SCRIPT_UUID - 1 &&
	       strspn(word, "0123456789abcdefABCDEF-") == SCRIPT_UUID - 1;
}

static void set_uuid(char uuid[SCRIPT_UUID], const char *value)
{
	snprintf(uuid, SCRIPT_UUID, "%s", value);
	for (char *at = uuid; *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

/* Of several others the last one alone is known. */
static void found_other(struct script *script, const char *uuid, const char *variable)
{
	const char device[] = {SCRIPT_OTHER, '\0'};

	for (size_t i = 0; i < script->variable_count; i++)
		if (strchr(script->variables[i].value, SCRIPT_OTHER) &&
		    strcasecmp(script->other_uuid, uuid) != 0)
			script->variables[i].value[0] = SCRIPT_UNKNOWN;
	set_uuid(script->other_uuid, uuid);
	verify_script_set(script, variable, device);
}

static void found_device(struct script *script, const char *uuid, const char *variable)
{
	const char device[] = {SCRIPT_DEVICE, '\0'};
	bool is_root = strcmp(variable, "root") == 0;

	if (!is_root && script->is_root_apart) {
		found_other(script, uuid, variable);
		return;
	}
	set_uuid(script->uuid, uuid);
	script->is_root_unknown &= !is_root;
	verify_script_set(script, variable, device);
}

/* By something else than a UUID that is understood. */
static void lost_device(struct script *script, const char *variable)
{
	const char device[] = {SCRIPT_UNKNOWN, '\0'};

	script->is_root_unknown |= strcmp(variable, "root") == 0;
	verify_script_set(script, variable, device);
}

/* "search.fs_uuid UUID VARIABLE HINT...", "search.fs_label LABEL ...", "search.file PATH ...". */
static void do_search_for(struct script *script, bool is_for_uuid)
{
	const char *variable = script->count > 2 ? script->words[2] : "root";

	if (script->count > 1 && is_for_uuid && is_uuid(script->words[1]))
		found_device(script, script->words[1], variable);
	else if (script->count > 1)
		lost_device(script, variable);
}

/* "search --no-floppy --fs-uuid --set=root --hint=... UUID". Without --set it prints what it finds. */
static void do_search(struct script *script)
{
	static const char option[] = "--set=";
	const char *variable = NULL, *uuid = NULL;

	for (size_t i = 1; i < script->count; i++) {
		const char *word = script->words[i];

		if (strncmp(word, option, strlen(option)) == 0)
			variable = word + strlen(option);
		else if (strcmp(word, "--set") == 0 && i + 2 < script->count)
			variable = script->words[++i];
		else if (is_uuid(word))
			uuid = word;
	}
	if (uuid)
		found_device(script, uuid, variable ? variable : "root");
	else if (variable)
		lost_device(script, variable);
}

static void set_root(struct script *script, const char *value)
{
	if (value[0] == SCRIPT_OTHER)
		found_device(script, script->other_uuid, "root");
	else
		script->is_root_unknown = value[0] != SCRIPT_DEVICE;
}

static void do_assignment(struct script *script, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : 0;

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)word[i]) && word[i] != '_')
			return;
	if (length == strlen(id_option) && memcmp(word, id_option, length) == 0)
		return;
	if (!equals)
		return;
	set_variable(script, word, length, equals + 1);
	if (length == 4 && memcmp(word, "root", length) == 0)
		set_root(script, equals + 1);
}

const char *verify_script_assigned(const struct script *script, const char *name)
{
	bool is_set = script->count > 1 && strcmp(script->words[0], "set") == 0;
	const char *word = script->words[is_set];
	size_t length = strlen(name);

	return script->count > 0 && strncmp(word, name, length) == 0 && word[length] == '='
		       ? word + length + 1
		       : NULL;
}

static void do_command(struct script *script)
{
	const char *command = script->words[0];

	if (script->count == 0)
		return;
	if (strcmp(command, "search") == 0)
		do_search(script);
	else if (strncmp(command, "search.", strlen("search.")) == 0)
		do_search_for(script, strcmp(command, "search.fs_uuid") == 0);
	else if (strcmp(command, "set") == 0 && script->count > 1)
		do_assignment(script, script->words[1]);
	else if (script->count == 1)
		do_assignment(script, command);
	if (strcmp(command, "fi") == 0)
		script->ifs -= script->ifs > 0;
}

bool verify_script_next(struct script *script)
{
	if (!*script->at)
		return false;
	read_command(script);
	do_command(script);
	return true;
}

/* --- files --- */

const char *verify_script_path(const char *word)
{
	const char device[] = {'(', SCRIPT_DEVICE, ')', '\0'};
	const char marks[] = {SCRIPT_DEVICE, SCRIPT_UNKNOWN, SCRIPT_OTHER, '\0'};

	if (strncmp(word, device, strlen(device)) == 0)
		word += strlen(device);
	return word[0] == '/' && !strpbrk(word, marks) ? word : NULL;
}

bool verify_script_is_hand_over(const struct script *script)
{
	static const char *const commands[] = {"configfile", "source", "."};

	for (size_t i = 0; i < ARRAY_SIZE(commands) && script->count == 2; i++)
		if (strcmp(script->words[0], commands[i]) == 0)
			return true;
	return false;
}

bool verify_script_target(const char *text, char path[SCRIPT_WORD], char uuid[SCRIPT_UUID])
{
	struct script *script = verify_script_new(text);

	path[0] = uuid[0] = '\0';
	if (!script)
		return false;
	while (verify_script_next(script)) {
		const char *target = verify_script_is_hand_over(script)
					     ? verify_script_path(script->words[1])
					     : NULL;

		if (target)
			snprintf(path, SCRIPT_WORD, "%s", target);
	}
	memcpy(uuid, script->uuid, SCRIPT_UUID);
	free(script);
	return true;
}
