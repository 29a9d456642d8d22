/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a partition holds. Input: two bytes of size in sectors, then the beginning of the partition,
 * zeros behind it.
 */
#include <stdlib.h>

#include "common/bytes.h"
#include "convert/linux_files/contents.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/linux_disk.h"

static void check_id(const struct linux_volume_id *id)
{
	if (id->contents >= LINUX_CONTENTS_MAX || !linux_contents_text(id->contents))
		abort();
	if (strnlen(id->uuid, sizeof(id->uuid)) == sizeof(id->uuid) ||
	    strnlen(id->label, sizeof(id->label)) == sizeof(id->label))
		abort();
	if (id->contents == LINUX_NOTHING && (*id->uuid || *id->label))
		abort();
	if (id->needs_recovery && id->contents != LINUX_EXT && id->contents != LINUX_XFS &&
	    id->contents != LINUX_BTRFS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct linux_volume_id id;
	struct linux_disk disk;

	if (size < 2)
		return 0;
	disk = linux_disk_of(data + 2, size - 2, (uint64_t)get_le16(data) * 512);
	if (linux_contents_probe(&disk.disk, &id, NULL) < 0)
		abort();
	check_id(&id);
	return 0;
}
