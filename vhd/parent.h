/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking for the parent of a differencing disk. Internal to vhd/.
 *
 * The paths in an image were written by somebody who may know this host, and want one of its files
 * read. So of each only the name behind the last slash or backslash counts, and it is looked for, in
 * this order,
 *
 *   1. in the folder of the child,
 *   2. in each folder given by --parent-dir, and not in folders below it,
 *
 * as it stands or else in another case of ASCII letters. No other folder is looked into, symbolic
 * links are not followed and devices not opened: these the operator names himself (--parent FILE).
 */
#ifndef HVGEN2_VHD_PARENT_H
#define HVGEN2_VHD_PARENT_H

#include "vhd/image_file.h"

/* A child names its parent in three ways at most. */
#define PARENT_NAMES_MAX 3

struct parent_search {
	const char
		*names[PARENT_NAMES_MAX]; /* without folders, each once; in the child's strings */
	size_t name_count;
	char *child_folder;
	const char *const *folders; /* more of them; NULL-terminated or NULL */
};

/* List the names. 'child' and 'options' must outlive the search. Returns 0, or -ENOMEM. */
int parent_search_init(struct parent_search *search, const struct image *child,
		       const struct vhd_open_options *options);

/*
 * Open what stands at place 'index', from 0 on. Returns 0 and the file, -ENOENT where there is none,
 * -ERANGE behind the last place, or another negative errno with the errors of
 * image_file_open_in().
 */
int parent_search_open(const struct parent_search *search, size_t index, struct image_file *ret,
		       struct error *err);

/* All places as text for a message: "'NAME' in 'FOLDER', 'FOLDER'", cut off where 'size' ends. */
void parent_search_describe(const struct parent_search *search, char *text, size_t size);

void parent_search_done(struct parent_search *search);

#endif
