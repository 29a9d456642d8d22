/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VM of a verb: its configuration read, its disks looked for. */
#ifndef HVGEN2_CONVERT_CMD_VM_H
#define HVGEN2_CONVERT_CMD_VM_H

#include <sys/types.h>

#include "convert/cmd/vm_wishes.h"
#include "convert/report/vm.h"
#include "convert/vm/find/find.h"
#include "convert/write.h"

/* Of options that both convert and inspect have. */
#define CMD_TEXT_MAP                                                                               \
	"VM: disks that are recorded below FROM, 'D:\\VMs', are below the\n"                       \
	"folder TO here; may be given several times"
#define CMD_TEXT_BOOT_DISK                                                                         \
	"VM: it is to start from the disk there, 'ide:0:1'; default: from\n"                       \
	"which the BIOS does, the first on IDE"
#define CMD_TEXT_CHECKPOINT  "VM: as it was at this checkpoint"
#define CMD_TEXT_SAVED_STATE "VM: it was saved; what was in its memory may be lost"

#define CMD_MAX_MAPS	64
#define CMD_MAX_CHOICES 512

/* What the options said. Embedded; all zero is what holds without them. */
struct cmd_vm_options {
	struct vm_map maps[CMD_MAX_MAPS];
	size_t map_count;
	struct vm_choice choices[CMD_MAX_CHOICES];
	size_t choice_count;
	bool has_data;		  /* 'data' was said; else it is as 'boot' */
	enum vm_disk_action data; /* of data disks that are not among the choices */
	enum vm_disk_action boot; /* of the boot disk: COPY or CHILD */
	const char *name;	  /* of the new VM; NULL: as the old one */
	bool has_forms;		  /* it was said what defines the new VM */
	bool forms[WRITE_FORM_MAX];
	const char *checkpoint; /* its id; NULL: the VM as it is now */
	bool discard_saved_state;
	struct cmd_vm_wishes wishes;
};

int cmd_vm_add_map(struct cmd_vm_options *options, const char *argument, struct error *err);

/* --boot-disk SLOT, --without-disk SLOT, --data-disks [SLOT=]HOW. -EINVAL for what is none. */
int cmd_vm_set_boot(struct cmd_vm_options *options, const char *argument, struct error *err);
int cmd_vm_leave_out(struct cmd_vm_options *options, const char *argument, struct error *err);
int cmd_vm_set_data(struct cmd_vm_options *options, const char *argument, struct error *err);

/* What must be readable to find and open a VM: the folders that the user has named. */
void cmd_vm_places(const struct cmd_vm_options *options, const char *path,
		   struct lockdown_places *places);

/* By which a file is told from all others, whatever its name. */
struct cmd_file_id {
	dev_t device;
	ino_t inode;
};

/* A VM as far as it was read. Embedded; to be released whatever came of it. */
struct cmd_vm {
	struct vm_file config; /* of the checkpoint, when one was asked for */
	char *own_name;	       /* of the VM, when that is a checkpoint's */
	char *home;	       /* the path of the VM's own, beside which its disks are */
	struct vm_tree tree;
	struct vm vm;
	enum vm_format format;
	enum sandbox_state sandbox;
	struct report_disk *disks; /* in the order of their slots */
	struct cmd_file_id *ids;   /* beside them: which files they are */
	size_t disk_count;
	struct report_checkpoint *checkpoints;
	size_t checkpoint_count;
};

#define CMD_VM_INIT                                                                                \
	{                                                                                          \
		.config = VM_FILE_INIT, .tree = VM_TREE_INIT, .vm = VM_INIT                        \
	}
void cmd_vm_done(struct cmd_vm *vm);
#define CLEANUP_CMD_VM CLEANUP(cmd_vm_done)

/*
 * Find and read the VM that 'path' means, and look for its disks; one that is attached where it is
 * need not be here, one that is left out is not looked for. 'sandbox' is that of this process, for
 * the reader to enter. Errors: those of vm_find_config(), cmd_read_config(), vm_extract(),
 * vm_choose(), vm_wish(), vm_check() and vm_find_disk(); REFUSAL_VM_SAVED_STATE; REFUSAL_DISK_CONFLICT when
 * two drives were found to be one file.
 */
int cmd_vm_open(const char *path, const struct cmd_vm_options *options,
		const struct sandbox *sandbox, struct cmd_vm *ret, struct error *err);

#endif
