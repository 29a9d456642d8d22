/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A container of a configuration, of 16 pages: the input's first 46 bytes are both headers, the next 512 begin the object
 * table, the rest are the pages behind it. Its checksums are made right, so that the fuzzer gets behind them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "fuzz.h"
#include "tests/fixtures/vm_config.h"
#include "vm_fuzz.h"

#define PAGE	  4096U
#define FILE_SIZE (16 * PAGE)
#define HEADER	  46
#define OBJECTS	  512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file;

	if (size < HEADER + OBJECTS)
		return 0;
	file = calloc(1, FILE_SIZE);
	if (!file)
		return 0;
	memcpy(file, data, HEADER);
	memcpy(file + PAGE, data, HEADER);
	memcpy(file + 2 * PAGE, data + HEADER, OBJECTS);
	memcpy(file + 3 * PAGE, data + HEADER + OBJECTS,
	       min_u64(size - HEADER - OBJECTS, FILE_SIZE - 3 * PAGE));
	vm_config_sign(file, FILE_SIZE);
	vm_fuzz_config(file, FILE_SIZE);
	free(file);
	return 0;
}
