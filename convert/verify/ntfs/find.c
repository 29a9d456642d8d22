/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths are walked here, a folder at a time, because the library allocates the block size that the
 * root of a folder's index names, whatever it is, when it looks into that folder.
 */
#include "convert/verify/ntfs/find.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"

#define INDEX_ROOT_BYTES      16
#define INDEX_ROOT_BLOCK_SIZE 8		 /* INDEX_ROOT.index_block_size of ntfs-3g's layout.h */
#define MAX_INDEX_BLOCK	      (64 * KIB) /* Windows: 4 KiB, or a cluster */

bool verify_ntfs_is_folder(const ntfs_inode *inode)
{
	return inode->mrec->flags & MFT_RECORD_IS_DIRECTORY;
}

static int no_such_file(const char *path, struct error *err)
{
	return error_failed(err, ENOENT, "cannot open '%s': there is no such file", path);
}

static int check_index_root(const struct verify_ntfs_volume *volume, ntfs_inode *folder,
			    const char *path, struct error *err)
{
	CLEANUP_STREAM ntfs_attr *root = ntfs_attr_open(folder, AT_INDEX_ROOT, NTFS_INDEX_I30, 4);
	uint8_t bytes[INDEX_ROOT_BYTES];
	uint32_t block_size;

	if (!root || ntfs_attr_pread(root, 0, sizeof(bytes), bytes) != (s64)sizeof(bytes))
		return verify_ntfs_fail(volume, err, "cannot open '%s'", path);
	block_size = get_le32(bytes + INDEX_ROOT_BLOCK_SIZE);
	if (block_size <= MAX_INDEX_BLOCK)
		return 0;
	return error_damaged(err,
			     "cannot open '%s': a folder has index blocks of %" PRIu32 " bytes",
			     path, block_size);
}

/* Go from *inode to its entry 'name' of 'length' UTF-16 units. */
static int enter_folder(const struct verify_ntfs_volume *volume, const char *path, const void *name,
			size_t length, ntfs_inode **inode, struct error *err)
{
	ntfs_inode *entry;
	u64 reference;
	int r;

	if (!verify_ntfs_is_folder(*inode))
		return no_such_file(path, err);
	r = check_index_root(volume, *inode, path, err);
	if (r < 0)
		return r;
	verify_ntfs_forget();
	reference = ntfs_inode_lookup_by_name(*inode, name, (int)length);
	if (reference == (u64)-1 && errno == ENOENT && volume->disk_error.kind == ERROR_NONE)
		return no_such_file(path, err);
	entry = reference == (u64)-1 ? NULL : ntfs_inode_open(volume->ntfs, reference);
	if (!entry)
		return verify_ntfs_fail(volume, err, "cannot open '%s'", path);
	ntfs_inode_close(*inode);
	*inode = entry;
	return 0;
}

/* How many UTF-16 units stand before the next separator or the end. */
static size_t name_length(const uint8_t *utf16)
{
	size_t length = 0;

	for (uint16_t unit; (unit = get_le16(utf16 + length * 2)); length++)
		if (unit == '\\' || unit == '/')
			break;
	return length;
}

int verify_ntfs_find(const struct verify_ntfs_volume *volume, const char *path, ntfs_inode **ret,
		     struct error *err)
{
	CLEANUP_FREE uint8_t *utf16 = NULL;
	CLEANUP_INODE ntfs_inode *inode = NULL;
	size_t size, length;

	utf16 = utf8_to_utf16le(path, &size);
	if (!utf16)
		return error_errno(err, "cannot open '%s'", path);
	verify_ntfs_forget();
	inode = ntfs_inode_open(volume->ntfs, FILE_root);
	if (!inode)
		return verify_ntfs_fail(volume, err, "cannot open '%s'", path);
	for (const uint8_t *at = utf16; get_le16(at); at += length * 2) {
		int r;

		length = name_length(at);
		if (length == 0) {
			length = 1;
			continue;
		}
		r = enter_folder(volume, path, at, length, &inode, err);
		if (r < 0)
			return r;
	}
	*ret = TAKE(inode);
	return 0;
}
