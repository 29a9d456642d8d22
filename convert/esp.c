/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of the EFI system partition: see esp.h. */
#include "convert/esp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/fat32.h"

/* bcdboot makes it of this size, all zero; the boot manager keeps its state there. */
#define BOOTSTAT_SIZE 65536

#define BCD_PATH      "\\Boot\\BCD"
#define ESP_BOOT      "/EFI/Microsoft/Boot/"

static int open_source_volume(struct disk *source, const struct survey_partition *partition,
			      struct disk_window *window, struct volume **ret, struct error *err)
{
	int r = survey_open_volume(source, partition->offset, partition->length, false, window, ret, err);

	return r < 0 ? error_prefix(err, "partition %u", partition->mbr.number) : 0;
}

/* The store of the BIOS boot manager. */
static int read_bios_store(struct disk *source, const struct survey *survey, uint8_t **ret,
			   size_t *ret_size, struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	struct disk_window window;
	int r;

	if (survey->system == SURVEY_NONE || !survey->partitions[survey->system].has_bcd)
		return error_refused(err, REFUSAL_NO_BCD,
				     "check that the VM starts, or rebuild its BCD in the guest with bcdboot",
				     "no partition holds " BCD_PATH);
	r = open_source_volume(source, &survey->partitions[survey->system], &window, &volume, err);
	if (r == 0)
		r = volume_read_file(volume, BCD_PATH, SURVEY_MAX_BCD, ret, ret_size, err);
	return r;
}

static void fill_bcd_target(const struct survey *survey, const struct plan *plan,
			    struct bcd_partition *partitions, struct bcd_target *ret)
{
	*ret = (struct bcd_target){
		.mbr_signature = survey->mbr_signature,
		.gpt_disk = plan->gpt.disk_guid,
		.esp = plan->gpt.partitions[plan->esp].unique,
		.partitions = partitions,
		.windows_offset = survey->partitions[survey->windows].offset,
		.system_offset = survey->partitions[survey->system].offset,
	};
	for (size_t i = 0; i < plan->gpt.count; i++)
		if (plan->partitions[i].source != SURVEY_NONE)
			partitions[ret->partition_count++] =
				(struct bcd_partition){survey->partitions[plan->partitions[i].source].offset,
						       plan->gpt.partitions[i].unique};
}

static int add_bcd(struct disk *source, const struct survey *survey, const struct plan *plan,
		   struct fat32 *fat, int64_t time, struct build *build, struct error *err)
{
	struct bcd_partition partitions[MBR_MAX_PARTITIONS];
	struct bcd_target target;
	CLEANUP_FREE uint8_t *bios = NULL;
	CLEANUP_FREE uint8_t *uefi = NULL;
	size_t bios_size, uefi_size;
	int r = read_bios_store(source, survey, &bios, &bios_size, err);

	if (r < 0)
		return r;
	fill_bcd_target(survey, plan, partitions, &target);
	r = bcd_convert(bios, bios_size, BCD_PATH, &target, &uefi, &uefi_size, &build->bcd, err);
	if (r == 0)
		r = bcd_default_entry(uefi, uefi_size, BCD_PATH, &build->bcd_default, err);
	return r < 0 ? r : fat32_add(fat, ESP_BOOT "BCD", TAKE(uefi), uefi_size, time, err);
}

/* New files carry the time of the newest boot file: the same guest always gives the same ESP. */
static int64_t newest_time(const struct bootfiles_report *files)
{
	int64_t time = 0;

	for (size_t i = 0; i < files->count; i++)
		time = files->files[i].mtime > time ? files->files[i].mtime : time;
	return time;
}

/* Folders are made with the first file in them, so their time must be known before the files are read. */
static int time_of_boot_files(struct volume *volume, const struct windows *windows,
			      enum bootfiles_set boot_files, int64_t *ret, struct error *err)
{
	struct bootfiles_report files;
	int r = bootfiles_list(volume, windows, boot_files, &files, err);

	if (r == 0)
		*ret = newest_time(&files);
	bootfiles_report_done(&files);
	return r;
}

static int new_fat(const struct plan *plan, int64_t time, struct fat32 **ret, struct error *err)
{
	const struct fat32_spec spec = {
		.label = "SYSTEM",
		.volume_id = plan->fat_volume_id,
		.hidden_sectors = plan->gpt.partitions[plan->esp].first_lba,
		.time = time,
	};

	return fat32_new(&spec, ret, err);
}

static int fill_tree(struct disk *source, const struct survey *survey, const struct plan *plan,
		     enum bootfiles_set boot_files, struct build *build, struct fat32 **ret,
		     struct error *err)
{
	const struct windows *windows = &survey->partitions[survey->windows].windows;
	CLEANUP_FAT32 struct fat32 *fat = NULL;
	CLEANUP_VOLUME struct volume *volume = NULL;
	struct disk_window window;
	int64_t time = 0;
	int r = open_source_volume(source, &survey->partitions[survey->windows], &window, &volume, err);

	if (r == 0)
		r = time_of_boot_files(volume, windows, boot_files, &time, err);
	if (r == 0)
		r = new_fat(plan, time, &fat, err);
	if (r == 0)
		r = bootfiles_add(volume, windows, boot_files, fat, &build->boot_files, err);
	if (r == 0)
		r = add_bcd(source, survey, plan, fat, time, build, err);
	if (r == 0)
		r = fat32_add(fat, ESP_BOOT "BOOTSTAT.DAT", calloc(1, BOOTSTAT_SIZE), BOOTSTAT_SIZE, time,
			      err);
	if (r == 0)
		*ret = TAKE(fat);
	return r;
}

int esp_build(struct disk *source, const struct survey *survey, const struct plan *plan,
	      enum bootfiles_set boot_files, struct build *build, struct error *err)
{
	const struct plan_partition *esp = &plan->partitions[plan->esp];
	CLEANUP_FAT32 struct fat32 *fat = NULL;
	struct disk_window window;
	int r = fill_tree(source, survey, plan, boot_files, build, &fat, err);

	if (r == 0)
		r = disk_window_init(&window, build->target, esp->offset, esp->length, err);
	if (r < 0)
		return r;
	build->esp_used = fat32_used(fat, 4096);
	return fat32_write(fat, &window.disk, err);
}
