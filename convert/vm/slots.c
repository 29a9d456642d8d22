/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where drives go: a generation 2 VM has SCSI alone. Drives of SCSI controllers keep their places.
 * Those of IDE follow in their order, the boot disk first, each to the lowest free place of the
 * first controller that has one; when none has, the VM gets one controller more, up to the four
 * that it can have. So the boot disk is at 0:0 when that is free.
 *
 * Windows knows its disks again wherever they are. A Linux calls them sda, sdb, ... in the order of
 * the places, those of IDE in front of those of SCSI: for it that order is kept, and drives of SCSI
 * controllers make room for those of IDE (vm_keep_order()).
 *
 * The boot disk is what the BIOS starts, unless another was chosen: the first hard disk on IDE, for
 * generation 1 starts nothing from SCSI.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "convert/vm/extract.h"

static bool is_of_host(const char *path)
{
	return path && strncmp(path, "\\\\.\\", 4) == 0;
}

static enum vm_drive_kind kind_of(const struct vm_drive *drive)
{
	const char *type = drive->type ? drive->type : "";

	if (strcmp(type, "NONE") == 0)
		return VM_DRIVE_NONE;
	if (strcmp(type, "ISO") == 0)
		return is_of_host(drive->path) ? VM_DRIVE_PHYSICAL_DVD : VM_DRIVE_DVD;
	if (strcmp(type, "VFD") == 0)
		return VM_DRIVE_FLOPPY;
	/* No sample has one, so its type is not known; its path cannot be another. */
	if (is_of_host(drive->path))
		return VM_DRIVE_PASSTHROUGH;
	return strcmp(type, "VHD") == 0 ? VM_DRIVE_DISK : VM_DRIVE_UNKNOWN;
}

struct places {
	unsigned int controllers;
	bool used[VM_MAX_CONTROLLERS][VM_MAX_SLOTS];
};

static void take_place(struct places *places, struct vm_drive *drive, unsigned int controller,
		       unsigned int slot)
{
	places->used[controller][slot] = true;
	drive->target = (struct vm_slot){true, controller, slot};
}

static bool needs_place(const struct vm_drive *drive)
{
	return drive->action != VM_DISK_LEAVE &&
	       (drive->kind == VM_DRIVE_DISK || drive->kind == VM_DRIVE_PASSTHROUGH ||
		drive->kind == VM_DRIVE_DVD || drive->kind == VM_DRIVE_UNKNOWN);
}

static void find_place(struct places *places, struct vm_drive *drive)
{
	for (unsigned int c = 0; c < places->controllers; c++)
		for (unsigned int s = 0; s < VM_MAX_SLOTS; s++)
			if (!places->used[c][s]) {
				take_place(places, drive, c, s);
				return;
			}
	if (places->controllers < VM_MAX_CONTROLLERS)
		take_place(places, drive, places->controllers++, 0);
}

/* All drives on IDE that have no place yet, in their order: those that are the boot disk, or all
 * others. */
static void move_drives(struct vm *vm, struct places *places, bool is_boot)
{
	for (size_t c = 0; c < vm->controller_count; c++) {
		struct vm_controller *controller = &vm->controllers[c];

		for (size_t d = 0; controller->bus == VM_BUS_IDE && d < controller->count; d++)
			if (controller->drives[d].is_boot == is_boot &&
			    !controller->drives[d].target.is_present &&
			    needs_place(&controller->drives[d]))
				find_place(places, &controller->drives[d]);
	}
}

/* Places are in the order of their controllers. */
static struct vm_slot later_of(struct vm_slot a, struct vm_slot b)
{
	if (b.controller != a.controller)
		return b.controller > a.controller ? b : a;
	return b.slot > a.slot ? b : a;
}

/* The place that it wants, or '*next' when that is later; *next becomes what is behind it: after the
 * last place of a controller the first of another. */
static void place_next(struct places *places, struct vm_drive *drive, struct vm_slot wanted,
		       struct vm_slot *next)
{
	struct vm_slot place = later_of(wanted, *next);

	if (place.controller >= VM_MAX_CONTROLLERS)
		return;
	if (place.controller >= places->controllers)
		places->controllers = place.controller + 1;
	take_place(places, drive, place.controller, place.slot);
	*next = place;
	if (++next->slot == VM_MAX_SLOTS)
		*next = (struct vm_slot){.controller = place.controller + 1};
}

/* Disks on IDE in their order, and behind them all that is on SCSI in its own. */
static void place_in_order(struct vm *vm, struct places *places)
{
	struct vm_slot next = {.slot = 0};

	for (size_t c = 0; c < vm->controller_count; c++) {
		const struct vm_controller *controller = &vm->controllers[c];
		bool is_scsi = controller->bus == VM_BUS_SCSI;

		if (controller->bus == VM_BUS_FLOPPY ||
		    (is_scsi && controller->number >= VM_MAX_CONTROLLERS))
			continue;
		for (size_t d = 0; d < controller->count; d++) {
			struct vm_drive *drive = &controller->drives[d];
			struct vm_slot own = {.controller = is_scsi ? controller->number : 0,
					      .slot = is_scsi ? drive->slot : 0};

			if (needs_place(drive) && (is_scsi || drive->kind != VM_DRIVE_DVD))
				place_next(places, drive, own, &next);
		}
	}
}

static bool has_choice(const struct vm *vm)
{
	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++)
			if (vm->controllers[c].drives[d].is_chosen)
				return true;
	return false;
}

/* Would the BIOS start from it, were it the first? */
static bool can_start(const struct vm_controller *controller, const struct vm_drive *drive)
{
	return controller->bus == VM_BUS_IDE &&
	       (drive->kind == VM_DRIVE_DISK || drive->kind == VM_DRIVE_PASSTHROUGH);
}

/* Kinds and boot disk; none has a place. */
static void look(struct vm *vm, struct places *places)
{
	bool has_boot = has_choice(vm);

	for (size_t c = 0; c < vm->controller_count; c++) {
		struct vm_controller *controller = &vm->controllers[c];

		for (size_t d = 0; d < controller->count; d++) {
			struct vm_drive *drive = &controller->drives[d];

			drive->kind = kind_of(drive);
			drive->target = (struct vm_slot){.is_present = false};
			drive->is_boot =
				drive->is_chosen || (!has_boot && can_start(controller, drive));
			has_boot |= drive->is_boot;
		}
		if (controller->bus == VM_BUS_SCSI && places->controllers < VM_MAX_CONTROLLERS)
			places->controllers++;
	}
}

static void stay(struct vm *vm, struct places *places)
{
	for (size_t c = 0; c < vm->controller_count; c++) {
		struct vm_controller *controller = &vm->controllers[c];

		for (size_t d = 0; d < controller->count; d++)
			if (controller->bus == VM_BUS_SCSI &&
			    controller->number < VM_MAX_CONTROLLERS &&
			    needs_place(&controller->drives[d]))
				take_place(places, &controller->drives[d], controller->number,
					   controller->drives[d].slot);
	}
}

static void place_text(const struct vm_controller *controller, const struct vm_drive *drive,
		       char *text, size_t size)
{
	char old[VM_SLOT_TEXT];

	vm_slot_text(controller, drive, old);
	if (!drive->target.is_present)
		snprintf(text, size, "no place is left for %s", old);
	else
		snprintf(text, size, "SCSI %u:%u (was %s)", drive->target.controller,
			 drive->target.slot, old);
}

static void change(struct vm_rows *rows, struct vm_row *row, const char *id, const char *to)
{
	row->status = VM_CHANGED;
	row->id = id;
	vm_row_becomes(rows, row, to);
}

static void drop_drive(struct vm_row *row, const struct vm_drive *drive)
{
	bool is_empty = !drive->path || !*drive->path;

	if (drive->kind == VM_DRIVE_FLOPPY)
		vm_row_drop(row, "floppy", is_empty ? NULL : "copy what is on it into the guest");
	else if (drive->kind == VM_DRIVE_PHYSICAL_DVD)
		vm_row_drop(row, "physical-dvd", "make an image of the DVD and give the VM that");
	else if (drive->kind == VM_DRIVE_PASSTHROUGH)
		vm_row_drop(row, "disk-passthrough", "give the disk to the new VM on its host");
	else
		vm_row_drop(row, "unknown-drive", "look at the old VM's settings for what this is");
}

static bool has_moved(const struct vm_controller *controller, const struct vm_drive *drive)
{
	return controller->bus != VM_BUS_SCSI || drive->target.controller != controller->number ||
	       drive->target.slot != drive->slot;
}

static void finish_type(struct vm_rows *rows, struct vm_row *row,
			const struct vm_controller *controller, const struct vm_drive *drive)
{
	char text[96];

	if (drive->kind == VM_DRIVE_NONE)
		vm_row_ignore(row, "an empty place");
	else if (drive->action == VM_DISK_LEAVE)
		vm_row_drop(row, "left-out", NULL);
	else if (drive->kind != VM_DRIVE_DISK && drive->kind != VM_DRIVE_DVD)
		drop_drive(row, drive);
	else if (has_moved(controller, drive)) {
		place_text(controller, drive, text, sizeof(text));
		change(rows, row, controller->bus == VM_BUS_SCSI ? "disk-order" : "ide-to-scsi",
		       text);
	}
}

static void finish_image(struct vm_rows *rows, struct vm_row *row, const struct vm_drive *drive)
{
	if (drive->is_boot) {
		change(rows, row, "boot-disk", "the converted disk");
	} else if (drive->action != VM_DISK_ATTACH) {
		change(rows, row, "data-disk",
		       drive->action == VM_DISK_CHILD ? "a differencing disk on it"
						      : "a copy of it");
	} else {
		row->status = VM_CARRIED;
		row->id = NULL;
		row->how = "Add-VMHardDiskDrive -Path";
		vm_row_becomes(rows, row, drive->path);
	}
}

static void finish_path(struct vm_rows *rows, struct vm_row *row, const struct vm_drive *drive)
{
	if (row->status == VM_IGNORED)
		return;
	if (drive->action == VM_DISK_LEAVE)
		vm_row_drop(row, "left-out", NULL);
	else if (drive->kind == VM_DRIVE_DISK)
		finish_image(rows, row, drive);
	else if (drive->kind == VM_DRIVE_NONE)
		vm_row_ignore(row, "an empty place");
	else if (drive->kind != VM_DRIVE_DVD)
		drop_drive(row, drive);
	else
		row->how = "Add-VMDvdDrive -Path";
}

static void finish_types(struct vm *vm)
{
	struct vm_rows *rows = &vm->rows;

	for (size_t c = 0; c < vm->controller_count; c++) {
		const struct vm_controller *controller = &vm->controllers[c];

		for (size_t d = 0; d < controller->count; d++)
			if (controller->drives[d].type_row)
				finish_type(rows, &rows->list[controller->drives[d].type_row - 1],
					    controller, &controller->drives[d]);
	}
}

static void finish_paths(struct vm *vm)
{
	struct vm_rows *rows = &vm->rows;

	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++) {
			const struct vm_drive *drive = &vm->controllers[c].drives[d];

			if (drive->path_row)
				finish_path(rows, &rows->list[drive->path_row - 1], drive);
		}
}

void vm_assign_slots(struct vm *vm)
{
	struct places places = {.controllers = 0};

	look(vm, &places);
	stay(vm, &places);
	move_drives(vm, &places, true);
	move_drives(vm, &places, false);
	finish_types(vm);
	finish_paths(vm);
}

int vm_keep_order(struct vm *vm, struct error *err)
{
	struct places places = {.controllers = 0};

	look(vm, &places);
	place_in_order(vm, &places);
	move_drives(vm, &places, false); /* DVDs */
	finish_types(vm);
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}
