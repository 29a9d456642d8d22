/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VM of a verb: see vm.h. */
#include "convert/cmd/vm.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/cmd/vm_reader.h"
#include "convert/vm/read/vmcx.h"

int cmd_vm_add_map(struct cmd_vm_options *options, const char *argument, struct error *err)
{
	int r;

	if (options->map_count == ARRAY_SIZE(options->maps))
		return error_usage(err, "option '--map' is given more than %zu times",
				   options->map_count);
	r = vm_map_parse(argument, &options->maps[options->map_count], err);
	if (r == 0)
		options->map_count++;
	return r;
}

static int add_choice(struct cmd_vm_options *options, const char *option, const char *place,
		      const struct vm_choice *choice, struct error *err)
{
	struct vm_choice *added = &options->choices[options->choice_count];

	if (options->choice_count == ARRAY_SIZE(options->choices))
		return error_usage(err, "more than %zu drives are named", options->choice_count);
	*added = *choice;
	if (!vm_place_parse(place, &added->place))
		return error_usage(err,
				   "option '--%s': '%s' is no place of a drive, such as ide:0:1 or "
				   "scsi:0:2",
				   option, place);
	options->choice_count++;
	return 0;
}

int cmd_vm_set_boot(struct cmd_vm_options *options, const char *argument, struct error *err)
{
	return add_choice(options, "boot-disk", argument, &(struct vm_choice){.is_boot = true},
			  err);
}

int cmd_vm_leave_out(struct cmd_vm_options *options, const char *argument, struct error *err)
{
	return add_choice(options, "without-disk", argument,
			  &(struct vm_choice){.action = VM_DISK_LEAVE}, err);
}

int cmd_vm_set_data(struct cmd_vm_options *options, const char *argument, struct error *err)
{
	const char *equal = strchr(argument, '='), *how = equal ? equal + 1 : argument;
	CLEANUP_FREE char *place = strndup(argument, equal ? (size_t)(equal - argument) : 0);
	struct vm_choice choice = {.action = VM_DISK_LEAVE};

	if (!place)
		return error_failed(err, ENOMEM, "out of memory");
	for (enum vm_disk_action i = 0; i < VM_DISK_LEAVE; i++)
		if (strcmp(how, vm_disk_action_text(i)) == 0)
			choice.action = i;
	if (choice.action == VM_DISK_LEAVE)
		return error_usage(err,
				   "option '--data-disks': '%s' is none of copy, differencing and "
				   "attach",
				   how);
	if (equal)
		return add_choice(options, "data-disks", place, &choice, err);
	options->data = choice.action;
	options->has_data = true;
	return 0;
}

/* Below the folder of a VM, or beside its configuration. */
void cmd_vm_places(const struct cmd_vm_options *options, const char *path,
		   struct lockdown_places *places)
{
	CLEANUP_FREE char *folder = vm_find_root(path);

	lockdown_add(places, path, LOCKDOWN_READ);
	lockdown_add(places, folder, LOCKDOWN_READ);
	for (size_t i = 0; i < options->map_count; i++)
		lockdown_add(places, options->maps[i].to, LOCKDOWN_READ);
}

void cmd_vm_done(struct cmd_vm *vm)
{
	for (size_t i = 0; i < vm->disk_count; i++)
		free(vm->disks[i].path);
	free(vm->disks);
	free(vm->ids);
	for (size_t i = 0; i < vm->checkpoint_count; i++) {
		free(vm->checkpoints[i].id);
		free(vm->checkpoints[i].name);
	}
	free(vm->checkpoints);
	vm_done(&vm->vm);
	vm_tree_done(&vm->tree);
	vm_file_close(&vm->config);
	free(vm->home);
	free(vm->own_name);
	*vm = (struct cmd_vm)CMD_VM_INIT;
}

static int read_tree(const struct sandbox *sandbox, const struct vm_file *from, struct cmd_vm *vm,
		     struct vm_tree *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct file_bytes file = {.name = from->path};
	int r = vm_file_read(from, VMCX_MAX_SIZE, &data, &file.size, err);

	file.data = data;
	return r < 0 ? r : cmd_read_config(sandbox, &file, ret, &vm->format, &vm->sandbox, err);
}

static int take_name(const struct vm_tree *tree, char **ret, struct error *err)
{
	const struct vm_node *name =
		vm_at(vm_child(tree->root, "configuration"), "properties/name");

	if (!name || name->value.type != VM_STRING)
		return 0;
	*ret = strdup((const char *)name->value.data);
	return *ret ? 0 : error_failed(err, ENOMEM, "out of memory");
}

/* What a checkpoint is called. One that cannot be read is no reason against the VM. */
static int read_checkpoint(const struct sandbox *sandbox, struct cmd_vm *vm,
			   struct report_checkpoint *checkpoint, struct error *err)
{
	CLEANUP_VM_FILE struct vm_file file = VM_FILE_INIT;
	CLEANUP_VM_TREE struct vm_tree tree = VM_TREE_INIT;
	struct error problem = ERROR_INIT;
	int r = vm_find_checkpoint(vm->home, checkpoint->id, &file, &problem);

	if (r == 0)
		r = read_tree(sandbox, &file, vm, &tree, &problem);
	if (r < 0) {
		note_add(&vm->tree.warnings, "checkpoint %s: %s", checkpoint->id, problem.message);
		return 0;
	}
	return take_name(&tree, &checkpoint->name, err);
}

/* Those that are left with the old VM. */
static int read_checkpoints(const struct sandbox *sandbox, struct cmd_vm *vm, struct error *err)
{
	enum vm_format format = vm->format;
	char **ids;
	int r = vm_find_checkpoints(vm->home, &ids, &vm->checkpoint_count, err);

	vm->checkpoints = calloc(vm->checkpoint_count + 1, sizeof(*vm->checkpoints));
	if (!vm->checkpoints && r == 0)
		r = error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < vm->checkpoint_count; i++) {
		if (vm->checkpoints)
			vm->checkpoints[i].id = ids[i];
		else
			free(ids[i]);
	}
	free(ids);
	if (!vm->checkpoints)
		vm->checkpoint_count = 0;
	for (size_t i = 0; r == 0 && i < vm->checkpoint_count; i++)
		r = read_checkpoint(sandbox, vm, &vm->checkpoints[i], err);
	vm->format = format;
	return r;
}

static int read_config(const struct sandbox *sandbox, struct cmd_vm *vm, struct error *err)
{
	int r = read_tree(sandbox, &vm->config, vm, &vm->tree, err);

	if (r == 0) {
		r = vm_extract(&vm->tree, &vm->vm, err);
		if (r < 0)
			return error_prefix(err, "'%s'", vm->config.path);
	}
	close(vm->config.fd); /* only its path is wanted from now on */
	vm->config.fd = -1;
	return r;
}

static int check_saved_state(const struct cmd_vm_options *options, const struct cmd_vm *vm,
			     struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	int r;

	if (options->discard_saved_state)
		return 0;
	r = vm_find_saved_state(vm->config.path, &path, err);
	if (r < 0 || !path)
		return r;
	error_refused(err, REFUSAL_VM_SAVED_STATE,
		      "start the VM, shut it down, and export it again, or give "
		      "--discard-saved-state when what was in its memory may be lost",
		      "the VM was saved, not shut down: '%s' holds its memory", path);
	return error_of_wish(err);
}

static size_t count_drives(const struct vm *vm)
{
	size_t count = 0;

	for (size_t i = 0; i < vm->controller_count; i++)
		count += vm->controllers[i].count;
	return count;
}

/*
 * Is the file that was found for the last disk another one's too? The recorded paths may differ in
 * their folders alone, and those are not here.
 */
static int check_identity(struct cmd_vm *vm, const struct vm_file *file, struct error *err)
{
	size_t last = vm->disk_count - 1;
	struct cmd_file_id *id = &vm->ids[last];
	char slot[VM_SLOT_TEXT];
	struct stat st;

	if (fstat(file->fd, &st) < 0)
		return error_errno(err, "'%s'", file->path);
	*id = (struct cmd_file_id){st.st_dev, st.st_ino};
	for (size_t i = 0; i < last; i++) {
		const struct report_disk *disk = &vm->disks[i];

		if (disk->path && vm->ids[i].device == id->device &&
		    vm->ids[i].inode == id->inode) {
			error_refused(
				err, REFUSAL_DISK_CONFLICT,
				"say with a --map 'D:\\FOLDER=/FOLDER' for each of them which folder "
				"here is the one that is recorded",
				"'%.250s' would be '%.250s', which is '%.250s' of %s already",
				vm->disks[last].drive->path, file->path, disk->drive->path,
				vm_slot_text(disk->controller, disk->drive, slot));
			return error_of_wish(err);
		}
	}
	return 0;
}

static bool has_path(const struct vm_drive *drive)
{
	return drive->path && *drive->path;
}

/* One without a path is nowhere, on the VM's host neither. */
static bool is_attached(const struct vm_drive *drive)
{
	return !drive->is_boot && drive->action == VM_DISK_ATTACH && has_path(drive);
}

/* A disk that the VM does not start from can be left out. */
static void advise_leaving(const struct vm_controller *controller, const struct vm_drive *drive,
			   struct error *err)
{
	char slot[VM_SLOT_TEXT];

	vm_slot_text(controller, drive, slot);
	for (char *at = slot; *at; at++)
		*at = *at == ' ' ? ':' : (char)tolower((unsigned char)*at);
	snprintf(
		err->advice, sizeof(err->advice), "%sleave it out with --without-disk %s",
		has_path(drive)
			? "copy it there, say with --map 'D:\\FOLDER=/FOLDER' which folder here is "
			  "the one that is recorded, or "
			: "",
		slot);
	error_of_wish(err);
}

/* One image. It is closed again: what becomes of it is not this function's matter. */
static int look_for_disk(const struct cmd_vm_options *options, struct cmd_vm *vm,
			 const struct vm_controller *controller, const struct vm_drive *drive,
			 struct error *err)
{
	const struct vm_maps maps = {options->maps, options->map_count};
	CLEANUP_VM_FILE struct vm_file file = VM_FILE_INIT;
	struct report_disk *disk = &vm->disks[vm->disk_count++];
	char slot[VM_SLOT_TEXT];
	int r;

	*disk = (struct report_disk){.controller = controller, .drive = drive};
	if (drive->action == VM_DISK_LEAVE)
		return 0;
	r = vm_find_disk(vm->home, &maps, drive->path ? drive->path : "", &file, &disk->problem);
	if (r == 0)
		r = check_identity(vm, &file, &disk->problem);
	if (r == 0) {
		disk->path = TAKE(file.path);
		return 0;
	}
	if (is_attached(drive) && disk->problem.refusal == REFUSAL_DISK_MISSING)
		return 0; /* on the VM's host */
	if (!drive->is_boot && disk->problem.refusal == REFUSAL_DISK_MISSING)
		advise_leaving(controller, drive, &disk->problem);
	if (err->kind == ERROR_NONE) {
		*err = disk->problem;
		error_prefix(err, "%s", vm_slot_text(controller, drive, slot));
	}
	return r;
}

/* All are looked for; the first that is not found is the error. */
static int look_for_disks(const struct cmd_vm_options *options, struct cmd_vm *vm,
			  struct error *err)
{
	struct error first = ERROR_INIT;

	vm->disks = calloc(count_drives(&vm->vm) + 1, sizeof(*vm->disks));
	vm->ids = calloc(count_drives(&vm->vm) + 1, sizeof(*vm->ids));
	if (!vm->disks || !vm->ids)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t c = 0; c < vm->vm.controller_count; c++) {
		const struct vm_controller *controller = &vm->vm.controllers[c];

		for (size_t d = 0; d < controller->count; d++)
			if (controller->drives[d].kind == VM_DRIVE_DISK)
				(void)look_for_disk(options, vm, controller, &controller->drives[d],
						    &first);
	}
	if (first.kind == ERROR_NONE)
		return 0;
	*err = first;
	return -first.code;
}

static int choose(const struct cmd_vm_options *options, const char *own_name, struct vm *vm,
		  struct error *err)
{
	const struct vm_choices choices = {
		.list = options->choices,
		.count = options->choice_count,
		.boot = options->boot,
		.data = options->has_data ? options->data : options->boot,
	};
	const struct vm_wish wish = cmd_wishes_of_vm(&options->wishes);
	const char *name = options->name ? options->name : own_name;
	int r = name ? vm_rename(vm, name, err) : 0;

	vm->is_checkpoint = options->checkpoint != NULL;
	if (r == 0)
		r = vm_choose(vm, &choices, err);
	return r < 0 ? r : vm_wish(vm, &wish, err);
}

/* The checkpoint that was asked for; the new VM is not called as it is. */
static int find_checkpoint(const struct vm_file *own, const char *id, const struct sandbox *sandbox,
			   struct cmd_vm *vm, struct error *err)
{
	CLEANUP_VM_TREE struct vm_tree tree = VM_TREE_INIT;
	int r = vm_find_checkpoint(vm->home, id, &vm->config, err);

	if (r == 0)
		r = read_tree(sandbox, own, vm, &tree, err);
	return r < 0 ? r : take_name(&tree, &vm->own_name, err);
}

/* The configuration of the VM, or of a checkpoint beside it. */
static int find_config(const char *path, const struct cmd_vm_options *options,
		       const struct sandbox *sandbox, struct cmd_vm *vm, struct error *err)
{
	CLEANUP_VM_FILE struct vm_file own = VM_FILE_INIT;
	int r = vm_find_config(path, &own, err);

	if (r < 0)
		return r;
	vm->home = strdup(own.path);
	if (!vm->home)
		return error_failed(err, ENOMEM, "out of memory");
	if (options->checkpoint)
		return find_checkpoint(&own, options->checkpoint, sandbox, vm, err);
	vm->config = own;
	own = (struct vm_file)VM_FILE_INIT;
	return 0;
}

int cmd_vm_open(const char *path, const struct cmd_vm_options *options,
		const struct sandbox *sandbox, struct cmd_vm *ret, struct error *err)
{
	int r = find_config(path, options, sandbox, ret, err);

	if (r == 0)
		r = read_config(sandbox, ret, err);
	if (r == 0)
		r = read_checkpoints(sandbox, ret, err);
	if (r == 0)
		r = choose(options, ret->own_name, &ret->vm, err);
	if (r == 0)
		r = vm_check(&ret->vm, err);
	if (r == 0)
		r = check_saved_state(options, ret, err);
	return r < 0 ? r : look_for_disks(options, ret, err);
}
