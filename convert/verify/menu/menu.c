/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The menu of a Linux guest: see menu.h. */
#include "convert/verify/menu/menu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

#define MAX_DEPTH   64
#define MAX_SOURCED 8 /* files that a menu reads besides */

static void entry_done(struct menu_entry *entry)
{
	free(entry->title);
	free(entry->id);
	free(entry->kernel);
	for (size_t i = 0; i < entry->initrd_count; i++)
		free(entry->initrds[i]);
}

void verify_menu_done(struct menu *menu)
{
	for (size_t i = 0; i < menu->count; i++)
		entry_done(&menu->list[i]);
	menu->count = 0;
}

/* --- reading --- */

/* Braces that are open, and the entry or submenu whose they are; MENU_NONE: of a function. */
struct reading {
	const struct menu_source *source;
	struct script *script;
	struct menu *menu;
	size_t open[MAX_DEPTH], depth;
	bool has_default, failed;
	char sourced[SCRIPT_WORD]; /* the last file that was read besides */
	unsigned int sourced_count;
};

static char *copy(struct reading *reading, const char *text)
{
	char *copied = strdup(text);

	reading->failed |= !copied;
	return copied;
}

/* The innermost submenu, or entry, that is open. */
static size_t innermost(const struct reading *reading, bool is_submenu)
{
	for (size_t i = reading->depth; i > 0; i--) {
		size_t index = reading->open[i - 1];

		if (index != MENU_NONE && reading->menu->list[index].is_submenu == is_submenu)
			return index;
	}
	return MENU_NONE;
}

static const char *id_of(const struct script *script)
{
	static const char option[] = "--id=";

	for (size_t i = 2; i < script->count; i++) {
		if (strncmp(script->words[i], option, strlen(option)) == 0)
			return script->words[i] + strlen(option);
		if (strcmp(script->words[i], "--id") == 0 && i + 1 < script->count)
			return script->words[i + 1];
	}
	return NULL;
}

static size_t add_entry(struct reading *reading)
{
	const struct script *script = reading->script;
	const char *id = id_of(script);
	struct menu *menu = reading->menu;
	struct menu_entry *entry;

	if (menu->count == MENU_ENTRIES)
		return MENU_NONE;
	entry = &menu->list[menu->count];
	*entry = (struct menu_entry){.parent = innermost(reading, /*is_submenu=*/true),
				     .is_submenu = strcmp(script->words[0], "submenu") == 0};
	entry->title = script->count > 1 ? copy(reading, script->words[1]) : NULL;
	entry->id = id ? copy(reading, id) : NULL;
	return menu->count++;
}

static void open_brace(struct reading *reading)
{
	const struct script *script = reading->script;
	bool is_entry = script->count > 0 && (strcmp(script->words[0], "menuentry") == 0 ||
					      strcmp(script->words[0], "submenu") == 0);
	size_t index = is_entry ? add_entry(reading) : MENU_NONE;

	if (is_entry) { /* what it searches for itself */
		reading->script->uuid[0] = '\0';
		reading->script->is_root_unknown = false;
	}
	if (reading->depth < MAX_DEPTH)
		reading->open[reading->depth++] = index;
}

/* "linux", "linux16", "linuxefi"; so of "initrd". */
static bool is_command(const char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) == 0 &&
	       (word[length] == '\0' || strcmp(word + length, "16") == 0 ||
		strcmp(word + length, "efi") == 0);
}

static void take_initrds(struct reading *reading, struct menu_entry *entry)
{
	const struct script *script = reading->script;

	for (size_t i = 1; i < script->count && entry->initrd_count < MENU_INITRDS; i++) {
		const char *path = verify_script_path(script->words[i]);

		if (!path)
			continue;
		entry->initrds[entry->initrd_count] = copy(reading, path);
		entry->initrd_count += !reading->failed;
	}
}

static void take_command(struct reading *reading)
{
	size_t index = innermost(reading, /*is_submenu=*/false);
	const struct script *script = reading->script;
	struct menu_entry *entry = index == MENU_NONE ? NULL : &reading->menu->list[index];
	const char *path;

	if (script->count > 0 && !entry && strcmp(script->words[0], "blscfg") == 0)
		reading->menu->has_blscfg = true;
	if (script->count < 2 || !entry)
		return;
	memcpy(entry->uuid, script->uuid, sizeof(entry->uuid));
	entry->is_root_unknown = script->is_root_unknown;
	if (is_command(script->words[0], "initrd"))
		take_initrds(reading, entry);
	if (!is_command(script->words[0], "linux") || entry->kernel)
		return;
	path = verify_script_path(script->words[1]);
	if (path)
		entry->kernel = copy(reading, path);
}

/*
 * One that is set in a branch for an entry of once is unknown, and does not hold. Of branches the first
 * one whose value is known holds: grub-mkconfig begins with the choice, and what comes behind it sets
 * another one for starts that have failed (Fedora's 08_fallback_counting).
 */
static void note_default(struct reading *reading)
{
	const char *wanted = verify_script_assigned(reading->script, "default");

	if (!wanted || strchr(wanted, SCRIPT_UNKNOWN) || reading->depth > 0 ||
	    (reading->has_default && reading->script->ifs > 0))
		return;
	reading->has_default = true;
	snprintf(reading->menu->wanted, SCRIPT_WORD, "%s", wanted);
}

static void read_commands(struct reading *reading);

/* The path of a file beside the menu that the command reads; NULL for another one. */
static const char *path_beside(const struct script *script)
{
	const char *word = script->words[1];

	return word[0] == SCRIPT_PREFIX && !strchr(word, SCRIPT_UNKNOWN) ? word + 1 : NULL;
}

static void note_unread(struct reading *reading)
{
	size_t parent = innermost(reading, /*is_submenu=*/true);
	struct menu *menu = reading->menu;
	struct menu_gap *gap = parent == MENU_NONE ? &menu->gap : &menu->list[parent].gap;

	if (!gap->is_there)
		*gap = (struct menu_gap){.is_there = true, .at = menu->count};
	menu->has_unread = true;
}

/* In the place of the command. One that two branches read is read once. */
static void read_sourced(struct reading *reading)
{
	const char *path = path_beside(reading->script), *at = reading->script->at;
	CLEANUP_FREE char *text = NULL;
	bool is_there = true;

	if (path && strcmp(path, reading->sourced) == 0)
		return;
	if (path && reading->sourced_count++ < MAX_SOURCED) {
		snprintf(reading->sourced, SCRIPT_WORD, "%s", path);
		text = reading->source->read(reading->source->opaque, path, &is_there);
	}
	if (!text && is_there)
		note_unread(reading);
	if (!text)
		return;
	reading->script->at = text;
	read_commands(reading);
	reading->script->at = at;
}

/* Those of entries and functions come when they are started. */
static void take_hand_over(struct reading *reading)
{
	size_t index = reading->depth > 0 ? reading->open[reading->depth - 1] : MENU_NONE;

	if (reading->depth == 0)
		read_sourced(reading);
	else if (index != MENU_NONE && reading->menu->list[index].is_submenu)
		note_unread(reading);
}

static void read_commands(struct reading *reading)
{
	struct script *script = reading->script;

	while (!reading->failed && verify_script_next(script)) {
		enum script_end end = script->end;

		if (end == SCRIPT_OPEN) {
			open_brace(reading);
			continue;
		}
		take_command(reading);
		note_default(reading);
		if (verify_script_is_hand_over(script))
			take_hand_over(reading);
		if (end == SCRIPT_CLOSE && reading->depth > 0)
			reading->depth--;
	}
}

static void set_folder(struct script *script, const char *folder)
{
	char prefix[SCRIPT_WORD];

	snprintf(prefix, sizeof(prefix), "%c%s", SCRIPT_PREFIX, folder);
	verify_script_set(script, "prefix", prefix);
	verify_script_set(script, "config_directory", prefix);
}

bool verify_menu_parse(const struct menu_source *source, struct menu *ret)
{
	struct reading reading = {.source = source,
				  .menu = ret,
				  .script = verify_script_new(source->text)};

	memset(ret, 0, sizeof(*ret));
	if (!reading.script)
		return false;
	verify_script_set(reading.script, "saved_entry", source->saved);
	set_folder(reading.script, source->folder);
	reading.script->is_root_apart = true;
	read_commands(&reading);
	free(reading.script);
	return !reading.failed;
}

/* --- the default --- */

static bool is_named(const struct menu_entry *entry, const char *name, size_t length)
{
	const char *const names[] = {entry->id, entry->title};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return true;
	return false;
}

/* What counts entries cannot tell those behind a file that was not read. */
static size_t counted(const struct menu_gap *gap, size_t index)
{
	return gap->is_there && index >= gap->at ? MENU_NONE : index;
}

/* In one menu: by number, by id or title, else the first, unless it may be in a file that was not read.
 * MENU_NONE when there is none. */
static size_t find_in_menu(const struct menu *menu, size_t parent, const char *name, size_t length)
{
	bool is_number = length > 0 && strspn(name, "0123456789") >= length && length < 6;
	size_t number = is_number ? strtoul(name, NULL, 10) : MENU_NONE;
	const struct menu_gap *gap = parent == MENU_NONE ? &menu->gap : &menu->list[parent].gap;
	size_t first = MENU_NONE;

	for (size_t i = 0, at = 0; i < menu->count; i++) {
		if (menu->list[i].parent != parent)
			continue;
		if (first == MENU_NONE)
			first = i;
		if (is_number && at == number)
			return counted(gap, i);
		if (!is_number && is_named(&menu->list[i], name, length))
			return i;
		at++;
	}
	return length > 0 && gap->is_there ? MENU_NONE : counted(gap, first);
}

/* "1>2", "Advanced options>Linux 6.1"; what is not told of a submenu is its first. */
static size_t follow(const struct menu *menu, const char *wanted)
{
	size_t at = MENU_NONE;

	do {
		size_t length = strcspn(wanted, ">");

		at = find_in_menu(menu, at, wanted, length);
		wanted += length + (wanted[length] == '>');
	} while (at != MENU_NONE && menu->list[at].is_submenu);
	return at;
}

/* GRUB takes what begins with a digit for a number, or not, by its version. */
static bool is_doubtful(const char *wanted)
{
	for (; *wanted; wanted += strcspn(wanted, ">"), wanted += *wanted == '>') {
		size_t digits = strspn(wanted, "0123456789");

		if (digits > 0 && digits < strcspn(wanted, ">"))
			return true;
		if (*wanted == '>')
			return true; /* one in a title */
	}
	return false;
}

size_t verify_menu_default(const struct menu *menu, size_t ret[MENU_ENTRIES])
{
	size_t count = 0, one;

	if (!is_doubtful(menu->wanted)) {
		one = follow(menu, menu->wanted);
		ret[0] = one;
		return one == MENU_NONE ? 0 : 1;
	}
	for (size_t i = 0; i < menu->count; i++)
		if (!menu->list[i].is_submenu)
			ret[count++] = i;
	return count;
}

void verify_menu_env(const char *text, const char *name, char ret[SCRIPT_WORD])
{
	size_t length = strlen(name);

	ret[0] = '\0';
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, name, length) == 0 && text[length] == '=')
			snprintf(ret, SCRIPT_WORD, "%.*s", (int)strcspn(text + length + 1, "\n"),
				 text + length + 1);
}
