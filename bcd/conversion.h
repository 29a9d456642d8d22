/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of the conversion, in their order; internal to the library. Each fills notes->dropped
 * and ->warnings. */
#ifndef HVGEN2_BCD_CONVERSION_H
#define HVGEN2_BCD_CONVERSION_H

#include "bcd/device.h"
#include "bcd/store.h"

struct conversion {
	struct bcd_store *store;
	const struct bcd_target *target;
	struct bcd_notes *notes;
	struct bcd_object *bootmgr;
	struct error *err;
};

#define DROPPED(conversion, ...) note_add(&(conversion)->notes->dropped, __VA_ARGS__)
#define WARNING(conversion, ...) note_add(&(conversion)->notes->warnings, __VA_ARGS__)

/* The GPT identity of the partition that starts at 'mbr_offset' of the old disk; false when there
 * is none. */
bool bcd_target_partition(const struct bcd_target *target, uint64_t mbr_offset,
			  struct bcd_partition_id *ret);

/* Pass on an error; damage of the store becomes a refusal, because the way out is to repair it in
 * the guest. */
int bcd_refuse_damage(const struct error *from, int r, struct error *err);

/* cleanup.c: what a UEFI store does not have, and what the boot library would refuse. */
int bcd_drop_bios_objects(struct conversion *conversion);
int bcd_repair_elements(struct conversion *conversion);
int bcd_drop_dangling(struct conversion *conversion);
int bcd_drop_unwanted(struct conversion *conversion);

/* devices.c */
int bcd_choose_default(struct conversion *conversion);
int bcd_convert_devices(struct conversion *conversion);

/* paths.c: programs and the elements that depend on the firmware's kind. */
int bcd_convert_programs(struct conversion *conversion);

/* settings.c: says which settings of the user will not do what they did. */
int bcd_warn_settings(struct conversion *conversion);

#endif
