/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The EFI system partition: its boot sector read here, its structure judged by fsck.fat, its files
 * read with mtools. The programs work on a sparse copy without a name in $TMPDIR, which the kernel
 * removes with the last descriptor.
 */
#include "convert/verify/esp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/checks.h"
#include "convert/verify/pe.h"
#include "convert/verify/helper.h"

/* Boot sector of FAT32: Microsoft FAT specification 1.03, "Boot Sector and BPB". */
#define BPB_BYTES_PER_SECTOR	11
#define BPB_SECTORS_PER_CLUSTER 13
#define BPB_RESERVED_SECTORS	14
#define BPB_FATS		16
#define BPB_ROOT_ENTRIES	17
#define BPB_TOTAL_16		19
#define BPB_FAT_SIZE_16		22
#define BPB_HIDDEN_SECTORS	28
#define BPB_TOTAL_32		32
#define BPB_FAT_SIZE_32		36
#define FAT16_TYPE		54
#define FAT32_LABEL		71
#define BOOT_SIGNATURE		510
/* Of the ESPs that are made. */
#define OUR_LABEL "SYSTEM"

#define FAT32_MIN_CLUSTERS 65525

#define COPY_CHUNK   ((size_t)MIB)
#define COPY_UNIT    ((size_t)64 * 1024) /* pieces of zeros become holes */
#define MAX_ESP_DATA (UINT64_C(2) * GIB) /* an ESP holds some 30 MB */

static const char *temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && folder[0] == '/' ? folder : "/tmp";
}

/* A file without a name: it cannot be left behind. */
static int open_nameless_file(void)
{
	const char *folder = temporary_folder();
	char path[4096];
	int fd;

	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* O_TMPFILE is not known to every file system. */
	if (snprintf(path, sizeof(path), "%s/hvgen2-verify-XXXXXX", folder) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

void verify_esp_prepare(struct verify *verify)
{
	verify->scratch_fd = open_nameless_file();
	verify->scratch_code = verify->scratch_fd < 0 ? errno : 0;
}

static int write_nonzero(int fd, const uint8_t *bytes, size_t length, uint64_t offset,
			 uint64_t *written, struct error *err)
{
	for (size_t at = 0; at < length; at += COPY_UNIT) {
		size_t piece = min_u64(length - at, COPY_UNIT);

		if (is_zero(bytes + at, piece))
			continue;
		*written += piece;
		if (*written > MAX_ESP_DATA)
			return error_failed(err, EFBIG,
					    "it holds more than %" PRIu64 " GiB of data",
					    MAX_ESP_DATA / GIB);
		if (pwrite(fd, bytes + at, piece, (off_t)(offset + at)) != (ssize_t)piece)
			return error_errno(err, "cannot write a temporary copy of the ESP");
	}
	return 0;
}

static int copy_sparse(struct disk *from, int fd, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = malloc(COPY_CHUNK);
	uint64_t written = 0;

	if (!buffer)
		return error_failed(err, ENOMEM, "no memory");
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, (off_t)from->size) < 0)
		return error_errno(err, "cannot make a temporary copy of the ESP");
	for (uint64_t at = 0; at < from->size;) {
		struct disk_extent extent;
		size_t length;
		int r = disk_extent(from, at, &extent, err);

		if (r < 0)
			return r;
		if (extent.kind == DISK_HOLE || extent.kind == DISK_ZERO) {
			at += extent.length;
			continue;
		}
		length = min_u64(extent.length, COPY_CHUNK);
		r = disk_read(from, buffer, length, at, err);
		if (r == 0)
			r = write_nonzero(fd, buffer, length, at, &written, err);
		if (r < 0)
			return r;
		at += length;
	}
	return 0;
}

/*
 * The number of clusters that the boot sector gives; false when its fields contradict each other.
 */
static bool count_clusters(const uint8_t *boot, uint64_t *ret)
{
	uint64_t total = get_le32(boot + BPB_TOTAL_32), per_cluster = boot[BPB_SECTORS_PER_CLUSTER];
	uint64_t overhead = get_le16(boot + BPB_RESERVED_SECTORS) +
			    (uint64_t)boot[BPB_FATS] * get_le32(boot + BPB_FAT_SIZE_32);

	if (!is_power_of_two(per_cluster) || overhead >= total)
		return false;
	*ret = (total - overhead) / per_cluster;
	return true;
}

/*
 * An ESP that a Linux had before the conversion is what its distribution made, with the label that
 * that gave it: FAT16 too (UEFI 2.10 section 13.3), and hidden sectors that nobody counted.
 */
static bool is_fat16(const uint8_t *boot)
{
	return get_le16(boot + BOOT_SIGNATURE) == 0xaa55 && get_le16(boot + BPB_FAT_SIZE_16) &&
	       memcmp(boot + FAT16_TYPE, "FAT16", 5) == 0;
}

static bool is_of_guest(const struct verify *verify, const uint8_t *boot)
{
	if (verify->has_reported_new_esp && verify->esp->number == verify->reported_esp)
		return false;
	if (verify_has_linux(verify) && verify->esp->number == verify->reported_esp)
		return true;
	return verify_has_linux(verify) &&
	       (is_fat16(boot) || memcmp(boot + FAT32_LABEL, OUR_LABEL, strlen(OUR_LABEL)) != 0);
}

/* False with a result when it is not right. */
static bool check_boot_sector(struct verify *verify, struct disk *esp)
{
	static const char name[] = "esp-fat32";
	uint64_t sectors = esp->size / esp->sector_size, clusters;
	struct error err = ERROR_INIT;
	uint8_t boot[512];

	if (disk_read(esp, boot, sizeof(boot), 0, &err) < 0) {
		verify_fail(verify, name, "%s", err.message);
		return false;
	}
	verify->esp_is_of_guest = is_of_guest(verify, boot);
	if (verify->esp_is_of_guest && is_fat16(boot))
		verify_ok(verify, name, "FAT16 of the guest's own");
	else if (get_le16(boot + BOOT_SIGNATURE) != 0xaa55 || get_le16(boot + BPB_ROOT_ENTRIES) ||
		 get_le16(boot + BPB_TOTAL_16) || get_le16(boot + BPB_FAT_SIZE_16) ||
		 !count_clusters(boot, &clusters))
		verify_fail(verify, name, "the first sector is no FAT32 boot sector");
	else if (get_le16(boot + BPB_BYTES_PER_SECTOR) != esp->sector_size)
		verify_fail(verify, name, "sectors of %u bytes, those of the disk have %" PRIu32,
			    get_le16(boot + BPB_BYTES_PER_SECTOR), esp->sector_size);
	else if (get_le32(boot + BPB_TOTAL_32) > sectors)
		verify_fail(verify, name, "%" PRIu32 " sectors, the partition has %" PRIu64,
			    get_le32(boot + BPB_TOTAL_32), sectors);
	else if (clusters < FAT32_MIN_CLUSTERS)
		verify_fail(verify, name, "%" PRIu64 " clusters, FAT32 has at least %d", clusters,
			    FAT32_MIN_CLUSTERS);
	else if (!verify->esp_is_of_guest &&
		 get_le32(boot + BPB_HIDDEN_SECTORS) != (uint32_t)verify->esp->first_lba)
		verify_fail(verify, name, "%" PRIu32 " hidden sectors, expected %" PRIu64,
			    get_le32(boot + BPB_HIDDEN_SECTORS), verify->esp->first_lba);
	else
		verify_ok(verify, name, "%" PRIu64 " clusters of %u sectors", clusters,
			  boot[BPB_SECTORS_PER_CLUSTER]);
	return !verify_has_failed(verify, name);
}

static void check_fsck(struct verify *verify)
{
	static const char name[] = "esp-fsck";
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;
	int r = helper_run(verify, HELPER_FSCK, "", &output, &err);
	const char *line;

	if (r == -ENOPKG) {
		verify_skip(verify, name, "%s", err.message);
		return;
	}
	if (r < 0) {
		verify_fail(verify, name, "%s", err.message);
		return;
	}
	/* The first line is the version, the last one counts files and clusters. */
	line = strchr((char *)output.bytes, '\n');
	line = line ? line + 1 : (char *)output.bytes;
	if (output.status == 0) {
		const char *counts = strstr(line, ": ");

		verify_ok(verify, name, "fsck.fat -n finds nothing (%.*s)",
			  counts ? (int)strcspn(counts + 2, "\n") : 0, counts ? counts + 2 : "");
	} else {
		verify_fail(verify, name, "fsck.fat -n exits with %d: %.200s%.200s", output.status,
			    line, output.message);
	}
}

/* "::" + the path with slashes; false for names that FAT cannot hold or that mtools would take for
 * a pattern. */
static bool mtools_path(const char *path, char ret[520])
{
	size_t length = strlen(path);

	if (length == 0 || length > 512)
		return false;
	snprintf(ret, 520, "::%s%s", path[0] == '\\' || path[0] == '/' ? "" : "/", path);
	for (char *at = ret; *at; at++)
		if (*at == '\\')
			*at = '/';
	return helper_is_path(ret);
}

static size_t count_slashes(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, '/'))) {
		text++;
		count++;
	}
	return count;
}

/*
 * mtools takes a folder for all files in it. 'mdir -b' prints a file as one line with as many
 * slashes as were asked for; what is in a folder has one more.
 */
static int check_is_file(struct verify *verify, const char *path, const char *name,
			 struct error *err)
{
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	int r = helper_run(verify, HELPER_LIST, name, &output, err);

	if (r < 0)
		return r;
	if (output.status != 0)
		return error_failed(err, ENOENT, "mtools cannot read '%s': %s", path,
				    output.message);
	if (count_slashes((char *)output.bytes) != count_slashes(name))
		return error_failed(err, ENOENT, "'%s' is no file", path);
	return 0;
}

int verify_esp_read(struct verify *verify, const char *path, uint8_t **ret, size_t *ret_size,
		    struct error *err)
{
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	char name[520];
	int r;

	if (!verify->has_esp_copy)
		return error_failed(err, ENODEV, "there is no ESP to read");
	if (!mtools_path(path, name))
		return error_failed(err, ENOENT, "'%s' is no path on a FAT file system", path);
	r = check_is_file(verify, path, name, err);
	if (r == 0)
		r = helper_run(verify, HELPER_READ, name, &output, err);
	if (r < 0)
		return r;
	if (output.status != 0)
		return error_failed(err, EIO, "mtools cannot read '%s': %s", path, output.message);
	*ret_size = output.size;
	*ret = TAKE(output.bytes);
	return 0;
}

bool verify_esp_has(struct verify *verify, const char *path)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	size_t size;

	return verify_esp_read(verify, path, &bytes, &size, &err) != -ENOENT;
}

bool verify_esp_program(struct verify *verify, const char *name, const char *path, uint8_t **ret,
			size_t *ret_size)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	int r = verify_esp_read(verify, path, &bytes, ret_size, &err);
	const char *fault = NULL;

	*ret = NULL;
	if (r == -ENOPKG) {
		verify_skip(verify, "esp-files", "%s", err.message);
		return false;
	}
	if (r < 0) {
		verify_fail(verify, name, "%s", err.message);
	} else if ((fault = verify_pe_fault(bytes, *ret_size, PE_SUBSYSTEM_EFI_APPLICATION))) {
		verify_fail(verify, name, "'%s' (%zu bytes) %s", path, *ret_size, fault);
	} else {
		verify_ok(verify, name, "'%s' is an x64 EFI application of %zu bytes", path,
			  *ret_size);
		*ret = TAKE(bytes);
	}
	return true;
}

void verify_esp(struct verify *verify)
{
	struct error err = ERROR_INIT;
	struct disk_window window;

	if (!verify->esp || !verify_window(verify, verify->esp, &window)) {
		verify_skip(verify, "esp-fat32", "there is no EFI system partition to read");
		return;
	}
	if (!check_boot_sector(verify, &window.disk)) {
		verify_skip(verify, "esp-fsck", "the boot sector is not right");
		return;
	}
	if (verify->scratch_fd < 0 && !verify->scratch_code)
		verify_esp_prepare(verify);
	if (verify->scratch_fd < 0) {
		verify_fail(verify, "esp-fsck", "cannot make a file in '%s': %s",
			    temporary_folder(), strerror(verify->scratch_code));
		return;
	}
	if (copy_sparse(&window.disk, verify->scratch_fd, &err) < 0) {
		verify_fail(verify, "esp-fsck", "%s", err.message);
		return;
	}
	verify->has_esp_copy = true;
	check_fsck(verify);
}
