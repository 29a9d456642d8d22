/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refusals that the settings of a VM alone decide: see vm_check() in vm.h. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/vm/vm.h"

/* 5.0 is Windows Server 2012 R2, 12.x is 2025. */
#define OLDEST_MAJOR 5
#define NEWEST_MAJOR 12

#define MAX_NAME 100 /* characters */

static int check_version(const struct vm *vm, struct error *err)
{
	uint64_t version = vm->version.value;

	if (vm->version.is_present && version / 256 >= OLDEST_MAJOR &&
	    version / 256 <= NEWEST_MAJOR)
		return 0;
	return error_refused(err, REFUSAL_VM_CONFIG_VERSION,
			     "export the VM from a host of Windows Server 2012 R2 to 2025",
			     "its configuration has version %" PRIu64 ".%" PRIu64
			     ", known are 5.0 to 12.255",
			     version / 256, version % 256);
}

static int check_generation(const struct vm *vm, struct error *err)
{
	if (vm->generation.is_present && vm->generation.value == 0)
		return 0;
	if (vm->generation.is_present && vm->generation.value == 1)
		return error_refused(err, REFUSAL_VM_ALREADY_GEN2,
				     "there is nothing to convert: give a generation 1 VM",
				     "'%s' is a generation 2 VM", vm->name);
	error_damaged(err, "'%s' has no generation, or another than 1 and 2", vm->name);
	return error_advise(err, "look at it on the VM's host, or take another copy of the file");
}

/* Characters, not bytes: what begins one. */
static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static int check_name(const struct vm *vm, struct error *err)
{
	if (characters(vm->name) >= 1 && characters(vm->name) <= MAX_NAME)
		return 0;
	return error_refused(err, REFUSAL_VM_NAME,
			     "rename the VM on its host, with Rename-VM, and export it again, or "
			     "give it a new name with --name",
			     "the name of the VM has %zu characters; it must have 1 to %u",
			     characters(vm->name), MAX_NAME);
}

static int check_merge(const struct vm *vm, struct error *err)
{
	if (vm->is_merging != VM_YES)
		return 0;
	return error_refused(err, REFUSAL_VM_BUSY,
			     "let the host merge them: start the VM or wait, shut it down, and "
			     "export it again",
			     "disks of '%s' are to be merged with their parents", vm->name);
}

static bool has_disk(const struct vm *vm)
{
	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++)
			if (vm->controllers[c].drives[d].kind == VM_DRIVE_DISK)
				return true;
	return false;
}

static int check_boot_disk(const struct vm *vm, struct error *err)
{
	int r;

	if (vm_boot_drive(vm, NULL))
		return 0;
	r = error_refused(err, REFUSAL_NO_BOOT_DISK,
			  "attach the disk that it is to start from as IDE 0:0 and export it "
			  "again, name it with --boot-disk, or convert that disk alone",
			  "'%s' has no hard disk on IDE, from which a generation 1 VM starts",
			  vm->name);
	return has_disk(vm) ? error_of_wish(err) : r;
}

static bool ends_in(const struct vm_drive *drive, const char *ending)
{
	const char *dot = drive->path ? strrchr(drive->path, '.') : NULL;

	return dot && strcasecmp(dot, ending) == 0;
}

static int refuse_passthrough(const char *slot, const struct vm_drive *drive, struct error *err)
{
	static const char format[] = "%s: a disk of the host itself, '%s'";

	if (drive->is_boot)
		return error_refused(err, REFUSAL_DISK_PASSTHROUGH,
				     "make an image of it, attach that to the VM instead, and "
				     "export it again",
				     format, slot, drive->path);
	error_refused(err, REFUSAL_DISK_PASSTHROUGH,
		      "leave it out with --without-disk, and give it to the new VM on its "
		      "host",
		      format, slot, drive->path);
	return error_of_wish(err);
}

/* Nobody copies what another VM writes, and no conversion is of use to it. */
static int refuse_shared(const char *slot, const struct vm_drive *drive, struct error *err)
{
	static const char format[] = "%s: '%s' is shared with other VMs";
	const char *path = drive->path ? drive->path : "";

	if (drive->is_boot)
		return error_refused(err, REFUSAL_DISK_SHARED,
				     "attach a copy of it, which no other VM has, instead, and "
				     "export the VM again",
				     format, slot, path);
	error_refused(err, REFUSAL_DISK_SHARED,
		      "let the new VM share it, with --data-disks SLOT=attach, or leave it "
		      "out with --without-disk",
		      format, slot, path);
	return error_of_wish(err);
}

/* A parent must stay as it is, and the host merges checkpoints away. */
static int check_child(const struct vm *vm, const char *slot, const struct vm_drive *drive,
		       struct error *err)
{
	bool is_merged = vm->is_checkpoint || vm->checkpoints.value || ends_in(drive, ".avhdx") ||
			 ends_in(drive, ".avhd");

	if (drive->action != VM_DISK_CHILD || !is_merged)
		return 0;
	return error_refused(
		err, REFUSAL_VM_HAS_CHECKPOINTS,
		"remove the checkpoints on the VM's host and export it again, or make "
		"whole disks with --format dynamic",
		"%s: the VM has checkpoints, whose disks its host merges and removes, so "
		"that none of them can be a parent",
		slot);
}

static int check_image(const struct vm *vm, const char *slot, const struct vm_drive *drive,
		       struct error *err)
{
	bool is_kept = !drive->is_boot && drive->action != VM_DISK_COPY;

	if ((drive->persistent_reservations == VM_YES || ends_in(drive, ".vhds")) &&
	    (drive->is_boot || drive->action != VM_DISK_ATTACH))
		return refuse_shared(slot, drive, err);
	if (is_kept && (ends_in(drive, ".vhd") || ends_in(drive, ".avhd")))
		return error_refused(
			err, REFUSAL_TARGET_UNSUPPORTED,
			"have a VHDX made of it, with --data-disks SLOT=copy",
			"%s: '%s' is a VHD, which a generation 2 VM cannot have, nor a child "
			"of it",
			slot, drive->path);
	return check_child(vm, slot, drive, err);
}

static int check_drive(const struct vm *vm, const struct vm_controller *controller,
		       const struct vm_drive *drive, struct error *err)
{
	char slot[VM_SLOT_TEXT];
	int r = 0;

	if (drive->action == VM_DISK_LEAVE)
		return 0;
	vm_slot_text(controller, drive, slot);
	if (drive->kind == VM_DRIVE_PASSTHROUGH)
		return refuse_passthrough(slot, drive, err);
	if (drive->kind == VM_DRIVE_DISK)
		r = check_image(vm, slot, drive, err);
	if (r < 0)
		return r;
	if (drive->kind != VM_DRIVE_NONE && drive->kind != VM_DRIVE_FLOPPY &&
	    drive->kind != VM_DRIVE_PHYSICAL_DVD && !drive->target.is_present)
		return error_refused(err, REFUSAL_TOO_MANY_DISKS,
				     "take drives from the VM that it does not need, and export "
				     "it again",
				     "%s: a generation 2 VM has at most %u SCSI controllers with "
				     "%u drives each",
				     slot, VM_MAX_CONTROLLERS, VM_MAX_SLOTS);
	return 0;
}

static char plain(char c)
{
	if (c == '\\')
		return '/';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_path(const char *a, const char *b)
{
	while (*a && plain(*a) == plain(*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static bool is_image(const struct vm_drive *drive)
{
	return drive->kind == VM_DRIVE_DISK && drive->action != VM_DISK_LEAVE && drive->path &&
	       *drive->path;
}

/* Is there a drive before 'last' with the image of 'last'? */
static const struct vm_drive *find_twin(const struct vm *vm, const struct vm_drive *last)
{
	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++) {
			const struct vm_drive *drive = &vm->controllers[c].drives[d];

			if (drive == last)
				return NULL;
			if (is_image(drive) && is_image(last) &&
			    is_same_path(drive->path, last->path))
				return drive;
		}
	return NULL;
}

static int check_drives(const struct vm *vm, struct error *err)
{
	for (size_t c = 0; c < vm->controller_count; c++) {
		const struct vm_controller *controller = &vm->controllers[c];

		for (size_t d = 0; d < controller->count; d++) {
			const struct vm_drive *drive = &controller->drives[d];
			char slot[VM_SLOT_TEXT];
			int r = check_drive(vm, controller, drive, err);

			if (r < 0)
				return r;
			if (find_twin(vm, drive))
				return error_refused(
					err, REFUSAL_DISK_CONFLICT,
					"take one of them from the VM, and export it again",
					"%s: '%s' is another drive's image too",
					vm_slot_text(controller, drive, slot), drive->path);
		}
	}
	return 0;
}

int vm_check(const struct vm *vm, struct error *err)
{
	int r = check_version(vm, err);

	if (r == 0)
		r = check_generation(vm, err);
	if (r == 0)
		r = check_name(vm, err);
	if (r == 0)
		r = check_merge(vm, err);
	if (r == 0)
		r = check_boot_disk(vm, err);
	return r == 0 ? check_drives(vm, err) : r;
}
