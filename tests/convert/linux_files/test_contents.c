/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other people's programs made is recognised, with the UUID that blkid prints. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#include <linux/raid/md_p.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/linux_files/contents.h"
#include "convert/linux_files/linux_files.h"
#include "tests/support/memory_disk.h"
#include "tests/support/scratch.h"

TestSuite(linux_contents, .timeout = 120);

static struct linux_volume_id probe(struct disk *disk)
{
	struct error err = ERROR_INIT;
	struct linux_volume_id id;

	cr_assert_eq(linux_contents_probe(disk, &id, &err), 0, "%s", err.message);
	return id;
}

struct made {
	char tool[16];
	char command[128]; /* the file follows */
	enum linux_contents contents;
	char label[16];
	char is_on_disk; /* blkid knows its UUID */
};

ParameterizedTestParameters(linux_contents, as_blkid_says)
{
	static struct made all[] = {
		{"mkfs.ext4", "mkfs.ext4 -q -L data", LINUX_EXT, "data", 1},
		{"mkfs.ext2", "mkfs.ext2 -q -L old -b 1024", LINUX_EXT, "old", 1},
		{"mkfs.xfs", "mkfs.xfs -q -L xfs", LINUX_XFS, "xfs", 1},
		{"mkfs.btrfs", "mkfs.btrfs -q -L btrfs", LINUX_BTRFS, "btrfs", 1},
		{"mkswap", "mkswap -q -L swap", LINUX_SWAP, "swap", 1},
		{"mkfs.fat", "mkfs.fat -n FAT", LINUX_NOTHING, "", 0},
		{"mke2fs", "mke2fs -q -O journal_dev", LINUX_NOTHING, "", 0},
		{"cryptsetup",
		 "echo secret | cryptsetup -q luksFormat --type luks2 --label crypt "
		 "--pbkdf pbkdf2 --pbkdf-force-iterations 1000",
		 LINUX_LUKS, "crypt", 1},
		{"cryptsetup",
		 "echo secret | cryptsetup -q luksFormat --type luks1 "
		 "--pbkdf-force-iterations 1000",
		 LINUX_LUKS, "", 1},
	};

	return cr_make_param_array(struct made, all, ARRAY_SIZE(all));
}

ParameterizedTest(struct made *made, linux_contents, as_blkid_says)
{
	CLEANUP_DISK struct disk *disk = NULL;
	CLEANUP_FREE char *output = NULL;
	struct linux_volume_id id;
	char name[32];

	if (!tool_exists(made->tool) || !tool_exists("blkid"))
		cr_skip_test("%s or blkid is not installed", made->tool);
	snprintf(name, sizeof(name), "contents-%d.img", (int)getpid());
	cr_assert_eq(tool_run(&output, "truncate -s 320M %s && %s %s", name, made->command, name),
		     0, "%s: %s", made->command, output);
	free(TAKE(output));
	disk = scratch_open(name, 512);
	id = probe(disk);
	cr_expect_eq(id.contents, made->contents, "%s: %s", made->command,
		     linux_contents_text(id.contents));
	cr_expect_str_eq(id.label, made->label);
	cr_expect_not(id.needs_recovery);
	cr_assert_eq(tool_run(&output, "blkid -c /dev/null -p -s UUID -o value %s | tr -d '\\n'",
			      name),
		     0);
	cr_expect_str_eq(id.uuid, made->is_on_disk ? output : "", "%s", made->command);
	remove(name);
}

/* A journal that has something in it; debugfs sets the flag as a crash leaves it. */
Test(linux_contents, says_that_a_journal_is_to_be_replayed)
{
	CLEANUP_DISK struct disk *disk = NULL;
	struct linux_volume_id id;

	if (!tool_exists("mkfs.ext4") || !tool_exists("debugfs"))
		cr_skip_test("e2fsprogs is not installed");
	cr_assert_eq(tool_run(NULL, "truncate -s 16M recover.img && mkfs.ext4 -q recover.img && "
				    "debugfs -w -R 'feature needs_recovery' recover.img"),
		     0);
	disk = scratch_open("recover.img", 512);
	id = probe(disk);
	cr_expect_eq(id.contents, LINUX_EXT);
	cr_expect(id.needs_recovery);
	remove("recover.img");
}

/* "CLEAN" or "DIRTY", as xfs_logprint says. */
static bool is_log_dirty(const char *name)
{
	CLEANUP_FREE char *output = NULL;

	cr_assert_eq(tool_run(&output, "xfs_logprint -t %s", name), 0, "%s", output);
	cr_assert(strstr(output, "<CLEAN>") || strstr(output, "<DIRTY>"), "%s", output);
	return strstr(output, "<DIRTY>");
}

static bool needs_recovery(const char *name)
{
	CLEANUP_DISK struct disk *disk = scratch_open(name, 512);

	return probe(disk).needs_recovery;
}

/* Of logs in their first round, and in one that goes over an older one: with and without the last word,
 * which stands in the flags of the only operation. */
Test(linux_contents, says_that_the_log_of_xfs_is_to_be_replayed)
{
	static const char *const options[] = {"-m crc=1", "-m crc=0 -b size=1024", "-l su=32k"};

	if (!tool_exists("mkfs.xfs") || !tool_exists("xfs_logprint") || !tool_exists("xfs_db"))
		cr_skip_test("xfsprogs is not installed");
	for (size_t i = 0; i < 2 * ARRAY_SIZE(options); i++) {
		cr_assert_eq(tool_run(NULL,
				      "rm -f log.img && truncate -s 320M log.img && "
				      "mkfs.xfs -q %s log.img",
				      options[i / 2]),
			     0);
		if (i % 2)
			cr_assert_eq(tool_run(NULL, "xfs_db -x -c 'logformat -c 3' log.img"), 0);
		cr_expect_not(is_log_dirty("log.img"));
		cr_expect_not(needs_recovery("log.img"), "%zu", i);
		cr_assert_eq(tool_run(NULL, "at=$(xfs_db -r -c 'sb 0' -c 'addr logstart' -c daddr "
					    "log.img | grep -o '[0-9]*$') && "
					    "printf '\\0' | dd of=log.img bs=1 seek=$((at * 512 + "
					    "521)) conv=notrunc"),
			     0);
		cr_expect(is_log_dirty("log.img"));
		cr_expect(needs_recovery("log.img"), "%zu", i);
	}
	remove("log.img");
}

/* What the distributions' mkfs make today. */
Test(linux_contents, knows_which_grub_reads_it)
{
	static const struct {
		const char *command;
		unsigned int version;
	} made[] = {{"mkfs.xfs -q -m bigtime=0", 0},
		    {"mkfs.xfs -q -m bigtime=1", 206},
		    {"mkfs.xfs -q -i nrext64=1", 212},
		    {"mkfs.xfs -q -m crc=0", 0},
		    {"mkfs.btrfs -q", 0}};

	if (!tool_exists("mkfs.xfs") || !tool_exists("mkfs.btrfs"))
		cr_skip_test("xfsprogs or btrfs-progs is not installed");
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		CLEANUP_DISK struct disk *disk = NULL;

		if (tool_run(NULL, "rm -f grub.img && truncate -s 320M grub.img && %s grub.img",
			     made[i].command) != 0)
			continue; /* an older mkfs.xfs */
		disk = scratch_open("grub.img", 512);
		cr_expect_eq(probe(disk).grub_version, made[i].version, "%s", made[i].command);
	}
	remove("grub.img");
}

Test(linux_contents, says_that_btrfs_has_trees_to_be_replayed)
{
	if (!tool_exists("mkfs.btrfs"))
		cr_skip_test("btrfs-progs is not installed");
	cr_assert_eq(tool_run(NULL, "truncate -s 120M tree.img && mkfs.btrfs -q tree.img"), 0);
	cr_expect_not(needs_recovery("tree.img"));
	cr_assert_eq(tool_run(NULL, "printf '\\1' | dd of=tree.img bs=1 seek=65632 conv=notrunc && "
				    "btrfs inspect-internal dump-super -f -F tree.img | "
				    "grep -E 'log_root[[:space:]]+1$'"),
		     0);
	cr_expect(needs_recovery("tree.img"));
	remove("tree.img");
}

#define DISK_SIZE (1 * MIB + 20 * KIB) /* no multiple of 64 KiB */

static uint8_t bytes[DISK_SIZE];

#define MD1_SUPER_OFFSET offsetof(struct mdp_superblock_1, super_offset)

static void put_md1(uint64_t at, uint64_t says)
{
	put_le32(bytes + at, 0xa92b4efc);
	put_le32(bytes + at + 4, 1);
	memcpy(bytes + at + 16, "0123456789abcdef", 16);
	memcpy(bytes + at + 32, "host:0", 6);
	put_le64(bytes + at + MD1_SUPER_OFFSET, says / 512);
}

/* Linux, drivers/md/md.c: 1.0 stands 16 sectors before the end, rounded down to 8 sectors. */
#define MD10_AT (DISK_SIZE - 8 * KIB)

Test(linux_contents, raid_members_of_each_version)
{
	static const uint64_t places[] = {0, 4096, MD10_AT};
	struct memory_disk memory;
	struct linux_volume_id id;

	memory_disk_init(&memory, bytes, DISK_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		memset(bytes, 0, sizeof(bytes));
		put_le16(bytes + 1024 + 56, 0xef53); /* what a RAID 1 lets see */
		put_md1(places[i], places[i]);
		id = probe(&memory.disk);
		cr_expect_eq(id.contents, LINUX_MD, "at %zu", (size_t)places[i]);
		cr_expect_str_eq(id.uuid, "30313233-3435-3637-3839-616263646566");
		cr_expect_str_eq(id.label, "host:0");
	}
	put_le64(bytes + MD10_AT + MD1_SUPER_OFFSET,
		 77); /* of the whole disk, of which this is the end */
	cr_expect_eq(probe(&memory.disk).contents, LINUX_EXT);
	put_le32(bytes + 960 * KIB, 0xa92b4efc); /* 0.90 */
	put_le32(bytes + 960 * KIB + 8, 90);
	put_le32(bytes + 960 * KIB + 20, 0x30313233);
	id = probe(&memory.disk);
	cr_expect_eq(id.contents, LINUX_MD);
	cr_expect_str_eq(id.uuid, "30313233-0000-0000-0000-000000000000");
}

/* GRUB finds the array by this name, blkid prints it. */
Test(linux_contents, raid_member_of_version_090_as_others_call_it)
{
	mdp_super_t super = {.md_magic = MD_SB_MAGIC,
			     .minor_version = 90,
			     .set_uuid0 = 0x00112233,
			     .set_uuid1 = 0x44556677,
			     .set_uuid2 = 0x8899aabb,
			     .set_uuid3 = 0xccddeeff,
			     .level = 1,
			     .size = 1024,
			     .nr_disks = 1,
			     .raid_disks = 2};
	CLEANUP_DISK struct disk *disk = NULL;
	CLEANUP_FREE char *output = NULL;
	struct linux_volume_id id;
	char uuid[37];
	size_t size = 0;

	if (!tool_exists("mke2fs") || !tool_exists("grub-fstest"))
		cr_skip_test("e2fsprogs or grub-fstest is not installed");
	cr_assert_eq(tool_run(NULL, "truncate -s 1088K md0.img && mke2fs -q md0.img 1024"), 0);
	memset(bytes, 0, sizeof(super));
	memcpy(bytes, &super, sizeof(super));
	file_write("md0.super", bytes, sizeof(super));
	cr_assert_eq(tool_run(NULL, "dd if=md0.super of=md0.img bs=64K seek=16 conv=notrunc"), 0);
	disk = scratch_open("md0.img", 512);
	id = probe(disk);
	for (const char *at = id.uuid; *at; at++)
		if (*at != '-')
			uuid[size++] = *at;
	uuid[size] = '\0';
	cr_expect_str_eq(uuid, "00112233445566778899aabbccddeeff");
	cr_assert_eq(tool_run(&output, "grub-fstest md0.img ls -- '(mduuid/%s)/'", uuid), 0, "%s",
		     output);
	cr_expect(strstr(output, "lost+found"), "%s", output);
	remove("md0.img");
	remove("md0.super");
}

Test(linux_contents, swap_of_a_system_that_sleeps)
{
	static const char *const magics[] = {"S1SUSPEND", "ULSUSPEND", "LINHIB0001"};
	struct memory_disk memory;

	memory_disk_init(&memory, bytes, DISK_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes + 4086, magics[i], strlen(magics[i]));
		cr_expect_eq(probe(&memory.disk).contents, LINUX_SWAP_HIBERNATED, "%s", magics[i]);
	}
}

/* Of any size, the smallest too, nothing is read beyond the end. */
Test(linux_contents, small_partitions)
{
	struct memory_disk memory;

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, "XFSB", 4);
	for (uint64_t size = 512; size < 140 * KIB; size += 512) {
		memory_disk_init(&memory, bytes, size);
		cr_assert_eq(probe(&memory.disk).contents, LINUX_XFS);
	}
}

Test(linux_contents, each_has_a_text)
{
	for (unsigned int i = 0; i < LINUX_CONTENTS_MAX; i++)
		cr_expect_not_null(linux_contents_text((enum linux_contents)i));
	cr_expect_str_eq(linux_contents_text(LINUX_SWAP_HIBERNATED), "hibernated swap");
}

Test(linux_contents, what_cannot_be_opened_is_refused)
{
	struct linux_files *files = NULL;
	struct memory_disk memory;
	struct error err = ERROR_INIT;

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, "XFSB", 4);
	memory_disk_init(&memory, bytes, DISK_SIZE);
	cr_expect_not(linux_files_can_open(LINUX_XFS));
	cr_expect(linux_files_can_open(LINUX_EXT));
	cr_expect(linux_files_can_open_by_grub(LINUX_XFS));
	cr_expect_not(linux_files_can_open_by_grub(LINUX_SWAP));
	cr_assert_eq(linux_files_open(&memory.disk, &files, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_LINUX_UNREADABLE);
	cr_expect_str_eq(refusal_id(err.refusal), "linux-unreadable");
	cr_expect_str_eq(err.message, "what it holds (xfs) cannot be read");
	cr_expect_str_eq(
		err.advice,
		"in the guest, move /boot to an ext4 file system without special features first: "
		"ext2, ext3, ext4, XFS and Btrfs are read, as far as GRUB reads them");
}
