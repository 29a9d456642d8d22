/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The partition table of the old disk: see old_table.h. */
#include "convert/old_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_room(size_t count, struct survey *survey, struct error *err)
{
	survey->partitions = calloc(count ? count : 1, sizeof(*survey->partitions));
	if (!survey->partitions)
		return error_failed(err, ENOMEM, "out of memory");
	survey->count = count;
	return 0;
}

static void place(struct survey_partition *partition, const struct mbr_partition *where,
		  uint32_t sector_size)
{
	partition->mbr = *where;
	partition->offset = where->start_lba * sector_size;
	partition->length = where->sectors * sector_size;
}

static int take_mbr(const struct mbr *mbr, struct survey *survey, struct error *err)
{
	int r = make_room(mbr->count, survey, err);

	survey->mbr_signature = mbr->signature;
	for (size_t i = 0; r == 0 && i < mbr->count; i++)
		place(&survey->partitions[i], &mbr->partitions[i], survey->sector_size);
	return r;
}

static int by_start(const void *a, const void *b)
{
	const struct gpt_partition *left = a, *right = b;

	return (left->first_lba > right->first_lba) - (left->first_lba < right->first_lba);
}

static int take_gpt(struct survey *survey, struct error *err)
{
	struct gpt *gpt = survey->gpt;
	int r;

	qsort(gpt->partitions, gpt->count, sizeof(gpt->partitions[0]), by_start);
	r = make_room(gpt->count, survey, err);
	for (size_t i = 0; r == 0 && i < gpt->count; i++) {
		const struct gpt_partition *entry = &gpt->partitions[i];
		const struct mbr_partition where = {
			.number = entry->number,
			.start_lba = entry->first_lba,
			.sectors = entry->last_lba - entry->first_lba + 1,
		};

		survey->partitions[i].entry = entry;
		place(&survey->partitions[i], &where, survey->sector_size);
	}
	return r;
}

/* 0: it was read into survey->gpt, or cannot be for *ret_problem, and is NULL. */
static int read_gpt(struct disk *disk, struct survey *survey, struct error *ret_problem,
		    struct error *err)
{
	int r;

	survey->gpt = malloc(sizeof(*survey->gpt));
	if (!survey->gpt)
		return error_failed(err, ENOMEM, "out of memory");
	r = gpt_read_primary(disk, survey->gpt, &survey->warnings, ret_problem);
	if (r == 0)
		return 0;
	free(survey->gpt);
	survey->gpt = NULL;
	if (ret_problem->kind == ERROR_DAMAGED)
		return 0;
	*err = *ret_problem;
	return r;
}

/* " (why)", as far as there is room. */
static void append(struct error *err, const char *why)
{
	size_t used = strlen(err->message);

	if (*why)
		snprintf(err->message + used, sizeof(err->message) - used, " (%s)", why);
}

int old_table_read(struct disk *disk, struct survey *ret, struct mbr *ret_mbr,
		   struct error *ret_why_not, struct error *err)
{
	struct error problem = ERROR_INIT, damage = ERROR_INIT;
	int r = mbr_read(disk, ret_mbr, &problem), r2 = 0;

	if (r == 0)
		return take_mbr(ret_mbr, ret, err);
	*ret_mbr = (struct mbr){.count = 0};
	if (problem.refusal == REFUSAL_ALREADY_GPT)
		r2 = read_gpt(disk, ret, &damage, err);
	if (r2 < 0)
		return r2;
	/* An ESP must have room beside its entries, as in an MBR. */
	if (!ret->gpt || ret->gpt->count > MBR_MAX_PARTITIONS) {
		*err = problem;
		append(err, damage.message);
		return r;
	}
	*ret_why_not = problem;
	return take_gpt(ret, err);
}
