/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of LVM physical volumes. Input: a byte of flags, then the beginning of the volume; or,
 * with FLAG_TEXT, the metadata text alone, put into a sound volume with its checksums. Readable
 * volumes are read at both ends and where their parts meet.
 */
#include <stdlib.h>

#include "common/bytes.h"
#include "convert/linux_files/lvm.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/linux_disk.h"
#include "tests/support/lvm_image.h"
#include "tests/support/memory_disk.h"

#define FLAG_TEXT 1
#define PV_SIZE	  (64 * MIB)
#define IMAGE	  (2 * MIB) /* as much as the metadata area needs */

static uint8_t image[IMAGE];

static void read_volume(struct disk *lv)
{
	static const uint64_t parts[] = {0, 1, 2, 3, 4, 8};
	uint8_t bytes[1024];

	if (lv->size == 0 || lv->size % lv->sector_size)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint64_t at = lv->size / 8 * parts[i];
		size_t length = min_u64(sizeof(bytes), lv->size - at);

		/* What lies within the volume lies within the disk. */
		if (disk_read(lv, bytes, length, at, NULL) < 0)
			abort();
	}
}

/* Another physical volume of the disk, which a text may name. */
static struct disk *other_pv(void)
{
	static uint8_t bytes[2 * MIB];
	static struct memory_disk memory;
	static struct linux_disk disk;

	if (!disk.disk.ops) {
		memory_disk_init(&memory, bytes, sizeof(bytes));
		lvm_image_write_as(&memory.disk, LVM_IMAGE_OTHER, "", 0, 0);
		disk = linux_disk_of(bytes, sizeof(bytes), PV_SIZE);
	}
	return &disk.disk;
}

static void read_group(struct disk *pv)
{
	struct disk *const disks[] = {pv, other_pv()};
	CLEANUP_LVM_PVS struct lvm_pvs *pvs = NULL;
	CLEANUP_LVM struct lvm_group *group = NULL;
	struct error err = ERROR_INIT;

	if (lvm_pvs_read(disks, 2, &pvs, &err) < 0)
		abort();
	if (lvm_read(pvs, 0, &group, &err) < 0) {
		if (err.kind != ERROR_DAMAGED)
			abort();
		return;
	}
	for (size_t i = 0; i < lvm_volume_count(group); i++) {
		struct lvm_volume_info info = lvm_volume_info(group, i);
		CLEANUP_DISK struct disk *lv = NULL;
		int r = lvm_open(group, i, &lv, NULL);

		if ((r == 0) != info.is_readable || info.is_readable != !info.why_not)
			abort();
		if (r == 0)
			read_volume(lv);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct linux_disk disk = linux_disk_of(data + 1, size ? size - 1 : 0, PV_SIZE);
	struct memory_disk memory;

	if (size == 0 || size > LVM_IMAGE_AREA_SIZE / 2)
		return 0;
	if (data[0] & FLAG_TEXT) {
		memory_disk_init(&memory, image, IMAGE);
		lvm_image_write(&memory.disk, data + 1, size - 1, 512);
		disk = linux_disk_of(image, IMAGE, PV_SIZE);
	}
	read_group(&disk.disk);
	return 0;
}
