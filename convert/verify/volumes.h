/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in partitions, under names of GRUB: arrays of MD and logical volumes of LVM2. */
#ifndef HVGEN2_CONVERT_VERIFY_VOLUMES_H
#define HVGEN2_CONVERT_VERIFY_VOLUMES_H

#include "convert/verify/verify.h"

#define VOLUMES_MAX  256 /* each costs a question */
#define VOLUMES_NAME 640

/* Embedded; all zero is none. */
struct volumes {
	char names[VOLUMES_MAX][VOLUMES_NAME]; /* "(lvm/vg-root)", "(mduuid/0123...)" */
	size_t count;
	bool is_partial; /* some are left out: there was no room, or what names them cannot be read */
};

/* Add those of a partition. */
void verify_volumes_add(struct verify *verify, const struct verify_partition *partition,
			struct volumes *volumes);

#endif
