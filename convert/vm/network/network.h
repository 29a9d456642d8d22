/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which adapter of the guest is which of the VM. A synthetic one is known by the GUID of its channel, which the generation
 * 2 VM keeps, and with it the guest keeps its settings. A legacy one is another device in generation 2: what is static of it is
 * given to the guest again, by the script.
 */
#ifndef HVGEN2_CONVERT_VM_NETWORK_NETWORK_H
#define HVGEN2_CONVERT_VM_NETWORK_NETWORK_H

#include "convert/guest/adapters.h"
#include "convert/guest/disk.h"
#include "convert/vm/emit/plan.h"

/* Embedded; all zero is empty. 'list' is for the wishes of a plan; its texts are borrowed from the guest's adapters but for
 * those in 'owned'. */
struct vm_network {
	struct vm_guest_network *list;
	size_t count;
	struct note_list warnings;
	char **owned;
	size_t owned_count;
};

/*
 * Match them. One legacy adapter here and one there are the same; of as many here as there, each is taken for the one at its
 * place in the order of PCI slots, with a warning; otherwise none is. Adapters of the past, and those that use DHCP, need
 * nothing. Warned about is also a synthetic adapter in use whose channel no adapter of the VM has: the guest finds another one.
 * *ret is to be released whatever comes of it. Errors: -ENOMEM.
 */
int vm_network_match(const struct vm *vm, const struct adapters *guest, struct vm_network *ret,
		     struct error *err);

/*
 * Will the adapters by whose MACs a Linux guest goes be there? Warned about is each that no adapter of the VM has, unless the
 * guest knows all of the VM's as well: what is left are then names of the past. And each that is dynamic in the new VM, as
 * those of the old one are unless 'keeps_dynamic' makes static ones of them: its host may give another.
 */
void vm_network_check_macs(const struct vm *vm, const struct linux_system *guest,
			   bool keeps_dynamic, struct note_list *warnings);

/* Do the adapters keep their names under KVM? Warned about is each that a Linux guest gives a static
 * address by its name alone. */
void vm_network_check_names(const struct linux_system *guest, struct note_list *warnings);

void vm_network_done(struct vm_network *network);
#define CLEANUP_VM_NETWORK CLEANUP(vm_network_done)

#endif
