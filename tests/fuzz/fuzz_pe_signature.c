/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs of the ESP and kernels, whose signatures 'verify' looks for. Input: the program. */
#include <stdlib.h>

#include "convert/verify/pe_signature.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault = verify_pe_signature_fault(data, size);

	if (fault && !fault[0])
		abort();
	return 0;
}
