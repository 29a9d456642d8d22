/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second reader: every sector through libvhdi must be what our reader says, and what our block
 * map calls a hole must be zeros. libvhdi has no block map and silently returns wrong data for some
 * kinds of images; for these it is not asked. Versions 20210425 and the present head of its
 * repository were tried and read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_LIBVHDI
#include <libvhdi.h>
#endif

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/checks.h"

#define CHECK "libvhdi"

#ifdef HAVE_LIBVHDI

#define READ_BYTES ((size_t)256 * 1024) /* stays in the cache: 1 MiB reads are a third slower */

/* Holes of disks beyond this are sampled: in full they would take more than a minute. */
#define FULL_READ_MAX  (256 * GIB)
#define SAMPLE_BYTES   ((size_t)4096)
#define SAMPLE_SPACING (32 * MIB)
#define MAX_SAMPLES    UINT64_C(1000000) /* 3 us each */

/* Reading so many bytes of a hole takes as long as one of data. */
#define HOLE_SHARE 32

struct comparison {
	struct verify *verify;
	libvhdi_file_t *file;
	uint8_t *ours, *theirs;
	bool sample_holes;
	uint64_t spacing;
	uint64_t data_bytes, hole_bytes, samples;
	char fault[512];
};

/* Why libvhdi must not be asked of such an image; NULL when it is right about this kind of image. */
static const char *reason_by_kind(const struct verify *verify)
{
	const struct vhd_info *info = verify->info;

	if (info->format == VHD_FORMAT_RAW)
		return "a raw image needs no second reader";
	if (info->type == VHD_TYPE_DIFFERENCING)
		return "libvhdi misreads differencing disks with untouched chunks or zeroed blocks";
	if (info->log_replayed)
		return "libvhdi does not look at the log";
	/* It ignores the bitmap entries between the chunks of a fixed file; a chunk is 2^23
	 * sectors. */
	if (info->format == VHD_FORMAT_VHDX && info->type == VHD_TYPE_FIXED &&
	    info->virtual_size > (uint64_t)info->logical_sector_size << 23)
		return "libvhdi misreads fixed VHDX files of more than one chunk (4 GiB)";
	return NULL;
}

/* The same of this image, by what was found in it. */
static const char *reason_by_state(const struct verify *verify)
{
	if (verify->info->format != VHD_FORMAT_VHDX)
		return NULL;
	if (verify_has_failed(verify, "image") || verify_has_failed(verify, "structure"))
		return "the file is damaged";
	if (!verify->vhdx_copies_good)
		return "libvhdi does not fall back to the second header or region table";
	return NULL;
}

static void set_fault(struct comparison *c, const char *what, uint64_t offset,
		      libvhdi_error_t **error)
{
	char text[256] = "no reason given";

	if (*error)
		libvhdi_error_sprint(*error, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	snprintf(c->fault, sizeof(c->fault), "%s at offset %" PRIu64 ": %s", what, offset, text);
	libvhdi_error_free(error);
}

static bool read_theirs(struct comparison *c, uint64_t offset, size_t length)
{
	libvhdi_error_t *error = NULL;

	for (size_t done = 0; done < length;) {
		ssize_t got =
			libvhdi_file_read_buffer_at_offset(c->file, c->theirs + done, length - done,
							   (off64_t)(offset + done), &error);

		if (got <= 0) {
			set_fault(c, "libvhdi cannot read", offset + done, &error);
			return false;
		}
		done += (size_t)got;
	}
	return true;
}

static void set_difference(struct comparison *c, const char *what, uint64_t offset, size_t length)
{
	size_t at = 0;

	while (at < length && c->ours[at] == c->theirs[at])
		at++;
	snprintf(c->fault, sizeof(c->fault),
		 "%s at offset %" PRIu64 ": libvhdi reads %02x, our reader %02x", what, offset + at,
		 c->theirs[at], c->ours[at]);
}

static bool compare_data(struct comparison *c, uint64_t start, uint64_t length)
{
	for (uint64_t at = 0; at < length; at += READ_BYTES) {
		size_t piece = min_u64(length - at, READ_BYTES);
		struct error err = ERROR_INIT;

		if (disk_read(c->verify->disk, c->ours, piece, start + at, &err) < 0) {
			snprintf(c->fault, sizeof(c->fault), "%.500s", err.message);
			return false;
		}
		if (!read_theirs(c, start + at, piece))
			return false;
		if (memcmp(c->ours, c->theirs, piece) != 0) {
			set_difference(c, "the data differ", start + at, piece);
			return false;
		}
		verify_advance(c->verify, piece);
	}
	c->data_bytes += length;
	return true;
}

static bool compare_zeros(struct comparison *c, uint64_t offset, size_t length)
{
	if (!read_theirs(c, offset, length))
		return false;
	if (is_zero(c->theirs, length))
		return true;
	memset(c->ours, 0, length);
	set_difference(c, "data in a hole", offset, length);
	return false;
}

static bool check_whole_hole(struct comparison *c, uint64_t start, uint64_t length)
{
	for (uint64_t at = 0; at < length; at += READ_BYTES) {
		size_t piece = min_u64(length - at, READ_BYTES);

		if (!compare_zeros(c, start + at, piece))
			return false;
		verify_advance(c->verify, piece / HOLE_SHARE);
	}
	return true;
}

/* Both ends, where a wrong map shows first, and places in between. */
static bool check_sampled_hole(struct comparison *c, uint64_t start, uint64_t length)
{
	uint64_t last = length - min_u64(length, SAMPLE_BYTES);

	for (uint64_t at = 0; at < last; at += c->spacing, c->samples++)
		if (!compare_zeros(c, start + at, SAMPLE_BYTES))
			return false;
	c->samples++;
	return compare_zeros(c, start + last, min_u64(length, SAMPLE_BYTES));
}

/* Walk the map; runs of holes are joined, so that samples are spread over the whole run. */
static bool compare_all(struct comparison *c)
{
	struct disk *disk = c->verify->disk;
	uint64_t hole_start = 0, hole_length = 0;

	for (uint64_t at = 0; at <= disk->size;) {
		struct disk_extent extent = {.kind = DISK_DATA};
		struct error err = ERROR_INIT;
		bool is_hole;

		if (at < disk->size && disk_extent(disk, at, &extent, &err) < 0) {
			snprintf(c->fault, sizeof(c->fault), "%.500s", err.message);
			return false;
		}
		is_hole = extent.kind == DISK_HOLE || extent.kind == DISK_ZERO;
		if (is_hole) {
			hole_start = hole_length ? hole_start : at;
			hole_length += extent.length;
		} else if (hole_length) {
			if (!(c->sample_holes ? check_sampled_hole
					      : check_whole_hole)(c, hole_start, hole_length))
				return false;
			c->hole_bytes += hole_length;
			hole_length = 0;
		}
		if (at == disk->size)
			break;
		if (!is_hole && !compare_data(c, at, extent.length))
			return false;
		at += extent.length;
	}
	return true;
}

static bool open_theirs(struct comparison *c)
{
	libvhdi_error_t *error = NULL;
	size64_t size = 0;

	if (libvhdi_file_initialize(&c->file, &error) != 1 ||
	    libvhdi_file_open(c->file, c->verify->path, LIBVHDI_OPEN_READ, &error) != 1 ||
	    libvhdi_file_get_media_size(c->file, &size, &error) != 1) {
		set_fault(c, "libvhdi cannot open the image, failing", 0, &error);
		return false;
	}
	if (size == c->verify->disk->size)
		return true;
	snprintf(c->fault, sizeof(c->fault), "libvhdi gives %" PRIu64 " bytes, our reader %" PRIu64,
		 (uint64_t)size, c->verify->disk->size);
	return false;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void report_agreement(const struct comparison *c, const struct timespec *start)
{
	char holes[128];

	if (c->sample_holes)
		snprintf(holes, sizeof(holes),
			 "zeros at %" PRIu64 " places in %" PRIu64 " MiB of holes", c->samples,
			 c->hole_bytes / MIB);
	else
		snprintf(holes, sizeof(holes), "zeros in all %" PRIu64 " MiB of holes",
			 c->hole_bytes / MIB);
	verify_ok(c->verify, CHECK, "%" PRIu64 " MiB of data equal, %s (%.1f s)",
		  c->data_bytes / MIB, holes, seconds_since(start));
}

void verify_libvhdi(struct verify *verify)
{
	const char *reason = reason_by_kind(verify);
	CLEANUP_FREE uint8_t *buffers = NULL;
	struct comparison c = {.verify = verify};
	struct timespec start;

	reason = reason ? reason : reason_by_state(verify);
	if (reason) {
		verify_skip(verify, CHECK, "%s", reason);
		return;
	}
	buffers = malloc(2 * READ_BYTES);
	if (!buffers) {
		verify_fail(verify, CHECK, "no memory");
		return;
	}
	c.ours = buffers;
	c.theirs = buffers + READ_BYTES;
	c.sample_holes = verify->disk->size > FULL_READ_MAX;
	c.spacing = max_u64(SAMPLE_SPACING, verify->disk->size / MAX_SAMPLES);
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (open_theirs(&c) && compare_all(&c))
		report_agreement(&c, &start);
	else
		verify_fail(verify, CHECK, "%s", c.fault);
	if (c.file)
		libvhdi_file_free(&c.file, NULL);
}

uint64_t verify_libvhdi_work(struct verify *verify)
{
	struct disk *disk = verify->disk;
	bool reads_holes = disk->size <= FULL_READ_MAX;
	uint64_t work = 0;

	if (reason_by_kind(verify))
		return 0;
	for (uint64_t at = 0; at < disk->size;) {
		struct disk_extent extent;

		if (disk_extent(disk, at, &extent, NULL) < 0)
			break;
		if (extent.kind == DISK_DATA || extent.kind == DISK_MEMORY)
			work += extent.length;
		else if (reads_holes)
			work += extent.length / HOLE_SHARE;
		at += extent.length;
	}
	return work;
}

#else

uint64_t verify_libvhdi_work(struct verify *verify)
{
	(void)verify;
	return 0;
}

void verify_libvhdi(struct verify *verify)
{
	verify_skip(verify, CHECK, "built without libvhdi");
}

#endif
