/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the tests of vhd/: see support.h. */
#include "tests/vhd/support.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_LIBVHDI
#include <libvhdi.h>
#endif

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/io.h"

#define BUFFER (256 * 1024)

char *test_path(const char *name)
{
	char *path;

	cr_assert(asprintf(&path, "%s/tests/vhd/tmp-%d-%s", BUILD_DIR, (int)getpid(), name) > 0);
	return path;
}

void support_clean(void)
{
	run("rm -rf '%s'/tests/vhd/tmp-%d-*", BUILD_DIR, (int)getpid());
}

int run(const char *format, ...)
{
	CLEANUP_FREE char *command = NULL;
	CLEANUP_FREE char *quiet = NULL;
	va_list args;
	int status;

	va_start(args, format);
	cr_assert(vasprintf(&command, format, args) > 0);
	va_end(args);
	cr_assert(asprintf(&quiet, "{ %s; } >/dev/null 2>&1", command) > 0);
	status = system(quiet);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

bool have(const char *program)
{
	return run("command -v %s", program) == 0;
}

void need_file(const char *path)
{
	if (access(path, R_OK) != 0)
		cr_skip_test("'%s' is not there", path);
}

void need_tool(const char *program)
{
	if (!have(program))
		cr_skip_test("%s is not installed", program);
}

char *unpack(const char *name)
{
	CLEANUP_FREE char *from = NULL;
	const char *base = strrchr(name, '/');
	char *to = test_path(base ? base + 1 : name);

	cr_assert(asprintf(&from, "%s/hyperv/%s.gz", SHARED_DATA, name) > 0);
	need_file(from);
	cr_assert_eq(run("gzip -dc '%s' > '%s'", from, to), 0);
	return to;
}

uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static void write_run(int fd, uint64_t offset, uint64_t length, uint64_t *state)
{
	uint8_t buffer[4096];

	while (length > 0) {
		size_t n = (size_t)min_u64(length, sizeof(buffer));

		for (size_t i = 0; i < sizeof(buffer); i += 8)
			put_le64(buffer + i, next_random(state));
		cr_assert_eq(io_write(fd, buffer, n, offset), 0);
		offset += n;
		length -= n;
	}
}

void make_raw(const char *path, uint64_t size, unsigned int runs, uint64_t max_run, uint64_t seed)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint64_t state = seed | 1;

	cr_assert(fd >= 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	for (unsigned int i = 0; i < runs; i++) {
		uint64_t length = next_random(&state) % max_run + 1;
		uint64_t offset = next_random(&state) % size;

		write_run(fd, offset, min_u64(length, size - offset), &state);
	}
	write_run(fd, size - 512, 512, &state);
	cr_assert_eq(io_write(fd, "\x55\xaa", 2, 510), 0);
}

struct disk *open_as(const char *path, enum vhd_open_format format)
{
	const struct vhd_open_options options = {.format = format};
	struct error err = ERROR_INIT;
	struct disk *disk = NULL;

	cr_assert_eq(vhd_open(path, &options, &disk, &err), 0, "%s", err.message);
	return disk;
}

struct disk *open_disk(const char *path)
{
	return open_as(path, VHD_OPEN_BY_NAME);
}

struct error open_error(const char *path)
{
	struct error err = ERROR_INIT;
	struct disk *disk = NULL;

	cr_assert(vhd_open(path, NULL, &disk, &err) < 0, "'%s' was opened", path);
	cr_assert(err.kind != ERROR_NONE && err.message[0]);
	return err;
}

/* Read the raw file; past its end there are zeros. */
static void read_raw(int fd, uint8_t *buffer, size_t length, uint64_t offset)
{
	ssize_t n = pread(fd, buffer, length, (off_t)offset);

	cr_assert(n >= 0);
	memset(buffer + n, 0, length - (size_t)n);
}

/* What the extent says must be what disk_read() gives; 'bytes' are of the extent's start. */
static void check_extent(const struct disk_extent *extent, const uint8_t *bytes, size_t length,
			 uint64_t offset)
{
	CLEANUP_FREE uint8_t *stored = malloc(length);

	if (extent->kind == DISK_HOLE || extent->kind == DISK_ZERO)
		cr_assert(is_zero(bytes, length), "extent at %" PRIu64 " is not zero", offset);
	if (extent->kind != DISK_DATA)
		return;
	cr_assert_eq(io_read(extent->fd, stored, length, extent->file_offset), 0);
	cr_assert_eq(memcmp(stored, bytes, length), 0, "extent at %" PRIu64, offset);
}

/* Where the next byte may be that is not zero according to the extent; the end of the extent when
 * there is none. */
static uint64_t data_in_extent(const struct disk_extent *extent, uint64_t offset)
{
	uint64_t start, end;

	if (extent->kind == DISK_HOLE || extent->kind == DISK_ZERO)
		return offset + extent->length;
	if (extent->kind == DISK_MEMORY)
		return offset;
	cr_assert_eq(io_find_data(extent->fd, extent->file_offset,
				  extent->file_offset + extent->length, &start, &end),
		     0);
	return offset + (start - extent->file_offset);
}

/* Skip what is a hole in both. */
static uint64_t next_interesting(struct disk *disk, int fd, uint64_t offset)
{
	struct error err = ERROR_INIT;

	while (offset < disk->size) {
		struct disk_extent extent;
		uint64_t start, end, data, extent_end;

		cr_assert_eq(disk_extent(disk, offset, &extent, &err), 0, "%s", err.message);
		cr_assert(extent.length > 0 && extent.length <= disk->size - offset);
		extent_end = offset + extent.length;
		cr_assert_eq(io_find_data(fd, offset, extent_end, &start, &end), 0);
		data = min_u64(start, data_in_extent(&extent, offset));
		if (data < extent_end)
			return data;
		offset = extent_end;
	}
	return offset;
}

bool has_noticed(const struct disk *disk, const char *text)
{
	struct vhd_findings findings = vhd_member_findings(disk, 0);

	for (size_t i = 0; i < findings.count; i++)
		if (strstr(findings.list[i].text, text))
			return true;
	return false;
}

void expect_same(struct disk *disk, const char *raw_path)
{
	CLEANUP_FD int fd = open(raw_path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE uint8_t *got = malloc(BUFFER);
	CLEANUP_FREE uint8_t *want = malloc(BUFFER);
	struct error err = ERROR_INIT;
	uint64_t offset = 0;

	cr_assert(fd >= 0 && got && want);
	while ((offset = next_interesting(disk, fd, offset)) < disk->size) {
		size_t n = (size_t)min_u64(BUFFER, disk->size - offset);
		struct disk_extent extent;

		cr_assert_eq(disk_read(disk, got, n, offset, &err), 0, "%s", err.message);
		read_raw(fd, want, n, offset);
		cr_assert_eq(memcmp(got, want, n), 0, "%s differs near %" PRIu64, disk->name,
			     offset);
		cr_assert_eq(disk_extent(disk, offset, &extent, &err), 0);
		check_extent(&extent, got, (size_t)min_u64(n, extent.length), offset);
		offset += n;
	}
}

#ifdef HAVE_LIBVHDI
void expect_libvhdi_agrees(struct disk *disk, const char *path)
{
	CLEANUP_FREE uint8_t *ours = malloc(BUFFER);
	CLEANUP_FREE uint8_t *theirs = malloc(BUFFER);
	struct error err = ERROR_INIT;
	libvhdi_file_t *file = NULL;
	size64_t size = 0;

	cr_assert_eq(libvhdi_file_initialize(&file, NULL), 1);
	cr_assert_eq(libvhdi_file_open(file, path, LIBVHDI_OPEN_READ, NULL), 1,
		     "libvhdi refuses %s", path);
	cr_assert_eq(libvhdi_file_get_media_size(file, &size, NULL), 1);
	cr_assert_eq(size, disk->size);
	for (uint64_t offset = 0; offset < size; offset += BUFFER) {
		size_t n = (size_t)min_u64(BUFFER, size - offset);

		cr_assert_eq(disk_read(disk, ours, n, offset, &err), 0, "%s", err.message);
		cr_assert_eq(libvhdi_file_read_buffer_at_offset(file, theirs, n, (off64_t)offset,
								NULL),
			     (ssize_t)n);
		cr_assert_eq(memcmp(ours, theirs, n), 0, "libvhdi differs near %" PRIu64, offset);
	}
	libvhdi_file_close(file, NULL);
	libvhdi_file_free(&file, NULL);
}
#else
void expect_libvhdi_agrees(struct disk *disk, const char *path)
{
	(void)disk;
	cr_log_info("built without libvhdi: '%s' is not compared", path);
}
#endif

struct vhdx_spec sample_spec(enum vhd_type type, uint32_t block_size)
{
	return (struct vhdx_spec){
		.type = type,
		.block_size = block_size,
		.physical_sector_size = 4096,
		.disk_id = GUID(0x11111111, 0x2222, 0x3333, 0x4444, 0x555555555555),
		.file_write_guid = GUID(0xaaaaaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeeeeeeeeeee),
		.data_write_guid = GUID(0x12345678, 0x9abc, 0xdef0, 0x1234, 0x56789abcdef0),
		.creator = "test 1.0",
	};
}

void write_vhdx(const char *path, enum vhd_type type, uint32_t block_size, struct disk *contents)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct vhdx_spec spec = sample_spec(type, block_size);
	struct error err = ERROR_INIT;

	cr_assert(fd >= 0);
	cr_assert_eq(vhdx_write(fd, path, &spec, contents, NULL, &err), 0, "%s", err.message);
}

uint64_t stored_bytes(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

void patch(const char *path, uint64_t offset, const void *bytes, size_t length)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CLOEXEC);

	cr_assert(fd >= 0);
	cr_assert_eq(io_write(fd, bytes, length, offset), 0);
}

void peek(const char *path, uint64_t offset, void *bytes, size_t length)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert(fd >= 0);
	cr_assert_eq(io_read(fd, bytes, length, offset), 0);
}
