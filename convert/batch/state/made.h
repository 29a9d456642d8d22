/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands under the names of the outputs of a VM: "made" of its attempts. */
#ifndef HVGEN2_CONVERT_BATCH_STATE_MADE_H
#define HVGEN2_CONVERT_BATCH_STATE_MADE_H

#include "convert/batch/state/vm.h"

/* Of each role whose name exists {inode, size, mtime_ns}: a new reference. */
json_t *made_of(const struct batch_vm *vm);

#endif
