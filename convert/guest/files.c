/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files for the EFI system partition: see files.h. */
#include "convert/guest/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int guest_files_add(struct guest_files *files, const char *path, uint8_t *data, size_t size,
		    int64_t mtime, struct error *err)
{
	struct guest_file *list = reallocarray(files->list, files->count + 1, sizeof(*list));
	char *copy = strdup(path);

	if (list)
		files->list = list;
	if (!list || !copy || (!data && size > 0)) {
		free(copy);
		free(data);
		return error_failed(err, ENOMEM, "out of memory");
	}
	list[files->count++] = (struct guest_file){copy, data, size, mtime, false, false};
	return 0;
}

void guest_files_done(struct guest_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->list[i].path);
		free(files->list[i].data);
	}
	free(files->list);
	*files = (struct guest_files){.list = NULL};
}
