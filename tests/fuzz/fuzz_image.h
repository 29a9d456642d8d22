/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzing disk images without carrying them: the input is a list of patches to a sound image kept
 * in memory.
 *
 * Records: place (1 byte, taken modulo the number of places), offset within it (2 bytes, times the
 * place's unit), length (1 byte), then so many bytes. Place 0 cuts the file off at offset x 4096.
 * After a run the patched bytes are restored.
 */
#ifndef HVGEN2_TESTS_FUZZ_IMAGE_H
#define HVGEN2_TESTS_FUZZ_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "vhd/vhd.h"

struct fuzz_place {
	uint64_t offset;
	uint32_t unit;
	/* Put the checksums right that cover this place; NULL: there is none. */
	void (*seal)(int fd);
};

struct fuzz_image {
	int fd; /* memfd */
	enum vhd_open_format format;
	uint64_t size;
	const struct fuzz_place *places; /* [0] is not used: the cut */
	size_t place_count;
};

/* A memfd of 'size' zeros. */
int fuzz_memfd(uint64_t size);
void fuzz_put(int fd, uint64_t offset, const void *bytes, size_t length);
void fuzz_get(int fd, uint64_t offset, void *bytes, size_t length);

/*
 * Apply the patches of the input, open and check the image by all means of the library, restore it.
 */
void fuzz_image_run(const struct fuzz_image *image, const uint8_t *data, size_t size);

#endif
