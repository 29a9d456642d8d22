/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The survey: see survey.h. It first looks at everything and notes what it finds, problems too,
 * then judges: a data volume that cannot be read does not stop the conversion, for nothing in it is
 * touched; the Windows volume and the system partition must be sound.
 */
#include "convert/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/choose.h"
#include "convert/guest/kinds.h"
#include "convert/old_table.h"

bool survey_is_linux(const struct survey *survey)
{
	return survey->start != SURVEY_NONE && survey->partitions[survey->start].guest.linux_system;
}

const char *survey_advice(const struct survey *survey)
{
	return survey_is_linux(survey)
		       ? "let the guest check its file systems (fsck), shut it down and convert "
			 "again, or take the disk from a backup"
		       : SURVEY_ADVICE_GUEST;
}

struct disk *survey_view(const struct survey *survey, struct disk *disk)
{
	return survey->replayed ? survey->replayed : disk;
}

struct volume_place survey_place(const struct survey_partition *partition)
{
	return (struct volume_place){partition->mbr.number, partition->offset, partition->length};
}

struct guest_partition survey_guest_partition(const struct survey_partition *partition)
{
	return (struct guest_partition){
		.place = survey_place(partition),
		.is_readable = partition->is_readable,
		.can_be_searched = partition->problem.kind == ERROR_NONE &&
				   files_can_open(partition->filesystem),
		.is_dirty = partition->is_dirty,
		.is_esp = partition->entry && guid_equal(&partition->entry->type, &GPT_TYPE_ESP),
		.unique = partition->entry ? partition->entry->unique : (struct guid){{0}},
		.label = partition->entry ? partition->entry->name : NULL,
		.contents = partition->contents,
		.found = &partition->guest,
	};
}

struct guest_disk survey_guest_disk(const struct survey *survey, struct disk *disk,
				    struct guest_partition *partitions)
{
	for (size_t i = 0; i < survey->count; i++)
		partitions[i] = survey_guest_partition(&survey->partitions[i]);
	return (struct guest_disk){
		.disk = disk,
		.has_gpt = survey->gpt != NULL,
		.has_vm = survey->has_vm,
		.reader = survey->reader,
		.partitions = partitions,
		.count = survey->count,
		.start = survey->start == SURVEY_NONE ? NULL : &partitions[survey->start],
		.system = survey->system == SURVEY_NONE ? NULL : &partitions[survey->system],
	};
}

/* Put "partition N: " in front of what went wrong there. */
static int in_partition(const struct survey_partition *partition, struct error *err)
{
	return error_prefix(err, "partition %u", partition->mbr.number);
}

static int look_for_boot_files(struct survey_partition *partition, struct files *files,
			       struct error *err)
{
	int r = 0;

	for (const struct guest_kind *const *kind = guest_kinds; r == 0 && *kind; kind++)
		if ((*kind)->probe_boot)
			r = (*kind)->probe_boot(files, &partition->guest, err);
	return r;
}

static int look_into_fat(struct disk *disk, struct survey_partition *partition, struct error *err)
{
	const struct volume_place place = survey_place(partition);
	CLEANUP_FILES struct files *files = NULL;
	int r = files_open_at(disk, &place, &files, err);

	if (r < 0)
		return r;
	strncpy(partition->label, files_label(files), sizeof(partition->label) - 1);
	return look_for_boot_files(partition, files, err);
}

/* A journal that could not be replayed tells why better than the mount that it prevents. */
static int open_ntfs(struct disk *disk, const struct survey_partition *partition,
		     struct volume **ret, struct error *err)
{
	const struct volume_place place = survey_place(partition);
	const struct replay *journal = &partition->journal;
	int r = 0;

	if (journal->info.state != JOURNAL_OPEN || journal->is_replayed)
		r = volume_open_at(disk, &place, false, ret, err);
	if (journal->problem.kind == ERROR_NONE ||
	    (journal->info.state != JOURNAL_OPEN && err->refusal != REFUSAL_NTFS_DIRTY))
		return r;
	*err = journal->problem;
	return -err->code;
}

static int look_into_ntfs(struct disk *disk, struct survey_partition *partition, struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	CLEANUP_FILES struct files *files = NULL;
	int r = open_ntfs(disk, partition, &volume, err);

	if (r < 0)
		return r;
	partition->is_readable = true;
	partition->is_dirty = volume_is_dirty(volume);
	strncpy(partition->label, volume_label(volume), sizeof(partition->label) - 1);
	for (const struct guest_kind *const *kind = guest_kinds; r == 0 && *kind; kind++)
		if ((*kind)->probe)
			r = (*kind)->probe(volume, &partition->guest, err);
	if (r == 0)
		r = files_of_volume(volume, &files, err);
	return r < 0 ? r : look_for_boot_files(partition, files, err);
}

/* Note what a partition holds. Only I/O errors and lack of memory stop the survey here. */
static int look_at_partition(struct disk *disk, struct survey_partition *partition,
			     struct error *err)
{
	struct disk_window window;
	int r = disk_window_init(&window, disk, partition->offset, partition->length, err);

	if (r == 0)
		r = filesystem_probe(&window.disk, &partition->filesystem, err);
	/* Btrfs has its superblock behind 64 KiB that may be zeros. */
	if (r == 0 && (partition->filesystem == FILESYSTEM_UNKNOWN ||
		       partition->filesystem == FILESYSTEM_EMPTY))
		r = linux_contents_probe(&window.disk, &partition->contents, err);
	if (r < 0)
		return in_partition(partition, err);
	if (partition->filesystem == FILESYSTEM_BITLOCKER)
		error_refused(&partition->problem, REFUSAL_BITLOCKER,
			      "decrypt it in the guest (manage-bde -off), then convert again",
			      "the volume is encrypted with BitLocker");
	if (partition->filesystem == FILESYSTEM_NTFS)
		r = look_into_ntfs(disk, partition, &partition->problem);
	else if (partition->filesystem == FILESYSTEM_FAT)
		r = look_into_fat(disk, partition, &partition->problem);
	if (partition->problem.refusal == REFUSAL_HIBERNATED)
		partition->journal.problem = partition->problem;
	if (r < 0 && partition->problem.kind == ERROR_FAILED) {
		*err = partition->problem;
		return in_partition(partition, err);
	}
	return 0;
}

/* Systems that no volume tells of alone. */
static int look_for_systems(struct disk *disk, const struct survey_options *options,
			    struct survey *survey, struct error *why_none, struct error *err)
{
	struct guest_partition partitions[MBR_MAX_PARTITIONS];
	struct guest_volume *found[MBR_MAX_PARTITIONS];
	const struct guest_disk old = survey_guest_disk(survey, disk, partitions);
	const char *wanted = options ? options->boot_uuid : NULL;
	int r = 0;

	for (size_t i = 0; i < survey->count; i++)
		found[i] = &survey->partitions[i].guest;
	for (const struct guest_kind *const *kind = guest_kinds; r == 0 && *kind; kind++)
		if ((*kind)->find)
			r = (*kind)->find(&old, wanted, found, why_none, err);
	return r < 0 ? error_prefix(err, "'%s'", disk->name) : 0;
}

/* Volumes that were not closed are brought into order first. */
static int replay_partition(struct disk *disk, bool is_allowed,
			    const struct journal_progress *progress, struct survey *survey,
			    struct survey_partition *partition, struct error *err)
{
	const struct volume_place place = survey_place(partition);
	int r = replay_volume(disk, &place, is_allowed, progress, &survey->replayed,
			      &partition->journal, err);

	if (r < 0)
		return in_partition(partition, err);
	if (partition->journal.is_replayed)
		note_add(
			&survey->warnings,
			"partition %u: the volume was in use when the disk was copied: its journal "
			"is replayed, but what was written into files shortly before may be "
			"missing, as after a power cut",
			place.number);
	return 0;
}

/* Of each partition, and of all: before any of them is replayed. */
static uint64_t journal_bytes(struct disk *disk, const struct survey *survey,
			      uint64_t bytes[MBR_MAX_PARTITIONS])
{
	uint64_t sum = 0;

	for (size_t i = 0; i < survey->count; i++) {
		const struct volume_place place = survey_place(&survey->partitions[i]);

		bytes[i] = replay_log_bytes(disk, &place);
		sum += bytes[i];
	}
	return sum;
}

static int replay_all(struct disk *disk, const struct survey_options *options,
		      struct survey *survey, struct error *err)
{
	bool is_allowed = !options || !options->no_journal_replay;
	struct journal_progress progress = {.progress = options ? options->progress : NULL};
	uint64_t bytes[MBR_MAX_PARTITIONS] = {0};
	int r = 0;

	if (progress.progress && is_allowed)
		progress.total = journal_bytes(disk, survey, bytes);
	for (size_t i = 0; r == 0 && i < survey->count; i++) {
		if (bytes[i])
			progress_tell(progress.progress, PROGRESS_JOURNAL, progress.before,
				      progress.total);
		r = replay_partition(disk, is_allowed, bytes[i] ? &progress : NULL, survey,
				     &survey->partitions[i], err);
		progress.before += bytes[i];
	}
	if (r == 0 && progress.total)
		progress_tell(progress.progress, PROGRESS_JOURNAL, progress.total, progress.total);
	return r;
}

/* Does the machine need this partition to start? Of an active logical partition no BIOS knows. */
static bool is_needed(const struct survey_partition *partition)
{
	return partition->guest.kind || partition->guest.has_boot_store ||
	       (partition->mbr.active && !partition->mbr.logical);
}

/* Does what is left out share sectors with a partition that is needed? */
static bool touches_needed(const struct survey *survey, const struct mbr_left_out *bad)
{
	const struct mbr_partition *range = &bad->partition;

	for (size_t i = 0; i < survey->count; i++) {
		const struct mbr_partition *old = &survey->partitions[i].mbr;

		if (is_needed(&survey->partitions[i]) && !(bad->is_extended && old->logical) &&
		    range->start_lba < old->start_lba + old->sectors &&
		    old->start_lba < range->start_lba + range->sectors)
			return true;
	}
	return false;
}

/* Its root may be in any partition. */
static bool has_linux(const struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].guest.linux_system)
			return true;
	return false;
}

/* Is there what the BIOS starts: code in the MBR, or GRUB's own partition? */
static bool can_bios_start(const struct survey *survey, const uint8_t *mbr)
{
	for (size_t i = 0; i < survey->count; i++)
		if (guid_equal(&survey->partitions[i].entry->type, &GPT_TYPE_BIOS_BOOT))
			return true;
	return !is_zero(mbr, MBR_SIGNATURE_OFFSET);
}

static bool may_have_windows(const struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].guest.windows.root[0] ||
		    survey->partitions[i].filesystem == FILESYSTEM_BITLOCKER)
			return true;
	return false;
}

/*
 * Windows on a GPT is started by UEFI already, as is a Linux beside it, and one that the BIOS cannot
 * start. Where it can, what is wrong with a Linux says more, and so does a wish that does not fit.
 */
static int judge_gpt(struct disk *disk, const struct survey_options *options,
		     const struct survey *survey, const struct error *why_not,
		     const struct error *why_none, struct error *err)
{
	bool has_wish = options && (options->boot_uuid || options->windows_number);
	uint8_t mbr[MBR_SIZE];
	int r = disk_read(disk, mbr, sizeof(mbr), 0, err);

	if (r < 0)
		return r;
	if (can_bios_start(survey, mbr) && !may_have_windows(survey) &&
	    (has_linux(survey) || why_none->kind != ERROR_NONE || has_wish))
		return 0;
	*err = *why_not;
	return -err->code;
}

/* Look at what is left out as at any partition, as far as it lies on the disk. */
static int left_out_is_needed(struct disk *disk, struct survey *survey,
			      const struct mbr_left_out *bad, bool *ret, struct error *err)
{
	struct survey_partition partition = {.mbr = bad->partition};
	uint64_t sectors = disk->size / disk->sector_size, end;
	int r = 0;

	*ret = is_needed(&partition) || touches_needed(survey, bad);
	if (*ret || partition.mbr.start_lba >= sectors || partition.mbr.sectors == 0)
		return 0;
	partition.offset = partition.mbr.start_lba * disk->sector_size;
	partition.length = min_u64(partition.mbr.sectors, sectors - partition.mbr.start_lba) *
			   disk->sector_size;
	if (partition.mbr.number && !bad->is_extended)
		r = look_at_partition(disk, &partition, err);
	*ret = is_needed(&partition) ||
	       (partition.contents.contents != LINUX_NOTHING && has_linux(survey));
	guest_volume_done(&partition.guest);
	/* Sector 0 is not kept, whoever claims it. */
	end = partition.offset + partition.length;
	partition.offset = max_u64(partition.offset, disk->sector_size);
	if (!survey->left_out_start || partition.offset < survey->left_out_start)
		survey->left_out_start = partition.offset;
	survey->left_out_end = max_u64(survey->left_out_end, end);
	return r;
}

/* Why nothing helps but to mend the table; NULL when Windows can do without this entry. */
static int why_needed(struct disk *disk, struct survey *survey, const struct mbr_left_out *bad,
		      const char **ret, struct error *err)
{
	bool needed, found = false;
	int r = left_out_is_needed(disk, survey, bad, &needed, err);

	for (size_t i = 0; i < survey->count; i++)
		found |= survey->partitions[i].guest.kind != NULL;
	*ret = needed	? "Windows or the partition that starts it is concerned"
	       : !found ? "no Windows is found beside it"
			: NULL;
	return r;
}

static bool has_logical(const struct mbr *mbr)
{
	for (size_t i = 0; i < mbr->count; i++)
		if (mbr->partitions[i].logical)
			return true;
	return false;
}

/* Entries without which Windows does not start first: nothing helps them. */
static int judge_left_out(struct disk *disk, const struct mbr *mbr, bool ignore_bad,
			  struct survey *survey, struct error *err)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; i < mbr->left_out_count; i++) {
		int r = why_needed(disk, survey, &mbr->left_out[i], &why, err);

		if (r < 0)
			return r;
		if (why)
			break;
	}
	if (why) {
		error_damaged(err, "'%s': %s; %s", disk->name, mbr->left_out[i].problem, why);
		return error_advise(err, MBR_REPAIR);
	}
	if (mbr->left_out_count && !ignore_bad) {
		error_damaged(err, "'%s': %s; Windows does not need it", disk->name,
			      mbr->left_out[0].problem);
		return error_advise(err, "--ignore-bad-partitions leaves it out of the new table, "
					 "and copies its bytes all the same");
	}
	for (i = 0; i < mbr->left_out_count; i++)
		note_add(&survey->warnings, "%s: %s%s", mbr->left_out[i].problem,
			 "it is left out of the new table, ",
			 !mbr->left_out[i].is_extended ? "what of it lies on the disk is copied "
							 "all the same"
			 : has_logical(mbr) ? "for a GPT has no extended partitions; its sound "
					      "logical partitions are carried over"
					    : "and no logical partition of it is sound");
	return 0;
}

/*
 * A hibernated volume belongs to a session that expects to find all of its volumes as it left them.
 */
static int refuse_hibernated(const struct disk *disk, const struct survey *survey,
			     struct error *err)
{
	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].problem.refusal == REFUSAL_HIBERNATED)
			return choose_refuse_partition(disk, &survey->partitions[i], err);
	return 0;
}

static int judge_guest(struct disk *disk, struct survey *survey, struct error *err)
{
	const struct survey_partition *partition = &survey->partitions[survey->start];
	struct guest_partition partitions[MBR_MAX_PARTITIONS];
	const struct guest_disk old = survey_guest_disk(survey, disk, partitions);
	struct guest_findings findings = {.adapters = &survey->adapters,
					  .warnings = &survey->warnings};
	int r;

	if (partition->problem.kind != ERROR_NONE)
		return choose_refuse_partition(disk, partition, err);
	if (partition->is_dirty)
		return error_refused(
			err, REFUSAL_NTFS_DIRTY,
			"run chkdsk /f in the guest, shut it down fully and convert again",
			"'%s': partition %u: the volume is marked as damaged", disk->name,
			partition->mbr.number);
	r = partition->guest.kind->judge(&old, &findings, err);
	if (r == 0 && survey->adapters.is_cut)
		note_add(&survey->warnings, "the guest names more network adapters than are "
					    "credible: not all of them are listed here");
	if (r < 0) {
		in_partition(partition, err);
		error_advise(err, survey_advice(survey));
		return error_prefix(err, "'%s'", disk->name);
	}
	return note_list_check(&survey->warnings, err);
}

static int judge_disk(struct disk *disk, const struct survey_options *options,
		      const struct error *why_none, struct survey *survey, struct error *err)
{
	int r = refuse_hibernated(disk, survey, err);

	if (r == 0)
		r = choose_start(disk, options, why_none, survey, err);
	if (r == 0)
		r = judge_guest(disk, survey, err);
	if (r == 0 && survey->partitions[survey->start].guest.windows.root[0])
		r = choose_system(disk, survey, err);
	return r;
}

/* More sentences about one damaged image help nobody. */
#define MAX_IMAGE_NOTES 20

/* What opening the images of the chain noticed. */
static int note_findings(const struct disk *disk, struct note_list *notes, struct error *err)
{
	struct vhd_findings findings;
	size_t more = 0;

	for (unsigned int i = 0; vhd_member_info(disk, i); i++) {
		findings = vhd_member_findings(disk, i);
		for (size_t j = 0; j < findings.count; j++)
			if (notes->count < MAX_IMAGE_NOTES)
				note_add(notes, "%s", findings.list[j].text);
			else
				more++;
		more += findings.unlisted;
	}
	if (more)
		note_add(notes, "'%s': and %zu more findings in the image", disk->name, more);
	return note_list_check(notes, err);
}

int survey_disk(struct disk *disk, const struct survey_options *options, struct survey *ret,
		struct error *err)
{
	struct error why_none = ERROR_INIT, why_not = ERROR_INIT;
	struct mbr mbr;
	int r;

	*ret = (struct survey){
		.image = *vhd_info(disk),
		.disk_size = disk->size,
		.sector_size = disk->sector_size,
		.start = SURVEY_NONE,
		.system = SURVEY_NONE,
		.has_vm = options && options->has_vm,
		.reader = options ? options->reader : NULL,
	};
	r = note_findings(disk, &ret->warnings, err);
	if (r < 0)
		return r;
	if (ret->image.is_saved)
		return error_refused(
			err, REFUSAL_SAVED_STATE,
			"start the VM and shut it down, or, when what its memory held may be lost, delete "
			"its saved state on the host",
			"'%s': the VM was saved, not shut down: what it had not written to the disk "
			"is in the saved state, in another file",
			disk->name);
	if (disk->sector_size != 512)
		return error_refused(
			err, REFUSAL_SECTOR_SIZE,
			"a generation 1 VM cannot start from it; convert the disk it starts from",
			"'%s': the disk has logical sectors of %u bytes instead of 512", disk->name,
			disk->sector_size);
	r = old_table_read(disk, ret, &mbr, &why_not, err);
	if (r == 0 && !ret->gpt)
		r = replay_all(disk, options, ret, err);
	if (options)
		progress_tell(options->progress, PROGRESS_SURVEY, 0, PROGRESS_SURVEY_STEPS);
	disk = survey_view(ret, disk);
	for (size_t i = 0; r == 0 && i < ret->count; i++)
		r = look_at_partition(disk, &ret->partitions[i], err);
	if (r == 0)
		r = look_for_systems(disk, options, ret, &why_none, err);
	if (r == 0 && ret->gpt)
		r = judge_gpt(disk, options, ret, &why_not, &why_none, err);
	if (r == 0)
		r = judge_left_out(disk, &mbr, options && options->ignore_bad_partitions, ret, err);
	if (r < 0)
		return r;
	mbr_warn(&mbr, &ret->warnings);
	r = note_list_check(&ret->warnings, err);
	return r < 0 ? r : judge_disk(disk, options, &why_none, ret, err);
}

void survey_done(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		guest_volume_done(&survey->partitions[i].guest);
	free(survey->partitions);
	free(survey->gpt);
	disk_close(survey->replayed);
	adapters_done(&survey->adapters);
	note_list_done(&survey->warnings);
	*survey = (struct survey){.partitions = NULL};
}
