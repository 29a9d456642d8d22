/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user wants of a VM's drives: places, boot disk, rows and refusals follow. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "common/checked.h"
#include "config.h"
#include "convert/vm/output.h"

#define IDE  "_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/"
#define SCSI "_31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b71_/controller0/"

static const struct vm_place ide_0 = {VM_BUS_IDE, 0, 0}, ide_1 = {VM_BUS_IDE, 0, 1},
			     scsi_1 = {VM_BUS_SCSI, 0, 1};

static int choose(struct vm *vm, const struct vm_choice *choice, struct error *err)
{
	const struct vm_choices choices = {.list = choice, .count = choice ? 1 : 0};

	*err = (struct error)ERROR_INIT;
	return vm_choose(vm, &choices, err);
}

Test(vm_place, is_parsed)
{
	static const char *const wrong[] = {"",		"ide",	    "ide:",	 "ide:0",
					    "ide:0:",	"ide::0",   "ide:0:0:0", "ide:0:1 ",
					    " ide:0:1", "sata:0:0", "ide:-1:0",	 "scsi:0:100",
					    "ide0:1",	"ide:0x1:0"};
	struct vm_place place;

	cr_expect(vm_place_parse("ide:0:1", &place));
	cr_expect(place.bus == VM_BUS_IDE && place.controller == 0 && place.slot == 1);
	cr_expect(vm_place_parse("SCSI:3:63", &place));
	cr_expect(place.bus == VM_BUS_SCSI && place.controller == 3 && place.slot == 63);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		cr_expect_not(vm_place_parse(wrong[i], &place), "'%s'", wrong[i]);
}

Test(vm_choose, nothing_is_what_is_so_anyway)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL), same = config_extract(NULL, NULL);
	struct error err;

	cr_expect_eq(choose(&vm, NULL, &err), 0);
	cr_assert_eq(vm.rows.count, same.rows.count);
	for (size_t i = 0; i < vm.rows.count; i++) {
		const struct vm_row *row = &vm.rows.list[i], *other = &same.rows.list[i];

		cr_expect_eq(row->status, other->status, "%s", row->path);
		cr_expect(row->to == other->to || strcmp(row->to, other->to) == 0, "%s", row->path);
	}
}

/* The one that was to start from moves behind it. */
Test(vm_choose, another_boot_disk)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
	const struct vm_choice choice = {.place = ide_1, .is_boot = true};
	const struct vm_controller *controller;
	struct error err;

	cr_assert_eq(choose(&vm, &choice, &err), 0, "%s", err.message);
	cr_expect_eq(vm_boot_drive(&vm, &controller)->slot, 1);
	cr_expect_eq(controller->drives[1].target.slot, 0);
	cr_expect_eq(controller->drives[0].target.slot, 2);
	cr_expect_not(controller->drives[0].is_boot);
	cr_expect_str_eq(config_row(&vm, IDE "drive1/pathname")->id, "boot-disk");
	cr_expect_str_eq(config_row(&vm, IDE "drive0/pathname")->id, "data-disk");
	cr_expect_str_eq(config_row(&vm, IDE "drive0/type")->to, "SCSI 0:2 (was IDE 0:0)");
}

Test(vm_choose, a_disk_less)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
	const struct vm_choice choice = {.place = scsi_1, .action = VM_DISK_LEAVE};
	struct error err;

	cr_assert_eq(choose(&vm, &choice, &err), 0, "%s", err.message);
	cr_expect_eq(config_row(&vm, SCSI "drive1/pathname")->status, VM_DROPPED);
	cr_expect_str_eq(config_row(&vm, SCSI "drive1/type")->id, "left-out");
	cr_expect_str_eq(config_row(&vm, IDE "drive1/type")->to, "SCSI 0:1 (was IDE 0:1)");
}

Test(vm_choose, a_disk_stays_where_it_is)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
	const struct vm_choice choice = {.place = ide_1, .action = VM_DISK_ATTACH};
	const struct vm_row *row;
	struct error err;

	cr_assert_eq(choose(&vm, &choice, &err), 0, "%s", err.message);
	row = config_row(&vm, IDE "drive1/pathname");
	cr_expect_eq(row->status, VM_CARRIED);
	cr_expect_str_eq(row->to, row->from);
	cr_expect_null(row->id);
	cr_expect_eq(config_row(&vm, IDE "drive1/type")->status, VM_CHANGED);
}

static struct vm in_order(const char *line, const struct vm_choice *choice)
{
	struct vm vm = config_extract(NULL, line);
	struct error err;

	cr_assert_eq(choose(&vm, choice, &err), 0, "%s", err.message);
	cr_assert_eq(vm_keep_order(&vm, &err), 0);
	return vm;
}

/* A place as a number: those of the second controller follow on those of the first. */
static unsigned int place_of(const struct vm *vm, size_t controller, size_t drive)
{
	const struct vm_slot *target = &vm->controllers[controller].drives[drive].target;

	cr_assert(target->is_present);
	return target->controller * VM_MAX_SLOTS + target->slot;
}

/* IDE 0:0, IDE 0:1, and behind them SCSI 0:0 and 0:1, which make room; the DVD is not counted. */
Test(vm_keep_order, disks_of_ide_come_first)
{
	CLEANUP_VM struct vm vm =
		in_order(SCSI "drive0/type string VHD\n" SCSI "drive5/type string VHD", NULL);
	const struct vm_row *row = config_row(&vm, SCSI "drive0/type");

	cr_expect_eq(place_of(&vm, 0, 0), 0);
	cr_expect_eq(place_of(&vm, 0, 1), 1);
	cr_expect_eq(place_of(&vm, 2, 0), 2);
	cr_expect_eq(place_of(&vm, 2, 1), 3);
	cr_expect_eq(place_of(&vm, 2, 2), 5, "nothing is in its way");
	cr_expect_eq(place_of(&vm, 1, 0), 4, "the DVD");
	cr_expect_eq(row->status, VM_CHANGED);
	cr_expect_str_eq(row->id, "disk-order");
	cr_expect_str_eq(row->to, "SCSI 0:2 (was SCSI 0:0)");
	cr_expect_str_eq(config_row(&vm, IDE "drive1/type")->to, "SCSI 0:1 (was IDE 0:1)");
	cr_expect_eq(config_row(&vm, SCSI "drive5/type")->status, VM_CARRIED);
	cr_expect_null(config_row(&vm, SCSI "drive5/type")->id);
}

/* Whichever of them is started. */
Test(vm_keep_order, another_boot_disk)
{
	const struct vm_choice choice = {.place = ide_1, .is_boot = true};
	CLEANUP_VM struct vm vm = in_order(NULL, &choice);

	cr_expect_eq(vm_boot_drive(&vm, NULL)->target.slot, 1);
	cr_expect_eq(place_of(&vm, 0, 0), 0);
	cr_expect_eq(place_of(&vm, 2, 0), 2);
}

Test(vm_keep_order, one_that_is_left_out_has_no_place)
{
	const struct vm_choice choice = {.place = ide_1, .action = VM_DISK_LEAVE};
	CLEANUP_VM struct vm vm = in_order(NULL, &choice);

	cr_expect_not(vm.controllers[0].drives[1].target.is_present);
	cr_expect_eq(place_of(&vm, 2, 0), 1);
	cr_expect_eq(config_row(&vm, SCSI "drive1/type")->status, VM_CARRIED);
	cr_expect_str_eq(config_row(&vm, IDE "drive1/type")->id, "left-out");
}

Test(vm_choose, impossible_choices)
{
	const struct vm_choice wrong[] = {
		{.place = ide_0, .action = VM_DISK_LEAVE},
		{.place = ide_0, .action = VM_DISK_COPY},
		{.place = {VM_BUS_IDE, 1, 0}, .action = VM_DISK_LEAVE}, /* a DVD */
		{.place = {VM_BUS_IDE, 1, 1}, .is_boot = true},		/* nothing */
		{.place = {VM_BUS_SCSI, 1, 0}, .action = VM_DISK_COPY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
		struct error err;

		cr_expect_eq(choose(&vm, &wrong[i], &err), -EINVAL, "%zu", i);
		cr_expect_eq(err.kind, ERROR_USAGE, "%zu: %s", i, err.message);
	}
}

static void check(struct vm *vm, const struct vm_choices *choices, enum refusal refusal,
		  struct error *err)
{
	*err = (struct error)ERROR_INIT;
	cr_assert_eq(vm_choose(vm, choices, err), 0, "%s", err->message);
	cr_expect_eq(vm_check(vm, err), refusal == REFUSAL_NONE ? 0 : -EPERM);
	cr_expect_eq(err->refusal, refusal, "%s", err->message);
}

Test(vm_choose, what_a_refused_disk_can_be)
{
	const struct vm_choice leave = {.place = scsi_1, .action = VM_DISK_LEAVE};
	const struct vm_choice attach = {.place = scsi_1, .action = VM_DISK_ATTACH};
	const struct vm_choices none = {.count = 0}, left = {&leave, 1, 0, 0};
	const struct vm_choices attached = {&attach, 1, 0, 0};
	CLEANUP_VM struct vm host = config_extract(SCSI "drive1/pathname", SCSI
						   "drive1/pathname string \\\\.\\PhysicalDrive2");
	CLEANUP_VM struct vm shared =
		config_extract(SCSI "drive1/pathname", SCSI "drive1/pathname string E:\\a.vhds");
	CLEANUP_VM struct vm vhd =
		config_extract(SCSI "drive1/pathname", SCSI "drive1/pathname string E:\\a.VHD");
	struct error err;

	check(&host, &none, REFUSAL_DISK_PASSTHROUGH, &err);
	check(&host, &left, REFUSAL_NONE, &err);
	check(&shared, &none, REFUSAL_DISK_SHARED, &err);
	check(&shared, &left, REFUSAL_NONE, &err);
	check(&shared, &attached, REFUSAL_NONE, &err);
	check(&vhd, &none, REFUSAL_NONE, &err);
	check(&vhd, &attached, REFUSAL_TARGET_UNSUPPORTED, &err);
	cr_expect_str_eq(err.advice, "have a VHDX made of it, with --data-disks SLOT=copy");
}

Test(vm_choose, no_checkpoint_is_a_parent)
{
	const struct vm_choices copies = {.count = 0}, children = {NULL, 0, VM_DISK_CHILD, 0};
	const struct vm_choices data = {NULL, 0, 0, VM_DISK_CHILD};
	CLEANUP_VM struct vm plain = config_extract(NULL, NULL);
	CLEANUP_VM struct vm listed =
		config_extract("global_settings/snapshots/list/size",
			       "global_settings/snapshots/list/size integer 1");
	CLEANUP_VM struct vm named =
		config_extract(SCSI "drive1/pathname", SCSI "drive1/pathname string E:\\a_1.AVHDX");
	struct error err;

	check(&plain, &children, REFUSAL_NONE, &err);
	check(&listed, &copies, REFUSAL_NONE, &err);
	check(&listed, &children, REFUSAL_VM_HAS_CHECKPOINTS, &err);
	cr_expect_str_eq(err.advice, "remove the checkpoints on the VM's host and export it again, "
				     "or make whole disks with --format dynamic");
	check(&named, &children, REFUSAL_NONE, &err);
	check(&named, &data, REFUSAL_VM_HAS_CHECKPOINTS, &err);
}

Test(vm_rename, says_so)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
	struct error err = ERROR_INIT;

	cr_assert_eq(vm_rename(&vm, "web02", &err), 0);
	cr_expect_str_eq(vm.name, "web02");
	cr_expect_eq(config_row(&vm, "properties/name")->status, VM_CHANGED);
	cr_expect_str_eq(config_row(&vm, "properties/name")->to, "web02");
	cr_assert_eq(vm_rename(&vm, "", &err), 0);
	cr_expect_eq(vm_check(&vm, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_VM_NAME);
}

Test(vm_output, names_the_files)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
	const struct vm_controller *ide = &vm.controllers[0];
	const struct vm_output outputs[] = {
		{ide, &ide->drives[0], "/out/web.vhdx"},
		{ide, &ide->drives[1], NULL},
	};
	struct error err = ERROR_INIT;
	char text[VM_SLOT_TEXT];

	cr_assert_eq(vm_outputs_tell(&vm, outputs, ARRAY_SIZE(outputs), &err), 0);
	cr_expect_str_eq(config_row(&vm, IDE "drive0/pathname")->to,
			 "the converted disk: 'web.vhdx'");
	cr_expect_str_eq(config_row(&vm, IDE "drive1/pathname")->to, "a copy of it");
	cr_expect_str_eq(vm_slot_name(ide, &ide->drives[1], text), "ide0-1");
}
