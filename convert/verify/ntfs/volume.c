/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a volume: sizes that the library would allocate without a look are looked at first (of
 * file records here, of journal pages before it reads the journal, of index blocks in
 * find.c). A read-only mount asks neither for hibernation nor for the journal, so that
 * is done here.
 */
#include "convert/verify/ntfs/volume.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/ntfs/device.h"
#include "convert/verify/ntfs/find.h"

/* The boot sector: NTFS_BOOT_SECTOR of ntfs-3g's layout.h. */
#define BOOT_BYTES		 512
#define BOOT_BYTES_PER_SECTOR	 0x0b
#define BOOT_SECTORS_PER_CLUSTER 0x0d /* above 128: 2 to the power of 256 - n */
#define BOOT_RECORD_SIZE	 0x40 /* signed: clusters, or below 0 the power of 2 in bytes */

/* RESTART_PAGE_HEADER of its logfile.h. */
#define RESTART_BYTES	  32
#define RESTART_PAGE_SIZE 16

#define MIN_RECORD 512
#define MAX_RECORD (4 * KIB)  /* Windows: 1 KiB, or 4 KiB on disks with such sectors */
#define MAX_PAGE   (64 * KIB) /* Windows: 4 KiB */

#define HIBERFILE	"\\hiberfil.sys"
#define HIBERFILE_BYTES 4096 /* a shorter one belongs to a system on another volume (libntfs-3g) */

static uint64_t power_of_two(unsigned int exponent)
{
	return UINT64_C(1) << (exponent < 40 ? exponent : 40);
}

static int check_record_size(struct disk *volume, struct error *err)
{
	uint8_t boot[BOOT_BYTES];
	uint64_t cluster, record;
	int code, r = disk_read(volume, boot, sizeof(boot), 0, err);

	if (r < 0)
		return r;
	cluster = boot[BOOT_SECTORS_PER_CLUSTER];
	if (cluster > 128)
		cluster = power_of_two(256 - boot[BOOT_SECTORS_PER_CLUSTER]);
	cluster *= get_le16(boot + BOOT_BYTES_PER_SECTOR);
	code = (int8_t)boot[BOOT_RECORD_SIZE];
	record = code < 0 ? power_of_two((unsigned int)-code) : (uint64_t)code * cluster;
	if (record >= MIN_RECORD && record <= MAX_RECORD)
		return 0;
	return error_damaged(err,
			     "cannot mount the NTFS volume: its boot sector asks for records of "
			     "%" PRIu64 " bytes",
			     record);
}

/*
 * "hibr": a saved system; "rstr": one whose restoring was begun. Either occurs in upper case. An
 * empty file says nothing.
 */
static int check_hiberfile(struct verify_ntfs_volume *volume, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	CLEANUP_STREAM ntfs_attr *stream = NULL;
	uint8_t header[HIBERFILE_BYTES];
	const char *magic = (char *)header;
	s64 length;
	int r = verify_ntfs_find(volume, HIBERFILE, &inode, err);

	if (r == -ENOENT) {
		*err = (struct error)ERROR_INIT;
		return 0;
	}
	if (r < 0)
		return r;
	stream = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	length = stream ? ntfs_attr_pread(stream, 0, sizeof(header), header) : -1;
	if (length < 0)
		return verify_ntfs_fail(volume, err, "cannot read '%s'", HIBERFILE);
	if (length == 0 || (length == HIBERFILE_BYTES && strncasecmp(magic, "hibr", 4) != 0 &&
			    strncasecmp(magic, "rstr", 4) != 0))
		return 0;
	return error_damaged(err,
			     "Windows is hibernated or was shut down with fast startup: '%s' holds "
			     "a saved system",
			     HIBERFILE);
}

/* The library looks for restart pages at 0 and every power of 2 from 512 on. */
static int check_page_sizes(struct verify_ntfs_volume *volume, ntfs_attr *journal,
			    struct error *err)
{
	uint8_t page[RESTART_BYTES];

	for (s64 at = 0; at <= journal->data_size - RESTART_BYTES; at = at ? at * 2 : 512) {
		if (ntfs_attr_pread(journal, at, RESTART_BYTES, page) != RESTART_BYTES)
			return verify_ntfs_fail(volume, err, "cannot read '$LogFile'");
		if (memcmp(page, "RSTR", 4) != 0 && memcmp(page, "CHKD", 4) != 0)
			continue;
		if (get_le32(page + RESTART_PAGE_SIZE) > MAX_PAGE)
			return error_damaged(err,
					     "'$LogFile' has a page of %" PRIu32
					     " bytes at offset %" PRId64,
					     get_le32(page + RESTART_PAGE_SIZE), (int64_t)at);
	}
	return 0;
}

/* Version 2.0 is what Windows 8 and later write as long as they keep metadata in memory. */
static bool is_kept_open(const RESTART_PAGE_HEADER *page)
{
	return page && get_le16(&page->major_ver) == 2 && get_le16(&page->minor_ver) == 0;
}

static int check_journal(struct verify_ntfs_volume *volume, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	CLEANUP_STREAM ntfs_attr *journal = NULL;
	CLEANUP_FREE RESTART_PAGE_HEADER *page = NULL;
	bool is_clean;
	int r;

	verify_ntfs_forget();
	inode = ntfs_inode_open(volume->ntfs, FILE_LogFile);
	journal = inode ? ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0) : NULL;
	if (!journal)
		return verify_ntfs_fail(volume, err, "cannot open '$LogFile'");
	r = check_page_sizes(volume, journal, err);
	if (r < 0)
		return r;
	is_clean = ntfs_check_logfile(journal, &page) && ntfs_is_logfile_clean(journal, page);
	if (volume->disk_error.kind != ERROR_NONE)
		return verify_ntfs_fail(volume, err, "cannot read '$LogFile'");
	if (is_kept_open(page))
		return error_damaged(err, "the NTFS journal is in the state that hibernation, fast "
					  "startup or a power cut leaves behind");
	if (!is_clean)
		return error_damaged(err,
				     "the NTFS volume was not closed cleanly, its journal holds "
				     "changes that are not replayed");
	return 0;
}

int verify_ntfs_open(const struct disk_window *partition, struct verify_ntfs_volume **ret,
		     struct error *err)
{
	CLEANUP_VERIFY_NTFS struct verify_ntfs_volume *volume = calloc(1, sizeof(*volume));
	int r;

	if (!volume)
		return error_failed(err, ENOMEM, "no memory");
	volume->window = *partition;
	r = check_record_size(&volume->window.disk, err);
	if (r == 0)
		r = verify_ntfs_mount(volume, err);
	if (r == 0)
		r = check_hiberfile(volume, err);
	if (r == 0)
		r = check_journal(volume, err);
	if (r == 0)
		*ret = TAKE(volume);
	return r;
}

void verify_ntfs_close(struct verify_ntfs_volume **volume)
{
	if (*volume)
		verify_ntfs_unmount(*volume);
	free(*volume);
	*volume = NULL;
}

const char *verify_ntfs_label(const struct verify_ntfs_volume *volume)
{
	return volume->ntfs->vol_name ? volume->ntfs->vol_name : "";
}

bool verify_ntfs_is_dirty(const struct verify_ntfs_volume *volume)
{
	return get_le16(&volume->ntfs->flags) & 0x0001; /* VOLUME_IS_DIRTY */
}
