/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 'hvgen2 verify' as a program, on a converted sample VM: whole, damaged on purpose, and damaged at
 * random. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "common/guid.h"
#include "common/utf16.h"
#include "convert/verify/verify.h"
#include "tests/support/scratch.h"
#include "sample.h"

#define ESP	  MIB
#define ESP_BYTES (260 * MIB)

static struct sample sample;

static void set_up(void)
{
	sample_init(&sample);
}

static void tear_down(void)
{
	sample_done(&sample);
}

TestSuite(verify, .init = set_up, .fini = tear_down);

static void assert_fails_with(const char *line)
{
	CLEANUP_FREE char *output = NULL;
	int status;

	output = sample_verify(&sample, "--no-guestfs", &status);
	cr_assert_eq(status, 1, "status %d:\n%s", status, output);
	assert_line(output, line);
}

/* Write into the virtual disk where the block map says that its bytes are stored. */
static void patch_disk(struct disk *disk, uint64_t offset, const void *bytes, size_t size)
{
	CLEANUP_FD int fd = open(sample.disk, O_WRONLY | O_CLOEXEC);
	struct disk_extent extent;

	cr_assert_eq(disk_extent(disk, offset, &extent, NULL), 0);
	cr_assert_eq(extent.kind, DISK_DATA);
	cr_assert_eq(pwrite(fd, bytes, size, (off_t)extent.file_offset), (ssize_t)size);
}

/* Replace a sequence of bytes everywhere on the ESP; it must be there. */
static void replace_on_esp(const void *from, const void *to, size_t size)
{
	CLEANUP_DISK struct disk *disk = NULL;
	CLEANUP_FREE uint8_t *esp = malloc(ESP_BYTES);
	unsigned int found = 0;

	cr_assert_not_null(esp);
	cr_assert_eq(vhd_open(sample.disk, NULL, &disk, NULL), 0);
	cr_assert_eq(disk_read(disk, esp, ESP_BYTES, ESP, NULL), 0);
	for (uint8_t *at = esp; (at = memmem(at, (size_t)(esp + ESP_BYTES - at), from, size));
	     at += size) {
		patch_disk(disk, ESP + (uint64_t)(at - esp), to, size);
		found++;
	}
	cr_assert_gt(found, 0);
}

/* The GUID at an offset of the partition table: 568 the disk's, 1024 + 128 * (n - 1) + 16 that of
 * partition n. */
static struct guid table_guid(uint64_t offset)
{
	CLEANUP_DISK struct disk *disk = NULL;
	struct guid guid;

	cr_assert_eq(vhd_open(sample.disk, NULL, &disk, NULL), 0);
	cr_assert_eq(disk_read(disk, guid.bytes, sizeof(guid.bytes), offset, NULL), 0);
	return guid;
}

Test(verify, converted_sample)
{
	CLEANUP_FREE char *output = NULL;
	int status;

	output = sample_verify(&sample, "--no-guestfs", &status);
	cr_assert_eq(status, 0, "%s", output);
	cr_assert_null(strstr(output, "FAIL"), "%s", output);
	assert_line(output, "ok    bcd-loader: ");
	assert_line(output, "ok    nvram-partition: ");
	assert_line(output, "skipped guestfs (");
	assert_line(output, " 0 failed");
}

Test(verify, json)
{
	CLEANUP_FREE char *output = NULL;
	const char *name, *state, *detail;
	json_t *root, *check;
	size_t index, counts[3] = {0};
	int status;

	output = sample_verify(&sample, "--json --no-guestfs", &status);
	cr_assert_eq(status, 0, "%s", output);
	root = json_loads(output, 0, NULL);
	cr_assert_not_null(root, "%s", output);
	cr_assert_str_eq(json_string_value(json_object_get(root, "disk")), sample.disk);
	json_array_foreach(json_object_get(root, "checks"), index, check)
	{
		cr_assert_eq(json_unpack(check, "{s:s, s:s, s:s}", "name", &name, "status", &state,
					 "detail", &detail),
			     0);
		counts[strcmp(state, "ok") == 0 ? 0 : strcmp(state, "FAIL") == 0 ? 1 : 2]++;
	}
	cr_assert_gt(counts[0], 20);
	cr_assert_eq(json_integer_value(json_object_get(root, "ok")), (json_int_t)counts[0]);
	cr_assert_eq(json_integer_value(json_object_get(root, "failed")), (json_int_t)counts[1]);
	cr_assert_eq(json_integer_value(json_object_get(root, "skipped")), (json_int_t)counts[2]);
	json_decref(root);
}

Test(verify, json_of_a_name_that_is_no_utf8)
{
	CLEANUP_FREE char *output = NULL;
	char name[600];

	snprintf(name, sizeof(name), "%s/\xff.vhdx", sample.folder);
	cr_assert_eq(link(sample.disk, name), 0);
	cr_assert_eq(tool_run(&output, HVGEN2 " verify --json --no-guestfs '%s'", name), 0, "%s",
		     output);
	assert_line(output, "/\\\\xff.vhdx\"");
	assert_line(output, "\"disk_bytes\": \"");
}

Test(verify, usage)
{
	CLEANUP_FREE char *none = NULL, *unknown = NULL, *page = NULL;

	cr_assert_eq(tool_run(&none, HVGEN2 " verify"), 2);
	cr_assert_eq(tool_run(&unknown, HVGEN2 " verify --frobnicate x"), 2);
	assert_line(unknown, "--frobnicate");
	cr_assert_eq(tool_run(&page, HVGEN2 " verify --report x.html y.vhdx 2>&1"), 2);
	cr_assert_str_eq(
		page,
		"hvgen2: '--report x.html': a page for a browser cannot be read as a report; name "
		"the one in JSON, by default DISK with the ending .report.json\n");
}

Test(verify, named_store)
{
	CLEANUP_FREE char *output = NULL;
	int status;

	cr_assert_eq(unlink(sample.store), 0);
	output = sample_verify(&sample, "--no-guestfs", &status);
	cr_assert_eq(status, 0);
	assert_line(output, "skipped nvram (there is no ");
	free(output);
	output =
		sample_verify(&sample, "--no-guestfs --nvram " SAMPLE_BASE "/sample.vmgs", &status);
	cr_assert_eq(status, 0, "%s", output);
	assert_line(output, "ok    nvram-first: ");
	free(output);
	output = sample_verify(&sample, "--no-guestfs --nvram /nonexistent", &status);
	cr_assert_eq(status, 1);
	assert_line(output, "FAIL  nvram: ");
}

Test(verify, bcd_names_another_partition)
{
	struct guid windows = table_guid(1024 + 3 * 128 + 16), other = windows;

	other.bytes[5] ^= 0xff;
	replace_on_esp(windows.bytes, other.bytes, sizeof(other.bytes));
	assert_fails_with("FAIL  bcd-device: the default entry names partition {");
}

Test(verify, bcd_names_another_disk)
{
	struct guid disk = table_guid(512 + 56), other = disk;

	other.bytes[5] ^= 0xff;
	replace_on_esp(disk.bytes, other.bytes, sizeof(other.bytes));
	assert_fails_with("FAIL  bcd-device: the default entry names disk {");
}

Test(verify, bcd_names_a_file_that_is_not_there)
{
	CLEANUP_FREE uint8_t *from = NULL, *to = NULL;
	size_t size;

	from = utf8_to_utf16le("\\winload.efi", &size);
	to = utf8_to_utf16le("\\winlord.efi", &size);
	replace_on_esp(from, to, size);
	assert_fails_with("FAIL  bcd-loader: '\\Windows\\system32\\winlord.efi' on partition 4: ");
}

Test(verify, bcd_is_damaged)
{
	static const uint8_t nonsense[4096] = "regf";

	/* The header of the store: the only one on the ESP. */
	CLEANUP_DISK struct disk *disk = NULL;
	uint8_t page[4096];

	cr_assert_eq(vhd_open(sample.disk, NULL, &disk, NULL), 0);
	for (uint64_t at = ESP; at < ESP + ESP_BYTES; at += sizeof(page)) {
		cr_assert_eq(disk_read(disk, page, sizeof(page), at, NULL), 0);
		if (memcmp(page, "regf", 4) == 0)
			patch_disk(disk, at, nonsense, sizeof(nonsense));
	}
	assert_fails_with("FAIL  bcd: ");
}

Test(verify, image_that_cannot_be_read)
{
	CLEANUP_FREE char *output = NULL;
	int status;

	/* Both region tables gone: not even the partition table can be found. */
	cr_assert_eq(truncate(sample.disk, 192 * KIB), 0);
	output = sample_verify(&sample, "--no-guestfs", &status);
	cr_assert_eq(status, 4, "status %d: %s", status, output);
	cr_assert_null(strstr(output, "ok  "));
	free(output);
	file_write(sample.disk, "", 0);
	output = sample_verify(&sample, "--no-guestfs", &status);
	cr_assert(status == 3 || status == 4, "status %d: %s", status, output);
}

static void flip_random_bit(int fd, uint64_t limit, uint64_t *random)
{
	off_t offset = (off_t)random_below(random, limit);
	uint8_t byte;

	cr_assert_eq(pread(fd, &byte, 1, offset), 1);
	byte ^= (uint8_t)(1 << random_below(random, 8));
	cr_assert_eq(pwrite(fd, &byte, 1, offset), 1);
}

/* Whatever the damage: an answer, no crash. Half of the flips go where the structures of the image
 * are. */
Test(verify, random_damage)
{
	uint64_t random = random_seed("verify, random_damage");
	CLEANUP_FD int fd = open(sample.disk, O_RDWR | O_CLOEXEC);
	CLEANUP_FD int store = open(sample.store, O_RDWR | O_CLOEXEC);
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	for (int round = 0; round < 8; round++) {
		CLEANUP_FREE char *output = NULL;
		int status;

		for (int i = 0; i < 200; i++)
			flip_random_bit(fd, (uint64_t)st.st_size, &random);
		for (int i = 0; i < round; i++)
			flip_random_bit(fd, 4 * MIB, &random);
		flip_random_bit(store, 64 * KIB, &random);
		output = sample_verify(&sample, "--no-guestfs", &status);
		cr_assert(status == 0 || status == 1 || status == 3 || status == 4, "status %d: %s",
			  status, output);
	}
}
