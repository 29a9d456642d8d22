/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the MBR partition table.
 *
 * Everything that claims sectors is put on one list of ranges: the table itself, primaries,
 * extended partitions, EBRs and logicals. An extended partition contains its EBRs and logicals and
 * nothing else; otherwise no two ranges may share a sector. What Windows and Linux would read
 * differently is left out and named rather than guessed; whether the disk can do without it is for
 * those to say who know what it holds.
 */
#include "convert/table/mbr.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

#define STATUS_ACTIVE 0x80

/* One EBR for each partition would do; room for chains with empty links in between. */
#define MAX_EBRS   256
#define MAX_RANGES (1 + MBR_ENTRIES + MAX_EBRS + MBR_MAX_PARTITIONS)

/* How many entries of an EBR count. */
#define EBR_ENTRIES 2

#define ADVICE_IMAGE "give the disk on which Windows is installed"
/* Windows turns a dynamic disk into a basic one only after its volumes were deleted. */
#define ADVICE_DYNAMIC                                                                             \
	"copy Windows with imaging software in the guest to a new basic disk, let the VM start "   \
	"from that one, and convert that one; Windows itself makes a basic disk only by deleting " \
	"all volumes"

enum range_kind { RANGE_TABLE, RANGE_PARTITION, RANGE_EXTENDED, RANGE_EBR };

struct range {
	enum range_kind kind;
	unsigned int number; /* of the partition */
	unsigned int inside; /* slot of the extended partition that contains it; 0 for none */
	bool active;	     /* only of an extended partition */
	uint64_t start;
	uint64_t sectors;
};

struct extended {
	struct range range;
	bool is_bad; /* has no place of its own */
};

struct reader {
	struct disk *disk;
	uint64_t disk_sectors;
	struct mbr *mbr;
	struct error *err;
	unsigned int next_logical;
	struct range ranges[MAX_RANGES];
	size_t range_count;
	struct extended extended[MBR_ENTRIES];
	size_t extended_count;
	uint64_t ebrs[MAX_EBRS]; /* all that were read, those of bad chains too */
	size_t ebr_count;
};

struct entry {
	uint8_t status;
	uint8_t type;
	uint64_t start;
	uint64_t sectors;
};

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static struct entry entry_get(const uint8_t *table, unsigned int slot)
{
	const uint8_t *at = table + MBR_ENTRIES_OFFSET + slot * MBR_ENTRY_SIZE;

	return (struct entry){
		.status = at[MBR_ENTRY_STATUS],
		.type = at[MBR_ENTRY_TYPE],
		.start = get_le32(at + MBR_ENTRY_START),
		.sectors = get_le32(at + MBR_ENTRY_SECTORS),
	};
}

static bool entry_is_empty(const struct entry *entry)
{
	return entry->type == 0 || entry->sectors == 0;
}

/* For a link its start alone counts: sfdisk follows one without a length, Linux does not. */
static bool is_link(const struct entry *entry)
{
	return is_extended(entry->type) && (entry->start || entry->sectors);
}

/* Only as a whole can it be read otherwise. */
static int refuse_dynamic(const struct reader *reader)
{
	return error_refused(reader->err, REFUSAL_DYNAMIC_DISK, ADVICE_DYNAMIC,
			     "'%s': the disk is a dynamic disk", reader->disk->name);
}

static const char *range_text(const struct range *range, char buffer[96])
{
	static const char *const names[] = {
		[RANGE_TABLE] = "the partition table",
		[RANGE_PARTITION] = "partition",
		[RANGE_EXTENDED] = "extended partition",
		[RANGE_EBR] = "the extended boot record",
	};
	char number[16] = "";

	if (range->number)
		snprintf(number, sizeof(number), " %u", range->number);
	snprintf(buffer, 96, "%s%s (sectors %" PRIu64 " to %" PRIu64 ")", names[range->kind],
		 number, range->start, range->start + range->sectors - 1);
	return buffer;
}

static bool contains(const struct range *outer, const struct range *inner)
{
	return outer->kind == RANGE_EXTENDED && inner->inside == outer->number;
}

/* Put an entry on the list of those that are left out, with what is wrong with it. */
static int leave_out(struct reader *reader, const struct mbr_left_out *entry, const char *format,
		     ...) PRINTF_LIKE(3, 4);

static int leave_out(struct reader *reader, const struct mbr_left_out *entry, const char *format,
		     ...)
{
	struct mbr *mbr = reader->mbr;
	va_list args;

	if (mbr->left_out_count == MBR_MAX_LEFT_OUT)
		return error_damaged(reader->err,
				     "'%s': more than %d bad entries in the partition table, the "
				     "first one: %s",
				     reader->disk->name, MBR_MAX_LEFT_OUT,
				     mbr->left_out[0].problem);
	mbr->left_out[mbr->left_out_count] = *entry;
	va_start(args, format);
	vsnprintf(mbr->left_out[mbr->left_out_count].problem, sizeof(mbr->left_out[0].problem),
		  format, args);
	va_end(args);
	mbr->left_out_count++;
	return 0;
}

/* What is left out with its sectors. */
static struct mbr_left_out left_out_range(const struct range *range, uint8_t type, bool active)
{
	return (struct mbr_left_out){
		.partition = {.number = range->number,
			      .type = type,
			      .active = active,
			      .logical = range->inside != 0,
			      .start_lba = range->start,
			      .sectors = range->sectors},
		.is_extended = range->kind == RANGE_EXTENDED,
	};
}

/* Where a range cannot stand: a clause about it in 'problem'. */
static bool has_place(const struct reader *reader, const struct range *range, char problem[256])
{
	char text[96], other[96];

	range_text(range, text);
	if (!range_within(range->start, range->sectors, reader->disk_sectors)) {
		snprintf(problem, 256,
			 "%s is beyond the end of the disk, which has %" PRIu64 " sectors", text,
			 reader->disk_sectors);
		return false;
	}
	for (size_t i = 0; i < reader->range_count; i++) {
		const struct range *old = &reader->ranges[i];
		bool is_inside = contains(old, range);

		if (is_inside &&
		    range_within(range->start - old->start, range->sectors, old->sectors))
			continue;
		if (!is_inside && (range->start >= old->start + old->sectors ||
				   old->start >= range->start + range->sectors))
			continue;
		snprintf(problem, 256, "%s %s %s", text, is_inside ? "is not within" : "overlaps",
			 range_text(old, other));
		return false;
	}
	return true;
}

/* Give a range its place, or leave it out and say so in *ret_left_out. */
static int add_range(struct reader *reader, const struct range *range, const struct entry *entry,
		     bool *ret_left_out)
{
	struct mbr_left_out bad =
		left_out_range(range, entry->type, entry->status == STATUS_ACTIVE);
	char problem[256];

	*ret_left_out = !has_place(reader, range, problem);
	if (*ret_left_out)
		return leave_out(reader, &bad, "%s", problem);
	reader->ranges[reader->range_count++] = *range;
	return 0;
}

static int add_partition(struct reader *reader, const struct entry *entry, unsigned int number,
			 unsigned int inside)
{
	struct mbr *mbr = reader->mbr;
	struct range range = {RANGE_PARTITION, number, inside, false, entry->start, entry->sectors};
	bool is_left_out;
	int r;

	if (entry->type == MBR_TYPE_LDM)
		return refuse_dynamic(reader);
	if (mbr->count == MBR_MAX_PARTITIONS)
		return error_refused(
			reader->err, REFUSAL_LAYOUT_IMPOSSIBLE,
			"move what some of them hold to another disk, delete those in the guest and convert "
			"again",
			"'%s': more than %d partitions do not fit into a GPT with those that "
			"UEFI needs",
			reader->disk->name, MBR_MAX_PARTITIONS);
	r = add_range(reader, &range, entry, &is_left_out);
	if (r < 0 || is_left_out)
		return r;
	mbr->partitions[mbr->count++] = (struct mbr_partition){
		.number = number,
		.type = entry->type,
		.active = entry->status & STATUS_ACTIVE,
		.logical = inside != 0,
		.start_lba = entry->start,
		.sectors = entry->sectors,
	};
	return 0;
}

/* A chain of EBRs, as far as it was followed. */
struct chain {
	const struct range *extended;
	uint64_t lba; /* of the EBR that is next; 0 at the end */
	bool is_bad;  /* the way to it was wrong: what stands in it is only named */
};

/* What is wrong with the EBR in 'sector', NULL when nothing is. */
static const char *ebr_problem(const uint8_t *sector)
{
	if (get_le16(sector + MBR_MAGIC_OFFSET) != MBR_MAGIC)
		return "does not end in 55 AA";
	return boot_sector_of(sector) ? "is the boot sector of a file system" : NULL;
}

/*
 * Read the EBR at chain->lba. *ret_end: the chain ends here. The first EBR of an extended partition
 * may be all zeros; no other may.
 */
static int read_ebr(struct reader *reader, const struct chain *chain, uint8_t *sector,
		    bool *ret_end)
{
	bool is_first = chain->lba == chain->extended->start;
	/* The first of an active one is what the BIOS would start. */
	struct mbr_left_out bad = {.partition = {.start_lba = chain->lba,
						 .sectors = 1,
						 .active = is_first && chain->extended->active}};
	const char *problem;
	int r = disk_read(reader->disk, sector, MBR_SIZE, chain->lba * reader->disk->sector_size,
			  reader->err);

	*ret_end = r < 0 || (is_first && is_zero(sector, MBR_SIZE));
	if (r == 0 && *ret_end)
		reader->mbr->empty_extended |= 1U << chain->extended->number;
	if (*ret_end)
		return r;
	problem = ebr_problem(sector);
	*ret_end = problem;
	if (!problem || chain->is_bad)
		return 0;
	return leave_out(reader, &bad,
			 "the extended boot record at sector %" PRIu64
			 " %s, and the chain of partitions in extended partition %u ends there",
			 chain->lba, problem, chain->extended->number);
}

static bool was_read(const struct reader *reader, uint64_t lba)
{
	for (size_t i = 0; i < reader->ebr_count; i++)
		if (reader->ebrs[i] == lba)
			return true;
	return false;
}

/* Claim the sector of an EBR. A chain that comes back to one would not end. */
static int add_ebr(struct reader *reader, struct chain *chain)
{
	struct range range = {RANGE_EBR, 0, chain->extended->number, false, chain->lba, 1};
	const struct entry none = {.type = 0};
	bool is_left_out = false;
	int r = 0;

	if (was_read(reader, chain->lba))
		return error_damaged(reader->err,
				     "'%s': the chain of extended boot records comes back to "
				     "sector %" PRIu64,
				     reader->disk->name, chain->lba);
	if (reader->ebr_count == MAX_EBRS)
		return error_damaged(
			reader->err,
			"'%s': more than %d extended boot records, the last one at sector "
			"%" PRIu64,
			reader->disk->name, MAX_EBRS, chain->lba);
	reader->ebrs[reader->ebr_count++] = chain->lba;
	if (!chain->is_bad)
		r = add_range(reader, &range, &none, &is_left_out);
	chain->is_bad |= is_left_out;
	return r;
}

/*
 * Windows and sfdisk read the first two entries of an EBR, Linux reads the others as well when they
 * fit: what stands there is taken for nobody's.
 */
static int leave_out_surplus(struct reader *reader, const uint8_t *sector,
			     const struct chain *chain)
{
	const struct mbr_left_out bad = {.partition = {.start_lba = chain->lba}};
	int r = 0;

	for (unsigned int slot = EBR_ENTRIES; slot < MBR_ENTRIES && r == 0; slot++) {
		struct entry entry = entry_get(sector, slot);

		if (!entry_is_empty(&entry))
			r = leave_out(reader, &bad,
				      "entry %u of the extended boot record at sector %" PRIu64
				      " is in use (type 0x%02x, %" PRIu64 " sectors from %" PRIu64
				      "), where only entries 1 and 2 may be",
				      slot + 1, chain->lba, entry.type, entry.sectors, entry.start);
	}
	return r;
}

/* A logical partition of an EBR: a partition, or named as lost with the chain. */
static int add_logical(struct reader *reader, const struct entry *entry, const struct chain *chain)
{
	struct range range = {RANGE_PARTITION, reader->next_logical++, chain->extended->number,
			      false,	       entry->start,	       entry->sectors};
	struct mbr_left_out bad = left_out_range(&range, entry->type, false);
	char text[96];

	if (!chain->is_bad)
		return add_partition(reader, entry, range.number, range.inside);
	return leave_out(reader, &bad,
			 "%s stands in the extended boot record at sector %" PRIu64
			 ", which is out of place",
			 range_text(&range, text), chain->lba);
}

/* Take the logical partitions of one EBR and find the next EBR. */
static int read_ebr_entries(struct reader *reader, const uint8_t *sector, struct chain *chain)
{
	const struct mbr_left_out bad = {.partition = {.start_lba = chain->lba}};
	uint64_t lba = chain->lba, next = 0;
	int r = chain->is_bad ? 0 : leave_out_surplus(reader, sector, chain);

	for (unsigned int slot = 0; slot < EBR_ENTRIES && r == 0; slot++) {
		struct entry entry = entry_get(sector, slot);

		if (entry_is_empty(&entry) && !is_link(&entry))
			continue;
		if (!is_link(&entry)) {
			entry.start += lba;
			r = add_logical(reader, &entry, chain);
		} else if (next) {
			r = leave_out(reader, &bad,
				      "the extended boot record at sector %" PRIu64
				      " has two links, the second one to sector %" PRIu64,
				      lba, chain->extended->start + entry.start);
		} else {
			next = chain->extended->start + entry.start;
		}
	}
	chain->lba = next;
	return r;
}

static int read_extended(struct reader *reader, const struct range *extended, bool is_bad)
{
	struct chain chain = {extended, extended->start, is_bad};
	uint8_t sector[MBR_SIZE];
	bool is_end;
	int r;

	while (chain.lba && !(is_bad && was_read(reader, chain.lba))) {
		r = add_ebr(reader, &chain);
		if (r < 0 || chain.lba >= reader->disk_sectors)
			return r;
		r = read_ebr(reader, &chain, sector, &is_end);
		if (r < 0 || is_end)
			return r;
		r = read_ebr_entries(reader, sector, &chain);
		if (r < 0)
			return r;
	}
	return 0;
}

/* BIOS boot code takes 0x80 as active and stops at anything else but 0x00. */
static int leave_out_status(struct reader *reader, const struct range *range,
			    const struct entry *entry)
{
	struct mbr_left_out bad = left_out_range(range, entry->type, false);

	if (entry_is_empty(entry)) {
		bad.partition = (struct mbr_partition){.number = 0};
		bad.is_extended = false;
	} else if (is_extended(entry->type)) /* so that its logical partitions are named */
		reader->extended[reader->extended_count++] = (struct extended){*range, true};
	else
		bad.is_extended = false;
	return leave_out(reader, &bad,
			 "entry %u of the partition table has status 0x%02x instead of 0x00 or "
			 "0x80 (type 0x%02x, %" PRIu64 " sectors from %" PRIu64 ")",
			 range->number, entry->status, entry->type, entry->sectors, entry->start);
}

/*
 * An extended partition that ends beyond the disk is cut short, so that what lies on the disk of it
 * is found. One without a length claims nothing, and what its chain leads to is named.
 */
static int add_extended(struct reader *reader, const struct range *range, const struct entry *entry)
{
	struct extended *extended = &reader->extended[reader->extended_count++];
	struct range cut = *range;
	int r;

	if (range->start < reader->disk_sectors)
		cut.sectors = min_u64(range->sectors, reader->disk_sectors - range->start);
	*extended = (struct extended){.range = cut, .is_bad = range->sectors == 0};
	if (extended->is_bad)
		return 0;
	if (cut.sectors != range->sectors) {
		struct mbr_left_out bad = left_out_range(range, entry->type, false);
		char problem[256];

		has_place(reader, range, problem);
		r = leave_out(reader, &bad, "%s", problem);
		if (r < 0)
			return r;
	}
	return add_range(reader, &cut, entry, &extended->is_bad);
}

/* Primaries and extended partitions first, so that what stands in the EBRs is measured against
 * them. */
static int read_primaries(struct reader *reader, const uint8_t *sector)
{
	int r = 0;

	for (unsigned int slot = 0; slot < MBR_ENTRIES && r == 0; slot++) {
		struct entry entry = entry_get(sector, slot);
		struct range range = {
			RANGE_EXTENDED, slot + 1,     0, entry.status == STATUS_ACTIVE,
			entry.start,	entry.sectors};

		if (entry.status & ~STATUS_ACTIVE)
			r = leave_out_status(reader, &range, &entry);
		else if (is_link(&entry))
			r = add_extended(reader, &range, &entry);
		else if (!entry_is_empty(&entry))
			r = add_partition(reader, &entry, slot + 1, 0);
	}
	return r;
}

static int read_logicals(struct reader *reader)
{
	int r = 0;

	for (size_t i = 0; i < reader->extended_count && r == 0; i++)
		r = read_extended(reader, &reader->extended[i].range, reader->extended[i].is_bad);
	return r;
}

static int compare_start(const void *a, const void *b)
{
	const struct mbr_partition *left = a, *right = b;

	return (left->start_lba > right->start_lba) - (left->start_lba < right->start_lba);
}

/* A table must have one sound entry at least. */
static int check_count(const struct reader *reader)
{
	const struct mbr *mbr = reader->mbr;

	if (mbr->count)
		return 0;
	if (mbr->left_out_count)
		return error_damaged(
			reader->err,
			"'%s': no entry of the partition table is sound, if sector 0 is one at all: "
			"%s",
			reader->disk->name, mbr->left_out[0].problem);
	return error_refused(reader->err, REFUSAL_NO_PARTITION_TABLE, ADVICE_IMAGE,
			     "'%s': the partition table is empty", reader->disk->name);
}

static int read_table(struct reader *reader, const uint8_t *sector)
{
	int r;

	reader->ranges[reader->range_count++] = (struct range){.kind = RANGE_TABLE, .sectors = 1};
	reader->mbr->signature = get_le32(sector + MBR_SIGNATURE_OFFSET);
	r = read_primaries(reader, sector);
	if (r == 0)
		r = read_logicals(reader);
	if (r == 0)
		r = check_count(reader);
	if (r == 0)
		qsort(reader->mbr->partitions, reader->mbr->count,
		      sizeof(reader->mbr->partitions[0]), compare_start);
	return r;
}

int mbr_read(struct disk *disk, struct mbr *ret, struct error *err)
{
	uint8_t sector[MBR_SIZE];
	struct mbr mbr = {.count = 0};
	struct reader reader = {
		.disk = disk,
		.disk_sectors = disk->size / disk->sector_size,
		.mbr = &mbr,
		.err = err,
		.next_logical = MBR_ENTRIES + 1,
	};
	int r = label_check(disk, sector, &mbr.stale_gpt, err);

	if (r == 0)
		r = read_table(&reader, sector);
	if (r == 0)
		*ret = mbr;
	return r < 0 ? error_advise(err, MBR_REPAIR) : 0;
}

void mbr_warn(const struct mbr *mbr, struct note_list *warnings)
{
	for (size_t i = 0; i < mbr->stale_gpt.count; i++)
		note_add(warnings,
			 "sector %" PRIu64
			 " holds the header of a GPT, but the MBR has no entry of "
			 "type 0xee that would make it count: it is left over from earlier use of "
			 "the disk, and the MBR is used",
			 mbr->stale_gpt.lba[i]);
	for (unsigned int slot = 1; slot <= MBR_ENTRIES; slot++)
		if (mbr->empty_extended >> slot & 1)
			note_add(
				warnings,
				"extended partition %u begins with a sector of zeros, as a new one "
				"that holds no logical partitions: if it held some, their table is "
				"lost",
				slot);
}

const char *mbr_type_text(uint8_t type, char buffer[16])
{
	static const struct {
		uint8_t type;
		const char *text;
	} known[] = {
		{0x01, "FAT12"},      {0x04, "FAT16"},	      {0x06, "FAT16"},
		{0x07, "NTFS/exFAT"}, {0x0b, "FAT32"},	      {0x0c, "FAT32"},
		{0x0e, "FAT16"},      {0x12, "OEM"},	      {0x17, "hidden NTFS"},
		{0x27, "Windows RE"}, {0x42, "dynamic disk"}, {0x82, "Linux swap"},
		{0x83, "Linux"},      {0x8e, "Linux LVM"},    {0xee, "GPT"},
		{0xef, "EFI system"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].type == type)
			return known[i].text;
	snprintf(buffer, 16, "type 0x%02x", type);
	return buffer;
}
