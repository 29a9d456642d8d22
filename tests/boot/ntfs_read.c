/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small reader of NTFS volumes: finds a file by its path and reads its unnamed stream, from the
 * blocks of a partition.
 *
 * The way is that of a boot manager: boot sector, the record of $MFT, the record of each folder on
 * the path, searched along its tree of names ($I30), and the record of the file. What does not hold
 * together ends the program with a sentence. Streams that NTFS compresses or encrypts, and
 * attributes of which a part is in another record (attribute lists), are not read: the program says
 * so and fails.
 *
 * Nothing is freed: streams point into their records, and the machine is switched off soon.
 */
#include "boot.h"

#define BOOT_SECTOR_SIZE  512
#define BOOT_SECTOR_BYTES 0x0b
#define BOOT_CLUSTER	  0x0d /* sectors; above 128: power of two, negative */
#define BOOT_SECTORS	  0x28
#define BOOT_MFT	  0x30 /* cluster */
#define BOOT_RECORD	  0x40 /* clusters; negative: power of two, in bytes */
#define MAX_CLUSTER	  0x200000u
#define MAX_RECORD	  0x10000u
#define FIXUP_STRIDE	  512

#define RECORD_FIXUPS	  0x04 /* offset and number of the update sequence, as in index blocks */
#define RECORD_SEQUENCE	  0x10
#define RECORD_ATTRIBUTES 0x14
#define RECORD_FLAGS	  0x16
#define RECORD_USED	  0x18
#define RECORD_IN_USE	  1
#define RECORD_HEADER	  0x30
#define ROOT_FOLDER	  5
#define REFERENCE_RECORD  0xffffffffffffull /* above it: the sequence number */

#define ATTRIBUTE_LIST	  0x20
#define ATTRIBUTE_DATA	  0x80
#define ATTRIBUTE_ROOT	  0x90
#define ATTRIBUTE_BLOCKS  0xa0
#define ATTRIBUTE_REPARSE 0xc0
#define ATTRIBUTE_END	  0xffffffffu
#define COMPRESSED	  0x00ff
#define ENCRYPTED	  0x4000
#define REPARSE_WOF	  0x80000017u

#define ROOT_BLOCK_SIZE	 0x08
#define ROOT_NODE	 0x10
#define BLOCK_VCN	 0x10
#define BLOCK_NODE	 0x18
#define NODE_HEADER	 0x10
#define ENTRY_LENGTH	 0x08
#define ENTRY_KEY_LENGTH 0x0a
#define ENTRY_FLAGS	 0x0c
#define ENTRY_HAS_CHILD	 1
#define ENTRY_LAST	 2
#define ENTRY_HEADER	 0x10
#define KEY_NAME_LENGTH	 0x40
#define KEY_NAME	 0x42
#define MAX_DEPTH	 16

/* Bytes of an attribute: in its record, or in clusters that a list of runs names. */
struct stream {
	const UINT8 *value; /* NULL: in clusters */
	const UINT8 *runs, *runs_end;
	UINT64 size, initialized;
};

struct volume {
	EFI_BLOCK_IO *io;
	UINT64 size; /* bytes */
	UINT32 cluster_size, record_size;
	struct stream mft;
};

struct run {
	UINT64 length, cluster; /* clusters; the start is meaningless when it is sparse */
	BOOLEAN sparse;
};

static UINT8 *new_bytes(UINTN size)
{
	UINT8 *bytes = AllocateZeroPool(size);

	if (!bytes)
		fail(L"no memory");
	return bytes;
}

static void read_bytes(const struct volume *volume, UINT64 offset, UINTN size, UINT8 *buffer)
{
	UINT32 block = volume->io->Media->BlockSize, skip = (UINT32)(offset % block);
	UINTN rounded = (skip + size + block - 1) / block * block;
	UINT8 *blocks;

	if (offset > volume->size || size > volume->size - offset)
		fail(L"NTFS: offset 0x%lx lies outside of the volume", offset);
	blocks = AllocatePool(rounded);
	if (!blocks || EFI_ERROR(uefi_call_wrapper(volume->io->ReadBlocks, 5, volume->io,
						   volume->io->Media->MediaId, offset / block,
						   rounded, blocks)))
		fail(L"NTFS: cannot read at offset 0x%lx", offset);
	copy_bytes(buffer, blocks + skip, size);
	FreePool(blocks);
}

/* A signed number of up to 8 bytes. */
static UINT64 number(const UINT8 *at, UINTN size)
{
	UINT64 value = size > 0 && at[size - 1] & 0x80 ? ~0ull : 0;

	while (size-- > 0)
		value = value << 8 | at[size];
	return value;
}

/* Decode one run; 'run' holds the one before. FALSE at the end of the list. */
static BOOLEAN next_run(const struct volume *volume, const UINT8 **at, const UINT8 *end,
			struct run *run)
{
	UINT64 clusters = volume->size / volume->cluster_size;
	UINTN length, start;

	if (*at >= end || **at == 0)
		return FALSE;
	length = **at & 15;
	start = **at >> 4;
	if (length == 0 || length > 8 || start > 8 || (UINTN)(end - *at) < 1 + length + start)
		fail(L"NTFS: a list of runs is damaged");
	run->length = number(*at + 1, length);
	run->cluster += number(*at + 1 + length, start);
	run->sparse = start == 0;
	if (run->length == 0 || run->length > (UINT64)1 << 40 ||
	    (!run->sparse && (run->cluster >= clusters || run->length > clusters - run->cluster)))
		fail(L"NTFS: a run lies outside of the volume");
	*at += 1 + length + start;
	return TRUE;
}

static void read_runs(const struct volume *volume, const struct stream *stream, UINT64 offset,
		      UINTN size, UINT8 *buffer)
{
	const UINT8 *at = stream->runs;
	struct run run = {0};

	for (UINT64 start = 0, end; start < offset + size; start = end) {
		UINT64 from, to;

		if (!next_run(volume, &at, stream->runs_end, &run))
			fail(L"NTFS: the runs of a stream end before it does");
		end = start + run.length * volume->cluster_size;
		from = start > offset ? start : offset;
		to = end < offset + size ? end : offset + size;
		if (from < to && !run.sparse)
			read_bytes(volume, run.cluster * volume->cluster_size + (from - start),
				   to - from, buffer + (from - offset));
	}
}

/* All of the bytes, or the program fails. */
static void read_stream(const struct volume *volume, const struct stream *stream, UINT64 offset,
			UINTN size, UINT8 *buffer)
{
	if (offset > stream->size || size > stream->size - offset)
		fail(L"NTFS: offset 0x%lx lies behind the end of a stream", offset);
	if (stream->value) {
		copy_bytes(buffer, stream->value + offset, size);
		return;
	}
	SetMem(buffer, size, 0);
	if (offset >= stream->initialized)
		return;
	if (size > stream->initialized - offset)
		size = stream->initialized - offset;
	read_runs(volume, stream, offset, size, buffer);
}

/* The last two bytes of each 512 are kept in the header, and stand-ins on the disk show a write
 * that was torn. */
static void undo_fixups(UINT8 *bytes, UINT32 size)
{
	UINT32 offset = le16(bytes + RECORD_FIXUPS), count = le16(bytes + RECORD_FIXUPS + 2);

	if (count != size / FIXUP_STRIDE + 1 || offset + 2 * count > FIXUP_STRIDE - 2)
		fail(L"NTFS: the update sequence of a record is damaged");
	for (UINT32 i = 1; i < count; i++) {
		UINT8 *end = bytes + i * FIXUP_STRIDE - 2;

		if (le16(end) != le16(bytes + offset))
			fail(L"NTFS: a record was not written to its end");
		copy_bytes(end, bytes + offset + 2 * i, 2);
	}
}

static void check_record(const struct volume *volume, UINT8 *record, UINT64 number)
{
	if (CompareMem(record, "FILE", 4) != 0)
		fail(L"NTFS: record %ld has no signature", number);
	undo_fixups(record, volume->record_size);
	if (!(le16(record + RECORD_FLAGS) & RECORD_IN_USE))
		fail(L"NTFS: record %ld is not in use", number);
	if (le32(record + RECORD_USED) > volume->record_size ||
	    le16(record + RECORD_ATTRIBUTES) < RECORD_HEADER)
		fail(L"NTFS: record %ld is damaged", number);
}

/* The record that a reference names; its sequence number must be right, unless the reference has
 * none. */
static const UINT8 *read_record(const struct volume *volume, UINT64 reference)
{
	UINT64 number = reference & REFERENCE_RECORD;
	UINT8 *record = new_bytes(volume->record_size);

	read_stream(volume, &volume->mft, number * volume->record_size, volume->record_size,
		    record);
	check_record(volume, record, number);
	if (reference >> 48 && reference >> 48 != le16(record + RECORD_SEQUENCE))
		fail(L"NTFS: the reference to record %ld is out of date", number);
	return record;
}

/* Is this its name, in ASCII? */
static BOOLEAN has_name(const UINT8 *attribute, const char *name)
{
	UINT32 offset = le16(attribute + 10), count = attribute[9];

	if (offset + 2 * count > le32(attribute + 4))
		fail(L"NTFS: an attribute is damaged");
	for (UINT32 i = 0; i < count; i++, name++)
		if (!*name || le16(attribute + offset + 2 * i) != (UINT8)*name)
			return FALSE;
	return *name == 0;
}

static const UINT8 *find_attribute(const UINT8 *record, UINT32 type, const char *name)
{
	UINT32 used = le32(record + RECORD_USED), length;

	for (UINT32 at = le16(record + RECORD_ATTRIBUTES);; at += length) {
		if (at > used || used - at < 4)
			fail(L"NTFS: the attributes of a record have no end");
		if (le32(record + at) == ATTRIBUTE_END)
			return NULL;
		length = used - at < 8 ? 0 : le32(record + at + 4);
		if (length < 0x18 || length > used - at)
			fail(L"NTFS: an attribute is damaged");
		if (le32(record + at) == type && has_name(record + at, name))
			return record + at;
	}
}

static void open_value(const UINT8 *attribute, struct stream *ret)
{
	UINT32 length = le32(attribute + 4), offset = le16(attribute + 0x14);

	ret->size = le32(attribute + 0x10);
	ret->value = attribute + offset;
	if (offset > length || ret->size > length - offset)
		fail(L"NTFS: a value lies outside of its attribute");
}

static void open_runs(const UINT8 *attribute, struct stream *ret)
{
	UINT32 length = le32(attribute + 4), offset;

	if (length < 0x40 || le64(attribute + 0x10) != 0)
		fail(L"NTFS: an attribute does not begin in its first record");
	if (le16(attribute + 0x0c) & (COMPRESSED | ENCRYPTED))
		fail(L"NTFS: a stream is compressed or encrypted, which this program cannot read");
	offset = le16(attribute + 0x20);
	if (offset < 0x40 || offset > length)
		fail(L"NTFS: a list of runs lies outside of its attribute");
	ret->runs = attribute + offset;
	ret->runs_end = attribute + length;
	ret->size = le64(attribute + 0x30);
	ret->initialized = le64(attribute + 0x38);
	if (ret->size >> 62 || ret->initialized > ret->size)
		fail(L"NTFS: the size of a stream cannot be");
}

/* FALSE: the record has no such attribute. */
static BOOLEAN open_stream(const UINT8 *record, UINT32 type, const char *name, struct stream *ret)
{
	const UINT8 *attribute = find_attribute(record, type, name);

	ZeroMem(ret, sizeof(*ret));
	if (!attribute) {
		if (find_attribute(record, ATTRIBUTE_LIST, ""))
			fail(L"NTFS: an attribute is in another record, which this program cannot read");
		return FALSE;
	}
	if (attribute[8] == 0)
		open_value(attribute, ret);
	else
		open_runs(attribute, ret);
	return TRUE;
}

static UINT32 power_of_two(UINT8 negative)
{
	return 256 - negative < 32 ? (UINT32)1 << (256 - negative) : 0;
}

static void read_boot_sector(struct volume *volume, UINT64 *ret_mft)
{
	UINT8 boot[BOOT_SECTOR_SIZE];
	UINT32 sector, cluster, record;

	read_bytes(volume, 0, sizeof(boot), boot);
	if (CompareMem(boot + 3, "NTFS    ", 8) != 0 || boot[510] != 0x55 || boot[511] != 0xaa)
		fail(L"NTFS: the partition has no NTFS boot sector");
	sector = le16(boot + BOOT_SECTOR_BYTES);
	cluster = boot[BOOT_CLUSTER];
	if (cluster > 128)
		cluster = power_of_two(boot[BOOT_CLUSTER]);
	if (sector < 256 || sector > 4096 || sector & (sector - 1) || cluster == 0 ||
	    cluster & (cluster - 1) || cluster > MAX_CLUSTER / sector)
		fail(L"NTFS: sectors of %d bytes and clusters of %d sectors", sector, cluster);
	volume->cluster_size = sector * cluster;
	record = boot[BOOT_RECORD];
	volume->record_size =
		record > 127 ? power_of_two((UINT8)record) : record * volume->cluster_size;
	if (volume->record_size < FIXUP_STRIDE || volume->record_size > MAX_RECORD ||
	    volume->record_size % FIXUP_STRIDE != 0)
		fail(L"NTFS: records of %d bytes", volume->record_size);
	if (le64(boot + BOOT_SECTORS) > volume->size / sector)
		fail(L"NTFS: the volume is larger than its partition");
	volume->size = le64(boot + BOOT_SECTORS) * sector;
	*ret_mft = le64(boot + BOOT_MFT);
}

static void open_volume(EFI_HANDLE partition, struct volume *ret)
{
	UINT8 *record;
	UINT64 mft;

	if (EFI_ERROR(uefi_call_wrapper(BS->HandleProtocol, 3, partition, &gEfiBlockIoProtocolGuid,
					(VOID **)&ret->io)))
		fail(L"the partition has no block protocol");
	ret->size = (ret->io->Media->LastBlock + 1) * ret->io->Media->BlockSize;
	read_boot_sector(ret, &mft);
	if (mft >= ret->size / ret->cluster_size)
		fail(L"NTFS: $MFT lies outside of the volume");
	record = new_bytes(ret->record_size);
	read_bytes(ret, mft * ret->cluster_size, ret->record_size, record);
	check_record(ret, record, 0);
	if (!open_stream(record, ATTRIBUTE_DATA, "", &ret->mft))
		fail(L"NTFS: $MFT has no data");
}

static UINT16 upper(UINT16 c)
{
	return c >= 'a' && c <= 'z' ? (UINT16)(c - 'a' + 'A') : c;
}

/* As NTFS sorts names, as far as 'name' is ASCII: below 0, 0 or above 0. */
static INTN compare(const CHAR16 *name, UINTN length, const UINT8 *other, UINTN other_length)
{
	for (UINTN i = 0; i < length && i < other_length; i++) {
		INTN difference = (INTN)upper(name[i]) - (INTN)upper(le16(other + 2 * i));

		if (difference != 0)
			return difference;
	}
	return (INTN)length - (INTN)other_length;
}

/* The file name in an entry, which lies within 'size' bytes. */
static const UINT8 *entry_key(const UINT8 *entry, UINT32 size)
{
	UINT32 length, key;

	if (size < ENTRY_HEADER)
		fail(L"NTFS: the entries of a folder have no end");
	length = le16(entry + ENTRY_LENGTH);
	key = le16(entry + ENTRY_KEY_LENGTH);
	if (length < ENTRY_HEADER + (le16(entry + ENTRY_FLAGS) & ENTRY_HAS_CHILD ? 8 : 0) ||
	    length > size)
		fail(L"NTFS: an entry of a folder is damaged");
	if (le16(entry + ENTRY_FLAGS) & ENTRY_LAST)
		return NULL;
	if (key > length - ENTRY_HEADER || key < KEY_NAME ||
	    KEY_NAME + 2 * (UINT32)entry[ENTRY_HEADER + KEY_NAME_LENGTH] > key)
		fail(L"NTFS: an entry of a folder is damaged");
	return entry + ENTRY_HEADER;
}

/*
 * Look for the name in a node with 'size' bytes from its header. Its reference, or 0: then
 * *ret_child is the node to look into, or FALSE in *ret_has_child says that there is none.
 */
static UINT64 search_node(const UINT8 *node, UINT32 size, const CHAR16 *name, UINTN length,
			  BOOLEAN *ret_has_child, UINT64 *ret_child)
{
	UINT32 at, used, step;

	if (size < NODE_HEADER || le32(node + 4) > size || le32(node) < NODE_HEADER)
		fail(L"NTFS: a node of a folder is damaged");
	used = le32(node + 4);
	for (at = le32(node);; at += step) {
		const UINT8 *key = entry_key(node + at, at < used ? used - at : 0);
		INTN order = key ? compare(name, length, key + KEY_NAME, key[KEY_NAME_LENGTH]) : -1;

		if (order == 0)
			return le64(node + at);
		step = le16(node + at + ENTRY_LENGTH);
		if (order > 0)
			continue;
		*ret_has_child = (le16(node + at + ENTRY_FLAGS) & ENTRY_HAS_CHILD) != 0;
		if (*ret_has_child)
			*ret_child = le64(node + at + step - 8);
		return 0;
	}
}

/* An index block; blocks are counted in clusters, or in 512 bytes when a cluster is larger than a
 * block. */
static const UINT8 *read_block(const struct volume *volume, const UINT8 *folder, UINT64 vcn,
			       UINT32 size)
{
	UINT32 unit = volume->cluster_size <= size ? volume->cluster_size : 512;
	struct stream blocks;
	UINT8 *block;

	if (size < FIXUP_STRIDE || size > MAX_RECORD || size % FIXUP_STRIDE != 0 || vcn >> 40)
		fail(L"NTFS: an index block %ld of %d bytes", vcn, size);
	if (!open_stream(folder, ATTRIBUTE_BLOCKS, "$I30", &blocks))
		fail(L"NTFS: a folder lacks its index blocks");
	block = new_bytes(size);
	read_stream(volume, &blocks, vcn * unit, size, block);
	if (CompareMem(block, "INDX", 4) != 0 || le64(block + BLOCK_VCN) != vcn)
		fail(L"NTFS: index block %ld is not one", vcn);
	undo_fixups(block, size);
	return block;
}

/* The reference of a name in a folder; 0 when it is not there. */
static UINT64 find_name(const struct volume *volume, const UINT8 *folder, const CHAR16 *name,
			UINTN length)
{
	BOOLEAN has_child = FALSE;
	UINT64 reference, child;
	struct stream root;
	UINT32 block_size;

	if (!open_stream(folder, ATTRIBUTE_ROOT, "$I30", &root))
		return 0;
	if (!root.value || root.size < ROOT_NODE + NODE_HEADER)
		fail(L"NTFS: the index root of a folder is damaged");
	block_size = le32(root.value + ROOT_BLOCK_SIZE);
	reference = search_node(root.value + ROOT_NODE, (UINT32)root.size - ROOT_NODE, name, length,
				&has_child, &child);
	for (UINTN depth = 0; reference == 0 && has_child; depth++) {
		const UINT8 *block = read_block(volume, folder, child, block_size);

		if (depth == MAX_DEPTH)
			fail(L"NTFS: the names of a folder are nested too deeply");
		reference = search_node(block + BLOCK_NODE, block_size - BLOCK_NODE, name, length,
					&has_child, &child);
	}
	return reference;
}

/* Go along the path from the root. */
static const UINT8 *find_record(const struct volume *volume, const CHAR16 *path)
{
	const UINT8 *record = read_record(volume, ROOT_FOLDER);

	for (const CHAR16 *at = path; *at;) {
		UINTN length = 0;
		UINT64 reference;

		while (at[length] && at[length] != '\\')
			length++;
		if (length > 0) {
			reference = find_name(volume, record, at, length);
			if (reference == 0)
				fail(L"NTFS: '%s' is not there", path);
			record = read_record(volume, reference);
		}
		at += length + (at[length] == '\\');
	}
	return record;
}

static BOOLEAN is_wof(const struct volume *volume, const UINT8 *record)
{
	struct stream reparse;
	UINT8 tag[4];

	if (!open_stream(record, ATTRIBUTE_REPARSE, "", &reparse))
		return FALSE;
	read_stream(volume, &reparse, 0, sizeof(tag), tag);
	return le32(tag) == REPARSE_WOF;
}

void ntfs_read(EFI_HANDLE partition, const CHAR16 *path, struct ntfs_file *ret)
{
	struct volume volume = {0};
	struct stream data;
	const UINT8 *record;

	open_volume(partition, &volume);
	record = find_record(&volume, path);
	if (!open_stream(record, ATTRIBUTE_DATA, "", &data))
		fail(L"NTFS: '%s' is not a file", path);
	ret->size = data.size;
	ret->is_wof = is_wof(&volume, record);
	ZeroMem(ret->start, sizeof(ret->start));
	read_stream(&volume, &data, 0,
		    data.size < sizeof(ret->start) ? data.size : sizeof(ret->start), ret->start);
}
