/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device paths as text. Names and order of the fields follow UEFI 2.10 section 10.6; the spelling
 * ("\AcpiEx(VMBus,0,0)", upper-case GUIDs, "Scsi", "MAC" without the interface type) is that of
 * Hyper-V's Get-VMFirmware.
 */
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "nvram/device_path.h"

static void add_hex(struct buffer *out, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buffer_printf(out, "%02X", data[i]);
}

static void add_guid(struct buffer *out, const uint8_t *at)
{
	buffer_printf(out, "%08X-%04X-%04X-%02X%02X-", get_le32(at), get_le16(at + 4),
		      get_le16(at + 6), at[8], at[9]);
	add_hex(out, at + 10, 6);
}

/* UTF-16 as it stands. */
static void add_utf16(struct buffer *out, const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = utf16le_to_utf8(data, size);

	if (!text) {
		out->failed = true;
		return;
	}
	buffer_text(out, text);
}

/* A NUL-terminated string of an AcpiEx node, or "0" when it is empty; moves *at behind it. */
static void add_acpi_string(struct buffer *out, const struct device_path_node *node, size_t *at)
{
	const uint8_t *from = node->data + *at;
	size_t left = node->size - *at;
	size_t length = strnlen((const char *)from, left);

	buffer_append(out, from, length);
	if (length == 0)
		buffer_text(out, "0");
	*at += length < left ? length + 1 : length;
}

static void text_acpi_ex(struct buffer *out, const struct device_path_node *node)
{
	size_t hid = 12, uid, cid;

	buffer_text(out, "AcpiEx(");
	uid = hid;
	add_acpi_string(out, node, &uid);
	cid = uid;
	buffer_text(out, ",");
	/* UEFI orders the strings HID, UID, CID, and the text HID, CID, UID. */
	cid += strnlen((const char *)node->data + uid, node->size - uid);
	cid += cid < node->size;
	add_acpi_string(out, node, &cid);
	buffer_text(out, ",");
	add_acpi_string(out, node, &uid);
	buffer_text(out, ")");
}

static void text_ven_hw(struct buffer *out, const struct device_path_node *node)
{
	buffer_text(out, "VenHw(");
	add_guid(out, node->data);
	if (node->size > 16)
		buffer_text(out, ",");
	add_hex(out, node->data + 16, node->size - 16);
	buffer_text(out, ")");
}

static void text_scsi(struct buffer *out, const struct device_path_node *node)
{
	buffer_printf(out, "Scsi(%u,%u)", get_le16(node->data), get_le16(node->data + 2));
}

static void text_mac(struct buffer *out, const struct device_path_node *node)
{
	buffer_text(out, "MAC(");
	add_hex(out, node->data, 6);
	buffer_text(out, ")");
}

static void text_ipv4(struct buffer *out, const struct device_path_node *node)
{
	const uint8_t *remote = node->data + 4;

	buffer_printf(out, "IPv4(%u.%u.%u.%u)", remote[0], remote[1], remote[2], remote[3]);
}

static void text_ipv6(struct buffer *out, const struct device_path_node *node)
{
	buffer_text(out, "IPv6(");
	for (size_t i = 0; i < 8; i++)
		buffer_printf(out, "%s%04X", i ? ":" : "", get_be16(node->data + 16 + 2 * i));
	buffer_text(out, ")");
}

static void text_hd(struct buffer *out, const struct device_path_node *node)
{
	const uint8_t *signature = node->data + 20;

	buffer_printf(out, "HD(%u,", get_le32(node->data));
	if (node->data[37] == 2) {
		buffer_text(out, "GPT,");
		add_guid(out, signature);
	} else if (node->data[37] == 1) {
		buffer_printf(out, "MBR,0x%08X", get_le32(signature));
	} else {
		buffer_printf(out, "%u,0", node->data[37]);
	}
	buffer_printf(out, ",0x%llX,0x%llX)", (unsigned long long)get_le64(node->data + 4),
		      (unsigned long long)get_le64(node->data + 12));
}

static void text_cdrom(struct buffer *out, const struct device_path_node *node)
{
	buffer_printf(out, "CDROM(0x%X,0x%llX,0x%llX)", get_le32(node->data),
		      (unsigned long long)get_le64(node->data + 4),
		      (unsigned long long)get_le64(node->data + 12));
}

/* The path brings its own backslash; without one it would run into the node before. */
static void text_file(struct buffer *out, const struct device_path_node *node)
{
	if (out->size > 0 && !out->failed && node->size >= 2 && get_le16(node->data) == '\\')
		out->size--;
	add_utf16(out, node->data, node->size);
}

static void text_acpi(struct buffer *out, const struct device_path_node *node)
{
	uint32_t hid = get_le32(node->data), uid = get_le32(node->data + 4);

	if (hid == 0x0a0341d0)
		buffer_printf(out, "PciRoot(0x%X)", uid);
	else
		buffer_printf(out, "Acpi(0x%08X,0x%X)", hid, uid);
}

static void text_pci(struct buffer *out, const struct device_path_node *node)
{
	buffer_printf(out, "Pci(0x%X,0x%X)", node->data[1], node->data[0]);
}

static void text_sata(struct buffer *out, const struct device_path_node *node)
{
	buffer_printf(out, "Sata(0x%X,0x%X,0x%X)", get_le16(node->data), get_le16(node->data + 2),
		      get_le16(node->data + 4));
}

static void text_memory_mapped(struct buffer *out, const struct device_path_node *node)
{
	buffer_printf(out, "MemoryMapped(0x%X,0x%llX,0x%llX)", get_le32(node->data),
		      (unsigned long long)get_le64(node->data + 4),
		      (unsigned long long)get_le64(node->data + 12));
}

static void text_fv_file(struct buffer *out, const struct device_path_node *node)
{
	buffer_text(out, node->kind == DEVICE_PATH_FV ? "Fv(" : "FvFile(");
	add_guid(out, node->data);
	buffer_text(out, ")");
}

/* Shorter nodes, than 'size' bytes of data, are printed as unknown ones. */
static const struct {
	uint16_t kind;
	size_t size;
	void (*text)(struct buffer *out, const struct device_path_node *node);
} printers[] = {
	{DEVICE_PATH_PCI, 2, text_pci},
	{DEVICE_PATH_MEMORY_MAPPED, 20, text_memory_mapped},
	{DEVICE_PATH_VEN_HW, 16, text_ven_hw},
	{DEVICE_PATH_ACPI, 8, text_acpi},
	{DEVICE_PATH_ACPI_EX, 12, text_acpi_ex},
	{DEVICE_PATH_SCSI, 4, text_scsi},
	{DEVICE_PATH_MAC, 33, text_mac},
	{DEVICE_PATH_IPV4, 15, text_ipv4},
	{DEVICE_PATH_IPV6, 36, text_ipv6},
	{DEVICE_PATH_SATA, 6, text_sata},
	{DEVICE_PATH_HD, 38, text_hd},
	{DEVICE_PATH_CDROM, 20, text_cdrom},
	{DEVICE_PATH_FILE, 0, text_file},
	{DEVICE_PATH_FV_FILE, 16, text_fv_file},
	{DEVICE_PATH_FV, 16, text_fv_file},
};

static void text_node(struct buffer *out, const struct device_path_node *node)
{
	for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++) {
		if (printers[i].kind == node->kind && node->size >= printers[i].size) {
			printers[i].text(out, node);
			return;
		}
	}
	buffer_printf(out, "Path(%u,%u", node->kind >> 8, node->kind & 0xff);
	if (node->size > 0)
		buffer_text(out, ",");
	add_hex(out, node->data, node->size);
	buffer_text(out, ")");
}

char *device_path_text(const uint8_t *path, size_t size)
{
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;
	struct device_path_node node;
	size_t offset = 0;
	int r;

	while ((r = device_path_next(path, size, &offset, &node, NULL)) > 0) {
		if (node.kind == DEVICE_PATH_END_INSTANCE) {
			buffer_text(&out, ",");
			continue;
		}
		buffer_text(&out, "\\");
		text_node(&out, &node);
	}
	if (r < 0)
		buffer_text(&out, "\\?");
	return buffer_take_text(&out);
}
