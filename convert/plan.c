/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan: see plan.h.
 *
 * Layout front, with blocks of 32 MiB and the default ESP:
 *
 *   old:                       | MBR | System Reserved | Windows                | unused |
 *   new: | GPT | ESP | MSR | gap     | System Reserved | Windows                | GPT |
 *        <---- shift: K whole blocks ->
 *
 * The old disk from its first partition on is mapped K blocks higher, so that its blocks keep their
 * contents and are only indexed anew (formats: a VHDX addresses every block through its own BAT
 * entry). Everything in front of the first partition, MBR and boot code, is not mapped.
 *
 * A disk that has a GPT already, of a Linux, keeps it with all its entries: it gets an ESP behind its
 * end where it lacks one, and no more.
 *
 * Results are reproducible: a GUID is derived from the signature and the page 83 id of the source
 * disk and a name.
 */
#include "convert/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/files/files.h"
#include "convert/plan_gpt.h"
#include "convert/plan_image.h"
#include "convert/plan_notes.h"
#include "convert/types.h"

/* Where partitions start by default, and the unit of growth: as Windows aligns. */
#define ALIGNMENT MIB
#define MSR_SIZE  (16 * MIB)

/* What GRUB's image needs is some 100 KiB; partitions start at whole MiB. */
#define BIOS_BOOT_SIZE MIB

/* Its entry, as in the images of Debian and Ubuntu for clouds. */
#define BIOS_BOOT_NUMBER 14

/* Windows wants an ESP of at least 100 MB (MBR2GPT documentation). */
#define ESP_MIN (100 * MIB)

/* MS-VHDX 2.6.2.2: the largest virtual disk. */
#define DISK_MAX (64 * TIB)

static const char *const layout_texts[LAYOUT_MAX] = {"auto", "front", "reuse", "end"};
static const char *const role_texts[PLAN_ROLE_MAX] = {
	[PLAN_ESP] = "esp",	      [PLAN_MSR] = "msr",     [PLAN_BIOS_BOOT] = "bios-boot",
	[PLAN_WINDOWS] = "windows",   [PLAN_LINUX] = "linux", [PLAN_OLD_SYSTEM] = "old-system",
	[PLAN_RECOVERY] = "recovery", [PLAN_DATA] = "data",
};

const char *layout_text(enum layout layout)
{
	return layout_texts[layout];
}

bool layout_parse(const char *text, enum layout *ret)
{
	for (size_t i = 0; i < LAYOUT_MAX; i++)
		if (strcmp(text, layout_texts[i]) == 0) {
			*ret = (enum layout)i;
			return true;
		}
	return false;
}

const char *plan_role_text(enum plan_role role)
{
	return role_texts[role];
}

struct guid plan_mbr_volume_guid(uint32_t signature, uint64_t offset)
{
	struct guid guid = {{0}};

	put_le32(guid.bytes, signature);
	put_le64(guid.bytes + 8, offset);
	return guid;
}

/* A GUID of this conversion, by name. */
static struct guid derive(const struct survey *survey, const struct plan_options *options,
			  const char *name)
{
	char disk[GUID_TEXT_SIZE], table[GUID_TEXT_SIZE], text[280];

	if (options->random_guids)
		return guid_random();
	if (survey->gpt)
		guid_format(&survey->gpt->disk_guid, table);
	else
		snprintf(table, sizeof(table), "%08" PRIx32, survey->mbr_signature);
	snprintf(text, sizeof(text), "%s %s %s", table, guid_format(&survey->image.disk_id, disk),
		 name);
	return plan_image_guid(text);
}

/* As derive(), for GUIDs that must also change with every change of the source. */
static struct guid derive_from_data(const struct survey *survey, const struct plan_options *options,
				    const char *name)
{
	char data[GUID_TEXT_SIZE], text[160];

	snprintf(text, sizeof(text), "%s %s %s %" PRIu64 " %" PRIu64 " %u", name,
		 layout_text(options->layout), guid_format(&survey->image.data_write_guid, data),
		 options->source_time, options->esp_size, options->choices);
	return derive(survey, options, text);
}

static bool guid_is_taken(const struct gpt *gpt, const struct guid *guid)
{
	for (size_t i = 0; i < gpt->count; i++)
		if (guid_equal(&gpt->partitions[i].unique, guid))
			return true;
	return false;
}

/* Another one when a disk that was converted before has it. */
static struct guid new_guid(const struct survey *survey, const struct plan_options *options,
			    const struct gpt *gpt, const char *what)
{
	struct guid guid = derive(survey, options, what);
	char name[32];

	for (unsigned int i = 2; guid_is_taken(gpt, &guid) || guid_equal(&guid, &gpt->disk_guid);
	     i++) {
		snprintf(name, sizeof(name), "%s %u", what, i);
		guid = derive(survey, options, name);
	}
	return guid;
}

static enum plan_role role_of(const struct survey *survey, const struct plan *plan, size_t index)
{
	const struct survey_partition *old = &survey->partitions[index];

	if (old->entry && guid_equal(&old->entry->type, &GPT_TYPE_BIOS_BOOT))
		return PLAN_BIOS_BOOT;
	if (plan->keeps_esp && old->mbr.number == plan_own_esp(survey))
		return PLAN_ESP;
	if (index == survey->start)
		return survey_is_linux(survey) ? PLAN_LINUX : PLAN_WINDOWS;
	if (index == survey->system)
		return PLAN_OLD_SYSTEM;
	return old->mbr.type == MBR_TYPE_RECOVERY ? PLAN_RECOVERY : PLAN_DATA;
}

static struct gpt_partition *append_partition(struct plan *plan, enum plan_role role, size_t source,
					      uint64_t offset, uint64_t length)
{
	struct gpt_partition *partition = &plan->gpt.partitions[plan->gpt.count];

	plan->partitions[plan->gpt.count] = (struct plan_partition){role, source, offset, length};
	*partition = (struct gpt_partition){
		.number = (uint32_t)plan->gpt.count + 1,
		.first_lba = offset / plan->gpt.sector_size,
		.last_lba = (offset + length) / plan->gpt.sector_size - 1,
	};
	plan->gpt.count++;
	return partition;
}

static void append_old_partition(const struct survey *survey, const struct plan_options *options,
				 struct plan *plan, size_t index)
{
	const struct survey_partition *old = &survey->partitions[index];
	enum plan_role role = role_of(survey, plan, index);
	struct guid unique = plan_mbr_volume_guid(survey->mbr_signature, old->offset);
	struct gpt_partition *partition;
	char name[32];

	/* A signature of 0 would make GUIDs that any such disk shares. */
	snprintf(name, sizeof(name), "partition %u", old->mbr.number);
	if (options->random_guids || survey->mbr_signature == 0 || survey_is_linux(survey) ||
	    guid_is_taken(&plan->gpt, &unique))
		unique = derive(survey, options, name);
	if (index == survey->start)
		plan->start = plan->gpt.count;
	if (role == PLAN_ESP)
		plan->esp = plan->gpt.count;
	partition = append_partition(plan, role, index, old->offset + plan->shift, old->length);
	if (old->entry)
		unique = old->entry->unique;
	partition->unique = unique;
	plan->moved[plan->moved_count++] =
		(struct moved_partition){old->offset, unique, old->offset + plan->shift};
	if (old->entry) {
		*partition = *old->entry;
	} else if (survey_is_linux(survey)) {
		partition->number = old->mbr.number;
		types_set_of_linux(old, partition, &plan->warnings);
	} else if (role == PLAN_WINDOWS) {
		types_set_windows(old, partition, &plan->warnings);
	} else if (role == PLAN_OLD_SYSTEM) {
		types_set_system(old, partition, &plan->warnings);
	} else {
		types_set_other(old, partition, &plan->warnings);
	}
}

static void append_esp(const struct survey *survey, const struct plan_options *options,
		       struct plan *plan, uint64_t offset, uint64_t size)
{
	struct gpt_partition *partition;

	plan->esp = plan->gpt.count;
	partition = append_partition(plan, PLAN_ESP, SURVEY_NONE, offset, size);
	partition->type = GPT_TYPE_ESP;
	partition->unique = new_guid(survey, options, &plan->gpt, "ESP");
	/* Unlike that of an ESP of an earlier conversion, which fstab may name. */
	plan->fat_volume_id = get_le32(partition->unique.bytes);
	/* What diskpart and Windows Setup set: no drive letter by itself. */
	partition->attributes = GPT_ATTRIBUTE_NO_DRIVE_LETTER;
	plan_name_esp(survey, partition);
}

static void append_new_partitions(const struct survey *survey, const struct plan_options *options,
				  struct plan *plan, uint64_t offset, uint64_t esp_size)
{
	struct gpt_partition *partition;

	append_esp(survey, options, plan, offset, esp_size);
	offset += esp_size;
	if (survey->gpt)
		return;
	if (survey_is_linux(survey)) {
		partition =
			append_partition(plan, PLAN_BIOS_BOOT, SURVEY_NONE, offset, BIOS_BOOT_SIZE);
		partition->type = GPT_TYPE_BIOS_BOOT;
		partition->unique = derive(survey, options, "BIOS boot");
		return;
	}
	partition = append_partition(plan, PLAN_MSR, SURVEY_NONE, offset, MSR_SIZE);
	partition->type = GPT_TYPE_MSR;
	partition->unique = derive(survey, options, "MSR");
	partition->attributes = GPT_ATTRIBUTE_NO_DRIVE_LETTER;
	snprintf(partition->name, sizeof(partition->name), "Microsoft reserved partition");
}

/* What comes beside the ESP. */
static uint64_t second_size(const struct survey *survey)
{
	if (survey->gpt)
		return 0;
	return survey_is_linux(survey) ? BIOS_BOOT_SIZE : MSR_SIZE;
}

/* Where a logical partition has both numbers, the next free ones above all that are used. */
static int number_new_partitions(const struct survey *survey, struct plan *plan, struct error *err)
{
	uint32_t esp = PLAN_ESP_NUMBER, bios_boot = BIOS_BOOT_NUMBER, highest = PLAN_ESP_NUMBER;

	if (survey->gpt && !plan->keeps_esp)
		plan->gpt.partitions[plan->esp].number = plan_esp_number(survey);
	if (survey->gpt || !survey_is_linux(survey))
		return 0;
	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].mbr.number > highest)
			highest = survey->partitions[i].mbr.number;
	if (plan_has_number(survey, bios_boot))
		bios_boot = ++highest;
	if (plan_has_number(survey, esp))
		esp = ++highest;
	for (size_t i = 0; i < plan->gpt.count; i++)
		if (plan->partitions[i].role == PLAN_ESP)
			plan->gpt.partitions[i].number = esp;
		else if (plan->partitions[i].role == PLAN_BIOS_BOOT)
			plan->gpt.partitions[i].number = bios_boot;
	if (highest <= GPT_MAX_PARTITIONS)
		return 0;
	return error_refused(err, REFUSAL_LAYOUT_IMPOSSIBLE,
			     "remove logical partitions in the guest, and convert again",
			     "the partitions keep their numbers, and %" PRIu32
			     " is more than a GPT of %d entries has",
			     highest, GPT_MAX_PARTITIONS);
}

static void append_old_partitions(const struct survey *survey, const struct plan_options *options,
				  struct plan *plan)
{
	for (size_t i = 0; i < survey->count; i++)
		append_old_partition(survey, options, plan, i);
}

/* Where what is kept of the old disk begins, in its bytes. */
static uint64_t old_start(const struct survey *survey)
{
	uint64_t first = survey->partitions[0].offset;

	return survey->left_out_start ? min_u64(survey->left_out_start, first) : first;
}

/* And where it ends: the last old partition, or what was left out behind it. */
static uint64_t old_end(const struct survey *survey)
{
	const struct survey_partition *last = &survey->partitions[survey->count - 1];

	return max_u64(last->offset + last->length, survey->left_out_end);
}

/* All that is kept stays where it is: with a GPT the boot code before it too, and not its backup. */
static void map_in_place(const struct survey *survey, struct plan *plan)
{
	uint64_t first = survey->gpt ? 0 : old_start(survey), end = survey->disk_size;

	if (survey->gpt)
		end = (gpt_last_usable(survey->gpt->disk_sectors, survey->sector_size) + 1) *
		      survey->sector_size;
	plan->ranges[0] = (struct changes_range){first, first, end - first};
	plan->range_count = 1;
}

/* A child cannot move what it leaves in its parent. */
static bool is_child(const struct plan *plan)
{
	return plan->vhdx.type == VHD_TYPE_DIFFERENCING;
}

/* Make the disk at least 'used' bytes and a backup GPT long; growth is by whole MiB. */
static int fix_disk_size(const struct survey *survey, uint64_t size, uint64_t used,
			 struct plan *plan, struct error *err)
{
	uint64_t backup = (plan->gpt.sector_size == 512 ? 33 : 5) * (uint64_t)plan->gpt.sector_size;
	uint64_t needed;

	if (!add_u64(used, backup, &needed) ||
	    (needed > size && !round_up_u64(needed, ALIGNMENT, &size)) || size > DISK_MAX)
		return error_refused(
			err, REFUSAL_LAYOUT_IMPOSSIBLE,
			"shrink the last volume in the guest, then the disk on the host (Resize-VHD), and "
			"convert again",
			"the disk of %" PRIu64 " bytes would grow beyond the 64 TiB of a VHDX",
			survey->disk_size);
	plan->disk_size = size;
	plan->gpt.disk_sectors = size / plan->gpt.sector_size;
	return 0;
}

static int plan_front(const struct survey *survey, const struct plan_options *options,
		      struct plan *plan, uint64_t esp_size, struct error *err)
{
	uint64_t first = old_start(survey);
	uint64_t needed = ALIGNMENT + esp_size + second_size(survey), size;

	if (!round_up_u64(needed - min_u64(needed, first), plan->vhdx.block_size, &plan->shift) ||
	    !add_u64(survey->disk_size, plan->shift, &size))
		return error_failed(err, EOVERFLOW, "the disk size overflows");
	append_new_partitions(survey, options, plan, ALIGNMENT, esp_size);
	append_old_partitions(survey, options, plan);
	plan->ranges[0] =
		(struct changes_range){first + plan->shift, first, survey->disk_size - first};
	plan->range_count = 1;
	return fix_disk_size(survey, size, old_end(survey) + plan->shift, plan, err);
}

/* Without moving anything: does the first partition begin behind the GPT? */
static bool has_room_for_gpt(const struct survey *survey)
{
	return old_start(survey) >= gpt_first_usable(survey->sector_size) * survey->sector_size;
}

/* What helps against a layout that leaves everything where it is. A child moves nothing. */
static const char *other_layouts(const struct survey *survey, const struct plan *plan)
{
	if (has_room_for_gpt(survey))
		return is_child(plan) ? "use --layout end" : "use --layout front or end";
	return is_child(plan) ? "use --format dynamic" : "use --layout front";
}

static int plan_end(const struct survey *survey, const struct plan_options *options,
		    struct plan *plan, uint64_t esp_size, struct error *err)
{
	uint64_t start;

	if (!has_room_for_gpt(survey)) {
		error_refused(err, REFUSAL_LAYOUT_IMPOSSIBLE, other_layouts(survey, plan),
			      "what is to be kept starts at sector %" PRIu64
			      ", where the GPT must stand; nothing is moved in layout 'end'",
			      old_start(survey) / survey->sector_size);
		return error_of_wish(err);
	}
	if (!round_up_u64(survey->disk_size, ALIGNMENT, &start))
		return error_failed(err, EOVERFLOW, "the disk size overflows");
	append_old_partitions(survey, options, plan);
	append_new_partitions(survey, options, plan, start, esp_size);
	map_in_place(survey, plan);
	return fix_disk_size(survey, survey->disk_size, start + esp_size + second_size(survey),
			     plan, err);
}

/* Can the old system partition be given up for the ESP? If not, why: a clause for the message. */
static const char *why_not_reuse(const struct survey *survey)
{
	const struct survey_partition *system;

	if (survey_is_linux(survey))
		return "a Linux has no system partition that could be given up";
	if (survey->system == SURVEY_NONE || survey->system == survey->start)
		return "there is no system partition beside that of Windows";
	system = &survey->partitions[survey->system];
	if (system->length < ESP_MIN)
		return "the old system partition has less than 100 MiB";
	if (system->guest.has_recovery)
		return "the old system partition holds the recovery environment";
	if (system->problem.kind != ERROR_NONE || !files_can_open(system->filesystem))
		return "the old system partition cannot be read";
	if (!system->guest.has_boot_store)
		return "the old system partition has no boot store";
	if (!system->guest.only_boot_files)
		return "the old system partition holds more than boot files";
	if (!has_room_for_gpt(survey))
		return "the first partition starts where the GPT must stand";
	return NULL;
}

/*
 * ": \a, \b and 3 more": what keeps the old system partition from being given up, as far as it has
 * names. Leaves room for the sentence in front of it.
 */
static const char *other_files_text(const struct guest_contents *contents, char text[768])
{
	size_t used = 0, named = 0, count = contents->others.count;

	text[0] = '\0';
	for (; named < count; named++) {
		const char *path = contents->others.texts[named];

		if (used + strlen(path) + 80 > 768)
			break;
		used += (size_t)sprintf(text + used, "%s%s", named ? ", " : ": ", path);
	}
	if (count > named)
		sprintf(text + used, named ? " and %zu more%s" : ": %zu of them%s", count - named,
			" (\"other_files\" of 'hvgen2 inspect --json')");
	return text;
}

static int refuse_reuse(const struct survey *survey, const struct plan *plan, const char *reason,
			struct error *err)
{
	const struct guest_contents none = {.others = {0}}, *contents = &none;
	char others[768];

	if (survey->system != SURVEY_NONE && survey->system != survey->start)
		contents = &survey->partitions[survey->system].guest.contents;
	error_refused(err, REFUSAL_LAYOUT_IMPOSSIBLE, other_layouts(survey, plan),
		      "layout 'reuse' is not possible: %s%s", reason,
		      other_files_text(contents, others));
	return error_of_wish(err);
}

static void note_dropped_files(const struct survey_partition *system, struct plan *plan)
{
	const struct note_list *files = &system->guest.contents.own;

	note_add(&plan->dropped, "the BIOS boot files in partition %u, which becomes the ESP",
		 system->mbr.number);
	for (size_t i = 0; i < files->count; i++)
		note_add(&plan->dropped, "partition %u: %s", system->mbr.number, files->texts[i]);
}

/* The ESP that is there starts the guest: the disk is as it was. */
static int keep_esp(const struct survey *survey, const struct plan_options *options,
		    struct plan *plan, struct error *err)
{
	plan->keeps_esp = true;
	append_old_partitions(survey, options, plan);
	map_in_place(survey, plan);
	return fix_disk_size(survey, survey->disk_size, old_end(survey), plan, err);
}

/* The old system partition becomes the ESP; nothing moves, and nothing is mapped there. */
static int plan_reuse(const struct survey *survey, const struct plan_options *options,
		      struct plan *plan, struct error *err)
{
	const char *reason = why_not_reuse(survey);
	const struct survey_partition *system;
	uint64_t first = old_start(survey), end;

	if (survey->gpt)
		return keep_esp(survey, options, plan, err);
	if (reason)
		return refuse_reuse(survey, plan, reason, err);
	system = &survey->partitions[survey->system];
	end = system->offset + system->length;
	for (size_t i = 0; i < survey->count; i++)
		if (i == survey->system)
			append_esp(survey, options, plan, system->offset, system->length);
		else
			append_old_partition(survey, options, plan, i);
	if (system->offset > first)
		plan->ranges[plan->range_count++] =
			(struct changes_range){first, first, system->offset - first};
	if (end < survey->disk_size)
		plan->ranges[plan->range_count++] =
			(struct changes_range){end, end, survey->disk_size - end};
	note_dropped_files(system, plan);
	return fix_disk_size(survey, survey->disk_size, old_end(survey), plan, err);
}

/* Its id (SCSI page 83): a child is the same disk for the guest, and a Linux may name it so. */
static bool keeps_id(const struct survey *survey, const struct plan_options *options,
		     const struct plan *plan)
{
	return is_child(plan) || (survey_is_linux(survey) && !options->random_guids &&
				  !guid_is_zero(&survey->image.disk_id));
}

/* Block size, sector size and identity of the output. */
static int plan_image(const struct survey *survey, const struct plan_options *options,
		      struct plan *plan, struct error *err)
{
	int r = plan_image_spec(&survey->image, options->format, options->type, &plan->vhdx, err);

	plan->format = options->format;
	plan->source_time = options->source_time;
	plan->vhdx.file_write_guid = derive_from_data(survey, options, "file write");
	plan->vhdx.data_write_guid = derive_from_data(survey, options, "data write");
	if (!keeps_id(survey, options, plan))
		plan->vhdx.disk_id = derive(survey, options, "virtual disk");
	return r;
}

static int plan_layout(const struct survey *survey, const struct plan_options *options,
		       struct plan *plan, struct error *err)
{
	if (survey->gpt)
		return plan_layout_of_gpt(survey, options, plan, err);
	if (plan->layout == LAYOUT_AUTO && is_child(plan))
		plan->layout = why_not_reuse(survey) ? LAYOUT_END : LAYOUT_REUSE;
	else if (plan->layout == LAYOUT_AUTO)
		plan->layout = LAYOUT_FRONT;
	if (plan->layout == LAYOUT_FRONT && is_child(plan)) {
		error_refused(err, REFUSAL_LAYOUT_IMPOSSIBLE, "use --layout reuse or end",
			      "layout 'front' moves the old partitions, which a differencing disk "
			      "cannot do");
		return error_of_wish(err);
	}
	return 0;
}

static void note_what_is_dropped(const struct survey *survey, struct plan *plan)
{
	bool has_logical = false;

	if (survey->gpt)
		return;
	note_add(&plan->dropped, "the MBR with its boot code (sectors 0 to %" PRIu64 ")",
		 old_start(survey) / survey->sector_size - 1);
	for (size_t i = 0; i < survey->count; i++)
		has_logical |= survey->partitions[i].mbr.logical;
	if (has_logical)
		note_add(
			&plan->dropped,
			"the extended partition: its logical partitions are partitions of the GPT");
}

static int check_esp_size(uint64_t esp_size, uint64_t *ret, struct error *err)
{
	if (esp_size < ESP_MIN)
		return error_refused(err, REFUSAL_ESP_TOO_SMALL,
				     "choose at least 100M; the default is 260M",
				     "an ESP of %" PRIu64 " bytes is less than Windows wants",
				     esp_size);
	if (esp_size > PLAN_MAX_ESP_SIZE || !round_up_u64(esp_size, ALIGNMENT, ret))
		return error_usage(err, "an ESP of %" PRIu64 " bytes is more than 32 GiB",
				   esp_size);
	return 0;
}

int plan_make(const struct survey *survey, const struct plan_options *options, struct plan *ret,
	      struct error *err)
{
	uint64_t esp_size = 0;
	int r;

	*ret = (struct plan){.layout = options->layout};
	r = check_esp_size(options->esp_size, &esp_size, err);
	if (r < 0)
		return r;
	r = plan_image(survey, options, ret, err);
	if (r == 0)
		r = plan_layout(survey, options, ret, err);
	if (r < 0)
		return r;
	ret->gpt.sector_size = survey->sector_size;
	ret->gpt.disk_guid = survey->gpt ? survey->gpt->disk_guid : derive(survey, options, "GPT");
	ret->nvram_id = derive(survey, options, "VMGS");
	switch (ret->layout) {
	case LAYOUT_REUSE:
		r = plan_reuse(survey, options, ret, err);
		break;
	case LAYOUT_END:
		r = plan_end(survey, options, ret, esp_size, err);
		break;
	default:
		r = plan_front(survey, options, ret, esp_size, err);
		break;
	}
	if (r == 0)
		r = number_new_partitions(survey, ret, err);
	if (r == 0)
		r = plan_image_check(ret->format, ret->disk_size, ret->gpt.sector_size, err);
	if (r < 0)
		return r;
	note_what_is_dropped(survey, ret);
	plan_note_unreadable(survey, ret);
	plan_note_boot_store(survey, ret);
	r = note_list_check(&ret->dropped, err);
	if (r == 0)
		r = note_list_check(&ret->warnings, err);
	return r < 0 ? r : gpt_check(&ret->gpt, err);
}

struct volume_place plan_place(const struct survey *survey, const struct plan *plan, size_t index)
{
	const struct plan_partition *partition = &plan->partitions[index];

	return (struct volume_place){
		.number = partition->source == SURVEY_NONE
				  ? 0
				  : survey->partitions[partition->source].mbr.number,
		.offset = partition->offset,
		.length = partition->length,
	};
}

struct moved_disk plan_moved_disk(const struct survey *survey, const struct plan *plan)
{
	return (struct moved_disk){.mbr_signature = survey->mbr_signature,
				   .gpt_disk = plan->gpt.disk_guid,
				   .partitions = plan->moved,
				   .partition_count = plan->moved_count};
}

void plan_done(struct plan *plan)
{
	note_list_done(&plan->dropped);
	note_list_done(&plan->warnings);
}
