/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of network adapters in a Linux guest: a legacy adapter has another one in generation 2. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_NETWORK_H
#define HVGEN2_CONVERT_GUEST_LINUX_NETWORK_H

#include "common/notes.h"
#include "convert/linux_files/linux_files.h"

/*
 * Warn of files that name an adapter by its place on the PCI bus, which a synthetic one does not
 * have: it is eth0 (hv_netvsc). What is told by a MAC stays true when the new VM has it. Errors:
 * lack of memory, I/O.
 */
int linux_network_check(struct linux_files *root, struct note_list *warnings, struct error *err);

#endif
