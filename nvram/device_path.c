/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device paths: the walk and the builders.
 *
 * Nodes come from libefiboot where it is right. By hand are, with libefivar 37: File, whose text it
 * converts to UCS-2 and so without surrogate pairs; IPv4, of whose addresses it keeps the first
 * byte only; IPv6, for which it has nothing. Its AcpiEx leaves the NULs of empty strings, and its
 * MAC the unused address bytes, as they were: the buffer is zeroed before every call.
 */
#include "nvram/device_path.h"

#include <errno.h>
#include <string.h>

#include <efiboot.h>
#include <efivar.h>

#include "common/bytes.h"
#include "common/checked.h"

#define HEADER_SIZE 4

#define HD_NUMBER	  0
#define HD_START	  4
#define HD_SECTORS	  12
#define HD_SIGNATURE	  20
#define HD_FORMAT	  36
#define HD_SIGNATURE_TYPE 37
#define HD_SIZE		  38

#define HD_FORMAT_GPT	       2
#define HD_SIGNATURE_TYPE_GUID 2

/* The vendor GUID of devices on the VMBus */
#define VMBUS GUID(0x9b17e5a2, 0x0891, 0x42dd, 0xb653, 0x80b5c22809ba)

#define IPV4_SIZE 23
#define IPV6_SIZE 56
/* UEFI 2.10 section 10.3.4.13. The firmware of Hyper-V sets only the prefix length, and wants an
 * exact match. */
#define IPV6_PREFIX_LENGTH	39
#define HYPERV_IPV6_PREFIX_BITS 64

int device_path_next(const uint8_t *path, size_t size, size_t *offset, struct device_path_node *ret,
		     struct error *err)
{
	const uint8_t *at = path + *offset;
	size_t length;

	if (*offset > size || size - *offset < HEADER_SIZE)
		return error_damaged(err, "device path of %zu bytes ends without an End node",
				     size);
	length = get_le16(at + 2);
	if (length < HEADER_SIZE || length > size - *offset)
		return error_damaged(err, "device path node at byte %zu has a length of %zu",
				     *offset, length);
	*ret = (struct device_path_node){.kind = get_be16(at),
					 .data = at + HEADER_SIZE,
					 .size = length - HEADER_SIZE};
	*offset += length;
	return ret->kind != DEVICE_PATH_END;
}

int device_path_check(const uint8_t *path, size_t size, struct error *err)
{
	struct device_path_node node;
	size_t offset = 0;
	int r;

	do
		r = device_path_next(path, size, &offset, &node, err);
	while (r > 0);
	if (r == 0 && offset != size)
		return error_damaged(err, "device path of %zu bytes ends at byte %zu", size,
				     offset);
	return r;
}

/* libefiboot's builders return the size, with no buffer too. 'call' uses 'at' and 'room'. */
#define ADD(path, call)                                                                            \
	do {                                                                                       \
		uint8_t *at = NULL;                                                                \
		ssize_t room = 0;                                                                  \
		ssize_t wanted = (call);                                                           \
		if (wanted < 0)                                                                    \
			return library_error(err);                                                 \
		at = buffer_extend(path, (size_t)wanted);                                          \
		if (!at)                                                                           \
			return 0;                                                                  \
		memset(at, 0, (size_t)wanted);                                                     \
		room = wanted;                                                                     \
		if ((call) != wanted)                                                              \
			return library_error(err);                                                 \
		return 0;                                                                          \
	} while (0)

static int library_error(struct error *err)
{
	int code = errno ? errno : EINVAL;

	efi_error_clear();
	return error_failed(err, code, "libefiboot cannot build a device path node: %s",
			    strerror(code));
}

int device_path_add_hd(struct buffer *path, const struct nvram_partition *partition,
		       struct error *err)
{
	uint8_t signature[16];

	memcpy(signature, partition->guid.bytes, sizeof(signature));
	ADD(path,
	    efidp_make_hd(at, room, partition->number, partition->start_lba, partition->sectors,
			  signature, HD_FORMAT_GPT, HD_SIGNATURE_TYPE_GUID));
}

static void add_header(struct buffer *path, enum device_path_kind kind, size_t data_size)
{
	uint8_t header[HEADER_SIZE];

	put_be16(header, (uint16_t)kind);
	put_le16(header + 2, (uint16_t)(HEADER_SIZE + data_size));
	buffer_append(path, header, sizeof(header));
}

int device_path_add_file(struct buffer *path, const char *file, struct error *err)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	int r = buffer_utf16(&text, file, err);

	if (r < 0)
		return r;
	if (text.size > UINT16_MAX - HEADER_SIZE)
		return error_failed(err, ENAMETOOLONG, "file path of %zu bytes is too long",
				    text.size);
	add_header(path, DEVICE_PATH_FILE, text.size);
	buffer_append(path, text.data, text.size);
	path->failed |= text.failed;
	return 0;
}

static int add_acpi_ex(struct buffer *path, struct error *err)
{
	ADD(path, efidp_make_acpi_hid_ex(at, room, 0, 0, 0, "VMBus", "", ""));
}

int device_path_add_vmbus(struct buffer *path, const struct guid *class,
			  const struct guid *instance, struct error *err)
{
	struct guid vmbus = VMBUS;
	uint8_t guids[32];
	efi_guid_t vendor;
	int r = add_acpi_ex(path, err);

	if (r < 0)
		return r;
	memcpy(&vendor, vmbus.bytes, sizeof(vendor));
	memcpy(guids, class->bytes, 16);
	memcpy(guids + 16, instance->bytes, 16);
	ADD(path, efidp_make_hw_vendor(at, room, vendor, guids, sizeof(guids)));
}

int device_path_add_scsi(struct buffer *path, uint16_t target, uint16_t lun, struct error *err)
{
	ADD(path, efidp_make_scsi(at, room, target, lun));
}

int device_path_add_mac(struct buffer *path, struct error *err)
{
	static const uint8_t zero[32];

	ADD(path, efidp_make_mac_addr(at, room, 0, zero, sizeof(zero)));
}

void device_path_add_ipv4(struct buffer *path)
{
	add_header(path, DEVICE_PATH_IPV4, IPV4_SIZE);
	buffer_fill(path, 0, IPV4_SIZE);
}

void device_path_add_ipv6(struct buffer *path)
{
	uint8_t data[IPV6_SIZE] = {[IPV6_PREFIX_LENGTH] = HYPERV_IPV6_PREFIX_BITS};

	add_header(path, DEVICE_PATH_IPV6, sizeof(data));
	buffer_append(path, data, sizeof(data));
}

int device_path_add_end(struct buffer *path, struct error *err)
{
	ADD(path, efidp_make_generic(at, room, EFIDP_END_TYPE, EFIDP_END_ENTIRE, HEADER_SIZE));
}

bool device_path_hd(const struct device_path_node *node, struct nvram_partition *ret)
{
	if (node->kind != DEVICE_PATH_HD || node->size != HD_SIZE ||
	    node->data[HD_FORMAT] != HD_FORMAT_GPT ||
	    node->data[HD_SIGNATURE_TYPE] != HD_SIGNATURE_TYPE_GUID)
		return false;
	ret->number = get_le32(node->data + HD_NUMBER);
	ret->start_lba = get_le64(node->data + HD_START);
	ret->sectors = get_le64(node->data + HD_SECTORS);
	memcpy(ret->guid.bytes, node->data + HD_SIGNATURE, sizeof(ret->guid.bytes));
	return true;
}
