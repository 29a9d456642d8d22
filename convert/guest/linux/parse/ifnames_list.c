/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of adapters: see ifnames.h and ifnames_list.h. */
#include "convert/guest/linux/parse/ifnames_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES     1024
#define MAX_ADDRESSES 16 /* of one adapter */
#define MAX_ADDRESS   64 /* characters, with a mask */

static const char between[] = " \t,;'\"[]{}";
static const char of_addresses[] = "0123456789abcdefABCDEF.:/";

void network_names_done(struct network_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->list[i].interface);
		free(names->list[i].mac);
		free(names->list[i].device);
		note_list_done(&names->list[i].addresses);
	}
	free(names->list);
	*names = (struct network_names)NETWORK_NAMES_INIT;
}

bool ifnames_is_loopback(const struct text_line *name)
{
	return text_is(name, "lo") || text_starts_with(name, "lo:");
}

int ifnames_set(const struct file_bytes *file, const struct text_line *text, char **at,
		struct error *err)
{
	char *copy = text_copy(text);

	if (!copy)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	free(*at);
	*at = copy;
	return 0;
}

int ifnames_add(const struct file_bytes *file, const struct text_line *interface,
		struct network_names *names, struct network_name **ret_name, struct error *err)
{
	struct network_name *list, name = {.file = file->name, .line = interface->number};

	if (names->count == MAX_NAMES)
		return error_damaged(err, "'%s': line %u: more than %d network adapters",
				     file->name, interface->number, MAX_NAMES);
	list = list_grow(names->list, names->count, sizeof(*list));
	if (!list)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	names->list = list;
	list[names->count] = name;
	*ret_name = &list[names->count++];
	if (interface->size == 0)
		return 0;
	return ifnames_set(file, interface, &(*ret_name)->interface, err);
}

static bool is_of(const struct text_line *text, const char *letters)
{
	for (size_t i = 0; i < text->size; i++)
		if (!strchr(letters, text->text[i]))
			return false;
	return true;
}

static bool has(const struct text_line *text, char letter)
{
	return memchr(text->text, letter, text->size) != NULL;
}

/* "192.0.2.8/24:" of netplan has what is said of the address behind it. */
static void add_address(struct text_line text, struct network_name *name)
{
	if (text.size > 0 && text.text[text.size - 1] == ':' && has(&text, '/'))
		text.size--;
	if (text.size == 0 || text.size > MAX_ADDRESS || !is_of(&text, of_addresses) ||
	    (!has(&text, '.') && !has(&text, ':')) || name->addresses.count == MAX_ADDRESSES)
		return;
	note_add(&name->addresses, "%.*s", (int)text.size, text.text);
}

void ifnames_add_addresses(const struct text_line *text, struct network_name *name)
{
	size_t at = 0;

	while (at < text->size) {
		size_t end = at;

		while (end < text->size && !strchr(between, text->text[end]))
			end++;
		add_address((struct text_line){text->text + at, end - at, text->number}, name);
		at = end + 1;
	}
}

void ifnames_add_mask(const struct text_line *mask, struct network_name *name)
{
	struct note_list *list = &name->addresses;
	char *newest = list->count ? list->texts[list->count - 1] : NULL, whole[MAX_ADDRESS * 2];

	if (!newest || strchr(newest, '/') || mask->size == 0 || mask->size > MAX_ADDRESS / 2 ||
	    !is_of(mask, of_addresses))
		return;
	snprintf(whole, sizeof(whole), "%s/%.*s", newest, (int)mask->size, mask->text);
	list->count--;
	note_add(list, "%s", whole);
	free(newest);
}
