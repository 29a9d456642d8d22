/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a grub.cfg on an ESP leads to: see grub_handover.h. */
#include "convert/guest/linux/parse/grub_handover.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/grub_script.h"
#include "convert/guest/linux/parse/grub_search.h"
#include "convert/guest/linux/parse/lines.h"

#define MAX_VARIABLES 16
#define MAX_NAME      32
#define MAX_DEPTH     8 /* of blocks; deeper ones share the variables of that */
#define MENU	      "/grub.cfg"

/* What is known of a variable's value. */
struct value {
	bool is_boot;	/* the file system with /boot */
	bool is_folder; /* the folder with the menu, device and all */
};

struct variable {
	char name[MAX_NAME];
	struct value value;
};

/* What else variables hold is not known, and leads nowhere. */
struct variables {
	struct variable list[MAX_VARIABLES];
	size_t count;
};

struct reading {
	const struct grub_target *target;
	struct variables blocks[MAX_DEPTH]; /* the script's own, and that of each block in it */
	size_t depth;
	bool finds_boot, hands_over, has_entries, has_bls, names_kernel;
};

/* --- variables --- */

static struct variables *block_of(struct reading *reading)
{
	return &reading->blocks[reading->depth < MAX_DEPTH ? reading->depth : MAX_DEPTH - 1];
}

static bool is_name(const char *name, size_t length, const char *expected)
{
	return strlen(expected) == length && strncmp(name, expected, length) == 0;
}

static struct variable *find_variable(struct reading *reading, const char *name, size_t length)
{
	struct variables *variables = block_of(reading);

	for (size_t i = 0; i < variables->count; i++)
		if (is_name(name, length, variables->list[i].name))
			return &variables->list[i];
	return NULL;
}

static struct value value_of(struct reading *reading, const char *name, size_t length)
{
	const struct variable *variable = find_variable(reading, name, length);

	return variable ? variable->value : (struct value){.is_boot = false};
}

/* The last one counts. */
static void assign(struct reading *reading, const char *name, size_t length, struct value value)
{
	struct variables *variables = block_of(reading);
	struct variable *variable = find_variable(reading, name, length);
	bool is_known = value.is_boot || value.is_folder || is_name(name, length, "boot");

	if (!variable && is_known && length < MAX_NAME && variables->count < MAX_VARIABLES) {
		variable = &variables->list[variables->count++];
		snprintf(variable->name, sizeof(variable->name), "%.*s", (int)length, name);
	}
	if (variable)
		variable->value = value;
}

/* "$name" or "${name}" at the front of 'text': what is behind it, and the name; else NULL. */
static const char *take_name(const char *text, const char **ret_name, size_t *ret_length)
{
	bool has_brace = text[0] == '$' && text[1] == '{';

	if (text[0] != '$')
		return NULL;
	*ret_name = text + (has_brace ? 2 : 1);
	*ret_length = strspn(*ret_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_");
	text = *ret_name + *ret_length;
	if (has_brace)
		return *text == '}' ? text + 1 : NULL;
	return text;
}

/* The path of a file on the file system with /boot, "($root)/boot" or without a device; else NULL. */
static const char *path_on_boot(struct reading *reading, const char *word)
{
	const char *name = "root";
	size_t length = strlen(name);

	if (*word == '(') {
		word = take_name(word + 1, &name, &length);
		if (!word || *word++ != ')')
			return NULL;
	}
	return *word == '/' && value_of(reading, name, length).is_boot ? word : NULL;
}

/* Is it the folder with the menu, or with 'end' a file in it? */
static bool is_in_folder(struct reading *reading, const char *word, const char *end)
{
	const char *top = reading->target->top, *prefix = reading->target->prefix, *name;
	const char *path = path_on_boot(reading, word), *rest;
	size_t length;

	if (path)
		return strncmp(path, top, strlen(top)) == 0 &&
		       strncmp(path + strlen(top), prefix, strlen(prefix)) == 0 &&
		       strcmp(path + strlen(top) + strlen(prefix), end) == 0;
	rest = take_name(word, &name, &length);
	return rest && strcmp(rest, end) == 0 && value_of(reading, name, length).is_folder;
}

/* "name=value", the words of 'set' and commands by themselves. */
static void take_assignment(struct reading *reading, const char *word)
{
	const char *equals = strchr(word, '='), *name, *rest;
	struct value value = {.is_boot = false};
	size_t length;

	if (!equals)
		return;
	rest = take_name(equals + 1, &name, &length);
	if (rest && !*rest)
		value = value_of(reading, name, length);
	value.is_folder |= is_in_folder(reading, equals + 1, "");
	assign(reading, word, (size_t)(equals - word), value);
}

/* --- commands --- */

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static void take_search(struct reading *reading, const struct grub_search *search)
{
	struct value value = {.is_boot = search->is_by_uuid && search->what &&
					 strcasecmp(search->what, reading->target->uuid) == 0};

	reading->finds_boot |= value.is_boot;
	if (search->variable)
		assign(reading, search->variable, strlen(search->variable), value);
}

/* GRUB's own file is in "prefix". */
static void take_loader(struct reading *reading, const struct grub_word *words, size_t count)
{
	static const char *const loaders[] = {"configfile", "source", "normal", "."};

	if (!is_one_of(words[0].text, loaders, ARRAY_SIZE(loaders)))
		return;
	if (count > 1)
		reading->hands_over |= is_in_folder(reading, words[1].text, MENU);
	else if (strcmp(words[0].text, "normal") == 0)
		reading->hands_over |= value_of(reading, "prefix", strlen("prefix")).is_folder;
}

/* The name of a kernel is that of one version. */
static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_kernel(struct reading *reading, const char *word)
{
	const char *path = path_on_boot(reading, word);

	return path && strcmp(file_name(path), file_name(reading->target->kernel)) == 0;
}

/* Entries of the Boot Loader Specification are read from $boot, or from $root without one. */
static bool finds_entries(struct reading *reading)
{
	const char *name = find_variable(reading, "boot", strlen("boot")) ? "boot" : "root";

	return value_of(reading, name, strlen(name)).is_boot;
}

static void take_words(struct reading *reading, const struct grub_word *words, size_t count)
{
	const char *name = words[0].text;
	struct grub_search search;

	if (grub_search_parse(words, count, &search))
		take_search(reading, &search);
	else if (strcmp(name, "set") == 0 && count > 1)
		take_assignment(reading, words[1].text);
	else if (strcmp(name, "unset") == 0 && count > 1)
		assign(reading, words[1].text, strlen(words[1].text),
		       (struct value){.is_boot = false});
	else if (count == 1)
		take_assignment(reading, name);
	take_loader(reading, words, count);
	reading->has_entries |= strcmp(name, "menuentry") == 0;
	reading->has_bls |= strcmp(name, "blscfg") == 0 && finds_entries(reading);
	for (size_t i = 1; i < count; i++)
		reading->names_kernel |= is_kernel(reading, words[i].text);
}

/* A block of an entry has variables that the next one does not see. */
static void take_command(struct reading *reading, const struct grub_command *command)
{
	static const char *const keywords[] = {"if", "elif",  "then",  "else",
					       "do", "while", "until", "!"};
	size_t at = 0;

	while (at < command->count && !command->words[at].is_quoted &&
	       is_one_of(command->words[at].text, keywords, ARRAY_SIZE(keywords)))
		at++;
	if (at < command->count)
		take_words(reading, command->words + at, command->count - at);
	if (command->end == GRUB_END_OPEN) {
		const struct variables *outer = block_of(reading);

		reading->depth++;
		*block_of(reading) = *outer;
	} else if (command->end == GRUB_END_CLOSE && reading->depth > 0) {
		reading->depth--;
	}
}

static const char *trouble_of(const struct reading *reading)
{
	if (!reading->finds_boot)
		return "its grub.cfg does not look for the file system with /boot";
	if (reading->hands_over || reading->has_bls ||
	    (reading->has_entries && reading->names_kernel))
		return NULL;
	if (reading->has_entries)
		return "its grub.cfg is a menu of its own, which does not have the kernel that the "
		       "guest's menu starts";
	return "its grub.cfg does not hand over to the guest's menu";
}

/* What is wrong with the file is a trouble, and what is of this machine none. */
static int pass_host(const struct error *problem, const char *trouble, const char **ret,
		     struct error *err)
{
	*ret = trouble;
	if (!error_is_of_host(problem))
		return 0;
	*err = *problem;
	return -problem->code;
}

int grub_handover_trouble(const struct file_bytes *file, const struct grub_target *target,
			  const char **ret, struct error *err)
{
	CLEANUP_GRUB_SCRIPT struct grub_script script;
	struct grub_command command = {.end = GRUB_END_COMMAND};
	struct reading reading = {.target = target};
	struct error problem = ERROR_INIT;

	grub_script_init(&script, file);
	if (text_file_check(file, SIZE_MAX, &problem) < 0)
		return pass_host(&problem, "its grub.cfg is no text", ret, err);
	while (command.end != GRUB_END_FILE) {
		if (grub_script_next(&script, &command, &problem) < 0)
			return pass_host(&problem, "its grub.cfg is no script that ends", ret, err);
		take_command(&reading, &command);
	}
	*ret = trouble_of(&reading);
	return 0;
}
