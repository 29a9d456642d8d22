/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that turn: see device.h. */
#include "convert/batch/device.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/batch/plan/space.h"

/* Less than this is written without a long way of the heads. */
#define LITTLE (64 * MIB)

static bool reads_one(const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char digit = '0';

	return fd >= 0 && read(fd, &digit, 1) == 1 && digit == '1';
}

/* The queue is the whole disk's, also for a partition. A file system without a device of its own is taken for one that
 * does not turn. */
static bool is_rotating(dev_t device)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/rotational", major(device),
		 minor(device));
	if (reads_one(path))
		return true;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../queue/rotational", major(device),
		 minor(device));
	return reads_one(path);
}

static void add_device(struct devices *devices, const char *path)
{
	struct stat st;

	if (path && devices->count < MAX_DEVICES && stat(path, &st) == 0 && is_rotating(st.st_dev))
		devices->list[devices->count++] = st.st_dev;
}

void devices_of(const struct batch_vm *vm, struct devices *ret)
{
	const json_t *sources = json_object_get(vm->record, "sources");
	CLEANUP_FREE char *disk = batch_vm_output(vm, "disk");
	CLEANUP_FREE char *folder = disk ? space_folder(disk) : NULL;

	*ret = (struct devices){.count = 0};
	if (record_number(vm->record, "needed") <= LITTLE)
		return;
	add_device(ret, folder);
	for (size_t i = 0; i < json_array_size(sources); i++) {
		CLEANUP_FREE char *path = record_path(json_array_get(sources, i), "path");

		add_device(ret, path);
	}
}

bool devices_meet(const struct devices *a, const struct devices *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (a->list[i] == b->list[j])
				return true;
	return false;
}
