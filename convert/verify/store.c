/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the NVRAM store: see store.h. */
#include "convert/verify/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/checked.h"

#define MAX_STORE_BYTES (64 * MIB) /* stores have 4 MiB, or half of one */

static int read_store(const char *path, uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (uint64_t)st.st_size > MAX_STORE_BYTES)
		return error_damaged(err, "'%s': %" PRId64 " bytes are no NVRAM store", path,
				     (int64_t)st.st_size);
	bytes = malloc((size_t)st.st_size);
	if (!bytes)
		return error_failed(err, ENOMEM, "'%s': no memory", path);
	got = pread(fd, bytes, (size_t)st.st_size, 0);
	if (got != st.st_size)
		return error_failed(err, EIO, "'%s': %zd bytes read of %" PRId64, path, got,
				    (int64_t)st.st_size);
	*ret_size = (size_t)st.st_size;
	*ret = TAKE(bytes);
	return 0;
}

int verify_store_read(const struct verify *verify, char **ret_path, struct nvram *ret,
		      struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0;
	int r;

	*ret = (struct nvram)NVRAM_INIT;
	*ret_path = verify->store_path ? strdup(verify->store_path)
				       : verify_sister(verify->path, ".vmgs");
	if (!*ret_path)
		return error_failed(err, ENOMEM, "no memory");
	r = read_store(*ret_path, &bytes, &size, err);
	return r < 0 ? r : nvram_decode(bytes, size, *ret_path, ret, err);
}

bool verify_store_first(const struct verify *verify, struct nvram_boot_entry *ret)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_FREE char *path = NULL;
	uint16_t first;

	*ret = (struct nvram_boot_entry){.description = NULL};
	return verify_store_read(verify, &path, &nvram, NULL) == 0 &&
	       nvram_boot_order(&nvram, &first, 1) > 0 &&
	       nvram_boot_entry(&nvram, first, ret, NULL) == 0 && ret->is_file && ret->file_path;
}
