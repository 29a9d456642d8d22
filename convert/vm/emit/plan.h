/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The generation 2 VM, as it is to be: every decision about it, made by a pure function of the
 * generation 1 VM, its disks and the user's wishes. Whoever writes it down, as a script or in
 * another form, only formats.
 */
#ifndef HVGEN2_CONVERT_VM_EMIT_PLAN_H
#define HVGEN2_CONVERT_VM_EMIT_PLAN_H

#include "common/notes.h"
#include "convert/vm/output.h"
#include "convert/vm/wish.h"
#include "nvram/nvram.h"

/* What an adapter of the guest is to get again, since it is another device there now. */
struct vm_guest_address {
	const char *address, *subnet; /* "192.0.2.7"; "255.255.255.0", of IPv6 its prefix length */
};

#define VM_MAX_GATEWAYS 5 /* what the host can set */
struct vm_guest_network {
	size_t adapter; /* index among those of the VM */
	struct vm_guest_address *addresses;
	size_t address_count;
	const char *const *gateways;
	size_t gateway_count;
	const char *const *dns;
	size_t dns_count;
};

/* All is borrowed, and must outlive the plan. All zero is what the user gets who wishes nothing,
 * but for Secure Boot. */
struct vm_wishes {
	const char *name; /* NULL: the old one */
	bool no_secure_boot;
	const char *store; /* name of a guest state file beside the script; NULL: the host makes one
			    */
	bool store_has_keys;
	const struct nvram_partition *esp; /* of the boot disk; NULL: no File entry is made */
	const struct nvram_file *loader;   /* what that entry starts; not NULL when 'esp' is not */
	bool is_linux;			   /* its boot files are signed by Microsoft's UEFI CA */
	const struct guid *new_id; /* BIOS GUID of a VM that is another one; NULL: the old */
	bool dynamic_macs;	   /* addresses that were dynamic stay so */
	bool tpm;
	const struct vm_switch_map *switches;
	size_t switch_count;
	const struct vm_guest_network *networks;
	size_t network_count;
};

struct vm_plan_controller {
	struct guid channel;
};

struct vm_plan_disk {
	struct vm_slot place;
	const char *file;
	bool is_attached, is_boot, is_shared;
	struct vm_number iops_maximum, iops_minimum;
	struct vm_guid qos_policy;
};

struct vm_plan_dvd {
	struct vm_slot place;
	const char *path; /* NULL: empty */
};

struct vm_plan_adapter {
	const char *name;
	bool has_mac; /* static; else dynamic */
	uint8_t mac[6];
	struct vm_guid channel;
	const char *switch_name;	 /* NULL: not connected */
	const struct vm_adapter *source; /* of features and flags */
};

/* Where the boot disk is. */
struct vm_boot_place {
	bool is_known;	     /* it has a place */
	struct guid channel; /* of its SCSI controller */
	uint16_t slot;
};

/* Percentages, bytes, minutes and words as the cmdlets have them; NULL and absent: the host's own.
 * Embedded; texts are borrowed from VM, outputs and wishes but where they are 'char *'. */
struct vm_plan {
	const char *name, *notes;
	struct vm_guid bios_guid, old_bios_guid;
	char *serials
		[4]; /* of the BIOS, of the board, of the chassis, asset tag; NULL when absent */
	enum vm_flag num_lock, full_scsi_commands;
	struct vm_number recovery; /* after a crash, as WMI has it */

	struct vm_number startup_bytes, minimum_bytes, maximum_bytes;
	struct vm_number buffer_percent, memory_priority;
	enum vm_flag is_dynamic;
	struct vm_processors processors; /* limit, reservation: in percent */
	struct vm_number low_mmio_bytes, high_mmio_bytes;

	struct vm_plan_controller controllers[VM_MAX_CONTROLLERS];
	size_t controller_count;
	struct vm_plan_disk *disks;
	size_t disk_count;
	struct vm_boot_place boot_place;
	struct vm_plan_dvd *dvds;
	size_t dvd_count;
	struct vm_plan_adapter *adapters;
	size_t adapter_count;
	const char *com[2];
	enum vm_flag services[VM_SERVICES];

	const char *start_action, *stop_action, *critical_error, *checkpoint_type;
	struct vm_number critical_error_minutes;
	enum vm_flag automatic_checkpoints, lock_on_disconnect, guest_cache_types;
	const char *resolution_type;
	struct vm_number width, height;

	bool secure_boot, tpm;
	const char *network_protocol;
	enum vm_flag pause_after_boot_failure;
	const char *secure_boot_template; /* NULL: off */
	const struct nvram_partition *esp;
	const struct nvram_file *loader;
	const char *store;
	bool store_has_keys;
	const struct vm_guest_network *networks;
	size_t network_count;

	struct note_list warnings; /* what the user should know before */
};

#define VM_PLAN_INIT                                                                               \
	{                                                                                          \
		.name = NULL                                                                       \
	}
void vm_plan_done(struct vm_plan *plan);
#define CLEANUP_VM_PLAN CLEANUP(vm_plan_done)

/* Where the new VM has its boot disk, as plan->boot_place will say. */
struct vm_boot_place vm_plan_boot_place(const struct vm *vm);

/*
 * The plan of a VM that passed vm_check(), with the disks in 'outputs'; a drive that is not there is
 * left out. *ret is to be released whatever comes of it. Errors:
 * REFUSAL_VM_NAME for a wished name that none can have; REFUSAL_NO_BOOT_DISK when no output is the
 * boot disk; ERROR_USAGE for a name that is no UTF-8; -ENOMEM.
 */
int vm_plan_make(const struct vm *vm, const struct vm_output *outputs, size_t count,
		 const struct vm_wishes *wishes, struct vm_plan *ret, struct error *err);

#endif
