/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that are no disk image of ours: see foreign.h. The marks are those of the file(1) magic and
 * of qemu's block drivers (block/qcow2.c, vmdk.c, vdi.c, qed.c, parallels.c, dmg.c).
 */
#include "vhd/foreign.h"

#include <string.h>

#include "common/checked.h"

#define CONVERT		"make a VHDX of it with 'qemu-img convert -O vhdx FILE NEW.vhdx' and convert that"
#define UNPACK(command) "unpack it with '" command "' and convert what was in it"
#define NAME_DISK	"name the VM's disk, a VHDX or VHD, which is another file"

struct mark {
	struct foreign foreign;
	uint64_t offset;
	const char *bytes;
	size_t size;
};

#define MARK(offset, bytes, what, advice)                                                          \
	{                                                                                          \
		{what, advice}, offset, bytes, sizeof(bytes) - 1                                   \
	}

static const struct mark marks[] = {
	MARK(0, "QFI\xfb", "is a qcow2 image", CONVERT),
	MARK(0, "QED\0", "is a QED image", CONVERT),
	MARK(0, "KDMV", "is a VMDK image", CONVERT),
	MARK(0, "COWD", "is a VMDK image of an old ESX server", CONVERT),
	MARK(0, "# Disk DescriptorFile", "is a VMDK descriptor, which names the files of the disk",
	     CONVERT),
	MARK(0, "\xef\xbb\xbf# Disk DescriptorFile",
	     "is a VMDK descriptor, which names the files of the disk", CONVERT),
	MARK(64, "\x7f\x10\xda\xbe", "is a VDI image (VirtualBox)", CONVERT),
	MARK(0, "WithoutFreeSpace", "is a Parallels image", CONVERT),
	MARK(0, "WithouFreSpacExt", "is a Parallels image", CONVERT),
	MARK(0, "Bochs Virtual HD Image", "is a Bochs image", CONVERT),
	MARK(0, "\x1f\x8b\x08", "is compressed with gzip", UNPACK("gunzip -c FILE > DISK")),
	MARK(0, "\x1f\x9d", "is compressed with compress", UNPACK("gunzip -c FILE > DISK")),
	MARK(0, "\x89LZO\0\r\n\x1a\n", "is compressed with lzop", UNPACK("lzop -dc FILE > DISK")),
	MARK(0, "\xfd\x37zXZ\0", "is compressed with xz", UNPACK("unxz -c FILE > DISK")),
	MARK(0, "LZIP", "is compressed with lzip", UNPACK("lzip -dc FILE > DISK")),
	MARK(0, "BZh", "is compressed with bzip2", UNPACK("bunzip2 -c FILE > DISK")),
	MARK(0, "\x28\xb5\x2f\xfd", "is compressed with zstd", UNPACK("unzstd -c FILE > DISK")),
	/* Frames to be skipped (RFC 8878, 3.1.2), as pzstd begins with one. */
	MARK(0, "\x50\x2a\x4d\x18", "is compressed with zstd", UNPACK("unzstd -c FILE > DISK")),
	MARK(0, "\x04\x22\x4d\x18", "is compressed with lz4", UNPACK("unlz4 -c FILE > DISK")),
	MARK(0, "PK\3\4", "is a zip archive", UNPACK("unzip FILE")),
	MARK(0, "7z\xbc\xaf\x27\x1c", "is a 7-Zip archive", UNPACK("7z x FILE")),
	MARK(0, "Rar!\x1a\x07", "is a RAR archive", UNPACK("unrar x FILE")),
	MARK(0, "MSCF\0\0\0\0", "is a cabinet file", UNPACK("cabextract FILE")),
	MARK(257, "ustar", "is a tar archive (perhaps an OVA, with a VMDK image in it)",
	     UNPACK("tar -xf FILE")),
	MARK(0, "MSWIM\0\0\0", "is a WIM archive, which holds files and no disk", NAME_DISK),
	MARK(0, "EVF\x09\x0d\x0a\xff\0", "is an EnCase image (E01)",
	     "make a raw image of it with 'ewfexport -f raw FILE' and convert that"),
	MARK(0, "LUKS\xba\xbe", "is encrypted with LUKS",
	     "unlock it with 'cryptsetup open FILE NAME' and convert /dev/mapper/NAME"),
	MARK(0, "\x14\x20\x28\x01", "is a configuration or saved state of a VM (.vmcx, .vmrs)",
	     NAME_DISK),
	MARK(0, "GUESTRTS", "is the NVRAM store of a VM (.vmgs)", NAME_DISK),
	MARK(0, "<?xml", "is an XML file, perhaps the configuration of a VM", NAME_DISK),
	MARK(0, "\xef\xbb\xbf<?xml", "is an XML file, perhaps the configuration of a VM",
	     NAME_DISK),
	MARK(0, "\xff\xfe<\0?\0x\0m\0l\0", "is an XML file, perhaps the configuration of a VM",
	     NAME_DISK),
	MARK(0, "<\0?\0x\0m\0l\0", "is an XML file, perhaps the configuration of a VM", NAME_DISK),
};

/* ECMA-119 8.1: the first volume descriptor, in sector 16 of 2048 bytes. A disk that such an image
 * was written to once may still have it. */
static const struct mark iso_mark = MARK(32769, "CD001", "is an ISO 9660 image, a CD or DVD",
					 "convert the disk of a VM; a CD needs no conversion");

static const struct mark dmg_mark = MARK(0, "koly", "is a DMG image (Apple)", CONVERT);
#define DMG_TRAILER 512 /* bytes from the end */

static int has_mark(const struct image_file *file, const struct mark *mark, uint64_t base,
		    const struct foreign **ret, struct error *err)
{
	char bytes[32];
	int r;

	if (!range_within(base + mark->offset, mark->size, file->size))
		return 0;
	r = image_file_read(file, bytes, mark->size, base + mark->offset, err);
	if (r == 0 && memcmp(bytes, mark->bytes, mark->size) == 0)
		*ret = &mark->foreign;
	return r;
}

int foreign_recognise(const struct image_file *file, const struct foreign **ret, struct error *err)
{
	char sector[512] = {0};
	int r = image_file_read(file, sector, (size_t)min_u64(sizeof(sector), file->size), 0, err);

	*ret = NULL;
	for (size_t i = 0; r == 0 && !*ret && i < ARRAY_SIZE(marks); i++)
		if (memcmp(sector + marks[i].offset, marks[i].bytes, marks[i].size) == 0)
			*ret = &marks[i].foreign;
	return r;
}

int foreign_guess(const struct image_file *file, const struct foreign **ret, struct error *err)
{
	int r;

	*ret = NULL;
	r = has_mark(file, &iso_mark, 0, ret, err);
	if (r == 0 && !*ret && file->size >= DMG_TRAILER)
		r = has_mark(file, &dmg_mark, file->size - DMG_TRAILER, ret, err);
	return r;
}
