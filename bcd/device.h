/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device elements: 16 bytes GUID of a device-options object, then a device descriptor (type, flags,
 * size, reserved and a body). Byte layout in device_format.h; little-endian throughout.
 */
#ifndef HVGEN2_BCD_DEVICE_H
#define HVGEN2_BCD_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/guid.h"

enum bcd_device_kind {
	BCD_DEVICE_OTHER,	   /* understood as far as its size goes, no further */
	BCD_DEVICE_BOOT,	   /* the volume the boot manager came from */
	BCD_DEVICE_GPT,		   /* partition, by partition GUID and disk GUID */
	BCD_DEVICE_MBR,		   /* partition, by byte offset and disk signature */
	BCD_DEVICE_VHD,		   /* partition inside a virtual disk file: path on parent */
	BCD_DEVICE_FILE,	   /* path on parent */
	BCD_DEVICE_RAMDISK,	   /* image at path on parent */
	BCD_DEVICE_LOCATE_ELEMENT, /* the volume that has the file which another element names */
	BCD_DEVICE_LOCATE_PATH,	   /* the volume that has the file 'path' */
	BCD_DEVICE_KIND_MAX,
};

/* Where a partition is: one of the two forms of the same 40 bytes. */
struct bcd_partition_id {
	struct guid partition, disk; /* GPT */
	uint64_t mbr_offset;	     /* MBR: bytes from the start of the disk */
	uint32_t mbr_signature;
};

struct bcd_device {
	enum bcd_device_kind kind;
	struct guid options;	    /* device-options object; zero: none */
	struct bcd_partition_id id; /* GPT, MBR; of VHD: inside the virtual disk */
	bool inside_is_gpt;	    /* VHD: which half of 'id' */
	bool is_whole_disk; /* VHD: the disk itself, no partition in it; only id.disk matters */
	uint32_t located_element; /* LOCATE_ELEMENT: the element type with the path */
	char *path;		  /* UTF-8; VHD, FILE, RAMDISK, LOCATE_PATH */
	struct bcd_device
		*parent; /* VHD, FILE, RAMDISK; of LOCATE: the device to search, or NULL */
};

#define BCD_DEVICE_INIT                                                                            \
	{                                                                                          \
		.kind = BCD_DEVICE_OTHER                                                           \
	}
void bcd_device_done(struct bcd_device *device);
#define CLEANUP_BCD_DEVICE CLEANUP(bcd_device_done)

/*
 * Decode one element. What is well-formed but of no known kind becomes BCD_DEVICE_OTHER.
 * Errors: ERROR_DAMAGED when the sizes inside contradict each other or the boot library would
 * refuse them.
 */
int bcd_device_decode(const void *bytes, size_t size, struct bcd_device *ret, struct error *err);

/*
 * Encode as Windows does; new memory, to be freed. Every kind but BCD_DEVICE_OTHER (EINVAL). What
 * decode does not keep (base and size of a ramdisk image) is zero, as Windows writes it.
 */
int bcd_device_encode(const struct bcd_device *device, uint8_t **ret_bytes, size_t *ret_size,
		      struct error *err);

/* One line: "partition={guid} disk={guid}", "ramdisk=[...]\path,{options}", "boot"; new memory,
 * NULL: out of memory. */
char *bcd_device_text(const struct bcd_device *device);

/*
 * What shall become of a partition descriptor found in an element. 'kind' is BOOT (*id zero), MBR
 * or GPT. 'depth' is 0 for the element itself, higher for the parent of a file. Return true with
 * *id filled to turn it into the GPT form.
 */
typedef bool bcd_device_map(void *context, enum bcd_device_kind kind, unsigned int depth,
			    struct bcd_partition_id *id);

/*
 * Offer every partition and boot descriptor in the element to 'map' and rewrite those it accepts,
 * in place: no size changes and all other bytes stay. *ret_changed counts them. The inside of a
 * virtual disk is not offered. Errors: as bcd_device_decode(); nothing was written then.
 */
int bcd_device_rewrite(void *bytes, size_t size, bcd_device_map *map, void *context,
		       size_t *ret_changed, struct error *err);

#endif
