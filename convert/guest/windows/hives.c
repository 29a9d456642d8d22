/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of the guest: see hives.h. */
#include "convert/guest/windows/hives.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "convert/guest/windows/hive.h"
#include "convert/guest/windows/system/registry.h"

/* One Windows of the new disk. */
struct registry_edit {
	const struct guest_partition *partition;
	const struct moved_disk *moved;
	const struct guest_options *options;
};

static bool has_file(void *context, const char *path)
{
	return volume_exists(context, path);
}

/* What says that updates are half installed; the SYSTEM hive says more. */
static const char *pending_of(struct volume *volume, const struct windows *windows)
{
	char path[WINDOWS_PATH_SIZE];

	windows_path(path, windows->root, "WinSxS\\pending.xml");
	if (windows->awaits_servicing)
		return "Component Based Servicing\\RebootPending";
	if (windows->awaits_update)
		return "Auto Update\\RebootRequired";
	return volume_exists(volume, path) ? "WinSxS\\pending.xml" : "";
}

static struct hive_owner owner_of(struct volume *volume, const struct registry_edit *edit)
{
	const struct windows *windows = &edit->partition->found->windows;

	return (struct hive_owner){
		.disk = edit->moved,
		.root = windows->root,
		.major = windows->major,
		.minor = windows->minor,
		.is_server = windows->is_server,
		.pending = pending_of(volume, windows),
		.online_data_disks = edit->options->online_data_disks,
		.has_sata = edit->options->has_sata,
		.has_file = has_file,
		.context = volume,
	};
}

/* The edited hive takes the place of the old one, in the same file. */
static int convert_hive(struct volume *volume, const char *path, const struct registry_edit *edit,
			struct edits *edits, struct error *err)
{
	const struct hive_owner owner = owner_of(volume, edit);
	CLEANUP_FREE uint8_t *old = NULL;
	CLEANUP_FREE uint8_t *new = NULL;
	CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
	size_t old_size, new_size;
	bool recovered = false;
	int r = windows_hive_read(volume, path, WINDOWS_MAX_HIVE, &old, &old_size, &recovered, err);

	if (r == 0)
		r = registry_convert(&(struct file_bytes){old, old_size, path}, &owner, &new,
				     &new_size, &notes, err);
	free(TAKE(old));
	if (r < 0)
		return r;
	note_list_append(&edits->warnings, &notes.warnings);
	if (notes.san_policy.after > edits->san_policy.after)
		edits->san_policy = notes.san_policy;
	if (!new)
		return 0;
	r = volume_replace_file(volume, path, new, new_size, err);
	if (r < 0)
		return r;
	if (recovered)
		note_add(&notes.changed, "changes that stood only in its log files are applied");
	return edits_add(edits, edit->partition->place.number, path, &notes.changed, err);
}

static int convert_registry(struct volume *volume, const void *context, struct edits *edits,
			    struct error *err)
{
	const struct registry_edit *edit = context;
	char path[WINDOWS_PATH_SIZE];

	windows_path(path, edit->partition->found->windows.root, "System32\\config\\SYSTEM");
	return convert_hive(volume, path, edit, edits, err);
}

/* Each Windows of the disk finds its drive letters and its drivers. */
int hives_convert(const struct guest_disk *new, const struct moved_disk *moved,
		  const struct guest_options *options, struct edits *edits, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < new->count; i++) {
		const struct registry_edit edit = {&new->partitions[i], moved, options};

		if (edit.partition->found->windows.root[0])
			r = edit_volume(new->disk, &edit.partition->place, convert_registry, &edit,
					edits, err);
	}
	return r;
}
