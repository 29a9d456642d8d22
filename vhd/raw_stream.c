/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk as a stream of its bytes: into a pipe, a device, or a file at the place where it stands.
 * What can only be written in one go from front to end has no block that is left out: zeros are
 * written, but at the end of a regular file, where nothing is that they would have to cover.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "vhd/copy.h"
#include "vhd/vhd.h"

struct stream {
	int fd;
	const char *name;
	struct disk *disk;
	uint8_t *buffer;      /* COPY_BUFFER bytes */
	const uint8_t *zeros; /* as many */
	bool skips_zeros;
	uint64_t skipped; /* in front of what is written next */
	const struct vhd_progress *progress;
};

static int stream_failed(const struct stream *stream, int code, uint64_t done, struct error *err)
{
	return error_failed(err, code, "'%s': %s after %" PRIu64 " of %" PRIu64 " bytes: %s",
			    stream->name, code == EPIPE ? "the reader has gone" : "cannot write",
			    done, stream->disk->size, strerror(code));
}

/* Whoever gave us the pipe may have made it one that does not wait. */
static void wait_for_reader(int fd)
{
	struct pollfd poll = {.fd = fd, .events = POLLOUT};

	(void)ppoll(&poll, 1, NULL, NULL);
}

static int write_all(const struct stream *stream, const uint8_t *from, size_t length, uint64_t done,
		     struct error *err)
{
	while (length > 0) {
		ssize_t n = write(stream->fd, from, length);

		if (n < 0 && errno == EAGAIN)
			wait_for_reader(stream->fd);
		else if (n < 0 && errno != EINTR)
			return stream_failed(stream, errno, done, err);
		if (n <= 0)
			continue;
		from += n;
		length -= (size_t)n;
		done += (uint64_t)n;
	}
	return 0;
}

/* A hole in the file, which its end covers when nothing comes behind it. */
static int step_over(struct stream *stream, uint64_t done, struct error *err)
{
	off_t at = lseek(stream->fd, (off_t)stream->skipped, SEEK_CUR);

	if (at < 0 || (stream->skipped && ftruncate(stream->fd, at) < 0))
		return stream_failed(stream, errno, done, err);
	stream->skipped = 0;
	return 0;
}

static int put(struct stream *stream, const uint8_t *from, size_t length, uint64_t done,
	       struct error *err)
{
	int r = 0;

	if (stream->skips_zeros && (from == stream->zeros || is_zero(from, length))) {
		stream->skipped += length;
		return 0;
	}
	if (stream->skipped)
		r = step_over(stream, done, err);
	return r < 0 ? r : write_all(stream, from, length, done, err);
}

static int put_extent(struct stream *stream, uint64_t offset, const struct disk_extent *extent,
		      struct error *err)
{
	bool is_hole = extent->kind == DISK_HOLE || extent->kind == DISK_ZERO;
	uint64_t end = offset + extent->length;
	int r = 0;

	while (r == 0 && offset < end) {
		size_t length = (size_t)min_u64(end - offset, COPY_BUFFER);

		if (!is_hole)
			r = disk_read(stream->disk, stream->buffer, length, offset, err);
		if (r == 0)
			r = put(stream, is_hole ? stream->zeros : stream->buffer, length, offset,
				err);
		offset += length;
		if (r == 0 && stream->progress)
			stream->progress->update(stream->progress->opaque, offset,
						 stream->disk->size);
	}
	return r;
}

static int put_all(struct stream *stream, struct error *err)
{
	uint64_t size = stream->disk->size, offset = 0;
	struct disk_extent extent;
	int r = 0;

	while (r == 0 && offset < size) {
		r = disk_extent(stream->disk, offset, &extent, err);
		if (r == 0)
			r = put_extent(stream, offset, &extent, err);
		offset += extent.length;
	}
	return r < 0 || !stream->skipped ? r : step_over(stream, size, err);
}

/* Is nothing behind the place where the stream begins, and can it be left? */
static bool is_at_end_of_file(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	return flags >= 0 && !(flags & O_APPEND) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       lseek(fd, 0, SEEK_CUR) >= st.st_size;
}

int raw_stream(int fd, const char *name, struct disk *contents, const struct vhd_progress *progress,
	       struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = malloc(COPY_BUFFER), *zeros = calloc(1, COPY_BUFFER);
	struct stream stream = {.fd = fd,
				.name = name,
				.disk = contents,
				.buffer = buffer,
				.zeros = zeros,
				.skips_zeros = is_at_end_of_file(fd),
				.progress = progress};

	if (!buffer || !zeros)
		return error_failed(err, ENOMEM, "out of memory");
	return put_all(&stream, err);
}
