/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVRAM store that is judged with the disk. */
#ifndef HVGEN2_CONVERT_VERIFY_STORE_H
#define HVGEN2_CONVERT_VERIFY_STORE_H

#include "convert/verify/verify.h"
#include "nvram/nvram.h"

/*
 * Read and decode verify->store_path, or the disk's sister with .vmgs; *ret_path is which, and is to
 * be freed, NULL without memory. -ENOENT when there is no sister; other errors are those of the file
 * and of nvram_decode(). *ret is to be released with nvram_done() in every case.
 */
int verify_store_read(const struct verify *verify, char **ret_path, struct nvram *ret,
		      struct error *err);

/* What the first entry of its boot order starts, if that is a file on a partition; *ret is to be
 * released with nvram_boot_entry_done() in every case. */
bool verify_store_first(const struct verify *verify, struct nvram_boot_entry *ret);

#endif
