/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fstab, and the names of devices in it. Input: the file. */
#include <stdlib.h>

#include "convert/guest/linux/parse/devices.h"
#include "convert/guest/linux/parse/fstab.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct fstab *fstab, const struct fstab_entry *entry)
{
	if (!entry->target[0] || !entry->type[0] || !entry->options[0])
		abort();
	if (!fstab_find(fstab, entry->target) || entry->line == 0)
		abort();
	if (device_name_of(entry->source) >= DEVICE_NAME_MAX ||
	    device_partition_number(entry->source) > 9999)
		abort();
	fstab_has_option(entry, "nofail");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct file_bytes file = {data, size, "file"};
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;

	if (fstab_parse(&file, &fstab, NULL) < 0)
		return 0;
	for (size_t i = 0; i < fstab.count; i++)
		check(&fstab, &fstab.list[i]);
	return 0;
}
