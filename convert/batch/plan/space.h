/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does what is left to be made fit onto its file systems? */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_SPACE_H
#define HVGEN2_CONVERT_BATCH_PLAN_SPACE_H

#include "convert/batch/state/state.h"

/* One file system that outputs go to. */
struct space {
	dev_t device;
	char *folder; /* one of those that are on it */
	uint64_t needed, available;
};

struct space_list {
	struct space *items;
	size_t count;
};

void space_list_done(struct space_list *list);
#define CLEANUP_SPACES CLEANUP(space_list_done)

/* Add up what the VMs that are open still need, with 'replace' those too whose old results are to go. Folders that are to be
 * made count as the one that they will be in. */
int space_sum(const struct batch *batch, bool replace, struct space_list *ret, struct error *err);

/* ERROR_FAILED with the first file system on which something is missing, and how much. */
int space_check(const struct space_list *list, struct error *err);

/* The folder of a file that will be there, or what exists of the way to it; a new string, or NULL. */
char *space_folder(const char *path);

#endif
