/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Variables as JSON, in the form that virt-firmware and the uefi-vars device of QEMU use, so that
 * they can be exchanged:
 *
 *   {"version": 2, "variables": [
 *           {"name": "BootOrder", "guid": "8be4df61-...", "attr": 7, "data": "0000"}]}
 *
 * 'data' is hexadecimal, and so is 'time' (EFI_TIME), which is there only when it is not zero.
 * Other members are kept.
 */
#ifndef HVGEN2_NVRAM_JSON_H
#define HVGEN2_NVRAM_JSON_H

#include "common/bytes.h"
#include "nvram/nvram.h"

bool json_is_text(const uint8_t *bytes, size_t size);
int json_decode(const struct file_bytes *file, struct nvram *ret, struct error *err);
int json_encode(const struct nvram *nvram, uint8_t **ret, size_t *ret_size, struct error *err);

#endif
