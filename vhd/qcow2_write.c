/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a qcow2 image (version 3) in one go. (QEMU, docs/interop/qcow2.rst)
 *
 *   header | L1 table | cluster ... | L2 table | cluster ... | L2 table | refcount blocks | their table
 *
 * Clusters follow in the order of the disk, each L2 table behind those that it names; so one of
 * them is in memory at a time. No cluster is used twice and none is free: all reference counts are
 * 1, and their blocks can come last. The header is the last that is written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/copy.h"
#include "vhd/io.h"
#include "vhd/vhd.h"

#define CLUSTER_BITS  16 /* what qemu-img makes */
#define CLUSTER	      (UINT64_C(1) << CLUSTER_BITS)
#define ENTRY_SIZE    8
#define L2_ENTRIES    (CLUSTER / ENTRY_SIZE)
#define L2_SPAN	      (L2_ENTRIES * CLUSTER) /* of the disk, 512 MiB */
#define COPIED	      (UINT64_C(1) << 63)    /* its reference count is 1 */
#define BLOCK_ENTRIES (CLUSTER / 2)	     /* reference counts of 16 bits */

#define MAGIC	    0x514649fb
#define VERSION	    3
#define HEADER_SIZE 104
#define L1_OFFSET   CLUSTER

struct writer {
	struct copy copy;
	uint8_t *l1, *l2; /* whole clusters */
	uint64_t l1_entries, l1_clusters;
	bool has_l2;  /* something stands in it */
	uint64_t end; /* of the file so far, whole clusters */
};

static int put(const struct writer *w, const void *bytes, size_t length, uint64_t offset,
	       struct error *err)
{
	int r = io_write(w->copy.fd, bytes, length, offset);

	return r < 0 ? copy_failed(&w->copy, -r, err) : 0;
}

/* [offset, end), which is within an L2 table, behind what stands there. */
static int write_run(struct writer *w, uint64_t offset, uint64_t end, struct error *err)
{
	uint64_t to = w->end;
	int r = 0;

	for (uint64_t at = offset; at < end; at += CLUSTER) {
		put_be64(w->l2 + at % L2_SPAN / CLUSTER * ENTRY_SIZE, w->end | COPIED);
		w->end += CLUSTER;
	}
	w->has_l2 = true;
	while (offset < end && r == 0) {
		struct disk_extent extent;

		r = disk_extent(w->copy.disk, offset, &extent, err);
		if (r < 0)
			return r;
		extent.length = min_u64(extent.length, end - offset);
		r = copy_extent(&w->copy, offset, &extent, to, err);
		offset += extent.length;
		to += extent.length;
	}
	return r;
}

/* Is there anything to store in the cluster at 'offset'? Returns 1, 0 or a negative errno. */
static int has_data(struct writer *w, uint64_t offset, struct error *err)
{
	uint64_t end = min_u64(offset + CLUSTER, w->copy.disk->size);
	struct disk_extent extent;
	int r = 1;

	while (offset < end && r == 1) {
		r = disk_extent(w->copy.disk, offset, &extent, err);
		if (r < 0)
			return r;
		extent.length = min_u64(extent.length, end - offset);
		r = copy_extent_is_zero(&w->copy, offset, &extent, err);
		offset += extent.length;
	}
	return r < 0 ? r : r == 0;
}

/* The clusters from 'offset' on, up to 'end', that are all stored or all not. */
static int find_run(struct writer *w, uint64_t offset, uint64_t end, bool *ret_is_data,
		    uint64_t *ret_end, struct error *err)
{
	uint64_t at = offset;
	int first = 0, r = 0;

	while (at < end) {
		struct disk_extent extent;

		r = disk_extent(w->copy.disk, at, &extent, err);
		if (r == 0)
			r = has_data(w, at, err);
		if (r < 0)
			return r;
		if (at == offset)
			first = r;
		if (r != first)
			break;
		/* By the block map alone, where it says so of more than a cluster. */
		at += extent.kind == DISK_HOLE || extent.kind == DISK_ZERO
			      ? max_u64(extent.length / CLUSTER, 1) * CLUSTER
			      : CLUSTER;
	}
	*ret_is_data = first;
	*ret_end = min_u64(at, end);
	return 0;
}

/* Its table, when there is anything in it. */
static int finish_span(struct writer *w, uint64_t span, struct error *err)
{
	int r;

	if (!w->has_l2)
		return 0;
	r = put(w, w->l2, CLUSTER, w->end, err);
	put_be64(w->l1 + span * ENTRY_SIZE, w->end | COPIED);
	w->end += CLUSTER;
	w->has_l2 = false;
	memset(w->l2, 0, CLUSTER);
	return r;
}

static int write_span(struct writer *w, uint64_t span, struct error *err)
{
	uint64_t offset = span * L2_SPAN, size = w->copy.disk->size;
	uint64_t end = min_u64(offset + L2_SPAN, size);
	int r = 0;

	while (offset < end && r == 0) {
		uint64_t run_end;
		bool is_data;

		r = find_run(w, offset, end, &is_data, &run_end, err);
		if (r == 0 && is_data)
			r = write_run(w, offset, run_end, err);
		offset = run_end;
		if (r == 0)
			copy_tell(&w->copy, offset);
	}
	/* What is copied rises in the file, and the table stands behind it. */
	if (r == 0)
		r = copy_finish(&w->copy, err);
	return r < 0 ? r : finish_span(w, span, err);
}

/* The reference counts of all clusters, their own included: *ret_at is where their table begins. */
static int write_counts(struct writer *w, uint64_t *ret_at, uint64_t *ret_clusters,
			struct error *err)
{
	uint64_t used = w->end / CLUSTER, blocks = 0, tables = 1, total = 0;
	CLEANUP_FREE uint8_t *table = NULL, *block = malloc(CLUSTER);
	int r = 0;

	while (total != used + blocks + tables) {
		total = used + blocks + tables;
		blocks = div_round_up(total, BLOCK_ENTRIES);
		tables = div_round_up(blocks * ENTRY_SIZE, CLUSTER);
	}
	table = calloc(tables, CLUSTER);
	if (!table || !block)
		return error_failed(err, ENOMEM, "out of memory");
	for (uint64_t b = 0; b < blocks && r == 0; b++) {
		memset(block, 0, CLUSTER);
		for (uint64_t i = 0; i < min_u64(BLOCK_ENTRIES, total - b * BLOCK_ENTRIES); i++)
			block[2 * i + 1] = 1;
		put_be64(table + b * ENTRY_SIZE, w->end);
		r = put(w, block, CLUSTER, w->end, err);
		w->end += CLUSTER;
	}
	*ret_at = w->end;
	*ret_clusters = tables;
	return r < 0 ? r : put(w, table, tables * CLUSTER, w->end, err);
}

static int write_header(const struct writer *w, uint64_t counts_at, uint64_t counts_clusters,
			struct error *err)
{
	uint8_t header[HEADER_SIZE + 8] = {0}; /* and an empty list of extensions */

	put_be32(header, MAGIC);
	put_be32(header + 4, VERSION);
	put_be32(header + 20, CLUSTER_BITS);
	put_be64(header + 24, w->copy.disk->size);
	put_be32(header + 36, (uint32_t)w->l1_entries);
	put_be64(header + 40, L1_OFFSET);
	put_be64(header + 48, counts_at);
	put_be32(header + 56, (uint32_t)counts_clusters);
	put_be32(header + 96, 4); /* reference counts of 1 << 4 bits */
	put_be32(header + 100, HEADER_SIZE);
	return put(w, header, sizeof(header), 0, err);
}

static int write_all(struct writer *w, struct error *err)
{
	uint64_t counts_at = 0, counts_clusters = 0;
	int r = 0;

	for (uint64_t span = 0; span < w->l1_entries && r == 0; span++)
		r = write_span(w, span, err);
	if (r == 0)
		r = write_counts(w, &counts_at, &counts_clusters, err);
	if (r == 0)
		r = put(w, w->l1, w->l1_clusters * CLUSTER, L1_OFFSET, err);
	return r < 0 ? r : write_header(w, counts_at, counts_clusters, err);
}

int qcow2_write(int fd, const char *name, struct disk *contents,
		const struct vhd_progress *progress, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = malloc(COPY_BUFFER), *l1 = NULL, *l2 = calloc(1, CLUSTER);
	struct writer w = {.copy = {.disk = contents,
				    .fd = fd,
				    .name = name,
				    .buffer = buffer,
				    .behind = {.fd = fd},
				    .progress = progress},
			   .l1_entries = div_round_up(contents->size, L2_SPAN)};

	w.l1_clusters = max_u64(div_round_up(w.l1_entries * ENTRY_SIZE, CLUSTER), 1);
	w.end = L1_OFFSET + w.l1_clusters * CLUSTER;
	l1 = calloc(w.l1_clusters, CLUSTER);
	if (!buffer || !l1 || !l2)
		return error_failed(err, ENOMEM, "out of memory");
	w.l1 = l1;
	w.l2 = l2;
	return write_all(&w, err);
}
