/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The menu of a grub.cfg: see grub_menu.h. The script is a row of commands; a stack of what is open
 * tells which of them count:
 *
 *   nothing, if, loop   settings, menuentry, submenu, blscfg
 *   menuentry           linux, initrd
 *   submenu             menuentry, submenu
 *   other braces        nothing: a function is executed elsewhere or never
 */
#include "convert/guest/linux/parse/grub_menu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/grub_script.h"
#include "convert/guest/linux/parse/lines.h"

#define MAX_BYTES   (4 * MIB)
#define MAX_ENTRIES 4096
#define MAX_BLOCKS  64

enum block_kind { BLOCK_IF, BLOCK_LOOP, BLOCK_ENTRY, BLOCK_SUBMENU, BLOCK_OTHER };

struct block {
	enum block_kind kind;
	unsigned int line;
	size_t entry;	       /* of BLOCK_ENTRY and BLOCK_SUBMENU */
	unsigned int children; /* of BLOCK_SUBMENU */
};

struct reader {
	const struct file_bytes *file;
	struct grub_menu *menu;
	struct block blocks[MAX_BLOCKS];
	size_t open;
	unsigned int children; /* at the top */
	bool is_function_due;  /* its '{' may stand on a later line */
};

void grub_menu_done(struct grub_menu *menu)
{
	for (size_t i = 0; i < menu->count; i++)
		grub_entry_done(&menu->entries[i]);
	free(menu->entries);
	free(menu->default_text);
	free(menu->kernelopts);
	grub_root_done(&menu->root);
	grub_root_done(&menu->boot);
	*menu = (struct grub_menu)GRUB_MENU_INIT;
}

static int out_of_memory(const struct reader *reader, struct error *err)
{
	return error_failed(err, ENOMEM, "'%s': out of memory", reader->file->name);
}

static int push(struct reader *reader, struct block block, struct error *err)
{
	if (reader->open == MAX_BLOCKS)
		return error_damaged(err, "'%s': line %u: more than %d blocks within each other",
				     reader->file->name, block.line, MAX_BLOCKS);
	reader->blocks[reader->open++] = block;
	return 0;
}

/* The innermost open block is of this kind, as 'word' demands. */
static int expect(const struct reader *reader, enum block_kind kind, const char *word,
		  unsigned int line, struct error *err)
{
	if (reader->open > 0 && reader->blocks[reader->open - 1].kind == kind)
		return 0;
	return error_damaged(err, "'%s': line %u: '%s' where nothing is open that it belongs to",
			     reader->file->name, line, word);
}

static int pop_braces(struct reader *reader, unsigned int line, struct error *err)
{
	enum block_kind kind = reader->open > 0 ? reader->blocks[reader->open - 1].kind : BLOCK_IF;

	if (kind == BLOCK_IF || kind == BLOCK_LOOP)
		return expect(reader, BLOCK_OTHER, "}", line, err);
	reader->open--;
	return 0;
}

/* What keywords do: open something, belong to it, close it. */
struct keyword {
	const char *text;
	enum { OPENS, BELONGS, CLOSES } role;
	enum block_kind kind;
};

static const struct keyword keywords[] = {
	{"if", OPENS, BLOCK_IF},      {"then", BELONGS, BLOCK_IF},  {"elif", BELONGS, BLOCK_IF},
	{"else", BELONGS, BLOCK_IF},  {"fi", CLOSES, BLOCK_IF},	    {"for", OPENS, BLOCK_LOOP},
	{"while", OPENS, BLOCK_LOOP}, {"until", OPENS, BLOCK_LOOP}, {"do", BELONGS, BLOCK_LOOP},
	{"done", CLOSES, BLOCK_LOOP},
};

static const struct keyword *find_keyword(const struct grub_command *command)
{
	if (command->count == 0 || command->words[0].is_quoted)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strcmp(command->words[0].text, keywords[i].text) == 0)
			return &keywords[i];
	return NULL;
}

static int apply_keyword(struct reader *reader, const struct keyword *keyword, unsigned int line,
			 struct error *err)
{
	int r;

	if (keyword->role == OPENS)
		return push(reader, (struct block){.kind = keyword->kind, .line = line}, err);
	r = expect(reader, keyword->kind, keyword->text, line, err);
	if (r == 0 && keyword->role == CLOSES)
		reader->open--;
	return r;
}

static bool is_command(const struct grub_command *command, const char *name)
{
	return command->count > 0 && strcmp(command->words[0].text, name) == 0;
}

/* Take the keywords off the front: "then set x=1" is "set x=1". Nothing is left of "for x in y". */
static int take_keywords(struct reader *reader, struct grub_command *command, struct error *err)
{
	const struct keyword *keyword;
	int r = 0;

	while (r == 0 && (keyword = find_keyword(command))) {
		bool is_for = strcmp(keyword->text, "for") == 0;

		r = apply_keyword(reader, keyword, command->line, err);
		command->words += is_for ? command->count : 1;
		command->count -= is_for ? command->count : 1;
	}
	return r;
}

/* The innermost block that is no condition; NULL at the top. */
static struct block *home(struct reader *reader)
{
	for (size_t i = reader->open; i > 0; i--)
		if (reader->blocks[i - 1].kind != BLOCK_IF &&
		    reader->blocks[i - 1].kind != BLOCK_LOOP)
			return &reader->blocks[i - 1];
	return NULL;
}

static bool is_conditional(const struct reader *reader)
{
	for (size_t i = 0; i < reader->open; i++)
		if (reader->blocks[i].kind == BLOCK_IF || reader->blocks[i].kind == BLOCK_LOOP)
			return true;
	return false;
}

/* Is the innermost block a condition? */
static bool is_within_if(const struct reader *reader)
{
	return reader->open > 0 && (reader->blocks[reader->open - 1].kind == BLOCK_IF ||
				    reader->blocks[reader->open - 1].kind == BLOCK_LOOP);
}

/* --- settings --------------------------------------------------------------------------------- */

/* Does the word refer to this variable and nothing else? */
static bool is_variable(const char *value, const char *name)
{
	size_t length = strlen(name);

	if (*value++ != '$')
		return false;
	if (*value == '{')
		return strncmp(value + 1, name, length) == 0 &&
		       strcmp(value + 1 + length, "}") == 0;
	return strcmp(value, name) == 0;
}

static bool keep(char **text, const char *value)
{
	free(*text);
	*text = strdup(value);
	return *text;
}

static bool set_default(struct grub_menu *menu, const char *value)
{
	if (is_variable(value, "next_entry")) {
		menu->uses_next_entry = true;
		return true;
	}
	if (is_variable(value, "saved_entry"))
		menu->uses_saved_entry = true;
	return keep(&menu->default_text, value);
}

static void set_timeout(struct grub_menu *menu, const char *value)
{
	char *end;
	long seconds = strtol(value, &end, 10);

	if (*value && !*end && seconds >= -1 && seconds <= 1000000)
		menu->timeout = (int)seconds;
}

static bool set_variable(struct grub_menu *menu, const char *name, size_t length, const char *value)
{
	struct text_line variable = {name, length, 0};

	if (text_is(&variable, "default"))
		return set_default(menu, value);
	if (text_is(&variable, "kernelopts"))
		return keep(&menu->kernelopts, value);
	if (text_is(&variable, "timeout"))
		set_timeout(menu, value);
	else if (text_is(&variable, "btrfs_relative_path"))
		menu->is_btrfs_relative = *value != '\0';
	else if (text_is(&variable, "superusers"))
		menu->has_superusers = *value != '\0';
	return true;
}

/* "set NAME=VALUE" and "NAME=VALUE". */
static bool apply_setting(struct grub_menu *menu, const struct grub_command *command)
{
	size_t at = is_command(command, "set") ? 1 : 0;
	const char *word = at < command->count ? command->words[at].text : "";
	const char *equals = strchr(word, '=');

	if (!equals)
		return true;
	return set_variable(menu, word, (size_t)(equals - word), equals + 1);
}

static bool run_at_top(struct reader *reader, const struct grub_command *command)
{
	if (is_command(command, "blscfg"))
		reader->menu->has_blscfg = true;
	else if (is_command(command, "configfile") ||
		 is_command(command, "extract_entries_configfile"))
		reader->menu->has_configfile = true;
	return apply_setting(reader->menu, command) &&
	       grub_root_command(command, "root", is_within_if(reader), &reader->menu->root) &&
	       grub_root_command(command, "boot", is_within_if(reader), &reader->menu->boot);
}

static int run(struct reader *reader, const struct grub_command *command, struct error *err)
{
	const struct block *block = home(reader);
	bool is_ok = true;

	if (!block)
		is_ok = run_at_top(reader, command);
	else if (block->kind == BLOCK_ENTRY)
		is_ok = grub_entry_command(command, is_within_if(reader),
					   &reader->menu->entries[block->entry]);
	return is_ok ? 0 : out_of_memory(reader, err);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static struct grub_entry new_entry(struct reader *reader, const struct grub_command *command,
				   struct block *parent)
{
	const struct grub_entry *above = parent ? &reader->menu->entries[parent->entry] : NULL;

	return (struct grub_entry){
		.is_submenu = is_command(command, "submenu"),
		.is_conditional = is_conditional(reader),
		.parent = parent ? parent->entry : GRUB_NO_PARENT,
		.depth = above ? above->depth + 1 : 0,
		.position = parent ? parent->children++ : reader->children++,
		.line = command->line,
	};
}

static int add_entry(struct reader *reader, const struct grub_command *command,
		     struct block *parent, struct error *err)
{
	struct grub_menu *menu = reader->menu;
	struct grub_entry *entries, entry;

	if (menu->count == MAX_ENTRIES)
		return error_damaged(err, "'%s': line %u: more than %d menu entries",
				     reader->file->name, command->line, MAX_ENTRIES);
	entries = list_grow(menu->entries, menu->count, sizeof(*entries));
	if (!entries)
		return out_of_memory(reader, err);
	menu->entries = entries;
	entry = new_entry(reader, command, parent);
	entries[menu->count++] = entry;
	if (!grub_entry_head(command, &entries[menu->count - 1]))
		return out_of_memory(reader, err);
	return 0;
}

/* The '{' behind a command: a block, of an entry when that is where entries count. */
static int open_block(struct reader *reader, const struct grub_command *command, struct error *err)
{
	struct block block = {.kind = BLOCK_OTHER, .line = command->line};
	struct block *parent = home(reader);
	bool is_entry = is_command(command, "menuentry"),
	     is_submenu = is_command(command, "submenu");
	int r = 0;

	if (command->count == 0 && !reader->is_function_due)
		return error_damaged(err, "'%s': line %u: a '{' that no command stands before",
				     reader->file->name, command->line);
	if ((is_entry || is_submenu) && (!parent || parent->kind == BLOCK_SUBMENU)) {
		r = add_entry(reader, command, parent, err);
		block.kind = is_entry ? BLOCK_ENTRY : BLOCK_SUBMENU;
		block.entry = reader->menu->count - 1;
	}
	reader->is_function_due = false;
	return r < 0 ? r : push(reader, block, err);
}

static int take_command(struct reader *reader, struct grub_command *command, struct error *err)
{
	int r = take_keywords(reader, command, err);

	if (r < 0)
		return r;
	if (is_command(command, "function")) {
		reader->is_function_due = true;
		command->count = 0;
	} else if (command->count > 0) {
		reader->is_function_due = false;
	}
	if (command->end == GRUB_END_OPEN)
		return open_block(reader, command, err);
	r = run(reader, command, err);
	if (r == 0 && command->end == GRUB_END_CLOSE)
		r = pop_braces(reader, command->line, err);
	return r;
}

static int read_script(struct reader *reader, struct error *err)
{
	CLEANUP_GRUB_SCRIPT struct grub_script script;
	struct grub_command command = {.end = GRUB_END_COMMAND};
	int r = 0;

	grub_script_init(&script, reader->file);
	while (r == 0 && command.end != GRUB_END_FILE) {
		r = grub_script_next(&script, &command, err);
		if (r == 0)
			r = take_command(reader, &command, err);
	}
	if (r == 0 && reader->open > 0)
		return error_damaged(err, "'%s': line %u: what begins there does not end",
				     reader->file->name, reader->blocks[reader->open - 1].line);
	return r;
}

int grub_menu_parse(const struct file_bytes *file, struct grub_menu *ret, struct error *err)
{
	struct reader reader = {.file = file, .menu = ret};
	int r = text_file_check(file, MAX_BYTES, err);

	*ret = (struct grub_menu)GRUB_MENU_INIT;
	if (r == 0)
		r = read_script(&reader, err);
	if (r < 0)
		grub_menu_done(ret);
	return r;
}
