/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VM as JSON. Keys are stable: scripts rely on them. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json/text_json.h"
#include "convert/report/vm_json.h"

/* What is absent in the configuration is absent here. */
static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, text_json(text));
}

static void set_number(json_t *object, const char *key, const struct vm_number *number)
{
	if (number->is_present)
		json_object_set_new(object, key, json_integer((json_int_t)number->value));
}

static void set_flag(json_t *object, const char *key, enum vm_flag flag)
{
	if (flag != VM_ABSENT)
		json_object_set_new(object, key, json_boolean(flag == VM_YES));
}

static void set_guid(json_t *object, const char *key, const struct vm_guid *guid)
{
	char text[GUID_TEXT_SIZE];

	if (guid->is_present)
		json_object_set_new(object, key, json_string(guid_format(&guid->guid, text)));
}

static json_t *memory_object(const struct vm_memory *memory)
{
	json_t *object = json_object();

	set_number(object, "startup_mib", &memory->startup_mib);
	set_flag(object, "dynamic", memory->is_dynamic);
	set_number(object, "minimum_mib", &memory->minimum_mib);
	set_number(object, "maximum_mib", &memory->maximum_mib);
	set_number(object, "buffer_percent", &memory->buffer_percent);
	set_number(object, "priority", &memory->priority);
	return object;
}

static json_t *processors_object(const struct vm_processors *processors)
{
	json_t *object = json_object();

	set_number(object, "count", &processors->count);
	set_number(object, "limit", &processors->limit);
	set_number(object, "reservation", &processors->reservation);
	set_number(object, "weight", &processors->weight);
	set_number(object, "threads_per_core", &processors->threads_per_core);
	set_flag(object, "migrate_compatible", processors->migrate_compatible);
	set_flag(object, "nested_virtualization", processors->nested_virtualization);
	set_flag(object, "protects_host", processors->protects_host);
	return object;
}

static json_t *firmware_object(const struct vm_firmware *firmware)
{
	json_t *object = json_object(), *order = json_array();

	set_guid(object, "bios_guid", &firmware->bios_guid);
	set_text(object, "bios_serial", firmware->bios_serial);
	set_text(object, "board_serial", firmware->board_serial);
	set_text(object, "chassis_serial", firmware->chassis_serial);
	set_text(object, "asset_tag", firmware->asset_tag);
	set_flag(object, "num_lock", firmware->num_lock);
	set_flag(object, "pause_after_boot_failure", firmware->pause_after_boot_failure);
	set_number(object, "network_protocol", &firmware->network_protocol);
	for (size_t i = 0; i < 4 && firmware->boot_order[i]; i++)
		json_array_append_new(order, text_json(firmware->boot_order[i]));
	json_object_set_new(object, "boot_order", order);
	return object;
}

static json_t *host_object(const struct vm *vm)
{
	static const char *const starts[] = {NULL, "Nothing", "StartIfRunning", "Start"};
	static const char *const stops[] = {NULL, "TurnOff", "Save", "ShutDown"};
	json_t *object = json_object();

	set_text(object, "start", starts[vm->power.start]);
	set_text(object, "stop", stops[vm->power.stop]);
	set_number(object, "crash", &vm->power.crash);
	set_number(object, "critical_error", &vm->power.critical_error);
	set_number(object, "critical_error_seconds", &vm->power.critical_error_seconds);
	set_number(object, "checkpoint_type", &vm->checkpoint_type);
	set_number(object, "checkpoints", &vm->checkpoints);
	set_flag(object, "automatic_checkpoints", vm->automatic_checkpoints);
	set_flag(object, "lock_on_disconnect", vm->lock_on_disconnect);
	set_flag(object, "full_scsi_commands", vm->full_scsi_commands);
	set_number(object, "low_mmio_mib", &vm->low_mmio_mib);
	set_number(object, "high_mmio_mib", &vm->high_mmio_mib);
	set_flag(object, "guest_cache_types", vm->guest_cache_types);
	set_number(object, "screen_width", &vm->width);
	set_number(object, "screen_height", &vm->height);
	set_number(object, "screen_resolution_type", &vm->resolution_type);
	return object;
}

static const char *const kinds[] = {[VM_DRIVE_NONE] = "none",
				    [VM_DRIVE_DISK] = "disk",
				    [VM_DRIVE_PASSTHROUGH] = "passthrough",
				    [VM_DRIVE_DVD] = "dvd",
				    [VM_DRIVE_PHYSICAL_DVD] = "physical-dvd",
				    [VM_DRIVE_FLOPPY] = "floppy",
				    [VM_DRIVE_UNKNOWN] = "unknown"};

static json_t *drive_object(const struct vm_controller *controller, const struct vm_drive *drive)
{
	char slot[VM_SLOT_TEXT];
	json_t *object = json_object();

	set_text(object, "slot", vm_slot_text(controller, drive, slot));
	set_text(object, "kind", kinds[drive->kind]);
	set_text(object, "path", drive->path);
	json_object_set_new(object, "boot", json_boolean(drive->is_boot));
	if (drive->target.is_present)
		json_object_set_new(object, "new_slot",
				    json_sprintf("SCSI %u:%u", drive->target.controller,
						 drive->target.slot));
	set_number(object, "iops_maximum", &drive->iops_maximum);
	set_number(object, "iops_minimum", &drive->iops_minimum);
	set_guid(object, "qos_policy", &drive->qos_policy);
	set_flag(object, "persistent_reservations", drive->persistent_reservations);
	return object;
}

static json_t *controllers_array(const struct vm *vm)
{
	static const char *const buses[] = {"ide", "scsi", "floppy"};
	json_t *array = json_array();

	for (size_t i = 0; i < vm->controller_count; i++) {
		const struct vm_controller *controller = &vm->controllers[i];
		json_t *object = json_object(), *drives = json_array();

		set_text(object, "bus", buses[controller->bus]);
		json_object_set_new(object, "number", json_integer(controller->number));
		set_guid(object, "channel", &controller->channel);
		for (size_t d = 0; d < controller->count; d++)
			json_array_append_new(drives,
					      drive_object(controller, &controller->drives[d]));
		json_object_set_new(object, "drives", drives);
		json_array_append_new(array, object);
	}
	return array;
}

static void set_features(json_t *object, const struct vm_adapter *adapter)
{
	const struct vm_security *security = &adapter->security;
	const struct vm_bandwidth *bandwidth = &adapter->bandwidth;
	const struct vm_offload *offload = &adapter->offload;

	if (adapter->vlan.is_access)
		json_object_set_new(object, "vlan", json_integer(adapter->vlan.id));
	if (security->is_present)
		json_object_set_new(object, "security",
				    json_pack("{s:b, s:b, s:b, s:i, s:b, s:b}", "mac_spoofing",
					      security->mac_spoofing, "dhcp_guard",
					      security->dhcp_guard, "router_guard",
					      security->router_guard, "mirroring",
					      (int)security->mirroring, "ieee_priority",
					      security->ieee_priority, "teaming",
					      security->teaming));
	if (bandwidth->is_present)
		json_object_set_new(object, "bandwidth",
				    json_pack("{s:I, s:I, s:I, s:I, s:I}", "reservation",
					      (json_int_t)bandwidth->reservation, "weight",
					      (json_int_t)bandwidth->weight, "limit",
					      (json_int_t)bandwidth->limit, "burst_limit",
					      (json_int_t)bandwidth->burst_limit, "burst_size",
					      (json_int_t)bandwidth->burst_size));
	if (offload->is_present)
		json_object_set_new(object, "offload",
				    json_pack("{s:I, s:I, s:I, s:I, s:I}", "ipsec_limit",
					      (json_int_t)offload->ipsec_limit, "vmq_weight",
					      (json_int_t)offload->vmq_weight, "iov_weight",
					      (json_int_t)offload->iov_weight, "iov_queue_pairs",
					      (json_int_t)offload->iov_queue_pairs,
					      "iov_moderation",
					      (json_int_t)offload->iov_moderation));
}

static json_t *adapter_object(const struct vm_adapter *adapter)
{
	json_t *object = json_object();
	char mac[VM_MAC_TEXT];

	set_text(object, "name", adapter->name);
	json_object_set_new(object, "legacy", json_boolean(adapter->is_legacy));
	if (adapter->has_mac)
		set_text(object, "mac", vm_mac_text(adapter, mac));
	set_flag(object, "mac_is_static", adapter->mac_is_static);
	set_guid(object, "channel", &adapter->channel);
	set_text(object, "switch", adapter->switch_name);
	set_flag(object, "connected", adapter->is_connected);
	set_flag(object, "cluster_monitored", adapter->cluster_monitored);
	set_flag(object, "device_naming", adapter->device_naming);
	set_features(object, adapter);
	return object;
}

static json_t *settings_object(const struct vm *vm)
{
	json_t *object = json_object(), *adapters = json_array(), *com = json_array();
	json_t *services = json_object();

	set_text(object, "notes", vm->notes);
	json_object_set_new(object, "memory", memory_object(&vm->memory));
	json_object_set_new(object, "processors", processors_object(&vm->processors));
	json_object_set_new(object, "firmware", firmware_object(&vm->firmware));
	json_object_set_new(object, "host", host_object(vm));
	for (size_t i = 0; i < 2; i++)
		json_array_append_new(com, vm->com[i] ? text_json(vm->com[i]) : json_null());
	json_object_set_new(object, "com", com);
	for (size_t i = 0; i < VM_SERVICES; i++)
		set_flag(services, vm_service_text((enum vm_service)i), vm->services[i]);
	json_object_set_new(object, "integration_services", services);
	json_object_set_new(object, "controllers", controllers_array(vm));
	for (size_t i = 0; i < vm->adapter_count; i++)
		json_array_append_new(adapters, adapter_object(&vm->adapters[i]));
	json_object_set_new(object, "adapters", adapters);
	return object;
}

/* Not one may be missing: false when there is no memory for it. */
static bool append_row(json_t *array, const struct vm_row *row)
{
	json_t *object = json_object();

	set_text(object, "path", row->path);
	set_text(object, "what", row->what);
	set_text(object, "from", row->from);
	set_text(object, "to", row->to);
	set_text(object, "status", vm_status_text(row->status));
	set_text(object, "how", row->how);
	set_text(object, "id", row->id);
	set_text(object, "advice", row->advice);
	return json_object_get(object, "path") && json_object_get(object, "from") &&
	       json_object_get(object, "status") && json_array_append_new(array, object) == 0;
}

static void set_size(json_t *object, const char *key, uint64_t size)
{
	json_object_set_new(object, key, json_integer((json_int_t)size));
}

/* Of an image that is open. */
static void set_image(json_t *object, const struct disk *source)
{
	const struct vhd_info *info = vhd_info(source);
	json_t *files = json_array();
	const char *path;

	set_text(object, "image", vhd_info_text(info));
	set_size(object, "virtual_size", info->virtual_size);
	set_size(object, "file_size", info->file_size);
	for (unsigned int i = 0; (path = vhd_member_path(source, i)); i++)
		json_array_append_new(files, text_json(path));
	json_object_set_new(object, "files", files);
}

/* Stable ids of what the warnings of the report say of this disk in words. */
static json_t *disk_warnings(const struct vm_report *report, const struct report_disk *disk)
{
	const struct vm_drive *drive = disk->drive;
	json_t *ids = json_array();

	if (drive->is_boot || drive->action == VM_DISK_LEAVE)
		return ids;
	if (drive->action == VM_DISK_ATTACH)
		json_array_append_new(ids, json_string("disk-attached"));
	if (report->new_disks_stay_offline && disk->controller->bus == VM_BUS_IDE)
		json_array_append_new(ids, json_string("san-policy"));
	return ids;
}

static json_t *disk_object(const struct vm_report *report, const struct report_disk *disk)
{
	const struct vm_drive *drive = disk->drive;
	char slot[VM_SLOT_TEXT];
	json_t *object = json_object();

	set_text(object, "slot", vm_slot_text(disk->controller, drive, slot));
	if (drive->target.is_present)
		json_object_set_new(object, "new_slot",
				    json_sprintf("SCSI %u:%u", drive->target.controller,
						 drive->target.slot));
	set_text(object, "recorded", drive->path);
	json_object_set_new(object, "boot", json_boolean(drive->is_boot));
	if (disk->path)
		text_json_set_path(object, "path", disk->path);
	else if (disk->problem.kind != ERROR_NONE)
		set_text(object, "problem", disk->problem.message);
	if (disk->source)
		set_image(object, disk->source);
	if (report->is_of_conversion) {
		set_text(object, "action",
			 drive->is_boot ? "converted" : vm_disk_action_text(drive->action));
		json_object_set_new(object, "warnings", disk_warnings(report, disk));
	}
	if (disk->output)
		text_json_set_path(object, report->is_planned ? "planned_output" : "output",
				   disk->output);
	return object;
}

static json_t *disks_array(const struct vm_report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->disk_count; i++)
		json_array_append_new(array, disk_object(report, &report->disks[i]));
	return array;
}

static json_t *checkpoints_array(const struct vm_report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->checkpoint_count; i++) {
		json_t *object = json_object();

		set_text(object, "id", report->checkpoints[i].id);
		set_text(object, "name", report->checkpoints[i].name);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *source_object(const struct vm_report *report)
{
	const struct vm *vm = report->vm;
	json_t *source = json_object();

	text_json_set_path(source, "path", report->path);
	if (!vm->name)
		return source;
	set_text(source, "format", vm_format_text(report->format));
	json_object_set_new(source, "version",
			    json_sprintf("%u.%u", (unsigned int)(vm->version.value / 256),
					 (unsigned int)(vm->version.value % 256)));
	set_text(source, "name", vm->name);
	set_guid(source, "id", &vm->id);
	return source;
}

json_t *vm_report_object(const struct vm_report *report)
{
	json_t *object = json_object(), *rows = json_array();
	bool is_whole = object && rows;

	json_object_set_new(object, "source", source_object(report));
	if (report->vm->name)
		is_whole &=
			json_object_set_new(object, "settings", settings_object(report->vm)) == 0;
	is_whole &= json_object_set_new(object, "disks", disks_array(report)) == 0;
	is_whole &= json_object_set_new(object, "checkpoints", checkpoints_array(report)) == 0;
	for (size_t i = 0; i < report->vm->rows.count; i++)
		is_whole &= append_row(rows, &report->vm->rows.list[i]);
	is_whole &= json_object_set_new(object, "rows", rows) == 0;
	if (report->room_needed)
		set_size(object, "room_needed", report->room_needed);
	if (is_whole)
		return object;
	json_decref(object);
	return NULL;
}
