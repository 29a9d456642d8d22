/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of the EFI system partition: see esp.h. */
#include "convert/esp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/fat32/fat32.h"

/* bcdboot makes it of this size, all zero; the boot manager keeps its state there. */
#define BOOTSTAT_SIZE 65536

/* New files carry the time of the newest boot file: the same guest always gives the same ESP. */
static int64_t newest_time(const struct bootfiles_report *files)
{
	int64_t time = 0;

	for (size_t i = 0; i < files->count; i++)
		time = files->files[i].mtime > time ? files->files[i].mtime : time;
	return time;
}

static int add_boot_stores(struct esp *esp, struct error *err)
{
	struct boot_store *store = &esp->store;
	int r = guest_files_add(&esp->files, "/EFI/Microsoft/Boot/BCD", TAKE(store->main),
				store->main_size, esp->time, err);

	if (r == 0)
		r = guest_files_add(&esp->files, "/EFI/Microsoft/Recovery/BCD",
				    TAKE(store->recovery), store->recovery_size, esp->time, err);
	return r;
}

int esp_make(struct disk *source, const struct survey *survey, const struct plan *plan,
	     enum bootfiles_set boot_files, struct esp *ret, struct error *err)
{
	const struct windows *windows = &survey->partitions[survey->windows].windows;
	const struct volume_place place = survey_place(&survey->partitions[survey->windows]);
	CLEANUP_VOLUME struct volume *volume = NULL;
	int r = volume_open_at(source, &place, false, &volume, err);

	*ret = (struct esp){.time = 0};
	if (r == 0)
		r = bootfiles_add(volume, windows, boot_files, &ret->files, &ret->boot_files, err);
	ret->time = newest_time(&ret->boot_files);
	if (r == 0)
		r = boot_store_make(source, survey, plan, &ret->store, err);
	if (r == 0)
		r = add_boot_stores(ret, err);
	if (r == 0)
		r = guest_files_add(&ret->files, "/EFI/Microsoft/Boot/BOOTSTAT.DAT",
				    calloc(1, BOOTSTAT_SIZE), BOOTSTAT_SIZE, ret->time, err);
	return r;
}

/* The tree takes the files over. */
static int make_tree(struct esp *esp, const struct plan *plan, struct fat32 **ret,
		     struct error *err)
{
	const struct fat32_spec spec = {
		.label = "SYSTEM",
		.volume_id = plan->fat_volume_id,
		.hidden_sectors = plan->gpt.partitions[plan->esp].first_lba,
		.time = esp->time,
	};
	int r = fat32_new(&spec, ret, err);

	for (size_t i = 0; r == 0 && i < esp->files.count; i++) {
		struct guest_file *file = &esp->files.list[i];

		r = fat32_add(*ret, file->path, TAKE(file->data), file->size, file->mtime, err);
	}
	guest_files_done(&esp->files);
	return r;
}

int esp_write(struct esp *esp, const struct plan *plan, struct disk *target, struct error *err)
{
	const struct plan_partition *place = &plan->partitions[plan->esp];
	CLEANUP_FAT32 struct fat32 *tree = NULL;
	struct disk_window window;
	int r = make_tree(esp, plan, &tree, err);

	if (r == 0)
		r = disk_window_init(&window, target, place->offset, place->length, err);
	if (r < 0)
		return r;
	esp->used = fat32_used(tree, 4096);
	return fat32_write(tree, &window.disk, err);
}

void esp_done(struct esp *esp)
{
	guest_files_done(&esp->files);
	bootfiles_report_done(&esp->boot_files);
	boot_store_done(&esp->store);
	*esp = (struct esp){.time = 0};
}
