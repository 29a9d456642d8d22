/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the images of the new VM are: see output.h. */
#include "convert/vm/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/vm/extract.h"

const char *vm_slot_name(const struct vm_controller *controller, const struct vm_drive *drive,
			 char text[VM_SLOT_TEXT])
{
	static const char *const buses[] = {"ide", "scsi", "floppy"};

	snprintf(text, VM_SLOT_TEXT, "%s%u-%u", buses[controller->bus], controller->number,
		 drive->slot);
	return text;
}

static void tell_output(struct vm_rows *rows, const struct vm_output *output)
{
	const char *slash = strrchr(output->path, '/');
	CLEANUP_FREE char *text = NULL;
	struct vm_row *row;

	if (!output->drive->path_row)
		return;
	row = &rows->list[output->drive->path_row - 1];
	if (asprintf(&text, "%s: '%s'", row->to ? row->to : "", slash ? slash + 1 : output->path) <
	    0) {
		text = NULL;
		rows->failed = true;
		return;
	}
	vm_row_becomes(rows, row, text);
}

int vm_outputs_tell(struct vm *vm, const struct vm_output *outputs, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (outputs[i].path)
			tell_output(&vm->rows, &outputs[i]);
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}
