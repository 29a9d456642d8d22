/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UEFI variables at rest: the boot entries of a generation 2 VM and the stores that hold them.
 *
 * A list of variables is the model; containers (VMGS, OVMF) are written from it. Device paths and load options follow
 * UEFI 2.10 sections 10 and 3.1.3.
 */
#ifndef HVGEN2_NVRAM_NVRAM_H
#define HVGEN2_NVRAM_NVRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/guid.h"

struct nvram_variable {
	struct guid vendor;
	char *name;           /* UTF-8 */
	uint32_t attributes;  /* EFI_VARIABLE_* bits */
	uint8_t time[16];     /* EFI_TIME; zero unless time-authenticated */
	uint8_t *data;
	size_t size;
};

/* Variables in the order of their container. Embedded; all memory belongs to it. */
struct nvram {
	struct nvram_variable *variables;
	size_t count;
};

#define NVRAM_INIT {.variables = NULL}
void nvram_done(struct nvram *nvram);
#define CLEANUP_NVRAM CLEANUP(nvram_done)

/* Set or replace a variable; name and data are copied. */
int nvram_set(struct nvram *nvram, const struct guid *vendor, const char *name, uint32_t attributes,
	      const void *data, size_t size, struct error *err);

/* NULL when absent. Name and vendor are compared exactly, as the firmware does. */
const struct nvram_variable *nvram_get(const struct nvram *nvram, const struct guid *vendor,
				       const char *name);

/* The ESP as an HD device path node names it. LBAs in logical sectors. */
struct nvram_partition {
	uint32_t number;   /* in the GPT entry array, from 1 */
	uint64_t start_lba;
	uint64_t sectors;
	struct guid guid;  /* unique partition GUID */
};

/*
 * Put a "Windows Boot Manager" File entry, short form, with Windows' own optional data, at the top of BootOrder: 300
 * bytes in the lowest free Boot####. 'path' is UTF-8 with backslashes, normally "\\EFI\\Microsoft\\Boot\\bootmgfw.efi".
 * An entry that is byte for byte equal is reused. *ret_number is the #### (may be NULL).
 */
int nvram_add_windows_boot_manager(struct nvram *nvram, const struct nvram_partition *esp,
				   const char *path, uint16_t *ret_number, struct error *err);

/* One load option taken apart. Embedded; strings belong to it. */
struct nvram_boot_entry {
	uint16_t number;
	bool active;
	char *description;            /* UTF-8 */
	bool is_file;                 /* a short-form or full path that ends in a File node */
	struct nvram_partition partition; /* of the HD node; number 0 when there is none */
	char *file_path;              /* of the File node, or NULL */
};

void nvram_boot_entry_done(struct nvram_boot_entry *entry);

/* Entries in BootOrder; at most 'max' numbers are stored, all are counted. 0 when there is no BootOrder. */
size_t nvram_boot_order(const struct nvram *nvram, uint16_t *ret_numbers, size_t max);
int nvram_boot_entry(const struct nvram *nvram, uint16_t number, struct nvram_boot_entry *ret,
		     struct error *err);

/* Containers, as whole files in memory. The encoders return new memory to be freed. */

/* VMGS version 3, 4 MiB and VHD footer. 'vhd_id' is the unique id of the footer. */
int nvram_encode_vmgs(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret, size_t *ret_size,
		      struct error *err);
int nvram_decode_vmgs(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err);

/* An OVMF variable store of 4M layout (540672 bytes), made from nothing. */
int nvram_encode_ovmf(const struct nvram *nvram, uint8_t **ret, size_t *ret_size, struct error *err);
int nvram_decode_ovmf(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err);

/* Recognise the container by its content and decode it. */
int nvram_decode(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		 struct error *err);

#endif
