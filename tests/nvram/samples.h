/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that the tests of nvram/ share: the worked example of a store with one File entry. */
#ifndef TESTS_NVRAM_SAMPLES_H
#define TESTS_NVRAM_SAMPLES_H

#include "nvram/nvram.h"

/* Partition 1 at LBA 0x800, 0x32000 sectors, GUID 65604577-96f4-4851-872f-df5886722450. */
extern const struct nvram_partition sample_esp;

#define SAMPLE_BOOTMGFW "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"

/* Boot0000 with the entry above, and BootOrder {0000}, as a variable list. */
#define SAMPLE_LIST_SIZE 436
extern const uint8_t sample_list[SAMPLE_LIST_SIZE];
/* The load option within. */
#define SAMPLE_OPTION_OFFSET 66
#define SAMPLE_OPTION_SIZE   300

/* A list with the sample's File entry; the caller releases it. */
struct nvram sample_nvram(void);

#endif
