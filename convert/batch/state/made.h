/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands under the names of the outputs of a VM: "made" of its attempts. */
#ifndef HVGEN2_CONVERT_BATCH_STATE_MADE_H
#define HVGEN2_CONVERT_BATCH_STATE_MADE_H

#include "convert/batch/state/vm.h"

/* Of each role whose name exists {inode, size, mtime_ns}: a new reference. */
json_t *made_of(const struct batch_vm *vm);

/* Of what is verified: has any of them another size or time than when it was? One that is gone has none. Asks the file system. */
bool made_is_changed(const struct batch_vm *vm);

/* The path of the first of those that 'hvgen2 verify' does not read (data disks, the script) whose size is not what it was when
 * it was made or verified: a new string, or NULL. */
char *made_resized(const struct batch_vm *vm);

#endif
