/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk that is served: see served.h. */
#include "convert/nbd/served.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"

#define SECTOR 512

static int invalid(struct error *err)
{
	return error_failed(err, EPROTO, "the map of the disk is not valid");
}

/* How much of a file the map may point into; of a block device it is not known. */
static uint64_t end_of(const struct served *served, uint64_t from)
{
	if (from == MAP_MEMORY)
		return served->map.memory_size;
	return from < served->map.file_count ? INT64_MAX : 0;
}

static uint64_t end_of_piece(const struct served *served, size_t index)
{
	return index + 1 < served->map.piece_count ? served->pieces[index + 1].start
						   : served->map.disk_size;
}

static bool pieces_are_valid(const struct served *served)
{
	for (size_t i = 0; i < served->map.piece_count; i++) {
		const struct map_piece *piece = &served->pieces[i];
		uint64_t end = end_of_piece(served, i);

		if (end <= piece->start || end > served->map.disk_size)
			return false;
		if (piece->from != MAP_ZERO &&
		    !range_within(piece->offset, end - piece->start, end_of(served, piece->from)))
			return false;
	}
	return served->pieces[0].start == 0;
}

static bool numbers_are_valid(const struct map *map, size_t file_count)
{
	return map->file_count == file_count && file_count > 0 && map->piece_count > 0 &&
	       map->piece_count <= MAP_PIECES_MAX && map->memory_size <= MAP_MEMORY_MAX &&
	       map->disk_size > 0 && map->disk_size <= INT64_MAX && map->disk_size % SECTOR == 0;
}

/* Nobody changes it any more, and it has this size. */
static bool seal(int fd, uint64_t size)
{
	struct stat st;

	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
		       0 &&
	       fstat(fd, &st) == 0 && (uint64_t)st.st_size == size;
}

static int take_pieces(struct served *served, int fd, struct error *err)
{
	uint64_t size = served->map.piece_count * sizeof(struct map_piece);
	void *pieces;

	if (!seal(fd, size) || !seal(served->memory, served->map.memory_size))
		return invalid(err);
	/* Kernels before 6.7 take MAP_SHARED of what is sealed for a way to write. */
	pieces = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (pieces == MAP_FAILED)
		return error_errno(err, "cannot keep the map of the disk");
	served->pieces = pieces;
	return pieces_are_valid(served) ? 0 : invalid(err);
}

static int check_file(int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && fstat(fd, &st) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return 0;
	return error_failed(err, EPROTO, "a file of the source is no file to be read");
}

int served_open(const struct map *map, const struct map_sinks *sinks, size_t file_count,
		struct served *ret, struct error *err)
{
	CLEANUP_FD int pieces = sinks->pieces;
	int r = 0;

	*ret = (struct served){.map = *map, .memory = sinks->memory};
	ret->map.file_count = file_count;
	memcpy(ret->files, sinks->files, file_count * sizeof(*ret->files));
	if (!numbers_are_valid(map, file_count))
		return invalid(err);
	for (size_t i = 0; r == 0 && i < file_count; i++)
		r = check_file(ret->files[i], err);
	return r < 0 ? r : take_pieces(ret, pieces, err);
}

void served_done(struct served *served)
{
	if (served->pieces)
		munmap((void *)(uintptr_t)served->pieces,
		       served->map.piece_count * sizeof(struct map_piece));
	for (size_t i = 0; i < served->map.file_count; i++)
		close(served->files[i]);
	cleanup_close(&served->memory);
	*served = (struct served)SERVED_INIT;
}

static int file_of(const struct served *served, const struct map_piece *piece)
{
	return piece->from == MAP_MEMORY ? served->memory : served->files[piece->from];
}

/* The piece that holds 'offset'. */
static size_t find_piece(const struct served *served, uint64_t offset)
{
	size_t low = 0, high = served->map.piece_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (served->pieces[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* What the file is called now, whoever opened it by whatever name. */
static const char *name_of(int fd, char name[1024])
{
	char link[32];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, name, 1023);
	name[length < 0 ? 0 : length] = '\0';
	return name;
}

static int tell_changed(struct served *served, int fd, struct error *err)
{
	char name[1024];

	if (atomic_exchange(&served->is_changed, true))
		return -EIO;
	return error_failed(err, EIO,
			    "'%s' was changed while it is served: what was read so far may be a "
			    "mixture, and no more is; serve it again when nobody writes to it",
			    name_of(fd, name));
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_unchanged(int fd, const struct map_file *then)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return false;
	return S_ISBLK(now.st_mode) || ((uint64_t)now.st_size == then->size &&
					is_same_time(&now.st_mtim, &then->modified) &&
					is_same_time(&now.st_ctim, &then->changed));
}

/* After what was read: by then a change has left its time. */
static int check_unchanged(struct served *served, struct error *err)
{
	if (atomic_load(&served->is_changed))
		return -EIO;
	for (size_t i = 0; i < served->map.file_count; i++)
		if (!is_unchanged(served->files[i], &served->map.files[i]))
			return tell_changed(served, served->files[i], err);
	return 0;
}

static int read_file(struct served *served, int fd, uint8_t *to, size_t length, uint64_t offset,
		     struct error *err)
{
	while (length > 0) {
		ssize_t n = pread(fd, to, length, (off_t)offset);
		char name[1024];

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "'%s': reading at %" PRIu64, name_of(fd, name),
					   offset);
		if (n == 0)
			return tell_changed(served, fd, err);
		to += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

int served_read(struct served *served, void *buffer, size_t length, uint64_t offset,
		struct error *err)
{
	uint8_t *to = buffer;
	int r = 0;

	for (size_t i = find_piece(served, offset); r == 0 && length > 0; i++) {
		const struct map_piece *piece = &served->pieces[i];
		size_t now = (size_t)min_u64(length, end_of_piece(served, i) - offset);

		if (piece->from == MAP_ZERO)
			memset(to, 0, now);
		else
			r = read_file(served, file_of(served, piece), to, now,
				      piece->offset + (offset - piece->start), err);
		to += now;
		offset += now;
		length -= now;
	}
	return r < 0 ? r : check_unchanged(served, err);
}

/* Holes of a file that nobody fills are as good as those of the disk. */
static void look_for_hole(int fd, uint64_t offset, struct served_extent *extent)
{
	off_t data = lseek(fd, (off_t)offset, SEEK_DATA), hole;

	if (data < 0) {
		extent->is_zero = errno == ENXIO;
	} else if ((uint64_t)data > offset) {
		extent->is_zero = true;
		extent->length = min_u64(extent->length, (uint64_t)data - offset);
	} else {
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole > data)
			extent->length = min_u64(extent->length, (uint64_t)(hole - data));
	}
}

int served_extent(struct served *served, uint64_t offset, struct served_extent *ret,
		  struct error *err)
{
	size_t i = find_piece(served, offset);
	const struct map_piece *piece = &served->pieces[i];

	*ret = (struct served_extent){.length = end_of_piece(served, i) - offset,
				      .is_zero = piece->from == MAP_ZERO};
	if (piece->from < served->map.file_count)
		look_for_hole(served->files[piece->from], piece->offset + (offset - piece->start),
			      ret);
	return check_unchanged(served, err);
}

void served_cache(struct served *served, uint64_t length, uint64_t offset)
{
	for (size_t i = find_piece(served, offset); length > 0; i++) {
		const struct map_piece *piece = &served->pieces[i];
		uint64_t now = min_u64(length, end_of_piece(served, i) - offset);

		if (piece->from != MAP_ZERO)
			(void)posix_fadvise(file_of(served, piece),
					    (off_t)(piece->offset + (offset - piece->start)),
					    (off_t)now, POSIX_FADV_WILLNEED);
		offset += now;
		length -= now;
	}
}
