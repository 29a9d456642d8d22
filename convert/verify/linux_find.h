/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where on the disk a file system is, as GRUB finds it by its UUID. */
#ifndef HVGEN2_CONVERT_VERIFY_LINUX_FIND_H
#define HVGEN2_CONVERT_VERIFY_LINUX_FIND_H

#include <stddef.h>

#include "convert/verify/grub.h"

/* Why GRUB is not to be asked about this disk, a clause; NULL when it is. The functions below are only
 * called then, and after grub_reader_set_disk(). */
const char *verify_linux_no_grub(const struct verify *verify);

/* What is on 'device', as GRUB describes it: a line, to be freed. */
enum grub_answer verify_linux_probe(struct verify *verify, const char *device, char **ret_line,
				    struct grub_file *ret);

/* Into 'device': the first partition but the ESP, array or logical volume that holds the file
 * system with this UUID, in lower case. GRUB_FAULT when there is none. */
enum grub_answer verify_linux_find(struct verify *verify, const char *uuid,
				   char device[GRUB_DEVICE], struct grub_file *ret);

/* The same of arrays and logical volumes alone; *ret_count: how many hold it. */
enum grub_answer verify_linux_find_volume(struct verify *verify, const char *uuid,
					  char device[GRUB_DEVICE], size_t *ret_count,
					  struct grub_file *ret);

#endif
