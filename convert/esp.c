/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of the EFI system partition: see esp.h. */
#include "convert/esp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

/* bcdboot makes it of this size, all zero; the boot manager keeps its state there. */
#define BOOTSTAT_SIZE 65536

static int add_boot_stores(struct esp *esp, int64_t time, struct error *err)
{
	struct boot_store *store = &esp->store;
	int r = fat32_add(esp->tree, "/EFI/Microsoft/Boot/BCD", TAKE(store->main), store->main_size,
			  time, err);

	if (r == 0)
		r = fat32_add(esp->tree, "/EFI/Microsoft/Recovery/BCD", TAKE(store->recovery),
			      store->recovery_size, time, err);
	return r;
}

/* New files carry the time of the newest boot file: the same guest always gives the same ESP. */
static int64_t newest_time(const struct bootfiles_report *files)
{
	int64_t time = 0;

	for (size_t i = 0; i < files->count; i++)
		time = files->files[i].mtime > time ? files->files[i].mtime : time;
	return time;
}

/* Folders are made with the first file in them, so their time must be known before the files are
 * read. */
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

int esp_make(struct disk *source, const struct survey *survey, const struct plan *plan,
	     enum bootfiles_set boot_files, struct esp *ret, struct error *err)
{
	const struct windows *windows = &survey->partitions[survey->windows].windows;
	const struct volume_place place = survey_place(&survey->partitions[survey->windows]);
	CLEANUP_VOLUME struct volume *volume = NULL;
	int64_t time = 0;
	int r = volume_open_at(source, &place, false, &volume, err);

	*ret = (struct esp){.tree = NULL};
	if (r == 0)
		r = time_of_boot_files(volume, windows, boot_files, &time, err);
	if (r == 0)
		r = new_fat(plan, time, &ret->tree, err);
	if (r == 0)
		r = bootfiles_add(volume, windows, boot_files, ret->tree, &ret->boot_files, err);
	if (r == 0)
		r = boot_store_make(source, survey, plan, &ret->store, err);
	if (r == 0)
		r = add_boot_stores(ret, time, err);
	if (r == 0)
		r = fat32_add(ret->tree, "/EFI/Microsoft/Boot/BOOTSTAT.DAT",
			      calloc(1, BOOTSTAT_SIZE), BOOTSTAT_SIZE, time, err);
	return r;
}

int esp_write(struct esp *esp, const struct plan *plan, struct disk *target, struct error *err)
{
	const struct plan_partition *place = &plan->partitions[plan->esp];
	CLEANUP_FAT32 struct fat32 *tree = TAKE(esp->tree);
	struct disk_window window;
	int r = disk_window_init(&window, target, place->offset, place->length, err);

	if (r < 0)
		return r;
	esp->used = fat32_used(tree, 4096);
	return fat32_write(tree, &window.disk, err);
}

void esp_done(struct esp *esp)
{
	fat32_free(esp->tree);
	bootfiles_report_done(&esp->boot_files);
	boot_store_done(&esp->store);
	*esp = (struct esp){.tree = NULL};
}
