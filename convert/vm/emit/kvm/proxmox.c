/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recipe: options of qm(1) of Proxmox VE 7.2 and later, of which import-from takes a file into a
 * storage. A configuration for /etc/pve is not written: it would have to know the storage.
 */
#include "convert/vm/emit/kvm/proxmox.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/checked.h"

#define KIB_PER_MIB 1024
#define MAX_LABEL   63 /* characters of a part of a host name */

static const char head[] =
	"#!/bin/sh\n"
	"# Makes a VM on a host of Proxmox VE (7.2 or later); to be run there by root, beside the\n"
	"# files that it names:\n"
	"#   sh FILE VMID STORAGE [BRIDGE]      BRIDGE of adapters that have none yet, or vmbr0\n"
	"set -eu\n"
	"if [ $# -lt 2 ] || [ $# -gt 3 ]; then\n"
	"\techo \"usage: sh $0 VMID STORAGE [BRIDGE]\" >&2\n"
	"\texit 2\n"
	"fi\n"
	"id=$1 storage=$2 bridge=${3:-vmbr0}\n"
	"case $id$storage$bridge in\n"
	"*[!A-Za-z0-9._-]*)\n"
	"\techo \"'$id', '$storage', '$bridge': not all of them are names\" >&2\n"
	"\texit 2\n"
	"\t;;\n"
	"esac\n"
	"folder=$(cd -- \"$(dirname -- \"$0\")\" && pwd)\n"
	"look() {\n"
	"\tcase $folder/$1 in\n"
	"\t*,*)\n"
	"\t\techo \"'$folder/$1': qm takes no name with a comma\" >&2\n"
	"\t\texit 1\n"
	"\t\t;;\n"
	"\tesac\n"
	"\tif [ ! -f \"$folder/$1\" ]; then\n"
	"\t\techo \"'$folder/$1' is missing\" >&2\n"
	"\t\texit 1\n"
	"\tfi\n"
	"}\n";

static const char make[] = "if qm status \"$id\" >/dev/null 2>&1; then\n"
			   "\techo \"there is a VM $id already\" >&2\n"
			   "\texit 1\n"
			   "fi\n"
			   "qm create \"$id\"";

/* One word of the shell, whatever is in it. */
static void quote(struct buffer *out, const char *text)
{
	buffer_text(out, "'");
	for (; *text; text++)
		if (*text == '\'')
			buffer_text(out, "'\\''");
		else
			buffer_append(out, text, 1);
	buffer_text(out, "'");
}

static const char *leaf(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

#define OPTION "\\\n\t--"

/* What is no letter and no digit is a dash, but never the first or the last of a part. */
static void write_name(struct buffer *out, const char *name)
{
	size_t length = 0;
	bool has_dash = false;

	buffer_text(out, " " OPTION "name ");
	for (; *name && length < MAX_LABEL; name++) {
		if (!isascii(*name) || !isalnum((unsigned char)*name)) {
			has_dash = length > 0;
			continue;
		}
		if (has_dash && length + 1 < MAX_LABEL) {
			buffer_text(out, "-");
			length++;
		}
		has_dash = false;
		buffer_append(out, name, 1);
		length++;
	}
	if (length == 0)
		buffer_text(out, "vm");
}

static void write_base64(struct buffer *out, const char *text)
{
	base64_encode(out, (const uint8_t *)text, strlen(text), "");
}

static void write_identity(struct buffer *out, const struct kvm_machine *machine)
{
	char uuid[GUID_TEXT_SIZE];

	write_name(out, machine->title ? machine->title : machine->name);
	if (machine->description) {
		buffer_text(out, " " OPTION "description ");
		quote(out, machine->description);
	}
	if (!machine->uuid.is_present && !machine->serials[0])
		return;
	buffer_text(out, " " OPTION "smbios1 base64=1");
	if (machine->uuid.is_present)
		buffer_printf(out, ",uuid=%s", guid_format(&machine->uuid.guid, uuid));
	if (machine->serials[0]) {
		buffer_text(out, ",serial=");
		write_base64(out, machine->serials[0]);
	}
}

static void write_size(struct buffer *out, const struct kvm_machine *machine)
{
	uint64_t memory = machine->memory_kib / KIB_PER_MIB;
	uint64_t start = machine->start_kib / KIB_PER_MIB;

	buffer_printf(out, " " OPTION "bios ovmf " OPTION "machine q35 " OPTION "ostype %s",
		      machine->os_type);
	buffer_printf(out, " " OPTION "memory %" PRIu64 " " OPTION "balloon %" PRIu64, memory,
		      start < memory ? start : 0);
	buffer_printf(out, " " OPTION "sockets 1 " OPTION "cores %u " OPTION "cpu host",
		      machine->processors);
}

/* An option that takes a file into the storage. */
static void write_import(struct buffer *out, const char *path)
{
	buffer_text(out, ",import-from=$folder/\"");
	quote(out, leaf(path));
}

static void write_store(struct buffer *out, const struct kvm_machine *machine)
{
	buffer_printf(out, " " OPTION "efidisk0 \"$storage:%d,efitype=%s,pre-enrolled-keys=%d",
		      machine->store ? 0 : 1, machine->store_is_2m ? "2m" : "4m",
		      machine->has_keys ? 1 : 0);
	if (machine->store)
		write_import(out, machine->store);
	else
		buffer_text(out, "\"");
	if (machine->tpm)
		buffer_text(out, " " OPTION "tpmstate0 \"$storage:1,version=v2.0\"");
}

static void write_drives(struct buffer *out, const struct kvm_machine *machine)
{
	size_t boot = 0;

	for (size_t i = 0; i < machine->disk_count; i++) {
		if (machine->disks[i].is_boot)
			boot = i;
		buffer_printf(out, " " OPTION "sata%zu \"$storage:0", i);
		if (machine->disks[i].iops)
			buffer_printf(out, ",iops=%" PRIu64, machine->disks[i].iops);
		write_import(out, machine->disks[i].path);
	}
	if (machine->dvd_count)
		buffer_text(out, " " OPTION "ide2 none,media=cdrom");
	buffer_printf(out, " " OPTION "boot order=sata%zu", boot);
}

static void write_adapter(struct buffer *out, const struct kvm_adapter *adapter, size_t index)
{
	const uint8_t *mac = adapter->mac;

	buffer_printf(out, " " OPTION "net%zu \"e1000e", index);
	if (adapter->has_mac)
		buffer_printf(out, "=%02X:%02X:%02X:%02X:%02X:%02X", mac[0], mac[1], mac[2], mac[3],
			      mac[4], mac[5]);
	buffer_printf(out, ",bridge=%s", adapter->bridge ? adapter->bridge : "$bridge");
	if (adapter->vlan)
		buffer_printf(out, ",tag=%u", adapter->vlan);
	if (!adapter->is_connected)
		buffer_text(out, ",link_down=1");
	buffer_text(out, "\"");
}

static void write_rest(struct buffer *out, const struct kvm_machine *machine)
{
	for (size_t i = 0; i < machine->adapter_count; i++)
		write_adapter(out, &machine->adapters[i], i);
	for (size_t i = 0; i < ARRAY_SIZE(machine->com); i++)
		if (machine->com[i])
			buffer_printf(out, " " OPTION "serial%zu socket", i);
	if (machine->starts_with_host)
		buffer_text(out, " " OPTION "onboot 1");
	buffer_text(out, "\n");
}

static void write_look(struct buffer *out, const char *path)
{
	buffer_text(out, "look ");
	quote(out, leaf(path));
	buffer_text(out, "\n");
}

int emit_proxmox(const struct kvm_machine *machine, struct buffer *out, struct error *err)
{
	if (machine->disk_count > PROXMOX_MAX_DISKS)
		return error_usage(
			err,
			"the VM has %zu disks, and one of Proxmox has %d places on SATA; "
			"leave some out with '--without-disk' and attach them by hand",
			machine->disk_count, PROXMOX_MAX_DISKS);
	buffer_text(out, head);
	for (size_t i = 0; i < machine->disk_count; i++)
		write_look(out, machine->disks[i].path);
	if (machine->store)
		write_look(out, machine->store);
	buffer_text(out, make);
	write_identity(out, machine);
	write_size(out, machine);
	write_store(out, machine);
	write_drives(out, machine);
	write_rest(out, machine);
	return 0;
}
