/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VM of a verb: its configuration read, its disks looked for. */
#ifndef HVGEN2_CONVERT_CMD_VM_H
#define HVGEN2_CONVERT_CMD_VM_H

#include <sys/types.h>

#include "convert/report/vm.h"
#include "convert/vm/find/find.h"

#define CMD_MAX_MAPS 64

/* What the options said. Embedded; all zero is what holds without them. */
struct cmd_vm_options {
	struct vm_map maps[CMD_MAX_MAPS];
	size_t map_count;
	bool discard_saved_state;
	enum sandbox_wish sandbox;
};

int cmd_vm_add_map(struct cmd_vm_options *options, const char *argument, struct error *err);

/* By which a file is told from all others, whatever its name. */
struct cmd_file_id {
	dev_t device;
	ino_t inode;
};

/* A VM as far as it was read. Embedded; to be released whatever came of it. */
struct cmd_vm {
	struct vm_file config;
	struct vm_tree tree;
	struct vm vm;
	enum vm_format format;
	enum sandbox_state sandbox;
	struct report_disk *disks; /* in the order of their slots */
	struct cmd_file_id *ids;   /* beside them: which files they are */
	size_t disk_count;
};

#define CMD_VM_INIT                                                                                \
	{                                                                                          \
		.config = VM_FILE_INIT, .tree = VM_TREE_INIT, .vm = VM_INIT                        \
	}
void cmd_vm_done(struct cmd_vm *vm);
#define CLEANUP_CMD_VM CLEANUP(cmd_vm_done)

/*
 * Find and read the VM that 'path' means, and look for its disks. Errors: those of
 * vm_find_config(), cmd_read_config(), vm_extract(), vm_check() and vm_find_disk();
 * REFUSAL_VM_SAVED_STATE; REFUSAL_DISK_CONFLICT when two drives were found to be one file.
 */
int cmd_vm_open(const char *path, const struct cmd_vm_options *options, struct cmd_vm *ret,
		struct error *err);

#endif
