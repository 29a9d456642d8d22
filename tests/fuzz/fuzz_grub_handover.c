/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the grub.cfg of an ESP leads. Input: the file. */
#include <errno.h>
#include <stdlib.h>

#include "convert/guest/linux/parse/grub_handover.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct grub_target target = {"5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8", "",
						  "/boot/grub", "/boot/vmlinuz-1"};
	const struct file_bytes file = {data, size, "grub.cfg"};
	struct error err = ERROR_INIT;
	const char *trouble = NULL;

	/* What is wrong with the file is a trouble, and no error. */
	if (grub_handover_trouble(&file, &target, &trouble, &err) < 0 && err.code != ENOMEM)
		abort();
	return 0;
}
