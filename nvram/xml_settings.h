/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VM settings of the firmware in a Hyper-V configuration, inside nvram/. */
#ifndef HVGEN2_NVRAM_XML_SETTINGS_H
#define HVGEN2_NVRAM_XML_SETTINGS_H

#include "common/bytes.h"
#include "nvram/nvram.h"

/*
 * The configuration with another value in a leaf of the virtual BIOS, which is added when absent.
 * The rest of the contract is that of 'set' in struct nvram_container.
 */
int nvram_xml_set(const struct file_bytes *old, enum nvram_setting setting, unsigned int choice,
		  uint8_t **ret, size_t *ret_size, struct error *err);

#endif
