/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding structures by their signatures: see places.h. */
#include "tests/fuzz/vm/places.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/fuzz/vm/fuzz_vm.h"

#define SECTOR 512
#define LOOK   4096 /* bytes that a signature needs at the most */
#define CHUNK  MIB

static const char *const names[PLACE_KINDS] = {
	[PLACE_NONE] = "any byte",
	[PLACE_VHDX_IDENTIFIER] = "VHDX identifier",
	[PLACE_VHDX_HEADER] = "VHDX header",
	[PLACE_VHDX_REGIONS] = "VHDX region table",
	[PLACE_VHDX_METADATA] = "VHDX metadata table",
	[PLACE_VHDX_ITEMS] = "VHDX metadata items",
	[PLACE_VHDX_BAT] = "VHDX BAT",
	[PLACE_VHDX_LOG] = "VHDX log entry",
	[PLACE_VHD_FOOTER] = "VHD footer",
	[PLACE_VHD_HEADER] = "VHD dynamic header",
	[PLACE_VHD_BAT] = "VHD BAT",
	[PLACE_BOOT_RECORD] = "MBR or EBR",
	[PLACE_GPT] = "GPT header",
	[PLACE_NTFS_BOOT] = "NTFS boot sector",
	[PLACE_NTFS_RECORD] = "MFT record",
	[PLACE_NTFS_CHOSEN] = "chosen MFT record",
	[PLACE_NTFS_INDEX] = "INDX block",
	[PLACE_NTFS_RESTART] = "$LogFile restart page",
	[PLACE_NTFS_LOG] = "$LogFile record page",
	[PLACE_FAT_BOOT] = "FAT boot sector",
	[PLACE_FAT_TABLE] = "FAT",
	[PLACE_FAT_FOLDER] = "FAT folder",
	[PLACE_HIVE] = "hive header",
	[PLACE_HIVE_BIN] = "hive bin",
	[PLACE_HIVE_LOG] = "hive log",
	[PLACE_PE] = "PE header",
	[PLACE_XML] = "XML",
	[PLACE_VMGS_HEADER] = "VMGS header",
	[PLACE_VMGS_BLOCK] = "VMGS block",
	[PLACE_OVMF_VOLUME] = "OVMF volume header",
	[PLACE_OVMF_VARIABLES] = "OVMF variables",
};

struct signature {
	enum place_kind kind;
	uint32_t at; /* within the structure */
	const char *bytes;
	size_t length;
	uint32_t size; /* of the structure */
};

#define SIGNATURE(kind, at, bytes, size)                                                           \
	{                                                                                          \
		kind, at, bytes, sizeof(bytes) - 1, size                                           \
	}

static const struct signature signatures[] = {
	SIGNATURE(PLACE_VHDX_IDENTIFIER, 0, "vhdxfile", 512),
	SIGNATURE(PLACE_VHDX_HEADER, 0, "head", 4096),
	SIGNATURE(PLACE_VHDX_REGIONS, 0, "regi", 65536),
	SIGNATURE(PLACE_VHDX_METADATA, 0, "metadata", 1024),
	SIGNATURE(PLACE_VHDX_LOG, 0, "loge", 4096),
	SIGNATURE(PLACE_VHD_FOOTER, 0, "conectix", 512),
	SIGNATURE(PLACE_VHD_HEADER, 0, "cxsparse", 1024),
	SIGNATURE(PLACE_GPT, 0, "EFI PART", 512),
	SIGNATURE(PLACE_NTFS_BOOT, 3, "NTFS    ", 512),
	SIGNATURE(PLACE_NTFS_RECORD, 0, "FILE", 1024),
	SIGNATURE(PLACE_NTFS_INDEX, 0, "INDX", 4096),
	SIGNATURE(PLACE_NTFS_RESTART, 0, "RSTR", 4096),
	SIGNATURE(PLACE_NTFS_LOG, 0, "RCRD", 4096),
	SIGNATURE(PLACE_FAT_BOOT, 54, "FAT1", 512),
	SIGNATURE(PLACE_FAT_BOOT, 82, "FAT32   ", 512),
	SIGNATURE(PLACE_FAT_FOLDER, 0, ".          \x10", 2048),
	SIGNATURE(PLACE_HIVE, 0, "regf", 4096),
	SIGNATURE(PLACE_HIVE_BIN, 0, "hbin", 4096),
	SIGNATURE(PLACE_HIVE_LOG, 0, "HvLE", 512),
	SIGNATURE(PLACE_HIVE_LOG, 0, "DIRT", 512),
	SIGNATURE(PLACE_XML, 0, "<?xml", 1024),
	SIGNATURE(PLACE_XML, 0, "\xff\xfe<\0", 2048),
	SIGNATURE(PLACE_VMGS_HEADER, 0, "GUESTRTS", 512),
	SIGNATURE(PLACE_OVMF_VOLUME, 0x28, "_FVH", 0x64),
};

/* Files that a conversion reads or changes, beside the metafiles of NTFS. */
static const char *const chosen[] = {
	"SYSTEM",      "SOFTWARE",    "BCD",	      "ReAgent.xml", "bootmgfw.efi", "winload.exe",
	"winload.efi", "System32",    "config",	      "Windows",     "BOOTSTAT.DAT", "Boot",
	"SYSTEM.LOG1", "storvsc.sys", "hiberfil.sys", "pending.xml", "WinRE.wim",    "BCD-Template",
};

const char *place_name(enum place_kind kind)
{
	return names[kind];
}

static bool holds_name(const uint8_t *record, const char *name)
{
	uint8_t wide[64];
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		put_le16(wide + 2 * i, (uint8_t)name[i]);
	return memmem(record, 1024, wide, 2 * length) != NULL;
}

/* The number stands at 0x2c; those of the metafiles are below 24. */
static bool is_chosen(const uint8_t *record)
{
	if (get_le32(record + 0x2c) < 24)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(chosen); i++)
		if (holds_name(record, chosen[i]))
			return true;
	return false;
}

static bool is_pe(const uint8_t *bytes)
{
	uint32_t header = get_le32(bytes + 0x3c);

	return memcmp(bytes, "MZ", 2) == 0 && header < LOOK - 4 &&
	       memcmp(bytes + header, "PE\0", 4) == 0;
}

/* The first entry is one: its status is right and it has a type. */
static bool is_boot_record(const uint8_t *bytes)
{
	return bytes[510] == 0x55 && bytes[511] == 0xaa && (bytes[446] & 0x7f) == 0 &&
	       bytes[450] != 0 && get_le32(bytes + 458) != 0;
}

static enum place_kind recognize(const uint8_t *bytes, uint32_t *ret_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		const struct signature *is = &signatures[i];

		if (memcmp(bytes + is->at, is->bytes, is->length) != 0)
			continue;
		*ret_size = is->size;
		if (is->kind == PLACE_VHDX_LOG)
			*ret_size = get_le32(bytes + 8);
		if (is->kind == PLACE_NTFS_RECORD && is_chosen(bytes))
			return PLACE_NTFS_CHOSEN;
		return is->kind;
	}
	*ret_size = is_pe(bytes) ? 1024 : 512;
	return is_pe(bytes) ? PLACE_PE : is_boot_record(bytes) ? PLACE_BOOT_RECORD : PLACE_NONE;
}

static uint64_t digest_of(const uint8_t *bytes, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

struct search {
	int fd;
	uint64_t size; /* of the file */
	struct places *found;
};

/* Places that reach beyond the file are not kept. */
static void add_place(const struct search *search, enum place_kind kind, uint64_t offset,
		      uint64_t size)
{
	struct places *to = search->found;
	uint8_t bytes[PLACE_MAX];

	size = min_u64(size, PLACE_MAX);
	if (size == 0 || !range_within(offset, size, search->size))
		return;
	if (pread(search->fd, bytes, size, (off_t)offset) != (ssize_t)size)
		die("cannot read a seed at %llu", (unsigned long long)offset);
	to->list = realloc(to->list, (to->count + 1) * sizeof(*to->list));
	if (!to->list)
		die("no memory");
	to->list[to->count++] =
		(struct place){kind, (uint32_t)size, offset, digest_of(bytes, size)};
}

/* Both regions of a VHDX by the table of regions: 32 bytes an entry, the offset at 16. */
static void add_regions(const struct search *search, const uint8_t *table)
{
	for (uint32_t i = 0; i < get_le32(table + 8) && i < 8; i++) {
		const uint8_t *entry = table + 16 + 32 * i;

		if (get_le32(entry) == 0x2dc27766)
			add_place(search, PLACE_VHDX_BAT, get_le64(entry + 16), 16 * KIB);
		else
			add_place(search, PLACE_VHDX_ITEMS, get_le64(entry + 16) + 64 * KIB, 4096);
	}
}

/* The tables and the root folder, where the file holds the volume in one piece. */
static void add_fat(const struct search *search, const uint8_t *boot, uint64_t at)
{
	uint64_t sectors = get_le16(boot + 22), root = get_le16(boot + 17) * UINT64_C(32);
	uint64_t table = at + get_le16(boot + 14) * UINT64_C(512);
	bool is_fat32 = sectors == 0;

	if (is_fat32)
		sectors = get_le32(boot + 36);
	for (unsigned int i = 0; i < boot[16] && i < 2; i++)
		add_place(search, PLACE_FAT_TABLE, table + i * sectors * 512, 4096);
	if (is_fat32)
		root = boot[13] * UINT64_C(512);
	add_place(search, PLACE_FAT_FOLDER, table + boot[16] * sectors * 512, min_u64(root, 4096));
}

/* A small file stands in its MFT record. The ends of sectors belong to the update sequence. */
static void add_resident_xml(const struct search *search, const uint8_t *record, uint64_t at)
{
	const uint8_t *xml = memmem(record, 1024, "<?xml", 5);
	size_t start = xml ? (size_t)(xml - record) : 0;

	if (xml)
		add_place(search, PLACE_XML, at + start, SECTOR - 2 - start % SECTOR);
}

/* What has no signature of its own and is found through another structure. */
static void add_followers(const struct search *search, const struct place *place,
			  const uint8_t *bytes)
{
	uint64_t at = place->offset;

	switch (place->kind) {
	case PLACE_VHDX_REGIONS:
		add_regions(search, bytes);
		break;
	case PLACE_VHD_HEADER:
		add_place(search, PLACE_VHD_BAT, get_be64(bytes + 16),
			  min_u64(get_be32(bytes + 28), 4096) * 4);
		break;
	case PLACE_NTFS_CHOSEN:
		add_resident_xml(search, bytes, at);
		break;
	case PLACE_FAT_BOOT:
		add_fat(search, bytes, at);
		break;
	case PLACE_VMGS_HEADER:
		for (uint64_t i = 0; i < 3; i++)
			add_place(search, PLACE_VMGS_BLOCK,
				  (get_le32(bytes + 0x18) + i) * UINT64_C(4096), 4096);
		break;
	case PLACE_OVMF_VOLUME:
		add_place(search, PLACE_OVMF_VARIABLES, at + 0x48, 4096);
		break;
	default:
		break;
	}
}

static void look_at(const struct search *search, const uint8_t *bytes, uint64_t offset)
{
	uint32_t size;
	enum place_kind kind = recognize(bytes, &size);
	struct place place = {.kind = kind, .offset = offset};

	if (kind == PLACE_NONE)
		return;
	add_place(search, kind, offset, size);
	add_followers(search, &place, bytes);
}

/* Every sector of [start, end), which holds data. */
static void search_data(const struct search *search, uint64_t start, uint64_t end)
{
	uint8_t *bytes = malloc(CHUNK + LOOK);

	if (!bytes)
		die("no memory");
	for (uint64_t at = round_down(start, SECTOR); at < end; at += CHUNK) {
		ssize_t got = pread(search->fd, bytes, CHUNK + LOOK, (off_t)at);

		if (got < 0)
			die("cannot read a seed");
		memset(bytes + got, 0, CHUNK + LOOK - (size_t)got);
		for (size_t i = 0; i < CHUNK && at + i < end; i += SECTOR)
			look_at(search, bytes + i, at + i);
	}
	free(bytes);
}

static int by_kind(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	return 0;
}

void places_find(int fd, struct places *ret)
{
	struct search search = {.fd = fd, .found = ret};
	struct stat st;
	off_t start = 0, end;

	*ret = (struct places){.list = NULL};
	if (fstat(fd, &st) < 0)
		die("cannot look at a seed");
	search.size = (uint64_t)st.st_size;
	while ((start = lseek(fd, start, SEEK_DATA)) >= 0) {
		end = lseek(fd, start, SEEK_HOLE);
		search_data(&search, (uint64_t)start, (uint64_t)end);
		start = end;
	}
	if (ret->count > 0)
		qsort(ret->list, ret->count, sizeof(*ret->list), by_kind);
	for (size_t i = 0, kind = 0; kind <= PLACE_KINDS; kind++) {
		while (i < ret->count && ret->list[i].kind < kind)
			i++;
		ret->first[kind] = i;
	}
}
