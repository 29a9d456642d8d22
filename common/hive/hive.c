/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry hives in memory, through libhivex: see hive.h. libhivex wants a path, so the bytes go
 * through a memfd; it is opened for writing because only then does it read the file into memory of
 * its own instead of mapping it.
 */
#include "common/hive/hive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/hive/adopt.h"
#include "common/hive/check.h"
#include "common/hive/hive_format.h"
#include "common/utf16.h"

struct hive {
	hive_h *handle;
	char *name;
	int fd;
	struct hive_pairs copied;
	struct error failure; /* of this host, when a value was read */
};

static uint32_t plain_sum(const uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < REGF_CHECKSUM; at += 4)
		sum ^= get_le32(base + at);
	return sum;
}

uint32_t hive_checksum(const uint8_t *base)
{
	uint32_t sum = plain_sum(base);

	if (sum == 0)
		return 1;
	return sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
}

static int check_base_block(const uint8_t *bytes, size_t size, const char *name, struct error *err)
{
	uint32_t primary, secondary;

	if (size < REGF_SIZE || memcmp(bytes, "regf", 4) != 0)
		return error_damaged(err, "'%s': not a registry hive: no 'regf' at offset 0", name);
	if (size > HIVE_MAX_SIZE)
		return error_damaged(err, "'%s': a registry hive of %zu bytes is not credible",
				     name, size);
	if (get_le32(bytes + REGF_CHECKSUM) != hive_checksum(bytes))
		return error_damaged(
			err,
			"'%s': registry hive with a wrong checksum at offset %d: found "
			"0x%08" PRIx32 ", expected 0x%08" PRIx32,
			name, REGF_CHECKSUM, get_le32(bytes + REGF_CHECKSUM), hive_checksum(bytes));
	primary = get_le32(bytes + REGF_SEQUENCE_1);
	secondary = get_le32(bytes + REGF_SEQUENCE_2);
	if (primary != secondary)
		return error_refused(
			err, REFUSAL_HIVE_DIRTY,
			"start the guest once and shut it down fully, then convert again",
			"'%s': the registry hive has unwritten changes in its log files "
			"(sequence numbers %" PRIu32 " and %" PRIu32 ")",
			name, primary, secondary);
	return 0;
}

static int memfd_with(const void *bytes, size_t size, const char *name, struct error *err)
{
	int fd = memfd_create("hive", MFD_CLOEXEC);
	const uint8_t *from = bytes;

	if (fd < 0)
		return error_errno(err, "'%s': cannot make a temporary file in memory", name);
	while (size > 0) {
		ssize_t n = write(fd, from, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int r = error_errno(err, "'%s': cannot fill a temporary file in memory",
					    name);

			close(fd);
			return r;
		}
		from += n;
		size -= (size_t)n;
	}
	return fd;
}

static void memfd_path(int fd, char path[32])
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

int hive_open(const void *bytes, size_t size, const char *name, struct hive **ret,
	      struct error *err)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	char path[32];
	uint8_t sum[4];
	ssize_t n;
	int r = check_base_block(bytes, size, name, err);

	if (r == 0)
		r = hive_check(bytes, size, name, err);
	if (r < 0)
		return r;
	hive = calloc(1, sizeof(*hive));
	if (!hive)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	hive->fd = -1;
	hive->name = strdup(name);
	if (!hive->name)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	hive->fd = memfd_with(bytes, size, name, err);
	if (hive->fd < 0)
		return hive->fd;
	/* libhivex does not know that the sums 0 and ~0 are written as 1 and ~1: it gets the plain
	 * one. */
	put_le32(sum, plain_sum(bytes));
	n = pwrite(hive->fd, sum, sizeof(sum), REGF_CHECKSUM);
	if (n != (ssize_t)sizeof(sum)) /* a short write says nothing in errno */
		return error_failed(err, n < 0 ? errno : ENOSPC,
				    "'%s': cannot fill a temporary file in memory", name);
	memfd_path(hive->fd, path);
	hive->handle = hivex_open(path, HIVEX_OPEN_WRITE);
	if (!hive->handle)
		return error_library(err, "'%s': cannot read the registry hive", name);
	*ret = TAKE(hive);
	return 0;
}

const char *hive_name(const struct hive *hive)
{
	return hive->name;
}

hive_h *hive_handle(struct hive *hive)
{
	return hive->handle;
}

struct hive_pairs *hive_copied(struct hive *hive)
{
	return &hive->copied;
}

/* Walk 'path' from 'node'; missing keys are made when 'make' is set. 0 when not found or on failure
 * (errno). */
static hive_node_h walk(struct hive *hive, hive_node_h node, const char *path, bool make)
{
	CLEANUP_FREE char *copy = strdup(path);
	char *state = NULL;

	if (!copy)
		return 0;
	if (node == 0)
		node = hivex_root(hive->handle);
	for (char *key = strtok_r(copy, "\\", &state); key && node;
	     key = strtok_r(NULL, "\\", &state)) {
		hive_node_h child;

		errno = 0;
		child = hivex_node_get_child(hive->handle, node, key);
		if (child == 0 && make && errno == 0)
			child = hivex_node_add_child(hive->handle, node, key);
		node = child;
	}
	return node;
}

hive_node_h hive_find(struct hive *hive, hive_node_h node, const char *path)
{
	return walk(hive, node, path, false);
}

hive_node_h hive_make(struct hive *hive, hive_node_h node, const char *path, struct error *err)
{
	hive_node_h made = walk(hive, node, path, true);

	if (made == 0)
		error_library(err, "'%s': cannot make key '%s'", hive->name, path);
	return made;
}

/* A value that this host could not read is not missing: what would be made of the hive without it
 * must not be. */
static void note_failure(struct hive *hive)
{
	if (errno && hive->failure.kind == ERROR_NONE)
		error_library(&hive->failure, "'%s': cannot read a value", hive->name);
	if (!error_is_of_host(&hive->failure))
		hive->failure = (struct error)ERROR_INIT;
}

uint8_t *hive_get_bytes(struct hive *hive, hive_node_h node, const char *value, uint32_t *ret_type,
			size_t *ret_size)
{
	hive_value_h found;
	hive_type type;
	char *bytes;

	errno = 0;
	found = hivex_node_get_value(hive->handle, node, value);
	bytes = found ? hivex_value_value(hive->handle, found, &type, ret_size) : NULL;
	if (!bytes)
		note_failure(hive);
	if (bytes && ret_type)
		*ret_type = (uint32_t)type;
	return (uint8_t *)bytes;
}

bool hive_get_dword(struct hive *hive, hive_node_h node, const char *value, uint32_t *ret)
{
	uint32_t type;
	size_t size;
	CLEANUP_FREE uint8_t *bytes = hive_get_bytes(hive, node, value, &type, &size);

	if (!bytes || type != hive_t_dword || size != 4)
		return false;
	*ret = get_le32(bytes);
	return true;
}

char *hive_get_string(struct hive *hive, hive_node_h node, const char *value)
{
	uint32_t type;
	size_t size;
	CLEANUP_FREE uint8_t *bytes = hive_get_bytes(hive, node, value, &type, &size);
	char *text;

	if (!bytes || (type != hive_t_string && type != hive_t_expand_string))
		return NULL;
	text = utf16le_to_utf8(bytes, size);
	if (!text)
		note_failure(hive);
	return text;
}

/* libhivex writes all values of the key anew, so none of them may be too long. */
static int check_sizes(struct hive *hive, hive_node_h node, struct error *err)
{
	CLEANUP_FREE hive_value_h *values = hivex_node_values(hive->handle, node);

	if (!values)
		return error_library(err, "'%s': cannot read the values of a key", hive->name);
	for (const hive_value_h *value = values; *value; value++) {
		hive_type type;
		size_t size;

		if (hivex_value_type(hive->handle, *value, &type, &size) < 0)
			return error_library(err, "'%s': cannot read a value", hive->name);
		if (size > HIVE_MAX_VALUE)
			return error_failed(
				err, E2BIG,
				"'%s': a key with a value of %zu bytes cannot be edited",
				hive->name, size);
	}
	return 0;
}

int hive_set(struct hive *hive, hive_node_h node, const char *value, uint32_t type,
	     const void *bytes, size_t size, struct error *err)
{
	CLEANUP_FREE char *key = strdup(value);
	CLEANUP_FREE char *copy = malloc(size ? size : 1);
	hive_set_value set = {.key = key, .t = (hive_type)type, .len = size, .value = copy};
	int r;

	if (!key || !copy)
		return error_failed(err, ENOMEM, "'%s': out of memory", hive->name);
	if (size > HIVE_MAX_VALUE)
		return error_failed(err, E2BIG, "'%s': value '%s' of %zu bytes is too long",
				    hive->name, value, size);
	r = check_sizes(hive, node, err);
	if (r < 0)
		return r;
	if (size)
		memcpy(copy, bytes, size);
	if (hivex_node_set_value(hive->handle, node, &set, 0) < 0)
		return error_library(err, "'%s': cannot set value '%s'", hive->name, value);
	return 0;
}

int hive_set_dword(struct hive *hive, hive_node_h node, const char *value, uint32_t number,
		   struct error *err)
{
	uint8_t bytes[4];

	put_le32(bytes, number);
	return hive_set(hive, node, value, hive_t_dword, bytes, sizeof(bytes), err);
}

static int read_all(int fd, const char *name, uint8_t **ret_bytes, size_t *ret_size,
		    struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t used = 0, size;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, "'%s'", name);
	size = (size_t)st.st_size;
	bytes = malloc(size ? size : 1);
	if (!bytes)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	while (used < size) {
		ssize_t n = pread(fd, bytes + used, size - used, (off_t)used);

		if (n <= 0)
			return error_failed(err, n < 0 ? errno : EIO, "'%s': cannot read back",
					    name);
		used += (size_t)n;
	}
	*ret_bytes = TAKE(bytes);
	*ret_size = size;
	return 0;
}

int hive_check_reads(const struct hive *hive, struct error *err)
{
	if (hive->failure.kind == ERROR_NONE)
		return 0;
	if (err)
		*err = hive->failure;
	return -hive->failure.code;
}

int hive_commit(struct hive *hive, uint8_t **ret_bytes, size_t *ret_size, struct error *err)
{
	CLEANUP_FD int fd = memfd_create("hive", MFD_CLOEXEC);
	CLEANUP_FREE uint8_t *bytes = NULL;
	char path[32];
	size_t size = 0;
	int r;

	r = hive_check_reads(hive, err);
	if (r < 0)
		return r;
	if (fd < 0)
		return error_errno(err, "'%s': cannot make a temporary file in memory", hive->name);
	memfd_path(fd, path);
	if (hivex_commit(hive->handle, path, 0) < 0)
		return error_errno(err, "'%s': cannot write the hive", hive->name);
	r = read_all(fd, hive->name, &bytes, &size, err);
	if (r == 0)
		r = hive_adopt(&hive->copied, &bytes, &size, hive->name, err);
	if (r == 0)
		r = hive_check(bytes, size, hive->name, err);
	if (r < 0)
		return r;
	/* libhivex writes the plain sum. */
	put_le32(bytes + REGF_CHECKSUM, hive_checksum(bytes));
	*ret_bytes = TAKE(bytes);
	*ret_size = size;
	return 0;
}

void hive_close(struct hive *hive)
{
	if (!hive)
		return;
	if (hive->handle)
		hivex_close(hive->handle);
	if (hive->fd >= 0)
		close(hive->fd);
	hive_pairs_done(&hive->copied);
	free(hive->name);
	free(hive);
}

void hive_cleanup(struct hive **hive)
{
	hive_close(*hive);
	*hive = NULL;
}
