/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drivers: Windows demotes boot drivers that it did not need ("StartOverride"), and a guest with
 * IDE disks does not need those of the synthetic SCSI controller, from which a generation 2 VM
 * starts. Where a driver is made one that the boot loader loads, its path gets the form that Windows
 * 8 and later write there (image_path.c).
 */
#include "convert/guest/windows/system/drivers.h"

#include <errno.h>
#include <stdio.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "convert/guest/windows/system/image_path.h"

#define START_BOOT     0
#define START_DEMAND   3
#define START_DISABLED 4

enum driver_start {
	MUST_BOOT,     /* loaded by the boot loader */
	MAY_BOOT,      /* not disabled, and not demoted when it is */
	MUST_BE_THERE, /* not disabled */
};

/* What a driver of a generation 2 VM is for, and how it must start. */
struct driver {
	const char *name;
	enum driver_start start;
	const char *without; /* what a guest without it lacks; NULL: not every Windows has it */
	bool is_of_sata;     /* it matters where the disk is on SATA */
};

static const struct driver drivers[] = {
	{"vmbus", MUST_BOOT, "will not start", false},
	{"storvsc", MUST_BOOT, "will not find its disk", false},
	{"storflt", MUST_BOOT, NULL, false},
	{"winhv", MUST_BOOT, NULL, false},
	/* Not a driver of Hyper-V's: a machine of KVM has its disk there. */
	{"storahci", MUST_BOOT, "will not find its disk", true},
	/* Devices that are passed through: Windows 8.1 to 10 1709 ship it on demand. */
	{"vpci", MAY_BOOT, NULL, false},
	{"hyperkbd", MUST_BE_THERE,
	 "will have no keyboard in the console window until integration services with this "
	 "driver are installed; use remote desktop",
	 false},
	{"HyperVideo", MUST_BE_THERE, NULL, false},
	{"netvsc", MUST_BE_THERE, NULL, false},
	{"VMBusHID", MUST_BE_THERE, NULL, false},
};

/* A driver's key in one control set. */
struct service {
	const struct control_set *set;
	const struct driver *driver;
	hive_node_h node;
};

static int set_start(struct system_edit *edit, const struct service *service, uint32_t start)
{
	CHANGED(edit, "%s: driver '%s' starts %s", service->set->name, service->driver->name,
		start == START_BOOT ? "with the boot loader" : "when its device is there");
	edit->is_changed = true;
	return hive_set_dword(edit->hive, service->node, "Start", start, edit->err);
}

static int set_path(struct system_edit *edit, const struct service *service, const char *path)
{
	size_t size;
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(path, &size);

	if (!utf16)
		return error_failed(edit->err, errno, "'%s': cannot write the path '%s'",
				    hive_name(edit->hive), path);
	CHANGED(edit, "%s: driver '%s' is loaded from %s", service->set->name,
		service->driver->name, path);
	edit->is_changed = true;
	return hive_set(edit->hive, service->node, "ImagePath", hive_t_expand_string, utf16, size,
			edit->err);
}

/* The file of a driver that the boot loader loads now, by a path that it knows. */
static int convert_path(struct system_edit *edit, const struct service *service)
{
	CLEANUP_FREE char *image = hive_get_string(edit->hive, service->node, "ImagePath");
	char path[IMAGE_PATH_SIZE];

	if (image && *image && image_path_is_relative(image))
		return 0;
	if (image_path_relative(image, edit->owner->root, service->driver->name, path))
		return set_path(edit, service, path);
	WARNING(edit,
		"%s: driver '%s' stands at '%s', which is not below the Windows folder; the boot "
		"loader may not find it",
		service->set->name, service->driver->name, image);
	return 0;
}

/* Said once, of the control set that Windows starts with. */
static void warn_without_file(struct system_edit *edit, const struct service *service)
{
	const struct hive_owner *owner = edit->owner;
	CLEANUP_FREE char *image = hive_get_string(edit->hive, service->node, "ImagePath");
	char below[IMAGE_PATH_SIZE], path[2 * IMAGE_PATH_SIZE];

	if (!owner->has_file || !service->set->is_current ||
	    !image_path_relative(image, owner->root, service->driver->name, below))
		return;
	snprintf(path, sizeof(path), "%s\\%s", owner->root, below);
	if (!owner->has_file(owner->context, path))
		WARNING(edit,
			"driver '%s' is loaded at the start, but its file %s is missing ('%s'): "
			"repair Windows in the old VM (sfc /scannow), shut it down and convert again",
			service->driver->name, image_path_file(below), path);
}

static int remove_override(struct system_edit *edit, const struct service *service)
{
	if (!hive_find(edit->hive, service->node, "StartOverride"))
		return 0;
	CHANGED(edit, "%s: driver '%s' is no longer demoted (StartOverride)", service->set->name,
		service->driver->name);
	edit->is_changed = true;
	return hive_remove(edit->hive, service->node, "StartOverride", edit->err);
}

static int convert_boot_driver(struct system_edit *edit, const struct service *service)
{
	uint32_t start = START_DISABLED;
	int r = 0;

	if (!hive_get_dword(edit->hive, service->node, "Start", &start) || start != START_BOOT) {
		r = set_start(edit, service, START_BOOT);
		if (r == 0)
			r = convert_path(edit, service);
	}
	if (r == 0)
		r = remove_override(edit, service);
	if (r == 0)
		warn_without_file(edit, service);
	return r;
}

static int convert_service(struct system_edit *edit, const struct service *service)
{
	uint32_t start = START_DISABLED;
	int r = 0;

	if (service->driver->start == MUST_BOOT)
		return convert_boot_driver(edit, service);
	if (!hive_get_dword(edit->hive, service->node, "Start", &start) || start == START_DISABLED)
		r = set_start(edit, service, START_DEMAND);
	return r < 0 || service->driver->start != MAY_BOOT ? r : remove_override(edit, service);
}

int drivers_convert(struct system_edit *edit, const struct control_set *set)
{
	hive_node_h services = hive_find(edit->hive, set->node, "Services");
	int r = 0;

	for (size_t i = 0; services && i < ARRAY_SIZE(drivers) && r == 0; i++) {
		const struct driver *driver = &drivers[i];
		hive_node_h node = hive_find(edit->hive, services, driver->name);

		if (driver->is_of_sata && !edit->owner->has_sata)
			continue;
		if (node)
			r = convert_service(edit, &(struct service){set, driver, node});
		else if (driver->without)
			WARNING(edit, "%s: no driver '%s': Windows %s", set->name, driver->name,
				driver->without);
	}
	return r;
}
