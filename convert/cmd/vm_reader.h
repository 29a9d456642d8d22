/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a configuration in a process of its own, in the sandbox: it has the bytes of the file,
 * and a pipe. What comes out of it is a plain tree (convert/vm/read/pack.h), which is checked as if
 * it were hostile. So the process that goes on, and that opens the disks, has not read what a
 * tenant wrote by more than that page.
 */
#ifndef HVGEN2_CONVERT_CMD_VM_READER_H
#define HVGEN2_CONVERT_CMD_VM_READER_H

#include "common/bytes.h"
#include "convert/sandbox.h"
#include "convert/vm/read/config.h"

/* As vm_config_read(). 'sandbox' is as far as this process came, which the reader enters. Errors
 * also: ERROR_FAILED when the process was ended by a signal or does not end its answer, or the
 * sandbox is required and not full. */
int cmd_read_config(const struct sandbox *sandbox, const struct file_bytes *file,
		    struct vm_tree *ret, enum vm_format *ret_format,
		    enum sandbox_state *ret_sandbox, struct error *err);

#endif
