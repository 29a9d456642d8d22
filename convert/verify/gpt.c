/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GUID partition table, both copies, read from the bytes (UEFI 2.10 sections 5.2.3 and 5.3). On
 * purpose nothing is shared with table/gpt.c, no constants either: this is the second opinion on
 * what that file writes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/checks.h"

/* Header fields, section 5.3.2, table 5-5. */
#define HEADER_REVISION	    8
#define HEADER_SIZE	    12
#define HEADER_CRC	    16
#define HEADER_RESERVED	    20
#define HEADER_MY_LBA	    24
#define HEADER_OTHER_LBA    32
#define HEADER_FIRST_USABLE 40
#define HEADER_LAST_USABLE  48
#define HEADER_DISK_GUID    56
#define HEADER_ARRAY_LBA    72
#define HEADER_ENTRIES	    80
#define HEADER_ENTRY_SIZE   84
#define HEADER_ARRAY_CRC    88
#define HEADER_END	    92

/* Entry fields, section 5.3.3, table 5-6. */
#define ENTRY_TYPE	 0
#define ENTRY_UNIQUE	 16
#define ENTRY_FIRST	 32
#define ENTRY_LAST	 40
#define ENTRY_ATTRIBUTES 48

#define REVISION_1_0	0x00010000U
#define MAX_ARRAY_BYTES MIB /* 128 entries of 128 bytes are 16 KiB */

/* Fields of the partition records of an MBR, section 5.2.1. */
#define MBR_RECORDS   446
#define MBR_SIGNATURE 510

struct copy {
	bool valid;
	uint64_t my_lba, other_lba, first_usable, last_usable, array_lba, array_sectors;
	struct guid disk_guid;
	uint32_t entries, entry_size;
	uint8_t *array;
	size_t array_bytes;
};

static void copy_done(struct copy *copy)
{
	free(copy->array);
}
#define CLEANUP_COPY CLEANUP(copy_done)

static uint32_t crc32_of(const void *bytes, size_t size)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, size);
}

static uint64_t disk_sectors(const struct verify *verify)
{
	return verify->disk->size / verify->disk->sector_size;
}

/* Section 5.2.3: one record of type EE from LBA 1 over the disk, or over 2^32 - 1 sectors if that
 * is less. */
static void check_protective_mbr(struct verify *verify)
{
	static const char name[] = "mbr";
	uint64_t covered = min_u64(disk_sectors(verify) - 1, UINT32_MAX);
	struct error err = ERROR_INIT;
	uint8_t sector[512];
	int protective = 0;

	if (disk_read(verify->disk, sector, sizeof(sector), 0, &err) < 0) {
		verify_fail(verify, name, "%s", err.message);
		return;
	}
	if (get_le16(sector + MBR_SIGNATURE) != 0xaa55) {
		verify_fail(verify, name, "the first sector has no 55 AA signature");
		return;
	}
	for (int i = 0; i < 4; i++) {
		const uint8_t *record = sector + MBR_RECORDS + (ptrdiff_t)16 * i;
		uint32_t start = get_le32(record + 8), length = get_le32(record + 12);

		if (is_zero(record, 16))
			continue;
		if (record[4] != 0xee || record[0] != 0 || ++protective > 1) {
			verify_fail(
				verify, name,
				"record %d has type %02x and boot flag %02x, expected one record of type ee only",
				i + 1, record[4], record[0]);
			return;
		}
		if (start != 1 || length != covered) {
			verify_fail(verify, name,
				    "protects %" PRIu32 " sectors from LBA %" PRIu32
				    ", expected %" PRIu64 " from 1",
				    length, start, covered);
			return;
		}
	}
	if (protective)
		verify_ok(verify, name, "protective, %" PRIu64 " sectors", covered);
	else
		verify_fail(verify, name, "no protective record (type ee)");
}

static void parse_header(const uint8_t *header, struct copy *copy)
{
	copy->my_lba = get_le64(header + HEADER_MY_LBA);
	copy->other_lba = get_le64(header + HEADER_OTHER_LBA);
	copy->first_usable = get_le64(header + HEADER_FIRST_USABLE);
	copy->last_usable = get_le64(header + HEADER_LAST_USABLE);
	memcpy(copy->disk_guid.bytes, header + HEADER_DISK_GUID, 16);
	copy->array_lba = get_le64(header + HEADER_ARRAY_LBA);
	copy->entries = get_le32(header + HEADER_ENTRIES);
	copy->entry_size = get_le32(header + HEADER_ENTRY_SIZE);
}

/* Signature, revision, size and CRC. False with a result when the header cannot be trusted. */
static bool check_header_bytes(struct verify *verify, const char *name, uint8_t *header,
			       uint64_t lba)
{
	uint32_t size = get_le32(header + HEADER_SIZE), found = get_le32(header + HEADER_CRC),
		 computed;

	if (memcmp(header, "EFI PART", 8) != 0) {
		verify_fail(verify, name, "no 'EFI PART' signature at LBA %" PRIu64, lba);
		return false;
	}
	if (get_le32(header + HEADER_REVISION) != REVISION_1_0 || size < HEADER_END ||
	    size > verify->disk->sector_size) {
		verify_fail(verify, name,
			    "revision %08" PRIx32 " and header size %" PRIu32 " at LBA %" PRIu64
			    ", expected 00010000 and %d",
			    get_le32(header + HEADER_REVISION), size, lba, HEADER_END);
		return false;
	}
	put_le32(header + HEADER_CRC, 0);
	computed = crc32_of(header, size);
	put_le32(header + HEADER_CRC, found);
	if (computed == found)
		return true;
	verify_fail(verify, name,
		    "the header at LBA %" PRIu64 " has CRC %08" PRIx32
		    ", its bytes give %08" PRIx32,
		    lba, found, computed);
	return false;
}

static bool fail_order(struct verify *verify, const char *name, const struct copy *copy)
{
	verify_fail(verify, name,
		    "the array at LBA %" PRIu64 " of %" PRIu64
		    " sectors does not stand between its header and the usable LBAs %" PRIu64
		    " to %" PRIu64,
		    copy->array_lba, copy->array_sectors, copy->first_usable, copy->last_usable);
	return false;
}

/* Do the places that the header names make sense on this disk? */
static bool check_header_places(struct verify *verify, const char *name, const struct copy *copy,
				uint64_t lba)
{
	uint64_t last = disk_sectors(verify) - 1, other = lba == last ? 1 : last;
	uint64_t array_end;
	bool in_order;

	if (copy->my_lba != lba || copy->other_lba != other) {
		verify_fail(verify, name,
			    "says that it stands at LBA %" PRIu64 " and the other copy at %" PRIu64
			    ", expected %" PRIu64 " and %" PRIu64,
			    copy->my_lba, copy->other_lba, lba, other);
		return false;
	}
	if (!add_u64(copy->array_lba, copy->array_sectors, &array_end) ||
	    copy->first_usable > copy->last_usable || copy->last_usable >= last) {
		verify_fail(verify, name,
			    "array of %" PRIu64 " sectors at LBA %" PRIu64
			    " and usable LBAs %" PRIu64 " to %" PRIu64
			    " do not fit a disk of %" PRIu64 " sectors",
			    copy->array_sectors, copy->array_lba, copy->first_usable,
			    copy->last_usable, last + 1);
		return false;
	}
	/* Section 5.3.1: header, array, usable, array, header, in this order. */
	in_order = lba == last ? copy->last_usable < copy->array_lba && array_end <= lba
			       : copy->array_lba >= 2 && array_end <= copy->first_usable;
	return (in_order && copy->first_usable >= 2) || fail_order(verify, name, copy);
}

static bool read_array(struct verify *verify, const char *name, struct copy *copy,
		       uint32_t wanted_crc)
{
	struct error err = ERROR_INIT;
	uint32_t found;

	copy->array = malloc(copy->array_bytes);
	if (!copy->array) {
		verify_fail(verify, name, "no memory for %zu bytes of entries", copy->array_bytes);
		return false;
	}
	if (disk_read(verify->disk, copy->array, copy->array_bytes,
		      copy->array_lba * verify->disk->sector_size, &err) < 0) {
		verify_fail(verify, name, "%s", err.message);
		return false;
	}
	found = crc32_of(copy->array, copy->array_bytes);
	if (found == wanted_crc)
		return true;
	verify_fail(verify, name,
		    "the header gives CRC %08" PRIx32 " for the %" PRIu32 " entries at LBA %" PRIu64
		    ", their bytes give %08" PRIx32,
		    wanted_crc, copy->entries, copy->array_lba, found);
	return false;
}

static void check_copy(struct verify *verify, const char *name, uint64_t lba, struct copy *ret)
{
	uint32_t sector = verify->disk->sector_size;
	CLEANUP_FREE uint8_t *header = malloc(sector);
	struct error err = ERROR_INIT;

	if (!header || disk_read(verify->disk, header, sector, lba * sector, &err) < 0) {
		verify_fail(verify, name, "%s", header ? err.message : "no memory");
		return;
	}
	if (!check_header_bytes(verify, name, header, lba))
		return;
	parse_header(header, ret);
	/* Section 5.3.2: 128 * 2^n bytes; no array smaller than 16 KiB. */
	if (ret->entry_size < 128 || ret->entry_size > 4096 || !is_power_of_two(ret->entry_size) ||
	    ret->entries == 0 || ret->entries > MAX_ARRAY_BYTES / ret->entry_size) {
		verify_fail(verify, name,
			    "%" PRIu32 " entries of %" PRIu32 " bytes, expected 128 of 128",
			    ret->entries, ret->entry_size);
		return;
	}
	ret->array_bytes = (size_t)ret->entries * ret->entry_size;
	ret->array_sectors = div_round_up(ret->array_bytes, sector);
	if (!check_header_places(verify, name, ret, lba) ||
	    !read_array(verify, name, ret, get_le32(header + HEADER_ARRAY_CRC)))
		return;
	ret->valid = true;
	verify_ok(verify, name,
		  "header at LBA %" PRIu64 " and %" PRIu32 " entries at LBA %" PRIu64
		  ", CRCs right",
		  lba, ret->entries, ret->array_lba);
}

static void check_agreement(struct verify *verify, const struct copy *primary,
			    const struct copy *backup)
{
	static const char name[] = "gpt-copies";

	if (!primary->valid || !backup->valid)
		verify_skip(verify, name, "not both copies are whole");
	else if (!guid_equal(&primary->disk_guid, &backup->disk_guid))
		verify_fail(verify, name, "the two copies have different disk GUIDs");
	else if (primary->first_usable != backup->first_usable ||
		 primary->last_usable != backup->last_usable)
		verify_fail(verify, name, "the two copies give different usable ranges");
	else if (primary->array_bytes != backup->array_bytes ||
		 memcmp(primary->array, backup->array, primary->array_bytes) != 0)
		verify_fail(verify, name, "the two copies have different entries");
	else
		verify_ok(verify, name, "primary and backup agree");
}

static void collect_partitions(struct verify *verify, const struct copy *copy)
{
	verify->have_table = true;
	verify->disk_guid = copy->disk_guid;
	for (uint32_t i = 0; i < copy->entries; i++) {
		const uint8_t *entry = copy->array + (size_t)i * copy->entry_size;
		struct verify_partition *partition;

		if (is_zero(entry + ENTRY_TYPE, 16))
			continue;
		if (verify->partition_count == VERIFY_MAX_PARTITIONS) {
			verify_fail(verify, "partitions", "more than %d", VERIFY_MAX_PARTITIONS);
			return;
		}
		partition = &verify->partitions[verify->partition_count++];
		partition->number = i + 1;
		memcpy(partition->type.bytes, entry + ENTRY_TYPE, 16);
		memcpy(partition->unique.bytes, entry + ENTRY_UNIQUE, 16);
		partition->first_lba = get_le64(entry + ENTRY_FIRST);
		partition->last_lba = get_le64(entry + ENTRY_LAST);
		partition->attributes = get_le64(entry + ENTRY_ATTRIBUTES);
	}
}

static bool partitions_overlap(const struct verify_partition *a, const struct verify_partition *b)
{
	return a->first_lba <= b->last_lba && b->first_lba <= a->last_lba;
}

/* Each against the usable range and against all before it. False with a result. */
static bool check_partition(struct verify *verify, const struct copy *copy, size_t index)
{
	static const char name[] = "partitions";
	const struct verify_partition *this = &verify->partitions[index];

	if (this->first_lba > this->last_lba || this->first_lba < copy->first_usable ||
	    this->last_lba > copy->last_usable) {
		verify_fail(verify, name,
			    "partition %u has LBAs %" PRIu64 " to %" PRIu64 ", usable are %" PRIu64
			    " to %" PRIu64,
			    this->number, this->first_lba, this->last_lba, copy->first_usable,
			    copy->last_usable);
		return false;
	}
	if (guid_is_zero(&this->unique)) {
		verify_fail(verify, name, "partition %u has no unique GUID", this->number);
		return false;
	}
	for (size_t i = 0; i < index; i++) {
		const struct verify_partition *other = &verify->partitions[i];

		if (partitions_overlap(this, other)) {
			verify_fail(verify, name, "partitions %u and %u overlap", other->number,
				    this->number);
			return false;
		}
		if (guid_equal(&this->unique, &other->unique)) {
			verify_fail(verify, name, "partitions %u and %u have the same unique GUID",
				    other->number, this->number);
			return false;
		}
	}
	return true;
}

static void check_partitions(struct verify *verify, const struct copy *copy)
{
	uint64_t unit = MIB / verify->disk->sector_size;
	unsigned int unaligned = 0;
	char note[64] = "all";

	for (size_t i = 0; i < verify->partition_count; i++) {
		if (!check_partition(verify, copy, i))
			return;
		unaligned += verify->partitions[i].first_lba % unit != 0;
	}
	/* Old disks start their first partition at sector 63; a conversion moves nothing within the
	 * disk. */
	if (unaligned)
		snprintf(note, sizeof(note), "all but %u", unaligned);
	verify_ok(verify, "partitions",
		  "%zu, within the usable range, no overlaps, %s on whole MiB",
		  verify->partition_count, note);
}

static void find_esp(struct verify *verify)
{
	unsigned int count = 0;

	for (size_t i = 0; i < verify->partition_count; i++)
		if (verify_is_esp(&verify->partitions[i]) && count++ == 0)
			verify->esp = &verify->partitions[i];
	verify->has_several_esps = count > 1 && verify_has_linux(verify);
	if (verify->has_several_esps)
		return;
	if (count == 1)
		verify_ok(verify, "esp", "partition %u, %" PRIu64 " MiB", verify->esp->number,
			  (verify->esp->last_lba - verify->esp->first_lba + 1) *
				  verify->disk->sector_size / MIB);
	else
		verify_fail(verify, "esp", "%u EFI system partitions, expected one", count);
}

void verify_gpt(struct verify *verify)
{
	CLEANUP_COPY struct copy primary = {0};
	CLEANUP_COPY struct copy backup = {0};
	const struct copy *best;

	if (disk_sectors(verify) < 8) {
		verify_fail(verify, "gpt-primary", "the disk is too small for a partition table");
		return;
	}
	check_protective_mbr(verify);
	check_copy(verify, "gpt-primary", 1, &primary);
	check_copy(verify, "gpt-backup", disk_sectors(verify) - 1, &backup);
	check_agreement(verify, &primary, &backup);
	if (!primary.valid && !backup.valid)
		return;
	best = primary.valid ? &primary : &backup;
	collect_partitions(verify, best);
	check_partitions(verify, best);
	find_esp(verify);
}
