/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures: see contents.h. Of our own, because libblkid wants a file, and because the order is a
 * decision: what wraps others (MD, LUKS, LVM) is looked for before the file systems that may be
 * visible through it or left from before.
 */
#include "convert/linux_files/contents.h"

#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/linux_files/xfs_log.h"

#define SECTOR 512U

/* MD superblocks (Linux, include/uapi/linux/raid/md_p.h). */
#define MD_MAGIC	 0xa92b4efcU
#define MD_SIZE		 256 /* of it, what is looked at */
#define MD1_MAJOR	 4
#define MD1_UUID	 16
#define MD1_NAME	 32
#define MD1_NAME_SIZE	 32
#define MD1_SUPER_OFFSET 144 /* sectors: where it stands itself */
#define MD0_MINOR	 8
#define MD0_UUID_0	 20
#define MD0_UUID_1	 52
#define MD0_RESERVED	 (64 * KIB)

/* The header of LUKS (on-disk format 1 and 2): the magic, a version, texts. */
#define LUKS_SIZE	208
#define LUKS_VERSION	6
#define LUKS_LABEL	24 /* version 2 */
#define LUKS_LABEL_SIZE 48
#define LUKS_UUID	168
#define UUID_TEXT	36

/* Where the superblock of ext stands, and in it (Linux, fs/ext4/ext4.h). */
#define EXT_OFFSET	 1024
#define EXT_SIZE	 256
#define EXT_MAGIC	 56
#define EXT_INCOMPAT	 96
#define EXT_UUID	 104
#define EXT_LABEL	 120
#define EXT_LABEL_SIZE	 16
#define EXT_RECOVER	 0x0004
#define EXT_JOURNAL_ONLY 0x0008

#define XFS_UUID       32
#define XFS_LABEL      108
#define XFS_LABEL_SIZE 12

#define XFS_VERSION  100
#define XFS_INCOMPAT 216 /* of version 5 */

#define BTRFS_OFFSET	 (64 * KIB)
#define BTRFS_SIZE	 1024
#define BTRFS_UUID	 32
#define BTRFS_MAGIC	 64
#define BTRFS_LOG_ROOT	 96 /* of the trees that fsync() wrote, until all is written; else 0 */
#define BTRFS_INCOMPAT	 188
#define BTRFS_LABEL	 299
#define BTRFS_LABEL_SIZE 256

/* Swap, with the pages of x86 (Linux, include/linux/swap.h; kernel/power/swap.c). */
#define SWAP_PAGE	4096
#define SWAP_MAGIC	(SWAP_PAGE - 10)
#define SWAP_UUID	1036
#define SWAP_LABEL	1052
#define SWAP_LABEL_SIZE 16

const char *linux_contents_text(enum linux_contents contents)
{
	static const char *const texts[LINUX_CONTENTS_MAX] = {
		[LINUX_NOTHING] = "nothing known",
		[LINUX_EXT] = "ext",
		[LINUX_XFS] = "xfs",
		[LINUX_BTRFS] = "btrfs",
		[LINUX_SWAP] = "swap",
		[LINUX_SWAP_HIBERNATED] = "hibernated swap",
		[LINUX_LUKS] = "LUKS",
		[LINUX_LVM] = "LVM",
		[LINUX_MD] = "MD",
	};

	return texts[contents];
}

/* What stands at 'offset', zeros beyond the end. */
static int read_part(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		     struct error *err)
{
	size_t there = offset < disk->size ? min_u64(length, disk->size - offset) : 0;

	memset(buffer, 0, length);
	return disk_read(disk, buffer, there, min_u64(offset, disk->size), err);
}

static void set_uuid(struct linux_volume_id *id, const uint8_t *bytes)
{
	char *at = id->uuid;

	if (is_zero(bytes, 16)) /* "tune2fs -U clear": there is none */
		return;
	for (size_t i = 0; i < 16; i++)
		at += snprintf(at, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			       bytes[i]);
}

static void set_label(struct linux_volume_id *id, const uint8_t *bytes, size_t size)
{
	size = min_u64(size, sizeof(id->label) - 1);
	memcpy(id->label, bytes, size);
	id->label[size] = '\0';
}

/* Superblocks of version 1 say where they are, so that one of a whole disk is none of its last
 * partition. */
static bool is_md1(const uint8_t *super, uint64_t offset)
{
	return get_le32(super) == MD_MAGIC && get_le32(super + MD1_MAJOR) == 1 &&
	       get_le64(super + MD1_SUPER_OFFSET) == offset / SECTOR;
}

static bool is_md0(const uint8_t *super)
{
	return get_le32(super) == MD_MAGIC && get_le32(super + MD1_MAJOR) == 0 &&
	       get_le32(super + MD0_MINOR) >= 90;
}

static void md1_id(struct linux_volume_id *id, const uint8_t *super)
{
	id->contents = LINUX_MD;
	set_uuid(id, super + MD1_UUID);
	set_label(id, super + MD1_NAME, MD1_NAME_SIZE);
}

/* The words of version 0.90 are in the order of the machine; blkid and GRUB print them big-endian. */
static void md0_id(struct linux_volume_id *id, const uint8_t *super)
{
	uint8_t uuid[16];

	for (size_t i = 0; i < 4; i++)
		put_be32(uuid + i * 4,
			 get_le32(super + (i ? MD0_UUID_1 + (i - 1) * 4 : MD0_UUID_0)));
	id->contents = LINUX_MD;
	set_uuid(id, uuid);
}

/* As Linux computes them: 1.1 at the start, 1.2 behind 4 KiB, 1.0 at least 8 KiB before the end on a
 * multiple of 4 KiB, 0.90 in the last whole 64 KiB. */
static int probe_md(struct disk *disk, struct linux_volume_id *id, struct error *err)
{
	uint64_t end = round_down(disk->size, SECTOR);
	uint64_t places[] = {0, 4 * KIB, end >= 8 * KIB ? round_down(end - 8 * KIB, 4 * KIB) : 0};
	uint8_t super[MD_SIZE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(places); i++) {
		r = read_part(disk, super, sizeof(super), places[i], err);
		if (r == 0 && is_md1(super, places[i])) {
			md1_id(id, super);
			return 0;
		}
	}
	if (r < 0 || end < 2 * MD0_RESERVED)
		return r;
	r = read_part(disk, super, sizeof(super), round_down(end, MD0_RESERVED) - MD0_RESERVED,
		      err);
	if (r == 0 && is_md0(super))
		md0_id(id, super);
	return r;
}

static bool probe_luks(const uint8_t *head, struct linux_volume_id *id)
{
	if (memcmp(head, "LUKS\xba\xbe", 6) != 0)
		return false;
	id->contents = LINUX_LUKS;
	memcpy(id->uuid, head + LUKS_UUID, UUID_TEXT);
	if (get_be16(head + LUKS_VERSION) == 2)
		set_label(id, head + LUKS_LABEL, LUKS_LABEL_SIZE);
	return true;
}

static bool probe_lvm(const uint8_t *head, struct linux_volume_id *id)
{
	for (size_t at = 0; at < 4 * (size_t)SECTOR; at += SECTOR)
		if (memcmp(head + at, "LABELONE", 8) == 0 &&
		    memcmp(head + at + 24, "LVM2 001", 8) == 0)
			id->contents = LINUX_LVM;
	return id->contents != LINUX_NOTHING;
}

/* What GRUB learned with a version (its fs/xfs.c and fs/btrfs.c). Sparse inodes are not among it, which
 * all GRUBs 2.02 read that have XFS as the default. */
struct grub_feature {
	uint64_t flags;
	unsigned int version;
};
static const struct grub_feature xfs_features[] = {
	{0x08, 206}, /* big timestamps */
	{0x20, 212}, /* large counters of extents */
	{0xffffffc0, 214},
};
static const struct grub_feature btrfs_features[] = {
	{0x10 | 0x80, 204}, /* compression by zstd; RAID 5 and 6 */
	{0x800, 206},	    /* RAID 1 of three and four copies */
};

static void set_grub(struct linux_volume_id *id, const struct grub_feature *features, size_t count,
		     uint64_t flags)
{
	for (size_t i = 0; i < count; i++)
		if (flags & features[i].flags)
			id->grub_version = features[i].version;
}

static bool probe_xfs(const uint8_t *head, struct linux_volume_id *id)
{
	if (memcmp(head, "XFSB", 4) != 0)
		return false;
	id->contents = LINUX_XFS;
	set_uuid(id, head + XFS_UUID);
	set_label(id, head + XFS_LABEL, XFS_LABEL_SIZE);
	if ((get_be16(head + XFS_VERSION) & 0xf) == 5)
		set_grub(id, xfs_features, ARRAY_SIZE(xfs_features), get_be32(head + XFS_INCOMPAT));
	return true;
}

static bool probe_ext(const uint8_t *head, struct linux_volume_id *id)
{
	const uint8_t *super = head + EXT_OFFSET;
	uint32_t incompat = get_le32(super + EXT_INCOMPAT);

	if (get_le16(super + EXT_MAGIC) != 0xef53 || incompat & EXT_JOURNAL_ONLY)
		return false;
	id->contents = LINUX_EXT;
	id->needs_recovery = incompat & EXT_RECOVER;
	set_uuid(id, super + EXT_UUID);
	set_label(id, super + EXT_LABEL, EXT_LABEL_SIZE);
	return true;
}

/* The signature of swap is replaced while the system sleeps: by the kernel's own suspend, by uswsusp
 * and by TuxOnIce. */
static enum linux_contents swap_kind(const uint8_t *magic)
{
	static const char swap[][11] = {"SWAPSPACE2", "SWAP-SPACE"};
	static const char asleep[][11] = {"S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001",
					  "\xed\xc3\x02\xe9\x98\x56\xe5\x0c"};

	for (size_t i = 0; i < ARRAY_SIZE(swap); i++)
		if (memcmp(magic, swap[i], 10) == 0)
			return LINUX_SWAP;
	for (size_t i = 0; i < ARRAY_SIZE(asleep); i++)
		if (memcmp(magic, asleep[i], strlen(asleep[i])) == 0)
			return LINUX_SWAP_HIBERNATED;
	return LINUX_NOTHING;
}

static bool probe_swap(const uint8_t *head, struct linux_volume_id *id)
{
	id->contents = swap_kind(head + SWAP_MAGIC);
	if (id->contents == LINUX_NOTHING)
		return false;
	set_uuid(id, head + SWAP_UUID);
	set_label(id, head + SWAP_LABEL, SWAP_LABEL_SIZE);
	return true;
}

static void probe_btrfs(const uint8_t *super, struct linux_volume_id *id)
{
	if (memcmp(super + BTRFS_MAGIC, "_BHRfS_M", 8) != 0)
		return;
	id->contents = LINUX_BTRFS;
	id->needs_recovery = get_le64(super + BTRFS_LOG_ROOT);
	set_uuid(id, super + BTRFS_UUID);
	set_label(id, super + BTRFS_LABEL, BTRFS_LABEL_SIZE);
	set_grub(id, btrfs_features, ARRAY_SIZE(btrfs_features), get_le64(super + BTRFS_INCOMPAT));
}

int linux_contents_probe(struct disk *disk, struct linux_volume_id *ret, struct error *err)
{
	struct linux_volume_id id = {.contents = LINUX_NOTHING};
	uint8_t head[SWAP_PAGE], super[BTRFS_SIZE];
	int r = probe_md(disk, &id, err);

	if (r == 0)
		r = read_part(disk, head, sizeof(head), 0, err);
	if (r == 0)
		r = read_part(disk, super, sizeof(super), BTRFS_OFFSET, err);
	if (r < 0)
		return r;
	if (id.contents == LINUX_NOTHING && !probe_luks(head, &id) && !probe_lvm(head, &id) &&
	    !probe_xfs(head, &id) && !probe_ext(head, &id) && !probe_swap(head, &id))
		probe_btrfs(super, &id);
	if (id.contents == LINUX_XFS)
		r = xfs_log_is_dirty(disk, head, &id.needs_recovery, err);
	if (r == 0)
		*ret = id;
	return r;
}
