/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads of Linux kernels. Input: the head. */
#include <stdlib.h>
#include <string.h>

#include "convert/guest/linux/parse/kernel.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct file_bytes file = {data, size, "file"};
	struct linux_kernel kernel;

	if (linux_kernel_parse(&file, &kernel, NULL) < 0)
		return 0;
	if (!memchr(kernel.version, 0, sizeof(kernel.version)) || strchr(kernel.version, ' '))
		abort();
	return 0;
}
