/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The EFI system partition: see esp.h. */
#include "convert/esp.h"

#include <errno.h>

#include "common/cleanup.h"
#include "convert/fat32/fat32.h"

/* Names and sizes are the guest's: what FAT cannot hold, or holds already, is damage there. */
static int add_file(struct fat32 *tree, struct guest_file *file, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = fat32_add(tree, file->path, TAKE(file->data), file->size, file->mtime, &problem);

	if (r < 0 && r != -ENOMEM)
		return error_damaged(err, "a boot file of the guest cannot be copied: %s",
				     problem.message);
	if (r < 0 && err)
		*err = problem;
	return r;
}

static int make_tree(const struct plan *plan, struct guest_boot *boot, struct fat32 **ret,
		     struct error *err)
{
	const struct fat32_spec spec = {
		.label = "SYSTEM",
		.volume_id = plan->fat_volume_id,
		.hidden_sectors = plan->gpt.partitions[plan->esp].first_lba,
		.time = boot->time,
	};
	int r = fat32_new(&spec, ret, err);

	for (size_t i = 0; r == 0 && i < boot->files.count; i++)
		r = add_file(*ret, &boot->files.list[i], err);
	return r;
}

int esp_write(const struct plan *plan, struct guest_boot *boot, struct disk *target,
	      uint64_t *ret_used, struct error *err)
{
	const struct plan_partition *place = &plan->partitions[plan->esp];
	CLEANUP_FAT32 struct fat32 *tree = NULL;
	struct disk_window window;
	uint32_t cluster_size;
	int r = make_tree(plan, boot, &tree, err);

	if (r == 0)
		r = disk_window_init(&window, target, place->offset, place->length, err);
	if (r == 0)
		r = fat32_cluster_size(tree, &window.disk, &cluster_size, err);
	if (r < 0)
		return r;
	*ret_used = fat32_used(tree, cluster_size);
	return fat32_write(tree, &window.disk, err);
}
