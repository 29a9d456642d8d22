/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Build all changes of a plan: see build.h. The order is that of dependence: the table names the
 * partitions, the ESP's BCD names the table's GUIDs, and the NVRAM store names the ESP.
 */
#include "convert/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/guest/windows/hive.h"
#include "convert/guest/windows/winre.h"
#include "convert/guest/windows/registry.h"

/* Boot files, two FATs and hives; a real server needs some 100 MiB. */
#define MAX_CHANGES (1 * GIB)

#define BOOT_MANAGER_PATH "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"

/* BIOS parameter block (fatgen103 section 3.1; the NTFS boot sector shares these fields). */
#define BPB_BYTES_PER_SECTOR 0x0b
#define BPB_HIDDEN_SECTORS   0x1c
#define BPB_NTFS_TOTAL	     0x28 /* NTFS: u64 sectors, without the backup boot sector behind them */
#define BPB_FAT32_BACKUP     0x32 /* FAT32: u16 sector of the backup boot sector */
#define BPB_FAT32_SIZE	     0x16 /* u16 sectors per FAT of FAT12/16; 0 on FAT32 */

/* The sector of a volume where its second boot sector stands; 0 when it has none. */
static uint64_t backup_sector(enum filesystem filesystem, const uint8_t *boot)
{
	if (filesystem == FILESYSTEM_NTFS)
		return get_le64(boot + BPB_NTFS_TOTAL);
	return get_le16(boot + BPB_FAT32_SIZE) == 0 ? get_le16(boot + BPB_FAT32_BACKUP) : 0;
}

static int set_hidden_sectors(struct disk *volume, uint64_t sector, const uint8_t *expected,
			      uint32_t start, struct error *err)
{
	uint8_t boot[512];
	uint64_t offset;
	int r;

	if (!mul_u64(sector, sizeof(boot), &offset) ||
	    !range_within(offset, sizeof(boot), volume->size))
		return 0;
	r = disk_read(volume, boot, sizeof(boot), offset, err);
	/* A backup that differs is not ours to repair. */
	if (r < 0 || memcmp(boot, expected, sizeof(boot)) != 0)
		return r;
	put_le32(boot + BPB_HIDDEN_SECTORS, start);
	return disk_write(volume, boot, sizeof(boot), offset, err);
}

/* The number of sectors in front of the volume, kept in its boot sectors, follows the partition. */
static int move_boot_sectors(const struct survey_partition *old,
			     const struct plan_partition *partition, struct disk *target,
			     struct edits *edits, struct error *err)
{
	uint32_t start = (uint32_t)(partition->offset / 512);
	CLEANUP_NOTES struct note_list details = {.texts = NULL};
	struct disk_window volume;
	uint8_t boot[512];
	uint64_t backup;
	int r;

	if (old->filesystem != FILESYSTEM_NTFS && old->filesystem != FILESYSTEM_FAT)
		return 0;
	r = disk_window_init(&volume, target, partition->offset, partition->length, err);
	if (r == 0)
		r = disk_read(&volume.disk, boot, sizeof(boot), 0, err);
	if (r < 0 || get_le32(boot + BPB_HIDDEN_SECTORS) == start ||
	    get_le16(boot + BPB_BYTES_PER_SECTOR) != sizeof(boot))
		return r;
	backup = backup_sector(old->filesystem, boot);
	r = set_hidden_sectors(&volume.disk, 0, boot, start, err);
	if (r == 0 && backup)
		r = set_hidden_sectors(&volume.disk, backup, boot, start, err);
	if (r < 0)
		return r;
	note_add(&details, "hidden sectors of the boot sector: %" PRIu32 " -> %" PRIu32,
		 get_le32(boot + BPB_HIDDEN_SECTORS), start);
	return edits_add(edits, old->mbr.number, "$Boot", &details, err);
}

static int move_all_boot_sectors(const struct survey *survey, const struct plan *plan,
				 struct disk *target, struct edits *edits, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && plan->shift && i < plan->gpt.count; i++)
		if (plan->partitions[i].source != SURVEY_NONE)
			r = move_boot_sectors(&survey->partitions[plan->partitions[i].source],
					      &plan->partitions[i], target, edits, err);
	return r;
}

/* The edited hive takes the place of the old one, in the same file. */
static int convert_hive(struct volume *volume, const char *path, unsigned int partition,
			const struct moved_disk *moved, struct edits *edits, struct error *err)
{
	CLEANUP_FREE uint8_t *old = NULL;
	CLEANUP_FREE uint8_t *new = NULL;
	CLEANUP(registry_notes_done) struct registry_notes notes = {.changed = {NULL, 0}};
	size_t old_size, new_size;
	bool recovered = false;
	int r = guest_hive_read(volume, path, SURVEY_MAX_HIVE, &old, &old_size, &recovered, err);

	if (r == 0)
		r = registry_convert(old, old_size, moved, &new, &new_size, &notes, err);
	free(TAKE(old));
	if (r < 0)
		return r;
	note_list_append(&edits->warnings, &notes.warnings);
	if (!new)
		return 0;
	r = volume_replace_file(volume, path, new, new_size, err);
	if (r < 0)
		return r;
	if (recovered)
		note_add(&notes.changed, "changes that stood only in its log files are applied");
	return edits_add(edits, partition, path, &notes.changed, err);
}

/* Each Windows of the disk finds its drive letters and its drivers. */
struct registry_edit {
	const struct survey_partition *old;
	const struct moved_disk *moved;
};

static int convert_registry(struct volume *volume, const void *context, struct edits *edits,
			    struct error *err)
{
	const struct registry_edit *edit = context;
	char path[WINDOWS_PATH_SIZE];

	windows_path(path, edit->old->windows.root, "System32\\config\\SYSTEM");
	return convert_hive(volume, path, edit->old->mbr.number, edit->moved, edits, err);
}

static int convert_all_registries(const struct survey *survey, const struct plan *plan,
				  struct disk *target, struct edits *edits, struct error *err)
{
	const struct moved_disk moved = plan_moved_disk(survey, plan);
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++) {
		const struct volume_place place = plan_place(survey, plan, i);
		size_t source = plan->partitions[i].source;

		if (source != SURVEY_NONE && survey->partitions[source].has_windows)
			r = edit_volume(target, &place, convert_registry,
					&(struct registry_edit){&survey->partitions[source],
								&moved},
					edits, err);
	}
	return r;
}

/* The store that the user has, with our entry on top. */
static int build_nvram_from_template(const struct nvram_partition *esp,
				     const struct build_options *options, struct build *build,
				     struct error *err)
{
	const char *name = options->nvram_template, *warning;
	CLEANUP_STORE struct nvram_store store = NVRAM_STORE_INIT;
	int r = nvram_store_open(name, &store, err);

	if (r == 0)
		r = nvram_from_template(store.bytes, store.size, name, esp, BOOT_MANAGER_PATH,
					options->drop_stale_entries, &build->nvram_file,
					&build->nvram_size, &warning, err);
	if (r < 0)
		return r;
	if (warning)
		note_add(&build->warnings, "'%s': %s", name, warning);
	return nvram_decode(build->nvram_file, build->nvram_size, name, &build->nvram, err);
}

static int build_nvram(const struct plan *plan, const struct build_options *options,
		       struct build *build, struct error *err)
{
	const struct gpt_partition *esp = &plan->gpt.partitions[plan->esp];
	const struct nvram_partition partition = {
		.number = (uint32_t)plan->esp + 1,
		.start_lba = esp->first_lba,
		.sectors = esp->last_lba - esp->first_lba + 1,
		.guid = esp->unique,
	};
	int r;

	if (options->nvram_template)
		return build_nvram_from_template(&partition, options, build, err);
	r = nvram_add_windows_boot_manager(&build->nvram, &partition, BOOT_MANAGER_PATH, NULL, err);
	if (r == 0 && options->has_nvram)
		r = nvram_encode(options->nvram_format, &build->nvram, &plan->nvram_id,
				 &build->nvram_file, &build->nvram_size, err);
	if (r == 0 && options->has_nvram && options->nvram_format == NVRAM_FORMAT_VMGS)
		note_add(
			&build->warnings,
			"the NVRAM store holds no Secure Boot keys, and a host adds them only to an empty one: "
			"with this store start the VM with Secure Boot off, or use --nvram-template");
	return r;
}

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

int build_target(struct disk *source, const struct survey *survey, const struct plan *plan,
		 const struct build_options *options, struct build *ret, struct error *err)
{
	int r;

	*ret = (struct build){.target = NULL};
	r = changes_open(source, plan->disk_size, plan->ranges, plan->range_count, MAX_CHANGES,
			 &ret->target, err);
	if (r < 0)
		return r;
	r = gpt_write(&plan->gpt, ret->target, err);
	if (r == 0)
		r = move_all_boot_sectors(survey, plan, ret->target, &ret->edits, err);
	if (r == 0)
		r = esp_make(source, survey, plan, options->boot_files, &ret->esp, err);
	if (r == 0)
		r = esp_write(&ret->esp, plan, ret->target, err);
	if (r == 0)
		r = convert_all_registries(survey, plan, ret->target, &ret->edits, err);
	if (r == 0)
		r = guest_reagent_convert(survey, plan, ret->esp.store.winre_is_lost, ret->target,
					  &ret->edits, err);
	note_list_append(&ret->warnings, &ret->esp.store.warnings);
	note_list_append(&ret->warnings, &ret->edits.warnings);
	if (r == 0)
		r = build_nvram(plan, options, ret, err);
	if (r == 0)
		r = check_target(survey, plan, ret, err);
	if (r == 0)
		r = note_list_check(&ret->warnings, err);
	return r < 0 ? error_prefix(err, "'%s'", source->name) : 0;
}

void build_done(struct build *build)
{
	disk_close(build->target);
	esp_done(&build->esp);
	edits_done(&build->edits);
	note_list_done(&build->warnings);
	nvram_done(&build->nvram);
	free(build->nvram_file);
	*build = (struct build){.target = NULL};
}
