/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTFS images for tests: see ntfs_image.h. */
#include "ntfs_image.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ntfs-3g/unistr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wimlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/ntfs/wof.h"

/* libntfs-3g loses a few bytes when it gives up half-way through a mount. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libntfs-3g";
}

bool image_can_make(void)
{
	const char *const argv[] = {"mkntfs", "--version", NULL};

	return image_run(argv, NULL) == 0;
}

int image_run(const char *const *argv, char **ret_output)
{
	size_t used = 0, room = 1 << 16;
	char *output = malloc(room);
	int ends[2], status;
	ssize_t n;
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], output + used, room - used - 1)) > 0) {
		used += (size_t)n;
		if (room - used < 4096)
			output = realloc(output, room *= 2);
	}
	close(ends[0]);
	output[used] = '\0';
	waitpid(child, &status, 0);
	if (ret_output)
		*ret_output = output;
	else
		free(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void image_make_sectors(const char *path, uint64_t size, unsigned int cluster_size,
			unsigned int sector_size)
{
	CLEANUP_FREE char *output = NULL;
	char cluster[16], sector[16];
	const char *const argv[] = {"mkntfs",  "-F", "-q",    "-Q",  "-T", "-s", sector,
				    "-p",      "8",  "-H",    "255", "-S", "63", "-L",
				    "Prüfung", "-c", cluster, path,  NULL};
	int fd;

	snprintf(cluster, sizeof(cluster), "%u", cluster_size);
	snprintf(sector, sizeof(sector), "%u", sector_size);
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	close(fd);
	cr_assert_eq(image_run(argv, &output), 0, "mkntfs: %s", output);
}

void image_make(const char *path, uint64_t size, unsigned int cluster_size)
{
	image_make_sectors(path, size, cluster_size, 512);
}

ntfs_volume *image_mount(const char *path)
{
	ntfs_volume *volume = ntfs_mount(path, 0);

	cr_assert(volume, "cannot mount %s: %s", path, strerror(errno));
	return volume;
}

void image_unmount(ntfs_volume *volume)
{
	cr_assert_eq(ntfs_umount(volume, FALSE), 0);
}

ntfs_inode *image_open(ntfs_volume *volume, const char *path)
{
	ntfs_inode *inode = ntfs_pathname_to_inode(volume, NULL, path);

	cr_assert(inode, "no %s: %s", path, strerror(errno));
	return inode;
}

/*
 * Make the entry 'name' in 'folder'. A file inherits compression from its folder, which gets it for
 * the moment only.
 */
static void make_entry(ntfs_volume *volume, const char *folder, const char *name, mode_t type,
		       bool compressed)
{
	ntfs_inode *parent = image_open(volume, folder), *child;
	const FILE_ATTR_FLAGS flags = parent->flags;
	ntfschar *text = NULL;
	int length = ntfs_mbstoucs(name, &text);

	if (compressed)
		parent->flags |= FILE_ATTR_COMPRESSED;
	child = ntfs_create(parent, 0, text, (u8)length, type);
	cr_assert(child, "cannot make %s in %s: %s", name, folder, strerror(errno));
	parent->flags = flags;
	cr_assert_eq(ntfs_inode_close_in_dir(child, parent), 0);
	cr_assert_eq(ntfs_inode_close(parent), 0);
	free(text);
}

static bool exists(ntfs_volume *volume, const char *path)
{
	ntfs_inode *inode = ntfs_pathname_to_inode(volume, NULL, path);

	if (inode)
		ntfs_inode_close(inode);
	return inode;
}

static void make_path(ntfs_volume *volume, const char *path, bool compressed)
{
	char part[512] = "";
	char folder[512] = "/";

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *name;

		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		name = strrchr(part, '/') ? strrchr(part, '/') + 1 : part;
		if (!exists(volume, part))
			make_entry(volume, folder, name, S_IFDIR, false);
		snprintf(folder, sizeof(folder), "%s", part);
	}
	make_entry(volume, folder, strrchr(path, '/') ? strrchr(path, '/') + 1 : path, S_IFREG,
		   compressed);
}

static void write_stream(ntfs_inode *inode, const char *name, const void *data, size_t size,
			 uint64_t at)
{
	ntfschar *text = NULL;
	int length = name ? ntfs_mbstoucs(name, &text) : 0;
	ntfs_attr *attr = ntfs_attr_open(inode, AT_DATA, name ? text : AT_UNNAMED, (u32)length);

	cr_assert(attr, "cannot open the stream: %s", strerror(errno));
	cr_assert_eq(ntfs_attr_pwrite(attr, (s64)at, (s64)size, data), (s64)size, "%s",
		     strerror(errno));
	cr_assert_eq(ntfs_attr_pclose(attr), 0);
	ntfs_attr_close(attr);
	free(text);
}

void image_add(ntfs_volume *volume, const char *path, const void *data, size_t size)
{
	ntfs_inode *inode;

	make_path(volume, path, false);
	inode = image_open(volume, path);
	write_stream(inode, NULL, data, size, 0);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

void image_add_compressed(ntfs_volume *volume, const char *path, const void *data, size_t size)
{
	ntfs_inode *inode;

	NVolSetCompression(volume);
	make_path(volume, path, true);
	inode = image_open(volume, path);
	cr_assert(inode->flags & FILE_ATTR_COMPRESSED);
	write_stream(inode, NULL, data, size, 0);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

void image_add_sparse(ntfs_volume *volume, const char *path, uint64_t size, const void *tail,
		      size_t tail_size)
{
	ntfs_inode *inode;
	ntfs_attr *attr;

	make_path(volume, path, false);
	inode = image_open(volume, path);
	attr = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	cr_assert_eq(ntfs_attr_truncate(attr, (s64)size), 0);
	ntfs_attr_close(attr);
	if (tail_size)
		write_stream(inode, NULL, tail, tail_size, size - tail_size);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

void image_add_stream(ntfs_volume *volume, const char *path, const char *name, const void *data,
		      size_t size)
{
	ntfs_inode *inode = image_open(volume, path);
	ntfschar *text = NULL;
	int length = ntfs_mbstoucs(name, &text);

	cr_assert_eq(ntfs_attr_add(inode, AT_DATA, text, (u8)length, NULL, 0), 0);
	free(text);
	write_stream(inode, name, data, size, 0);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

void image_set_reparse(ntfs_volume *volume, const char *path, const void *reparse, size_t size)
{
	ntfs_inode *inode = image_open(volume, path);

	cr_assert_eq(ntfs_set_ntfs_reparse_data(inode, reparse, size, 0), 0, "%s", strerror(errno));
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

static const size_t wof_chunk[] = {4096, 32768, 8192, 16384};

uint8_t *image_wof_stream(unsigned int algorithm, const void *data, size_t size, size_t *ret_size)
{
	size_t chunk = wof_chunk[algorithm], count = (size + chunk - 1) / chunk;
	size_t table = (count - 1) * 4, used = table;
	uint8_t *stream = malloc(table + size);
	struct wimlib_compressor *compressor;

	cr_assert_eq(wimlib_create_compressor(algorithm == 1 ? WIMLIB_COMPRESSION_TYPE_LZX
							     : WIMLIB_COMPRESSION_TYPE_XPRESS,
					      chunk, 50, &compressor),
		     0);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *from = (const uint8_t *)data + i * chunk;
		size_t part = min_u64(chunk, size - i * chunk), n;

		if (i)
			put_le32(stream + (i - 1) * 4, (uint32_t)(used - table));
		n = wimlib_compress(from, part, stream + used, part - 1, compressor);
		if (n == 0)
			memcpy(stream + used, from, n = part);
		used += n;
	}
	wimlib_free_compressor(compressor);
	*ret_size = used;
	return stream;
}

void image_add_wof(ntfs_volume *volume, const char *path, unsigned int algorithm, const void *data,
		   size_t size)
{
	uint8_t reparse[24] = {0};
	size_t stream_size;
	CLEANUP_FREE uint8_t *stream = image_wof_stream(algorithm, data, size, &stream_size);

	put_le32(reparse, WOF_REPARSE_TAG);
	put_le16(reparse + 4, 16);
	put_le32(reparse + 8, 1);
	put_le32(reparse + 12, 2);
	put_le32(reparse + 16, 1);
	put_le32(reparse + 20, algorithm);
	image_add_sparse(volume, path, size, NULL, 0);
	image_add_stream(volume, path, WOF_STREAM, stream, stream_size);
	image_set_reparse(volume, path, reparse, sizeof(reparse));
}

#define PAGE 4096

/*
 * A restart page with one client (libntfs-3g logfile.h, RESTART_PAGE_HEADER, RESTART_AREA,
 * LOG_CLIENT_RECORD).
 */
static void restart_page(uint8_t page[PAGE], unsigned int major, unsigned int minor, bool clean,
			 uint64_t log_size)
{
	uint8_t *area = page + 0x30, *client = area + 0x40;
	unsigned int bits = 0;

	memset(page, 0, PAGE);
	memcpy(page, "RSTR", 4);
	put_le16(page + 4, 0x1e);
	put_le16(page + 6, 1 + PAGE / 512);
	put_le32(page + 16, PAGE);
	put_le32(page + 20, PAGE);
	put_le16(page + 24, 0x30);
	put_le16(page + 26, (uint16_t)minor);
	put_le16(page + 28, (uint16_t)major);
	put_le16(page + 0x1e, 1);
	for (uint64_t left = log_size; left; left >>= 1)
		bits++;
	put_le64(area, 1000);
	put_le16(area + 8, 1);
	put_le16(area + 10, 0xffff);
	put_le16(area + 12, 0);
	put_le16(area + 14, clean ? 2 : 0);
	put_le32(area + 16, 67 - bits);
	put_le16(area + 20, 0x40 + 0xa0);
	put_le16(area + 22, 0x40);
	put_le64(area + 24, log_size);
	put_le16(area + 36, 0x30);
	put_le16(area + 38, 0x40);
	put_le16(client + 16, 0xffff);
	put_le16(client + 18, 0xffff);
	put_le32(client + 28, 8);
	memcpy(client + 32, "N\0T\0F\0S\0", 8);
	for (size_t sector = 0; sector < PAGE / 512; sector++) {
		uint8_t *last = page + sector * 512 + 510;

		memcpy(page + 0x20 + sector * 2, last, 2);
		put_le16(last, 1);
	}
}

void image_set_journal(ntfs_volume *volume, unsigned int major, unsigned int minor, bool clean)
{
	ntfs_inode *inode = ntfs_inode_open(volume, FILE_LogFile);
	ntfs_attr *attr = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	uint8_t page[PAGE];

	restart_page(page, major, minor, clean, (uint64_t)attr->data_size);
	cr_assert_eq(ntfs_attr_pwrite(attr, 0, PAGE, page), PAGE);
	cr_assert_eq(ntfs_attr_pwrite(attr, PAGE, PAGE, page), PAGE);
	ntfs_attr_close(attr);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

void image_pattern(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = i % 2 ? (uint8_t)(i / 64) : (uint8_t)(seed >> 24);
	}
}

struct image_disk {
	struct disk disk;
	int fd;
	char *path;
};

static int image_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		      struct error *err)
{
	ssize_t n = pread(((struct image_disk *)disk)->fd, buffer, length, (off_t)offset);

	return n == (ssize_t)length ? 0 : error_failed(err, EIO, "read");
}

static int image_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	ssize_t n = pwrite(((struct image_disk *)disk)->fd, buffer, length, (off_t)offset);

	return n == (ssize_t)length ? 0 : error_failed(err, EIO, "write");
}

static int image_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			struct error *err)
{
	(void)err;
	*ret = (struct disk_extent){.kind = DISK_MEMORY, .length = disk->size - offset, .fd = -1};
	return 0;
}

static void image_close(struct disk *disk)
{
	struct image_disk *image = (struct image_disk *)disk;

	close(image->fd);
	free(image->path);
	free(image);
}

static const struct disk_ops reading = {image_read, NULL, image_extent, image_close};
static const struct disk_ops writing = {image_read, image_write, image_extent, image_close};

struct disk *image_disk(const char *path, bool writable)
{
	struct image_disk *image = calloc(1, sizeof(*image));
	struct stat st;

	image->fd = open(path, writable ? O_RDWR | O_CLOEXEC : O_RDONLY | O_CLOEXEC);
	cr_assert_geq(image->fd, 0, "%s: %s", path, strerror(errno));
	cr_assert_eq(fstat(image->fd, &st), 0);
	image->path = strdup(path);
	image->disk = (struct disk){.ops = writable ? &writing : &reading,
				    .name = image->path,
				    .size = (uint64_t)st.st_size,
				    .sector_size = 512};
	return &image->disk;
}
