/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The domain, https://libvirt.org/formatdomain.html, by libxml2's writer: a text of the VM cannot be
 * anything else than text.
 */
#include "convert/vm/emit/kvm/libvirt.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"

#define FIRMWARE "/usr/share/OVMF/OVMF_CODE"

struct domain_writer {
	xmlTextWriterPtr xml;
	bool failed;
};

static const xmlChar *chars(const char *text)
{
	return (const xmlChar *)text;
}

/* An element with attributes, "name", "value", ..., NULL. Where a value is NULL there is none. */
static void open_element(struct domain_writer *w, const char *name, ...)
{
	const char *attribute;
	va_list args;

	w->failed |= xmlTextWriterStartElement(w->xml, chars(name)) < 0;
	va_start(args, name);
	while ((attribute = va_arg(args, const char *))) {
		const char *value = va_arg(args, const char *);

		if (value)
			w->failed |= xmlTextWriterWriteAttribute(w->xml, chars(attribute),
								 chars(value)) < 0;
	}
	va_end(args);
}

static void close_element(struct domain_writer *w)
{
	w->failed |= xmlTextWriterEndElement(w->xml) < 0;
}

#define EMPTY(w, ...)                                                                              \
	do {                                                                                       \
		open_element(w, __VA_ARGS__, NULL);                                                \
		close_element(w);                                                                  \
	} while (0)

/* What was opened gets a text, and is closed. */
static void close_with(struct domain_writer *w, const char *text)
{
	w->failed |= xmlTextWriterWriteString(w->xml, chars(text)) < 0;
	close_element(w);
}

/* NULL: no element. */
static void write_text(struct domain_writer *w, const char *name, const char *text)
{
	if (!text)
		return;
	open_element(w, name, NULL);
	close_with(w, text);
}

#define NUMBER_TEXT 24
static const char *number_text(uint64_t number, char text[NUMBER_TEXT])
{
	snprintf(text, NUMBER_TEXT, "%" PRIu64, number);
	return text;
}

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

static const char *uuid_text(const struct kvm_machine *machine, char text[GUID_TEXT_SIZE])
{
	if (!machine->uuid.is_present)
		return NULL;
	guid_format(&machine->uuid.guid, text);
	return text;
}

static void write_identity(struct domain_writer *w, const struct kvm_machine *machine)
{
	char uuid[GUID_TEXT_SIZE];

	write_text(w, "name", machine->name);
	write_text(w, "uuid", uuid_text(machine, uuid));
	write_text(w, "title", machine->title);
	write_text(w, "description", machine->description);
}

static void write_size(struct domain_writer *w, const struct kvm_machine *machine)
{
	char text[NUMBER_TEXT], cores[NUMBER_TEXT], threads[NUMBER_TEXT];

	open_element(w, "memory", "unit", "KiB", NULL);
	close_with(w, number_text(machine->memory_kib, text));
	open_element(w, "currentMemory", "unit", "KiB", NULL);
	close_with(w, number_text(machine->start_kib, text));
	write_text(w, "vcpu", number_text(machine->processors, text));
	open_element(w, "cpu", "mode", "host-passthrough", "check", "none", NULL);
	EMPTY(w, "topology", "sockets", "1", "cores", number_text(machine->cores, cores), "threads",
	      number_text(machine->threads, threads));
	close_element(w);
}

static void write_entry(struct domain_writer *w, const char *name, const char *text)
{
	if (!text)
		return;
	open_element(w, "entry", "name", name, NULL);
	close_with(w, text);
}

/* Names and texts, up to a NULL. A group without a text is left out. */
static void write_group(struct domain_writer *w, const char *group, const char *const *pairs)
{
	bool is_empty = true;

	for (size_t i = 0; pairs[i]; i += 2)
		is_empty &= !pairs[i + 1];
	if (is_empty)
		return;
	open_element(w, group, NULL);
	for (; pairs[0]; pairs += 2)
		write_entry(w, pairs[0], pairs[1]);
	close_element(w);
}

/* What the guest's licences may depend on. */
static void write_smbios(struct domain_writer *w, const struct kvm_machine *machine)
{
	char uuid[GUID_TEXT_SIZE];
	const char *const system[] = {"serial", machine->serials[0], "uuid",
				      uuid_text(machine, uuid), NULL};
	const char *const board[] = {"serial", machine->serials[1], NULL};
	const char *const chassis[] = {"serial", machine->serials[2], "asset", machine->serials[3],
				       NULL};

	open_element(w, "sysinfo", "type", "smbios", NULL);
	write_group(w, "system", system);
	write_group(w, "baseBoard", board);
	write_group(w, "chassis", chassis);
	close_element(w);
}

static void write_firmware(struct domain_writer *w, const struct kvm_machine *machine)
{
	char loader[64];

	snprintf(loader, sizeof(loader), FIRMWARE "%s%s.fd", machine->store_is_2m ? "" : "_4M",
		 machine->secure_boot ? ".secboot" : "");
	open_element(w, "os", NULL);
	open_element(w, "type", "arch", "x86_64", "machine", "q35", NULL);
	close_with(w, "hvm");
	open_element(w, "loader", "readonly", "yes", "secure", yes_no(machine->secure_boot), "type",
		     "pflash", NULL);
	close_with(w, loader);
	write_text(w, "nvram", machine->store);
	EMPTY(w, "smbios", "mode", "sysinfo");
	close_element(w);
}

/* Of these Windows knows that it is under a hypervisor, as it did on Hyper-V. */
static void write_features(struct domain_writer *w, const struct kvm_machine *machine)
{
	static const char *const enlightenments[] = {"relaxed", "vapic",  "vpindex",	"runtime",
						     "synic",	"stimer", "frequencies"};

	open_element(w, "features", NULL);
	EMPTY(w, "acpi");
	EMPTY(w, "apic");
	open_element(w, "hyperv", "mode", "custom", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(enlightenments); i++)
		EMPTY(w, enlightenments[i], "state", "on");
	EMPTY(w, "spinlocks", "state", "on", "retries", "8191");
	close_element(w);
	if (machine->secure_boot)
		EMPTY(w, "smm", "state", "on");
	close_element(w);
	open_element(w, "clock", "offset", "localtime", NULL);
	EMPTY(w, "timer", "name", "rtc", "tickpolicy", "catchup");
	EMPTY(w, "timer", "name", "pit", "tickpolicy", "delay");
	EMPTY(w, "timer", "name", "hpet", "present", "no");
	EMPTY(w, "timer", "name", "hypervclock", "present", "yes");
	close_element(w);
	write_text(w, "on_crash", machine->stays_off_after_crash ? "destroy" : "restart");
}

/* sda, sdb, ... sdz, sdaa */
#define DRIVE_TEXT 16
static const char *drive_text(size_t index, char text[DRIVE_TEXT])
{
	char *at = text + DRIVE_TEXT - 1;

	*at = '\0';
	for (index++; index > 0; index = (index - 1) / 26)
		*--at = (char)('a' + (index - 1) % 26);
	*--at = 'd';
	*--at = 's';
	return at;
}

static void write_disk(struct domain_writer *w, const struct kvm_machine *machine, size_t index)
{
	const struct kvm_disk *disk = &machine->disks[index];
	char drive[DRIVE_TEXT], number[NUMBER_TEXT];

	open_element(w, "disk", "type", "file", "device", "disk", NULL);
	EMPTY(w, "driver", "name", "qemu", "type", machine->is_qcow2 ? "qcow2" : "raw");
	EMPTY(w, "source", "file", disk->path);
	EMPTY(w, "target", "dev", drive_text(index, drive), "bus", "sata");
	if (disk->is_boot)
		EMPTY(w, "boot", "order", "1");
	if (disk->iops) {
		open_element(w, "iotune", NULL);
		write_text(w, "total_iops_sec", number_text(disk->iops, number));
		close_element(w);
	}
	close_element(w);
}

static void write_drives(struct domain_writer *w, const struct kvm_machine *machine)
{
	char drive[DRIVE_TEXT];

	for (size_t i = 0; i < machine->disk_count; i++)
		write_disk(w, machine, i);
	for (size_t i = 0; i < machine->dvd_count; i++) {
		open_element(w, "disk", "type", "file", "device", "cdrom", NULL);
		EMPTY(w, "target", "dev", drive_text(machine->disk_count + i, drive), "bus",
		      "sata");
		EMPTY(w, "readonly");
		close_element(w);
	}
}

static void write_adapter(struct domain_writer *w, const struct kvm_adapter *adapter)
{
	const uint8_t *mac = adapter->mac;
	char text[18];

	open_element(w, "interface", "type", adapter->bridge ? "bridge" : "network", NULL);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	if (adapter->has_mac)
		EMPTY(w, "mac", "address", text);
	EMPTY(w, "source", adapter->bridge ? "bridge" : "network",
	      adapter->bridge ? adapter->bridge : "default");
	EMPTY(w, "model", "type", "e1000e");
	if (!adapter->is_connected)
		EMPTY(w, "link", "state", "down");
	close_element(w);
}

static void write_ports(struct domain_writer *w, const struct kvm_machine *machine)
{
	char number[NUMBER_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(machine->com); i++) {
		if (!machine->com[i])
			continue;
		open_element(w, "serial", "type", "pty", NULL);
		EMPTY(w, "target", "type", "isa-serial", "port", number_text(i, number));
		close_element(w);
	}
}

static void write_devices(struct domain_writer *w, const struct kvm_machine *machine)
{
	open_element(w, "devices", NULL);
	write_drives(w, machine);
	for (size_t i = 0; i < machine->adapter_count; i++)
		write_adapter(w, &machine->adapters[i]);
	write_ports(w, machine);
	EMPTY(w, "input", "type", "tablet", "bus", "usb");
	EMPTY(w, "graphics", "type", "vnc", "port", "-1", "autoport", "yes");
	open_element(w, "video", NULL);
	EMPTY(w, "model", "type", "vga");
	close_element(w);
	if (machine->tpm) {
		open_element(w, "tpm", "model", "tpm-crb", NULL);
		EMPTY(w, "backend", "type", "emulator", "version", "2.0");
		close_element(w);
	}
	EMPTY(w, "memballoon", "model",
	      machine->memory_kib > machine->start_kib ? "virtio" : "none");
	close_element(w);
}

static void write_domain(struct domain_writer *w, const struct kvm_machine *machine)
{
	open_element(w, "domain", "type", "kvm", NULL);
	write_identity(w, machine);
	write_size(w, machine);
	write_smbios(w, machine);
	write_firmware(w, machine);
	write_features(w, machine);
	write_devices(w, machine);
	close_element(w);
}

void emit_libvirt(const struct kvm_machine *machine, struct buffer *out)
{
	xmlBufferPtr document = xmlBufferCreate();
	struct domain_writer w = {.xml = document ? xmlNewTextWriterMemory(document, 0) : NULL};

	if (w.xml) {
		xmlTextWriterSetIndent(w.xml, 1);
		xmlTextWriterSetIndentString(w.xml, chars("  "));
		w.failed = xmlTextWriterStartDocument(w.xml, NULL, "UTF-8", NULL) < 0;
		write_domain(&w, machine);
		w.failed |= xmlTextWriterEndDocument(w.xml) < 0;
		xmlFreeTextWriter(w.xml);
	}
	out->failed |= !w.xml || w.failed;
	if (document)
		buffer_append(out, xmlBufferContent(document), (size_t)xmlBufferLength(document));
	xmlBufferFree(document);
}
