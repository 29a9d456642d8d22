/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Devices in Enum: see devices.h. Windows keeps the keys of devices that went. Since Windows 8 it
 * notes when a device last arrived and was last removed (DEVPKEY_Device_LastArrivalDate and
 * ..._LastRemovalDate). All that is there arrives at each start, within seconds: in two real hives
 * 189 of 236 devices and 175 of 177 within ten minutes, the others sticks and the like.
 */
#include "convert/guest/windows/system/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"

#define MAX_DEVICES 4096

#define DATES	 "Properties\\{83da6326-97a6-4088-9453-a1923f573b29}\\"
#define ARRIVAL	 DATES "0066"
#define REMOVAL	 DATES "0067"
#define FILETIME UINT64_C(10000000) /* a second */

/* How long a start may take until the last device has arrived. */
#define START_TIME (600 * FILETIME)

/* 0 when it is not noted. */
static uint64_t get_date(struct hive *hive, hive_node_h node, const char *property)
{
	hive_node_h key = hive_find(hive, node, property);
	size_t size = 0;
	CLEANUP_FREE uint8_t *bytes = key ? hive_get_bytes(hive, key, "", NULL, &size) : NULL;

	return bytes && size == 8 ? get_le64(bytes) : 0;
}

static void device_done(struct device *device)
{
	free(device->path);
	free(device->driver);
}

void devices_done(struct devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		device_done(&devices->list[i]);
	free(devices->list);
	*devices = (struct devices){.list = NULL};
}

/* Takes what is in *device. */
static int add_device(struct hive *hive, struct devices *devices, const struct device *device,
		      struct error *err)
{
	struct device *list = reallocarray(devices->list, devices->count + 1, sizeof(*list));

	if (!list)
		return error_failed(err, ENOMEM, "'%s': out of memory", hive_name(hive));
	devices->list = list;
	list[devices->count++] = *device;
	return 0;
}

/* What is looked for below Enum, and what was found. */
struct search {
	struct hive *hive;
	const char *class;
	struct devices *found;
	struct error *err;
};

static int look_at_device(struct search *search, hive_node_h node, const char *path)
{
	struct device device = {.node = node};
	size_t length = strlen(search->class);
	int r;

	device.driver = hive_get_string(search->hive, node, "Driver");
	if (!device.driver || strncasecmp(device.driver, search->class, length) != 0 ||
	    device.driver[length] != '\\') {
		free(device.driver);
		return 0;
	}
	device.path = strdup(path);
	if (!device.path)
		r = error_failed(search->err, ENOMEM, "out of memory");
	else
		r = add_device(search->hive, search->found, &device, search->err);
	if (r < 0)
		device_done(&device);
	return r;
}

/* Devices stand three levels below Enum. */
static int look_below(struct search *search, hive_node_h node, const char *path, unsigned int level)
{
	CLEANUP_FREE hive_node_h *children = hivex_node_children(hive_handle(search->hive), node);
	int r = 0;

	for (const hive_node_h *child = children; child && *child && r == 0; child++) {
		CLEANUP_FREE char *name = hivex_node_name(hive_handle(search->hive), *child);
		CLEANUP_FREE char *below = NULL;

		if (search->found->count == MAX_DEVICES) {
			search->found->is_cut = true;
			return 0;
		}
		if (!name) /* not one that could be read: no adapter of ours */
			continue;
		if (asprintf(&below, "%s%s%s", path, *path ? "\\" : "", name) < 0)
			return error_failed(search->err, ENOMEM, "out of memory");
		r = level < 2 ? look_below(search, *child, below, level + 1)
			      : look_at_device(search, *child, below);
	}
	return r;
}

static uint64_t newest_arrival(struct hive *hive, hive_node_h id)
{
	CLEANUP_FREE hive_node_h *instances = hivex_node_children(hive_handle(hive), id);
	uint64_t newest = 0;

	for (const hive_node_h *at = instances; at && *at; at++) {
		uint64_t date = get_date(hive, *at, ARRIVAL);

		newest = date > newest ? date : newest;
	}
	return newest;
}

/* The buses of the board arrive at each start, and at no other time. */
static uint64_t last_start(struct hive *hive, hive_node_h acpi)
{
	static const char *const buses[] = {"PNP0A03", "PNP0A08", "VMBus", "MSFT1000"};
	uint64_t newest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		hive_node_h id = hive_find(hive, acpi, buses[i]);
		uint64_t date = id ? newest_arrival(hive, id) : 0;

		newest = date > newest ? date : newest;
	}
	return newest;
}

int devices_find(struct hive *hive, hive_node_h set, const char *class, struct devices *ret,
		 struct error *err)
{
	hive_node_h all = hive_find(hive, set, "Enum"), acpi = hive_find(hive, set, "Enum\\ACPI");
	struct search search = {hive, class, ret, err};

	ret->last_start = acpi ? last_start(hive, acpi) : 0;
	return all ? look_below(&search, all, "", 0) : 0;
}

const struct device *devices_by_driver(const struct devices *devices, const char *driver)
{
	for (size_t i = 0; i < devices->count; i++)
		if (strcasecmp(devices->list[i].driver, driver) == 0)
			return &devices->list[i];
	return NULL;
}

const char *device_absence(struct hive *hive, const struct devices *devices,
			   const struct device *device)
{
	uint64_t arrival = get_date(hive, device->node, ARRIVAL);

	if (get_date(hive, device->node, REMOVAL) > arrival)
		return "Windows saw its device go";
	if (arrival && devices->last_start > arrival && devices->last_start - arrival > START_TIME)
		return "its device was not there when Windows last started";
	return NULL;
}
