/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The EFI system partition: see esp.h. */
#include "convert/esp.h"

#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "convert/fat32/fat32.h"

/* Warnings about single files; the others are counted. */
#define MAX_WARNINGS 20

/* The ESP being filled. */
struct filling {
	struct fat32 *tree;
	struct guest_boot *boot;
	struct note_list *warnings;
	size_t left_out;
};

/* Is it about the name alone: one that FAT cannot hold, or holds already? */
static bool is_about_name(int r)
{
	return r == -EILSEQ || r == -ENAMETOOLONG || r == -EEXIST;
}

static void leave_out(struct filling *filling, struct guest_file *file, const struct error *problem)
{
	if (filling->left_out++ < MAX_WARNINGS)
		note_add(filling->warnings,
			 "a boot file of the guest is not copied, and not needed to start: %s",
			 problem->message);
	guest_boot_drop(filling->boot, file);
}

/* Names and sizes are the guest's: what FAT cannot hold, or holds already, is damage there. */
static int add_file(struct filling *filling, struct guest_file *file, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = fat32_add(filling->tree, file->path, TAKE(file->data), file->size, file->mtime,
			  &problem);

	if (r < 0 && file->is_optional && is_about_name(r)) {
		leave_out(filling, file, &problem);
		return 0;
	}
	if (r < 0 && r != -ENOMEM)
		return error_damaged(err, "a boot file of the guest cannot be copied: %s",
				     problem.message);
	if (r < 0 && err)
		*err = problem;
	return r;
}

/* What the guest needs comes first, so that nothing that it does not need can be in the way. */
static int add_files(struct filling *filling, bool optional, struct error *err)
{
	const struct guest_files *files = &filling->boot->files;
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		if (files->list[i].is_optional == optional)
			r = add_file(filling, &files->list[i], err);
	return r;
}

/* As Windows calls it; another one may have that name already, by which the guest's fstab knows it. */
static void make_label(const struct plan *plan, struct fat32_spec *spec)
{
	const struct gpt *gpt = &plan->gpt;
	bool has_other = false;

	for (size_t i = 0; i < gpt->count; i++)
		has_other |= i != plan->esp && guid_equal(&gpt->partitions[i].type, &GPT_TYPE_ESP);
	if (has_other)
		snprintf(spec->label, sizeof(spec->label), "SYSTEM %u",
			 gpt->partitions[plan->esp].number % (GPT_MAX_PARTITIONS + 1));
	else
		snprintf(spec->label, sizeof(spec->label), "SYSTEM");
}

static int make_tree(const struct plan *plan, struct guest_boot *boot, struct note_list *warnings,
		     struct fat32 **ret, struct error *err)
{
	struct fat32_spec spec = {
		.volume_id = plan->fat_volume_id,
		.hidden_sectors = plan->gpt.partitions[plan->esp].first_lba,
		.time = boot->time,
	};
	struct filling filling = {.boot = boot, .warnings = warnings};
	int r;

	make_label(plan, &spec);
	r = fat32_new(&spec, ret, err);
	filling.tree = r == 0 ? *ret : NULL;
	if (r == 0)
		r = add_files(&filling, false, err);
	if (r == 0)
		r = add_files(&filling, true, err);
	if (filling.left_out > MAX_WARNINGS)
		note_add(warnings, "%zu more boot files of the guest are not copied",
			 filling.left_out - MAX_WARNINGS);
	return r;
}

int esp_write(const struct plan *plan, struct guest_boot *boot, struct disk *target,
	      struct note_list *warnings, uint64_t *ret_used, struct error *err)
{
	const struct plan_partition *place = &plan->partitions[plan->esp];
	CLEANUP_FAT32 struct fat32 *tree = NULL;
	struct disk_window window;
	uint32_t cluster_size;
	int r = make_tree(plan, boot, warnings, &tree, err);

	if (r == 0)
		r = disk_window_init(&window, target, place->offset, place->length, err);
	if (r == 0)
		r = fat32_cluster_size(tree, &window.disk, &cluster_size, err);
	if (r < 0)
		return r;
	*ret_used = fat32_used(tree, cluster_size);
	return fat32_write(tree, &window.disk, err);
}
