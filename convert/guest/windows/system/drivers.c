/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drivers: Windows demotes boot drivers that it did not need ("StartOverride"), and a guest with
 * IDE disks does not need those of the synthetic SCSI controller, from which a generation 2 VM
 * starts.
 */
#include "convert/guest/windows/system/drivers.h"

#define START_BOOT     0
#define START_DEMAND   3
#define START_DISABLED 4

/* What a driver of a generation 2 VM is for, and how it must start. */
struct driver {
	const char *name;
	bool is_boot;	     /* must be boot-start; else: must not be disabled */
	const char *without; /* what a guest without it lacks; NULL: not every Windows has it */
};

static const struct driver drivers[] = {
	{"vmbus", true, "will not start"},
	{"storvsc", true, "will not find its disk"},
	{"storflt", true, NULL},
	{"winhv", true, NULL},
	{"vpci", true, NULL},
	{"hyperkbd", false,
	 "will have no keyboard in the console window until integration services with this "
	 "driver are installed; use remote desktop"},
	{"HyperVideo", false, NULL},
	{"netvsc", false, NULL},
	{"VMBusHID", false, NULL},
};

static int set_start(struct system_edit *edit, hive_node_h service, const char *set,
		     const struct driver *driver, uint32_t start)
{
	CHANGED(edit, "%s: driver '%s' starts %s", set, driver->name,
		start == START_BOOT ? "with the boot loader" : "when its device is there");
	edit->is_changed = true;
	return hive_set_dword(edit->hive, service, "Start", start, edit->err);
}

static int convert_service(struct system_edit *edit, hive_node_h service, const char *set,
			   const struct driver *driver)
{
	uint32_t start;
	bool has_start = hive_get_dword(edit->hive, service, "Start", &start);
	int r = 0;

	if (driver->is_boot && (!has_start || start != START_BOOT))
		r = set_start(edit, service, set, driver, START_BOOT);
	else if (!driver->is_boot && (!has_start || start == START_DISABLED))
		r = set_start(edit, service, set, driver, START_DEMAND);
	if (r < 0 || !driver->is_boot || !hive_find(edit->hive, service, "StartOverride"))
		return r;
	CHANGED(edit, "%s: driver '%s' is no longer demoted (StartOverride)", set, driver->name);
	edit->is_changed = true;
	return hive_remove(edit->hive, service, "StartOverride", edit->err);
}

int drivers_convert(struct system_edit *edit, const struct control_set *set)
{
	hive_node_h services = hive_find(edit->hive, set->node, "Services");
	int r = 0;

	for (size_t i = 0; services && i < sizeof(drivers) / sizeof(drivers[0]) && r == 0; i++) {
		hive_node_h service = hive_find(edit->hive, services, drivers[i].name);

		if (service)
			r = convert_service(edit, service, set->name, &drivers[i]);
		else if (drivers[i].without)
			WARNING(edit, "%s: no driver '%s': Windows %s", set->name, drivers[i].name,
				drivers[i].without);
	}
	return r;
}
