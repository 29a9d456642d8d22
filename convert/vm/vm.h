/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A generation 1 VM, without regard to what it was read from and to what becomes of it: the
 * settings of a configuration in its tree (tree.h), taken out of it, and beside them a row for
 * every leaf of the tree, which says what becomes of it under generation 2. Which key is which
 * setting, and what becomes of it, stands in one table, rules.c.
 *
 * A key that is not there is told from one that has the default: it is absent. All texts are UTF-8
 * as they stand in the configuration: hostile, and perhaps with unpaired surrogates (WTF-8). They
 * leave through common/safe_text.h.
 *
 * Keys after real configurations of versions 5.0 and 9.0; what no sample shows is said where it is
 * read.
 */
#ifndef HVGEN2_CONVERT_VM_VM_H
#define HVGEN2_CONVERT_VM_VM_H

#include "common/guid.h"
#include "convert/vm/read/tree.h"

enum vm_flag { VM_ABSENT, VM_NO, VM_YES };

struct vm_number {
	bool is_present;
	uint64_t value;
};

struct vm_guid {
	bool is_present;
	struct guid guid;
};

/* What Hyper-V takes at most. */
#define VM_MAX_MEMORY_MIB  (48U << 20) /* 48 TiB */
#define VM_MAX_PROCESSORS  2048
#define VM_MAX_CONTROLLERS 4  /* of SCSI */
#define VM_MAX_SLOTS	   64 /* of a SCSI controller */

struct vm_memory {
	struct vm_number startup_mib, minimum_mib, maximum_mib;
	struct vm_number buffer_percent;
	struct vm_number priority; /* 0 to 10000 */
	enum vm_flag is_dynamic;
};

struct vm_processors {
	struct vm_number count;
	struct vm_number limit, reservation; /* 100000 is all of them */
	struct vm_number weight;	     /* 0 to 10000 */
	struct vm_number threads_per_core;
	enum vm_flag migrate_compatible, nested_virtualization, protects_host;
};

struct vm_firmware {
	struct vm_guid bios_guid;
	char *bios_serial, *board_serial, *chassis_serial, *asset_tag; /* NULL when absent */
	enum vm_flag num_lock, pause_after_boot_failure;
	struct vm_number network_protocol; /* 4 or 6: IPv4, IPv6 */
	char *boot_order[4]; /* of the BIOS: "Optical", "HardDrive", "Network", "Floppy" */
};

enum vm_action { VM_ACTION_ABSENT, VM_ACTION_NOTHING, VM_ACTION_USUAL, VM_ACTION_FULL };

/* FULL: start always, shut the guest down. USUAL: start when it was running, save. */
struct vm_power {
	enum vm_action start, stop;
	struct vm_number critical_error, critical_error_seconds, crash;
};

#define VM_SERVICES 6
enum vm_service {
	VM_SERVICE_GUEST_INTERFACE,
	VM_SERVICE_HEARTBEAT,
	VM_SERVICE_KEY_VALUE,
	VM_SERVICE_SHUTDOWN,
	VM_SERVICE_TIME,
	VM_SERVICE_VSS,
};

enum vm_bus { VM_BUS_IDE, VM_BUS_SCSI, VM_BUS_FLOPPY };

enum vm_drive_kind {
	VM_DRIVE_NONE, /* an empty place */
	VM_DRIVE_DISK, /* an image */
	VM_DRIVE_PASSTHROUGH,
	VM_DRIVE_DVD,	       /* an image, or none */
	VM_DRIVE_PHYSICAL_DVD, /* a drive of the host */
	VM_DRIVE_FLOPPY,
	VM_DRIVE_UNKNOWN,
};

/* Where a drive of the generation 2 VM is, always on SCSI. */
struct vm_slot {
	bool is_present;
	unsigned int controller;
	unsigned int slot;
};

/* What becomes of the image of a drive. Of the boot disk COPY and CHILD say what the converted one
 * is. */
enum vm_disk_action {
	VM_DISK_COPY,	/* a disk of its own */
	VM_DISK_CHILD,	/* a differencing one, whose parent is the old image */
	VM_DISK_ATTACH, /* the new VM has the old image, where it is */
	VM_DISK_LEAVE,	/* the new VM does not have it */
	VM_DISK_ACTION_MAX,
};

/* "copy", "differencing", "attach", "left-out". */
const char *vm_disk_action_text(enum vm_disk_action action);

struct vm_drive {
	unsigned int slot;
	enum vm_drive_kind kind;
	char *type; /* as it stands there; NULL when absent */
	char *path; /* as it was recorded, on the host of Hyper-V; NULL when absent */
	struct vm_number iops_maximum, iops_minimum;
	struct vm_guid qos_policy;
	enum vm_flag persistent_reservations;
	bool is_boot;	/* what the BIOS starts, or was chosen */
	bool is_chosen; /* as the boot disk, by vm_choose() */
	enum vm_disk_action action;
	struct vm_slot target;	   /* what becomes of 'slot' */
	size_t type_row, path_row; /* their rows plus 1; 0 when there is none */
};

struct vm_controller {
	enum vm_bus bus;
	unsigned int number;	/* among those of its bus */
	unsigned int order;	/* in the list of devices */
	struct vm_guid channel; /* SCSI: by which the guest knows it again */
	struct vm_drive *drives;
	size_t count;
};

struct vm_vlan {
	bool is_access; /* all others are not understood, and dropped */
	uint16_t id;	/* 1 to 4094 */
};

struct vm_security {
	bool is_present;
	bool mac_spoofing, dhcp_guard, router_guard, ieee_priority, teaming;
	unsigned int mirroring; /* 0 none, 1 destination, 2 source */
};

struct vm_bandwidth {
	bool is_present;
	uint64_t reservation, weight, limit, burst_limit, burst_size; /* bits per second; bits */
};

struct vm_offload {
	bool is_present; /* and not what a new adapter has */
	uint32_t ipsec_limit, vmq_weight, iov_weight, iov_queue_pairs, iov_moderation;
};

struct vm_adapter {
	bool is_legacy;
	unsigned int order;
	char *name;   /* NULL when absent */
	bool has_mac; /* and it is not zero */
	uint8_t mac[6];
	enum vm_flag mac_is_static, is_connected, cluster_monitored, device_naming;
	struct vm_guid channel; /* of a legacy adapter: a new one, always the same */
	char *switch_name;	/* the friendly one; NULL when absent */
	struct vm_vlan vlan;
	size_t mac_row, switch_row, vlan_row; /* their rows plus 1; 0 when there is none */
	struct vm_security security;
	struct vm_bandwidth bandwidth;
	struct vm_offload offload;
};

enum vm_status {
	VM_CARRIED, /* the generation 2 VM has the same */
	VM_CHANGED, /* it has something else for it */
	VM_DROPPED, /* it has nothing for it, or it is not understood */
	VM_IGNORED, /* it says nothing of the VM: ids, times, defaults, what the host makes anew */
	VM_STATUS_MAX,
};

/* "carried", "changed", "dropped", "ignored". */
const char *vm_status_text(enum vm_status status);

/* What becomes of one leaf of the tree. */
struct vm_row {
	char *path;	  /* as vm_path() */
	char *from;	  /* the value, with its unit */
	char *to;	  /* NULL unless it is carried or changed */
	const char *what; /* in words; NULL when the key is not known */
	enum vm_status status;
	const char *how;    /* with what it is carried; NULL when there is nothing to say */
	const char *id;	    /* stable; NULL unless it is changed or dropped */
	const char *advice; /* what to do by hand; may be NULL */
};

struct vm_rows {
	struct vm_row *list;
	size_t count, capacity;
	bool failed; /* one is missing for lack of memory */
};

struct vm {
	char *name;  /* never NULL */
	char *notes; /* NULL when absent */
	struct vm_guid id;
	struct vm_number generation; /* 0 is generation 1, 1 is generation 2 */
	struct vm_number version;    /* of the configuration: 256 * major + minor */
	struct vm_memory memory;
	struct vm_processors processors;
	struct vm_firmware firmware;
	struct vm_power power;
	struct vm_number low_mmio_mib, high_mmio_mib;
	enum vm_flag guest_cache_types;
	struct vm_number width, height, resolution_type; /* of the screen */
	char *com[2];					 /* pipes; NULL or "" when there is none */
	enum vm_flag services[VM_SERVICES];
	struct vm_number checkpoint_type; /* 2 off, 3 and 4 production, 5 standard */
	struct vm_number checkpoints;	  /* how many there are */
	bool is_checkpoint; /* it is one of a VM, as it was: set by the caller of vm_check() */
	enum vm_flag automatic_checkpoints, lock_on_disconnect, full_scsi_commands;
	enum vm_flag is_merging;	   /* a disk is to be merged with its parent */
	struct vm_controller *controllers; /* IDE, SCSI, floppy; each in the order of its numbers */
	size_t controller_count;
	struct vm_adapter *adapters; /* in the order of the list of devices */
	size_t adapter_count;
	struct vm_rows rows; /* in the order of the tree, one for each leaf */
};

#define VM_INIT                                                                                    \
	{                                                                                          \
		.name = NULL                                                                       \
	}
void vm_done(struct vm *vm);
#define CLEANUP_VM CLEANUP(vm_done)

/*
 * Take the settings out of a tree of vm_config_read(). *ret is to be released whatever comes of it.
 * Errors: ERROR_DAMAGED for a setting that no VM can have (less than nothing, more than the limits
 * above, a slot, a drive or its image twice, a MAC that is none), with its path; -ENOMEM. Nothing
 * is refused here: vm_check() does.
 */
int vm_extract(const struct vm_tree *tree, struct vm *ret, struct error *err);

/* A drive as the user names it, "ide:0:1". */
struct vm_place {
	enum vm_bus bus;
	unsigned int controller, slot;
};

/* Case does not matter. False for what is no "ide:N:N" or "scsi:N:N". */
bool vm_place_parse(const char *text, struct vm_place *ret);

struct vm_choice {
	struct vm_place place;
	bool is_boot;		    /* it is the boot disk; 'action' does not count then */
	enum vm_disk_action action; /* never CHILD or ATTACH for what is no image */
};

struct vm_choices {
	const struct vm_choice *list;
	size_t count;
	enum vm_disk_action boot, data; /* of the boot disk, and of all that are not in the list */
};

/*
 * What the user wants of the drives; slots and rows follow. Errors: ERROR_USAGE when there is no
 * such drive, it is no hard disk, or it is the boot disk and not to be one of the new VM.
 */
int vm_choose(struct vm *vm, const struct vm_choices *choices, struct error *err);

/*
 * The guest is a Linux, which counts its disks: after vm_choose(), give them places in the order that
 * it knew, those of IDE first. What is on SCSI moves where that needs it. There are as many places as
 * before. -ENOMEM.
 */
int vm_keep_order(struct vm *vm, struct error *err);

/* Another name than the old VM has. -ENOMEM. */
int vm_rename(struct vm *vm, const char *name, struct error *err);

/* Can it be turned into a generation 2 VM, as far as its settings and vm_choose() tell? The first
 * reason against it, as a refusal. */
int vm_check(const struct vm *vm, struct error *err);

/* The boot disk: what was chosen, or what the BIOS starts, the first image on IDE. NULL when there
 * is none. */
const struct vm_drive *vm_boot_drive(const struct vm *vm, const struct vm_controller **ret);

/* "IDE 0:1", "SCSI 2:63", "floppy 0:0" in 'text'. Returns it. */
#define VM_SLOT_TEXT 32
const char *vm_slot_text(const struct vm_controller *controller, const struct vm_drive *drive,
			 char text[VM_SLOT_TEXT]);

/* "00-15-5D-0A-14-01" in 'text'. Returns it. */
#define VM_MAC_TEXT 18
const char *vm_mac_text(const struct vm_adapter *adapter, char text[VM_MAC_TEXT]);

/* "guest interface", "heartbeat", ... */
const char *vm_service_text(enum vm_service service);

#endif
