/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stores without checksums as they come: XML configurations, JSON, variable lists, efivar files. */
#include "fuzz.h"
#include "nvram_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	nvram_check_store(data, size);
	return 0;
}
