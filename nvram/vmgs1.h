/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VMGS version 1, the guest state file of an ordinary Hyper-V generation 2 VM: a fixed VHD with a
 * GPT; in its one partition two headers, each with two locators, and a JSON text in UTF-16LE.
 *
 *   Devices["ac6b8dc1-3257-4a70-b1b2-a9c9215659ad"].States.Nvram.Vendors[vendor].Variables[name] =
 *       {"Attributes": 7, "Data": [1, 0, ...]}
 *
 * Known from HyperSine's vmgs-utils and openvmm's vmgs_json; how the host itself updates it is not
 * public. So an existing file is edited where its text stands; one made from nothing is an
 * experiment.
 */
#ifndef HVGEN2_NVRAM_VMGS1_H
#define HVGEN2_NVRAM_VMGS1_H

#include "nvram/nvram.h"

int vmgs1_decode(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		 struct error *err);

/* The JSON text alone (UTF-8). */
int vmgs1_json_decode(const char *text, size_t size, const char *name, struct nvram *ret,
		      struct error *err);
int vmgs1_json_update(const char *text, size_t size, const char *name, const struct nvram *nvram,
		      char **ret, struct error *err);

/* Experimental: whether a host accepts it is not known. */
int vmgs1_encode(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		 size_t *ret_size, struct error *err);

#endif
