/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The little of PE files that matters here: for which machine, and which file version (PE format,
 * "File Headers").
 */
#ifndef HVGEN2_CONVERT_GUEST_PE_H
#define HVGEN2_CONVERT_GUEST_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"

#define PE_MACHINE_X86	 0x014c
#define PE_MACHINE_X64	 0x8664
#define PE_MACHINE_ARM64 0xaa64

/* The headers of every real boot program lie within this many bytes from the start. */
#define PE_HEADER_BYTES 4096

/*
 * The machine type of an image of which the first 'size' bytes are given. False when they are no PE
 * file.
 */
bool pe_machine(const void *image, size_t size, uint16_t *ret);

/*
 * The file version ("10.0.26100.1") of the first version resource in 'image', of which all 'size'
 * bytes are given. False, and *ret untouched, when there is none.
 */
bool pe_file_version(const void *image, size_t size, uint16_t ret[4]);

/*
 * The PKCS#7 signature number 'index' of an image, within it (Windows Authenticode PE format). False
 * when there is none, and for one that does not lie within the image.
 */
bool pe_signature(const void *image, size_t size, unsigned int index, const uint8_t **ret,
		  size_t *ret_size);

/*
 * The contents of the section called 'name' (".sbat"), within the image: what of it is both stored
 * in the file and loaded (PE format, "Section Table"). False when there is none of that name, or it
 * does not lie within the image: *ret_is_bad says which.
 */
bool pe_section(const void *image, size_t size, const char *name, struct file_bytes *ret,
		bool *ret_is_bad);

/* Is it an image for x64 in the form for 64 bits (PE32+)? */
bool pe_is_x64(const void *image, size_t size);

#define PE_VERSION_TEXT 24 /* "65535.65535.65535.65535" and its NUL */
void pe_version_text(const uint16_t version[4], char ret[PE_VERSION_TEXT]);

#endif
