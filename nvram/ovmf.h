/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The variable store of EDK2 in a flash image, as OVMF has it: a firmware volume that holds
 *
 *   0x00  firmware volume header, 0x48 bytes
 *   0x48  variable store header, 28 bytes
 *   0x64  records, each at a multiple of 4; behind the last one all FF
 *   ...   event log, fault tolerant write block and its spare area
 *
 * Flash bits are only ever cleared: a record's state says whether it lives. Known from edk2's
 * VariableFormat.h, PiFirmwareVolume.h and OvmfPkg/Include/Fdf/VarStore.fdf.inc.
 */
#ifndef HVGEN2_NVRAM_OVMF_H
#define HVGEN2_NVRAM_OVMF_H

#include "common/bytes.h"
#include "nvram/ovmf_record.h"

int ovmf_parse(const struct file_bytes *file, struct ovmf *ret, struct error *err);

int ovmf_decode(const struct file_bytes *file, struct nvram *ret, struct error *err);

bool ovmf_is_store(const uint8_t *bytes, size_t size);

#endif
