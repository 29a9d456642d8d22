/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kind of container: one signature for all, one file that knows a kind to its end and defines it,
 * one list in store.c that selects. What is not here about a kind, nobody asks.
 */
#ifndef HVGEN2_NVRAM_CONTAINER_H
#define HVGEN2_NVRAM_CONTAINER_H

#include "common/bytes.h"
#include "nvram/nvram.h"

struct nvram_container {
	const char *text;    /* for users: "VMGS version 3" */
	bool is_guest_state; /* what a host starts a VM with: it adds its keys to an empty one only */

	/* Is it one? By content alone, cheaply; decode() may still find it damaged. */
	bool (*is_store)(const uint8_t *bytes, size_t size);

	/* The variables, in the order of the container. *ret is set on success only. */
	int (*decode)(const struct file_bytes *file, struct nvram *ret, struct error *err);

	/* 'old', which decode() has accepted, with exactly the variables of 'nvram' and all else
	 * kept. *ret is to be freed. */
	int (*update)(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
		      size_t *ret_size, struct error *err);

	/* One made from nothing; 'vhd_id' is the unique id of its VHD footer, if it has one. *ret is
	 * to be freed. NULL where it cannot be made. */
	int (*encode)(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		      size_t *ret_size, struct error *err);

	/* 'old' with the first (0) or the second (1) value of a setting, in the order in which
	 * nvram_store_set() names them. *ret is to be freed. NULL where only variables are held. */
	int (*set)(const struct file_bytes *old, enum nvram_setting setting, unsigned int choice,
		   uint8_t **ret, size_t *ret_size, struct error *err);
};

extern const struct nvram_container nvram_custom_uefi_container;
extern const struct nvram_container nvram_efivar_container;
extern const struct nvram_container nvram_json_container;
extern const struct nvram_container nvram_list_container;
extern const struct nvram_container nvram_ovmf_container;
extern const struct nvram_container nvram_vmgs1_container;
extern const struct nvram_container nvram_vmgs_container;
extern const struct nvram_container nvram_xml_container;

#endif
