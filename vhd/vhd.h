/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtual hard disk images: VHDX, VHD and raw files, read and written.
 *
 * A reader presents an image, with all its parents, as a 'struct disk' whose extents say for every
 * byte whether it is a hole, known to be zero, or stored in which file and where. Images are opened
 * read-only and never changed.
 *
 * Sources: MS-VHDX (the VHDX open specification) and the VHD Image Format Specification 1.0;
 * sections are named at the code that implements them.
 */
#ifndef HVGEN2_VHD_VHD_H
#define HVGEN2_VHD_VHD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/disk.h"
#include "common/guid.h"

enum vhd_format {
	VHD_FORMAT_RAW,
	VHD_FORMAT_VHD,
	VHD_FORMAT_VHDX,
	VHD_FORMAT_MAX,			   /* of those that are read */
	VHD_FORMAT_QCOW2 = VHD_FORMAT_MAX, /* is only written */
};
enum vhd_type { VHD_TYPE_FIXED, VHD_TYPE_DYNAMIC, VHD_TYPE_DIFFERENCING, VHD_TYPE_MAX };

struct vhd_info {
	enum vhd_format format;
	enum vhd_type type;
	uint64_t virtual_size;
	uint64_t file_size;	       /* of this file alone, without parents */
	uint32_t block_size;	       /* bytes; 0 for fixed VHD and raw */
	uint32_t logical_sector_size;  /* 512 or 4096 */
	uint32_t physical_sector_size; /* 512 or 4096 */
	struct guid disk_id; /* VHDX: Virtual Disk ID (SCSI page 83); VHD: unique id; raw: zero */
	struct guid file_write_guid; /* VHDX: new whenever the file is written; zero otherwise */
	struct guid data_write_guid; /* VHDX; zero otherwise */
	bool is_saved;		     /* VHD: the machine was saved, its memory is elsewhere */
	bool log_replayed;	     /* a log had to be applied in memory */
	unsigned int chain_length;   /* 1 for an image without a parent */
};

/* By name: .vhdx, .avhdx and .vhds are VHDX, .vhd and .avhd are VHD, files of other names and block
 * devices are raw. */
enum vhd_open_format { VHD_OPEN_BY_NAME, VHD_OPEN_RAW, VHD_OPEN_VHD, VHD_OPEN_VHDX };

struct vhd_open_options {
	enum vhd_open_format format;	/* of the image; its parents have the same */
	const char *const *parents;	/* files that are parents of the chain, in any order */
	const char *const *parent_dirs; /* folders in which parents are looked for as well */
					/* Both lists are NULL-terminated, or NULL. */
};

/*
 * Open an image with all its parents. 'options' may be NULL. The disk is closed with disk_close().
 * What stands in the image decides neither what format it has nor which folders of the host are
 * looked into: parents are those of 'parents', or have the name that the child gives, without its
 * folders, in the folder of the child or one of 'parent_dirs'. All files are open when it returns,
 * and locked against writers where they can be. Errors: REFUSAL_NOT_A_DISK_IMAGE, REFUSAL_IN_USE,
 * REFUSAL_PARENT_MISSING, REFUSAL_PARENT_MISMATCH, REFUSAL_LOG_DAMAGED, ERROR_DAMAGED with the file
 * offset, ERROR_FAILED for I/O.
 */
int vhd_open(const char *path, const struct vhd_open_options *options, struct disk **ret,
	     struct error *err);

/*
 * Are all files of the chain what they were when 'disk' was opened, by size, time of the last
 * change and time of the last change of the inode? ERROR_FAILED when not. Block devices have no such
 * times and always are. To be asked after the last read.
 */
int vhd_check_unchanged(const struct disk *disk, struct error *err);

/*
 * Could all be read that was asked of 'disk' since it was opened? ERROR_FAILED, with the first
 * failure of this host, when not: some reader may have taken what it could not read for something
 * that is not there.
 */
int vhd_check_reads(const struct disk *disk, struct error *err);

/* What the image at the top of the chain is; 'disk' must come from vhd_open(). Lives as long as the
 * disk. */
const struct vhd_info *vhd_info(const struct disk *disk);

/*
 * The images of the chain: 0 is the one that was opened, chain_length - 1 the last parent. NULL
 * past the end. Live as long as the disk.
 */
const struct vhd_info *vhd_member_info(const struct disk *disk, unsigned int index);
const char *vhd_member_path(const struct disk *disk, unsigned int index);

/* What fstat() says of the file of that image, which is open; false past the end. */
bool vhd_member_stat(const struct disk *disk, unsigned int index, struct stat *ret);

/* Its descriptor, open for reading as long as the disk is; -1 past the end. */
int vhd_member_fd(const struct disk *disk, unsigned int index);

/* "dynamic VHDX", "fixed VHD", "raw image", ... */
const char *vhd_info_text(const struct vhd_info *info);

enum vhd_severity {
	VHD_WARNING, /* unusual or untidy, read by everyone */
	VHD_ERROR,   /* against the specification: Hyper-V refuses it, or data are lost */
};

/* One sentence about one place of a file. */
struct vhd_finding {
	enum vhd_severity severity;
	uint64_t offset; /* in the file, bytes */
	char *text; /* with the file's name, the offset, what was found and what was expected */
};

/*
 * What vhd_open() noticed in one image of the chain and tolerated, as it changes nothing in what is
 * read: the same sentences as vhd_check()'s of that file.
 */
struct vhd_findings {
	const struct vhd_finding *list; /* lives as long as the disk */
	size_t count;
	size_t unlisted; /* findings beyond the 1000 that are listed */
};

/* Of the image 'index' of the chain; none past its end. */
struct vhd_findings vhd_member_findings(const struct disk *disk, unsigned int index);

/* Payload states of a VHDX, by their number; a VHD has only 0 (not allocated) and 6 (allocated). */
#define VHD_STATES 8

/* The result of vhd_check(): one image of the chain. */
struct vhd_check {
	struct vhd_info info; /* zeros when the image could not be opened at all */
	struct vhd_finding *findings;
	size_t finding_count;
	size_t error_count;	     /* findings of severity VHD_ERROR, those not listed included */
	size_t unlisted_count;	     /* findings beyond the 1000 that are listed */
	uint64_t blocks[VHD_STATES]; /* payload blocks by state */
	uint64_t slack;		     /* bytes of the file that nothing refers to */
};

/*
 * Look at every structure of the image 'path' and of the chain below it, more strictly than
 * vhd_open() does: all that Hyper-V is known to refuse is an error. Returns 0 when the check could
 * be made, whatever it found; *ret is to be freed with vhd_check_free(). Only I/O and memory
 * errors, and a file that is no disk image, are failures.
 */
int vhd_check(const char *path, const struct vhd_open_options *options, struct vhd_check **ret,
	      struct error *err);
void vhd_check_free(struct vhd_check *check);

/*
 * The parent of a differencing output, and how the child names it. At least one of the paths is
 * needed; either may be NULL. The child's parent_linkage is the parent's data_write_guid: the
 * parent must not be changed from then on.
 */
struct vhdx_parent {
	struct disk *disk; /* from vhd_open(); a VHDX of the same sector size as the contents */
	const char *relative_path; /* from the folder of the child, slashes either way; see
				      vhd_relative_path() */
	const char *windows_path;  /* absolute, on the Hyper-V host: D:\VMs\web01.vhdx */
};

/*
 * The path of the file 'to' as seen from the folder of the file 'from', with slashes; a new string
 * to be freed. 'to' must exist, and so must the folder of 'from'. NULL with *err filled on failure.
 */
char *vhd_relative_path(const char *from, const char *to, struct error *err);

/* What to write. All values are the caller's decision: the writer has none. */
struct vhdx_spec {
	enum vhd_type type;
	uint32_t block_size;		  /* a power of two, 1 MiB to 256 MiB */
	uint32_t physical_sector_size;	  /* 512 or 4096 */
	struct guid disk_id;		  /* Virtual Disk ID (SCSI page 83) */
	struct guid file_write_guid;	  /* not zero */
	struct guid data_write_guid;	  /* not zero */
	const char *creator;		  /* program and version, UTF-8, at most 255 characters */
	const struct vhdx_parent *parent; /* VHD_TYPE_DIFFERENCING only, else ignored */
};

/* Called from time to time with the bytes of virtual disk handled so far, of disk->size. What waits to be copied may be told
 * after what is behind it: a smaller number than before means nothing. */
struct vhd_progress {
	void (*update)(void *opaque, uint64_t done, uint64_t total);
	void *opaque;
};

/*
 * Write 'contents' as a VHDX into the empty file 'fd', whose name is for messages. Size and logical
 * sector size are those of 'contents'. Blocks that are holes or zero are not stored (dynamic);
 * bytes that stand in a file go from file to file (copy.h), holes of that file stay holes;
 * the rest is read. The output depends on 'contents' and 'spec' only. Does not sync.
 *
 * Differencing: only what differs from the parent is stored. An extent of 'contents' is unchanged
 * when it is the parent's own (the same file and offset) or when both are holes or zero; so
 * 'contents' has to be built on spec->parent->disk itself and not on the same image opened again.
 * It may be larger than the parent, not smaller; no reader then has to ask the parent for what is
 * behind its end.
 */
int vhdx_write(int fd, const char *name, const struct vhdx_spec *spec, struct disk *contents,
	       const struct vhd_progress *progress, struct error *err);

/*
 * How much new space vhdx_write() to 'fd' would take: *ret_bytes is an upper bound, without the
 * holes of source files and without what XFS and Btrfs share with a source on the same file system.
 * Reads the block maps only.
 */
int vhdx_estimate(int fd, const struct vhdx_spec *spec, struct disk *contents, uint64_t *ret_bytes,
		  struct error *err);

/*
 * How much of a disk there is to move: a walk along its block map, which counts the bytes that a file system stores, or that
 * are made by us. Holes cost a writer nothing. Of a child (spec->type, spec->parent) only what is not its parent's counts; nothing
 * else of 'spec' does. Borrows both.
 */
struct vhd_stored;
struct vhd_stored *vhd_stored_new(const struct vhdx_spec *spec, struct disk *contents,
				  struct error *err);
void vhd_stored_free(struct vhd_stored *stored);

/* The bytes in front of 'end', which is not behind the end of the disk and rises from call to call. */
int vhd_stored_up_to(struct vhd_stored *stored, uint64_t end, uint64_t *ret_bytes,
		     struct error *err);

/* Of what the writers write, so much may still be on its way to the device when they count it as done. */
#define VHD_WRITE_LEAD (UINT64_C(256) << 20)

/* Larger VHDs neither Windows nor Azure takes. */
#define VHD_WRITE_VHD_MAX (UINT64_C(2040) << 30)

/* What to write as a VHD. All values are the caller's decision. */
struct vhd1_spec {
	enum vhd_type type;    /* fixed or dynamic */
	struct guid unique_id; /* not zero */
	uint64_t time;	       /* of its making, in ns since 1970; before 2000 is 2000 */
};

/*
 * As vhdx_write(), as a VHD: sectors of 512 bytes, at most VHD_WRITE_VHD_MAX bytes. Dynamic: blocks
 * of 2 MiB that are holes or zero are not stored. Fixed: zeros are holes of the file. (VHD Image
 * Format Specification 1.0)
 */
int vhd1_write(int fd, const char *name, const struct vhd1_spec *spec, struct disk *contents,
	       const struct vhd_progress *progress, struct error *err);

/* As vhdx_write(), as a raw image: the bytes of the disk and nothing else; zeros are holes. */
int raw_write(int fd, const char *name, struct disk *contents, const struct vhd_progress *progress,
	      struct error *err);

/*
 * As raw_write(), from where 'fd' stands on, in one go from front to end: into a pipe (one that does
 * not wait is waited for), a device, or a regular file, whose new end alone has holes. Errors: EPIPE
 * when the reader has gone; SIGPIPE is to be ignored.
 */
int raw_stream(int fd, const char *name, struct disk *contents, const struct vhd_progress *progress,
	       struct error *err);

/*
 * As vhdx_write(), as a qcow2 image of version 3: clusters of 64 KiB that are holes or zero are not
 * stored. (QEMU, docs/interop/qcow2.rst) qemu-img would need the raw image first, and a way out of
 * the sandbox in which disks are written.
 */
int qcow2_write(int fd, const char *name, struct disk *contents,
		const struct vhd_progress *progress, struct error *err);

#endif
