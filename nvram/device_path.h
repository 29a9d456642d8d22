/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device paths (UEFI 2.10 section 10): the nodes that Hyper-V and Windows write, built byte for
 * byte as they write them, and any path taken apart into nodes or printed.
 *
 * A path is a run of nodes {type u8, subtype u8, length u16 with the header, data}, closed by an
 * End node.
 */
#ifndef HVGEN2_NVRAM_DEVICE_PATH_H
#define HVGEN2_NVRAM_DEVICE_PATH_H

#include "common/buffer.h"
#include "nvram/nvram.h"

/* type << 8 | subtype */
enum device_path_kind {
	DEVICE_PATH_PCI = 0x0101,
	DEVICE_PATH_MEMORY_MAPPED = 0x0103,
	DEVICE_PATH_VEN_HW = 0x0104,
	DEVICE_PATH_ACPI = 0x0201,
	DEVICE_PATH_ACPI_EX = 0x0202,
	DEVICE_PATH_SCSI = 0x0302,
	DEVICE_PATH_MAC = 0x030b,
	DEVICE_PATH_IPV4 = 0x030c,
	DEVICE_PATH_IPV6 = 0x030d,
	DEVICE_PATH_SATA = 0x0312,
	DEVICE_PATH_HD = 0x0401,
	DEVICE_PATH_CDROM = 0x0402,
	DEVICE_PATH_FILE = 0x0404,
	DEVICE_PATH_FV_FILE = 0x0406,
	DEVICE_PATH_FV = 0x0407,
	DEVICE_PATH_END_INSTANCE = 0x7f01,
	DEVICE_PATH_END = 0x7fff,
};

struct device_path_node {
	uint16_t kind;	     /* enum device_path_kind, or something else */
	const uint8_t *data; /* behind the 4-byte header */
	size_t size;	     /* of the data */
};

/*
 * The node at *offset, which moves to the next one. Returns 1, 0 after the End node (*offset is the
 * size of the path then), or ERROR_DAMAGED: a length below 4, beyond 'size', or no End node.
 */
int device_path_next(const uint8_t *path, size_t size, size_t *offset, struct device_path_node *ret,
		     struct error *err);

/* Is it well formed, and 'size' exactly its length? */
int device_path_check(const uint8_t *path, size_t size, struct error *err);

/* Each appends one node. */
int device_path_add_hd(struct buffer *path, const struct nvram_partition *partition,
		       struct error *err);
int device_path_add_file(struct buffer *path, const char *file, struct error *err);
/* AcpiEx(VMBus,0,0)/VenHw(VMBus, class, instance): the head of every path to a synthetic device. */
int device_path_add_vmbus(struct buffer *path, const struct guid *class,
			  const struct guid *instance, struct error *err);
int device_path_add_scsi(struct buffer *path, uint16_t target, uint16_t lun, struct error *err);
/* MAC(000000000000): the address is always zero, because the host builds the path before it knows
 * it. */
int device_path_add_mac(struct buffer *path, struct error *err);
void device_path_add_ipv4(struct buffer *path);
void device_path_add_ipv6(struct buffer *path);
int device_path_add_end(struct buffer *path, struct error *err);

/* The partition an HD node names; false when it is not a GPT one. */
bool device_path_hd(const struct device_path_node *node, struct nvram_partition *ret);

/*
 * Text as Hyper-V shows it (FirmwareDevicePath of Msvm_BootSourceSettingData): each node behind a
 * backslash, GUIDs in upper case, "\AcpiEx(VMBus,0,0)\VenHw(9B17E5A2-...,D96361BA...)\Scsi(0,0)".
 * Nodes not known are printed as "Path(type,subtype,data)". To be freed; NULL when out of memory. A
 * damaged rest is printed as "?".
 */
char *device_path_text(const uint8_t *path, size_t size);

#endif
