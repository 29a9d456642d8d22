/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PE headers and version resources of the guest's boot programs. Input: the program. */
#include <stdlib.h>
#include <string.h>

#include "convert/guest/windows/pe.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[PE_VERSION_TEXT];
	uint16_t machine, version[4];

	pe_machine(data, size, &machine);
	if (pe_file_version(data, size, version)) {
		pe_version_text(version, text);
		if (strlen(text) < strlen("0.0.0.0"))
			abort();
	}
	return 0;
}
