/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as a machine of QEMU and KVM: see machine.h. */
#include "convert/vm/emit/kvm/machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "convert/vm/emit/plan_text.h"

#define DEFAULT_MEMORY GIB /* New-VM without a size */
/* Generation 1 writes it where nobody set a limit. */
#define NO_LIMIT    (UINT64_C(1) << 40)
#define MAX_IOPS    UINT64_C(1000000000000000) /* what QEMU can count */
#define SERVER_2022 20348		       /* its build; later ones of Windows 10 are lower */
#define STORE_2M    131072		       /* bytes of a store for OVMF's smaller build */
/* Beyond it QEMU wants an IOMMU that remaps interrupts. */
#define MAX_PROCESSORS 255

void kvm_machine_done(struct kvm_machine *machine)
{
	free(machine->name);
	free(machine->title);
	free(machine->description);
	for (size_t i = 0; i < ARRAY_SIZE(machine->serials); i++)
		free(machine->serials[i]);
	for (size_t i = 0; i < machine->disk_count; i++)
		free(machine->disks[i].path);
	free(machine->disks);
	free(machine->adapters);
	note_list_done(&machine->warnings);
	*machine = (struct kvm_machine)KVM_MACHINE_INIT;
}

static int out_of_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

/* libvirt has files by that name, and shows it in lists. */
static char *clean_name(const char *name)
{
	struct buffer clean = BUFFER_INIT;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return strdup("_");
	while (*name) {
		const char *at = name;
		uint32_t code = utf8_next(&name);

		if (code == '/' || !plan_is_plain(code))
			buffer_text(&clean, "_");
		else
			buffer_append(&clean, at, (size_t)(name - at));
	}
	return buffer_take_text(&clean);
}

static int set_texts(const struct vm_plan *plan, struct kvm_machine *machine, struct error *err)
{
	bool ok = true;

	machine->name = clean_name(plan->name);
	if (machine->name && strcmp(machine->name, plan->name) != 0)
		ok = (machine->title = plan_plain_text(plan->name, false)) != NULL;
	if (plan->notes && *plan->notes)
		ok &= (machine->description = plan_plain_text(plan->notes, true)) != NULL;
	for (size_t i = 0; i < ARRAY_SIZE(machine->serials); i++)
		if (plan->serials[i] && *plan->serials[i])
			ok &= (machine->serials[i] = plan_plain_text(plan->serials[i], false)) !=
			      NULL;
	return ok && machine->name ? 0 : out_of_memory(err);
}

/* libvirt takes none of which all bytes are the same. */
static void set_uuid(const struct vm_plan *plan, struct kvm_machine *machine)
{
	const uint8_t *bytes = plan->bios_guid.guid.bytes;

	machine->uuid = plan->bios_guid;
	if (memcmp(bytes, bytes + 1, sizeof(struct guid) - 1) == 0)
		machine->uuid.is_present = false;
}

/* A guest without a balloon driver has all that it can have from the start. */
static void set_memory(const struct vm_plan *plan, struct kvm_machine *machine)
{
	const struct vm_number *maximum = &plan->maximum_bytes;
	uint64_t start = plan->startup_bytes.is_present ? plan->startup_bytes.value : 0;

	if (start == 0)
		start = DEFAULT_MEMORY;
	machine->start_kib = machine->memory_kib = start / KIB;
	if (plan->is_dynamic != VM_YES)
		return;
	if (maximum->is_present && maximum->value > start && maximum->value < NO_LIMIT)
		machine->memory_kib = maximum->value / KIB;
	note_add(&machine->warnings,
		 "the VM had dynamic memory: under KVM it has %" PRIu64
		 " MiB from the start and gives "
		 "none back, until it has the virtio balloon driver",
		 machine->memory_kib / KIB);
}

/* Clients of Windows use no more than two sockets. */
static void set_processors(const struct vm_plan *plan, struct kvm_machine *machine)
{
	const struct vm_number *count = &plan->processors.count;

	machine->processors = count->is_present && count->value ? (unsigned int)count->value : 1;
	machine->threads =
		plan->processors.threads_per_core.value == 2 && machine->processors % 2 == 0 ? 2
											     : 1;
	machine->cores = machine->processors / machine->threads;
	if (machine->processors > MAX_PROCESSORS)
		note_add(&machine->warnings,
			 "the VM has %u processors: more than %u need an IOMMU with interrupt "
			 "remapping, which must be added by hand",
			 machine->processors, MAX_PROCESSORS);
}

/* Neither XML nor a line of a recipe can hold every name that Linux has for a file. */
static int check_path(const char *path, struct error *err)
{
	for (const char *at = path; *at;)
		if (!plan_is_plain(utf8_next(&at)))
			return error_usage(err,
					   "'%s': a VM of libvirt or Proxmox cannot have a file of "
					   "that name; write it to another",
					   path);
	return 0;
}

static int set_disk(const struct vm_plan_disk *source, const struct kvm_wishes *wishes,
		    struct kvm_disk *disk, struct error *err)
{
	if (source->is_attached)
		return error_usage(err,
				   "SCSI %u:%u: '%s' stays as it is, and no VM of libvirt or "
				   "Proxmox can have it: '--data-disks copy' makes a disk of it",
				   source->place.controller, source->place.slot, source->file);
	if (asprintf(&disk->path, "%s/%s", wishes->folder, source->file) < 0) {
		disk->path = NULL;
		return out_of_memory(err);
	}
	disk->is_boot = source->is_boot;
	if (source->iops_maximum.is_present && source->iops_maximum.value <= MAX_IOPS)
		disk->iops = source->iops_maximum.value;
	return check_path(disk->path, err);
}

/* The boot disk first; but a Linux counts its disks, and they stay in their order. */
static int set_disks(const struct vm_plan *plan, const struct kvm_wishes *wishes,
		     struct kvm_machine *machine, struct error *err)
{
	int r = 0;

	machine->disks = calloc(plan->disk_count + 1, sizeof(*machine->disks));
	if (!machine->disks)
		return out_of_memory(err);
	for (int boot = 1; boot >= 0; boot--)
		for (size_t i = 0; r == 0 && i < plan->disk_count; i++)
			if ((wishes->is_linux || plan->disks[i].is_boot) == (boot == 1))
				r = set_disk(&plan->disks[i], wishes,
					     &machine->disks[machine->disk_count++], err);
	return r;
}

/* Their images are on the old host. */
static void set_dvds(const struct vm_plan *plan, struct kvm_machine *machine)
{
	machine->dvd_count = plan->dvd_count;
	for (size_t i = 0; i < plan->dvd_count; i++)
		if (plan->dvds[i].path)
			note_add(&machine->warnings,
				 "the DVD drive is empty under KVM; '%s' was in it",
				 plan->dvds[i].path);
}

static const char *find_bridge(const struct vm_plan_adapter *adapter,
			       const struct kvm_wishes *wishes)
{
	for (size_t i = 0; adapter->switch_name && i < wishes->bridge_count; i++)
		if (strcmp(wishes->bridges[i].from, adapter->switch_name) == 0)
			return wishes->bridges[i].to;
	return NULL;
}

/* One for many is no address of an adapter, and QEMU takes none. */
static bool has_own_mac(const struct vm_plan_adapter *adapter)
{
	return adapter->has_mac && !(adapter->mac[0] & 1);
}

static void tell_adapter(const struct vm_plan_adapter *source, const struct kvm_adapter *adapter,
			 struct note_list *warnings)
{
	if (source->has_mac && !adapter->has_mac)
		note_add(warnings,
			 "adapter '%s' gets a new MAC address under KVM: its own is one of a group",
			 source->name);
	if (adapter->vlan)
		note_add(warnings,
			 "adapter '%s' has the VLAN %u, which a domain of libvirt leaves to its "
			 "bridge",
			 source->name, adapter->vlan);
	if (source->switch_name && !adapter->bridge)
		note_add(warnings,
			 "adapter '%s' was connected to the switch '%s': under KVM it is on the "
			 "host's usual network until it is given the right bridge",
			 source->name, source->switch_name);
}

static int set_adapters(const struct vm_plan *plan, const struct kvm_wishes *wishes,
			struct kvm_machine *machine, struct error *err)
{
	machine->adapters = calloc(plan->adapter_count + 1, sizeof(*machine->adapters));
	if (!machine->adapters)
		return out_of_memory(err);
	for (size_t i = 0; i < plan->adapter_count; i++) {
		const struct vm_plan_adapter *source = &plan->adapters[i];
		struct kvm_adapter *adapter = &machine->adapters[machine->adapter_count++];
		const struct vm_vlan *vlan = &source->source->vlan;

		*adapter = (struct kvm_adapter){.has_mac = has_own_mac(source),
						.is_connected = source->switch_name != NULL,
						.bridge = find_bridge(source, wishes),
						.vlan = vlan->is_access ? vlan->id : 0};
		memcpy(adapter->mac, source->mac, sizeof(adapter->mac));
		tell_adapter(source, adapter, &machine->warnings);
	}
	return 0;
}

/* The checks of Secure Boot need the build of the firmware that protects the store from the guest,
 * and keys: without them it checks nothing. */
static void set_firmware(const struct vm_plan *plan, const struct kvm_wishes *wishes,
			 struct kvm_machine *machine)
{
	machine->store = wishes->store;
	machine->store_is_2m = wishes->store && wishes->store_size == STORE_2M;
	machine->has_keys = wishes->store && wishes->has_keys;
	machine->secure_boot = plan->secure_boot && machine->has_keys;
	machine->tpm = plan->tpm;
	if (plan->secure_boot && !machine->secure_boot)
		note_add(&machine->warnings, "Secure Boot is off under KVM: the store has no keys "
					     "('--secure-boot-keys auto' puts some in)");
}

/* l26 is Linux 2.6 and later. Proxmox takes Server 2016 and 2019 for Windows 10, Server 2022 and 2025 for Windows 11. */
static const char *os_type(const struct kvm_wishes *wishes)
{
	if (wishes->is_linux)
		return "l26";
	if (wishes->windows_major < 10)
		return "win8";
	return wishes->windows_build < SERVER_2022 ? "win10" : "win11";
}

static void set_rest(const struct vm_plan *plan, const struct kvm_wishes *wishes,
		     struct kvm_machine *machine)
{
	machine->os_type = os_type(wishes);
	for (size_t i = 0; i < ARRAY_SIZE(machine->com); i++)
		machine->com[i] = plan->com[i] != NULL;
	machine->stays_off_after_crash = plan->recovery.is_present && plan->recovery.value == 2;
	machine->starts_with_host = plan->start_action && strcmp(plan->start_action, "Start") == 0;
	if (machine->starts_with_host)
		note_add(&machine->warnings, "the VM started with its host: 'virsh autostart' has "
					     "libvirt do so");
}

int kvm_machine_make(const struct vm_plan *plan, const struct kvm_wishes *wishes,
		     struct kvm_machine *ret, struct error *err)
{
	int r;

	*ret = (struct kvm_machine)KVM_MACHINE_INIT;
	ret->is_qcow2 = wishes->is_qcow2;
	set_uuid(plan, ret);
	set_memory(plan, ret);
	set_processors(plan, ret);
	set_dvds(plan, ret);
	set_firmware(plan, wishes, ret);
	set_rest(plan, wishes, ret);
	r = set_texts(plan, ret, err);
	if (r == 0)
		r = set_disks(plan, wishes, ret, err);
	if (r == 0)
		r = set_adapters(plan, wishes, ret, err);
	if (r == 0 && wishes->store)
		r = check_path(wishes->store, err);
	return r == 0 ? note_list_check(&ret->warnings, err) : r;
}
