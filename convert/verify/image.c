/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The image file itself: what MS-VHDX keeps twice (headers, region tables) must be whole twice,
 * since other readers know no way back from the first copy; blocks must lie in the file and be
 * nobody else's; and qemu must find nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/checks.h"
#include "convert/verify/helper.h"

/*
 * MS-VHDX sections 2.2.2 (headers) and 2.2.3 (region tables); both have their CRC-32C at offset 4.
 */
#define HEADER_1      (64 * KIB)
#define HEADER_2      (128 * KIB)
#define HEADER_BYTES  ((size_t)4096)
#define HEADER_LOG    48
#define REGIONS_1     (192 * KIB)
#define REGIONS_2     (256 * KIB)
#define REGIONS_BYTES ((size_t)65536)

/* Blocks remembered to find overlaps: 48 MiB of memory. */
#define MAX_BLOCKS (2U * 1024 * 1024)

/* What stands twice in a VHDX file. */
struct structure {
	const char *what, *signature;
	uint64_t offset;
	size_t size;
};

static const struct structure structures[] = {
	{"VHDX header", "head", HEADER_1, HEADER_BYTES},
	{"VHDX header", "head", HEADER_2, HEADER_BYTES},
	{"region table", "regi", REGIONS_1, REGIONS_BYTES},
	{"region table", "regi", REGIONS_2, REGIONS_BYTES},
};

struct block {
	int fd;
	uint64_t offset, length;
};

/* CRC-32C, bit by bit: some hundred KiB are all there is to sum up. */
static uint32_t crc32c(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
	}
	return ~crc;
}

/* Read one of the checksummed structures. False with a result when it is not whole. */
static bool read_structure(struct verify *verify, int fd, const struct structure *structure,
			   uint8_t *bytes)
{
	ssize_t got = pread(fd, bytes, structure->size, (off_t)structure->offset);
	uint32_t found, computed;

	if (got != (ssize_t)structure->size || memcmp(bytes, structure->signature, 4) != 0) {
		verify_fail(verify, "image", "no %s at offset %" PRIu64, structure->what,
			    structure->offset);
		return false;
	}
	found = get_le32(bytes + 4);
	put_le32(bytes + 4, 0);
	computed = crc32c(bytes, structure->size);
	put_le32(bytes + 4, found);
	if (found != computed)
		verify_fail(verify, "image",
			    "the %s at offset %" PRIu64 " has CRC %08" PRIx32
			    ", its bytes give %08" PRIx32,
			    structure->what, structure->offset, found, computed);
	return found == computed;
}

static bool check_copies(struct verify *verify, int fd)
{
	CLEANUP_FREE uint8_t *bytes = malloc(2 * (HEADER_BYTES + REGIONS_BYTES));
	uint8_t *at[] = {bytes, bytes + HEADER_BYTES, bytes + 2 * HEADER_BYTES,
			 bytes + 2 * HEADER_BYTES + REGIONS_BYTES};

	if (!bytes) {
		verify_fail(verify, "image", "no memory");
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(structures); i++)
		if (!read_structure(verify, fd, &structures[i], at[i]))
			return false;
	if (memcmp(at[2], at[3], REGIONS_BYTES) != 0) {
		verify_fail(verify, "image", "the two region tables differ");
		return false;
	}
	if (!is_zero(at[0] + HEADER_LOG, 16) || !is_zero(at[1] + HEADER_LOG, 16)) {
		verify_fail(verify, "image", "the log is not empty");
		return false;
	}
	return true;
}

static int compare_blocks(const void *left, const void *right)
{
	const struct block *a = left, *b = right;

	if (a->fd != b->fd)
		return a->fd < b->fd ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Data extents of the whole disk, neighbours joined. -E2BIG when there are more than MAX_BLOCKS. */
static int collect_blocks(struct disk *disk, struct block **ret, size_t *ret_count,
			  struct error *err)
{
	CLEANUP_FREE struct block *blocks = NULL;
	size_t count = 0, allocated = 0;

	for (uint64_t at = 0; at < disk->size;) {
		struct block *last = count ? &blocks[count - 1] : NULL;
		struct disk_extent extent;
		int r = disk_extent(disk, at, &extent, err);

		if (r < 0)
			return r;
		at += extent.length;
		if (extent.kind != DISK_DATA)
			continue;
		if (last && last->fd == extent.fd &&
		    last->offset + last->length == extent.file_offset) {
			last->length += extent.length;
			continue;
		}
		if (count == MAX_BLOCKS)
			return error_failed(err, E2BIG, "more than %u runs of blocks", MAX_BLOCKS);
		if (count == allocated) {
			struct block *more;

			allocated = allocated ? allocated * 2 : 1024;
			more = realloc(blocks, allocated * sizeof(*blocks));
			if (!more)
				return error_failed(err, ENOMEM, "no memory");
			blocks = more;
		}
		blocks[count++] = (struct block){extent.fd, extent.file_offset, extent.length};
	}
	*ret = TAKE(blocks);
	*ret_count = count;
	return 0;
}

static bool check_block(struct verify *verify, const struct block *blocks, size_t index)
{
	const struct block *block = &blocks[index], *before = index ? block - 1 : NULL;
	struct stat st;

	if (fstat(block->fd, &st) < 0 ||
	    !range_within(block->offset, block->length, (uint64_t)st.st_size)) {
		verify_fail(verify, "image",
			    "%" PRIu64 " bytes of data at file offset %" PRIu64
			    " lie behind the end of the file",
			    block->length, block->offset);
		return false;
	}
	if (before && before->fd == block->fd && before->offset + before->length > block->offset) {
		verify_fail(verify, "image", "two blocks share the bytes at file offset %" PRIu64,
			    block->offset);
		return false;
	}
	return true;
}

static void check_blocks(struct verify *verify)
{
	const char *twice = verify->info->format == VHD_FORMAT_VHDX
				    ? "; both headers and region tables whole, log empty"
				    : "";
	CLEANUP_FREE struct block *blocks = NULL;
	struct error err = ERROR_INIT;
	uint64_t bytes = 0;
	size_t count = 0;

	if (collect_blocks(verify->disk, &blocks, &count, &err) < 0) {
		verify_fail(verify, "image", "%s", err.message);
		return;
	}
	if (count)
		qsort(blocks, count, sizeof(*blocks), compare_blocks);
	for (size_t i = 0; i < count; i++) {
		if (!check_block(verify, blocks, i))
			return;
		bytes += blocks[i].length;
	}
	verify_ok(verify, "image",
		  "%s, %" PRIu64 " MiB, %" PRIu64 " MiB of them stored, no overlaps%s",
		  vhd_info_text(verify->info), verify->disk->size / MIB, bytes / MIB, twice);
}

/* All that Hyper-V is known to refuse, in the whole chain. */
static void check_structure(struct verify *verify)
{
	static const char name[] = "structure";
	struct vhd_check *check = NULL;
	struct error err = ERROR_INIT;
	size_t first = 0;

	if (vhd_check(verify->path, verify->open_options, &check, &err) < 0) {
		verify_fail(verify, name, "%s", err.message);
		return;
	}
	while (first < check->finding_count && check->findings[first].severity != VHD_ERROR)
		first++;
	if (first < check->finding_count)
		verify_fail(verify, name, "%zu errors, the first: %s", check->error_count,
			    check->findings[first].text);
	else if (check->finding_count)
		verify_ok(verify, name, "no errors; %zu warnings, the first: %s",
			  check->finding_count + check->unlisted_count, check->findings[0].text);
	else
		verify_ok(verify, name, "nothing that Hyper-V refuses, %" PRIu64 " bytes unused",
			  check->slack);
	vhd_check_free(check);
}

static void check_with_qemu(struct verify *verify)
{
	static const char name[] = "qemu-img";
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;
	int r;

	if (verify_has_failed(verify, "image") || verify_has_failed(verify, "structure"))
		verify_skip(verify, name, "the file is damaged");
	else if (verify->info->format != VHD_FORMAT_VHDX)
		verify_skip(verify, name, "qemu checks VHDX files only");
	else if (verify->info->type == VHD_TYPE_DIFFERENCING)
		verify_skip(verify, name, "qemu does not read differencing disks");
	else if (verify->info->logical_sector_size != 512)
		verify_skip(verify, name, "qemu reads disks with 512-byte sectors only");
	else if ((r = helper_run(verify, HELPER_QEMU_IMG, "", &output, &err)) == -ENOPKG)
		verify_skip(verify, name, "%s", err.message);
	else if (r < 0)
		verify_fail(verify, name, "%s", err.message);
	else if (output.status)
		verify_fail(verify, name, "'qemu-img check' exits with %d: %.300s%.300s",
			    output.status, (char *)output.bytes, output.message);
	else
		verify_ok(verify, name, "'qemu-img check' finds nothing");
}

void verify_image(struct verify *verify)
{
	CLEANUP_FD int fd = open(verify->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		verify_fail(verify, "image", "'%s': %s", verify->path, strerror(errno));
		return;
	}
	verify->vhdx_copies_good =
		verify->info->format != VHD_FORMAT_VHDX || check_copies(verify, fd);
	if (verify->vhdx_copies_good)
		check_blocks(verify);
	if (verify->info->format != VHD_FORMAT_RAW)
		check_structure(verify);
	check_with_qemu(verify);
}
