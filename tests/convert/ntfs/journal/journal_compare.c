/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_compare EXPECTED RESULT
 *
 * Are the metadata of two NTFS volumes the same? FILE records and index blocks are compared without
 * their protection and up to their used size; the LSN of an index block may differ; of records that
 * are free on both sides only sequence number and flags count. $Bitmap, $MFT:$BITMAP, $SDS and
 * attribute lists are compared byte for byte. $LogFile is not compared.
 *
 * Prints both counts of differences; exit status 0 when they are 0, 1 when not, 2 when a volume
 * cannot be read. This judges the replay, so it shares no code with it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_RECORD 65536

static int expected_fd, result_fd;
static uint64_t cluster_size, record_size, files_differ, clusters_differ;

static uint64_t number(const uint8_t *at, int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

static void load(int fd, uint8_t *to, uint64_t length, uint64_t offset)
{
	if (pread(fd, to, length, (off_t)offset) == (ssize_t)length)
		return;
	fprintf(stderr, "cannot read %" PRIu64 " bytes at %" PRIu64 "\n", length, offset);
	exit(2);
}

/* Take the protection off; false when the block has none that fits. */
static bool unprotect(uint8_t *block, uint64_t size, const char *mark)
{
	uint64_t array = number(block + 4, 2), count = number(block + 6, 2);

	if (memcmp(block, mark, 4) != 0 || count != size / 512 + 1 || array + 2 * count > size)
		return false;
	for (uint64_t i = 1; i < count; i++) {
		if (memcmp(block + i * 512 - 2, block + array, 2) != 0)
			return false;
		memcpy(block + i * 512 - 2, block + array + 2 * i, 2);
	}
	memset(block + array, 0, 2 * count);
	return true;
}

static void tell(const char *what, uint64_t where, uint64_t *count)
{
	printf("%s at %" PRIu64 " differs\n", what, where);
	++*count;
}

static void compare_bytes(uint64_t offset)
{
	uint8_t *a = malloc(cluster_size), *b = malloc(cluster_size);

	load(expected_fd, a, cluster_size, offset);
	load(result_fd, b, cluster_size, offset);
	if (memcmp(a, b, cluster_size) != 0)
		tell("cluster of raw data", offset / cluster_size, &clusters_differ);
	free(a);
	free(b);
}

static void compare_index(uint64_t offset, uint64_t size)
{
	uint8_t a[MAX_RECORD], b[MAX_RECORD];
	bool sound_a, sound_b;
	uint64_t used;

	load(expected_fd, a, size, offset);
	load(result_fd, b, size, offset);
	if (memcmp(a, b, size) == 0)
		return;
	sound_a = unprotect(a, size, "INDX");
	sound_b = unprotect(b, size, "INDX");
	used = sound_a ? number(a + 0x1c, 4) + 0x18 : size;
	memset(a + 8, 0, sound_a ? 8 : 0);
	memset(b + 8, 0, sound_b ? 8 : 0);
	if (sound_a != sound_b || used > size || memcmp(a, b, used) != 0)
		tell("index block in cluster", offset / cluster_size, &clusters_differ);
}

/* Each run of a non-resident attribute: raw data cluster by cluster, an index block by block. */
static void compare_runs(const uint8_t *attribute, uint64_t block)
{
	const uint8_t *at = attribute + number(attribute + 0x20, 2);
	uint64_t lcn = 0;

	while (*at) {
		int length = *at & 15, distance = *at >> 4;
		uint64_t count = number(at + 1, length), jump = number(at + 1 + length, distance);

		if (distance && (at[length + distance] & 0x80) && distance < 8)
			jump |= UINT64_MAX << (8 * distance);
		lcn += jump;
		at += 1 + length + distance;
		if (!distance)
			continue;
		for (uint64_t byte = 0; byte < count * cluster_size;
		     byte += block ? block : cluster_size)
			if (block)
				compare_index(lcn * cluster_size + byte, block);
			else
				compare_bytes(lcn * cluster_size + byte);
	}
}

static bool is_sds(const uint8_t *attribute)
{
	static const uint8_t name[] = {'$', 0, 'S', 0, 'D', 0, 'S', 0};

	return attribute[9] == 4 &&
	       memcmp(attribute + number(attribute + 10, 2), name, sizeof(name)) == 0;
}

static uint64_t index_block_size; /* of all folders: as the root of the volume has it */

static void compare_attributes(const uint8_t *record, uint64_t index)
{
	const uint8_t *at = record + number(record + 0x14, 2);
	uint64_t base = number(record + 0x20, 6) ? number(record + 0x20, 6) : index;

	for (; number(at, 4) != 0xffffffff; at += number(at + 4, 4)) {
		uint64_t type = number(at, 4);

		if (!at[8])
			continue;
		if (type == 0xa0)
			compare_runs(at, index_block_size);
		else if (type == 0x20 || (type == 0xb0 && base == 0) ||
			 (type == 0x80 && base == 6) || (type == 0x80 && base == 9 && is_sds(at)))
			compare_runs(at, 0);
	}
}

static void compare_record(uint64_t index, uint64_t offset)
{
	uint8_t a[MAX_RECORD], b[MAX_RECORD];
	bool sound_a, sound_b;
	uint64_t used;

	load(expected_fd, a, record_size, offset);
	load(result_fd, b, record_size, offset);
	sound_a = unprotect(a, record_size, "FILE");
	sound_b = unprotect(b, record_size, "FILE");
	used = sound_a ? number(a + 0x18, 4) : 0;
	if (sound_a != sound_b || used > record_size)
		tell("FILE record", index, &files_differ);
	else if (!sound_a)
		return;
	else if (!(a[0x16] & 1) && !(b[0x16] & 1)
			 ? memcmp(a + 0x10, b + 0x10, 2) != 0 || memcmp(a + 0x16, b + 0x16, 2) != 0
			 : memcmp(a, b, used) != 0)
		tell("FILE record", index, &files_differ);
	if (sound_a && (a[0x16] & 1))
		compare_attributes(a, index);
}

/* The $DATA of record 0; volumes whose $MFT needs more than one record are not compared. */
static void compare_volumes(uint64_t mft)
{
	uint8_t record[MAX_RECORD];
	const uint8_t *at;
	uint64_t lcn = 0, index = 0;

	load(expected_fd, record, record_size, mft * cluster_size);
	if (!unprotect(record, record_size, "FILE"))
		exit(2);
	for (at = record + number(record + 0x14, 2); number(at, 4) != 0x80;)
		at += number(at + 4, 4);
	for (at += number(at + 0x20, 2); *at;) {
		int length = *at & 15, distance = *at >> 4;
		uint64_t count = number(at + 1, length), jump = number(at + 1 + length, distance);

		if ((at[length + distance] & 0x80) && distance < 8)
			jump |= UINT64_MAX << (8 * distance);
		lcn += jump;
		at += 1 + length + distance;
		for (uint64_t i = 0; i < count * cluster_size / record_size; i++)
			compare_record(index++, lcn * cluster_size + i * record_size);
	}
}

int main(int argc, char **argv)
{
	uint8_t boot[512];

	if (argc != 3 || (expected_fd = open(argv[1], O_RDONLY)) < 0 ||
	    (result_fd = open(argv[2], O_RDONLY)) < 0) {
		fprintf(stderr, "usage: journal_compare EXPECTED RESULT\n");
		return 2;
	}
	load(expected_fd, boot, sizeof(boot), 0);
	cluster_size = number(boot + 11, 2) * boot[13];
	record_size =
		boot[0x40] & 0x80 ? UINT64_C(1) << (256 - boot[0x40]) : boot[0x40] * cluster_size;
	index_block_size =
		boot[0x44] & 0x80 ? UINT64_C(1) << (256 - boot[0x44]) : boot[0x44] * cluster_size;
	if (!cluster_size || !record_size || record_size > MAX_RECORD || !index_block_size ||
	    index_block_size > MAX_RECORD)
		return 2;
	compare_volumes(number(boot + 0x30, 8));
	printf("%" PRIu64 " FILE records and %" PRIu64 " other clusters differ\n", files_differ,
	       clusters_differ);
	return files_differ || clusters_differ;
}
