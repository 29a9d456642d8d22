/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PE headers, version resources and signers of the guest's boot programs. Input: the program. */
#include <stdlib.h>
#include <string.h>

#include "convert/guest/pe.h"
#include "convert/guest/signer.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[PE_VERSION_TEXT];
	uint16_t machine, version[4];
	char *issuer;

	pe_machine(data, size, &machine);
	if (pe_file_version(data, size, version)) {
		pe_version_text(version, text);
		if (strlen(text) < strlen("0.0.0.0"))
			abort();
	}
	if (signer_is_trusted(data, size, &(struct guest_trust){.count = 0}, &issuer))
		abort();
	free(issuer);
	return 0;
}
