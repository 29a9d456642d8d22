/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recovery of a dirty hive from its logs. Windows writes changes to 'NAME.LOG1' and 'NAME.LOG2'
 * first and to the hive up to an hour later, so a backup of a running machine holds hives that are
 * old or even inconsistent by themselves. Two formats: a bitmap of 512-byte pages with their
 * contents (up to Windows 8), and a chain of log entries with hashes (from 8.1 on). Described in
 * the regf specification of M. Suhanov, sections "Old format" and "New format" of transaction logs.
 */
#ifndef HVGEN2_COMMON_HIVE_LOG_H
#define HVGEN2_COMMON_HIVE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"

struct hive_log {
	const void *bytes; /* NULL: the log does not exist */
	size_t size;
};

/* Is this a hive whose newest data are in its logs? False also for what is no hive. */
bool hive_is_dirty(const void *hive, size_t size);

/*
 * Apply the logs to a hive. *ret_hive is new memory, to be freed, or NULL when the hive is clean
 * and nothing is to be done. The result is what Windows makes of it at its next start: clean, with
 * the sequence numbers behind the last entry. Order and number of the logs do not matter; those
 * that do not belong to the hive's state are passed over. Errors: REFUSAL_HIVE_DIRTY when the logs
 * do not hold what the hive lacks; ERROR_DAMAGED when it is no hive.
 */
int hive_recover(const struct file_bytes *hive, const struct hive_log *logs, size_t log_count,
		 uint8_t **ret_hive, size_t *ret_size, struct error *err);

#endif
