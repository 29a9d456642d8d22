/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a conversion reads and makes: see outline.h. */
#include "convert/cmd/outline.h"

#include <errno.h>
#include <stdlib.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/cmd/conversion.h"
#include "convert/cmd/convert.h"
#include "convert/vm/output.h"
#include "convert/write.h"

static int set_option(struct convert *convert, const char *name, json_t *value, struct error *err)
{
	int r = 0;

	if (!json_is_array(value))
		return cmd_convert_set(convert, name, json_string_value(value), err);
	for (size_t i = 0; r == 0 && i < json_array_size(value); i++)
		r = set_option(convert, name, json_array_get(value, i), err);
	return r;
}

static int set_options(struct convert *convert, bool is_vm, json_t *options, struct error *err)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach(options, name, value) if (r == 0) r =
		set_option(convert, name, value, err);
	cmd_convert_settle(convert, is_vm);
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

/* Nobody may write to them, nor take them for something else: those that are attached, and those that are left out, which are
 * looked for here alone. */
static void list_kept(const struct cmd_vm *vm, const struct cmd_vm_options *options, json_t *kept)
{
	const struct vm_maps maps = {options->maps, options->map_count};

	for (size_t i = 0; i < vm->disk_count; i++) {
		CLEANUP_VM_FILE struct vm_file file = VM_FILE_INIT;
		const struct report_disk *disk = &vm->disks[i];
		const char *recorded = disk->drive->path;

		if (is_read(disk))
			continue;
		if (disk->path)
			add_file(kept, disk->path);
		else if (recorded && vm_find_disk(vm->home, &maps, recorded, &file, NULL) == 0)
			add_file(kept, file.path);
	}
}

static int tell(const struct cmd_vm *vm, const struct cmd_vm_options *options, json_t *object,
		struct error *err)
{
	CLEANUP_FREE char *name = output_stem(vm->vm.name, "");
	json_t *files = json_array(), *kept = json_array(), *slots = json_array();

	if (!name || json_object_set_new(object, "files", files) < 0 ||
	    json_object_set_new(object, "kept", kept) < 0 ||
	    json_object_set_new(object, "slots", slots) < 0)
		return error_failed(err, ENOMEM, "out of memory");
	text_json_set_path(object, "name", name);
	list_files(vm, files);
	list_kept(vm, options, kept);
	list_slots(vm, slots);
	return 0;
}

bool cmd_outline_is_vm(const char *path, const json_t *options)
{
	return !json_object_get(options, "source-format") && vm_is_named(path);
}

int cmd_outline_vm(const char *path, json_t *options, json_t *object, struct error *err)
{
	CLEANUP_CMD_VM struct cmd_vm vm = CMD_VM_INIT;
	struct convert convert = {.output = {.type = VHD_TYPE_MAX}};
	int r = set_options(&convert, /*is_vm=*/true, options, err);

	if (r == 0)
		r = cmd_vm_open(path, &convert.vm, &convert.sandbox, &vm, err);
	/* One that is refused, as when a disk is not there, has a name and files all the same. */
	return vm.config.path && vm.vm.name ? tell(&vm, &convert.vm, object, err) : r;
}

static int tell_outputs(const struct output_names *names, const struct cmd_vm_options *vm,
			const json_t *slots, json_t *outputs, struct error *err)
{
	char role[WRITE_ROLE];

	if (names->nvram)
		text_json_set_path(outputs, "store", names->nvram);
	text_json_set_path(outputs, "report", names->report);
	for (enum write_form i = 0; i < WRITE_FORM_MAX; i++)
		if (vm->forms[i])
			text_json_set_path(outputs, write_form_role(i), names->forms[i]);
	for (size_t i = 0; i < json_array_size(slots); i++) {
		const char *slot = json_string_value(json_array_get(slots, i));
		CLEANUP_FREE char *path = output_name_slot(names, slot ? slot : "");

		if (!path)
			return error_failed(err, ENOMEM, "out of memory");
		text_json_set_path(outputs, write_data_role(i, role), path);
	}
	text_json_set_path(outputs, "disk", names->disk);
	return 0;
}

int cmd_outline_outputs(const char *name, const char *folder, json_t *options, const json_t *vm,
			json_t *outputs, struct error *err)
{
	struct convert convert = {.output = {.type = VHD_TYPE_MAX}};
	struct output_names names = {.disk = NULL};
	CLEANUP_FREE char *source = NULL; /* of which the stem counts */
	int r = set_options(&convert, vm != NULL, options, err);

	if (!convert.output.folder && !convert.output.disk)
		convert.output.folder = folder;
	if (r == 0 && asprintf(&source, "%s.vhdx", name) < 0) {
		source = NULL;
		r = error_failed(err, ENOMEM, "out of memory");
	}
	if (r == 0)
		r = output_names_make(&convert.output, source, &names, err);
	if (r == 0 && !names.disk)
		r = error_usage(err, "'-' is no file for a disk");
	if (r == 0)
		r = tell_outputs(&names, &convert.vm, json_object_get(vm, "slots"), outputs, err);
	output_names_done(&names);
	return r;
}
