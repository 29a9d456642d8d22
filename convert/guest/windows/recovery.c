/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does ReAgent.xml agree with the boot store? See recovery.h. */
#include "convert/guest/windows/recovery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bcd/bcd.h"
#include "convert/guest/windows/reagent.h"

/* reagentc refuses to enable what ReAgent.xml says is on. */
#define SWITCH_AGAIN "run 'reagentc /disable' and then 'reagentc /enable' in the guest"

struct comparison {
	const struct guest_disk *old;
	const struct guest_target *target;
	const struct reagent *reagent;
	struct bcd_fallback store;
	char path[WINDOWS_PATH_SIZE]; /* of ReAgent.xml */
	struct note_list *warnings;
};

#define DISAGREE(comparison, format, ...)                                                          \
	note_add((comparison)->warnings, "partition %u: %s " format,                               \
		 (comparison)->old->start->place.number, (comparison)->path, __VA_ARGS__)

static void compare_entry(const struct comparison *comparison)
{
	const struct reagent *reagent = comparison->reagent;
	const struct bcd_fallback *store = &comparison->store;
	char id[GUID_TEXT_SIZE];

	if (!reagent->is_enabled) {
		if (store->is_on)
			DISAGREE(comparison,
				 "says that the recovery environment is off, but the boot entry of "
				 "Windows falls back to {%s}; run 'reagentc /enable' in the guest",
				 guid_format(&store->entry, id));
	} else if (!reagent->has_loader) {
		DISAGREE(comparison,
			 "says that the recovery environment is on, but names no boot "
			 "entry for it; %s",
			 SWITCH_AGAIN);
	} else if (!store->has_named) {
		DISAGREE(comparison,
			 "names the boot entry {%s} for the recovery environment, which is not in "
			 "the boot store; %s",
			 guid_format(&reagent->loader, id), SWITCH_AGAIN);
	} else if (!store->has_entry || !guid_equal(&store->entry, &reagent->loader)) {
		DISAGREE(comparison,
			 "names the boot entry {%s} for the recovery environment, to which that of "
			 "Windows does not fall back; %s",
			 guid_format(&reagent->loader, id), SWITCH_AGAIN);
	}
}

/* The entry is there: does it start what ReAgent.xml speaks of? */
static void compare_image(const struct comparison *comparison)
{
	const struct reagent *reagent = comparison->reagent;
	const struct moved_partition *moved =
		moved_find(&comparison->target->moved, reagent->offset);
	char place[GUID_TEXT_SIZE];

	if (!reagent->is_enabled || !comparison->store.has_named || !moved ||
	    guid_is_zero(&comparison->store.place) ||
	    guid_equal(&comparison->store.place, &moved->gpt_guid))
		return;
	DISAGREE(comparison,
		 "has the recovery environment at byte %" PRIu64
		 " of the old disk, but its boot entry starts it from another partition, {%s}; %s",
		 reagent->offset, guid_format(&comparison->store.place, place), SWITCH_AGAIN);
}

static const struct guest_partition *partition_at(const struct guest_disk *disk, uint64_t offset)
{
	for (size_t i = 0; i < disk->count; i++)
		if (disk->partitions[i].place.offset == offset)
			return &disk->partitions[i];
	return NULL;
}

/* Can the partition be looked at, and is the image not there? */
static bool lacks_image(const struct guest_disk *old, const struct guest_partition *partition,
			const char *folder)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	CLEANUP_FREE char *path = NULL;

	if (!partition || !partition->is_readable || partition->is_dirty || folder[0] != '\\')
		return false;
	if (asprintf(&path, "%s\\Winre.wim", folder) < 0) {
		path = NULL;
		return false;
	}
	return volume_open_at(old->disk, &partition->place, false, &volume, NULL) == 0 &&
	       !volume_exists(volume, path);
}

/* A place on this disk where no partition is has been told when the file was edited. */
static void compare_place(const struct comparison *comparison)
{
	const struct reagent *reagent = comparison->reagent;
	const struct guest_partition *partition = partition_at(comparison->old, reagent->offset);

	if (!reagent->is_enabled)
		return;
	if (!reagent->path)
		DISAGREE(comparison,
			 "says that the recovery environment is on, but not where it is; %s",
			 SWITCH_AGAIN);
	else if (reagent->mbr_signature != comparison->target->moved.mbr_signature)
		DISAGREE(comparison,
			 "has the recovery environment on another disk, of signature %08" PRIx32
			 "; %s",
			 reagent->mbr_signature, SWITCH_AGAIN);
	else if (lacks_image(comparison->old, partition, reagent->path))
		DISAGREE(comparison,
			 "has the recovery environment in '%s' of partition %u, where no Winre.wim "
			 "is; put it there, or into \\Windows\\System32\\Recovery, and %s",
			 reagent->path, partition->place.number, SWITCH_AGAIN);
}

int recovery_check(const struct guest_disk *old, const struct guest_target *target,
		   const struct file_bytes *store, struct note_list *warnings, struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct comparison comparison = {.old = old,
					.target = target,
					.reagent = &reagent,
					.warnings = warnings};
	size_t size;
	int r = volume_open_at(old->disk, &old->start->place, false, &volume, err);

	if (r < 0)
		return r;
	windows_path(comparison.path, old->start->found->windows.root,
		     "System32\\Recovery\\ReAgent.xml");
	if (volume_read_file(volume, comparison.path, REAGENT_MAX_SIZE, &bytes, &size, NULL) < 0 ||
	    reagent_read(&(struct file_bytes){bytes, size, comparison.path}, &reagent, NULL) < 0)
		return 0;
	r = bcd_fallback(store, &reagent.loader, &comparison.store, err);
	if (r < 0)
		return r;
	compare_entry(&comparison);
	compare_image(&comparison);
	compare_place(&comparison);
	return 0;
}
