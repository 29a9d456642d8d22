/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network adapters in the files of a Linux guest: a legacy one has another name then. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_NETWORK_H
#define HVGEN2_CONVERT_GUEST_LINUX_NETWORK_H

#include "common/notes.h"
#include "convert/guest/linux/linux.h"
#include "convert/linux_files/linux_files.h"

/*
 * List in 'system' the adapters with static addresses and those that the guest knows by their MACs.
 * Warn of files that name an adapter by its place on the PCI bus or by the driver of an emulated
 * one, which a synthetic one does not have: it is eth0 (hv_netvsc). Errors: lack of memory, I/O.
 */
int linux_network_check(struct linux_files *root, struct linux_system *system,
			struct note_list *warnings, struct error *err);

/* Where nobody can say whether the new VM has these MACs: that it must. Errors: lack of memory. */
int linux_network_tell_macs(const struct linux_system *system, struct note_list *warnings,
			    struct error *err);

#endif
