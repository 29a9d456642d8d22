/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of a VHDX, replayed into an overlay (MS-VHDX 2.3). The file itself is not written.
 *
 * The log is a ring of 4 KiB sectors. An entry is a run of descriptor sectors followed by one data
 * sector per data descriptor. What has to be replayed is the active sequence: the run of entries,
 * each directly behind the other with sequence numbers rising by one, that ends with the highest
 * number and whose last entry names, as its tail, an entry of that same run. It is replayed from
 * the tail on.
 *
 * Bounded work for any input: the sectors of an entry carry signatures by which no sector belongs
 * to two valid entries, and a checksum is computed only after all signatures were found right. So
 * every sector is read a few times at most.
 */
#include "vhd/vhdx_log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "vhd/crc32c.h"
#include "vhd/io.h"
#include "vhd/vhdx_format.h"

#define SECTOR VHDX_LOG_SECTOR
/* Microsoft writes logs of 1 MiB, at most 254 pages; this bounds the overlay to a few MiB of
 * memory. */
#define MAX_PATCHES 16384
/* Targets below are the identifier and the headers, which never go through the log. */
#define LOWEST_TARGET VHDX_REGIONS_OFFSET(0)

struct log_entry {
	uint32_t at; /* in the ring */
	uint32_t length;
	uint32_t tail;
	uint32_t descriptors;
	uint64_t sequence;
	uint64_t flushed;
	uint64_t last;
	const struct log_entry *next; /* continues this one; NULL: the run ends here */
	const struct log_entry *head; /* the last of the run */
	bool is_continuation;
};

struct log {
	const struct image_file *file;
	const struct vhdx_header *header;
	struct log_entry *entries; /* by place */
	size_t count;
	size_t capacity;
	size_t patches;
};

static int read_sector(const struct log *log, uint64_t at, uint8_t sector[SECTOR])
{
	return io_read(log->file->fd, sector, SECTOR,
		       log->header->log_offset + at % log->header->log_length);
}

/* The sectors that descriptors take, the entry header included. */
static uint64_t descriptor_sectors(uint32_t count)
{
	return div_round_up(VHDX_ENTRY_HEADER_SIZE + (uint64_t)count * VHDX_DESCRIPTOR_SIZE,
			    SECTOR);
}

/* Is the target a place that the log may change? */
static bool is_target(const struct log *log, uint64_t offset, uint64_t length)
{
	uint64_t start = log->header->log_offset, end = start + log->header->log_length;

	return offset % SECTOR == 0 && length % SECTOR == 0 && offset >= LOWEST_TARGET &&
	       offset <= INT64_MAX && length <= INT64_MAX - offset &&
	       (offset + length <= start || offset >= end);
}

/* One descriptor: 1 data, 0 zero, -1 neither, or wrong. */
static int check_descriptor(const struct log *log, const uint8_t *at, uint64_t sequence)
{
	bool is_data = memcmp(at, VHDX_DESCRIPTOR_DATA, 4) == 0;
	uint64_t length = is_data ? SECTOR : get_le64(at + VHDX_DESCRIPTOR_LENGTH_AT);

	if ((!is_data && memcmp(at, VHDX_DESCRIPTOR_ZERO, 4) != 0) ||
	    get_le64(at + VHDX_DESCRIPTOR_SEQUENCE_AT) != sequence ||
	    !is_target(log, get_le64(at + VHDX_DESCRIPTOR_OFFSET_AT), length))
		return -1;
	return is_data;
}

/* Descriptors in sectors 0 to n - 1 of the entry. Returns the number of data descriptors, -1:
 * wrong, or -errno - 1. */
static int64_t check_descriptors(const struct log *log, const struct log_entry *entry,
				 uint8_t sector[SECTOR])
{
	int64_t data = 0;
	int r;

	for (uint64_t i = 0; i < entry->descriptors; i++) {
		uint64_t at = VHDX_ENTRY_HEADER_SIZE + i * VHDX_DESCRIPTOR_SIZE;

		if (i == 0 || at % SECTOR == 0) {
			r = read_sector(log, entry->at + round_down(at, SECTOR), sector);
			if (r < 0)
				return r - 1;
		}
		r = check_descriptor(log, sector + at % SECTOR, entry->sequence);
		if (r < 0)
			return -1;
		data += r;
	}
	return data;
}

/* Returns 1 when all data sectors are there, 0 when not, or a negative errno. */
static int check_data(const struct log *log, const struct log_entry *entry, int64_t count,
		      uint8_t sector[SECTOR])
{
	uint64_t at = entry->at + descriptor_sectors(entry->descriptors) * SECTOR;

	for (int64_t i = 0; i < count; i++, at += SECTOR) {
		int r = read_sector(log, at, sector);

		if (r < 0)
			return r;
		if (memcmp(sector, VHDX_DATA_SIGNATURE, 4) != 0 ||
		    get_le32(sector + VHDX_DATA_HIGH_AT) != (uint32_t)(entry->sequence >> 32) ||
		    get_le32(sector + VHDX_DATA_LOW_AT) != (uint32_t)entry->sequence)
			return 0;
	}
	return 1;
}

static int check_checksum(const struct log *log, const struct log_entry *entry,
			  uint8_t sector[SECTOR])
{
	uint32_t crc = 0, want = 0;

	for (uint64_t at = 0; at < entry->length; at += SECTOR) {
		int r = read_sector(log, entry->at + at, sector);

		if (r < 0)
			return r;
		if (at == 0) {
			want = get_le32(sector + VHDX_ENTRY_CHECKSUM_AT);
			put_le32(sector + VHDX_ENTRY_CHECKSUM_AT, 0);
		}
		crc = crc32c(crc, sector, SECTOR);
	}
	return crc == want;
}

/* Fields of the entry header by themselves; 'sector' holds it. */
static bool parse_entry(const struct log *log, const uint8_t sector[SECTOR],
			struct log_entry *entry)
{
	*entry = (struct log_entry){
		.at = entry->at,
		.length = get_le32(sector + VHDX_ENTRY_LENGTH_AT),
		.tail = get_le32(sector + VHDX_ENTRY_TAIL_AT),
		.descriptors = get_le32(sector + VHDX_ENTRY_COUNT_AT),
		.sequence = get_le64(sector + VHDX_ENTRY_SEQUENCE_AT),
		.flushed = get_le64(sector + VHDX_ENTRY_FLUSHED_AT),
		.last = get_le64(sector + VHDX_ENTRY_LAST_AT),
	};
	return memcmp(sector, VHDX_ENTRY_SIGNATURE, 4) == 0 &&
	       memcmp(sector + VHDX_ENTRY_GUID_AT, log->header->log_guid.bytes, 16) == 0 &&
	       entry->length % SECTOR == 0 && entry->length >= SECTOR &&
	       entry->length < log->header->log_length && entry->tail < log->header->log_length &&
	       entry->tail % SECTOR == 0 && entry->sequence > 0 &&
	       descriptor_sectors(entry->descriptors) * SECTOR <= entry->length;
}

/* Is there a valid entry at entry->at? 1, 0 or a negative errno. */
static int read_entry(const struct log *log, struct log_entry *entry)
{
	uint8_t sector[SECTOR];
	uint64_t sectors;
	int64_t data;
	int r = read_sector(log, entry->at, sector);

	if (r < 0 || !parse_entry(log, sector, entry))
		return r;
	data = check_descriptors(log, entry, sector);
	if (data < 0)
		return data == -1 ? 0 : (int)data + 1;
	sectors = descriptor_sectors(entry->descriptors) + (uint64_t)data;
	if (sectors * SECTOR != entry->length)
		return 0;
	r = check_data(log, entry, data, sector);
	return r <= 0 ? r : check_checksum(log, entry, sector);
}

static int keep_entry(struct log *log, const struct log_entry *entry)
{
	size_t capacity = log->capacity ? 2 * log->capacity : 64;
	struct log_entry *entries;

	if (log->count == log->capacity) {
		entries = reallocarray(log->entries, capacity, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		log->entries = entries;
		log->capacity = capacity;
	}
	log->entries[log->count++] = *entry;
	return 0;
}

static int read_entries(struct log *log)
{
	uint64_t at = 0;

	while (at < log->header->log_length) {
		struct log_entry entry = {.at = (uint32_t)at};
		int r = read_entry(log, &entry);

		if (r > 0)
			r = keep_entry(log, &entry);
		else if (r == 0)
			entry.length = SECTOR;
		if (r < 0)
			return r;
		at += entry.length;
	}
	return 0;
}

static struct log_entry *entry_at(const struct log *log, uint64_t at)
{
	size_t low = 0, high = log->count;

	at %= log->header->log_length;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (log->entries[middle].at == at)
			return &log->entries[middle];
		if (log->entries[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/*
 * Link the entries to runs. As valid entries do not overlap, each has at most one predecessor, and
 * as numbers rise no run goes round in a circle.
 */
static void link_entries(struct log *log)
{
	for (size_t i = 0; i < log->count; i++) {
		struct log_entry *entry = &log->entries[i];
		struct log_entry *next = entry_at(log, (uint64_t)entry->at + entry->length);

		if (!next || next->sequence - 1 != entry->sequence)
			continue;
		entry->next = next;
		next->is_continuation = true;
	}
	for (size_t i = 0; i < log->count; i++) {
		struct log_entry *first = &log->entries[i], *entry;
		const struct log_entry *head = first;

		if (first->is_continuation)
			continue;
		while (head->next)
			head = head->next;
		for (entry = first; entry;
		     entry = entry_at(log, (uint64_t)entry->at + entry->length)) {
			entry->head = head;
			if (entry == head)
				break;
		}
	}
}

/* Find the active sequence: *ret_tail is where to begin and *ret_head the last entry. */
static bool find_sequence(const struct log *log, const struct log_entry **ret_tail,
			  const struct log_entry **ret_head)
{
	*ret_head = NULL;
	for (size_t i = 0; i < log->count; i++) {
		const struct log_entry *head = &log->entries[i], *tail;

		if (head->next || (*ret_head && head->sequence <= (*ret_head)->sequence))
			continue;
		tail = entry_at(log, head->tail);
		if (tail && tail->head == head) {
			*ret_head = head;
			*ret_tail = tail;
		}
	}
	return *ret_head;
}

static int add_patch(struct log *log, struct overlay *overlay, const uint8_t *descriptor,
		     uint64_t *data_at)
{
	struct overlay_range range = {
		.offset = get_le64(descriptor + VHDX_DESCRIPTOR_OFFSET_AT),
		.length = get_le64(descriptor + VHDX_DESCRIPTOR_LENGTH_AT),
	};

	if (memcmp(descriptor, VHDX_DESCRIPTOR_DATA, 4) == 0) {
		range.length = SECTOR;
		range.source = log->header->log_offset + *data_at % log->header->log_length;
		memcpy(range.leading, descriptor + VHDX_DESCRIPTOR_LEADING_AT,
		       sizeof(range.leading));
		memcpy(range.trailing, descriptor + VHDX_DESCRIPTOR_TRAILING_AT,
		       sizeof(range.trailing));
		*data_at += SECTOR;
	}
	if (log->patches++ == MAX_PATCHES)
		return -E2BIG;
	return range.length ? overlay_add(overlay, &range) : 0;
}

static int apply_entry(struct log *log, const struct log_entry *entry, struct overlay *overlay)
{
	uint64_t data_at = entry->at + descriptor_sectors(entry->descriptors) * SECTOR;
	uint8_t sector[SECTOR];
	int r = 0;

	for (uint64_t i = 0; i < entry->descriptors && r == 0; i++) {
		uint64_t at = VHDX_ENTRY_HEADER_SIZE + i * VHDX_DESCRIPTOR_SIZE;

		if (i == 0 || at % SECTOR == 0)
			r = read_sector(log, entry->at + round_down(at, SECTOR), sector);
		if (r == 0)
			r = add_patch(log, overlay, sector + at % SECTOR, &data_at);
	}
	return r;
}

static int refuse_log(const struct log *log, const char *why, struct error *err)
{
	return error_refused(
		err, REFUSAL_LOG_DAMAGED,
		"attach and detach the disk once on the Hyper-V host (where it has checkpoints the "
		"newest one: a parent that is attached is lost to its children), or take it from a "
		"backup",
		"'%s': the log at offset %" PRIu64
		" has changes that are not in the file yet, and %s",
		log->file->path, log->header->log_offset, why);
}

static int replay_sequence(struct log *log, struct image_file *file, struct error *err)
{
	const struct log_entry *entry = NULL, *head;
	int r = read_entries(log);

	if (r < 0)
		return error_failed(err, -r, "'%s': cannot read the log: %s", file->path,
				    strerror(-r));
	link_entries(log);
	if (!find_sequence(log, &entry, &head))
		return refuse_log(log, "none of its entries verifies", err);
	if (head->flushed > file->stored_size)
		return refuse_log(log, "the file is shorter than it was when they were made", err);
	for (; entry && r == 0; entry = entry->next)
		r = apply_entry(log, entry, &file->overlay);
	if (r == -E2BIG)
		return refuse_log(log, "they are more than 64 MiB", err);
	if (r < 0)
		return error_failed(err, -r, "'%s': cannot read the log: %s", file->path,
				    strerror(-r));
	file->size = max_u64(file->size, head->last);
	return 0;
}

int vhdx_replay_log(struct image_file *file, const struct vhdx_header *header, struct error *err)
{
	struct log log = {.file = file, .header = header};
	int r = replay_sequence(&log, file, err);

	free(log.entries);
	return r;
}
