/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The NTFS reader of 'hvgen2 verify' on images made by mkntfs: what it reads, what it refuses, and
 * that no volume holds it up. HVGEN2_HOSTILE_RUNS sets the number of volumes damaged at random,
 * HVGEN2_SEED repeats them.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/ntfs/file.h"
#include "convert/verify/ntfs/volume.h"
#include "convert/verify/pe.h"
#include "tests/convert/ntfs/ntfs_image.h"
#include "tests/support/scratch.h"

#define IMAGE_BYTES (16 * MIB)
#define MAX_FILE    ((size_t)(4 * MIB))

static char image[256];
static uint8_t bytes[2 * MIB];
static struct disk *disk;
static struct verify_ntfs_volume *volume;

static void set_up(void)
{
	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), BUILD_DIR "/tests/convert/verify-%d.ntfs", (int)getpid());
	image_pattern(bytes, sizeof(bytes), 11);
	image_make(image, IMAGE_BYTES, 4096);
}

static void close_volume(void)
{
	verify_ntfs_close(&volume);
	disk_close(disk);
	disk = NULL;
}

static void tear_down(void)
{
	close_volume();
	if (image[0])
		unlink(image);
}

TestSuite(verify_ntfs_volume, .init = set_up, .fini = tear_down);

static int open_volume(struct error *err)
{
	struct disk_window window;

	close_volume();
	disk = image_disk(image, false);
	cr_assert_eq(disk_window_init(&window, disk, 0, disk->size, NULL), 0);
	return verify_ntfs_open(&window, &volume, err);
}

static void open_good_volume(void)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(open_volume(&err), 0, "%s", err.message);
}

/* It cannot be opened, because of the damage that 'words' name. */
static void expect_refused(const char *words)
{
	struct error err = ERROR_INIT;

	cr_assert_lt(open_volume(&err), 0, "not refused: %s", words);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_assert_not_null(strstr(err.message, words), "'%s' is not in: %s", words, err.message);
}

static void expect_unread(const char *path, enum error_kind kind, const char *words)
{
	struct verify_ntfs_file file;
	struct error err = ERROR_INIT;

	cr_assert_lt(verify_ntfs_read(volume, path, MAX_FILE, &file, &err), 0, "read: %s", path);
	cr_assert_eq(err.kind, kind, "%s", err.message);
	cr_assert_not_null(strstr(err.message, words), "'%s' is not in: %s", words, err.message);
}

static void expect_read(const char *path, const void *start, uint64_t size)
{
	struct verify_ntfs_file file;
	struct error err = ERROR_INIT;

	cr_assert_eq(verify_ntfs_read(volume, path, MAX_FILE, &file, &err), 0, "%s", err.message);
	cr_assert_eq(file.size, size, "%s", path);
	cr_assert_eq(file.start_size, min_u64(size, VERIFY_NTFS_START), "%s", path);
	cr_assert_eq(memcmp(file.start, start, file.start_size), 0, "%s differs", path);
}

Test(verify_ntfs_volume, reads_a_good_volume)
{
	static const uint8_t zeros[VERIFY_NTFS_START];
	ntfs_volume *filling = image_mount(image);

	image_add(filling, "Windows/System32/winload.efi", bytes, sizeof(bytes) - 100);
	image_add(filling, "Windows/resident", "few bytes", 9);
	image_add(filling, "Windows/empty", "", 0);
	image_add(filling, "Windows/Größe", bytes + 1, 4097);
	image_add_compressed(filling, "Windows/lznt1", bytes, 300000);
	image_add_sparse(filling, "Windows/sparse", MIB, "end", 3);
	image_unmount(filling);
	open_good_volume();
	cr_assert_str_eq(verify_ntfs_label(volume), "Prüfung");
	cr_assert_not(verify_ntfs_is_dirty(volume));
	expect_read("\\windows\\SYSTEM32\\WinLoad.EFI", bytes, sizeof(bytes) - 100);
	expect_read("/Windows//resident", "few bytes", 9);
	expect_read("\\Windows\\empty", "", 0);
	expect_read("\\Windows\\GRÖßE", bytes + 1, 4097);
	expect_read("\\Windows\\lznt1", bytes, 300000);
	expect_read("\\Windows\\sparse", zeros, MIB);
}

Test(verify_ntfs_volume, says_what_cannot_be_read)
{
	ntfs_volume *filling = image_mount(image);

	image_add(filling, "Windows/notes.txt", "x", 1);
	image_add_sparse(filling, "Windows/huge", MAX_FILE + 1, NULL, 0);
	image_unmount(filling);
	open_good_volume();
	expect_unread("\\Windows\\winload.efi", ERROR_FAILED,
		      "cannot open '\\Windows\\winload.efi': there is no such file");
	expect_unread("\\Winnt\\notes.txt", ERROR_FAILED, "no such file");
	expect_unread("\\Windows\\notes.txt\\x", ERROR_FAILED, "no such file");
	expect_unread("\\Windows", ERROR_DAMAGED, "it is a folder");
	expect_unread("", ERROR_DAMAGED, "it is a folder");
	expect_unread("\\Windows\\huge", ERROR_DAMAGED, "has 4194305 bytes");
	expect_unread("\\\xff\xfe", ERROR_FAILED, "cannot open");
}

static const struct {
	unsigned int cluster, sector;
} geometries[] = {{512, 512}, {1024, 512}, {65536, 512}, {4096, 4096}};

Test(verify_ntfs_volume, reads_every_geometry)
{
	for (size_t i = 0; i < ARRAY_SIZE(geometries); i++) {
		ntfs_volume *filling;

		image_make_sectors(image, 3 * IMAGE_BYTES, geometries[i].cluster,
				   geometries[i].sector);
		filling = image_mount(image);
		image_add(filling, "Windows/System32/winload.efi", bytes, MIB + 1);
		image_unmount(filling);
		open_good_volume();
		expect_read("\\Windows\\System32\\winload.efi", bytes, MIB + 1);
	}
}

/* "Compact OS": all algorithms, sizes around a chunk of each. */
Test(verify_ntfs_volume, decompresses_compact_files)
{
	static const size_t sizes[] = {1, 4096, 4097, 32768, 32769, 300001};
	ntfs_volume *filling = image_mount(image);
	char path[64];

	for (unsigned int i = 0; i < 4 * ARRAY_SIZE(sizes); i++) {
		snprintf(path, sizeof(path), "Windows/wof%u", i);
		image_add_wof(filling, path, i % 4, bytes + i, sizes[i / 4]);
	}
	image_unmount(filling);
	open_good_volume();
	for (unsigned int i = 0; i < 4 * ARRAY_SIZE(sizes); i++) {
		snprintf(path, sizeof(path), "\\Windows\\wof%u", i);
		expect_read(path, bytes + i, sizes[i / 4]);
	}
}

/* The start of the program is enough to judge it, and its size is the one before compression. */
Test(verify_ntfs_volume, compressed_loader)
{
	ntfs_volume *filling = image_mount(image);
	struct verify_ntfs_file file;
	struct error err = ERROR_INIT;

	memset(bytes, 0, 0x200);
	memcpy(bytes, "MZ", 2);
	put_le32(bytes + 0x3c, 0x100);
	memcpy(bytes + 0x100, "PE\0\0\x64\x86", 6);
	put_le16(bytes + 0x118, 0x20b);
	image_add_wof(filling, "Windows/System32/winload.efi", 1, bytes, 1700000);
	image_unmount(filling);
	open_good_volume();
	cr_assert_eq(verify_ntfs_read(volume, "\\Windows\\system32\\winload.efi", MAX_FILE, &file,
				      &err),
		     0, "%s", err.message);
	cr_assert_eq(file.size, 1700000);
	cr_assert_null(verify_pe_fault(file.start, file.start_size, PE_SUBSYSTEM_ANY));
}

/* A file with this stream and this reparse point. */
static void add_compact(ntfs_volume *filling, const char *path, const void *stream, size_t size,
			const uint32_t point[6])
{
	uint8_t reparse[24];

	for (size_t i = 0; i < 6; i++)
		put_le32(reparse + i * 4, point[i]);
	image_add_sparse(filling, path, 70000, NULL, 0);
	if (stream)
		image_add_stream(filling, path, "WofCompressedData", stream, size);
	image_set_reparse(filling, path, reparse, sizeof(reparse));
}

Test(verify_ntfs_volume, refuses_contents_that_are_not_there)
{
	static const uint32_t lzx[] = {0x80000017, 16, 1, 2, 1, 1},
			      in_wim[] = {0x80000017, 16, 1, 1, 1, 1},
			      unknown[] = {0x80000017, 16, 1, 2, 1, 4},
			      deduplicated[] = {0x80000013, 16, 0, 0, 0, 0};
	ntfs_volume *filling = image_mount(image);
	CLEANUP_FREE uint8_t *stream = NULL;
	size_t size;

	stream = image_wof_stream(1, bytes, 70000, &size);
	add_compact(filling, "wim", NULL, 0, in_wim);
	add_compact(filling, "new", stream, size, unknown);
	add_compact(filling, "dedup", NULL, 0, deduplicated);
	add_compact(filling, "none", NULL, 0, lzx);
	add_compact(filling, "good", stream, size, lzx);
	add_compact(filling, "short", stream, 7, lzx);
	add_compact(filling, "cut", stream, 8 + get_le32(stream + 4), lzx);
	memset(stream + 8 + get_le32(stream), 0xff, 100);
	add_compact(filling, "nonsense", stream, size, lzx);
	put_le32(stream, 0xfffffff0);
	add_compact(filling, "table", stream, size, lzx);
	image_unmount(filling);
	open_good_volume();
	expect_unread("wim", ERROR_DAMAGED, "WOF provider 1");
	expect_unread("new", ERROR_DAMAGED, "compression 4");
	expect_unread("dedup", ERROR_DAMAGED, "reparse tag 0x80000013");
	expect_unread("none", ERROR_DAMAGED, "the compressed bytes are missing");
	expect_read("good", bytes, 70000);
	expect_unread("short", ERROR_DAMAGED, "no room for a table of 3 chunks");
	expect_unread("cut", ERROR_DAMAGED, "chunk 2 cannot stand");
	expect_unread("nonsense", ERROR_DAMAGED, "chunk 1 cannot be decompressed");
	expect_unread("table", ERROR_DAMAGED, "chunk 0 cannot stand at 0 to 4294967280");
}

static const struct {
	unsigned int major;
	bool clean;
	const char *hiberfile; /* its first bytes; NULL: there is none */
	size_t hiberfile_bytes;
	const char *words; /* NULL: it is opened */
} states[] = {
	{1, true, NULL, 0, NULL},
	{1, true, "wake", 8192, NULL},
	{1, true, "hibr", 8192, "hibernated"},
	{1, true, "RSTR", 8192, "hibernated"},
	{1, true, "", 100, "hibernated"},
	{1, true, "", 0, NULL},
	{1, false, NULL, 0, "not closed cleanly"},
	{2, true, NULL, 0, "fast startup"},
};

Test(verify_ntfs_volume, refuses_what_was_not_shut_down)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		uint8_t hiberfile[8192] = {0};
		ntfs_volume *filling;

		image_make(image, IMAGE_BYTES, 4096);
		filling = image_mount(image);
		if (states[i].hiberfile) {
			memcpy(hiberfile, states[i].hiberfile, strlen(states[i].hiberfile));
			image_add(filling, "hiberfil.sys", hiberfile, states[i].hiberfile_bytes);
		}
		image_set_journal(filling, states[i].major, states[i].major == 1, states[i].clean);
		image_unmount(filling);
		if (states[i].words)
			expect_refused(states[i].words);
		else
			open_good_volume();
	}
}

static void write_at(uint64_t offset, const void *data, size_t size)
{
	CLEANUP_FD int fd = open(image, O_WRONLY | O_CLOEXEC);

	cr_assert_eq(pwrite(fd, data, size, (off_t)offset), (ssize_t)size);
}

/* Where the field of the boot sector at 'field' leads to. */
static uint64_t cluster_named_at(size_t field)
{
	CLEANUP_FD int fd = open(image, O_RDONLY | O_CLOEXEC);
	uint8_t boot[512];

	cr_assert_eq(pread(fd, boot, sizeof(boot), 0), (ssize_t)sizeof(boot));
	return get_le64(boot + field) * 4096;
}

Test(verify_ntfs_volume, damaged_mft)
{
	uint64_t mft = cluster_named_at(0x30), mirror = cluster_named_at(0x38);

	write_at(mirror + 1024 + 100, "\xff\xff\xff", 3);
	expect_refused("cannot mount the NTFS volume: $MFTMirr");
	write_at(mft + 5 * 1024, "nothing here", 12); /* the root folder */
	expect_refused("cannot mount the NTFS volume: ");
	write_at(mft, bytes, 1024);
	expect_refused("cannot mount the NTFS volume: ");
	cr_assert_eq(truncate(image, 512), 0);
	expect_refused("cannot mount the NTFS volume: ");
}

static void set_index_block_size(ntfs_volume *filling, const char *folder, uint32_t size)
{
	ntfs_inode *inode = image_open(filling, folder);
	ntfs_attr *root = ntfs_attr_open(inode, AT_INDEX_ROOT, NTFS_INDEX_I30, 4);
	uint8_t field[4];

	put_le32(field, size);
	cr_assert_eq(ntfs_attr_pwrite(root, 8, sizeof(field), field), (s64)sizeof(field));
	ntfs_attr_close(root);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

static void set_stream(ntfs_volume *filling, MFT_REF number, s64 at, const void *data, s64 size)
{
	ntfs_inode *inode = ntfs_inode_open(filling, number);
	ntfs_attr *stream = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);

	cr_assert_eq(ntfs_attr_pwrite(stream, at, size, data), size);
	ntfs_attr_close(stream);
	cr_assert_eq(ntfs_inode_close(inode), 0);
}

Test(verify_ntfs_volume, does_not_believe_sizes)
{
	const uint8_t records = 0xe2; /* of 2 to the power of 30 bytes */
	uint8_t page[512] = "RSTR";
	ntfs_volume *filling = image_mount(image);

	image_add(filling, "folder/x", "x", 1);
	set_index_block_size(filling, "folder", 0x80000000);
	image_unmount(filling);
	open_good_volume();
	expect_unread("\\folder\\x", ERROR_DAMAGED, "index blocks of 2147483648 bytes");

	image_make(image, IMAGE_BYTES, 4096);
	filling = image_mount(image);
	put_le32(page + 16, 0x40000000);
	set_stream(filling, FILE_LogFile, 4096, page, sizeof(page));
	image_unmount(filling);
	expect_refused("'$LogFile' has a page of 1073741824 bytes at offset 4096");

	image_make(image, IMAGE_BYTES, 4096);
	filling = image_mount(image);
	set_stream(filling, FILE_AttrDef, 0, bytes, sizeof(bytes));
	image_unmount(filling);
	expect_refused(" bytes at once");

	write_at(0x40, &records, 1);
	expect_refused("records of 1073741824 bytes");
}

/*
 * Make the last name in each block of a folder's index the end of it, with a child: the block
 * itself. Whoever looks for a name behind those that are left goes there for ever.
 */
static void close_circle(ntfs_volume *filling, const char *folder)
{
	ntfs_inode *inode = image_open(filling, folder);
	ntfs_attr *index = ntfs_attr_open(inode, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4);
	uint8_t block[4096];

	cr_assert_not_null(index);
	for (s64 at = 0; at < index->data_size; at += 4096) {
		uint8_t *header = block + 0x18, *entry = header, *next;

		cr_assert_eq(ntfs_attr_mst_pread(index, at, 1, sizeof(block), block), 1);
		entry += get_le32(entry);
		while (next = entry + get_le16(entry + 8), !(get_le16(next + 12) & 2))
			entry = next;
		put_le32(header + 4, (uint32_t)(next - header));
		header[12] |= 1;
		put_le16(entry + 10, 0);
		put_le16(entry + 12, 3);
		put_le64(next - 8, get_le64(block + 16));
		cr_assert_eq(ntfs_attr_mst_pwrite(index, at, 1, sizeof(block), block), 1);
	}
	ntfs_attr_close(index);
	ntfs_inode_close(inode);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

Test(verify_ntfs_volume, index_that_leads_in_a_circle, .timeout = 30)
{
	ntfs_volume *filling = image_mount(image);
	double start;
	char path[64];

	for (int i = 0; i < 80; i++) {
		snprintf(path, sizeof(path), "many/file with a name that takes some room %d", i);
		image_add(filling, path, "x", 1);
	}
	close_circle(filling, "many");
	image_unmount(filling);
	open_good_volume();
	start = seconds_now();
	expect_unread("\\many\\zebra", ERROR_DAMAGED, "circle");
	cr_assert_lt(seconds_now() - start, 5);
	/* What it had to read is used up for this mount. */
	expect_unread("\\many", ERROR_DAMAGED, "circle");
}

static unsigned int reads_left;

static int failing_read(struct disk *base, void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	if (reads_left == 0)
		return error_failed(err, EIO, "the cable is out");
	reads_left--;
	(void)base;
	return disk_read(disk, buffer, length, offset, err);
}

/* Whichever read fails: its own error comes out, with what was being done. */
Test(verify_ntfs_volume, passes_on_errors_of_the_disk)
{
	static const struct disk_ops failing_ops = {.read = failing_read};
	struct disk failing = {&failing_ops, "failing", IMAGE_BYTES, 512};
	struct verify_ntfs_file file;
	ntfs_volume *filling = image_mount(image);
	struct disk_window window;
	int r = -1;

	image_add_wof(filling, "Windows/wof", 1, bytes, 70000);
	image_unmount(filling);
	disk = image_disk(image, false);
	cr_assert_eq(disk_window_init(&window, &failing, 0, failing.size, NULL), 0);
	for (unsigned int good_reads = 0; r < 0; good_reads++) {
		struct error err = ERROR_INIT;

		cr_assert_lt(good_reads, 1000);
		reads_left = good_reads;
		r = verify_ntfs_open(&window, &volume, &err);
		if (r == 0)
			r = verify_ntfs_read(volume, "\\Windows\\wof", MAX_FILE, &file, &err);
		verify_ntfs_close(&volume);
		cr_assert_eq(err.kind, r < 0 ? ERROR_FAILED : ERROR_NONE, "%u: %s", good_reads,
			     err.message);
		cr_assert(r == 0 || strstr(err.message, "the cable is out"), "%u: %s", good_reads,
			  err.message);
	}
}

#define MAX_RECORDS 4096

static uint64_t records[MAX_RECORDS];
static size_t record_count;

/* All file records and index blocks. */
static void find_records(int fd)
{
	uint8_t start[4];

	for (uint64_t at = 0; at < IMAGE_BYTES && record_count < MAX_RECORDS; at += 1024) {
		cr_assert_eq(pread(fd, start, sizeof(start), (off_t)at), (ssize_t)sizeof(start));
		if (memcmp(start, "FILE", 4) == 0 || memcmp(start, "INDX", 4) == 0)
			records[record_count++] = at;
	}
	cr_assert_gt(record_count, 40);
}

static void damage(uint8_t record[1024], uint64_t *random)
{
	static const uint32_t values[] = {0,	      1,	  2,	     8,	     0x10,
					  0x18,	      0x30,	  0x7f,	     0x80,   0xff,
					  0x100,      0x3f8,	  0x7fff,    0x8000, 0xffff,
					  0x7fffffff, 0x80000000, 0xffffffff};

	for (uint64_t left = 1 + random_below(random, 4); left; left--) {
		uint8_t value[4];

		put_le32(value, values[random_below(random, ARRAY_SIZE(values))]);
		memcpy(record + random_below(random, 480), value,
		       (size_t)1 << random_below(random, 3));
	}
}

static void look_at_all(void)
{
	static const char *const paths[] = {"\\Windows\\wof", "\\Windows\\lznt1",
					    "\\Windows\\sparse", "\\Windows\\System32\\winload.efi",
					    "\\many\\zebra"};
	struct verify_ntfs_file file;
	struct error err = ERROR_INIT;
	int r = open_volume(&err);

	cr_assert_eq(r < 0, err.kind == ERROR_DAMAGED, "%d: %s", r, err.message);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(paths); i++) {
		int unread;

		err = (struct error)ERROR_INIT;
		unread = verify_ntfs_read(volume, paths[i], MAX_FILE, &file, &err);
		cr_assert_eq(unread < 0, err.kind != ERROR_NONE);
		cr_assert(unread == 0 || unread == -ENOENT || err.kind == ERROR_DAMAGED, "%s",
			  err.message);
	}
}

static void fill_for_damage(void)
{
	ntfs_volume *filling = image_mount(image);
	char path[64];

	image_add(filling, "Windows/System32/winload.efi", bytes, 400000);
	image_add_wof(filling, "Windows/wof", 1, bytes, 70000);
	image_add_compressed(filling, "Windows/lznt1", bytes, 70000);
	image_add_sparse(filling, "Windows/sparse", 300000, "end", 3);
	image_add(filling, "hiberfil.sys", bytes, 5000);
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "many/file with a name that takes some room %d", i);
		image_add(filling, path, "x", 1);
	}
	image_set_journal(filling, 1, 1, true);
	image_unmount(filling);
}

Test(verify_ntfs_volume, random_damage_ends_in_a_result, .timeout = 600)
{
	const char *wanted = getenv("HVGEN2_HOSTILE_RUNS");
	uint64_t random = random_seed("verify_ntfs_volume");
	struct rusage before, after;
	double start = seconds_now();
	CLEANUP_FD int fd = -1;

	fill_for_damage();
	fd = open(image, O_RDWR | O_CLOEXEC);
	find_records(fd);
	look_at_all();
	getrusage(RUSAGE_SELF, &before);
	for (uint64_t left = wanted ? strtoull(wanted, NULL, 10) : 300; left; left--) {
		off_t at = (off_t)records[random_below(&random, record_count)];
		uint8_t good[1024], bad[1024];

		cr_assert_eq(pread(fd, good, sizeof(good), at), (ssize_t)sizeof(good));
		memcpy(bad, good, sizeof(bad));
		damage(bad, &random);
		cr_assert_eq(pwrite(fd, bad, sizeof(bad), at), (ssize_t)sizeof(bad));
		look_at_all();
		cr_assert_eq(pwrite(fd, good, sizeof(good), at), (ssize_t)sizeof(good));
	}
	getrusage(RUSAGE_SELF, &after);
	fprintf(stderr, "%.2f s, %ld KiB more\n", seconds_now() - start,
		after.ru_maxrss - before.ru_maxrss);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
	cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 32768);
#endif
}
