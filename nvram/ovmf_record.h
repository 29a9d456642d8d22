/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of an OVMF variable store (edk2 VariableFormat.h, VariableParsing.c). */
#ifndef HVGEN2_NVRAM_OVMF_RECORD_H
#define HVGEN2_NVRAM_OVMF_RECORD_H

#include "nvram/nvram.h"

#define OVMF_2M_SIZE 0x20000U
#define OVMF_4M_SIZE 0x84000U

/* Where the parts of a store are, read and checked. */
struct ovmf {
	size_t first;	      /* the first record */
	size_t end;	      /* of the store: records end before */
	size_t free;	      /* behind the last record, aligned */
	size_t record_header; /* 60, or 32 in stores without authenticated variables */
};

/* Header sizes: AUTHENTICATED_VARIABLE_HEADER and VARIABLE_HEADER */
#define OVMF_AUTH_HEADER  60U
#define OVMF_PLAIN_HEADER 32U
/* Records start at multiples of it. */
#define OVMF_ALIGNMENT 4U

struct ovmf_record {
	size_t offset;
	uint8_t state;
	uint32_t attributes;
	const uint8_t *time; /* 16 bytes, or NULL without authentication */
	struct guid vendor;
	const uint8_t *name; /* UTF-16LE */
	size_t name_size;    /* bytes, with the NUL */
	const uint8_t *data;
	size_t data_size;
	size_t size; /* header, name and data, without padding */
};

/* The record at *offset, which moves to the next. 1, or 0 behind the last one, or ERROR_DAMAGED. */
int ovmf_next(const uint8_t *bytes, const struct ovmf *ovmf, const char *name, size_t *offset,
	      struct ovmf_record *ret, struct error *err);

/* Added and not deleted; or being replaced, when the replacement never came to life. */
bool ovmf_record_lives(const uint8_t *bytes, const struct ovmf *ovmf,
		       const struct ovmf_record *record);

/* Set the variable that the record holds. */
int ovmf_record_load(const struct ovmf_record *record, struct nvram *nvram, struct error *err);

/*
 * Write a living record at ovmf->free, which moves on. 'file_size' tells the layout and so the
 * limit of one variable. -ENOSPC when the store is full.
 */
int ovmf_append(uint8_t *bytes, struct ovmf *ovmf, size_t file_size,
		const struct nvram_variable *variable, struct error *err);

/* Mark a record deleted, as the firmware does. */
void ovmf_record_delete(uint8_t *bytes, const struct ovmf_record *record);

#endif
