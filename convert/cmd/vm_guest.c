/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest of a VM that is only looked at: see vm_guest.h. */
#include "convert/cmd/vm_guest.h"

#include "common/process.h"
#include "convert/cmd/source.h"
#include "convert/cmd/vm_disks.h"
#include "convert/grub_reader/reader.h"
#include "convert/plan.h"

/* As far as it was looked at. */
struct guest {
	bool is_linux;
	bool is_built; /* all that changes */
	bool has_secure_boot;
};

/* All that a conversion without options does before it writes. */
static int build_guest(struct disk *disk, const struct vm_guest_look *look, struct guest *ret,
		       struct error *err)
{
	CLEANUP_SURVEY struct survey survey = {.start = SURVEY_NONE, .system = SURVEY_NONE};
	CLEANUP_PLAN struct plan plan = {.layout = LAYOUT_AUTO};
	CLEANUP_BUILD struct build build = {.target = NULL};
	const struct plan_options options = {.layout = LAYOUT_AUTO,
					     .format = VHD_FORMAT_VHDX,
					     .type = VHD_TYPE_MAX,
					     .esp_size = PLAN_DEFAULT_ESP_SIZE};
	int r = survey_disk(disk, &look->survey, &survey, err);

	if (r == 0)
		r = plan_make(&survey, &options, &plan, err);
	if (r == 0)
		r = build_target(disk, &survey, &plan, look->build, &build, err);
	*ret = (struct guest){survey_is_linux(&survey), r == 0,
			      build.boot.linux_boot.has_secure_boot};
	return r < 0 && build.is_elsewhere ? error_of_wish(err) : r;
}

/* A Windows has all as vm_choose() and the table of rules have it. */
static int tell_guest(const struct guest *guest, struct vm *vm, struct error *err)
{
	int r = guest->is_linux ? vm_keep_order(vm, err) : 0;

	if (r < 0 || !guest->is_linux)
		return r;
	return guest->is_built ? vm_tell_linux(vm, guest->has_secure_boot, err)
			       : vm_doubt_secure_boot(vm, err);
}

static int prefix_boot_disk(const struct vm *vm, struct error *err)
{
	const struct vm_controller *controller;
	const struct vm_drive *drive = vm_boot_drive(vm, &controller);
	char slot[VM_SLOT_TEXT];

	return error_prefix(err, "%s", vm_slot_text(controller, drive, slot));
}

/* Who knows more options than the settings of a VM may be able to convert it. */
static void warn(struct cmd_vm *vm, const struct error *problem)
{
	bool is_refused = problem->kind == ERROR_REFUSED;

	note_add(&vm->tree.warnings, "the boot disk as it is cannot be converted%s%s%s: %s%s%s",
		 is_refused ? " [" : "", is_refused ? refusal_id(problem->refusal) : "",
		 is_refused ? "]" : "", problem->message, *problem->advice ? "; " : "",
		 problem->advice);
}

int vm_guest_look(struct cmd_vm *vm, const struct vm_guest_look *look, struct error *problem,
		  struct error *err)
{
	const struct vhd_open_options options = {.format = VHD_OPEN_BY_NAME};
	struct vm_disks none = {.list = NULL};
	CLEANUP_DISK struct disk *disk = NULL;
	struct guest guest = {.is_linux = false};
	int r = vm_disks_open_boot(vm, &options, &disk, problem), told = 0;

	if (r == 0) {
		grub_reader_set_disk(look->survey.reader, disk);
		process_reserve_heap(PROCESS_HEAP_TO_PLAN);
		r = sandbox_enter(look->sandbox, disk->size, NULL, err);
		if (r < 0)
			return r;
		vm->sandbox = look->sandbox->state;
		r = build_guest(disk, look, &guest, problem);
		r = cmd_source_check(disk, grub_reader_check(look->survey.reader, r, problem),
				     problem);
		guest.is_built &= r == 0;
		told = tell_guest(&guest, &vm->vm, err);
		if (r < 0)
			prefix_boot_disk(&vm->vm, problem);
	}
	vm_disks_close(vm, &none); /* what is reported of the disks does not lead to it */
	if (r < 0)
		warn(vm, problem);
	return told < 0 ? told : note_list_check(&vm->tree.warnings, err);
}
