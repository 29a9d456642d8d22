/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of an installed Linux: see linux.h. */
#include "convert/guest/linux/linux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void default_done(struct linux_default *starts)
{
	free(starts->kernel);
	free(starts->arguments);
	free(starts->title);
	for (size_t i = 0; i < starts->initrd_count; i++)
		free(starts->initrds[i]);
	free(starts->initrds);
}

static void adapters_done(struct linux_system *system)
{
	for (size_t i = 0; i < system->adapter_count; i++) {
		free(system->adapters[i].interface);
		free(system->adapters[i].mac);
		free(system->adapters[i].file);
		note_list_done(&system->adapters[i].addresses);
	}
	free(system->adapters);
	for (size_t i = 0; i < system->mac_count; i++) {
		free(system->macs[i].interface);
		free(system->macs[i].file);
	}
	free(system->macs);
}

void linux_system_done(struct linux_system *system)
{
	default_done(&system->starts);
	for (size_t i = 0; i < system->other_count; i++)
		default_done(&system->others[i]);
	free(system->others);
	adapters_done(system);
	*system = (struct linux_system){.kernel_count = 0};
}

int linux_copy_text(const char *text, char **ret, struct error *err)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text ? 0 : error_failed(err, ENOMEM, "out of memory");
}

const char *linux_place_text(const struct linux_place *place, char text[LINUX_PLACE_TEXT])
{
	snprintf(text, LINUX_PLACE_TEXT, "%s%s%spartition %u", place->volume[0] ? "in " : "",
		 place->volume, place->volume[0] ? " on " : "on ", place->partition);
	return text;
}

bool linux_is_same_place(const struct linux_place *one, const struct linux_place *other)
{
	return one->partition == other->partition && strcmp(one->volume, other->volume) == 0;
}

int linux_prefix_root(const struct linux_system *system, struct error *err)
{
	char text[LINUX_PLACE_TEXT];

	if (linux_is_same_place(&system->root, &system->boot))
		return -err->code;
	return error_prefix(err, "the guest's root %s", linux_place_text(&system->root, text));
}
