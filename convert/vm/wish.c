/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user wants of the new VM's settings: see wish.h. */
#include "convert/vm/wish.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/vm/extract.h"

/* The row behind an index plus 1; NULL when the setting has none, or one that says nothing. */
static struct vm_row *row_at(struct vm *vm, size_t index)
{
	struct vm_row *row = index ? &vm->rows.list[index - 1] : NULL;

	return row && row->status != VM_IGNORED ? row : NULL;
}

static void change(struct vm *vm, struct vm_row *row, const char *id, const char *to)
{
	row->status = VM_CHANGED;
	row->id = id;
	row->advice = NULL;
	vm_row_becomes(&vm->rows, row, to);
}

/* Six bytes in hexadecimal digits, with or without anything between them. */
static bool is_mac_of(const char *text, const struct vm_adapter *adapter)
{
	char mac[VM_MAC_TEXT];
	const char *at = vm_mac_text(adapter, mac);

	for (; *text && *at; text++) {
		if (*text == '-' || *text == ':')
			continue;
		if (*at == '-')
			at++;
		if (toupper((unsigned char)*text) != *at++)
			return false;
	}
	return adapter->has_mac && !*text && !*at;
}

static bool is_meant(const char *text, const struct vm_adapter *adapter)
{
	return (adapter->name && strcmp(adapter->name, text) == 0) || is_mac_of(text, adapter);
}

static int find_adapter(const struct vm *vm, const char *text, size_t *ret, struct error *err)
{
	size_t found = 0;

	for (size_t i = 0; i < vm->adapter_count; i++)
		if (is_meant(text, &vm->adapters[i])) {
			*ret = i;
			found++;
		}
	if (found == 1)
		return 0;
	if (found == 0)
		return error_usage(err, "option '--vlan': the VM has no adapter '%s'", text);
	return error_usage(err,
			   "option '--vlan': the VM has %zu adapters '%s'; give the MAC address of "
			   "the one that is meant",
			   found, text);
}

static int set_vlan(struct vm *vm, const struct vm_vlan_wish *wish, struct error *err)
{
	size_t index = 0;
	struct vm_adapter *adapter;
	char text[32] = "none";
	struct vm_row *row;
	int r = find_adapter(vm, wish->adapter, &index, err);

	if (r < 0)
		return r;
	adapter = &vm->adapters[index];
	adapter->vlan = (struct vm_vlan){wish->id != 0, (uint16_t)wish->id};
	row = row_at(vm, adapter->vlan_row);
	if (!row)
		return 0;
	if (wish->id)
		snprintf(text, sizeof(text), "access, VLAN %u", wish->id);
	row->how = wish->id ? "Set-VMNetworkAdapterVlan -Access -VlanId" : NULL;
	change(vm, row, "vlan", text);
	return 0;
}

static bool has_switch(const struct vm_adapter *adapter, const char *name)
{
	return adapter->switch_name && strcmp(adapter->switch_name, name) == 0;
}

static int tell_switch(struct vm *vm, const struct vm_switch_map *map, struct error *err)
{
	bool is_used = false;

	for (size_t i = 0; i < vm->adapter_count; i++) {
		struct vm_row *row = row_at(vm, vm->adapters[i].switch_row);

		if (!has_switch(&vm->adapters[i], map->from))
			continue;
		is_used = true;
		if (row)
			change(vm, row, "switch", *map->to ? map->to : "not connected");
	}
	return is_used ? 0
		       : error_usage(err, "option '--switch': no adapter of the VM is on '%s'",
				     map->from);
}

static void tell_macs(struct vm *vm)
{
	for (size_t i = 0; i < vm->adapter_count; i++) {
		const struct vm_adapter *adapter = &vm->adapters[i];
		struct vm_row *row = row_at(vm, adapter->mac_row);

		if (!row || adapter->mac_is_static == VM_YES)
			continue;
		row->how = "Add-VMNetworkAdapter -DynamicMacAddress";
		change(vm, row, "mac-dynamic", "dynamic: the host gives one");
	}
}

/* By what it is in words (rules.c), which no other row has that says something. */
static struct vm_row *find_row(struct vm *vm, const char *what)
{
	for (size_t i = 0; i < vm->rows.count; i++)
		if (vm->rows.list[i].what && strcmp(vm->rows.list[i].what, what) == 0 &&
		    row_at(vm, i + 1))
			return &vm->rows.list[i];
	return NULL;
}

static void tell_new_id(struct vm *vm)
{
	static const char *const serials[] = {"serial number", "serial number of the board",
					      "serial number of the chassis", "asset tag"};
	struct vm_row *guid = find_row(vm, "BIOS GUID");

	if (guid)
		change(vm, guid, "new-identity", "a new one");
	for (size_t i = 0; i < ARRAY_SIZE(serials); i++) {
		struct vm_row *row = find_row(vm, serials[i]);

		if (row)
			vm_row_drop(row, "new-identity", NULL);
	}
}

static void tell_secure_boot(struct vm *vm)
{
	struct vm_row *row = find_row(vm, "Secure Boot");

	if (!row)
		return;
	change(vm, row, NULL, row->from);
	row->how = "Set-VMFirmware -EnableSecureBoot Off";
	row->status = VM_CARRIED;
}

int vm_tell_linux(struct vm *vm, bool secure_boot, struct error *err)
{
	struct vm_row *row = find_row(vm, "Secure Boot");

	if (!secure_boot) {
		tell_secure_boot(vm);
	} else if (row && row->status == VM_CHANGED) { /* not off by a wish */
		change(vm, row, "secure-boot", "true, MicrosoftUEFICertificateAuthority");
		row->how = "Set-VMFirmware -EnableSecureBoot On -SecureBootTemplate "
			   "MicrosoftUEFICertificateAuthority";
	}
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}

int vm_doubt_secure_boot(struct vm *vm, struct error *err)
{
	struct vm_row *row = find_row(vm, "Secure Boot");

	if (row && row->status == VM_CHANGED) {
		change(vm, row, "secure-boot", "not known: that depends on the guest's boot files");
		row->how = NULL;
	}
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}

int vm_wish(struct vm *vm, const struct vm_wish *wish, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < wish->vlan_count; i++)
		r = set_vlan(vm, &wish->vlans[i], err);
	for (size_t i = 0; r == 0 && i < wish->switch_count; i++)
		r = tell_switch(vm, &wish->switches[i], err);
	if (r < 0)
		return r;
	if (wish->dynamic_macs)
		tell_macs(vm);
	if (wish->new_id)
		tell_new_id(vm);
	if (wish->no_secure_boot)
		tell_secure_boot(vm);
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}

static bool has_moving_data_disk(const struct vm *vm)
{
	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++) {
			const struct vm_drive *drive = &vm->controllers[c].drives[d];

			if (vm->controllers[c].bus == VM_BUS_IDE && drive->kind == VM_DRIVE_DISK &&
			    !drive->is_boot && drive->action != VM_DISK_LEAVE)
				return true;
		}
	return false;
}

static char *policy_text(unsigned int policy)
{
	char *text;

	if (asprintf(&text, "%u, %s", policy,
		     policy == 1 ? "new disks come online" : "new disks may stay offline") < 0)
		return NULL;
	return text;
}

int vm_tell_san_policy(struct vm *vm, unsigned int before, unsigned int after, struct error *err)
{
	CLEANUP_FREE char *to = policy_text(after);
	struct vm_row *row = vm_row_new(&vm->rows, strdup(VM_SAN_POLICY_PATH), policy_text(before));

	if (!row || !to)
		return error_failed(err, ENOMEM, "out of memory");
	row->what = "SAN policy of the guest";
	row->status = VM_CARRIED;
	vm_row_becomes(&vm->rows, row, to);
	if (before != after) {
		row->status = VM_CHANGED;
		row->id = "san-policy";
		row->how = "the registry of the guest";
	} else if (after != 1 && has_moving_data_disk(vm)) {
		row->id = "san-policy";
		row->advice = "give --online-data-disks, or bring the data disks online in the "
			      "new VM";
	}
	return vm->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}
