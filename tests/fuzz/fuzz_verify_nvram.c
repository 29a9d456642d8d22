/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVRAM checks of 'verify', libefiboot included: the input is the load option Boot0000, first
 * in BootOrder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "convert/verify/checks.h"
#include "nvram/nvram.h"
#include "tests/fuzz/fuzz.h"

static void check_store(const uint8_t *store, size_t size)
{
	struct verify *verify = malloc(sizeof(*verify));
	static const struct verify_partition esp = {.number = 1,
						    .first_lba = 2048,
						    .last_lba = 4095};
	CLEANUP_FD int fd = memfd_create("store", MFD_CLOEXEC);
	char path[64];

	if (verify && fd >= 0 && write(fd, store, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		verify_init(verify);
		verify->path = "disk.vhdx";
		verify->store_path = path;
		verify->esp = &esp;
		verify_nvram(verify);
		verify_done(verify);
	}
	free(verify);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct guid global = GUID(0x8be4df61, 0x93ca, 0x11d2, 0xaa0d, 0x00e098032b8c);
	static const uint8_t order[2];
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_FREE uint8_t *store = NULL;
	size_t store_size;

	if (nvram_set(&nvram, &global, "Boot0000", 7, data, size, NULL) == 0 &&
	    nvram_set(&nvram, &global, "BootOrder", 7, order, sizeof(order), NULL) == 0 &&
	    nvram_encode_ovmf(&nvram, &store, &store_size, NULL) == 0)
		check_store(store, store_size);
	return 0;
}
