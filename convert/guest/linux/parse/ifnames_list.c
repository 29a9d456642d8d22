/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of adapters: see ifnames.h and ifnames_list.h. */
#include "convert/guest/linux/parse/ifnames_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 1024

void network_names_done(struct network_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->list[i].interface);
		free(names->list[i].mac);
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
