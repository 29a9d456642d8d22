/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Temporary files of outfiles (outfile.h) that no run makes any more: where the file system has no
 * files without a name, a run that is killed leaves ".NAME.hvgen2-XXXXXX". A run holds a lock
 * (flock) on its own as long as it lives, on whatever host of a file system that passes locks on.
 */
#ifndef HVGEN2_COMMON_LEFTOVER_H
#define HVGEN2_COMMON_LEFTOVER_H

#include <stdbool.h>
#include <stddef.h>

enum leftover {
	LEFTOVER_REMOVED,  /* of one of these outputs */
	LEFTOVER_OURS,	   /* of one of them too, and not removed */
	LEFTOVER_OLD,	   /* the old file of an output, or of another, put aside while it was
			      replaced (".NAME.hvgen2-old-XXXXXX"): it may be the only copy */
	LEFTOVER_OF_OTHER, /* of another output, and left alone */
};

/*
 * Look for them in the folders of these outputs, and remove those of the outputs if that is wanted.
 * 'found' is told of each, by its path. What a run holds, and what cannot be opened and locked, is
 * passed over.
 */
void leftover_find(const char *const *outputs, size_t count, bool removes,
		   void (*found)(void *context, const char *path, enum leftover what),
		   void *context);

#endif
