/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small NTFS volume in memory, with all that a replay looks at and an empty log: for logs that are
 * written by hand or by a fuzzer. The root folder (record 5) is empty, as is the index $SII of record
 * 9; record 24 is a file of 8 KiB without a name; records up to 27 are in use.
 */
#ifndef HVGEN2_TESTS_CONVERT_NTFS_JOURNAL_SMALL_VOLUME_H
#define HVGEN2_TESTS_CONVERT_NTFS_JOURNAL_SMALL_VOLUME_H

#include "convert/ntfs/journal/internal.h"
#include "tests/support/memory_disk.h"

#define SMALL_VOLUME_BYTES	(1 * MIB) /* at most */
#define SMALL_VOLUME_LOG_PAGES	36	  /* the least that there can be */
#define SMALL_VOLUME_GEOMETRIES 6

/* Where things are; clusters. */
struct small_geometry {
	uint32_t cluster, record; /* bytes */
	uint16_t mft, mft_bits, mirror, bitmap, data, upcase, log, clusters;
};

struct small_volume {
	struct memory_disk memory;
	struct small_geometry at;
	uint8_t bytes[SMALL_VOLUME_BYTES];
};

/* Clusters of 4096, 512 and 65536 bytes with FILE records of 1024, then of 4096 bytes; the first is
 * that of the inputs in tests/fuzz/corpus/ntfs_journal. */
void small_volume_make(struct small_volume *volume, unsigned int geometry);
/* A FILE record, protected as on a disk. */
uint8_t *small_volume_record(struct small_volume *volume, unsigned int number);
uint8_t *small_volume_log(struct small_volume *volume);

#endif
