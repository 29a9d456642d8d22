/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a conversion reads and makes, told by its options before it is begun. 'options' are its long options, as lists of a
 * batch give them: option -> true, text, or a list of texts; NULL for none.
 */
#ifndef HVGEN2_CONVERT_CMD_OUTLINE_H
#define HVGEN2_CONVERT_CMD_OUTLINE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"

/* Is it the configuration of a VM, or a folder with one, and no disk? */
bool cmd_outline_is_vm(const char *path, const json_t *options);

/*
 * Set object["name"], the VM's as a stem of files; ["files"], objects with a "path" each: its configuration, its boot disk, and
 * what else is read; ["kept"], the same of the disks that are left as they are, and ["slots"], those of its data disks that are
 * made. Errors: those of cmd_vm_open(), where not even its name is known.
 */
int cmd_outline_vm(const char *path, json_t *options, json_t *object, struct error *err);

/*
 * Set outputs[role] (write_role()) to the path of each output, in the order in which they get their names, as text_json_set_path()
 * does: those of 'name', which are in 'folder' unless the options say another. 'vm' is what cmd_outline_vm() says; NULL for a
 * disk. Errors: ERROR_USAGE for names that cannot be.
 */
int cmd_outline_outputs(const char *name, const char *folder, json_t *options, const json_t *vm,
			json_t *outputs, struct error *err);

#endif
