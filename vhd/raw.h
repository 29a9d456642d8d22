/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw images: the bytes of the disk and nothing else. Internal to vhd/. */
#ifndef HVGEN2_VHD_RAW_H
#define HVGEN2_VHD_RAW_H

#include "vhd/image_file.h"

/*
 * Take over 'file' as a fixed disk of its size, with sectors of 512 bytes, which the file does not
 * tell. Fails only when memory has run out; 'file' is then still the caller's to close.
 */
int raw_image_open(struct image_file *file, struct image **ret, struct error *err);

#endif
