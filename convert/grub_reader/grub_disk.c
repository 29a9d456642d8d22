/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library for grub-fstest (LD_PRELOAD): the disk that it reads is no file, but what the other end of
 * its standard input reads (pieces.h). So it needs neither a raw copy nor FUSE, and reads the disk
 * that the program has open. The file that it is given is this library itself, of which it asks the
 * size by fstat(), seeks in it, and reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "convert/grub_reader/pieces.h"

static int look_at(int fd, struct stat *ret)
{
	return fstatat(fd, "", ret, AT_EMPTY_PATH);
}

static int is_disk(const struct stat *st)
{
	const char *library = getenv("LD_PRELOAD");
	struct stat ours;

	return library && stat(library, &ours) == 0 && st->st_dev == ours.st_dev &&
	       st->st_ino == ours.st_ino;
}

/* The kernel keeps the position, which may be behind the end of the library. */
static ssize_t read_disk(int fd, void *buffer, uint64_t size)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	const char *disk_size = getenv(PIECES_SIZE);
	uint64_t end = disk_size ? strtoull(disk_size, NULL, 10) : 0;
	struct piece_request request = {.offset = (uint64_t)at, .size = size};
	struct piece_answer answer;
	struct iovec parts[] = {{&answer, sizeof(answer)}, {buffer, 0}};

	if (at < 0 || request.offset >= end || size == 0)
		return 0;
	if (request.size > PIECE_MOST)
		request.size = PIECE_MOST;
	if (request.size > end - request.offset)
		request.size = end - request.offset;
	parts[1].iov_len = (size_t)request.size;
	if (write(STDIN_FILENO, &request, sizeof(request)) != sizeof(request) ||
	    readv(STDIN_FILENO, parts, 2) != (ssize_t)(sizeof(answer) + request.size) ||
	    answer.code != 0 || lseek(fd, (off_t)request.size, SEEK_CUR) < 0) {
		errno = EIO;
		return -1;
	}
	return (ssize_t)request.size;
}

/* In front of glibc's: which fstat() GRUB calls is how it was built. */
#define IN_FRONT_OF(name) __asm__(name) __attribute__((visibility("default")))

ssize_t read_any(int fd, void *buffer, size_t size) IN_FRONT_OF("read");
int stat_any(int fd, struct stat *ret) IN_FRONT_OF("fstat64");
int stat_any_small(int fd, struct stat *ret) IN_FRONT_OF("fstat");

ssize_t read_any(int fd, void *buffer, size_t size)
{
	struct stat st;

	if (look_at(fd, &st) == 0 && is_disk(&st))
		return read_disk(fd, buffer, size);
	return syscall(SYS_read, fd, buffer, size);
}

int stat_any(int fd, struct stat *ret)
{
	const char *size = getenv(PIECES_SIZE);
	int r = look_at(fd, ret);

	if (r == 0 && size && is_disk(ret))
		ret->st_size = (off_t)strtoull(size, NULL, 10);
	return r;
}

int stat_any_small(int fd, struct stat *ret)
{
	return stat_any(fd, ret);
}
