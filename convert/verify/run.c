/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the checks. */
#include "convert/verify/run.h"

#include "common/checked.h"
#include "convert/verify/checks.h"

/* A check after another may need what that one learnt. */
static void (*const checks[])(struct verify *verify) = {
	verify_image, verify_libvhdi, verify_gpt,   verify_source,  verify_esp,
	verify_ntfs,  verify_bcd,     verify_nvram, verify_guestfs,
};

void verify_run(struct verify *verify)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](verify);
}
