/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is what replay has touched sound? Nothing of this trusts what was read before: the MFT is found
 * anew. Every touched block must stand where its attribute now says; every touched FILE record must
 * be whole and marked in $MFT:$BITMAP as it is; every cluster of one that is in use must be marked
 * in $Bitmap and belong to it alone. Names are for check_index.c.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

#define MAX_EXTENTS 1000000
/* $MFT to $Extend. */
#define SYSTEM_FILES 12

/* Clusters that a touched record claims. */
struct extent {
	uint64_t lcn, count, record;
};

struct check {
	struct journal *journal;
	struct journal_runs mft_bits, cluster_bits;
	uint8_t *record; /* of volume.record bytes */
	struct extent *extents;
	size_t count, room;
};

static int refuse_state(struct error *err, const char *what, uint64_t number, const char *wrong)
{
	return journal_refuse(err,
			      "the volume is not sound after its NTFS journal was replayed: "
			      "%s %" PRIu64 " %s",
			      what, number, wrong);
}

/* What was read is damaged: the volume is not sound. Any other error says nothing about it. */
static bool is_damage(int r)
{
	return r == -EUCLEAN;
}

/* One record of $MFTMirr; one that is damaged in the MFT stays. */
static int write_copy(struct journal_volume *volume, uint64_t number, uint8_t *record,
		      struct error *err)
{
	uint64_t at = number * volume->record;
	int r = journal_volume_record(volume, number, record, err);

	if (is_damage(r)) {
		if (err)
			*err = (struct error)ERROR_INIT;
		return 0;
	}
	if (r == 0)
		r = journal_volume_read(volume, &volume->mft, record, volume->record, at, err);
	return r < 0 ? r
		     : journal_volume_write(volume, &volume->mirror, record, volume->record, at,
					    err);
}

/* Records that $MFTMirr holds (4, or a cluster of them) follow those in the MFT, also those that had
 * reached the disk in the MFT alone. */
static int write_mirror(struct journal *journal, struct error *err)
{
	struct journal_volume *volume = &journal->volume;
	CLEANUP_FREE uint8_t *record = malloc(volume->record);
	uint64_t size = max_u64(4 * volume->record, volume->cluster);
	uint64_t room = 0;
	int r = 0;

	if (!record)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < volume->mirror.count; i++)
		room += volume->mirror.list[i].count * volume->cluster;
	for (uint64_t at = 0; at < min_u64(size, room); at += volume->cluster)
		if (journal_volume_protects(volume, journal_runs_find(&volume->mirror,
								      at / volume->cluster)))
			return journal_refuse(err, "$MFTMirr is in $Boot or in $LogFile");
	for (uint64_t i = 0; r == 0 && i < min_u64(size, room) / volume->record; i++)
		r = write_copy(volume, i, record, err);
	return r;
}

static int read_bit(const struct check *check, const struct journal_runs *runs, uint64_t bit,
		    bool *ret, struct error *err)
{
	uint8_t byte;
	int r = journal_volume_read(&check->journal->volume, runs, &byte, 1, bit / 8, err);

	*ret = r == 0 && (byte >> bit % 8 & 1);
	return r;
}

static int grow_extents(struct check *check, struct error *err)
{
	size_t room = check->room ? 2 * check->room : 256;
	struct extent *more;

	if (check->count >= MAX_EXTENTS)
		return journal_refuse(
			err, "the files that the NTFS journal changes have more than %d runs",
			MAX_EXTENTS);
	more = reallocarray(check->extents, room, sizeof(*more));
	if (!more)
		return error_failed(err, ENOMEM, "out of memory");
	check->extents = more;
	check->room = room;
	return 0;
}

static int add_extents(struct check *check, const uint8_t *attribute, uint64_t number,
		       struct error *err)
{
	struct journal_runs runs = {.list = NULL};
	/* An attribute may begin anywhere: one list for each part of it. */
	const struct journal_run before = {.vcn = 0,
					   .lcn = JOURNAL_HOLE,
					   .count = get_le64(attribute + ATTR_LOWEST)};
	int r = 0;

	if (before.count) {
		runs.list = calloc(1, sizeof(*runs.list));
		if (!runs.list)
			return error_failed(err, ENOMEM, "out of memory");
		runs.list[0] = before;
		runs.count = runs.room = 1;
	}
	r = journal_runs_add(&runs, attribute, check->journal->volume.clusters);
	if (r == -ENOMEM)
		r = error_failed(err, ENOMEM, "out of memory");
	else if (r == -EFBIG)
		r = refuse_state(err, "MFT record", number, "has more runs than can be");
	else if (r < 0)
		r = refuse_state(err, "MFT record", number, "has runs that leave the volume");
	for (size_t i = 0; r == 0 && i < runs.count; i++) {
		if (runs.list[i].lcn == JOURNAL_HOLE)
			continue;
		if (check->count == check->room) {
			r = grow_extents(check, err);
			if (r < 0)
				break;
		}
		check->extents[check->count++] =
			(struct extent){runs.list[i].lcn, runs.list[i].count, number};
	}
	journal_runs_done(&runs);
	return r;
}

static int check_file(struct check *check, const struct journal_touched *touched, struct error *err)
{
	const struct journal_volume *volume = &check->journal->volume;
	uint64_t number = (touched->vcn * volume->cluster + touched->offset) / volume->record;
	const uint8_t *attribute = NULL;
	bool is_marked, is_used;
	int r;

	if (journal_runs_find(&volume->mft, touched->vcn) != touched->lcn)
		return refuse_state(err, "MFT record", number, "is not where it was written");
	r = journal_volume_record(volume, number, check->record, err);
	if (r == 0)
		r = read_bit(check, &check->mft_bits, number, &is_marked, err);
	if (r < 0)
		return !is_damage(r) ? r
				     : refuse_state(err, "MFT record", number,
						    "is damaged or not in $MFT:$BITMAP");
	is_used = get_le16(check->record + FILE_FLAGS) & FILE_IN_USE;
	if (is_used != is_marked)
		return refuse_state(err, "MFT record", number,
				    is_used ? "is in use, but free in $MFT:$BITMAP"
					    : "is free, but in use in $MFT:$BITMAP");
	while (is_used && r == 0 && (attribute = journal_attribute_next(check->record, attribute)))
		if (attribute[ATTR_NON_RESIDENT])
			r = add_extents(check, attribute, number, err);
	return r;
}

static bool has_extents_of(const struct check *check, uint64_t number)
{
	for (size_t i = 0; i < check->count; i++)
		if (check->extents[i].record == number)
			return true;
	return false;
}

/* Of the file system's own files, those that replay has not touched: nobody may have their clusters.
 * What they are is for the mount to judge. */
static int add_system_files(struct check *check, struct error *err)
{
	int r = journal_spend(check->journal, SYSTEM_FILES * (check->count + 16), err);

	for (uint64_t number = 0; r == 0 && number < SYSTEM_FILES; number++) {
		const uint8_t *attribute = NULL;
		struct error damage = ERROR_INIT;

		if (has_extents_of(check, number))
			continue;
		r = journal_volume_record(&check->journal->volume, number, check->record, &damage);
		if (r < 0 && !is_damage(r) && err)
			*err = damage;
		if (is_damage(r)) {
			r = 0;
			continue;
		}
		while (r == 0 && (attribute = journal_attribute_next(check->record, attribute)))
			if (attribute[ATTR_NON_RESIDENT])
				r = add_extents(check, attribute, number, err);
	}
	return r;
}

static uint64_t block_vcn(const struct journal *journal, const struct journal_touched *touched,
			  uint32_t size)
{
	return journal->volume.cluster <= size
		       ? touched->vcn
		       : touched->vcn * (journal->volume.cluster / 512) + touched->offset / 512;
}

static int check_index_block(struct check *check, const struct journal_touched *touched,
			     const struct journal_attribute *attribute,
			     const struct journal_runs *runs, struct error *err)
{
	uint64_t at = touched->vcn * check->journal->volume.cluster + touched->offset;
	uint32_t size = attribute->block_size;
	CLEANUP_FREE uint8_t *block = malloc(size);
	int r;

	if (!block)
		return error_failed(err, ENOMEM, "out of memory");
	r = journal_volume_read(&check->journal->volume, runs, block, size, at, err);
	if (r < 0 && !is_damage(r))
		return r;
	if (r < 0 || memcmp(block, "INDX", 4) != 0 || !journal_fixups_take(block, size) ||
	    journal_index_check(block + INDX_HEADER, size - INDX_HEADER) ||
	    get_le64(block + INDX_VCN) != block_vcn(check->journal, touched, size))
		return refuse_state(err, "the index block in cluster", touched->lcn, "is damaged");
	return 0;
}

/* Where a file is gone, or has become shorter, what was written for it must be nobody's. */
static int check_gone(const struct check *check, const struct journal_touched *touched,
		      struct error *err)
{
	bool is_used;
	int r = read_bit(check, &check->cluster_bits, touched->lcn, &is_used, err);

	return r == 0 && is_used
		       ? refuse_state(err, "cluster", touched->lcn,
				      "was written for a file that has it no more, but is in use")
		       : r;
}

/* Is a block, or a piece of raw data, where its attribute has it now? */
static int check_place(struct check *check, const struct journal_touched *touched,
		       struct error *err)
{
	const struct journal_attribute *attribute =
		journal_attribute_slot(&check->journal->tables, touched->target);
	const struct journal_name name = journal_name_of(attribute);
	struct journal_runs runs = {.list = NULL};
	uint64_t lcn;
	int r = journal_volume_record(&check->journal->volume,
				      REFERENCE_RECORD(attribute->reference), check->record, err);

	if (r < 0)
		return !is_damage(r)
			       ? r
			       : refuse_state(err, "MFT record",
					      REFERENCE_RECORD(attribute->reference), "is damaged");
	if (!(get_le16(check->record + FILE_FLAGS) & FILE_IN_USE) ||
	    get_le16(check->record + FILE_SEQUENCE) != REFERENCE_SEQUENCE(attribute->reference))
		return check_gone(check, touched, err);
	if (journal_attribute_find(check->record, name.type, name.text, name.length) == NULL &&
	    journal_attribute_find(check->record, AT_LIST, NULL, 0) == NULL)
		return check_gone(check, touched, err);
	r = journal_volume_runs(&check->journal->volume, check->record, &name, &runs, err);
	lcn = journal_runs_find(&runs, touched->vcn);
	if (r == 0 && lcn == JOURNAL_HOLE)
		r = check_gone(check, touched, err);
	else if (r == 0 && lcn != touched->lcn)
		r = refuse_state(err, "cluster", touched->lcn,
				 "was written for a file that has its data elsewhere");
	if (r == 0 && lcn != JOURNAL_HOLE && touched->kind == KIND_INDEX)
		r = check_index_block(check, touched, attribute, &runs, err);
	journal_runs_done(&runs);
	return r;
}

static int compare_extents(const void *a, const void *b)
{
	const struct extent *first = a, *second = b;

	return first->lcn < second->lcn ? -1 : first->lcn > second->lcn;
}

/* Are all bits of [first, first + count) set? */
static int check_bits(struct check *check, const struct extent *extent, struct error *err)
{
	uint64_t at = extent->lcn, end = extent->lcn + extent->count;
	uint8_t bytes[4096];
	int r = journal_spend(check->journal, extent->count / 8 + 16, err);

	while (r == 0 && at < end) {
		uint64_t now = min_u64(end - at, 8 * sizeof(bytes) - at % 8);
		size_t length = (size_t)((at % 8 + now + 7) / 8);

		r = journal_volume_read(&check->journal->volume, &check->cluster_bits, bytes,
					length, at / 8, err);
		for (uint64_t bit = at % 8; r == 0 && bit < at % 8 + now; bit++)
			if (!(bytes[bit / 8] >> bit % 8 & 1))
				return refuse_state(err, "MFT record", extent->record,
						    "has a cluster that is free in $Bitmap");
		at += now;
	}
	return r;
}

static int check_extents(struct check *check, struct error *err)
{
	int r = 0;

	if (check->count)
		qsort(check->extents, check->count, sizeof(*check->extents), compare_extents);
	for (size_t i = 1; i < check->count; i++)
		if (check->extents[i].lcn - check->extents[i - 1].lcn < check->extents[i - 1].count)
			return refuse_state(err, "cluster", check->extents[i].lcn,
					    "belongs to two files");
	for (size_t i = 0; r == 0 && i < check->count; i++)
		r = check_bits(check, &check->extents[i], err);
	return r;
}

static int find_bitmaps(struct check *check, struct error *err)
{
	const struct journal_volume *volume = &check->journal->volume;
	const struct journal_name bitmap = {.type = AT_BITMAP};
	int r = journal_volume_record(volume, MFT_MFT, check->record, err);

	if (r == 0)
		r = journal_volume_runs(volume, check->record, &bitmap, &check->mft_bits, err);
	if (r == 0)
		r = journal_volume_record(volume, MFT_BITMAP, check->record, err);
	if (r == 0)
		r = journal_volume_runs(volume, check->record, &journal_data, &check->cluster_bits,
					err);
	return r;
}

static int check_all(struct check *check, struct error *err)
{
	struct journal *journal = check->journal;
	int r = find_bitmaps(check, err);

	for (uint32_t i = 0; r == 0 && i < journal->touched_count; i++) {
		const struct journal_touched *touched = &journal->touched[i];

		r = journal_spend(journal, 256, err);
		if (r == 0)
			r = touched->kind == KIND_FILE ? check_file(check, touched, err)
						       : check_place(check, touched, err);
	}
	if (r == 0)
		r = add_system_files(check, err);
	if (r == 0)
		r = check_extents(check, err);
	return r < 0 ? r : journal_check_names(journal, err);
}

/* What is damaged only now must not be called the damage of the volume. */
static int to_refusal(int r, struct error *err)
{
	struct error found;

	if (r == 0 || !err || err->kind != ERROR_DAMAGED)
		return r;
	found = *err;
	return journal_refuse(err,
			      "the volume is not sound after its NTFS journal was replayed: %s",
			      found.message);
}

int journal_check(struct journal *journal, struct error *err)
{
	struct check check = {.journal = journal, .record = malloc(journal->volume.record)};
	int r = check.record ? journal_volume_find_mft(&journal->volume, err)
			     : error_failed(err, ENOMEM, "out of memory");

	if (r == 0)
		r = journal_volume_check_log(&journal->volume, err);
	if (r == 0)
		r = write_mirror(journal, err);
	if (r == 0)
		r = check_all(&check, err);
	journal_runs_done(&check.mft_bits);
	journal_runs_done(&check.cluster_bits);
	free(check.record);
	free(check.extents);
	return to_refusal(r, err);
}
