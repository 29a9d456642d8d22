/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shim, GRUB and kernels, which may come out of a guest. Input: the program. */
#include <string.h>
#include <stdlib.h>

#include "convert/guest/linux/chain/efi_image.h"
#include "convert/guest/linux/chain/efi_set.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct file_bytes image = {data, size, "fuzz.efi"};
	const struct efi_files files = {.shim = image, .grub = image};
	struct error err = ERROR_INIT;
	struct efi_image facts;
	struct file_bytes vendor;
	struct efi_set set;

	if (efi_image_read(&image, &facts, &err) == 0 &&
	    strnlen(facts.prefix, sizeof(facts.prefix)) == sizeof(facts.prefix))
		abort();
	if (efi_image_vendor(&image, &vendor))
		efi_image_is_signed_by(&image, &vendor);
	/* As certificates. */
	efi_image_is_signed_by(&image, &image);
	efi_set_from_bytes(&files, "fuzz", &set, &err);
	efi_set_done(&set);
	return 0;
}
