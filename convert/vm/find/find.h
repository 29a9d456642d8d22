/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files of this host belong to a VM. Two questions: which configuration is meant by a folder,
 * and where is the disk that a configuration calls 'D:\VMs\web01\system.vhdx'?
 *
 * The second answer hangs on what a tenant may have written, so it cannot lead out of the folders
 * that the user has named: the folder of the VM, and the targets of --map. Of a recorded path only
 * names are taken, one after the other, each opened in the folder before, and through no symbolic
 * link; a name that leads upwards makes the whole path refused, however its separators are written
 * and whether or not Windows would see dots in it. Case does not matter, for A to Z, as it does not
 * on Windows; a file that has the case of the path is taken before another, and where several could
 * be meant none is.
 */
#ifndef HVGEN2_CONVERT_VM_FIND_FIND_H
#define HVGEN2_CONVERT_VM_FIND_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* A file that is open: its contents are what 'path' was when it was found. */
struct vm_file {
	int fd;	    /* -1 when there is none */
	char *path; /* for messages, and for whoever looks for files beside it */
};

#define VM_FILE_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}
void vm_file_close(struct vm_file *file);
#define CLEANUP_VM_FILE CLEANUP(vm_file_close)

/* By its name, and so that no disk can pass itself off as one: .vmcx, .xml and .exp, or a
 * folder. */
bool vm_is_named(const char *path);

/*
 * The folder below which all is that belongs to the VM that 'path' means, but for what --map says:
 * the folder itself, that of the file, or the one above 'Virtual Machines'. A new string; NULL when
 * out of memory.
 */
char *vm_find_root(const char *path);

/*
 * Open the configuration that the user means: the file itself, or the only one in a folder, in it
 * or in its folder 'Virtual Machines'. Of two formats of one name the .vmcx is taken. Errors:
 * REFUSAL_SEVERAL_VMS with the names, REFUSAL_NO_VM, REFUSAL_VM_CONFIG_VERSION for an .exp file;
 * ERROR_FAILED for I/O.
 */
int vm_find_config(const char *path, struct vm_file *ret, struct error *err);

/*
 * Open the configuration of a checkpoint: 'Snapshots/ID.vmcx' or '.xml' in the folder of the VM's
 * configuration or, when that is called 'Virtual Machines', in the one above. 'id' is a GUID, with
 * or without braces. Errors: ERROR_USAGE for another text, and when there is none; ERROR_FAILED for
 * I/O.
 */
int vm_find_checkpoint(const char *config_path, const char *id, struct vm_file *ret,
		       struct error *err);

/*
 * The ids of all checkpoints whose configurations are there, as guid_format() writes them, sorted
 * and each once; to be freed, with each of them. At most VM_MAX_CHECKPOINTS; no error when there is
 * no such folder.
 */
#define VM_MAX_CHECKPOINTS 64 /* Hyper-V has at most 50 */
int vm_find_checkpoints(const char *config_path, char ***ret, size_t *ret_count, struct error *err);

/* Read all of it; *ret_data is to be freed. ERROR_DAMAGED when it has more than 'most' bytes. */
int vm_file_read(const struct vm_file *file, size_t most, uint8_t **ret_data, size_t *ret_size,
		 struct error *err);

/* A mapping 'FROM=TO' of --map, from paths of Hyper-V's host to those of this one. Borrowed. */
struct vm_map {
	const char *from;
	size_t from_size;
	const char *to;
};

/* -EINVAL when there is no '=' with something on both sides. */
int vm_map_parse(const char *text, struct vm_map *ret, struct error *err);

struct vm_maps {
	const struct vm_map *list;
	size_t count;
};

/*
 * Find and open the image of a drive, of which 'recorded' may be "". Where a mapping's FROM begins
 * the path, of several the longest, the rest of it is looked for under TO, and nowhere else.
 * Otherwise its last name is looked for in the folder of the configuration, in 'Virtual Hard Disks'
 * of that, and, when the folder is called 'Virtual Machines', in the one above and its 'Virtual
 * Hard Disks'. Errors: REFUSAL_DISK_PATH for a path that is not followed, REFUSAL_DISK_MISSING with
 * where it was looked for, REFUSAL_DISK_CONFLICT when two names differ from it in case alone;
 * ERROR_FAILED for I/O.
 */
int vm_find_disk(const char *config_path, const struct vm_maps *maps, const char *recorded,
		 struct vm_file *ret, struct error *err);

/*
 * Is there a saved state beside the configuration: ID.vsv or ID.bin in it or in a folder ID, or an
 * ID.vmrs that holds memory? What has such a name and is no regular file, a symbolic link above
 * all, counts as one. *ret_path is its path, to be freed, or NULL.
 */
int vm_find_saved_state(const char *config_path, char **ret_path, struct error *err);

#endif
