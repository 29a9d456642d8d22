/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan as a machine of QEMU and KVM: every decision that Hyper-V does not know, made once for
 * all forms in which such a machine is written down (libvirt.h, proxmox.h). It is q35 with OVMF, its
 * disks on SATA and its adapters e1000e, for which Windows has drivers of its own.
 */
#ifndef HVGEN2_CONVERT_VM_EMIT_KVM_MACHINE_H
#define HVGEN2_CONVERT_VM_EMIT_KVM_MACHINE_H

#include "convert/vm/emit/plan.h"

/* Where the files are, and what the user wants. All is borrowed, and must outlive the machine. */
struct kvm_wishes {
	const char *folder; /* of the disks, absolute */
	bool is_qcow2;	    /* the disks; else raw */
	const char *store;  /* OVMF variables, absolute; NULL: the firmware's own are taken */
	size_t store_size;
	unsigned int windows_major, windows_build; /* of the guest */
	bool is_linux;				   /* the guest; its Windows is none then */
	bool has_keys;				   /* of Secure Boot in that store */
	const struct vm_switch_map
		*bridges; /* from a switch to a bridge of this host: letters, digits, "._-" */
	size_t bridge_count;
};

struct kvm_disk {
	char *path; /* absolute */
	bool is_boot;
	uint64_t iops; /* at most; 0: no limit */
};

struct kvm_adapter {
	bool has_mac, is_connected;
	uint8_t mac[6];
	const char *bridge; /* NULL: what the host has for all */
	uint16_t vlan;	    /* 0: none */
};

/* Texts are UTF-8 without control characters and the like, which stand as "\u202E". */
struct kvm_machine {
	char *name;	   /* without '/' too */
	char *title;	   /* the VM's own name; NULL when that is the same */
	char *description; /* lines; NULL: none */
	struct vm_guid uuid;
	char *serials[4];    /* as in the plan */
	const char *os_type; /* of the guest, as Proxmox has it */
	uint64_t memory_kib, start_kib;
	unsigned int processors, cores, threads;
	struct kvm_disk *disks; /* the boot disk first; of a Linux in their old order */
	size_t disk_count;
	size_t dvd_count; /* drives, empty */
	struct kvm_adapter *adapters;
	size_t adapter_count;
	bool com[2];
	bool is_qcow2, secure_boot, has_keys, tpm, stays_off_after_crash, starts_with_host;
	bool store_is_2m;
	const char *store;
	struct note_list warnings;
};

#define KVM_MACHINE_INIT                                                                           \
	{                                                                                          \
		.name = NULL                                                                       \
	}
void kvm_machine_done(struct kvm_machine *machine);
#define CLEANUP_KVM_MACHINE CLEANUP(kvm_machine_done)

/*
 * *ret is to be released whatever comes of it. Errors: ERROR_USAGE for a path that no such form can
 * hold (no UTF-8, control characters) and for a disk that stays on its own host; -ENOMEM.
 */
int kvm_machine_make(const struct vm_plan *plan, const struct kvm_wishes *wishes,
		     struct kvm_machine *ret, struct error *err);

#endif
