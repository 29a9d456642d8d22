/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files a VM has, and which disks are made of them. */
#ifndef HVGEN2_CONVERT_CMD_VM_FILES_H
#define HVGEN2_CONVERT_CMD_VM_FILES_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"

/*
 * 'options' are long options of a conversion, as lists of a batch give them: option -> true, text, or a list of texts; NULL
 * for none. Is it the configuration of a VM, or a folder with one, and no disk?
 */
bool cmd_vm_is_one(const char *path, const json_t *options);

/* Set object["name"], the VM's as a stem of files; ["files"], objects with a "path" each: its configuration, its boot disk, and
 * what else is read; ["slots"], those of its data disks that are made. Errors: those of cmd_vm_open(), where not even its name
 * is known. */
int cmd_vm_files(const char *path, json_t *options, json_t *object, struct error *err);

#endif
