/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which container is it? By content alone: names of stores say little. */
#include "nvram/nvram.h"
#include "nvram/ovmf.h"
#include "nvram/vmgs.h"

int nvram_decode(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		 struct error *err)
{
	if (vmgs_is_v3(bytes, size))
		return nvram_decode_vmgs(bytes, size, name, ret, err);
	if (ovmf_is_store(bytes, size))
		return nvram_decode_ovmf(bytes, size, name, ret, err);
	return error_damaged(err, "'%s' is no store of UEFI variables that is known here", name);
}
