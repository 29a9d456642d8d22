/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of devices on which a guest relies: do they stay true under a GPT, on the controller of
 * generation 2? */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_NAMES_H
#define HVGEN2_CONVERT_GUEST_LINUX_NAMES_H

#include "common/notes.h"
#include "convert/guest/linux/parse/fstab.h"

/*
 * Look at the command line of a kernel. 'keeps_partuuids': the disk has a GPT already, so that its
 * PARTUUIDs stay. Errors: REFUSAL_LINUX_PARTUUID, REFUSAL_LINUX_DEVICE_PATH,
 * REFUSAL_NO_HYPERV_DRIVERS when the guest would not start.
 */
int linux_names_check_arguments(const char *arguments, bool keeps_partuuids,
				struct note_list *warnings, struct error *err);

/* The same of fstab, for what the guest does not start without. */
int linux_names_check_fstab(const struct fstab *fstab, bool keeps_partuuids,
			    struct note_list *warnings, struct error *err);

#endif
