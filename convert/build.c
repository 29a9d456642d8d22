/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Build all changes of a plan: see build.h. The order is that of dependence: the table names the
 * partitions, the boot files name the table's GUIDs, and the NVRAM store names the ESP.
 */
#include "convert/build.h"

#include "common/checked.h"
#include "convert/esp.h"
#include "convert/metafiles.h"

/* Boot files, two FATs and hives; a real server needs some 100 MiB. */
#define MAX_CHANGES (1 * GIB)

/* What was built is read back through a new mount before it may be written. */
static int check_target(const struct survey *survey, const struct plan *plan,
			const struct build *build, struct error *err)
{
	struct gpt gpt;
	int r = gpt_read(build->target, &gpt, err);

	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++) {
		CLEANUP_VOLUME struct volume *volume = NULL;
		const struct volume_place place = plan_place(survey, plan, i);
		size_t source = plan->partitions[i].source;

		if (source != SURVEY_NONE && survey->partitions[source].is_readable)
			r = volume_open_at(build->target, &place, false, &volume, err);
	}
	return r < 0 ? error_prefix(err,
				    "the converted disk does not read back; nothing was written")
		     : 0;
}

/* The new disk as a kind of guest sees it: the old partitions that it keeps, where they are now. */
static struct guest_disk new_guest_disk(const struct survey *survey, const struct plan *plan,
					struct disk *target, struct guest_partition *partitions)
{
	struct guest_disk new = {.disk = target, .partitions = partitions};

	for (size_t i = 0; i < plan->gpt.count; i++) {
		size_t source = plan->partitions[i].source;
		struct guest_partition *partition = &partitions[new.count];

		if (source == SURVEY_NONE)
			continue;
		*partition = survey_guest_partition(&survey->partitions[source]);
		partition->place = plan_place(survey, plan, i);
		if (source == survey->start)
			new.start = partition;
		if (source == survey->system)
			new.system = partition;
		new.count++;
	}
	return new;
}

/* What depends on the kind of guest: the ESP, and what the guest is told. */
static int build_guest(struct disk *source, const struct survey *survey, const struct plan *plan,
		       const struct guest_options *options, struct build *ret, struct error *err)
{
	const struct guest_kind *kind = survey->partitions[survey->start].guest.kind;
	struct guest_partition before[MBR_MAX_PARTITIONS], after[MBR_MAX_PARTITIONS];
	const struct guest_disk old = survey_guest_disk(survey, source, before);
	const struct guest_disk new = new_guest_disk(survey, plan, ret->target, after);
	const struct guest_target target = {.moved = plan_moved_disk(survey, plan),
					    .esp = plan->gpt.partitions[plan->esp].unique,
					    .keeps_esp = plan->keeps_esp};
	int r = kind->boot_files(&old, &target, options, &ret->boot, err);

	ret->is_elsewhere = ret->boot.is_elsewhere;
	if (r == 0 && !plan->keeps_esp)
		r = esp_write(plan, &ret->boot, ret->target, &ret->warnings, &ret->esp_used, err);
	if (r == 0 && kind->edit)
		r = kind->edit(&new, &target, &ret->boot, options, &ret->edits, err);
	return r;
}

/* The same with what the keys of the store trust. */
static int build_trusted_guest(struct disk *source, const struct survey *survey,
			       const struct plan *plan, const struct build_options *options,
			       struct build *ret, struct error *err)
{
	struct guest_options guest = options->guest;
	struct guest_trust trust;
	int r = firmware_decode(&options->firmware, &trust, err);

	ret->is_elsewhere = r < 0;
	guest.trust = trust.count > 0 ? &trust : NULL;
	return r < 0 ? r : build_guest(source, survey, plan, &guest, ret, err);
}

/* The volumes whose journals were replayed or closed, of those that are kept. */
static int list_journals(const struct survey *survey, const struct plan *plan, struct edits *edits,
			 struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++) {
		size_t source = plan->partitions[i].source;
		CLEANUP_NOTES struct note_list details = {.texts = NULL};

		if (source == SURVEY_NONE ||
		    !replay_has_changed(&survey->partitions[source].journal))
			continue;
		replay_note(&survey->partitions[source].journal, &details);
		r = edits_add(edits, survey->partitions[source].mbr.number, "$LogFile", &details,
			      err);
	}
	return r;
}

static int gather_warnings(struct build *build, struct error *err)
{
	note_list_append(&build->warnings, &build->boot.warnings);
	note_list_append(&build->warnings, &build->boot.store.warnings);
	note_list_append(&build->warnings, &build->edits.warnings);
	note_list_append(&build->warnings, &build->firmware.warnings);
	return note_list_check(&build->warnings, err);
}

int build_target(struct disk *source, const struct survey *survey, const struct plan *plan,
		 const struct build_options *options, struct build *ret, struct error *err)
{
	const struct nvram_file loader = {ret->boot.loader.path, ret->boot.loader.description};
	struct disk *view = survey_view(survey, source);
	int r;

	*ret = (struct build){.target = NULL};
	r = changes_open(view, plan->disk_size, plan->ranges, plan->range_count, MAX_CHANGES,
			 &ret->target, err);
	if (r < 0)
		return r;
	r = gpt_write(&plan->gpt, ret->target, err);
	if (r == 0)
		r = list_journals(survey, plan, &ret->edits, err);
	/* A Linux asks no file system where its partition begins, and none of its is written. */
	if (r == 0 && !survey_is_linux(survey))
		r = boot_sectors_move(survey, plan, ret->target, &ret->edits, &ret->boot_sectors,
				      err);
	if (r == 0)
		r = build_trusted_guest(view, survey, plan, options, ret, err);
	if (r == 0)
		r = metafiles_list(source, survey, plan, ret->target, &ret->edits, err);
	if (r == 0) {
		r = firmware_build(plan, &loader, &options->firmware, &ret->firmware, err);
		ret->is_elsewhere = r < 0;
	}
	if (r == 0)
		r = check_target(survey, plan, ret, err);
	if (r == 0)
		r = gather_warnings(ret, err);
	if (r < 0) {
		error_advise(err, survey_advice(survey));
		return ret->is_elsewhere ? r : error_prefix(err, "'%s'", source->name);
	}
	return 0;
}

int build_open_host_files(struct build_options *options, struct error *err)
{
	return guest_open_host_files(&options->guest, err);
}

void build_close_host_files(struct build_options *options)
{
	guest_close_host_files(&options->guest);
}

void build_done(struct build *build)
{
	disk_close(build->target);
	guest_boot_done(&build->boot);
	edits_done(&build->edits);
	note_list_done(&build->warnings);
	firmware_done(&build->firmware);
	*build = (struct build){.target = NULL};
}
