/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The generation 2 VM out of the generation 1 VM: see plan.h. */
#include "convert/vm/emit/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "convert/vm/emit/plan_text.h"

#define MAX_NAME 100 /* characters, as vm_check() has it */

void vm_plan_done(struct vm_plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(plan->serials); i++)
		free(plan->serials[i]);
	free(plan->disks);
	free(plan->dvds);
	free(plan->adapters);
	note_list_done(&plan->warnings);
	*plan = (struct vm_plan)VM_PLAN_INIT;
}

static int out_of_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* What the user and files of this host are called may be anything; on Windows it is Unicode. */
static int check_unicode(const char *text, struct error *err)
{
	for (const char *at = text; at && *at;)
		if (utf8_next(&at) == UTF8_MALFORMED)
			return error_usage(err, "'%s' is no UTF-8, and Windows has no other names",
					   text);
	return 0;
}

/* Beside the script, or where the old VM has it. */
static const char *file_of(const struct vm_output *output)
{
	const char *slash = output->path ? strrchr(output->path, '/') : NULL;

	return slash ? slash + 1 : output->path ? output->path : output->drive->path;
}

static int check_wishes(const struct vm_output *outputs, size_t count,
			const struct vm_wishes *wishes, struct error *err)
{
	int r = check_unicode(wishes->name, err);

	if (r == 0)
		r = check_unicode(wishes->store, err);
	for (size_t i = 0; r == 0 && i < wishes->switch_count; i++)
		r = check_unicode(wishes->switches[i].to, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = check_unicode(file_of(&outputs[i]), err);
	return r;
}

static int plan_name(const struct vm *vm, const struct vm_wishes *wishes, struct vm_plan *plan,
		     struct error *err)
{
	plan->name = wishes->name ? wishes->name : vm->name;
	plan->notes = vm->notes;
	if (count_characters(plan->name) >= 1 && count_characters(plan->name) <= MAX_NAME)
		return 0;
	return error_refused(err, REFUSAL_VM_NAME, "give another one with --name",
			     "the name of the VM has %zu characters; it must have 1 to %u",
			     count_characters(plan->name), MAX_NAME);
}

/* They go to the host as XML. */
static int plan_serials(const struct vm *vm, const struct vm_wishes *wishes, struct vm_plan *plan,
			struct error *err)
{
	const struct vm_firmware *firmware = &vm->firmware;
	const char *texts[] = {firmware->bios_serial, firmware->board_serial,
			       firmware->chassis_serial, firmware->asset_tag};
	static const char *const what[] = {"serial number", "serial number of the board",
					   "serial number of the chassis", "asset tag"};
	bool changed;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!texts[i] || wishes->new_id)
			continue;
		plan->serials[i] = plan_xml_text(texts[i], &changed);
		if (!plan->serials[i])
			return out_of_memory(err);
		if (changed)
			note_add(
				&plan->warnings,
				"the %s of the VM holds characters that no host can be given; they "
				"are written as \\uNNNN",
				what[i]);
	}
	return 0;
}

static void plan_identity(const struct vm *vm, const struct vm_wishes *wishes, struct vm_plan *plan)
{
	plan->old_bios_guid = plan->bios_guid = vm->firmware.bios_guid;
	if (wishes->new_id)
		plan->bios_guid = (struct vm_guid){true, *wishes->new_id};
	plan->num_lock = vm->firmware.num_lock;
	plan->full_scsi_commands = vm->full_scsi_commands;
	/* 1 is to start it again, which all do; WMI counts from 2. */
	if (vm->power.crash.is_present && vm->power.crash.value <= 2 && vm->power.crash.value != 1)
		plan->recovery = (struct vm_number){true, vm->power.crash.value + 2};
}

static struct vm_number times(struct vm_number number, uint64_t factor)
{
	number.value *= factor;
	return number;
}

static struct vm_number rounded(struct vm_number number, uint64_t divisor)
{
	number.value = (number.value + divisor / 2) / divisor;
	return number;
}

/* A maximum counts only where memory is dynamic; generation 1 writes 1 TiB there else. */
static void plan_memory(const struct vm *vm, struct vm_plan *plan)
{
	const struct vm_memory *memory = &vm->memory;

	plan->is_dynamic = memory->is_dynamic;
	plan->startup_bytes = times(memory->startup_mib, MIB);
	plan->memory_priority = rounded(memory->priority, 100);
	if (memory->is_dynamic == VM_YES) {
		plan->minimum_bytes = times(memory->minimum_mib, MIB);
		plan->maximum_bytes = times(memory->maximum_mib, MIB);
		plan->buffer_percent = memory->buffer_percent;
	}
}

static void plan_processors(const struct vm *vm, struct vm_plan *plan)
{
	plan->processors = vm->processors;
	plan->processors.limit = rounded(vm->processors.limit, 1000);
	plan->processors.reservation = rounded(vm->processors.reservation, 1000);
	plan->low_mmio_bytes = times(vm->low_mmio_mib, MIB);
	plan->high_mmio_bytes = times(vm->high_mmio_mib, MIB);
}

/* One that has no channel gets one that is always the same. */
static void add_controller(const struct vm *vm, const struct vm_controller *source,
			   struct vm_plan *plan)
{
	struct vm_plan_controller *controller = &plan->controllers[plan->controller_count];
	char name[] = "scsi0";

	name[4] = (char)('0' + plan->controller_count++);
	if (source && source->channel.is_present)
		controller->channel = source->channel.guid;
	else
		controller->channel =
			guid_from_name(&vm->firmware.bios_guid.guid, name, strlen(name));
}

static void plan_controllers(const struct vm *vm, struct vm_plan *plan)
{
	size_t wanted = 1;

	for (size_t c = 0; c < vm->controller_count; c++) {
		const struct vm_controller *controller = &vm->controllers[c];

		if (controller->bus == VM_BUS_SCSI && plan->controller_count < VM_MAX_CONTROLLERS)
			add_controller(vm, controller, plan);
		for (size_t d = 0; d < controller->count; d++)
			if (controller->drives[d].target.is_present &&
			    controller->drives[d].target.controller >= wanted)
				wanted = controller->drives[d].target.controller + 1;
	}
	while (plan->controller_count < wanted && plan->controller_count < VM_MAX_CONTROLLERS)
		add_controller(vm, NULL, plan);
}

struct vm_boot_place vm_plan_boot_place(const struct vm *vm)
{
	const struct vm_drive *drive = vm_boot_drive(vm, NULL);
	struct vm_plan plan = VM_PLAN_INIT;

	plan_controllers(vm, &plan);
	if (!drive || !drive->target.is_present ||
	    drive->target.controller >= plan.controller_count)
		return (struct vm_boot_place){.is_known = false};
	return (struct vm_boot_place){
		.is_known = true,
		.channel = plan.controllers[drive->target.controller].channel,
		.slot = (uint16_t)drive->target.slot,
	};
}

/* None is no limit; and more than a script can say as a number is no wish that a host could fulfil. */
static struct vm_number credible(struct vm_number number)
{
	if (number.value > INT64_MAX || number.value == 0)
		number.is_present = false;
	return number;
}

static int plan_disks(const struct vm_output *outputs, size_t count, struct vm_plan *plan,
		      struct error *err)
{
	bool has_boot = false;

	plan->disks = calloc(count + 1, sizeof(*plan->disks));
	if (!plan->disks)
		return out_of_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct vm_drive *drive = outputs[i].drive;
		bool is_shared = drive->persistent_reservations == VM_YES;

		plan->disks[plan->disk_count++] =
			(struct vm_plan_disk){.place = drive->target,
					      .file = file_of(&outputs[i]),
					      .is_attached = !outputs[i].path,
					      .is_boot = drive->is_boot,
					      .is_shared = is_shared,
					      .iops_maximum = credible(drive->iops_maximum),
					      .iops_minimum = credible(drive->iops_minimum),
					      .qos_policy = drive->qos_policy};
		if (guid_is_zero(&drive->qos_policy.guid))
			plan->disks[i].qos_policy.is_present = false;
		has_boot |= drive->is_boot;
	}
	if (has_boot)
		return 0;
	error_refused(err, REFUSAL_NO_BOOT_DISK, "convert the disk that it starts from too",
		      "none of the disks is the one that the VM starts from");
	return error_of_wish(err);
}

static int plan_dvds(const struct vm *vm, struct vm_plan *plan, struct error *err)
{
	for (size_t c = 0; c < vm->controller_count; c++)
		plan->dvd_count += vm->controllers[c].count;
	plan->dvds = calloc(plan->dvd_count + 1, sizeof(*plan->dvds));
	plan->dvd_count = 0;
	if (!plan->dvds)
		return out_of_memory(err);
	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++) {
			const struct vm_drive *drive = &vm->controllers[c].drives[d];

			if (drive->kind == VM_DRIVE_DVD && drive->target.is_present)
				plan->dvds[plan->dvd_count++] =
					(struct vm_plan_dvd){drive->target,
							     drive->path && *drive->path
								     ? drive->path
								     : NULL};
		}
	return 0;
}

static const char *plan_switch(const struct vm_adapter *adapter, const struct vm_wishes *wishes)
{
	if (adapter->is_connected == VM_NO || !adapter->switch_name || !*adapter->switch_name)
		return NULL;
	for (size_t i = 0; i < wishes->switch_count; i++)
		if (strcmp(wishes->switches[i].from, adapter->switch_name) == 0)
			return *wishes->switches[i].to ? wishes->switches[i].to : NULL;
	return adapter->switch_name;
}

static int plan_adapters(const struct vm *vm, const struct vm_wishes *wishes, struct vm_plan *plan,
			 struct error *err)
{
	plan->adapters = calloc(vm->adapter_count + 1, sizeof(*plan->adapters));
	if (!plan->adapters)
		return out_of_memory(err);
	for (size_t i = 0; i < vm->adapter_count; i++) {
		const struct vm_adapter *source = &vm->adapters[i];
		struct vm_plan_adapter *adapter = &plan->adapters[plan->adapter_count++];
		bool has_name = source->name && *source->name;

		*adapter = (struct vm_plan_adapter){.name = has_name ? source->name
								     : "Network Adapter",
						    .has_mac = source->has_mac &&
							       (source->mac_is_static == VM_YES ||
								!wishes->dynamic_macs),
						    .channel = source->channel,
						    .switch_name = plan_switch(source, wishes),
						    .source = source};
		memcpy(adapter->mac, source->mac, sizeof(adapter->mac));
	}
	return 0;
}

static void plan_settings(const struct vm *vm, struct vm_plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(plan->com); i++)
		plan->com[i] = vm->com[i] && *vm->com[i] ? vm->com[i] : NULL;
	memcpy(plan->services, vm->services, sizeof(plan->services));
	plan->start_action = plan_start_action(vm->power.start);
	plan->stop_action = plan_stop_action(vm->power.stop);
	plan->critical_error = plan_critical_error(&vm->power.critical_error);
	plan->critical_error_minutes = vm->power.critical_error_seconds;
	plan->critical_error_minutes.value = plan->critical_error_minutes.value / 60 +
					     (plan->critical_error_minutes.value % 60 != 0);
	if (plan->critical_error_minutes.value > INT32_MAX)
		plan->critical_error_minutes.is_present = false;
	plan->checkpoint_type = plan_checkpoint_type(&vm->checkpoint_type);
	/* A host of Windows 10 and later would switch them on. */
	plan->automatic_checkpoints = vm->automatic_checkpoints == VM_YES ? VM_YES : VM_NO;
	plan->lock_on_disconnect = vm->lock_on_disconnect;
	plan->guest_cache_types = vm->guest_cache_types;
	plan->resolution_type = plan_resolution_type(&vm->resolution_type);
	if (plan->resolution_type && vm->width.value <= UINT16_MAX &&
	    vm->height.value <= UINT16_MAX) {
		plan->width = vm->width;
		plan->height = vm->height;
	}
}

/* A store of ours brings no keys of the host's with it: see nvram_key_warning(). */
static void plan_firmware(const struct vm *vm, const struct vm_wishes *wishes, struct vm_plan *plan)
{
	plan->secure_boot = !wishes->no_secure_boot;
	if (plan->secure_boot)
		plan->secure_boot_template =
			wishes->is_linux ? "MicrosoftUEFICertificateAuthority" : "MicrosoftWindows";
	plan->tpm = wishes->tpm;
	if (plan->tpm)
		note_add(
			&plan->warnings,
			"the TPM of the new VM has its keys on the host that makes it, and nowhere "
			"else: without that host what is bound to the TPM is lost");
	plan->network_protocol = plan_network_protocol(&vm->firmware.network_protocol);
	plan->pause_after_boot_failure = vm->firmware.pause_after_boot_failure;
	plan->esp = wishes->esp;
	plan->loader = wishes->loader;
	plan->store = wishes->store;
	plan->store_has_keys = wishes->store_has_keys;
	plan->networks = wishes->networks;
	plan->network_count = wishes->network_count;
}

int vm_plan_make(const struct vm *vm, const struct vm_output *outputs, size_t count,
		 const struct vm_wishes *wishes, struct vm_plan *ret, struct error *err)
{
	int r;

	*ret = (struct vm_plan)VM_PLAN_INIT;
	plan_identity(vm, wishes, ret);
	plan_memory(vm, ret);
	plan_processors(vm, ret);
	plan_controllers(vm, ret);
	ret->boot_place = vm_plan_boot_place(vm);
	plan_settings(vm, ret);
	plan_firmware(vm, wishes, ret);
	r = check_wishes(outputs, count, wishes, err);
	if (r == 0)
		r = plan_name(vm, wishes, ret, err);
	if (r == 0)
		r = plan_serials(vm, wishes, ret, err);
	if (r == 0)
		r = plan_disks(outputs, count, ret, err);
	if (r == 0)
		r = plan_dvds(vm, ret, err);
	if (r == 0)
		r = plan_adapters(vm, wishes, ret, err);
	return r == 0 ? note_list_check(&ret->warnings, err) : r;
}
