/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a VM, found as 'convert' finds them: see vm_files.h. */
#include "convert/cmd/vm_files.h"

#include <errno.h>
#include <stdlib.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/cmd/convert.h"
#include "convert/vm/output.h"

static int set_option(struct cmd_vm_options *vm, const char *name, json_t *value, struct error *err)
{
	int r = 0;

	if (!json_is_array(value))
		return cmd_convert_vm_option(vm, name, json_string_value(value), err);
	for (size_t i = 0; r == 0 && i < json_array_size(value); i++)
		r = set_option(vm, name, json_array_get(value, i), err);
	return r;
}

static void add_file(json_t *files, const char *path)
{
	json_t *file = json_object();

	text_json_set_path(file, "path", path);
	json_array_append_new(files, file);
}

/* What is only attached is not read, and what is left out is not even looked for. */
static bool is_read(const struct report_disk *disk)
{
	return disk->path && (disk->drive->is_boot || disk->drive->action < VM_DISK_ATTACH);
}

/* The boot disk stands first among the disks. */
static void list_files(const struct cmd_vm *vm, json_t *files)
{
	add_file(files, vm->config.path);
	for (size_t i = 0; i < vm->disk_count; i++)
		if (vm->disks[i].drive->is_boot && is_read(&vm->disks[i]))
			add_file(files, vm->disks[i].path);
	for (size_t i = 0; i < vm->disk_count; i++)
		if (!vm->disks[i].drive->is_boot && is_read(&vm->disks[i]))
			add_file(files, vm->disks[i].path);
}

static void list_slots(const struct cmd_vm *vm, json_t *slots)
{
	char text[VM_SLOT_TEXT];

	for (size_t i = 0; i < vm->disk_count; i++)
		if (!vm->disks[i].drive->is_boot && is_read(&vm->disks[i]))
			json_array_append_new(slots,
					      json_string(vm_slot_name(vm->disks[i].controller,
								       vm->disks[i].drive, text)));
}

static int tell(const struct cmd_vm *vm, json_t *object, struct error *err)
{
	CLEANUP_FREE char *name = output_stem(vm->vm.name, "");
	json_t *files = json_array(), *slots = json_array();

	if (!name || json_object_set_new(object, "files", files) < 0 ||
	    json_object_set_new(object, "slots", slots) < 0)
		return error_failed(err, ENOMEM, "out of memory");
	text_json_set_path(object, "name", name);
	list_files(vm, files);
	list_slots(vm, slots);
	return 0;
}

bool cmd_vm_is_one(const char *path, const json_t *options)
{
	return !json_object_get(options, "source-format") && vm_is_named(path);
}

int cmd_vm_files(const char *path, json_t *options, json_t *object, struct error *err)
{
	CLEANUP_CMD_VM struct cmd_vm vm = CMD_VM_INIT;
	CLEANUP_FREE struct cmd_vm_options *of_vm = calloc(1, sizeof(*of_vm));
	const struct sandbox sandbox = {.wish = SANDBOX_AUTO};
	const char *name;
	json_t *value;
	int r = of_vm ? 0 : error_failed(err, ENOMEM, "out of memory");

	json_object_foreach(options, name, value) if (r == 0) r =
		set_option(of_vm, name, value, err);
	if (r == 0)
		r = cmd_vm_open(path, of_vm, &sandbox, &vm, err);
	/* One that is refused, as when a disk is not there, has a name and files all the same. */
	return vm.config.path && vm.vm.name ? tell(&vm, object, err) : r;
}
