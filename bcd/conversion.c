/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the steps of a conversion ask: see conversion.h. */
#include "bcd/conversion.h"

#define ADVICE "rebuild the boot store in the guest with 'bcdboot C:\\Windows', then convert again"

bool bcd_target_partition(const struct bcd_target *target, uint64_t mbr_offset,
			  struct bcd_partition_id *ret)
{
	const struct moved_partition *moved = moved_find(&target->disk, mbr_offset);

	if (moved)
		*ret = (struct bcd_partition_id){.partition = moved->gpt_guid,
						 .disk = target->disk.gpt_disk};
	return moved;
}

int bcd_refuse_damage(const struct error *from, int r, struct error *err)
{
	if (from->kind == ERROR_DAMAGED)
		return error_refused(err, REFUSAL_BCD_DAMAGED, ADVICE, "%s", from->message);
	if (err)
		*err = *from;
	return r;
}
