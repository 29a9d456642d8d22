/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EFI_LOAD_OPTION, the data of a Boot#### variable (UEFI 2.10 section 3.1.3). */
#ifndef HVGEN2_NVRAM_LOAD_OPTION_H
#define HVGEN2_NVRAM_LOAD_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/buffer.h"

#define LOAD_OPTION_ACTIVE 0x00000001U
#define LOAD_OPTION_CATEGORY_MASK                                                                  \
	0x00001f00U /* 0 is "boot": all others are left out of the boot loop */

/* The pointers go into the data that was parsed. */
struct load_option {
	uint32_t attributes;
	const uint8_t *description; /* UTF-16LE */
	size_t description_size;    /* bytes, with the NUL */
	const uint8_t *path;
	size_t path_size;
	const uint8_t *optional;
	size_t optional_size;
};

/*
 * Take apart, with the checks of the firmware: description closed by a NUL, path list within the
 * data and well formed. 'what' is the variable's name, for messages.
 */
int load_option_parse(const uint8_t *data, size_t size, const char *what, struct load_option *ret,
		      struct error *err);

/*
 * Put together in 'option', which is empty: active, boot category, 'description' in UTF-8. The
 * result has passed libefiboot's own check; one that does not is ERROR_FAILED. A 'path' that failed
 * to grow is -ENOMEM.
 */
int load_option_build(struct buffer *option, const char *description, const struct buffer *path,
		      const void *optional, size_t optional_size, struct error *err);

/* The optional data that Windows gives to the entry of its boot manager, 136 bytes. */
#define LOAD_OPTION_WINDOWS_SIZE 136
void load_option_windows_data(uint8_t ret[LOAD_OPTION_WINDOWS_SIZE]);

#endif
