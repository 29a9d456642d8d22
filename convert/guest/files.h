/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files for the EFI system partition, as a kind of guest makes them: in memory, in the order in
 * which they are to be added. */
#ifndef HVGEN2_CONVERT_GUEST_FILES_H
#define HVGEN2_CONVERT_GUEST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct guest_file {
	char *path;    /* "/EFI/Microsoft/Boot/BCD", UTF-8 */
	uint8_t *data; /* NULL when it has been handed on */
	size_t size;
	int64_t mtime;	  /* seconds since 1970 UTC */
	bool is_optional; /* the guest starts without it */
	bool is_left_out; /* not on the ESP after all */
};

/* Embedded; all zero is empty; memory belongs to it. */
struct guest_files {
	struct guest_file *list;
	size_t count;
};

/*
 * Append a file that the guest needs to start. 'data' (from malloc, may be NULL when size is 0) passes to the list, also on
 * failure. Errors: ENOMEM, also for a NULL with a size: what was to be the data.
 */
int guest_files_add(struct guest_files *files, const char *path, uint8_t *data, size_t size,
		    int64_t mtime, struct error *err);

void guest_files_done(struct guest_files *files);

#endif
