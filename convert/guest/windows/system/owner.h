/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Windows that a SYSTEM hive belongs to, as far as the edits ask. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_OWNER_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_OWNER_H

#include <stdbool.h>

#include "common/moved.h"

/* All is borrowed. */
struct hive_owner {
	const struct moved_disk *disk;
	const char *root;	   /* "\\Windows": its folder on the volume */
	unsigned int major, minor; /* version */
	bool is_server;
	const char *pending;	/* what waits for a restart, as far as other files say; or "" */
	bool online_data_disks; /* data disks come online in the new VM, whatever the policy */
	bool has_sata;		/* the new VM starts from a disk on SATA */
	/* Is there this file on the volume? NULL: nobody knows, and nothing is said of files. */
	bool (*has_file)(void *context, const char *path);
	void *context;
};

#endif
