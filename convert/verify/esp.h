/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the ESP, for the checks after that of the ESP itself. */
#ifndef HVGEN2_CONVERT_VERIFY_ESP_H
#define HVGEN2_CONVERT_VERIFY_ESP_H

#include <stddef.h>
#include <stdint.h>

#include "convert/verify/verify.h"

/* Make verify->scratch_fd, in $TMPDIR or /tmp, for who will be locked in. */
void verify_esp_prepare(struct verify *verify);

/*
 * Read a file of the ESP with mtools. 'path' has backslashes or slashes. New memory, to be freed.
 * -ENOENT when the ESP has no such file, -ENOPKG when mtools is not installed; *err is filled in
 * any case.
 */
int verify_esp_read(struct verify *verify, const char *path, uint8_t **ret, size_t *ret_size,
		    struct error *err);

/* Has the ESP this file? What cannot be read for another reason than that it is not there is there. */
bool verify_esp_has(struct verify *verify, const char *path);

/*
 * Is this file an EFI program for x64? One result. *ret is what it holds, new memory, or NULL after a
 * result that is not ok. False when mtools is not installed, and no other file can be read either.
 */
bool verify_esp_program(struct verify *verify, const char *name, const char *path, uint8_t **ret,
			size_t *ret_size);

#endif
