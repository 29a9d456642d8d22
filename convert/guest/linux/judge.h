/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May UEFI start a Linux that was found? */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_JUDGE_H
#define HVGEN2_CONVERT_GUEST_LINUX_JUDGE_H

#include "convert/guest/guest.h"
#include "convert/guest/linux/volumes.h"

/* Does the UUID of the file system with /boot lead to it alone? Errors: REFUSAL_LINUX_AMBIGUOUS. */
int linux_judge_uuid(const struct linux_volumes *volumes, const struct linux_system *system,
		     struct error *err);

/* As guest_kind.judge(); fills what of the system was not known yet. */
int linux_judge(const struct guest_disk *old, struct guest_findings *ret, struct error *err);

#endif
