/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scratch disks and foreign tools for tests: see scratch.h. */
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_FOR_TOOLS "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; "

struct scratch {
	struct disk disk;
	char *path;
	int fd;
};

static void die(const char *what)
{
	perror(what);
	abort();
}

static int scratch_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	struct scratch *scratch = (struct scratch *)disk;

	if (pread(scratch->fd, buffer, length, (off_t)offset) != (ssize_t)length)
		return error_errno(err, "'%s': cannot read", disk->name);
	return 0;
}

static int scratch_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			 struct error *err)
{
	struct scratch *scratch = (struct scratch *)disk;

	if (pwrite(scratch->fd, buffer, length, (off_t)offset) != (ssize_t)length)
		return error_errno(err, "'%s': cannot write", disk->name);
	return 0;
}

static int scratch_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			  struct error *err)
{
	(void)err;
	*ret = (struct disk_extent){.kind = DISK_DATA,
				    .length = disk->size - offset,
				    .fd = ((struct scratch *)disk)->fd,
				    .file_offset = offset};
	return 0;
}

static void scratch_close(struct disk *disk)
{
	struct scratch *scratch = (struct scratch *)disk;

	close(scratch->fd);
	free(scratch->path);
	free(scratch);
}

static const struct disk_ops scratch_ops = {scratch_read, scratch_write, scratch_extent,
					    scratch_close};

static struct disk *open_fd(const char *path, int fd, uint64_t size, uint32_t sector_size)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch || !(scratch->path = strdup(path)))
		die(path);
	scratch->fd = fd;
	scratch->disk = (struct disk){.ops = &scratch_ops,
				      .name = scratch->path,
				      .size = size,
				      .sector_size = sector_size};
	return &scratch->disk;
}

struct disk *scratch_new(const char *path, uint64_t size, uint32_t sector_size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		die(path);
	return open_fd(path, fd, size, sector_size);
}

struct disk *scratch_open(const char *path, uint32_t sector_size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	return open_fd(path, fd, (uint64_t)st.st_size, sector_size);
}

bool tool_exists(const char *name)
{
	return tool_run(NULL, "command -v %s", name) == 0;
}

static char *read_all(FILE *from)
{
	char *text = NULL, buffer[4096];
	size_t size = 0, got;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		die("open_memstream");
	while ((got = fread(buffer, 1, sizeof(buffer), from)) > 0)
		fwrite(buffer, 1, got, to);
	fclose(to);
	return text;
}

int tool_run(char **ret_output, const char *format, ...)
{
	CLEANUP_FREE char *command = NULL, *line = NULL;
	va_list args;
	char *output;
	FILE *pipe;
	int status;

	va_start(args, format);
	if (vasprintf(&command, format, args) < 0)
		die("vasprintf");
	va_end(args);
	if (asprintf(&line, PATH_FOR_TOOLS "{ %s\n} 2>&1 </dev/null", command) < 0)
		die("asprintf");
	pipe = popen(line, "r");
	if (!pipe)
		die("popen");
	output = read_all(pipe);
	status = pclose(pipe);
	if (ret_output)
		*ret_output = output;
	else
		free(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

uint8_t *file_read(const char *path, size_t *ret_size)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	data = calloc(1, (size_t)st.st_size + 1);
	if (!data || read(fd, data, (size_t)st.st_size) != st.st_size)
		die(path);
	if (ret_size)
		*ret_size = (size_t)st.st_size;
	return data;
}

void file_write(const char *path, const void *data, size_t size)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		die(path);
}

uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t random_below(uint64_t *state, uint64_t limit)
{
	return (random_next(state) >> 11) % limit;
}

uint64_t random_seed(const char *what)
{
	const char *text = getenv("HVGEN2_SEED");
	struct timespec now;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = text ? strtoull(text, NULL, 0)
		    : (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec;
	seed = seed ? seed : 1;
	fprintf(stderr, "%s: HVGEN2_SEED=%" PRIu64 "\n", what, seed);
	return seed;
}
