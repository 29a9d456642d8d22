/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every entry of a BAT, looked at once: states, places, collisions (MS-VHDX 2.5.1).
 *
 * Two users: opening a file stops at the first entry that would give wrong data; the checker notes
 * all that are against the specification. A map of one bit per MiB of the file finds what overlaps.
 */
#include "vhd/vhdx_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "vhd/io.h"
#include "vhd/vhdx_format.h"

/* Microsoft's reader takes files up to this size; it bounds the map of MiB to 32 MiB. */
#define FILE_SIZE_MAX (256 * TIB)

struct scan {
	struct vhdx *vhdx;
	struct findings *findings;
	struct error *err;
	uint8_t *used;	/* one bit per MiB of the file */
	uint8_t *other; /* the same, of unknown regions alone; NULL when there are none */
	uint64_t mibs;
	uint64_t used_mibs;
	uint64_t *states;
	uint64_t expected; /* where the next block of a fixed disk stands; 0: anywhere */
	/* The first that does not: 'displaced_at' of the file; 0: none so far. */
	uint64_t displaced, displaced_at;
};

static int complain(struct scan *scan, bool fatal, enum vhd_severity severity, uint64_t at,
		    const char *format, ...) PRINTF_LIKE(5, 6);

/* Note the finding, or, when opening, fail if it is fatal: if data would be wrong. */
static int complain(struct scan *scan, bool fatal, enum vhd_severity severity, uint64_t at,
		    const char *format, ...)
{
	char text[512];
	va_list args;

	if (scan->findings->is_check)
		fatal = false;
	if (!fatal && !findings_have_room(scan->findings)) {
		findings_count(scan->findings, severity);
		return 0;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (fatal)
		return error_damaged(scan->err, "'%s': %s", scan->vhdx->image.file.path, text);
	findings_add(scan->findings, severity, at, "'%s': %s", scan->vhdx->image.file.path, text);
	return 0;
}

/* Mark whole MiB as used; false when one of them was already. What lies past the end of the file is
 * left out. */
static bool claim_mibs(struct scan *scan, uint64_t offset, uint64_t length)
{
	uint64_t end = min_u64(div_round_up(offset + length, MIB), scan->mibs);
	bool free_before = true;

	for (uint64_t i = offset / MIB; i < end; i++) {
		uint8_t bit = (uint8_t)(1U << (i % 8));

		if (scan->used[i / 8] & bit)
			free_before = false;
		else
			scan->used_mibs++;
		scan->used[i / 8] |= bit;
	}
	return free_before;
}

static void mark_others(struct scan *scan)
{
	const struct vhdx_regions *regions = &scan->vhdx->regions;

	for (size_t i = 0; scan->other && i < regions->other_count; i++) {
		const struct vhdx_region *region = &regions->others[i].region;
		uint64_t end;

		if (!add_u64(region->offset, region->length, &end))
			continue;
		end = min_u64(div_round_up(end, MIB), scan->mibs);
		for (uint64_t mib = region->offset / MIB; mib < end; mib++)
			scan->other[mib / 8] |= (uint8_t)(1U << (mib % 8));
	}
}

/* Does the range, which lies within the file, meet an unknown region? */
static bool meets_other(const struct scan *scan, uint64_t offset, uint64_t length)
{
	uint64_t end = min_u64(div_round_up(offset + length, MIB), scan->mibs);

	for (uint64_t mib = offset / MIB; scan->other && mib < end; mib++)
		if (scan->other[mib / 8] >> (mib % 8) & 1)
			return true;
	return false;
}

/* What an entry names: a payload block of the disk, or the sector bitmap of a chunk. */
struct entry {
	uint64_t at; /* where the entry stands, in the file */
	uint64_t value;
	const char *what; /* "block" or "sector bitmap" */
	uint64_t number;  /* of the block or the chunk */
};

/* The 'length' bytes that the entry names, of which 'needed' hold data. */
static int check_place(struct scan *scan, const struct entry *entry, uint64_t length,
		       uint64_t needed, bool fatal)
{
	uint64_t offset = VHDX_BAT_OFFSET(entry->value), size = scan->vhdx->image.file.size;

	if (offset < VHDX_ALIGNMENT || !range_within(offset, needed, size))
		return complain(scan, fatal, VHD_ERROR, entry->at,
				"BAT entry at %" PRIu64 ": %s %" PRIu64 " at offset %" PRIu64
				" + %" PRIu64
				", expected behind the first MiB and within the file of %" PRIu64
				" bytes",
				entry->at, entry->what, entry->number, offset, length, size);
	if (!range_within(offset, length, scan->mibs * MIB))
		return complain(scan, false, VHD_ERROR, entry->at,
				"BAT entry at %" PRIu64 ": %s %" PRIu64 " at offset %" PRIu64
				" is not stored in full: it has %" PRIu64
				" bytes and the file ends at %" PRIu64,
				entry->at, entry->what, entry->number, offset, length, size);
	if (!claim_mibs(scan, offset, length))
		return complain(scan, fatal, VHD_ERROR, entry->at,
				"BAT entry at %" PRIu64 ": %s %" PRIu64 " at offset %" PRIu64
				" overlaps another block, a region or the log",
				entry->at, entry->what, entry->number, offset);
	if (meets_other(scan, offset, length))
		return complain(scan, false, VHD_ERROR, entry->at,
				"BAT entry at %" PRIu64 ": %s %" PRIu64 " at offset %" PRIu64
				" overlaps an unknown region",
				entry->at, entry->what, entry->number, offset);
	return 0;
}

/* A block of state PARTIALLY_PRESENT can be read only with its bitmap. */
static int check_bitmap_of(struct scan *scan, const struct entry *block)
{
	const struct vhdx *vhdx = scan->vhdx;
	uint64_t chunk = block->number / vhdx->geometry.chunk_ratio, entry;
	uint64_t index = vhdx_bitmap_index(&vhdx->geometry, chunk);
	uint8_t bytes[VHDX_BAT_ENTRY_SIZE];
	int r;

	if (!vhdx->metadata.has_parent)
		return complain(scan, false, VHD_ERROR, block->at,
				"BAT entry at %" PRIu64 ": block %" PRIu64
				" is partially present in a disk without a parent",
				block->at, block->number);
	r = image_file_read(&vhdx->image.file, bytes, sizeof(bytes), vhdx_entry_offset(vhdx, index),
			    scan->err);
	if (r < 0)
		return r;
	entry = get_le64(bytes);
	if (VHDX_BAT_STATE(entry) < VHDX_FULLY_PRESENT)
		return complain(scan, true, VHD_ERROR, block->at,
				"BAT entry at %" PRIu64 ": block %" PRIu64
				" is partially present, but the bitmap of chunk %" PRIu64
				" is not (state %u)",
				block->at, block->number, chunk, VHDX_BAT_STATE(entry));
	return 0;
}

static int check_absent(struct scan *scan, const struct entry *block)
{
	unsigned int state = VHDX_BAT_STATE(block->value);
	uint64_t offset = VHDX_BAT_OFFSET(block->value);

	if (state == 4)
		return complain(scan, true, VHD_ERROR, block->at,
				"BAT entry at %" PRIu64 ": block %" PRIu64
				" has the reserved state 4",
				block->at, block->number);
	if (state == VHDX_UNMAPPED_DRAFT)
		return complain(scan, false, VHD_ERROR, block->at,
				"BAT entry at %" PRIu64 ": block %" PRIu64
				" has the reserved state 5 (unmapped in a draft of the format)",
				block->at, block->number);
	if (offset == 0)
		return 0;
	if (state == VHDX_NOT_PRESENT || state == VHDX_ZERO)
		return complain(scan, false, VHD_ERROR, block->at,
				"BAT entry at %" PRIu64 ": block %" PRIu64
				" of state %u has offset %" PRIu64 ", expected 0",
				block->at, block->number, state, offset);
	return check_place(scan, block, scan->vhdx->metadata.block_size, 0, false);
}

static void note_place(struct scan *scan, const struct entry *block)
{
	uint64_t offset = VHDX_BAT_OFFSET(block->value);

	if (scan->expected && offset != scan->expected && !scan->displaced_at) {
		scan->displaced = block->number;
		scan->displaced_at = offset;
	}
	scan->expected = offset + scan->vhdx->metadata.block_size;
}

/* The blocks of a fixed disk should be all there, and in order: some tools rely on it. */
static void check_fixed(const struct scan *scan)
{
	const uint64_t *states = scan->states;
	uint64_t stored = states[VHDX_FULLY_PRESENT] + states[VHDX_PARTIALLY_PRESENT];

	if (!scan->vhdx->metadata.leave_allocated || scan->vhdx->metadata.has_parent)
		return;
	if (stored < scan->vhdx->geometry.blocks)
		findings_add(scan->findings, VHD_WARNING, 0,
			     "'%s': a fixed disk with blocks that are not allocated",
			     scan->vhdx->image.file.path);
	else if (scan->displaced_at)
		findings_add(scan->findings, VHD_WARNING, scan->displaced_at,
			     "'%s': a fixed disk whose block at %" PRIu64
			     " stands at offset %" PRIu64
			     " of the file, not directly behind the one before",
			     scan->vhdx->image.file.path,
			     scan->displaced * scan->vhdx->metadata.block_size, scan->displaced_at);
}

static int check_payload(struct scan *scan, const struct entry *block)
{
	uint32_t block_size = scan->vhdx->metadata.block_size;
	uint64_t needed =
		min_u64(block_size, scan->vhdx->metadata.disk_size - block->number * block_size);
	int r = 0;

	scan->states[VHDX_BAT_STATE(block->value)]++;
	if (block->value == 0)
		return 0;
	if (VHDX_BAT_RESERVED(block->value))
		r = complain(scan, false, VHD_ERROR, block->at,
			     "BAT entry at %" PRIu64 ": reserved bits are set: 0x%" PRIx64,
			     block->at, block->value);
	if (r == 0 && VHDX_BAT_STATE(block->value) == VHDX_PARTIALLY_PRESENT)
		r = check_bitmap_of(scan, block);
	if (r < 0)
		return r;
	if (VHDX_BAT_STATE(block->value) < VHDX_FULLY_PRESENT)
		return check_absent(scan, block);
	note_place(scan, block);
	return check_place(scan, block, block_size, needed, true);
}

static int check_bitmap(struct scan *scan, const struct entry *bitmap)
{
	bool has_parent = scan->vhdx->metadata.has_parent;
	unsigned int state = VHDX_BAT_STATE(bitmap->value);

	if (bitmap->value == 0)
		return 0;
	if (!has_parent || (state != 0 && state != VHDX_FULLY_PRESENT) ||
	    VHDX_BAT_RESERVED(bitmap->value))
		return complain(scan, has_parent && state != 0 && state < VHDX_FULLY_PRESENT,
				VHD_ERROR, bitmap->at,
				"BAT entry at %" PRIu64 " of the sector bitmap of chunk %" PRIu64
				" is 0x%" PRIx64 ", expected %s",
				bitmap->at, bitmap->number, bitmap->value,
				has_parent ? "state 0 or 6" : "0 in a disk without a parent");
	return check_place(scan, bitmap, VHDX_BITMAP_SIZE, VHDX_BITMAP_SIZE, true);
}

static int check_entry(struct scan *scan, uint64_t index, uint64_t value)
{
	const struct vhdx *vhdx = scan->vhdx;
	uint64_t stride = vhdx->geometry.chunk_ratio + 1, chunk = index / stride;
	struct entry entry = {.at = vhdx_entry_offset(vhdx, index),
			      .value = value,
			      .what = "block",
			      .number = index - chunk};

	if (index % stride == stride - 1) {
		entry.what = "sector bitmap";
		entry.number = chunk;
		return check_bitmap(scan, &entry);
	}
	if (entry.number < vhdx->geometry.blocks)
		return check_payload(scan, &entry);
	return 0; /* of the last chunk of a differencing disk, past its end */
}

/* From 'index' on, the first entry in a part of the BAT which the host file stores; the others are
 * zero. */
static int skip_hole(const struct vhdx *vhdx, uint64_t *index, uint64_t entries)
{
	uint64_t start, end, from = vhdx_entry_offset(vhdx, *index);
	uint64_t stop = vhdx_entry_offset(vhdx, entries);
	int r;

	if (vhdx->image.file.overlay.count)
		return 0;
	r = io_find_data(vhdx->image.file.fd, from, stop, &start, &end);
	if (r == 0)
		*index = (start - vhdx_entry_offset(vhdx, 0)) / VHDX_BAT_ENTRY_SIZE;
	return r;
}

static int scan_entries(struct scan *scan)
{
	struct vhdx *vhdx = scan->vhdx;
	uint64_t entries = vhdx->geometry.entries, index = 0, at;
	const uint8_t *bytes;
	size_t available;
	int r = 0;

	while (index < entries && r == 0) {
		r = skip_hole(vhdx, &index, entries);
		if (r < 0)
			return error_failed(scan->err, -r, "'%s': cannot look for holes: %s",
					    vhdx->image.file.path, strerror(-r));
		if (index >= entries)
			break;
		at = vhdx_entry_offset(vhdx, index);
		r = window_read(&vhdx->bat_window, &vhdx->image.file, at, &bytes, &available,
				scan->err);
		for (; r == 0 && available >= VHDX_BAT_ENTRY_SIZE;
		     available -= VHDX_BAT_ENTRY_SIZE) {
			r = check_entry(scan, index++, get_le64(bytes));
			bytes += VHDX_BAT_ENTRY_SIZE;
		}
	}
	return r;
}

int vhdx_scan(struct vhdx *vhdx, struct findings *findings, uint64_t states[VHD_STATES],
	      uint64_t *ret_slack, struct error *err)
{
	struct scan scan = {.vhdx = vhdx, .findings = findings, .err = err, .states = states};
	CLEANUP_FREE uint8_t *used = NULL;
	CLEANUP_FREE uint8_t *other = NULL;
	size_t errors = findings->errors;
	int r;

	memset(states, 0, VHD_STATES * sizeof(*states));
	if (vhdx->image.file.size > FILE_SIZE_MAX)
		return error_damaged(err,
				     "'%s': the file has %" PRIu64 " bytes, expected up to 256 TiB",
				     vhdx->image.file.path, vhdx->image.file.size);
	scan.mibs = div_round_up(vhdx->image.file.size, MIB);
	scan.used = used = calloc(scan.mibs / 8 + 1, 1);
	if (vhdx->regions.other_count)
		scan.other = other = calloc(scan.mibs / 8 + 1, 1);
	if (!used || (vhdx->regions.other_count && !other))
		return error_failed(err, ENOMEM, "out of memory");
	mark_others(&scan);
	claim_mibs(&scan, 0, VHDX_ALIGNMENT);
	claim_mibs(&scan, vhdx->header.log_offset, vhdx->header.log_length);
	claim_mibs(&scan, vhdx->regions.bat.offset, vhdx->regions.bat.length);
	claim_mibs(&scan, vhdx->regions.metadata.offset, vhdx->regions.metadata.length);
	r = scan_entries(&scan);
	/* States of blocks in holes of the BAT have not been counted: they are all NOT_PRESENT. */
	states[VHDX_NOT_PRESENT] = vhdx->geometry.blocks;
	for (unsigned int i = 1; i < VHD_STATES; i++)
		states[VHDX_NOT_PRESENT] -= min_u64(states[i], states[VHDX_NOT_PRESENT]);
	*ret_slack = (scan.mibs - scan.used_mibs) * MIB;
	if (r == 0 && findings->errors == errors)
		check_fixed(&scan);
	return r;
}
