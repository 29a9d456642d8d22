/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux as a kind of guest: see kind.h. */
#include "convert/guest/linux/kind.h"

#include <errno.h>
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

/* Two systems in logical volumes of one partition: the survey tells systems by partitions. */
static int refuse_several(const struct linux_system *one, const struct linux_system *other,
			  struct error *err)
{
	return error_refused(
		err, REFUSAL_SEVERAL_SYSTEMS, "choose the one to start with --boot-uuid UUID",
		"several systems are installed: Linux with /boot on the file systems %s, "
		"%s",
		one->boot.id.uuid, other->boot.id.uuid);
}

static int take_system(const struct linux_volumes *volumes, struct linux_system *system,
		       struct guest_volume *const *found, struct error *err)
{
	const struct linux_volume *boot = linux_volumes_at(volumes, &system->boot);
	struct guest_volume *volume = found[boot->index];
	int r = linux_judge_uuid(volumes, system, err);

	if (r < 0)
		return r;
	if (volume->linux_system)
		return refuse_several(volume->linux_system, system, err);
	volume->linux_system = malloc(sizeof(*system));
	if (!volume->linux_system)
		return error_failed(err, ENOMEM, "out of memory");
	*volume->linux_system = *system;
	*system = (struct linux_system){.kernel_count = 0};
	volume->kind = &guest_linux;
	return 0;
}

static int find_linux(const struct guest_disk *disk, const char *wanted,
		      struct guest_volume *const *found, struct error *why_none, struct error *err)
{
	CLEANUP_LINUX_VOLUMES struct linux_volumes volumes = {.list = NULL};
	CLEANUP_LINUX_SYSTEMS struct linux_systems systems = {.count = 0};
	int r = linux_volumes_open(disk, &volumes, err);

	if (r == 0)
		r = linux_find_systems(&volumes, &systems, err);
	for (size_t i = 0; r == 0 && i < systems.count; i++)
		if (is_wanted(&systems.list[i], wanted))
			r = take_system(&volumes, &systems.list[i], found, err);
	if (r == 0 && why_none->kind == ERROR_NONE)
		*why_none = systems.why_none;
	return r;
}

static int edit_nothing(const struct guest_disk *new, const struct guest_target *target,
			const struct guest_boot *boot, const struct guest_options *options,
			struct edits *edits, struct error *err)
{
	(void)new;
	(void)target;
	(void)boot;
	(void)options;
	(void)edits;
	(void)err;
	return 0;
}

const struct guest_kind guest_linux = {
	.find = find_linux,
	.judge = linux_judge,
	.boot_files = linux_boot_files,
	.edit = edit_nothing,
};
