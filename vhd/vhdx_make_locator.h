/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parent locator of a VHDX being written. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_MAKE_LOCATOR_H
#define HVGEN2_VHD_VHDX_MAKE_LOCATOR_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "vhd/vhd.h"

/*
 * The parent locator of 'parent' as it goes into the metadata: new bytes to be freed, *ret_length
 * of them. NULL with *err filled on failure.
 */
uint8_t *vhdx_make_locator(const struct vhdx_parent *parent, size_t *ret_length, struct error *err);

#endif
