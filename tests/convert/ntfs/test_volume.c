/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The NTFS layer on images made by mkntfs and filled through libntfs-3g, judged by the ntfs-3g
 * tools.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/ntfs/volume.h"
#include "ntfs_image.h"

#define IMAGE_SIZE (24 * MIB)
#define HIVE_SIZE  (1 * MIB + 300)

static char image[256];
static uint8_t bytes[2 * MIB];

static void set_up(void)
{
	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/volume-%d.ntfs", BUILD_DIR, (int)getpid());
	image_pattern(bytes, sizeof(bytes), 7);
	image_make(image, IMAGE_SIZE, 4096);
}

static void tear_down(void)
{
	if (image[0])
		unlink(image);
}

static void fill(void)
{
	ntfs_volume *volume = image_mount(image);

	image_add(volume, "Windows/System32/config/SYSTEM", bytes, HIVE_SIZE);
	image_add(volume, "Windows/System32/small.txt", "resident", 8);
	image_add(volume, "Windows/empty", "", 0);
	image_add(volume, "Windows/Überlänge mit Leerzeichen und 漢字.txt", bytes, 5000);
	image_add(volume, "Windows/zebra.txt", bytes, 1);
	image_add(volume, "Windows/Apple.txt", bytes, 1);
	image_add_compressed(volume, "Windows/lznt1.bin", bytes, 700000);
	image_add_sparse(volume, "Windows/sparse.bin", 3 * MIB, "the end", 7);
	image_add_stream(volume, "Windows/zebra.txt", "Zone.Identifier", bytes, 3000);
	image_unmount(volume);
}

static void open_and_close(bool writable, struct error *err)
{
	struct disk *disk = image_disk(image, writable);
	struct volume *volume;

	if (volume_open(disk, writable, &volume, err) == 0)
		volume_cleanup(&volume);
	disk_close(disk);
}

static struct volume *open_image(struct disk *disk, bool writable)
{
	struct error err = ERROR_INIT;
	struct volume *volume;

	cr_assert_eq(volume_open(disk, writable, &volume, &err), 0, "%s", err.message);
	return volume;
}

/* The volume as a partition of a disk: one MiB in front of it, one behind. */
Test(volume, stands_at_its_place_of_a_disk, .init = set_up, .fini = tear_down)
{
	const struct volume_place place = {1, MIB, IMAGE_SIZE},
				  beyond = {1, 2 * MIB, IMAGE_SIZE + 1};
	struct error err = ERROR_INIT;
	struct volume *volume = NULL;
	char command[1000], path[300];
	struct disk *disk;

	fill();
	snprintf(path, sizeof(path), "%s.disk", image);
	snprintf(
		command, sizeof(command),
		"truncate -s %llu '%s' && dd if='%s' of='%s' bs=1M seek=1 conv=notrunc 2>/dev/null",
		(unsigned long long)(IMAGE_SIZE + 2 * MIB), path, image, path);
	cr_assert_eq(system(command), 0);
	disk = image_disk(path, false);
	cr_assert_eq(volume_open_at(disk, &place, false, &volume, &err), 0, "%s", err.message);
	cr_assert(volume_exists(volume, "\\Windows\\System32\\small.txt"));
	volume_cleanup(&volume);
	cr_assert_eq(volume_open_at(disk, &beyond, false, &volume, &err), -EINVAL);
	cr_assert_null(volume);
	disk_close(disk);
	unlink(path);
}

static void expect_file(struct volume *volume, const char *path, const void *data, size_t size)
{
	struct error err = ERROR_INIT;
	uint8_t *got;
	size_t got_size;

	cr_assert_eq(volume_read_file(volume, path, 4 * MIB, &got, &got_size, &err), 0, "%s",
		     err.message);
	cr_assert_eq(got_size, size, "%s: %zu bytes instead of %zu", path, got_size, size);
	cr_assert_eq(memcmp(got, data, size), 0, "%s differs", path);
	free(got);
}

Test(volume, reads_every_kind_of_file, .init = set_up, .fini = tear_down)
{
	struct disk *disk;
	struct volume *volume;
	uint8_t *sparse = calloc(1, 3 * MIB);

	fill();
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	cr_assert_str_eq(volume_label(volume), "Prüfung");
	cr_assert_not(volume_is_dirty(volume));
	memcpy(sparse + 3 * MIB - 7, "the end", 7);
	expect_file(volume, "\\windows\\SYSTEM32\\Config\\system", bytes, HIVE_SIZE);
	expect_file(volume, "/Windows//System32/SMALL.TXT", "resident", 8);
	expect_file(volume, "\\Windows\\empty", "", 0);
	expect_file(volume, "\\Windows\\ÜBERLÄNGE mit Leerzeichen und 漢字.txt", bytes, 5000);
	expect_file(volume, "\\Windows\\lznt1.bin", bytes, 700000);
	expect_file(volume, "\\Windows\\sparse.bin", sparse, 3 * MIB);
	volume_cleanup(&volume);
	disk_close(disk);
	free(sparse);
}

static const struct {
	unsigned int cluster, sector;
} geometries[] = {{512, 512}, {2048, 512}, {65536, 512}, {4096, 4096}, {16384, 4096}};

Test(volume, reads_and_writes_every_geometry, .init = set_up, .fini = tear_down)
{
	for (size_t i = 0; i < ARRAY_SIZE(geometries); i++) {
		struct error err = ERROR_INIT;
		ntfs_volume *filling;
		struct volume *volume;
		struct disk *disk;

		image_make_sectors(image, 2 * IMAGE_SIZE, geometries[i].cluster,
				   geometries[i].sector);
		filling = image_mount(image);
		image_add(filling, "Windows/System32/config/SYSTEM", bytes, HIVE_SIZE);
		image_add(filling, "Windows/small", "resident", 8);
		image_unmount(filling);
		disk = image_disk(image, true);
		disk->sector_size = geometries[i].sector;
		volume = open_image(disk, true);
		expect_file(volume, "\\windows\\system32\\config\\system", bytes, HIVE_SIZE);
		cr_assert_eq(volume_replace_file(volume, "\\Windows\\System32\\config\\SYSTEM",
						 bytes + 7, HIVE_SIZE + 70000, &err),
			     0, "%zu: %s", i, err.message);
		cr_assert_eq(volume_replace_file(volume, "\\Windows\\small", bytes, 30000, &err), 0,
			     "%zu: %s", i, err.message);
		cr_assert_eq(volume_close(volume, &err), 0, "%s", err.message);
		volume = open_image(disk, false);
		expect_file(volume, "\\Windows\\System32\\config\\SYSTEM", bytes + 7,
			    HIVE_SIZE + 70000);
		expect_file(volume, "\\Windows\\small", bytes, 30000);
		volume_cleanup(&volume);
		disk_close(disk);
	}
}

Test(volume, tells_what_cannot_be_read, .init = set_up, .fini = tear_down)
{
	struct error err = ERROR_INIT;
	struct disk *disk;
	struct volume *volume;
	uint8_t *data = NULL;
	size_t size;

	fill();
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	cr_assert_eq(volume_read_file(volume, "\\Windows\\none", MIB, &data, &size, &err), -ENOENT);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert(strstr(err.message, "'\\Windows\\none'"), "%s", err.message);
	cr_assert_eq(volume_read_file(volume, "\\Windows\\zebra.txt\\x", MIB, &data, &size, &err),
		     -ENOENT);
	cr_assert_eq(volume_read_file(volume, "\\Windows", MIB, &data, &size, &err), -EUCLEAN);
	cr_assert_eq(volume_read_file(volume, "\\Windows\\lznt1.bin", 699999, &data, &size, &err),
		     -EUCLEAN);
	cr_assert_eq(volume_read_start(volume, "\\Windows\\lznt1.bin", 10, &data, &size, &err), 0);
	cr_assert_eq(size, 10);
	cr_assert_eq(memcmp(data, bytes, 10), 0);
	free(data);
	volume_cleanup(&volume);
	disk_close(disk);
}

Test(volume, stats_and_lists, .init = set_up, .fini = tear_down)
{
	static const char *const names[] = {"Apple.txt",
					    "System32",
					    "empty",
					    "lznt1.bin",
					    "sparse.bin",
					    "zebra.txt",
					    "Überlänge mit Leerzeichen und 漢字.txt"};
	struct error err = ERROR_INIT;
	struct volume_entry *entries;
	struct volume_stat stat;
	struct disk *disk;
	struct volume *volume;
	size_t count;

	fill();
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	cr_assert_eq(volume_list(volume, "\\WINDOWS\\", &entries, &count, &err), 0, "%s",
		     err.message);
	cr_assert_eq(count, ARRAY_SIZE(names));
	for (size_t i = 0; i < count; i++) {
		cr_assert_str_eq(entries[i].name, names[i]);
		cr_assert_eq(entries[i].is_directory, strcmp(names[i], "System32") == 0);
	}
	volume_entries_free(entries, count);
	cr_assert_eq(volume_list(volume, "\\", &entries, &count, &err), 0, "%s", err.message);
	cr_assert_eq(count, 2);
	cr_assert_str_eq(entries[0].name, "$Extend");
	cr_assert_str_eq(entries[1].name, "Windows");
	volume_entries_free(entries, count);
	cr_assert_eq(volume_list(volume, "\\Windows\\empty", &entries, &count, &err), -EUCLEAN);

	cr_assert_eq(volume_stat(volume, "\\Windows\\sparse.bin", &stat, &err), 0);
	cr_assert_eq(stat.size, 3 * MIB);
	cr_assert_not(stat.is_directory || stat.is_compact || stat.is_reparse);
	cr_assert_gt(stat.mtime, 1600000000);
	cr_assert_eq(volume_stat(volume, "\\Windows", &stat, &err), 0);
	cr_assert(stat.is_directory);
	cr_assert(volume_exists(volume, "\\Windows\\System32"));
	cr_assert_not(volume_exists(volume, "\\Windows\\System33"));
	volume_cleanup(&volume);
	disk_close(disk);
}

static void set_attributes(ntfs_volume *volume, const char *path, uint32_t attributes)
{
	ntfs_inode *inode = image_open(volume, path);

	inode->flags = cpu_to_le32(attributes);
	NInoFileNameSetDirty(inode);
	NInoSetDirty(inode);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

/* Nothing that a user or Windows put there may be missing from a listing: what begins with a dollar
 * sign, what is hidden, what is the system's. */
Test(volume, lists_what_is_hidden, .init = set_up, .fini = tear_down)
{
	static const char *const names[] = {"$Extend", "$MFT-copy", "$Save", "bootmgr", "plain"};
	struct volume_entry *entries;
	struct disk *disk;
	struct volume *volume;
	size_t count;
	ntfs_volume *filling = image_mount(image);

	image_add(filling, "$Save/a.txt", bytes, 10);
	image_add(filling, "$MFT-copy", bytes, 10);
	image_add(filling, "plain", bytes, 10);
	image_add(filling, "bootmgr", bytes, 10);
	set_attributes(filling, "bootmgr", 0x7); /* read-only, hidden, system */
	image_unmount(filling);
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	cr_assert_eq(volume_list(volume, "\\", &entries, &count, NULL), 0);
	cr_assert_eq(count, ARRAY_SIZE(names));
	for (size_t i = 0; i < count; i++)
		cr_assert_str_eq(entries[i].name, names[i]);
	volume_entries_free(entries, count);
	volume_cleanup(&volume);
	disk_close(disk);
}

static bool holds_more(struct volume *volume, const char *path)
{
	struct error err = ERROR_INIT;
	bool more = false;

	cr_assert_eq(volume_holds_more(volume, path, &more, &err), 0, "%s", err.message);
	return more;
}

Test(volume, sees_streams_and_reparse_points, .init = set_up, .fini = tear_down)
{
	static const uint8_t dedup[24] = {0x13, 0, 0, 0x80, 16};
	struct error err = ERROR_INIT;
	struct disk *disk;
	struct volume *volume;
	ntfs_volume *filling;
	bool more;

	fill();
	filling = image_mount(image);
	image_add_stream(filling, "Windows/System32", "of a folder", "", 0);
	image_add_stream(filling, "Windows/lznt1.bin", "WofCompressedData", "x", 1);
	image_add_sparse(filling, "Windows/elsewhere", 9000, NULL, 0);
	image_set_reparse(filling, "Windows/elsewhere", dedup, sizeof(dedup));
	image_add_wof(filling, "Windows/compact", 0, bytes, 50000);
	image_unmount(filling);
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	cr_assert(holds_more(volume, "\\Windows\\zebra.txt"));
	cr_assert(holds_more(volume, "\\Windows\\System32"));
	cr_assert(holds_more(volume, "\\Windows\\elsewhere"));
	cr_assert(holds_more(volume, "\\Windows\\lznt1.bin"), "a stream that is not WOF's own");
	cr_assert_not(holds_more(volume, "\\"));
	cr_assert_not(holds_more(volume, "\\Windows"));
	cr_assert_not(holds_more(volume, "\\Windows\\compact"));
	cr_assert_not(holds_more(volume, "\\Windows\\Apple.txt"));
	cr_assert_eq(volume_holds_more(volume, "\\absent", &more, &err), -ENOENT);
	volume_cleanup(&volume);
	disk_close(disk);
}

Test(volume, decompresses_compact_files, .init = set_up, .fini = tear_down)
{
	static const size_t sizes[] = {1, 4095, 4096, 4097, 32768, 100000, 700001};
	struct error err = ERROR_INIT;
	ntfs_volume *filling = image_mount(image);
	struct volume_stat stat;
	struct volume *volume;
	struct disk *disk;
	char path[64];
	uint8_t *start;
	size_t size;

	for (unsigned int algorithm = 0; algorithm < 4; algorithm++)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			snprintf(path, sizeof(path), "wof/%u-%zu.bin", algorithm, sizes[i]);
			image_add_wof(filling, path, algorithm, bytes, sizes[i]);
		}
	image_unmount(filling);
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	for (unsigned int algorithm = 0; algorithm < 4; algorithm++)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			snprintf(path, sizeof(path), "\\wof\\%u-%zu.bin", algorithm, sizes[i]);
			cr_assert_eq(volume_stat(volume, path, &stat, &err), 0, "%s", err.message);
			cr_assert(stat.is_compact && stat.is_reparse);
			cr_assert_eq(stat.size, sizes[i], "%s: %zu bytes", path, (size_t)stat.size);
			expect_file(volume, path, bytes, sizes[i]);
		}
	cr_assert_eq(volume_read_start(volume, "\\wof\\1-700001.bin", 40000, &start, &size, &err),
		     0);
	cr_assert_eq(size, 40000);
	cr_assert_eq(memcmp(start, bytes, size), 0);
	free(start);
	volume_cleanup(&volume);
	disk_close(disk);
}

Test(volume, refuses_contents_held_elsewhere, .init = set_up, .fini = tear_down)
{
	uint8_t wim[24] = {0x17, 0, 0, 0x80, 16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
	uint8_t dedup[16] = {0x13, 0, 0, 0x80, 8};
	uint8_t unknown[24] = {0x17, 0, 0, 0x80, 16, 0, 0, 0, 1, 0, 0,
			       0,    2, 0, 0,	 0,  1, 0, 0, 0, 4};
	uint8_t broken[24] = {0x17, 0, 0, 0x80, 16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0};
	static const char *const refused[] = {"\\wim", "\\dedup", "\\unknown"};
	struct error err = ERROR_INIT;
	ntfs_volume *filling = image_mount(image);
	struct volume *volume;
	struct disk *disk;
	uint8_t *data;
	size_t size;

	image_add_sparse(filling, "wim", 9000, NULL, 0);
	image_set_reparse(filling, "wim", wim, sizeof(wim));
	image_add_sparse(filling, "dedup", 9000, NULL, 0);
	image_set_reparse(filling, "dedup", dedup, sizeof(dedup));
	image_add_sparse(filling, "unknown", 9000, NULL, 0);
	image_set_reparse(filling, "unknown", unknown, sizeof(unknown));
	image_add_sparse(filling, "broken", 9000, NULL, 0);
	image_set_reparse(filling, "broken", broken, sizeof(broken));
	image_unmount(filling);
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		cr_assert_lt(volume_read_file(volume, refused[i], MIB, &data, &size, &err), 0);
		cr_assert_eq(err.refusal, REFUSAL_WOF_UNSUPPORTED, "%s: %s", refused[i],
			     err.message);
		if (strcmp(refused[i], "\\dedup") == 0)
			cr_assert_str_eq(err.advice,
					 "restore the contents of the file in the guest, shut "
					 "down and convert again");
		else
			cr_assert_str_eq(err.advice,
					 "decompress the file in the guest (compact /u /exe FILE), "
					 "shut down and convert again");
	}
	cr_assert_lt(volume_read_file(volume, "\\broken", MIB, &data, &size, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	volume_cleanup(&volume);
	disk_close(disk);
}

struct state {
	const char *name;
	unsigned int major, minor; /* restart pages; 0: none written */
	bool clean;
	const char *hiberfile; /* first bytes; NULL: no such file */
	size_t hiberfile_size;
	enum refusal want;
};

static const struct state states[] = {
	{"fresh", 0, 0, true, NULL, 0, REFUSAL_NONE},
	{"closed by Windows", 1, 1, true, NULL, 0, REFUSAL_NONE},
	{"power cut", 1, 1, false, NULL, 0, REFUSAL_NTFS_DIRTY},
	{"in use, Windows 8 and later", 2, 0, false, NULL, 0, REFUSAL_NTFS_DIRTY},
	{"version of a log in use", 2, 0, true, NULL, 0, REFUSAL_NTFS_DIRTY},
	{"unknown journal", 3, 0, true, NULL, 0, REFUSAL_NTFS_DIRTY},
	{"hibernated", 1, 1, true, "hibr", 8192, REFUSAL_HIBERNATED},
	{"hibernated, upper case", 1, 1, true, "HIBR", 8192, REFUSAL_HIBERNATED},
	{"hibernated, mixed case", 1, 1, true, "Hibr", 8192, REFUSAL_HIBERNATED},
	{"for a debugger", 1, 1, true, "brkp", 8192, REFUSAL_HIBERNATED},
	{"elsewhere, with a whole header", 1, 1, true, "link", 8192, REFUSAL_HIBERNATED},
	{"resuming", 1, 1, true, "RSTR", 8192, REFUSAL_HIBERNATED},
	{"unknown, but shut down", 1, 1, true, "what", 8192, REFUSAL_NONE},
	{"resumed", 1, 1, true, "wake", 8192, REFUSAL_NONE},
	{"hibernated elsewhere", 1, 1, true, "link", 100, REFUSAL_HIBERNATED},
	{"one byte short of a header", 1, 1, true, "\0\0\0\0", 4095, REFUSAL_HIBERNATED},
	{"a header of zeros", 1, 1, true, "\0\0\0\0", 4096, REFUSAL_NONE},
	{"nothing saved", 1, 1, true, "", 0, REFUSAL_NONE},
	{"nothing saved, in use", 2, 0, false, "", 0, REFUSAL_NTFS_DIRTY},
	{"never hibernated", 1, 1, true, "\0\0\0\0", 8192, REFUSAL_NONE},
};

static void make_state(const struct state *state)
{
	uint8_t hiberfile[8192] = {0};
	ntfs_volume *filling;

	image_make(image, IMAGE_SIZE, 4096);
	filling = image_mount(image);
	if (state->hiberfile) {
		memcpy(hiberfile, state->hiberfile, strlen(state->hiberfile));
		image_add(filling, "hiberfil.sys", hiberfile, state->hiberfile_size);
	}
	if (state->major)
		image_set_journal(filling, state->major, state->minor, state->clean);
	image_unmount(filling);
}

Test(volume, refuses_what_windows_has_not_let_go, .init = set_up, .fini = tear_down)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		make_state(&states[i]);
		for (int writable = 0; writable < 2; writable++) {
			struct error err = ERROR_INIT;

			open_and_close(writable, &err);
			cr_assert_eq(err.refusal, states[i].want, "%s, writable %d: %s",
				     states[i].name, writable, err.message);
			cr_assert_eq(err.kind, states[i].want ? ERROR_REFUSED : ERROR_NONE, "%s",
				     states[i].name);
		}
	}
}

/* Where the journal is open only what is known not to be a saved system is none. */
Test(volume, doubts_a_hiberfile_that_is_not_known, .init = set_up, .fini = tear_down)
{
	static const struct state doubts[] = {
		{"none", 2, 0, false, NULL, 0, REFUSAL_NONE},
		{"zeros", 2, 0, false, "", 8192, REFUSAL_NONE},
		{"resumed", 2, 0, false, "Wake", 8192, REFUSAL_NONE},
		{"saved", 2, 0, false, "hIBR", 8192, REFUSAL_HIBERNATED},
		{"unknown", 2, 0, false, "what", 8192, REFUSAL_HIBERNATED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(doubts); i++) {
		struct error err = ERROR_INIT;
		struct disk *disk;

		make_state(&doubts[i]);
		disk = image_disk(image, false);
		volume_check_hibernation(disk, &err);
		cr_assert_eq(err.refusal, doubts[i].want, "%s: %s", doubts[i].name, err.message);
		disk_close(disk);
	}
}

static void poke(uint64_t offset, const void *data, size_t size)
{
	int fd = open(image, O_RDWR | O_CLOEXEC);

	cr_assert_eq(pwrite(fd, data, size, (off_t)offset), (ssize_t)size);
	close(fd);
}

/* A partition or a disk that was made smaller, by as little as one sector. */
Test(volume, tells_that_a_file_system_is_larger_than_its_partition, .init = set_up,
     .fini = tear_down)
{
	static const uint64_t lost[] = {1024, 512 * 9, MIB};

	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		struct error err = ERROR_INIT;

		image_make(image, IMAGE_SIZE, 4096);
		cr_assert_eq(truncate(image, (off_t)(IMAGE_SIZE - lost[i])), 0);
		open_and_close(false, &err);
		cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
		cr_assert_not_null(strstr(err.message, "larger than its partition"), "%s",
				   err.message);
	}
}

Test(volume, calls_a_damaged_volume_damaged, .init = set_up, .fini = tear_down)
{
	struct error err = ERROR_INIT;
	uint8_t sector[512];
	int fd = open(image, O_RDONLY | O_CLOEXEC);

	cr_assert_eq(pread(fd, sector, sizeof(sector), 0), 512);
	close(fd);
	poke(get_le64(sector + 56) * 4096 + 100, "\xff\xff\xff\xff",
	     4); /* $MFTMirr, first record */
	open_and_close(false, &err);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_assert(strstr(err.message, "$MFTMirr"), "%s", err.message);
	err = (struct error)ERROR_INIT;
	poke(11, "\0\0", 2);
	open_and_close(false, &err);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	err = (struct error)ERROR_INIT;
	cr_assert_eq(truncate(image, 512), 0);
	open_and_close(false, &err);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
}

/*
 * Make every leaf of a folder's index a node that is its own child behind its last entry (NTFS
 * index blocks as in libntfs-3g layout.h). libntfs-3g follows such a circle for ever.
 */
static void make_index_circular(ntfs_volume *volume, const char *path)
{
	ntfs_inode *inode = image_open(volume, path);
	ntfs_attr *index = ntfs_attr_open(inode, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4);
	uint8_t block[4096];

	cr_assert(index, "the index of %s has no blocks", path);
	for (s64 at = 0; at < index->data_size; at += (s64)sizeof(block)) {
		uint8_t *header = block + 0x18, *end = header;

		cr_assert_eq(ntfs_attr_mst_pread(index, at, 1, sizeof(block), block), 1);
		end += get_le32(header);
		while (!(get_le16(end + 12) & 2))
			end += get_le16(end + 8);
		cr_assert_leq(get_le32(header + 4) + 8, get_le32(header + 8));
		put_le32(header + 4, get_le32(header + 4) + 8);
		header[12] = 1;
		put_le16(end + 8, (uint16_t)(get_le16(end + 8) + 8));
		put_le16(end + 12, 3);
		put_le64(end + get_le16(end + 8) - 8, get_le64(block + 16));
		cr_assert_eq(ntfs_attr_mst_pwrite(index, at, 1, sizeof(block), block), 1);
	}
	ntfs_attr_close(index);
	ntfs_inode_close(inode);
}

Test(volume, ends_a_search_in_circles, .init = set_up, .fini = tear_down, .timeout = 20)
{
	struct error err = ERROR_INIT;
	ntfs_volume *filling = image_mount(image);
	struct volume_stat stat;
	struct volume *volume;
	struct disk *disk;
	char path[64];

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "many/a rather long name of file number %d", i);
		image_add(filling, path, "x", 1);
	}
	make_index_circular(filling, "many");
	image_unmount(filling);
	disk = image_disk(image, false);
	volume = open_image(disk, false);
	cr_assert_lt(volume_stat(volume, "\\many\\zzz", &stat, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_assert(strstr(err.message, "circle"), "%s", err.message);
	volume_cleanup(&volume);
	disk_close(disk);
}

/* The error of finding a file below "many". */
static void expect_damage(const char *words)
{
	struct error err = ERROR_INIT;
	struct disk *disk = image_disk(image, false);
	struct volume_stat stat;
	struct volume *volume;

	if (volume_open(disk, false, &volume, &err) == 0) {
		cr_assert_lt(volume_stat(volume, "\\many\\zzz", &stat, &err), 0);
		volume_cleanup(&volume);
	}
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_assert(strstr(err.message, words), "%s", err.message);
	disk_close(disk);
}

Test(volume, does_not_believe_any_size, .init = set_up, .fini = tear_down)
{
	const char records = -30; /* of 1 GiB */
	uint8_t page[4096] = "CHKD";
	uint8_t size[4];
	ntfs_volume *filling = image_mount(image);
	ntfs_inode *inode;
	ntfs_attr *attr;

	image_add(filling, "many/x", "x", 1);
	inode = image_open(filling, "many");
	attr = ntfs_attr_open(inode, AT_INDEX_ROOT, NTFS_INDEX_I30, 4);
	put_le32(size, 0x80000000);
	cr_assert_eq(ntfs_attr_pwrite(attr, 8, 4, size), 4);
	ntfs_attr_close(attr);
	cr_assert_eq(ntfs_inode_close(inode), 0);
	image_unmount(filling);
	expect_damage("index blocks of 2147483648 bytes");

	filling = image_mount(image);
	inode = ntfs_inode_open(filling, FILE_LogFile);
	attr = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	put_le32(page + 16, 0x40000000);
	cr_assert_eq(ntfs_attr_pwrite(attr, 512 << 5, sizeof(page), page), sizeof(page));
	ntfs_attr_close(attr);
	cr_assert_eq(ntfs_inode_close(inode), 0);
	image_unmount(filling);
	expect_damage("pages of 1073741824 bytes at offset 16384");

	poke(64, &records, 1);
	expect_damage("records of 1073741824 bytes");
}

/* A disk that fails after some reads. */
struct failing_disk {
	struct disk disk;
	struct disk *base;
	unsigned int left;
};

static int failing_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	struct failing_disk *failing = (struct failing_disk *)disk;

	if (failing->left == 0)
		return error_failed(err, EIO, "the cable is out");
	failing->left--;
	return disk_read(failing->base, buffer, length, offset, err);
}

static const struct disk_ops failing_ops = {.read = failing_read};

Test(volume, passes_on_errors_of_the_disk, .init = set_up, .fini = tear_down)
{
	struct disk *base;
	unsigned int reads = 0;
	int r = -EIO;

	fill();
	base = image_disk(image, false);
	for (; r < 0; reads++) {
		struct failing_disk disk = {.disk = *base, .base = base, .left = reads};
		struct error err = ERROR_INIT;
		struct volume *volume;
		uint8_t *data;
		size_t size;

		disk.disk.ops = &failing_ops;
		r = volume_open(&disk.disk, false, &volume, &err);
		if (r == 0) {
			r = volume_read_file(volume, "\\Windows\\lznt1.bin", MIB, &data, &size,
					     &err);
			if (r == 0)
				free(data);
			volume_cleanup(&volume);
		}
		cr_assert(r == 0 || (r == -EIO && err.kind == ERROR_FAILED), "after %u reads: %s",
			  reads, err.message);
		cr_assert(r == 0 || strstr(err.message, "the cable is out"), "%s", err.message);
	}
	cr_assert_gt(reads, 20);
	disk_close(base);
}

static const struct {
	const char *id;
	size_t offset;
	enum filesystem want;
} probes[] = {
	{"NTFS    ", 3, FILESYSTEM_NTFS},
	{"EXFAT   ", 3, FILESYSTEM_EXFAT},
	{"ReFS\0\0\0\0", 3, FILESYSTEM_REFS},
	{"-FVE-FS-", 3, FILESYSTEM_BITLOCKER},
	{"whatever", 3, FILESYSTEM_UNKNOWN},
	{"\0\0\0\0\0\0\0\0", 3, FILESYSTEM_EMPTY},
	{"\0\0\0\0\0\0\0x", 60000, FILESYSTEM_UNKNOWN},
	{"\0\0\0\0\0\0\0x", 65536, FILESYSTEM_EMPTY},
};

Test(volume, probes_the_first_sector, .init = set_up, .fini = tear_down)
{
	const char *const mkfs[] = {"mkfs.fat", "-F", "32", image, NULL};
	enum filesystem filesystem;
	struct disk *disk;

	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		cr_assert_eq(truncate(image, 0), 0);
		cr_assert_eq(truncate(image, 1 * MIB), 0);
		poke(probes[i].offset, probes[i].id, 8);
		disk = image_disk(image, false);
		cr_assert_eq(filesystem_probe(disk, &filesystem, NULL), 0);
		cr_assert_eq(filesystem, probes[i].want, "%zu: %s", i, filesystem_text(filesystem));
		disk_close(disk);
	}
	cr_assert_eq(truncate(image, 0), 0);
	cr_assert_eq(truncate(image, 64 * MIB), 0);
	if (image_run(mkfs, NULL) != 0)
		cr_skip_test("mkfs.fat is not installed");
	disk = image_disk(image, false);
	cr_assert_eq(filesystem_probe(disk, &filesystem, NULL), 0);
	cr_assert_eq(filesystem, FILESYSTEM_FAT);
	disk_close(disk);
}
