/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BIOS store to UEFI store. The old store is edited, not rebuilt, so that everything that needs no
 * change keeps its bytes; what was changed is then found by comparing with the old store, so that
 * the report cannot forget anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/check.h"
#include "bcd/conversion.h"
#include "bcd/diff.h"
#include "bcd/names.h"

static int find_boot_manager(struct conversion *conversion)
{
	conversion->bootmgr = bcd_store_find(conversion->store, &bcd_bootmgr);
	if (!conversion->bootmgr || conversion->bootmgr->type != BCD_OBJECT_BOOTMGR)
		return error_damaged(conversion->err,
				     "'%s': the boot store has no boot manager object",
				     hive_name(conversion->store->hive));
	return 0;
}

static int check_resume(struct conversion *conversion)
{
	if (conversion->target->is_not_hibernated ||
	    !bcd_object_bool(conversion->bootmgr, BCD_MGR_RESUME))
		return 0;
	return error_refused(
		conversion->err, REFUSAL_HIBERNATED,
		"start the guest, turn fast startup off ('powercfg /h off'), shut it down "
		"fully, then convert again",
		"'%s': the boot manager is to resume a hibernated Windows",
		hive_name(conversion->store->hive));
}

static int describe(struct conversion *conversion)
{
	return bcd_store_describe(conversion->store, false, conversion->err);
}

static int run_steps(struct conversion *conversion)
{
	static int (*const steps[])(struct conversion *) = {
		find_boot_manager,
		check_resume,
		bcd_drop_bios_objects,
		bcd_drop_unwanted,
		bcd_repair_elements,
		bcd_drop_dangling,
		bcd_choose_default,
		bcd_convert_devices,
		bcd_convert_programs,
		bcd_warn_settings,
		describe,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int r = steps[i](conversion);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Collects the names of what was changed or added, one sentence per object. */
struct summary {
	struct bcd_notes *notes;
	const struct bcd_object *object;
	char *names; /* NULL: none yet */
};

static void finish_summary(struct summary *summary)
{
	char title[BCD_TITLE_SIZE];

	if (summary->names)
		note_add(&summary->notes->changed, "%s: %s",
			 bcd_object_title(summary->object, title), summary->names);
	free(summary->names);
	summary->names = NULL;
}

static int summarise(void *context, const struct bcd_difference *difference)
{
	struct summary *summary = context;
	char buffer[BCD_NAME_SIZE], *names;
	const char *label;

	if (difference->object != summary->object)
		finish_summary(summary);
	summary->object = difference->object;
	if (!difference->after)
		return 0;
	label = bcd_element_label(difference->object->type, difference->after->code, buffer);
	if (asprintf(&names, "%s%s%s", summary->names ? summary->names : "",
		     summary->names ? ", " : "", label) < 0)
		return -ENOMEM;
	free(summary->names);
	summary->names = names;
	return 0;
}

static int note_changes(const struct file_bytes *before, const struct bcd_store *after,
			struct bcd_notes *notes, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct summary summary = {.notes = notes};
	int r = bcd_store_open(before, NULL, &store, err);

	if (r < 0)
		return r;
	r = bcd_diff(store, after, summarise, &summary);
	finish_summary(&summary);
	return r < 0 ? error_failed(err, ENOMEM, "'%s': out of memory", before->name) : 0;
}

int bcd_convert(const struct file_bytes *bios_store, const struct bcd_target *target,
		uint8_t **ret_store, size_t *ret_size, struct bcd_notes *notes, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct error local = ERROR_INIT;
	struct conversion conversion = {.target = target, .notes = notes, .err = &local};
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t bytes_size = 0;
	int r = bcd_store_open(bios_store, NULL, &store, &local);

	if (r < 0)
		return bcd_refuse_damage(&local, r, err);
	conversion.store = store;
	r = run_steps(&conversion);
	if (r == 0)
		r = note_changes(bios_store, store, notes, &local);
	if (r == 0)
		r = bcd_store_commit(store, &bytes, &bytes_size, &local);
	if (r == 0)
		r = bcd_check(&(struct file_bytes){bytes, bytes_size, bios_store->name}, notes,
			      &local);
	if (r < 0)
		return bcd_refuse_damage(&local, r, err);
	*ret_store = TAKE(bytes);
	*ret_size = bytes_size;
	return 0;
}
