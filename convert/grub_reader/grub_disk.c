/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library for grub-fstest (LD_PRELOAD): the disk that it reads is no file, but what the other end of
 * its standard input reads (pieces.h). So it needs neither a raw copy nor FUSE, and reads the disk
 * that the program has open. The file that it is given is this library itself, of which it asks the
 * size by fstat(), seeks in it, and reads; it opens it once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "convert/grub_reader/pieces.h"

static struct {
	dev_t device;
	ino_t inode;	   /* of the library; 0: it is not known */
	uint64_t size, at; /* of the disk */
} disk;

/* Not by a function that stands in front of glibc's below. */
static int look_at(int fd, struct stat *ret)
{
	return fstatat(fd, "", ret, AT_EMPTY_PATH);
}

static bool is_disk(int fd)
{
	struct stat st;

	return disk.inode && look_at(fd, &st) == 0 && st.st_dev == disk.device &&
	       st.st_ino == disk.inode;
}

/* What cannot be told here is told by the greeting that does not come. */
__attribute__((constructor)) static void greet(void)
{
	static const struct piece_request greeting = {.offset = PIECES_GREETING};
	const char *library = getenv("LD_PRELOAD"), *size = getenv(PIECES_SIZE);
	struct stat st;

	if (!library || !size || stat(library, &st) < 0 ||
	    write(STDIN_FILENO, &greeting, sizeof(greeting)) != sizeof(greeting))
		return;
	disk.device = st.st_dev;
	disk.inode = st.st_ino;
	disk.size = strtoull(size, NULL, 10);
}

static ssize_t read_disk(void *buffer, uint64_t size)
{
	struct piece_request request = {.offset = disk.at, .size = size};
	struct piece_answer answer;
	struct iovec parts[] = {{&answer, sizeof(answer)}, {buffer, 0}};

	if (disk.at >= disk.size || size == 0)
		return 0;
	if (request.size > PIECE_MOST)
		request.size = PIECE_MOST;
	if (request.size > disk.size - disk.at)
		request.size = disk.size - disk.at;
	parts[1].iov_len = (size_t)request.size;
	if (write(STDIN_FILENO, &request, sizeof(request)) != sizeof(request) ||
	    readv(STDIN_FILENO, parts, 2) != (ssize_t)(sizeof(answer) + request.size) ||
	    answer.code != 0) {
		errno = EIO;
		return -1;
	}
	disk.at += request.size;
	return (ssize_t)request.size;
}

static off_t seek_in_disk(off_t offset, int whence)
{
	off_t start = whence == SEEK_SET   ? 0
		      : whence == SEEK_CUR ? (off_t)disk.at
					   : (off_t)disk.size;
	off_t to;

	if (__builtin_add_overflow(start, offset, &to) || to < 0) {
		errno = EINVAL;
		return -1;
	}
	disk.at = (uint64_t)to;
	return to;
}

static int stat_file(int fd, struct stat *ret)
{
	int r = look_at(fd, ret);

	if (r == 0 && is_disk(fd))
		ret->st_size = (off_t)disk.size;
	return r;
}

/* In front of glibc's. Which of several GRUB calls is how it was built, and with which glibc. */
#define IN_FRONT_OF(name) __asm__(name) __attribute__((visibility("default")))

ssize_t read_any(int fd, void *buffer, size_t size) IN_FRONT_OF("read");
off_t seek_any(int fd, off_t offset, int whence) IN_FRONT_OF("lseek64");
off_t seek_small(int fd, off_t offset, int whence) IN_FRONT_OF("lseek");
int stat_any(int fd, struct stat *ret) IN_FRONT_OF("fstat64");
int stat_small(int fd, struct stat *ret) IN_FRONT_OF("fstat");
int stat_old(int version, int fd, struct stat *ret) IN_FRONT_OF("__fxstat64");
int stat_old_small(int version, int fd, struct stat *ret) IN_FRONT_OF("__fxstat");
DIR *open_folder(const char *path) IN_FRONT_OF("opendir");

ssize_t read_any(int fd, void *buffer, size_t size)
{
	return is_disk(fd) ? read_disk(buffer, size) : syscall(SYS_read, fd, buffer, size);
}

off_t seek_any(int fd, off_t offset, int whence)
{
	return is_disk(fd) ? seek_in_disk(offset, whence) : syscall(SYS_lseek, fd, offset, whence);
}

off_t seek_small(int fd, off_t offset, int whence)
{
	return seek_any(fd, offset, whence);
}

int stat_any(int fd, struct stat *ret)
{
	return stat_file(fd, ret);
}

int stat_small(int fd, struct stat *ret)
{
	return stat_file(fd, ret);
}

int stat_old(int version, int fd, struct stat *ret)
{
	(void)version;
	return stat_file(fd, ret);
}

int stat_old_small(int version, int fd, struct stat *ret)
{
	(void)version;
	return stat_file(fd, ret);
}

/* GRUB sees by the top of the host's paths that it can read them, and is not allowed to look there. */
DIR *open_folder(const char *path)
{
	int fd = open(strcmp(path, "/") == 0 ? "/usr" : path,
		      O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}
