/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Load options, the device paths within, and signature lists: the same bytes as the data of a
 * variable of each kind. */
#include <stdlib.h>

#include "fuzz.h"
#include "nvram/device_path.h"
#include "nvram/nvram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct guid global = NVRAM_GLOBAL;
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = NVRAM_BOOT_ENTRY_INIT;
	CLEANUP_SIGNATURES struct nvram_signatures signatures = NVRAM_SIGNATURES_INIT;

	free(device_path_text(data, size));
	if (nvram_set(&nvram, &global, "Boot0000", 7, data, size, NULL) < 0)
		return 0;
	(void)nvram_boot_entry(&nvram, 0, &entry, NULL);
	(void)nvram_read_signatures(&nvram.variables[0], &signatures, NULL);
	return 0;
}
