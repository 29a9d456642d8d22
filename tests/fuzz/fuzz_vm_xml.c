/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration of Server 2012 R2, in XML of any encoding. */
#include "fuzz.h"
#include "vm_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vm_fuzz_config(data, size);
	return 0;
}
