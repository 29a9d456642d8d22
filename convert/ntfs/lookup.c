/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding and listing. Two flags of the library pull in opposite directions: with names found
 * regardless of case its ntfs_readdir() hands them out in lower case, so the flag is turned only
 * around each look-up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/utf16.h"
#include "convert/ntfs/internal.h"

#define NAME_MAX_UNITS 255 /* $FILE_NAME counts the UTF-16 units of a name in one byte */

/* More than any folder of a Windows installation; with the longest names a listing takes 52 MiB. */
#define LIST_MAX_ENTRIES 65536

/* Find the entry 'name' (not terminated) in 'folder'. Returns 0 or an errno. */
static int find_entry(ntfs_inode *folder, const char *name, size_t length, MFT_REF *ret)
{
	CLEANUP_FREE char *text = strndup(name, length);
	CLEANUP_FREE uint8_t *utf16 = NULL;
	size_t size;
	u64 reference;

	if (!text)
		return ENOMEM;
	utf16 = utf8_to_utf16le(text, &size);
	if (!utf16)
		return errno == EILSEQ ? EILSEQ : ENOMEM;
	if (size / 2 - 1 > NAME_MAX_UNITS)
		return ENAMETOOLONG;
	NTFS3G_CLEAR(folder->vol->state, NV_CaseSensitive);
	reference = ntfs_inode_lookup_by_name(folder, (const void *)utf16, (int)(size / 2 - 1));
	NVolSetCaseSensitive(folder->vol);
	if (reference == (u64)-1)
		return errno ? errno : EIO;
	*ret = reference;
	return 0;
}

static size_t span_separators(const char *path)
{
	return strspn(path, "\\/");
}

static bool is_folder(const ntfs_inode *inode)
{
	return inode->mrec->flags & MFT_RECORD_IS_DIRECTORY;
}

/* Replace *inode, a folder, by its entry 'name', which is a part of 'path'. */
static int step_into(struct volume *volume, const char *path, const char *name, size_t length,
		     ntfs_inode **inode, struct error *err)
{
	MFT_REF reference = 0;
	int code, r;

	if (!is_folder(*inode))
		return volume_fail(volume, path, ENOENT, "open", err);
	r = volume_guard_index(volume, *inode, path, err);
	if (r < 0)
		return r;
	code = find_entry(*inode, name, length, &reference);
	if (code)
		return volume_fail(volume, path, code, "open", err);
	volume_inode_cleanup(inode);
	*inode = ntfs_inode_open(volume->ntfs, reference);
	if (!*inode) /* ENOENT here is an entry whose record is not in use */
		return volume_fail(volume, path, errno == ENOMEM ? ENOMEM : EIO, "open", err);
	return 0;
}

int volume_lookup(struct volume *volume, const char *path, ntfs_inode **ret, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	const char *at = path + span_separators(path);
	int r;

	volume_begin(volume, 0);
	inode = ntfs_inode_open(volume->ntfs, FILE_root);
	if (!inode)
		return volume_fail(volume, path, EIO, "open", err);
	while (*at) {
		size_t length = strcspn(at, "\\/");

		r = step_into(volume, path, at, length, &inode, err);
		if (r < 0)
			return r;
		at += length;
		at += span_separators(at);
	}
	*ret = TAKE(inode);
	return 0;
}

int volume_reparse(struct volume *volume, ntfs_inode *inode, const char *path,
		   struct volume_reparse *ret, struct error *err)
{
	CLEANUP_ATTR ntfs_attr *attr = NULL;
	s64 length;

	ret->tag = 0;
	ret->size = 0;
	if (!(inode->flags & FILE_ATTR_REPARSE_POINT))
		return 0;
	attr = ntfs_attr_open(inode, AT_REPARSE_POINT, AT_UNNAMED, 0);
	if (!attr)
		return volume_fail(volume, path, EIO, "read the reparse point of", err);
	if (attr->data_size < 8 || attr->data_size > REPARSE_MAX)
		return volume_fail(volume, path, EIO, "read the reparse point of", err);
	length = ntfs_attr_pread(attr, 0, attr->data_size, ret->bytes);
	if (length != attr->data_size)
		return volume_fail(volume, path, EIO, "read the reparse point of", err);
	ret->size = (size_t)length;
	ret->tag = get_le32(ret->bytes);
	return 0;
}

struct listing {
	struct volume_entry *entries;
	size_t count;
	size_t room;
	int code; /* why it was stopped, or 0 */
};

static int grow(struct listing *listing)
{
	size_t room = listing->room ? listing->room * 2 : 64;
	struct volume_entry *entries;

	if (listing->count >= LIST_MAX_ENTRIES)
		return EUCLEAN;
	entries = reallocarray(listing->entries, room, sizeof(*entries));
	if (!entries)
		return ENOMEM;
	listing->entries = entries;
	listing->room = room;
	return 0;
}

static bool is_dot(const ntfschar *name, int length)
{
	static const uint8_t dots[] = {'.', 0, '.', 0};

	return length <= 2 && memcmp(name, dots, (size_t)length * 2) == 0;
}

/* $Extend is one as well, but what stands in it may be anybody's. */
static bool is_metafile(u64 record)
{
	return record < FILE_first_user && record != FILE_Extend;
}

/* An ntfs_filldir_t: the library decides what it takes. */
static int add_entry(void *context, const ntfschar *name, const int length, const int name_type,
		     const s64 position, const MFT_REF reference, const unsigned type)
{
	struct listing *listing = context;
	char *text;

	(void)position;
	if (name_type == FILE_NAME_DOS || is_metafile(MREF(reference)) || is_dot(name, length))
		return 0;
	if (listing->count == listing->room)
		listing->code = grow(listing);
	if (listing->code)
		return -1;
	text = utf16le_to_utf8(name, (size_t)length * 2);
	if (!text) {
		listing->code = ENOMEM;
		return -1;
	}
	listing->entries[listing->count++] =
		(struct volume_entry){.name = text, .is_directory = type == NTFS_DT_DIR};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct volume_entry *one = a, *other = b;

	return strcmp(one->name, other->name);
}

int volume_list(struct volume *volume, const char *path, struct volume_entry **ret,
		size_t *ret_count, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	struct listing listing = {0};
	s64 position = 0;
	int r = volume_lookup(volume, path, &inode, err);

	if (r < 0)
		return r;
	if (!is_folder(inode))
		return volume_fail(volume, path, ENOTDIR, "list", err);
	r = volume_guard_index(volume, inode, path, err);
	if (r < 0)
		return r;
	volume_begin(volume, LIST_MAX_ENTRIES * UINT64_C(512));
	if (ntfs_readdir(inode, &position, &listing, add_entry) < 0) {
		r = volume_fail(volume, path, listing.code ? listing.code : EIO, "list", err);
		volume_entries_free(listing.entries, listing.count);
		return r;
	}
	if (listing.count)
		qsort(listing.entries, listing.count, sizeof(*listing.entries), by_name);
	*ret = listing.entries;
	*ret_count = listing.count;
	return 0;
}

void volume_entries_free(struct volume_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(entries[i].name);
	free(entries);
}
