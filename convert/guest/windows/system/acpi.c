/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Devices of the firmware's ACPI tables that have other hardware ids in generation 2: the VMBus,
 * below which the boot disk is, and the generation counter. The tables of Microsoft's generation 2
 * firmware (mu_msvm, MsvmPkg/AcpiTables/Dsdt.asl) name the VMBus MSFT1000, compatible with VMBus,
 * with the unique id 0. Windows up to 2012 R2 stops with INACCESSIBLE_BOOT_DEVICE where it meets
 * the new id without a key for it; Microsoft's cure is to copy the old key ("Windows Server 2012 R2
 * startup failure after Azure platform update"). The instance is named after the unique id.
 */
#include "convert/guest/windows/system/acpi.h"

#include "common/checked.h"

#define INSTANCE "0"

struct acpi_name {
	const char *old, *new;
};

static const struct acpi_name names[] = {
	{"VMBus", "MSFT1000"},
	{"Hyper_V_Gen_Counter_V1", "MSFT1002"},
};

/* The instance called 0, else the first; 0 when the device has none. */
static hive_node_h find_instance(struct system_edit *edit, hive_node_h device)
{
	hive_node_h instance = hive_find(edit->hive, device, INSTANCE);
	CLEANUP_FREE hive_node_h *all = NULL;

	if (instance)
		return instance;
	all = hivex_node_children(hive_handle(edit->hive), device);
	return all ? all[0] : 0;
}

static int copy_device(struct system_edit *edit, hive_node_h acpi, hive_node_h old,
		       hive_node_h instance, const struct acpi_name *name)
{
	hive_node_h new;
	int r = hive_copy_one(edit->hive, old, acpi, name->new, &new, edit->err);

	if (r == 0)
		r = hive_copy(edit->hive, instance, new, INSTANCE, edit->err);
	edit->is_changed = true;
	return r;
}

static int convert_device(struct system_edit *edit, hive_node_h acpi, const char *set,
			  const struct acpi_name *name)
{
	hive_node_h old = hive_find(edit->hive, acpi, name->old);
	hive_node_h new = hive_find(edit->hive, acpi, name->new);
	hive_node_h instance = old ? find_instance(edit, old) : 0;
	struct error problem = ERROR_INIT;

	if (new && !find_instance(edit, new))
		WARNING(edit,
			"%s: Enum\\ACPI\\%s has no instance, so that Windows may not find the device that "
			"generation 1 calls %s, the VMBus or its like; it stays as it is",
			set, name->new, name->old);
	if (!old || new)
		return 0;
	if (instance && hive_copy_check(edit->hive, old, &problem) < 0 &&
	    error_is_of_host(&problem)) {
		*edit->err = problem;
		return -problem.code;
	}
	if (!instance || problem.kind != ERROR_NONE) {
		WARNING(edit,
			"%s: Enum\\ACPI\\%s cannot be copied to %s, the name that this device has in "
			"generation 2: %s",
			set, name->old, name->new,
			instance ? problem.message : "it has no instance");
		return 0;
	}
	CHANGED(edit, "%s: Enum\\ACPI\\%s is copied to %s\\" INSTANCE ", its name in generation 2",
		set, name->old, name->new);
	return copy_device(edit, acpi, old, instance, name);
}

/* Windows 8, 8.1 and their servers know ACPI\VMBus only. */
static void warn_without_vmbus(struct system_edit *edit, hive_node_h acpi, const char *set)
{
	const struct hive_owner *owner = edit->owner;

	if (owner->major != 6 || owner->minor > 3 ||
	    (acpi && (hive_find(edit->hive, acpi, names[0].old) ||
		      hive_find(edit->hive, acpi, names[0].new))))
		return;
	WARNING(edit,
		"%s: Enum\\ACPI has no VMBus: this Windows never ran on Hyper-V and may stop with "
		"INACCESSIBLE_BOOT_DEVICE (0x7b); start it once in a generation 1 VM, shut it down "
		"and convert again",
		set);
}

int acpi_convert(struct system_edit *edit, const struct control_set *set)
{
	hive_node_h acpi = hive_find(edit->hive, set->node, "Enum\\ACPI");
	int r = 0;

	for (size_t i = 0; acpi && r == 0 && i < ARRAY_SIZE(names); i++)
		r = convert_device(edit, acpi, set->name, &names[i]);
	if (set->is_current)
		warn_without_vmbus(edit, acpi, set->name);
	return r;
}
