/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May UEFI start a Linux that was found? */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_JUDGE_H
#define HVGEN2_CONVERT_GUEST_LINUX_JUDGE_H

#include "convert/guest/guest.h"

/* As guest_kind.judge(); fills what of the system was not known yet. */
int linux_judge(const struct guest_disk *old, struct guest_findings *ret, struct error *err);

#endif
