/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image with its parents. Internal to vhd/. */
#ifndef HVGEN2_VHD_CHAIN_H
#define HVGEN2_VHD_CHAIN_H

#include "vhd/image.h"

/* Images in a chain; an administrator's chains have a handful. */
#define CHAIN_MAX 64

struct chain {
	struct disk disk;
	struct image *images[CHAIN_MAX]; /* [0] is the one opened, each next one its parent */
	size_t count;
	struct error failure; /* the first read that failed because of this host */
};

/*
 * Open 'path' and its parents into 'chain', which is zero. On failure the images opened so far stay
 * in it. In both cases it is for the caller to close.
 */
int chain_open(const char *path, const struct vhd_open_options *options, struct chain *chain,
	       struct error *err);

/* Close all images and free the chain. */
void chain_close(struct chain *chain);

#endif
