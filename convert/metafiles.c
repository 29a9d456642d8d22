/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file systems' own records: see metafiles.h. $MFT may have gigabytes; only sectors that were
 * written can differ, and the change set knows those.
 */
#include "convert/metafiles.h"

#include <string.h>

#include "common/checked.h"

/* Records of the MFT (ntfs-3g, layout.h: NTFS_SYSTEM_FILES). */
static const struct {
	unsigned int record;
	const char *name;
} metafiles[] = {{0, "$MFT"}, {1, "$MFTMirr"}, {2, "$LogFile"}, {6, "$Bitmap"}};

/* One volume, before and now. */
struct comparison {
	struct disk *source, *target;
	uint64_t source_offset, target_offset;
	bool differs;
};

/* A piece of 'length' bytes of the target that was written. */
static int compare_piece(struct comparison *c, uint64_t offset, uint64_t length, struct error *err)
{
	uint8_t before[4096], now[4096];

	while (length > 0 && !c->differs) {
		size_t n = (size_t)min_u64(length, sizeof(now));
		int r = disk_read(c->target, now, n, c->target_offset + offset, err);

		if (r == 0)
			r = disk_read(c->source, before, n, c->source_offset + offset, err);
		if (r < 0)
			return r;
		c->differs = memcmp(before, now, n) != 0;
		offset += n;
		length -= n;
	}
	return 0;
}

/* A run of a file, at 'offset' of the volume. */
static int compare_run(void *context, uint64_t offset, uint64_t length, struct error *err)
{
	struct comparison *c = context;
	uint64_t end = offset + length;
	int r = 0;

	while (offset < end && r == 0 && !c->differs) {
		struct disk_extent extent;

		r = disk_extent(c->target, c->target_offset + offset, &extent, err);
		if (r < 0)
			return r;
		length = min_u64(extent.length, end - offset);
		if (extent.kind == DISK_MEMORY)
			r = compare_piece(c, offset, length, err);
		offset += length;
	}
	return r;
}

static bool is_listed(const struct edits *edits, unsigned int number, const char *path)
{
	for (size_t i = 0; i < edits->count; i++)
		if (edits->changes[i].partition == number &&
		    strcmp(edits->changes[i].path, path) == 0)
			return true;
	return false;
}

static int list_of_volume(struct comparison *comparison, const struct volume_place *place,
			  struct edits *edits, struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	int r = volume_open_at(comparison->target, place, false, &volume, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(metafiles); i++) {
		const struct volume_run_visitor visitor = {compare_run, comparison};
		CLEANUP_NOTES struct note_list details = {.texts = NULL};

		if (is_listed(edits, place->number, metafiles[i].name))
			continue;
		comparison->differs = false;
		r = volume_metafile_runs(volume, metafiles[i].record, &visitor, err);
		if (r < 0 || !comparison->differs)
			continue;
		note_add(&details, "the file system's own records of what was changed");
		r = edits_add(edits, place->number, metafiles[i].name, &details, err);
	}
	return r;
}

/* Has a file of the volume been edited, or its journal been replayed? The boot sectors are written
 * without the file system. */
static bool is_edited(const struct edits *edits, unsigned int number)
{
	for (size_t i = 0; i < edits->count; i++)
		if (edits->changes[i].partition == number &&
		    strcmp(edits->changes[i].path, "$Boot") != 0)
			return true;
	return false;
}

int metafiles_list(struct disk *source, const struct survey *survey, const struct plan *plan,
		   struct disk *target, struct edits *edits, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++) {
		const struct volume_place place = plan_place(survey, plan, i);
		struct comparison comparison = {.source = source,
						.target = target,
						.target_offset = place.offset};

		if (plan->partitions[i].source == SURVEY_NONE || !is_edited(edits, place.number))
			continue;
		comparison.source_offset = survey->partitions[plan->partitions[i].source].offset;
		r = list_of_volume(&comparison, &place, edits, err);
	}
	return r;
}
