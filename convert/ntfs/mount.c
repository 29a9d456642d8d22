/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mounting and unmounting. A mount that may not be used is found out before anything could be
 * written: the first mount is always read-only and looks at hiberfil.sys and at the restart pages
 * of $LogFile, which the library itself checks for writable mounts only. One mount takes less than
 * a millisecond.
 */
#include "convert/ntfs/volume.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/ntfs/internal.h"

#define HIBERFILE	 "\\hiberfil.sys"
#define HIBERFILE_HEADER 4096

#define SHUT_DOWN_FULLY                                                                            \
	"start the guest and shut it down fully (shutdown /s /t 0, or disable fast startup), "     \
	"then convert again"
#define CHECK_AND_SHUT_DOWN                                                                        \
	"start the guest so that Windows replays the journal, run chkdsk, shut it down cleanly, "  \
	"then convert again"

static void unmount(struct volume *volume)
{
	if (volume->ntfs)
		ntfs_umount(volume->ntfs, FALSE);
	volume->ntfs = NULL;
}

static int mount(struct volume *volume, ntfs_mount_flags flags, struct error *err)
{
	struct ntfs_device *dev = volume_device_new(&volume->device);
	int code;

	if (!dev)
		return error_failed(err, ENOMEM, "out of memory");
	volume->device.reads = 0;
	volume->device.reads_max = VOLUME_TOTAL_READS;
	volume_begin(volume, 0);
	volume->ntfs = ntfs_device_mount(dev, flags);
	if (volume->ntfs)
		return 0;
	code = errno;
	NTFS3G_CLEAR(dev->d_state, ND_Open);
	ntfs_device_free(dev);
	return volume_fail(volume, "", code == ENOENT ? EIO : code, "mount the NTFS volume", err);
}

/*
 * The first bytes of hiberfil.sys, in upper or lower case: "hibr" is a saved system, "rstr" one whose
 * restoring has begun, "brkp" one for a debugger, "link" one on another partition; "wake" or zeros is
 * one that is over. What anything else means nobody has told.
 */
enum saved_system { SAVED_NONE, SAVED_SYSTEM, SAVED_UNKNOWN };

static enum saved_system read_mark(const uint8_t *header)
{
	static const char *const marks[] = {"hibr", "rstr", "brkp", "link"};
	static const char zeros[4];

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strncasecmp((const char *)header, marks[i], 4) == 0)
			return SAVED_SYSTEM;
	return memcmp(header, zeros, 4) == 0 || strncasecmp((const char *)header, "wake", 4) == 0
		       ? SAVED_NONE
		       : SAVED_UNKNOWN;
}

/*
 * A file of fewer bytes than a header is a link to the saved system of another partition, and
 * libntfs-3g takes it for one. That holds for an empty file as well, but where nothing stands there
 * is no link: *ret_empty then.
 */
static int check_hiberfile(struct volume *volume, bool *ret_empty, enum saved_system *ret_saved,
			   struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	CLEANUP_ATTR ntfs_attr *data = NULL;
	uint8_t header[HIBERFILE_HEADER];
	s64 length;
	int r = volume_lookup(volume, HIBERFILE, &inode, err);

	if (r == -ENOENT) {
		if (err)
			*err = (struct error)ERROR_INIT;
		return 0;
	}
	if (r < 0)
		return r;
	data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	if (!data)
		return volume_fail(volume, HIBERFILE, EIO, "open", err);
	length = ntfs_attr_pread(data, 0, sizeof(header), header);
	if (length < 0)
		return volume_fail(volume, HIBERFILE, EIO, "read", err);
	*ret_empty = length == 0;
	if (length == 0)
		return 0;
	if (length < HIBERFILE_HEADER)
		return error_refused(
			err, REFUSAL_HIBERNATED, SHUT_DOWN_FULLY,
			"Windows is hibernated: '%s' has %lld bytes, as where it points to a saved "
			"system on another partition",
			HIBERFILE, (long long)length);
	*ret_saved = read_mark(header);
	if (*ret_saved == SAVED_SYSTEM)
		return error_refused(
			err, REFUSAL_HIBERNATED, SHUT_DOWN_FULLY,
			"Windows is hibernated or was shut down with fast startup: '%s' "
			"holds a saved system",
			HIBERFILE);
	return 0;
}

/*
 * Restart pages of version 2.0: Windows 8 and later log this way until the volume is closed. Whether
 * the system is hibernated, hiberfil.sys alone says.
 */
static bool is_in_use(const RESTART_PAGE_HEADER *page)
{
	return page && get_le16(&page->major_ver) == 2 && get_le16(&page->minor_ver) == 0;
}

static int check_journal(struct volume *volume, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	CLEANUP_ATTR ntfs_attr *data = NULL;
	CLEANUP_FREE RESTART_PAGE_HEADER *page = NULL;
	bool sound;
	int r;

	volume_begin(volume, 0);
	inode = ntfs_inode_open(volume->ntfs, FILE_LogFile);
	if (inode)
		data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	if (!data)
		return volume_fail(volume, "$LogFile", EIO, "open", err);
	r = volume_guard_journal(volume, data, err);
	if (r < 0)
		return r;
	sound = ntfs_check_logfile(data, &page) && ntfs_is_logfile_clean(data, page);
	if (volume->device.error.kind != ERROR_NONE)
		return volume_fail(volume, "$LogFile", EIO, "read", err);
	if (is_in_use(page) || !sound)
		return error_refused(
			err, REFUSAL_NTFS_DIRTY, CHECK_AND_SHUT_DOWN,
			"the NTFS volume was not closed cleanly, its journal holds changes that "
			"are not replayed");
	return 0;
}

/* Mount read-only and look at hiberfil.sys. */
static int look_at_volume(struct disk *disk, const struct volume_place *place,
			  struct volume *volume, bool *ret_empty, enum saved_system *ret_saved,
			  struct error *err)
{
	int r = disk_window_init(&volume->window, disk, place->offset, place->length, err);

	if (r < 0)
		return r;
	volume->device.disk = &volume->window.disk;
	r = volume_guard_boot_sector(volume->device.disk, err);
	if (r == 0)
		r = mount(volume, NTFS_MNT_RDONLY, err);
	return r < 0 ? r : check_hiberfile(volume, ret_empty, ret_saved, err);
}

int volume_check_hibernation(struct disk *disk, struct error *err)
{
	const struct volume_place whole = {.length = disk->size};
	CLEANUP_VOLUME struct volume *volume = calloc(1, sizeof(*volume));
	enum saved_system saved = SAVED_NONE;
	bool is_empty = false;
	int r;

	if (!volume)
		return error_failed(err, ENOMEM, "out of memory");
	r = look_at_volume(disk, &whole, volume, &is_empty, &saved, err);
	/* Where the journal is closed the system was shut down, whatever stands there. */
	if (r == 0 && saved == SAVED_UNKNOWN)
		return error_refused(
			err, REFUSAL_HIBERNATED, SHUT_DOWN_FULLY,
			"Windows may be hibernated: '%s' begins neither as one with a saved system "
			"nor as one without",
			HIBERFILE);
	return r;
}

int volume_open_at(struct disk *disk, const struct volume_place *place, bool writable,
		   struct volume **ret, struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = calloc(1, sizeof(*volume));
	enum saved_system saved = SAVED_NONE;
	bool is_empty = false; /* hiberfil.sys */
	int r;

	if (!volume)
		return error_failed(err, ENOMEM, "out of memory");
	r = look_at_volume(disk, place, volume, &is_empty, &saved, err);
	if (r == 0)
		r = check_journal(volume, err);
	if (r == 0 && writable) {
		unmount(volume);
		/* The library's own check, which comes again, is left out for an empty file only. */
		r = mount(volume, is_empty ? NTFS_MNT_IGNORE_HIBERFILE : 0, err);
	}
	if (r == 0)
		*ret = TAKE(volume);
	return r;
}

int volume_open(struct disk *disk, bool writable, struct volume **ret, struct error *err)
{
	const struct volume_place whole = {.length = disk->size};

	return volume_open_at(disk, &whole, writable, ret, err);
}

int volume_close(struct volume *volume, struct error *err)
{
	int r = 0;

	if (!volume)
		return 0;
	volume_begin(volume, 0);
	if (ntfs_umount(TAKE(volume->ntfs), FALSE) < 0)
		r = volume_fail(volume, "", errno, "unmount the NTFS volume", err);
	free(volume);
	return r;
}

void volume_cleanup(struct volume **volume)
{
	if (*volume) {
		unmount(*volume);
		free(*volume);
	}
	*volume = NULL;
}

const char *volume_label(const struct volume *volume)
{
	return volume->ntfs->vol_name ? volume->ntfs->vol_name : "";
}

bool volume_is_dirty(const struct volume *volume)
{
	return get_le16(&volume->ntfs->flags) & 1; /* VOLUME_IS_DIRTY */
}
