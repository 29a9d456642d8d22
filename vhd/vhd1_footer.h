/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding the footer of a VHD. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHD1_FOOTER_H
#define HVGEN2_VHD_VHD1_FOOTER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "vhd/findings.h"
#include "vhd/image_file.h"
#include "vhd/vhd1_format.h"

struct vhd1_footer {
	uint8_t bytes[VHD1_FOOTER_SIZE];
	uint64_t at;	 /* in the file */
	uint64_t behind; /* bytes of the file behind it, which are no part of the image */
};

/* One's complement of the sum of all bytes but the four of the checksum itself, at 'field'. */
uint32_t vhd1_checksum(const uint8_t *bytes, size_t size, size_t field);

/*
 * Is there a signature where a footer belongs: at the end or at the end less a byte, and in front,
 * where the guest of a fixed disk can write? 'file' has at least one sector. Fails only when it cannot
 * be read.
 */
int vhd1_has_footer(const struct image_file *file, bool *ret_at_end, bool *ret_in_front,
		    struct error *err);

/*
 * The footer that counts: at the end of the file, or else the copy in front. What is wrong with
 * them is noted. ERROR_DAMAGED when neither is whole.
 */
int vhd1_find_footer(const struct image_file *file, struct findings *findings,
		     struct vhd1_footer *ret, struct error *err);

/*
 * Look for the footer of a fixed disk within the last 16 MiB of the file, with something behind it:
 * one that is whole, and stands where the size in it says. So the footer of a VHD that is stored on
 * the disk is not taken for it. *ret_found and *ret; *ret_is_zero: all behind it is zero.
 */
int vhd1_search_footer(const struct image_file *file, struct vhd1_footer *ret, bool *ret_found,
		       bool *ret_is_zero, struct error *err);

#endif
