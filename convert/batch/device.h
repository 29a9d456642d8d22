/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that turn: two copies at once on one of them take longer than one after the other. */
#ifndef HVGEN2_CONVERT_BATCH_DEVICE_H
#define HVGEN2_CONVERT_BATCH_DEVICE_H

#include <stddef.h>
#include <sys/types.h>

#include "convert/batch/state/vm.h"

#define MAX_DEVICES 16

struct devices {
	dev_t list[MAX_DEVICES];
	size_t count;
};

/* The rotating devices that a conversion keeps busy: those of its sources and of its outputs; none when it copies little, as a
 * differencing or a reflinked one does. */
void devices_of(const struct batch_vm *vm, struct devices *ret);

/* Have they one in common? */
bool devices_meet(const struct devices *a, const struct devices *b);

#endif
