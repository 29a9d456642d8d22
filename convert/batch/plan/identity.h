/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The identity of a source: of every file of its chain the path, size, time of the last change, and the GUIDs that
 * whoever writes to it has to change (VHDX: FileWriteGuid, DataWriteGuid; VHD: the unique id of its footer). Two are the
 * same when the JSON is: a copy of the file with another time is another source, for the results depend on it.
 */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_IDENTITY_H
#define HVGEN2_CONVERT_BATCH_PLAN_IDENTITY_H

#include <jansson.h>

#include "common/error.h"

/*
 * Read it: *ret is a new array, the source first, then its parents; of a VM its configuration, then each disk and its
 * parents. 'options' are those of the conversion, of which "source-format", "parent" and "parent-dir" count; may be NULL. 'vm'
 * has the "files" of a VM, as read_vm() of inputs.h says them; NULL for a disk. Of what is no disk that can be opened, the file
 * alone, without GUIDs. Images are opened in a process of their own: one that makes the reader crash is one without GUIDs.
 * Errors: ERROR_FAILED when there is no such file.
 */
int identity_read(const char *path, const json_t *options, const json_t *vm, json_t **ret,
		  struct error *err);

#endif
