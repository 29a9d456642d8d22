/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disks of a VM: see vm_disks.h. */
#include "convert/cmd/vm_disks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/cmd/source.h"

/* Is a disk made of it, with the content that it has? */
static bool is_copied(const struct vm_drive *drive)
{
	return !drive->is_boot && drive->action < VM_DISK_ATTACH;
}

static int no_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

static int name_data_disk(struct report_disk *found, const struct output_names *names,
			  struct write_data *ret, struct error *err)
{
	char slot[VM_SLOT_TEXT];

	ret->place = strdup(vm_slot_text(found->controller, found->drive, slot));
	ret->path = output_name_slot(names, vm_slot_name(found->controller, found->drive, slot));
	found->output = ret->path;
	return ret->place && ret->path ? 0 : no_memory(err);
}

/* Both VMs have it. */
static void warn_attached(struct cmd_vm *vm, const struct report_disk *found)
{
	char slot[VM_SLOT_TEXT];

	note_add(
		&vm->tree.warnings,
		"%s: '%s' will be the disk of both VMs: when the new one has written to it, the old "
		"one finds that, and going back is not clean",
		vm_slot_text(found->controller, found->drive, slot),
		found->drive->path ? found->drive->path : "");
}

static int name_disk(struct cmd_vm *vm, struct report_disk *found, const struct output_names *names,
		     struct vm_disks *ret, struct error *err)
{
	const struct vm_drive *drive = found->drive;
	int r = 0;

	if (drive->action == VM_DISK_LEAVE)
		return 0;
	if (drive->is_boot)
		found->output = names->disk;
	else if (is_copied(drive))
		r = name_data_disk(found, names, &ret->list[ret->count++], err);
	else
		warn_attached(vm, found);
	if (!drive->is_boot && drive->action == VM_DISK_ATTACH && found->path)
		ret->kept[ret->kept_count++] = found->path;
	ret->outputs[ret->output_count++] =
		(struct vm_output){found->controller, drive, found->output};
	return r;
}

int vm_disks_name(struct cmd_vm *vm, const struct output_names *names, struct vm_disks *ret,
		  struct error *err)
{
	int r = 0;

	ret->list = calloc(vm->disk_count + 1, sizeof(*ret->list));
	ret->outputs = calloc(vm->disk_count + 1, sizeof(*ret->outputs));
	ret->kept = calloc(vm->disk_count + 2, sizeof(*ret->kept));
	if (!ret->list || !ret->outputs || !ret->kept)
		return no_memory(err);
	ret->kept[ret->kept_count++] = vm->config.path;
	ret->kept[ret->kept_count++] = vm->home;
	for (size_t i = 0; r == 0 && i < vm->disk_count; i++)
		r = name_disk(vm, &vm->disks[i], names, ret, err);
	if (r == 0)
		r = note_list_check(&vm->tree.warnings, err);
	return r < 0 ? r : vm_outputs_tell(&vm->vm, ret->outputs, ret->output_count, err);
}

/* Hyper-V attaches nothing else; nobody copies a file of the host because a VM calls it a disk. */
static int check_format(const struct disk *disk, struct error *err)
{
	if (vhd_info(disk)->format != VHD_FORMAT_RAW)
		return 0;
	return error_refused(err, REFUSAL_NOT_A_DISK_IMAGE,
			     "give the image the name of what it is, .vhdx or .vhd, and attach it "
			     "to the VM as such",
			     "'%s' is no VHD or VHDX by its name", disk->name);
}

/* It is opened by its name: is it the file that was found? */
static int check_identity(const struct cmd_file_id *id, const struct disk *disk, struct error *err)
{
	struct stat st;

	if (vhd_member_stat(disk, 0, &st) && st.st_dev == id->device && st.st_ino == id->inode)
		return 0;
	return error_failed(err, EBUSY, "'%s' was replaced while it was looked for; try again",
			    disk->name);
}

static int open_found(struct cmd_vm *vm, size_t index, const struct vhd_open_options *options,
		      struct disk **ret, struct error *err)
{
	struct report_disk *found = &vm->disks[index];
	char slot[VM_SLOT_TEXT];
	int r = vhd_open(found->path, options, ret, err);

	if (r == 0)
		r = check_format(*ret, err);
	if (r == 0)
		r = check_identity(&vm->ids[index], *ret, err);
	if (r < 0)
		return error_prefix(err, "%s", vm_slot_text(found->controller, found->drive, slot));
	found->source = *ret;
	return 0;
}

int vm_disks_open_boot(struct cmd_vm *vm, const struct vhd_open_options *options, struct disk **ret,
		       struct error *err)
{
	for (size_t i = 0; i < vm->disk_count; i++)
		if (vm->disks[i].drive->is_boot)
			return open_found(vm, i, options, ret, err);
	return error_failed(err, ENOENT, "the VM has no boot disk");
}

/* Whoever writes to a parent makes its child worthless, and a drive is written to. */
static int check_parents(const struct cmd_vm *vm, const struct report_disk *child,
			 struct error *err)
{
	char slot[VM_SLOT_TEXT], other[VM_SLOT_TEXT];
	struct stat st;

	for (unsigned int m = 1; child->source && vhd_member_stat(child->source, m, &st); m++)
		for (size_t i = 0; i < vm->disk_count; i++) {
			const struct report_disk *disk = &vm->disks[i];

			if (!disk->path || st.st_dev != vm->ids[i].device ||
			    st.st_ino != vm->ids[i].inode)
				continue;
			error_refused(
				err, REFUSAL_DISK_CONFLICT,
				"leave one of them out with --without-disk",
				"%s: '%.300s' is a child of '%.300s', which is %s, and changes "
				"under it when that is written to",
				vm_slot_text(child->controller, child->drive, slot), child->path,
				disk->path, vm_slot_text(disk->controller, disk->drive, other));
			return error_of_wish(err);
		}
	return 0;
}

int vm_disks_open(struct cmd_vm *vm, const struct vhd_open_options *options, struct vm_disks *disks,
		  struct error *err)
{
	size_t next = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < vm->disk_count; i++)
		if (is_copied(vm->disks[i].drive))
			r = open_found(vm, i, options, &disks->list[next++].source, err);
	for (size_t i = 0; r == 0 && i < vm->disk_count; i++)
		r = check_parents(vm, &vm->disks[i], err);
	return r;
}

static int plan_disk(const struct report_disk *found, const struct plan_data_options *of_all,
		     struct write_data *data, struct error *err)
{
	struct plan_data_options options = *of_all;
	char slot[VM_SLOT_TEXT];
	int r;

	options.name = vm_slot_name(found->controller, found->drive, slot);
	options.source_time = data->time = write_source_time(data->source);
	if (found->drive->action == VM_DISK_CHILD)
		options.type = VHD_TYPE_DIFFERENCING;
	else if (options.type == VHD_TYPE_DIFFERENCING)
		options.type = VHD_TYPE_MAX;
	data->format = options.format;
	data->mode = write_mode(NULL, data->source);
	data->parent_on_host = found->drive->path;
	r = plan_data_disk(data->source, &options, &data->image, err);
	return r < 0 ? error_prefix(err, "%s", data->place) : 0;
}

int vm_disks_plan(const struct cmd_vm *vm, const struct plan_data_options *options,
		  struct vm_disks *disks, struct error *err)
{
	size_t next = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < vm->disk_count; i++)
		if (is_copied(vm->disks[i].drive))
			r = plan_disk(&vm->disks[i], options, &disks->list[next++], err);
	return r;
}

uint64_t vm_disks_size(const struct vm_disks *disks)
{
	uint64_t size = 0;

	for (size_t i = 0; i < disks->count; i++)
		if (disks->list[i].source)
			size += disks->list[i].source->size;
	return size;
}

int vm_disks_check(const struct vm_disks *disks, int r, struct error *err)
{
	for (size_t i = 0; i < disks->count; i++)
		r = cmd_source_check(disks->list[i].source, r, err);
	return r;
}

void vm_disks_close(struct cmd_vm *vm, struct vm_disks *disks)
{
	for (size_t i = 0; i < vm->disk_count; i++)
		vm->disks[i].source = NULL;
	for (size_t i = 0; i < disks->count; i++) {
		disk_close(disks->list[i].source);
		disks->list[i].source = NULL;
	}
}

void vm_disks_done(struct vm_disks *disks)
{
	for (size_t i = 0; i < disks->count; i++) {
		free(disks->list[i].path);
		free(disks->list[i].place);
		disk_close(disks->list[i].source);
	}
	free(disks->list);
	free(disks->outputs);
	free(disks->kept);
	*disks = (struct vm_disks){.list = NULL};
}
