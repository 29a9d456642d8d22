/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of a control set: Enum\BUS\ID\INSTANCE. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_DEVICES_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/hive/hive.h"

struct device {
	char *path;   /* "PCI\\VEN_1011&DEV_0009&...\\3&267a616a&0&50" */
	char *driver; /* "{class}\\0001": its key below Control\Class */
	hive_node_h node;
};

/* Embedded; all zero is empty; memory belongs to it. */
struct devices {
	struct device *list;
	size_t count;
	bool is_cut;	     /* there are more, which nobody credible has */
	uint64_t last_start; /* FILETIME at which Windows last met the buses of the board, or 0 */
};

/*
 * Find the devices whose driver is of the class 'class' (a GUID with braces), 4096 at most. Errors:
 * ENOMEM.
 */
int devices_find(struct hive *hive, hive_node_h set, const char *class, struct devices *ret,
		 struct error *err);

/* The device whose driver has this key; NULL when there is none. */
const struct device *devices_by_driver(const struct devices *devices, const char *driver);

/* Why the device may not be there any more; NULL when it was there at the last start, as far as
 * Windows noted that (8 and later do). */
const char *device_absence(struct hive *hive, const struct devices *devices,
			   const struct device *device);

void devices_done(struct devices *devices);
#define CLEANUP_DEVICES CLEANUP(devices_done)

#endif
