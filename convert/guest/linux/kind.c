/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux as a kind of guest: see kind.h. */
#include "convert/guest/linux/kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/boot_files.h"
#include "convert/guest/linux/find.h"
#include "convert/guest/linux/judge.h"
#include "convert/guest/linux/volumes.h"

static bool is_wanted(const struct linux_system *system, const char *wanted)
{
	return !wanted || strcasecmp(system->boot.id.uuid, wanted) == 0;
}

/* Is it, by another root, a system that was found already? */
static bool is_known(struct linux_system *known, const struct linux_system *system)
{
	if (strcmp(known->boot.id.uuid, system->boot.id.uuid) != 0)
		return false;
	known->has_other_root |= linux_is_same_place(&known->boot, &system->boot);
	return true; /* a copy: judging finds that two file systems have the UUID */
}

static int take_system(struct linux_system *system, struct guest_volume *volume, struct error *err)
{
	if (volume->linux_system) { /* in logical volumes of one partition */
		memcpy(volume->linux_system->other_uuid, system->boot.id.uuid,
		       sizeof(volume->linux_system->other_uuid));
		return 0;
	}
	volume->linux_system = malloc(sizeof(*system));
	if (!volume->linux_system)
		return error_failed(err, ENOMEM, "out of memory");
	*volume->linux_system = *system;
	*system = (struct linux_system){.kernel_count = 0};
	volume->kind = &guest_linux;
	return 0;
}

static int take_systems(const struct guest_disk *disk, const struct linux_volumes *volumes,
			const char *wanted, struct linux_systems *systems,
			struct guest_volume *const *found, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < systems->count; i++) {
		struct linux_system *system = &systems->list[i];
		const struct linux_volume *boot = linux_volumes_at(volumes, &system->boot);
		bool is_new = is_wanted(system, wanted);

		for (size_t j = 0; is_new && j < disk->count; j++)
			is_new = !found[j]->linux_system ||
				 !is_known(found[j]->linux_system, system);
		memcpy(system->damages, systems->damages, sizeof(system->damages));
		if (is_new)
			r = take_system(system, found[boot->index], err);
	}
	return r;
}

static int find_linux(const struct guest_disk *disk, const char *wanted,
		      struct guest_volume *const *found, struct error *why_none, struct error *err)
{
	CLEANUP_LINUX_VOLUMES struct linux_volumes volumes = {.list = NULL};
	CLEANUP_LINUX_SYSTEMS struct linux_systems systems = {.count = 0};
	int r = linux_volumes_open(disk, &volumes, err);

	if (r == 0)
		r = linux_find_systems(&volumes, &systems, err);
	if (r == 0)
		r = take_systems(disk, &volumes, wanted, &systems, found, err);
	if (r == 0 && why_none->kind == ERROR_NONE)
		*why_none = systems.why_none;
	return r;
}

const struct guest_kind guest_linux = {
	.find = find_linux,
	.judge = linux_judge,
	.boot_files = linux_boot_files,
};
