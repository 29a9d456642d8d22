/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VM: what belongs to it, its rows, and its words. See vm.h. */
#include "convert/vm/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/vm/extract.h"

static void controller_done(struct vm_controller *controller)
{
	for (size_t i = 0; i < controller->count; i++) {
		free(controller->drives[i].type);
		free(controller->drives[i].path);
	}
	free(controller->drives);
}

static void rows_done(struct vm_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->list[i].path);
		free(rows->list[i].from);
		free(rows->list[i].to);
	}
	free(rows->list);
}

static void firmware_done(struct vm_firmware *firmware)
{
	free(firmware->bios_serial);
	free(firmware->board_serial);
	free(firmware->chassis_serial);
	free(firmware->asset_tag);
	for (size_t i = 0; i < 4; i++)
		free(firmware->boot_order[i]);
}

void vm_done(struct vm *vm)
{
	free(vm->name);
	free(vm->notes);
	free(vm->com[0]);
	free(vm->com[1]);
	firmware_done(&vm->firmware);
	for (size_t i = 0; i < vm->controller_count; i++)
		controller_done(&vm->controllers[i]);
	free(vm->controllers);
	for (size_t i = 0; i < vm->adapter_count; i++) {
		free(vm->adapters[i].name);
		free(vm->adapters[i].switch_name);
	}
	free(vm->adapters);
	rows_done(&vm->rows);
	*vm = (struct vm)VM_INIT;
}

const char *vm_status_text(enum vm_status status)
{
	static const char *const texts[VM_STATUS_MAX] = {"carried", "changed", "dropped",
							 "ignored"};

	return texts[status];
}

const char *vm_disk_action_text(enum vm_disk_action action)
{
	static const char *const texts[VM_DISK_ACTION_MAX] = {"copy", "differencing", "attach",
							      "left-out"};

	return texts[action];
}

const char *vm_service_text(enum vm_service service)
{
	static const char *const texts[VM_SERVICES] = {"guest interface",	  "heartbeat",
						       "key-value pair exchange", "shutdown",
						       "time synchronization",	  "VSS"};

	return texts[service];
}

const char *vm_slot_text(const struct vm_controller *controller, const struct vm_drive *drive,
			 char text[VM_SLOT_TEXT])
{
	static const char *const buses[] = {"IDE", "SCSI", "floppy"};

	snprintf(text, VM_SLOT_TEXT, "%s %u:%u", buses[controller->bus], controller->number,
		 drive->slot);
	return text;
}

const char *vm_mac_text(const struct vm_adapter *adapter, char text[VM_MAC_TEXT])
{
	const uint8_t *mac = adapter->mac;

	snprintf(text, VM_MAC_TEXT, "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return text;
}

const struct vm_drive *vm_boot_drive(const struct vm *vm, const struct vm_controller **ret)
{
	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++)
			if (vm->controllers[c].drives[d].is_boot) {
				if (ret)
					*ret = &vm->controllers[c];
				return &vm->controllers[c].drives[d];
			}
	return NULL;
}

/* "4096 MiB" */
static char *with_unit(char *value, const char *unit)
{
	char *text;

	if (!value || !unit)
		return value;
	if (asprintf(&text, "%s %s", value, unit) < 0)
		text = NULL;
	free(value);
	return text;
}

struct vm_row *vm_row_new(struct vm_rows *rows, char *path, char *from)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? 2 * rows->capacity : 256;
		struct vm_row *list = realloc(rows->list, capacity * sizeof(*list));

		if (!list) {
			free(path);
			free(from);
			return NULL;
		}
		rows->list = list;
		rows->capacity = capacity;
	}
	rows->list[rows->count++] = (struct vm_row){.path = path, .from = from};
	return path && from ? &rows->list[rows->count - 1] : NULL;
}

struct vm_row *vm_row_add(struct vm_rows *rows, const struct vm_node *leaf, const char *unit)
{
	return vm_row_new(rows, vm_path(leaf), with_unit(vm_text(leaf), unit));
}

static void forget(struct vm_row *row)
{
	free(row->to);
	row->to = NULL;
}

void vm_row_drop(struct vm_row *row, const char *id, const char *advice)
{
	forget(row);
	row->status = VM_DROPPED;
	row->how = NULL;
	row->id = id;
	row->advice = advice;
}

void vm_row_ignore(struct vm_row *row, const char *how)
{
	forget(row);
	row->status = VM_IGNORED;
	row->how = how;
	row->id = row->advice = NULL;
}

void vm_row_becomes(struct vm_rows *rows, struct vm_row *row, const char *to)
{
	forget(row);
	row->to = strdup(to ? to : "");
	rows->failed |= !row->to;
}
