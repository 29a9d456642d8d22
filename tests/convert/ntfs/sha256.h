/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), for tests that compare files. */
#ifndef HVGEN2_TESTS_CONVERT_NTFS_SHA256_H
#define HVGEN2_TESTS_CONVERT_NTFS_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t block[64];
};

#define SHA256_TEXT 65 /* 64 hex digits and a NUL */

void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t size);
void sha256_text(struct sha256 *sha, char ret[SHA256_TEXT]);

#endif
