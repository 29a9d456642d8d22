/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stand-in for Windows' boot manager: an EFI program that is started like bootmgfw.efi, looks
 * at what the boot manager would look at, tells the serial console, and switches the machine off.
 * All of it is independent of the program under test.
 */
#ifndef HVGEN2_TESTS_BOOT_BOOT_H
#define HVGEN2_TESTS_BOOT_BOOT_H

#include <efi.h>
#include <efilib.h>

/* Say why and switch off; the marker is not printed. */
void fail(const CHAR16 *format, ...) __attribute__((noreturn));

/* CopyMem(), whose source is const in some versions of gnu-efi (3.0.15) and not in others (3.0.18). */
static inline void copy_bytes(void *to, const void *from, UINTN size)
{
	CopyMem(to, (VOID *)from, size);
}

UINT16 le16(const UINT8 *at);
UINT32 le32(const UINT8 *at);
UINT64 le64(const UINT8 *at);

/* A registry hive in memory (hive_read.c). Keys and values are offsets of cells; 0 is "none". */
struct hive {
	const UINT8 *bytes;
	UINTN size;
};

/* Signature, sequence numbers and checksum of the base block; prints them, and fails when one is
 * wrong. */
void hive_check(const struct hive *hive);
/* The key at a path of ASCII names with backslashes, below the root; case does not matter. */
UINT32 hive_key(const struct hive *hive, const CHAR8 *path);
/* The data of a value; NULL when there is none. */
const UINT8 *hive_value(const struct hive *hive, UINT32 key, const CHAR8 *name, UINT32 *ret_size);

/* Partitions of all disks (partitions.c). */
struct partition {
	EFI_HANDLE handle;
	EFI_GUID guid, disk;
	CHAR16 *path; /* text of the device path */
};

/* The GPT partition with this unique GUID; FALSE when there is none. */
BOOLEAN find_partition(const UINT8 guid[16], struct partition *ret);

/* A file on an NTFS volume (ntfs_read.c). */
struct ntfs_file {
	UINT64 size;	/* bytes */
	BOOLEAN is_wof; /* Compact OS: the contents are compressed in another stream, 'start' is all
			   zeros */
	UINT8 start[0x1000]; /* the first bytes, zeros behind the end */
};

/* Find the file at a path of ASCII names with backslashes, below the root; case does not matter.
 * Fails when it cannot. */
void ntfs_read(EFI_HANDLE partition, const CHAR16 *path, struct ntfs_file *ret);

#endif
