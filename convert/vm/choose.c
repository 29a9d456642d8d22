/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user wants of a VM's drives, and of its name: see vm_choose() and vm_rename() in
 * vm.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/vm/extract.h"

/* At least one digit, and at most two. */
static bool take_number(const char **at, unsigned int *ret)
{
	const char *start = *at;

	for (*ret = 0; **at >= '0' && **at <= '9' && *at - start < 3; (*at)++)
		*ret = *ret * 10 + (unsigned int)(**at - '0');
	return *at > start && *at - start < 3;
}

bool vm_place_parse(const char *text, struct vm_place *ret)
{
	static const struct {
		const char *name;
		enum vm_bus bus;
	} buses[] = {{"ide:", VM_BUS_IDE}, {"scsi:", VM_BUS_SCSI}};

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		const char *at = text + strlen(buses[i].name);

		if (strncasecmp(text, buses[i].name, strlen(buses[i].name)) != 0)
			continue;
		ret->bus = buses[i].bus;
		return take_number(&at, &ret->controller) && *at++ == ':' &&
		       take_number(&at, &ret->slot) && *at == '\0';
	}
	return false;
}

static struct vm_drive *find_drive(struct vm *vm, const struct vm_place *place)
{
	for (size_t c = 0; c < vm->controller_count; c++) {
		struct vm_controller *controller = &vm->controllers[c];

		if (controller->bus != place->bus || controller->number != place->controller)
			continue;
		for (size_t d = 0; d < controller->count; d++)
			if (controller->drives[d].slot == place->slot)
				return &controller->drives[d];
	}
	return NULL;
}

static const char *place_text(const struct vm_place *place, char text[VM_SLOT_TEXT])
{
	snprintf(text, VM_SLOT_TEXT, "%s %u:%u", place->bus == VM_BUS_IDE ? "IDE" : "SCSI",
		 place->controller, place->slot);
	return text;
}

/* Only an image can be converted, copied or attached; what is none can be left out. */
static int check_kind(const struct vm_choice *choice, const struct vm_drive *drive,
		      struct error *err)
{
	bool is_left = !choice->is_boot && choice->action == VM_DISK_LEAVE;
	char place[VM_SLOT_TEXT];

	place_text(&choice->place, place);
	if (!drive || drive->kind == VM_DRIVE_NONE)
		return error_usage(err, "%s: the VM has no drive there", place);
	if (drive->kind == VM_DRIVE_DISK ||
	    (is_left && (drive->kind == VM_DRIVE_PASSTHROUGH || drive->kind == VM_DRIVE_UNKNOWN)))
		return 0;
	return error_usage(err, "%s: the drive there is %s", place,
			   drive->kind == VM_DRIVE_PASSTHROUGH ? "a disk of the host, no image"
							       : "no hard disk");
}

static int make_choice(struct vm *vm, const struct vm_choice *choice, struct error *err)
{
	struct vm_drive *drive = find_drive(vm, &choice->place);
	int r = check_kind(choice, drive, err);

	if (r < 0)
		return r;
	if (choice->is_boot)
		drive->is_chosen = true;
	else
		drive->action = choice->action;
	return 0;
}

/* The boot disk is converted, whatever becomes of the others. */
static int choose_boot(struct vm *vm, const struct vm_choices *choices, struct error *err)
{
	for (size_t i = 0; i < choices->count; i++) {
		const struct vm_choice *choice = &choices->list[i];
		const struct vm_drive *drive = find_drive(vm, &choice->place);
		char place[VM_SLOT_TEXT];

		if (!choice->is_boot && drive && drive->is_boot)
			return error_usage(err,
					   "%s: the VM starts from it, so that it is converted; "
					   "what is said of it is for data disks",
					   place_text(&choice->place, place));
	}
	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++)
			if (vm->controllers[c].drives[d].is_boot)
				vm->controllers[c].drives[d].action = choices->boot;
	return 0;
}

int vm_choose(struct vm *vm, const struct vm_choices *choices, struct error *err)
{
	int r = 0;

	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++)
			if (vm->controllers[c].drives[d].kind == VM_DRIVE_DISK)
				vm->controllers[c].drives[d].action = choices->data;
	for (size_t i = 0; r == 0 && i < choices->count; i++)
		r = make_choice(vm, &choices->list[i], err);
	if (r < 0)
		return r;
	vm_assign_slots(vm);
	r = choose_boot(vm, choices, err);
	if (r < 0)
		return r;
	vm_assign_slots(vm); /* the rows say what became of the boot disk */
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}

int vm_rename(struct vm *vm, const char *name, struct error *err)
{
	char *copy = strdup(name);

	if (!copy)
		return error_failed(err, ENOMEM, "out of memory");
	free(vm->name);
	vm->name = copy;
	for (size_t i = 0; i < vm->rows.count; i++) {
		struct vm_row *row = &vm->rows.list[i];

		if (strcmp(row->path, "properties/name") != 0)
			continue;
		row->status = VM_CHANGED;
		row->id = "renamed";
		vm_row_becomes(&vm->rows, row, name);
	}
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}
