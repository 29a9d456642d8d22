/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user wants of the new VM otherwise than the old one has it, beside its drives and its
 * name (vm_choose() and vm_rename() in vm.h).
 */
#ifndef HVGEN2_CONVERT_VM_WISH_H
#define HVGEN2_CONVERT_VM_WISH_H

#include "convert/vm/vm.h"

struct vm_switch_map {
	const char *from, *to; /* names; 'to' is empty where the adapter gets none */
};

#define VM_MAX_VLAN 4094
struct vm_vlan_wish {
	const char *adapter; /* its name, or its MAC address in hexadecimal digits */
	unsigned int id;     /* 1 to VM_MAX_VLAN; 0: none */
};

/* All is borrowed. */
struct vm_wish {
	const struct vm_switch_map *switches;
	size_t switch_count;
	const struct vm_vlan_wish *vlans;
	size_t vlan_count;
	bool dynamic_macs; /* addresses that are not static stay so */
	bool new_id;	   /* another machine: BIOS GUID and serial numbers are not carried */
	bool no_secure_boot;
};

/*
 * VLANs are set in 'vm'; of all the rows say what becomes of the setting. Errors: ERROR_USAGE when
 * the VM has no such adapter or switch, or several adapters of a name; -ENOMEM.
 */
int vm_wish(struct vm *vm, const struct vm_wish *wish, struct error *err);

/* Secure Boot of a guest that is a Linux: on, with the keys of Microsoft's UEFI CA, or off. -ENOMEM. */
int vm_tell_linux(struct vm *vm, bool secure_boot, struct error *err);

/* And that of a Linux whose boot files are not known. -ENOMEM. */
int vm_doubt_secure_boot(struct vm *vm, struct error *err);

/* What becomes of the SAN policy of the guest, as a row behind those of the configuration: 1 brings
 * new disks online, and a disk that moves from IDE to SCSI is a new one. -ENOMEM. */
#define VM_SAN_POLICY_PATH "guest/SYSTEM/Services/partmgr/Parameters/SanPolicy"
int vm_tell_san_policy(struct vm *vm, unsigned int before, unsigned int after, struct error *err);

#endif
