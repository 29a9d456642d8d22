/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VM out of its tree: settings, the row of every leaf, places of drives, refusals. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "config.h"
#include "convert/vm/vm.h"

#define IDE	   "_83f8638b-8dca-4152-9eda-2ca8b33039b4_/"
#define SCSI	   "_31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b71_/"
#define SCSI_CLASS "d422512d-2bf2-4752-809d-7b82b5fcb1b4"
#define OTHER_SCSI "31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b8%u"
#define NIC	   "_a87b1c90-2f3e-4c5d-9d10-77e0c4b2f615_/"
#define LEGACY	   "_c1d5f9a2-6b7e-4f01-93a4-5d6e7f809a1b_/ethernet_card0/"
#define FIRMWARE   "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/"
#define VLAN                                                                                       \
	NIC "Connection/Feature_952C5004-4465-451C-8CB8-FA9AB382B773/"                             \
	    "Setting_11111111-2222-3333-4444-555555555555/Data"

Test(vm_extract, every_leaf_has_one_row)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(NULL, NULL);
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
	size_t at = 0;

	for (const struct vm_node *node = tree.root; node; node = vm_next(node)) {
		CLEANUP_FREE char *path = vm_path(node);

		if (node->value.type == VM_NODE)
			continue;
		cr_assert_lt(at, vm.rows.count);
		cr_expect_str_eq(vm.rows.list[at++].path, path);
	}
	cr_expect_eq(at, vm.rows.count);
}

Test(vm_extract, settings)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);

	cr_expect_str_eq(vm.name, "FILES-01");
	cr_expect_str_eq(vm.notes, "Owner: infrastructure team");
	cr_expect_eq(vm.memory.startup_mib.value, 4096);
	cr_expect_eq(vm.memory.minimum_mib.value, 2048);
	cr_expect_eq(vm.memory.maximum_mib.value, 8192);
	cr_expect_eq(vm.memory.is_dynamic, VM_YES);
	cr_expect_eq(vm.processors.count.value, 2);
	cr_expect_not(vm.processors.threads_per_core.is_present);
	cr_expect_eq(vm.processors.nested_virtualization, VM_ABSENT);
	cr_expect_str_eq(vm.firmware.boot_order[0], "Optical");
	cr_expect_str_eq(vm.firmware.boot_order[3], "Floppy");
	cr_expect_str_eq(vm.firmware.asset_tag, "5555-6666");
	cr_expect_eq(vm.firmware.num_lock, VM_YES);
	cr_expect_eq(vm.firmware.network_protocol.value, 4);
	cr_expect_str_eq(vm.com[0], "\\\\.\\pipe\\files-01");
	cr_expect_str_eq(vm.com[1], "");
	cr_expect_eq(vm.services[VM_SERVICE_GUEST_INTERFACE], VM_NO);
	cr_expect_eq(vm.services[VM_SERVICE_VSS], VM_ABSENT);
	cr_expect_eq(vm.power.start, VM_ACTION_USUAL);
	cr_expect_eq(vm.power.stop, VM_ACTION_FULL);
}

Test(vm_extract, adapters)
{
	static const uint8_t mac[] = {0x00, 0x15, 0x5d, 0x0a, 0x14, 0x02};
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL), other = config_extract(NULL, NULL);
	const struct vm_adapter *nic = &vm.adapters[0], *legacy = &vm.adapters[1];

	cr_assert_eq(vm.adapter_count, 2);
	cr_expect_not(nic->is_legacy);
	cr_expect_str_eq(nic->switch_name, "LAN");
	cr_expect_eq(nic->mac_is_static, VM_NO);
	cr_expect_eq(nic->is_connected, VM_YES);
	cr_expect(nic->vlan.is_access);
	cr_expect_eq(nic->vlan.id, 20);
	cr_expect_not(nic->offload.is_present, "it is the default");
	cr_expect(legacy->is_legacy);
	cr_expect_str_eq(legacy->name, "Legacy Network Adapter");
	cr_expect_arr_eq(legacy->mac, mac, 6);
	cr_expect_eq(legacy->cluster_monitored, VM_NO);
	cr_expect(legacy->channel.is_present);
	cr_expect(guid_equal(&legacy->channel.guid, &other.adapters[1].channel.guid));
	vm_done(&other);
}

Test(vm_extract, drives_and_their_places)
{
	CLEANUP_VM struct vm vm = config_extract(NULL, NULL);
	static const struct {
		const char *slot;
		unsigned int place;
		enum vm_drive_kind kind;
	} wanted[] = {{"IDE 0:0", 0, VM_DRIVE_DISK},  {"IDE 0:1", 2, VM_DRIVE_DISK},
		      {"IDE 1:0", 3, VM_DRIVE_DVD},   {"IDE 1:1", 99, VM_DRIVE_NONE},
		      {"SCSI 0:1", 1, VM_DRIVE_DISK}, {"floppy 0:0", 99, VM_DRIVE_FLOPPY}};
	size_t at = 0;

	for (size_t c = 0; c < vm.controller_count; c++)
		for (size_t d = 0; d < vm.controllers[c].count; d++, at++) {
			const struct vm_drive *drive = &vm.controllers[c].drives[d];
			char slot[VM_SLOT_TEXT];

			cr_assert_lt(at, ARRAY_SIZE(wanted));
			cr_expect_str_eq(vm_slot_text(&vm.controllers[c], drive, slot),
					 wanted[at].slot);
			cr_expect_eq(drive->kind, wanted[at].kind);
			cr_expect_eq(drive->target.is_present, wanted[at].place != 99);
			if (drive->target.is_present)
				cr_expect_eq(drive->target.slot, wanted[at].place);
			cr_expect_eq(drive->is_boot, at == 0);
		}
	cr_expect_eq(at, ARRAY_SIZE(wanted));
}

static const struct {
	const char *drop, *line, *path;
	enum vm_status status;
	const char *id, *to;
} rows[] = {
	{NULL, NULL, "properties/name", VM_CARRIED, NULL, "FILES-01"},
	{NULL, NULL, "properties/creation_time", VM_IGNORED, NULL, NULL},
	{NULL, NULL, "settings/memory/bank/size", VM_CARRIED, NULL, "4096 MiB"},
	{NULL, NULL, "settings/some_day/new_setting", VM_DROPPED, "unknown-setting", NULL},
	{NULL, NULL, "global_settings/metrics/devicetype[2]/guid", VM_IGNORED, NULL, NULL},
	{NULL, NULL, "global_settings/power/host_shutdown/action", VM_CARRIED, NULL, "ShutDown"},
	{NULL, NULL, "manifest/vdev004/name", VM_IGNORED, NULL, NULL},
	{NULL, NULL, "manifest/vdev005/name", VM_DROPPED, "unknown-device", NULL},
	{NULL, NULL, "_0badcafe-0000-4000-8000-00000000beef_/Depth", VM_DROPPED, "unknown-device",
	 NULL},
	{NULL, NULL, FIRMWARE "secure_boot_enabled", VM_CHANGED, "secure-boot",
	 "true, MicrosoftWindows"},
	{NULL, NULL, IDE "controller0/drive0/pathname", VM_CHANGED, "boot-disk",
	 "the converted disk"},
	{NULL, NULL, IDE "controller0/drive1/type", VM_CHANGED, "ide-to-scsi",
	 "SCSI 0:2 (was IDE 0:1)"},
	{NULL, NULL, IDE "controller0/drive1/iops_limit", VM_CARRIED, NULL, "500 IOPS"},
	{NULL, NULL, IDE "controller1/drive0/pathname", VM_CARRIED, NULL, "D:\\ISO\\tools.iso"},
	{NULL, NULL, IDE "controller1/drive1/type", VM_IGNORED, NULL, NULL},
	{NULL, NULL, SCSI "controller0/drive1/type", VM_CARRIED, NULL, "VHD"},
	{NULL, NULL, NIC "MacAddress", VM_CHANGED, "mac-made-static", "00-15-5D-0A-14-01, static"},
	{NULL, NULL, LEGACY "mac_address", VM_CHANGED, "legacy-adapter",
	 "00-15-5D-0A-14-02, of a synthetic adapter"},
	{NULL, NULL, VLAN, VM_CARRIED, NULL, "access, VLAN 20"},
	/* With something else in their place. */
	{NIC "MacAddress ", NIC "MacAddress string 00-00-00-00-00-00", NIC "MacAddress", VM_IGNORED,
	 NULL, NULL},
	{VLAN, VLAN " bytes 02000000140000000000000000000000", VLAN, VM_DROPPED, "vlan", NULL},
	{VLAN, VLAN " bytes 01000000ff0f00000000000000000000", VLAN, VM_DROPPED, "vlan", NULL},
	{VLAN, VLAN " bytes 010000001400", VLAN, VM_DROPPED, "vlan", NULL},
	{VLAN, VLAN " string 0", VLAN, VM_DROPPED, "feature-unknown", NULL},
	{NULL, FIRMWARE "pxe_preferred_protocol integer 6", FIRMWARE "pxe_preferred_protocol[2]",
	 VM_DROPPED, "repeated-setting", NULL},
	{FIRMWARE "pxe", FIRMWARE "pxe_preferred_protocol integer 5",
	 FIRMWARE "pxe_preferred_protocol", VM_DROPPED, "setting-not-understood", NULL},
	{NULL, "settings/memory/bank/size integer 1", "settings/memory/bank/size[2]", VM_DROPPED,
	 "repeated-setting", NULL},
	{NULL, "settings/memory/bank/size integer 1", "settings/memory/bank/size", VM_DROPPED,
	 "repeated-setting", NULL},
	{NULL, NIC "Connection[2]/AltSwitchName string OTHER", NIC "Connection/AltSwitchName",
	 VM_DROPPED, "repeated-setting", NULL},
	{"properties/notes", "properties/notes integer 1", "properties/notes", VM_DROPPED,
	 "setting-not-understood", NULL},
	{"properties/notes", "properties/notes 11 00", "properties/notes", VM_DROPPED,
	 "unknown-type", NULL},
	{"global_settings/snap", "global_settings/snapshots/list/size integer 2",
	 "global_settings/snapshots/list/size", VM_DROPPED, "checkpoint", NULL},
	{"global_settings/power", "global_settings/power/host_startup/action integer 9",
	 "global_settings/power/host_startup/action", VM_DROPPED, "setting-not-understood", NULL},
	{NULL, "_736e6aa9-a3f8-49c0-9550-a963214d259a_/VDEVVersion integer 512",
	 "_736e6aa9-a3f8-49c0-9550-a963214d259a_/VDEVVersion", VM_DROPPED, "tpm", NULL},
	{"settings/memory/bank/dyn", "settings/memory/bank/dynamic_memory_enabled bool false",
	 "settings/memory/bank/limit", VM_CARRIED, NULL, "8192 MiB"},
};

Test(vm_extract, rows)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_VM struct vm vm = config_extract(rows[i].drop, rows[i].line);
		const struct vm_row *row = config_row(&vm, rows[i].path);

		cr_expect_eq(row->status, rows[i].status, "%s: %s", row->path,
			     vm_status_text(row->status));
		cr_expect(rows[i].id ? row->id && strcmp(row->id, rows[i].id) == 0 : !row->id,
			  "%s: id %s", row->path, row->id ? row->id : "none");
		cr_expect(rows[i].to ? row->to && strcmp(row->to, rows[i].to) == 0 : !row->to,
			  "%s: to %s", row->path, row->to ? row->to : "nothing");
	}
}

/* What is dropped is not in the VM either. */
Test(vm_extract, nothing_of_what_is_not_understood_is_taken)
{
	CLEANUP_VM struct vm trunk =
		config_extract(VLAN, VLAN " bytes 02000000140000000000000000000000");
	CLEANUP_VM struct vm twice = config_extract(NULL, "settings/memory/bank/size integer 1");
	CLEANUP_VM struct vm protocol =
		config_extract(FIRMWARE "pxe", FIRMWARE "pxe_preferred_protocol integer 5");

	cr_expect_not(trunk.adapters[0].vlan.is_access);
	cr_expect_not(twice.memory.startup_mib.is_present);
	cr_expect_not(protocol.firmware.network_protocol.is_present);
}

static const struct {
	const char *drop, *line, *words;
} impossible[] = {
	{"settings/memory/bank/size", "settings/memory/bank/size integer -1",
	 "setting 'settings/memory/bank/size' is '-1', which is less than nothing"},
	{"settings/memory/bank/size", "settings/memory/bank/size integer 50331649",
	 "which is more than Hyper-V gives a VM"},
	{"settings/processors/count", "settings/processors/count integer 2049",
	 "which is more than Hyper-V gives a VM"},
	{NIC "MacAddress ", NIC "MacAddress string 00-15-5D-0A-14", "which is no MAC address"},
	{NIC "MacAddress ", NIC "MacAddress string 00-15-5D-0A-14-0G", "which is no MAC address"},
	{LEGACY "mac_address ", LEGACY "mac_address bytes 0011", "which is no MAC address"},
	{NULL, SCSI "controller0/drive64/type string VHD", "has no place for 'drive64'"},
	{NULL, SCSI "controller0/drive01/type string VHD", "two drives 'drive01'"},
	{NULL, IDE "controller0/drive2/type string VHD", "has no place for 'drive2'"},
	{NULL, IDE "controller0/drive0/type string VHD",
	 "drive0/type' is 'VHD', and is there more than once"},
	{NULL, SCSI "controller0/drive1/pathname string D:\\b.vhdx",
	 "more.vhdx', and is there more than once"},
	{NULL, IDE "controller0/drive1[2]/type string NONE",
	 "controller0/drive1' is there more than once"},
	{SCSI "controller0",
	 SCSI "controller0/drive2 node\n" SCSI "controller0[2]/drive1/type string VHD",
	 "controller0/drive2' is there more than once"},
};

Test(vm_extract, what_no_vm_can_have_is_damage)
{
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++) {
		CLEANUP_VM_TREE struct vm_tree tree =
			config_tree(impossible[i].drop, impossible[i].line);
		CLEANUP_VM struct vm vm = VM_INIT;
		struct error err = ERROR_INIT;

		cr_expect_eq(vm_extract(&tree, &vm, &err), -EUCLEAN, "%s", impossible[i].line);
		cr_expect(strstr(err.message, impossible[i].words), "%s", err.message);
	}
}

static void check(const char *drop, const char *line, enum refusal refusal, struct error *err)
{
	CLEANUP_VM struct vm vm = config_extract(drop, line);

	*err = (struct error)ERROR_INIT;
	cr_expect_eq(vm_check(&vm, err), refusal == REFUSAL_NONE ? 0 : -EPERM, "%s", line);
	cr_expect_eq(err->refusal, refusal, "%s: %s", line ? line : "", err->message);
}

Test(vm_check, the_sample_can_be_converted)
{
	struct error err;

	check(NULL, NULL, REFUSAL_NONE, &err);
}

Test(vm_check, refusals_of_the_vm)
{
	static const char long_name[] =
		"properties/name string 123456789012345678901234567890123456789012345678901234567890"
		"12345678901234567890123456789012345678901";
	struct error err;

	check("properties/version", NULL, REFUSAL_VM_CONFIG_VERSION, &err);
	check("properties/version", "properties/version integer 3328", REFUSAL_VM_CONFIG_VERSION,
	      &err);
	cr_expect_str_eq(err.advice, "export the VM from a host of Windows Server 2012 R2 to 2025");
	check("properties/version", "properties/version integer 3072", REFUSAL_NONE, &err);
	check("properties/subtype", "properties/subtype integer 1", REFUSAL_VM_ALREADY_GEN2, &err);
	cr_expect_str_eq(err.advice, "there is nothing to convert: give a generation 1 VM");
	check("properties/name", NULL, REFUSAL_VM_NAME, &err);
	check("properties/name", long_name, REFUSAL_VM_NAME, &err);
	cr_expect_str_eq(err.advice,
			 "rename the VM on its host, with Rename-VM, and export it again, or give "
			 "it a new name with --name");
	check("global_settings/disk_merge", "global_settings/disk_merge_pending bool true",
	      REFUSAL_VM_BUSY, &err);
	cr_expect_str_eq(err.advice, "let the host merge them: start the VM or wait, shut it down, "
				     "and export it again");
}

Test(vm_check, a_generation_that_is_none_is_damage)
{
	CLEANUP_VM struct vm vm = config_extract("properties/subtype", NULL);
	struct error err = ERROR_INIT;

	cr_expect_eq(vm_check(&vm, &err), -EUCLEAN);
}

Test(vm_check, refusals_of_disks)
{
	struct error err;

	check(IDE, NULL, REFUSAL_NO_BOOT_DISK, &err);
	cr_expect(err.is_of_wish);
	cr_expect_str_eq(err.advice, "attach the disk that it is to start from as IDE 0:0 and "
				     "export it again, name it with --boot-disk, or convert that "
				     "disk alone");
	check("_", NULL, REFUSAL_NO_BOOT_DISK, &err);
	cr_expect_not(err.is_of_wish, "it has no disk at all");
	check(IDE "controller0/drive0/pathname",
	      IDE "controller0/drive0/pathname string \\\\.\\PHYSICALDRIVE1",
	      REFUSAL_DISK_PASSTHROUGH, &err);
	cr_expect_not(err.is_of_wish);
	cr_expect_str_eq(err.advice, "make an image of it, attach that to the VM instead, and "
				     "export it again");
	check(SCSI "controller0/drive1",
	      SCSI "controller0/drive1/pathname string \\\\.\\PhysicalDrive2",
	      REFUSAL_DISK_PASSTHROUGH, &err);
	cr_expect(err.is_of_wish);
	cr_expect_str_eq(err.advice, "leave it out with --without-disk, and give it to the new VM "
				     "on its host");
	check(NULL, SCSI "controller0/drive1/persistent_reservations_supported bool true",
	      REFUSAL_DISK_SHARED, &err);
	check(SCSI "controller0/drive1/pathname",
	      SCSI "controller0/drive1/pathname string E:\\a.VHDS", REFUSAL_DISK_SHARED, &err);
	cr_expect(err.is_of_wish);
	cr_expect_str_eq(err.advice, "let the new VM share it, with --data-disks SLOT=attach, or "
				     "leave it out with --without-disk");
	check(NULL, IDE "controller0/drive0/persistent_reservations_supported bool true",
	      REFUSAL_DISK_SHARED, &err);
	cr_expect_not(err.is_of_wish);
	cr_expect_str_eq(err.advice, "attach a copy of it, which no other VM has, instead, and "
				     "export the VM again");
	check(SCSI "controller0/drive1/pathname",
	      SCSI
	      "controller0/drive1/pathname string d:/vms/files-01\\Virtual hard Disks/DATA.vhdx",
	      REFUSAL_DISK_CONFLICT, &err);
	cr_expect_not(err.is_of_wish);
	cr_expect_str_eq(err.advice, "take one of them from the VM, and export it again");
}

/* So many SCSI controllers, of the first one the places from 'first' to 'last', of the others
 * all. */
static char *full_controllers(unsigned int count, unsigned int first, unsigned int last)
{
	CLEANUP_BUFFER struct buffer lines = BUFFER_INIT;

	buffer_text(&lines, SCSI "VDEVVersion integer 256");
	for (unsigned int i = first; i <= last; i++)
		if (i != 1) /* it is in the sample */
			buffer_printf(&lines, "\n" SCSI "controller0/drive%u/type string VHD", i);
	for (unsigned int c = 1; c < count; c++) {
		buffer_printf(&lines,
			      "\nmanifest/vdev10%u/device string " SCSI_CLASS
			      "\nmanifest/vdev10%u/instance string " OTHER_SCSI,
			      c, c, c);
		for (unsigned int i = 0; i < VM_MAX_SLOTS; i++)
			buffer_printf(&lines,
				      "\n_" OTHER_SCSI "_/controller0/drive%u/type string VHD", c,
				      i);
	}
	return buffer_take_text(&lines);
}

/* There may be four, so that what finds no place on those that are there gets another. */
Test(vm_check, full_controllers_get_another)
{
	CLEANUP_FREE char *one = full_controllers(1, 0, 63), *three = full_controllers(3, 1, 63);
	CLEANUP_VM struct vm full = config_extract(NULL, one), vm = config_extract(NULL, three);
	struct error err;

	check(NULL, one, REFUSAL_NONE, &err);
	cr_expect_eq(full.controllers[0].drives[0].target.controller, 1);
	cr_expect_eq(full.controllers[0].drives[0].target.slot, 0);
	check(NULL, three, REFUSAL_NONE, &err);
	cr_expect_eq(vm.controllers[0].drives[0].target.controller, 0);
	cr_expect_eq(vm.controllers[0].drives[0].target.slot, 0);
	cr_expect_eq(vm.controllers[0].drives[1].target.controller, 3);
	cr_expect_eq(vm.controllers[0].drives[1].target.slot, 0);
}

/* Behind the last place of a controller comes the first of the next one, whose drives make room in
 * turn. */
Test(vm_keep_order, full_controllers_make_room_in_turn)
{
	CLEANUP_FREE char *one = full_controllers(1, 1, 63), *two = full_controllers(2, 0, 63);
	CLEANUP_VM struct vm few = config_extract(NULL, one), vm = config_extract(NULL, two);
	struct vm_slot before = {.controller = 0};
	struct error err = ERROR_INIT;

	cr_assert_eq(vm_keep_order(&few, &err), 0);
	cr_assert_eq(few.controllers[2].count, 63);
	cr_expect_eq(few.controllers[2].drives[0].target.slot, 2);
	cr_expect_eq(few.controllers[2].drives[62].target.controller, 1);
	cr_expect_eq(few.controllers[2].drives[62].target.slot, 0);
	cr_assert_eq(vm_keep_order(&vm, &err), 0);
	for (size_t c = 2; c < 4; c++)
		for (size_t d = 0; d < VM_MAX_SLOTS; d++) {
			const struct vm_slot *target = &vm.controllers[c].drives[d].target;

			cr_expect(target->is_present);
			cr_expect_eq(target->controller * VM_MAX_SLOTS + target->slot,
				     (c - 2) * VM_MAX_SLOTS + d + 2);
			before = *target;
		}
	cr_expect_eq(before.controller, 2);
	cr_expect_eq(vm.controllers[1].drives[0].target.slot, 2, "the DVD");
	cr_expect_eq(vm_check(&vm, &err), 0);
}

Test(vm_check, drives_that_find_no_place)
{
	CLEANUP_FREE char *text = full_controllers(4, 1, 62);
	struct error err;

	check(NULL, text, REFUSAL_TOO_MANY_DISKS, &err);
	cr_expect_str_eq(err.advice,
			 "take drives from the VM that it does not need, and export it again");
	cr_expect(strstr(err.message, "IDE 1:0: "), "%s", err.message);
}
