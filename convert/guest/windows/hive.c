/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives of the guest, brought up to date: see hive.h. */
#include "convert/guest/windows/hive.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "common/hive/log.h"

static const char *const log_names[] = {".LOG", ".LOG1", ".LOG2"};

#define LOG_COUNT ARRAY_SIZE(log_names)

/* Windows keeps the logs of a hive well below its own size; the largest seen have 3 MiB. */
#define MAX_LOG ((size_t)32 << 20)

/* A log that is missing or cannot be read is one that does not exist: recovery says what is
 * lacking. */
static void read_logs(struct files *files, const char *path, uint8_t *bytes[LOG_COUNT],
		      struct hive_log logs[LOG_COUNT])
{
	for (size_t i = 0; i < LOG_COUNT; i++) {
		char log_path[256];

		snprintf(log_path, sizeof(log_path), "%s%s", path, log_names[i]);
		if (files_read(files, log_path, MAX_LOG, &bytes[i], &logs[i].size, NULL) == 0)
			logs[i].bytes = bytes[i];
	}
}

static int recover_hive(struct files *files, const char *path, uint8_t **bytes, size_t *size,
			struct error *err)
{
	uint8_t *log_bytes[LOG_COUNT] = {NULL}, *recovered = NULL;
	struct hive_log logs[LOG_COUNT] = {{NULL, 0}};
	size_t recovered_size;
	int r;

	read_logs(files, path, log_bytes, logs);
	r = hive_recover(&(struct file_bytes){*bytes, *size, path}, logs, LOG_COUNT, &recovered,
			 &recovered_size, err);
	if (r == 0 && recovered) {
		free(*bytes);
		*bytes = recovered;
		*size = recovered_size;
	}
	for (size_t i = 0; i < LOG_COUNT; i++)
		free(log_bytes[i]);
	return r;
}

int windows_hive_read_from(struct files *files, const char *path, size_t max_size,
			   uint8_t **ret_bytes, size_t *ret_size, bool *ret_recovered,
			   struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;
	bool dirty;
	int r = files_read(files, path, max_size, &bytes, &size, err);

	if (r < 0)
		return r;
	dirty = hive_is_dirty(bytes, size);
	if (dirty)
		r = recover_hive(files, path, &bytes, &size, err);
	if (r < 0)
		return r;
	*ret_bytes = TAKE(bytes);
	*ret_size = size;
	if (ret_recovered)
		*ret_recovered = dirty;
	return 0;
}

int windows_hive_read(struct volume *volume, const char *path, size_t max_size, uint8_t **ret_bytes,
		      size_t *ret_size, bool *ret_recovered, struct error *err)
{
	CLEANUP_FILES struct files *files = NULL;
	int r = files_of_volume(volume, &files, err);

	return r < 0 ? r
		     : windows_hive_read_from(files, path, max_size, ret_bytes, ret_size,
					      ret_recovered, err);
}
