/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree_hash [-t] IMAGE OFFSET
 *
 * Prints what an NTFS volume holds, to be compared with what another holds. IMAGE is VHDX, VHD or
 * raw, and the volume begins OFFSET bytes into the disk. One line for each file, folder, stream and
 * reparse point, in the order of their names:
 *
 *   folder   attributes  security  -     -        path
 *   file     attributes  security  -     -        path
 *   data     -           -         size  SHA-256  path            the unnamed stream
 *   stream   -           -         size  SHA-256  path:name       a named one, of folders too
 *   reparse  tag         -         size  SHA-256  path
 *
 * with tabs between; attributes, security id and tag in hexadecimal. With -t, a last column
 * "creation,data change,record change" of files and folders in NTFS time. It asks libntfs-3g
 * directly and shares nothing with the code under test but the reader of disk images. The files of
 * the file system itself ($MFT and so on) are left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "convert/ntfs/ntfs3g.h"
#include "sha256.h"
#include "vhd/vhd.h"

#define PIECE (1 << 20)

struct device {
	struct disk *disk;
	uint64_t offset;
};

static bool with_times;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "tree_hash: %s: %s\n", what, why);
	exit(1);
}

static int dev_open(struct ntfs_device *dev, int flags)
{
	(void)flags;
	NDevSetReadOnly(dev);
	NDevSetOpen(dev);
	return 0;
}

static int dev_close(struct ntfs_device *dev)
{
	NTFS3G_CLEAR(dev->d_state, ND_Open);
	return 0;
}

static s64 dev_seek(struct ntfs_device *dev, s64 offset, int whence)
{
	(void)dev;
	(void)whence;
	return offset;
}

static s64 dev_read(struct ntfs_device *dev, void *buffer, s64 count)
{
	(void)dev;
	(void)buffer;
	(void)count;
	errno = EOPNOTSUPP;
	return -1;
}

static s64 dev_write(struct ntfs_device *dev, const void *buffer, s64 count)
{
	(void)dev;
	(void)buffer;
	(void)count;
	errno = EROFS;
	return -1;
}

static s64 dev_pread(struct ntfs_device *dev, void *buffer, s64 count, s64 offset)
{
	struct device *device = dev->d_private;
	struct error err = ERROR_INIT;

	if (disk_read(device->disk, buffer, (size_t)count, device->offset + (uint64_t)offset,
		      &err) < 0)
		die("read", err.message);
	return count;
}

static s64 dev_pwrite(struct ntfs_device *dev, const void *buffer, s64 count, s64 offset)
{
	(void)offset;
	return dev_write(dev, buffer, count);
}

static int dev_sync(struct ntfs_device *dev)
{
	(void)dev;
	return 0;
}

static int dev_stat(struct ntfs_device *dev, struct stat *buf)
{
	struct device *device = dev->d_private;

	*buf = (struct stat){.st_mode = S_IFREG,
			     .st_size = (off_t)(device->disk->size - device->offset)};
	return 0;
}

static int dev_ioctl(struct ntfs_device *dev, unsigned long request, void *argument)
{
	(void)dev;
	(void)request;
	(void)argument;
	errno = EOPNOTSUPP;
	return -1;
}

static struct ntfs_device_operations operations = {dev_open,  dev_close, dev_seek,   dev_read,
						   dev_write, dev_pread, dev_pwrite, dev_sync,
						   dev_stat,  dev_ioctl};

static void hash_attribute(ntfs_inode *inode, ATTR_TYPES type, ntfschar *name, u32 name_length,
			   uint64_t *ret_size, char text[SHA256_TEXT])
{
	static uint8_t buffer[PIECE];
	ntfs_attr *attr = ntfs_attr_open(inode, type, name_length ? name : AT_UNNAMED, name_length);
	struct sha256 sha;

	if (!attr)
		die("attribute", strerror(errno));
	sha256_init(&sha);
	for (s64 at = 0; at < attr->data_size;) {
		s64 n = ntfs_attr_pread(attr, at, PIECE, buffer);

		if (n <= 0)
			die("stream", n < 0 ? strerror(errno) : "too short");
		sha256_add(&sha, buffer, (size_t)n);
		at += n;
	}
	*ret_size = (uint64_t)attr->data_size;
	sha256_text(&sha, text);
	ntfs_attr_close(attr);
}

static void print_stream(ntfs_inode *inode, const char *path, ntfschar *name, u8 name_length)
{
	char *text = name_length ? utf16le_to_utf8(name, name_length * 2u) : NULL;
	char hash[SHA256_TEXT];
	uint64_t size;

	hash_attribute(inode, AT_DATA, name, name_length, &size, hash);
	printf("%s\t-\t-\t%" PRIu64 "\t%s\t%s%s%s\n", text ? "stream" : "data", size, hash, path,
	       text ? ":" : "", text ? text : "");
	free(text);
}

/*
 * The names of all streams first: opening one while looking for the next would disturb the search.
 */
static void print_streams(ntfs_inode *inode, const char *path)
{
	struct {
		ntfschar name[255];
		u8 length;
	} *streams = NULL;
	ntfs_attr_search_ctx *ctx = ntfs_attr_get_search_ctx(inode, NULL);
	size_t count = 0;

	while (ntfs_attr_lookup(AT_DATA, NULL, 0, CASE_SENSITIVE, 0, NULL, 0, ctx) == 0) {
		const ATTR_RECORD *a = ctx->attr;

		if (a->non_resident && a->lowest_vcn != 0)
			continue;
		streams = realloc(streams, (count + 1) * sizeof(*streams));
		streams[count].length = a->name_length;
		memcpy(streams[count++].name, (const uint8_t *)a + le16_to_cpu(a->name_offset),
		       a->name_length * 2u);
	}
	ntfs_attr_put_search_ctx(ctx);
	for (size_t i = 0; i < count; i++)
		print_stream(inode, path, streams[i].name, streams[i].length);
	free(streams);
}

static void print_reparse(ntfs_inode *inode, const char *path)
{
	char hash[SHA256_TEXT];
	uint8_t tag[4] = {0};
	ntfs_attr *attr;
	uint64_t size;

	if (!(inode->flags & FILE_ATTR_REPARSE_POINT))
		return;
	hash_attribute(inode, AT_REPARSE_POINT, AT_UNNAMED, 0, &size, hash);
	attr = ntfs_attr_open(inode, AT_REPARSE_POINT, AT_UNNAMED, 0);
	ntfs_attr_pread(attr, 0, 4, tag);
	ntfs_attr_close(attr);
	printf("reparse\t%02x%02x%02x%02x\t-\t%" PRIu64 "\t%s\t%s\n", tag[3], tag[2], tag[1],
	       tag[0], size, hash, path);
}

struct name {
	char *text;
	MFT_REF reference;
};

struct listing {
	struct name *names;
	size_t count;
};

/* The parameters are those of libntfs-3g's ntfs_filldir_t. */
static int add_name(void *context, const ntfschar *name, const int length, const int type,
		    const s64 position, const MFT_REF reference, const unsigned kind)
{
	struct listing *listing = context;
	char *text;

	(void)position;
	(void)kind;
	if (type == FILE_NAME_DOS || MREF(reference) < FILE_first_user)
		return 0;
	text = utf16le_to_utf8(name, (size_t)length * 2);
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
		free(text);
		return 0;
	}
	listing->names = realloc(listing->names, (listing->count + 1) * sizeof(*listing->names));
	listing->names[listing->count++] = (struct name){text, reference};
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static void walk(ntfs_volume *volume, MFT_REF reference, const char *path);

static void walk_folder(ntfs_volume *volume, ntfs_inode *inode, const char *path)
{
	struct listing listing = {0};
	s64 position = 0;

	if (ntfs_readdir(inode, &position, &listing, add_name) < 0)
		die(path, strerror(errno));
	ntfs_inode_close(inode);
	if (listing.count)
		qsort(listing.names, listing.count, sizeof(*listing.names), by_text);
	for (size_t i = 0; i < listing.count; i++) {
		char *child;

		if (asprintf(&child, "%s/%s", path, listing.names[i].text) < 0)
			die(path, "out of memory");
		walk(volume, listing.names[i].reference, child);
		free(child);
		free(listing.names[i].text);
	}
	free(listing.names);
}

static void print_inode(ntfs_inode *inode, const char *path)
{
	bool is_folder = inode->mrec->flags & MFT_RECORD_IS_DIRECTORY;

	printf("%s\t%08" PRIx32 "\t%" PRIx32 "\t-\t-\t%s", is_folder ? "folder" : "file",
	       le32_to_cpu(inode->flags), le32_to_cpu(inode->security_id), path[0] ? path : "/");
	if (with_times)
		printf("\t%" PRId64 ",%" PRId64 ",%" PRId64,
		       (int64_t)sle64_to_cpu(inode->creation_time),
		       (int64_t)sle64_to_cpu(inode->last_data_change_time),
		       (int64_t)sle64_to_cpu(inode->last_mft_change_time));
	putchar('\n');
}

static void walk(ntfs_volume *volume, MFT_REF reference, const char *path)
{
	ntfs_inode *inode = ntfs_inode_open(volume, reference);

	if (!inode)
		die(path, strerror(errno));
	print_inode(inode, path);
	print_streams(inode, path);
	print_reparse(inode, path);
	if (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY)
		walk_folder(volume, inode, path);
	else
		ntfs_inode_close(inode);
}

static int usage(void)
{
	fprintf(stderr, "usage: tree_hash [-t] IMAGE OFFSET\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct device device = {NULL, 0};
	struct ntfs_device *dev;
	ntfs_volume *volume;

	with_times = argc > 1 && strcmp(argv[1], "-t") == 0;
	argv += with_times;
	if (argc - with_times != 3)
		return usage();
	if (vhd_open(argv[1], NULL, &device.disk, &err) < 0)
		die(argv[1], err.message);
	device.offset = strtoull(argv[2], NULL, 0);
	dev = ntfs_device_alloc(argv[1], 0, &operations, &device);
	volume = ntfs_device_mount(dev, NTFS_MNT_RDONLY);
	if (!volume)
		die(argv[1], strerror(errno));
	walk(volume, FILE_root, "");
	ntfs_umount(volume, FALSE);
	disk_close(device.disk);
	return 0;
}
