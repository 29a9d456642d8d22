/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kind of file system a partition holds, from its first sector alone. */
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/guid.h"
#include "convert/ntfs/volume.h"

/* Boot sector fields shared by the BPB family (fatgen103, "Boot Sector and BPB Structure"). */
#define BOOT_OEM_ID		 3 /* 8 bytes */
#define BOOT_BYTES_PER_SECTOR	 11
#define BOOT_SECTORS_PER_CLUSTER 13
#define BOOT_RESERVED_SECTORS	 14
#define BOOT_FAT_COUNT		 16
#define BOOT_MEDIA		 21
#define BOOT_SIGNATURE		 510
#define BOOT_SIZE		 512

/*
 * BitLocker To Go hides behind a FAT boot sector and puts this GUID at offset 424 (libbde, "Volume
 * header").
 */
#define BITLOCKER_GUID_OFFSET 424
#define BITLOCKER_GUID	      GUID(0x4967d63b, 0x2e29, 0x4ad8, 0x8399, 0xf6a339e3d001)

#define EMPTY_BYTES (64 * KIB)

static bool oem_id_is(const uint8_t *sector, const char id[8])
{
	return memcmp(sector + BOOT_OEM_ID, id, 8) == 0;
}

static bool is_bitlocker_to_go(const uint8_t *sector)
{
	const struct guid want = BITLOCKER_GUID;

	return oem_id_is(sector, "MSWIN4.1") &&
	       memcmp(sector + BITLOCKER_GUID_OFFSET, want.bytes, sizeof(want.bytes)) == 0;
}

static bool is_fat(const uint8_t *sector)
{
	uint16_t sector_size = get_le16(sector + BOOT_BYTES_PER_SECTOR);

	return get_le16(sector + BOOT_SIGNATURE) == 0xaa55 &&
	       (sector[0] == 0xeb || sector[0] == 0xe9) && is_power_of_two(sector_size) &&
	       sector_size >= 512 && sector_size <= 4096 &&
	       is_power_of_two(sector[BOOT_SECTORS_PER_CLUSTER]) &&
	       get_le16(sector + BOOT_RESERVED_SECTORS) != 0 &&
	       (sector[BOOT_FAT_COUNT] == 1 || sector[BOOT_FAT_COUNT] == 2) &&
	       sector[BOOT_MEDIA] >= 0xf0;
}

static enum filesystem probe_boot_sector(const uint8_t *sector)
{
	if (oem_id_is(sector, "NTFS    "))
		return FILESYSTEM_NTFS;
	if (oem_id_is(sector, "EXFAT   "))
		return FILESYSTEM_EXFAT;
	if (oem_id_is(sector, "ReFS\0\0\0"))
		return FILESYSTEM_REFS;
	if (oem_id_is(sector, "-FVE-FS-") || is_bitlocker_to_go(sector))
		return FILESYSTEM_BITLOCKER;
	return is_fat(sector) ? FILESYSTEM_FAT : FILESYSTEM_UNKNOWN;
}

int filesystem_probe(struct disk *disk, enum filesystem *ret, struct error *err)
{
	uint8_t start[EMPTY_BYTES];
	size_t length = min_u64(sizeof(start), disk->size);
	int r = disk_read(disk, start, length, 0, err);

	if (r < 0)
		return r;
	if (is_zero(start, length))
		*ret = FILESYSTEM_EMPTY;
	else
		*ret = length < BOOT_SIZE ? FILESYSTEM_UNKNOWN : probe_boot_sector(start);
	return 0;
}

const char *filesystem_text(enum filesystem filesystem)
{
	static const char *const texts[FILESYSTEM_MAX] = {
		[FILESYSTEM_UNKNOWN] = "unknown", [FILESYSTEM_NTFS] = "NTFS",
		[FILESYSTEM_FAT] = "FAT",	  [FILESYSTEM_EXFAT] = "exFAT",
		[FILESYSTEM_REFS] = "ReFS",	  [FILESYSTEM_BITLOCKER] = "BitLocker",
		[FILESYSTEM_EMPTY] = "empty",
	};

	return texts[filesystem];
}
