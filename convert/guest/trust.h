/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What firmware trusts: the certificates of db, where the store of the new VM holds keys. */
#ifndef HVGEN2_CONVERT_GUEST_TRUST_H
#define HVGEN2_CONVERT_GUEST_TRUST_H

#include "common/bytes.h"

#define GUEST_TRUST_MAX 32 /* those of real stores hold two or three */

struct guest_trust {
	struct file_bytes certificates[GUEST_TRUST_MAX]; /* X.509 in DER; borrowed */
	size_t count;
};

#endif
