/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which entry GRUB starts by itself: see grub_menu.h. What was looked up in GRUB 2.06
 * (grub-core/normal/menu.c): a choice that begins with a digit is a number, whatever stands behind
 * it; '>' leads into a submenu and ">>" is one '>' of a title; what is missing is the first entry.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/guest/linux/parse/grub_menu.h"

void grub_menu_path(const struct grub_menu *menu, size_t index, char ret[GRUB_PATH_TEXT])
{
	char text[GRUB_PATH_TEXT] = "";

	ret[0] = '\0';
	for (; index != GRUB_NO_PARENT; index = menu->entries[index].parent) {
		snprintf(text, sizeof(text), "%s", ret);
		snprintf(ret, GRUB_PATH_TEXT, "%u%s%.*s", menu->entries[index].position,
			 text[0] ? ">" : "", GRUB_PATH_TEXT - 16, text);
	}
}

/* A choice that is being followed, and whether anything of it was a guess. */
struct choice {
	const struct grub_menu *menu;
	const char *text; /* what is left of it */
	bool is_sure;
};

/* Is it the first part of the choice? A '>' ends that, two are one of the name. */
static bool is_named(const char *name, const char *choice)
{
	for (;; name++, choice++) {
		if (choice[0] == '>' && choice[1] != '>')
			return !*name;
		if (choice[0] == '>')
			choice++;
		if (*name != *choice)
			return false;
		if (!*name)
			return true;
	}
}

/* What stands behind the first part; empty when nothing does. */
static const char *rest_of(const char *choice)
{
	for (; *choice; choice++) {
		if (choice[0] == '>' && choice[1] == '>')
			choice++;
		else if (choice[0] == '>')
			return choice + 1;
	}
	return choice;
}

/* The number at the beginning, decimal, octal or hexadecimal as in GRUB; false: it is a name. */
static bool read_number(struct choice *choice, unsigned long *ret)
{
	char *end;

	if (choice->text[0] < '0' || choice->text[0] > '9')
		return false;
	errno = 0;
	*ret = strtoul(choice->text, &end, 0);
	if (errno)
		*ret = ULONG_MAX;
	/* newer GRUBs take "9cb6...-5.14" for a name */
	if (*end && *end != '>')
		choice->is_sure = false;
	return true;
}

static size_t find_position(struct choice *choice, size_t parent, unsigned long position)
{
	const struct grub_menu *menu = choice->menu;
	bool is_certain = true;

	for (size_t i = 0; i < menu->count; i++) {
		if (menu->entries[i].parent != parent)
			continue;
		is_certain = is_certain && !menu->entries[i].is_conditional;
		if (menu->entries[i].position == position) {
			choice->is_sure = choice->is_sure && is_certain;
			return i;
		}
	}
	return GRUB_NO_PARENT;
}

static size_t find_name(struct choice *choice, size_t parent)
{
	const struct grub_menu *menu = choice->menu;

	for (size_t i = 0; i < menu->count; i++) {
		const struct grub_entry *entry = &menu->entries[i];

		if (entry->parent != parent ||
		    (!is_named(entry->title, choice->text) && !is_named(entry->id, choice->text)))
			continue;
		choice->is_sure = choice->is_sure && !entry->is_conditional;
		return i;
	}
	return GRUB_NO_PARENT;
}

/* One step of the choice; the first entry when it leads nowhere; GRUB_NO_PARENT: there is none. */
static size_t follow(struct choice *choice, size_t parent)
{
	size_t found = GRUB_NO_PARENT;
	unsigned long position;

	if (choice->text[0] && read_number(choice, &position))
		found = find_position(choice, parent, position);
	else if (choice->text[0])
		found = find_name(choice, parent);
	if (found == GRUB_NO_PARENT) {
		choice->text = "";
		found = find_position(choice, parent, 0);
	}
	choice->text = rest_of(choice->text);
	return found;
}

/* Any entry that starts a kernel, for want of a better one. */
static size_t first_entry(const struct grub_menu *menu)
{
	for (size_t i = 0; i < menu->count; i++)
		if (!menu->entries[i].is_submenu)
			return i;
	return GRUB_NO_PARENT;
}

static const char *variable(const struct grub_env *env, const char *name)
{
	const char *value = grub_env_get(env, name);

	return value ? value : "";
}

/* The text of the choice, when variables and what is left for the next start are counted in. */
static struct choice first_choice(const struct grub_menu *menu, const struct grub_env *env)
{
	const char *text = menu->default_text ? menu->default_text : "";
	const char *next = variable(env, "next_entry"), *saved = variable(env, "saved_entry");
	bool is_saved = strcmp(text, "${saved_entry}") == 0 || strcmp(text, "$saved_entry") == 0;

	if (*variable(env, "prev_saved_entry"))
		saved = variable(env, "prev_saved_entry");
	if (menu->uses_next_entry && *next)
		return (struct choice){menu, next, false};
	if (is_saved)
		return (struct choice){menu, saved, true};
	if (strchr(text, '$'))
		return (struct choice){menu, "", false};
	return (struct choice){menu, text, !menu->uses_saved_entry || !*saved};
}

int grub_menu_default(const struct grub_menu *menu, const struct grub_env *env, size_t *ret_index,
		      bool *ret_is_sure)
{
	struct choice choice = first_choice(menu, env);
	size_t index = follow(&choice, GRUB_NO_PARENT);

	while (index != GRUB_NO_PARENT && menu->entries[index].is_submenu) {
		if (!choice.text[0])
			choice.is_sure = false;
		index = follow(&choice, index);
	}
	if (index == GRUB_NO_PARENT) {
		index = first_entry(menu);
		choice.is_sure = false;
	}
	if (index == GRUB_NO_PARENT)
		return -ENOENT;
	*ret_index = index;
	*ret_is_sure = choice.is_sure && !menu->has_blscfg;
	return 0;
}
