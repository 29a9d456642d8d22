/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking for the parent of a differencing disk, as an administrator on Linux expects. Internal to
 * vhd/.
 *
 * Places, in this order; names are found regardless of the case of ASCII letters:
 *
 *   1. the relative path, from the folder of the child;
 *   2. the file names of all paths, in the folder of the child;
 *   3. in each folder given by --parent-dir: every tail of the absolute, relative and volume path.
 *
 * The longest tail comes first: C:\VMs\web\disk.vhdx is found as DIR/VMs/web/disk.vhdx,
 * DIR/web/disk.vhdx or DIR/disk.vhdx.
 */
#ifndef HVGEN2_VHD_PARENT_H
#define HVGEN2_VHD_PARENT_H

#include "vhd/image_file.h"

/* Bounds the places of one search: tails of three paths in some folders. */
#define PARENT_PLACES_MAX 512

struct parent_search {
	char *places[PARENT_PLACES_MAX]; /* where to look, in order, each once */
	size_t count;
	const char *child; /* path of the child */
};

/* List the places. Returns 0, or -ENOMEM. */
int parent_search_init(struct parent_search *search, const struct image *child,
		       const struct vhd_open_options *options);

/* The file at place 'index' with its true spelling, as a new string; NULL when there is none. */
char *parent_search_find(const struct parent_search *search, size_t index);

/* All places as text for a message, cut off where 'size' ends. */
void parent_search_describe(const struct parent_search *search, char *text, size_t size);

void parent_search_done(struct parent_search *search);

#endif
