/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw images: the bytes of the disk and nothing else. Internal to vhd/. */
#ifndef HVGEN2_VHD_RAW_H
#define HVGEN2_VHD_RAW_H

#include "vhd/image_file.h"

/*
 * Take over 'file' as a fixed disk of its size, with sectors of 512 bytes, or of 4096 where its
 * tables only make sense in those. Fails when the file cannot be read or memory has run out; 'file'
 * is then still the caller's to close.
 */
int raw_image_open(struct image_file *file, struct image **ret, struct error *err);

#endif
