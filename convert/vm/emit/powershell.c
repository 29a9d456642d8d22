/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The script: its fixed part with $Plan in the place of an empty one. The keys of $Plan are always
 * the same, absent values $null, so that the fixed part can name each without asking for it.
 */
#include "convert/vm/emit/powershell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/vm/emit/fixed.h"
#include "convert/vm/emit/plan_text.h"
#include "convert/vm/emit/powershell_parts.h"
#include "nvram/load_option.h"

#define PLACE		"$Plan = @{}\n" /* in script/1-head.ps1 */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void write_identity(struct ps_writer *w, const struct vm_plan *plan)
{
	ps_text(w, "Name", plan->name);
	ps_text(w, "Notes", plan->notes);
	ps_guid(w, "BiosGuid", plan->bios_guid.is_present ? &plan->bios_guid.guid : NULL);
	ps_guid(w, "OldBiosGuid",
		plan->old_bios_guid.is_present ? &plan->old_bios_guid.guid : NULL);
	ps_open(w, "Identity", "@{");
	ps_text(w, "BIOSSerialNumber", plan->serials[0]);
	ps_text(w, "BaseBoardSerialNumber", plan->serials[1]);
	ps_text(w, "ChassisSerialNumber", plan->serials[2]);
	ps_text(w, "ChassisAssetTag", plan->serials[3]);
	ps_flag(w, "BIOSNumLock", plan->num_lock);
	ps_flag(w, "AllowFullSCSICommandSet", plan->full_scsi_commands);
	ps_number(w, "AutomaticRecoveryAction", &plan->recovery);
	ps_close(w, "}");
}

/* The keys are the parameters of the cmdlets. */
static void write_memory(struct ps_writer *w, const struct vm_plan *plan)
{
	const struct vm_processors *processors = &plan->processors;

	ps_open(w, "Memory", "@{");
	ps_number(w, "StartupBytes", &plan->startup_bytes);
	ps_flag(w, "DynamicMemoryEnabled", plan->is_dynamic);
	ps_number(w, "MinimumBytes", &plan->minimum_bytes);
	ps_number(w, "MaximumBytes", &plan->maximum_bytes);
	ps_number(w, "Buffer", &plan->buffer_percent);
	ps_number(w, "Priority", &plan->memory_priority);
	ps_close(w, "}");
	ps_open(w, "Processor", "@{");
	ps_number(w, "Count", &processors->count);
	ps_number(w, "Maximum", &processors->limit);
	ps_number(w, "Reserve", &processors->reservation);
	ps_number(w, "RelativeWeight", &processors->weight);
	ps_flag(w, "CompatibilityForMigrationEnabled", processors->migrate_compatible);
	ps_flag(w, "ExposeVirtualizationExtensions", processors->nested_virtualization);
	ps_number(w, "HwThreadCountPerCore", &processors->threads_per_core);
	ps_flag(w, "EnableHostResourceProtection", processors->protects_host);
	ps_close(w, "}");
}

static void write_place(struct ps_writer *w, const struct vm_slot *place)
{
	ps_unsigned(w, "Controller", place->controller);
	ps_unsigned(w, "Slot", place->slot);
}

static void write_disk(struct ps_writer *w, const struct vm_plan_disk *disk)
{
	ps_open(w, NULL, "@{");
	write_place(w, &disk->place);
	ps_text(w, "File", disk->file);
	ps_bool(w, "IsAttached", disk->is_attached);
	ps_bool(w, "IsBoot", disk->is_boot);
	ps_bool(w, "IsShared", disk->is_shared);
	ps_number(w, "MaximumIOPS", &disk->iops_maximum);
	ps_number(w, "MinimumIOPS", &disk->iops_minimum);
	ps_guid(w, "QoSPolicyID", disk->qos_policy.is_present ? &disk->qos_policy.guid : NULL);
	ps_close(w, "}");
}

static void write_drives(struct ps_writer *w, const struct vm_plan *plan)
{
	ps_open(w, "Controllers", "@(");
	for (size_t i = 0; i < plan->controller_count; i++) {
		ps_open(w, NULL, "@{");
		ps_guid(w, "Channel", &plan->controllers[i].channel);
		ps_close(w, "}");
	}
	ps_close(w, ")");
	ps_open(w, "Disks", "@(");
	for (size_t i = 0; i < plan->disk_count; i++)
		write_disk(w, &plan->disks[i]);
	ps_close(w, ")");
	ps_open(w, "Dvds", "@(");
	for (size_t i = 0; i < plan->dvd_count; i++) {
		ps_open(w, NULL, "@{");
		write_place(w, &plan->dvds[i].place);
		ps_text(w, "Path", plan->dvds[i].path);
		ps_close(w, "}");
	}
	ps_close(w, ")");
}

static const char *on_off(bool value)
{
	return value ? "On" : "Off";
}

/* The keys are the parameters of Set-VMNetworkAdapter. */
static void write_port(struct ps_writer *w, const struct vm_adapter *adapter)
{
	static const char *const mirroring[] = {"None", "Destination", "Source"};
	const struct vm_security *security = &adapter->security;
	const struct vm_bandwidth *bandwidth = &adapter->bandwidth;
	const struct vm_offload *offload = &adapter->offload;

	ps_open(w, "Port", "@{");
	if (security->is_present) {
		ps_text(w, "MacAddressSpoofing", on_off(security->mac_spoofing));
		ps_text(w, "DhcpGuard", on_off(security->dhcp_guard));
		ps_text(w, "RouterGuard", on_off(security->router_guard));
		ps_text(w, "IeeePriorityTag", on_off(security->ieee_priority));
		ps_text(w, "AllowTeaming", on_off(security->teaming));
		ps_text(w, "PortMirroring",
			mirroring[security->mirroring < 3 ? security->mirroring : 0]);
	}
	if (bandwidth->is_present && bandwidth->limit)
		ps_unsigned(w, "MaximumBandwidth", bandwidth->limit);
	/* Which of the two counts is the switch's to say; one is set. */
	if (bandwidth->is_present && bandwidth->weight)
		ps_unsigned(w, "MinimumBandwidthWeight", bandwidth->weight);
	else if (bandwidth->is_present && bandwidth->reservation)
		ps_unsigned(w, "MinimumBandwidthAbsolute", bandwidth->reservation);
	if (offload->is_present) {
		ps_unsigned(w, "IPsecOffloadMaximumSecurityAssociation", offload->ipsec_limit);
		ps_unsigned(w, "VmqWeight", offload->vmq_weight);
		ps_unsigned(w, "IovWeight", offload->iov_weight);
		ps_unsigned(w, "IovQueuePairsRequested", offload->iov_queue_pairs);
		ps_text(w, "IovInterruptModeration", plan_iov_moderation(offload->iov_moderation));
	}
	if (adapter->cluster_monitored == VM_NO)
		ps_bool(w, "NotMonitoredInCluster", true);
	if (adapter->device_naming == VM_YES)
		ps_text(w, "DeviceNaming", "On");
	ps_close(w, "}");
}

static void write_adapters(struct ps_writer *w, const struct vm_plan *plan)
{
	ps_open(w, "Adapters", "@(");
	for (size_t i = 0; i < plan->adapter_count; i++) {
		const struct vm_plan_adapter *adapter = &plan->adapters[i];
		const struct vm_vlan *vlan = &adapter->source->vlan;

		ps_open(w, NULL, "@{");
		ps_text(w, "Name", adapter->name);
		ps_mac(w, "Mac", adapter->has_mac ? adapter->mac : NULL);
		ps_guid(w, "Channel", adapter->channel.is_present ? &adapter->channel.guid : NULL);
		ps_text(w, "Switch", adapter->switch_name);
		ps_number(w, "Vlan", &(struct vm_number){vlan->is_access, vlan->id});
		write_port(w, adapter->source);
		ps_close(w, "}");
	}
	ps_close(w, ")");
}

/* By which an integration service is known; its name is in the host's language. */
static const char *const service_ids[VM_SERVICES] = {
	[VM_SERVICE_GUEST_INTERFACE] = "6c09bb55-d683-4da0-8931-c9bf705f6480",
	[VM_SERVICE_HEARTBEAT] = "84eaae65-2f2e-45f5-9bb5-0e857dc8eb47",
	[VM_SERVICE_KEY_VALUE] = "2a34b1c2-fd73-4043-8a5b-dd2159bc743f",
	[VM_SERVICE_SHUTDOWN] = "9f8233ac-be49-4c79-8ee3-e7e1985b2077",
	[VM_SERVICE_TIME] = "2497f4de-e9fa-4204-80e4-4b75c46419c0",
	[VM_SERVICE_VSS] = "5ced1297-4598-4915-a5fc-ad21bb4d02a4",
};

static void write_services(struct ps_writer *w, const struct vm_plan *plan)
{
	ps_texts(w, "ComPorts", plan->com, ARRAY_SIZE(plan->com));
	ps_open(w, "Services", "@(");
	for (size_t i = 0; i < VM_SERVICES; i++) {
		if (plan->services[i] == VM_ABSENT)
			continue;
		ps_open(w, NULL, "@{");
		ps_text(w, "Id", service_ids[i]);
		ps_flag(w, "Enabled", plan->services[i]);
		ps_close(w, "}");
	}
	ps_close(w, ")");
}

/* The keys are the parameters of Set-VM and Set-VMVideo. */
static void write_settings(struct ps_writer *w, const struct vm_plan *plan)
{
	enum vm_flag lock = plan->lock_on_disconnect;

	ps_open(w, "Settings", "@{");
	ps_text(w, "AutomaticStopAction", plan->stop_action);
	ps_text(w, "AutomaticCriticalErrorAction", plan->critical_error);
	ps_number(w, "AutomaticCriticalErrorActionTimeout", &plan->critical_error_minutes);
	ps_text(w, "CheckpointType", plan->checkpoint_type);
	ps_flag(w, "AutomaticCheckpointsEnabled", plan->automatic_checkpoints);
	ps_text(w, "LockOnDisconnect", lock == VM_ABSENT ? NULL : on_off(lock == VM_YES));
	ps_flag(w, "GuestControlledCacheTypes", plan->guest_cache_types);
	ps_number(w, "LowMemoryMappedIoSpace", &plan->low_mmio_bytes);
	ps_number(w, "HighMemoryMappedIoSpace", &plan->high_mmio_bytes);
	ps_close(w, "}");
	ps_text(w, "StartAction", plan->start_action);
	ps_open(w, "Video", "@{");
	ps_text(w, "ResolutionType", plan->resolution_type);
	ps_number(w, "HorizontalResolution", &plan->width);
	ps_number(w, "VerticalResolution", &plan->height);
	ps_close(w, "}");
}

/* As newer hosts show such an entry: a short-form path in the text of EDK2, then the file. */
static void write_boot_entry(struct ps_writer *w, const struct nvram_partition *esp,
			     const struct nvram_file *loader)
{
	uint8_t optional[LOAD_OPTION_WINDOWS_SIZE];
	char guid[GUID_TEXT_SIZE], path[320];
	bool is_windows;

	if (!esp) {
		ps_text(w, "BootEntry", NULL);
		return;
	}
	is_windows = strcmp(loader->description, NVRAM_WINDOWS_BOOT_MANAGER) == 0;
	guid_format(&esp->guid, guid);
	for (char *c = guid; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'f' ? *c - 'a' + 'A' : *c);
	snprintf(path, sizeof(path), "HD(%" PRIu32 ",GPT,%s,0x%" PRIX64 ",0x%" PRIX64 ")/%s",
		 esp->number, guid, esp->start_lba, esp->sectors, loader->path);
	load_option_windows_data(optional);
	ps_open(w, "BootEntry", "@{");
	ps_text(w, "Description", loader->description);
	ps_text(w, "Path", path);
	ps_bytes(w, "OptionalData", optional, is_windows ? sizeof(optional) : 0);
	ps_close(w, "}");
}

static void write_firmware(struct ps_writer *w, const struct vm_plan *plan)
{
	enum vm_flag pause = plan->pause_after_boot_failure;

	ps_open(w, "Firmware", "@{");
	ps_bool(w, "SecureBoot", plan->secure_boot);
	ps_text(w, "SecureBootTemplate", plan->secure_boot_template);
	ps_text(w, "PreferredNetworkBootProtocol", plan->network_protocol);
	ps_text(w, "PauseAfterBootFailure", pause == VM_ABSENT ? NULL : on_off(pause == VM_YES));
	ps_bool(w, "Tpm", plan->tpm);
	write_boot_entry(w, plan->esp, plan->loader);
	ps_text(w, "GuestState", plan->store);
	ps_bool(w, "GuestStateHasKeys", plan->store_has_keys);
	ps_close(w, "}");
}

static void write_addresses(struct ps_writer *w, const struct vm_guest_network *network)
{
	ps_open(w, "Addresses", "@(");
	for (size_t i = 0; i < network->address_count; i++) {
		ps_open(w, NULL, "@{");
		ps_text(w, "Address", network->addresses[i].address);
		ps_text(w, "Subnet", network->addresses[i].subnet);
		ps_close(w, "}");
	}
	ps_close(w, ")");
}

static void write_networks(struct ps_writer *w, const struct vm_plan *plan)
{
	ps_open(w, "GuestNetwork", "@(");
	for (size_t i = 0; i < plan->network_count; i++) {
		const struct vm_guest_network *network = &plan->networks[i];

		ps_open(w, NULL, "@{");
		ps_unsigned(w, "Adapter", network->adapter);
		write_addresses(w, network);
		ps_texts(w, "Gateways", network->gateways,
			 min_u64(network->gateway_count, VM_MAX_GATEWAYS));
		ps_texts(w, "Dns", network->dns, network->dns_count);
		ps_close(w, "}");
	}
	ps_close(w, ")");
}

static void write_plan(const struct vm_plan *plan, struct buffer *out)
{
	struct ps_writer writer = {.out = out};

	ps_open(&writer, "$Plan", "@{");
	write_identity(&writer, plan);
	write_memory(&writer, plan);
	write_drives(&writer, plan);
	write_adapters(&writer, plan);
	write_services(&writer, plan);
	write_settings(&writer, plan);
	write_firmware(&writer, plan);
	write_networks(&writer, plan);
	ps_close(&writer, "}");
}

/* Quotes let no line end through, so each is one of ours. */
static void append_lines(struct buffer *out, const uint8_t *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			buffer_text(out, "\r");
		buffer_append(out, &text[i], 1);
	}
}

void emit_powershell(const struct vm_plan *plan, struct buffer *out)
{
	CLEANUP_BUFFER struct buffer script = BUFFER_INIT;
	const uint8_t *fixed = emit_fixed_script;
	const uint8_t *place = memmem(fixed, emit_fixed_script_size, PLACE, strlen(PLACE));
	size_t before = place ? (size_t)(place - fixed) : 0;

	buffer_append(&script, fixed, before);
	write_plan(plan, &script);
	if (place)
		buffer_append(&script, place + strlen(PLACE),
			      emit_fixed_script_size - before - strlen(PLACE));
	out->failed |= script.failed;
	buffer_text(out, BYTE_ORDER_MARK);
	append_lines(out, script.data, script.size);
}
