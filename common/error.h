/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors. A function that can fail returns 0 or a negative errno and fills the 'struct error' it
 * was given (which may be NULL), once, at the place that knows the facts: file, byte offset, what
 * was found, what was expected. Callers pass it upward; only the program prints it. Texts are one
 * sentence, lower case, no full stop, subject in single quotes.
 *
 * The kind decides the exit status of the program:
 *
 *   ERROR_FAILED   1  I/O, memory, internal
 *   ERROR_USAGE    2  wrong command line
 *   ERROR_REFUSED  3  the input is fine but cannot be converted as it is; carries a stable
 *                     refusal id and an advice
 *   ERROR_DAMAGED  4  the input is damaged or not what it claims to be; who knows what it was read
 *                     for adds an advice
 */
#ifndef HVGEN2_COMMON_ERROR_H
#define HVGEN2_COMMON_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"

enum error_kind {
	ERROR_NONE = 0,
	ERROR_FAILED = 1,
	ERROR_USAGE = 2,
	ERROR_REFUSED = 3,
	ERROR_DAMAGED = 4,
};

/* The stable ids of refusals; refusal_id() gives the printed form ("no-windows"). */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_NOT_A_DISK_IMAGE,
	REFUSAL_NO_PARTITION_TABLE,
	REFUSAL_ALREADY_GPT,
	REFUSAL_NO_WINDOWS,
	REFUSAL_SEVERAL_WINDOWS,
	REFUSAL_WINDOWS_TOO_OLD,
	REFUSAL_WINDOWS_X86,
	REFUSAL_NO_EFI_FILES,
	REFUSAL_NO_BCD,
	REFUSAL_BCD_DAMAGED,
	REFUSAL_BITLOCKER,
	REFUSAL_DYNAMIC_DISK,
	REFUSAL_HIBERNATED,
	REFUSAL_NTFS_DIRTY,
	REFUSAL_HIVE_DIRTY,
	REFUSAL_WOF_UNSUPPORTED,
	REFUSAL_PARENT_MISSING,
	REFUSAL_PARENT_MISMATCH,
	REFUSAL_LOG_DAMAGED,
	REFUSAL_ESP_TOO_SMALL,
	REFUSAL_LAYOUT_IMPOSSIBLE,
	REFUSAL_OUTPUT_EXISTS,
	REFUSAL_SECTOR_SIZE,
	REFUSAL_NVRAM_ENCRYPTED,
	REFUSAL_ENTRIES_LOST,
	REFUSAL_SETTING_NOT_IN_STORE,
	REFUSAL_EXPERIMENTAL,
	REFUSAL_SEVERAL_SYSTEMS,
	REFUSAL_LINUX_BOOTLOADER,
	REFUSAL_LINUX_BOOT_MENU,
	REFUSAL_LINUX_ENCRYPTED_BOOT,
	REFUSAL_LINUX_UNREADABLE,
	REFUSAL_LINUX_TOO_OLD,
	REFUSAL_LINUX_X86,
	REFUSAL_LINUX_PARTUUID,
	REFUSAL_LINUX_DEVICE_PATH,
	REFUSAL_LINUX_AMBIGUOUS,
	REFUSAL_NO_HYPERV_DRIVERS,
	REFUSAL_VOLUME_GROUP_INCOMPLETE,
	REFUSAL_SAVED_STATE,
	REFUSAL_IN_USE,
	REFUSAL_VOLUME_FULL,
	REFUSAL_VM_CONFIG_VERSION,
	REFUSAL_VM_ALREADY_GEN2,
	REFUSAL_SEVERAL_VMS,
	REFUSAL_NO_VM,
	REFUSAL_NO_BOOT_DISK,
	REFUSAL_DISK_MISSING,
	REFUSAL_DISK_PATH,
	REFUSAL_DISK_PASSTHROUGH,
	REFUSAL_DISK_SHARED,
	REFUSAL_DISK_CONFLICT,
	REFUSAL_TOO_MANY_DISKS,
	REFUSAL_VM_BUSY,
	REFUSAL_VM_SAVED_STATE,
	REFUSAL_VM_NAME,
	REFUSAL_VM_HAS_CHECKPOINTS,
	REFUSAL_TARGET_UNSUPPORTED,
	REFUSAL_MAX,
};

struct error {
	enum error_kind kind;
	int code;	      /* positive errno */
	enum refusal refusal; /* REFUSAL_NONE unless kind is ERROR_REFUSED */
	bool is_of_wish;      /* another option or file answers it: see error_of_wish() */
	char message[1024];
	char advice[512]; /* what the user can do; never empty when kind is ERROR_REFUSED */
};

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		.kind = ERROR_NONE                                                                 \
	}

/* The printed id ("no-windows"); "none" for REFUSAL_NONE. */
const char *refusal_id(enum refusal refusal);

/* Fill *err (when not NULL) with kind ERROR_FAILED. 'code' is a positive errno. Returns -code. */
int error_failed(struct error *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same from errno (EIO when that is 0): ": " and its text are appended. Returns -errno. */
int error_errno(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Is it a matter of this machine (memory, files, devices, permissions: ERROR_FAILED with such a
 * code), which says nothing about the input? Nobody may draw conclusions from it.
 */
bool error_is_of_host(const struct error *err);

/*
 * A library that works on what the guest wrote has failed, and errno says why: ERROR_FAILED and
 * -errno when that is of this host, else ERROR_DAMAGED and -EUCLEAN. ": " and the text of errno are
 * appended.
 */
int error_library(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Kind ERROR_USAGE. Returns -EINVAL. */
int error_usage(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Kind ERROR_DAMAGED. Returns -EUCLEAN, which no other kind uses. */
int error_damaged(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Kind ERROR_REFUSED. 'advice' is a full clause without a full stop. Returns -EPERM. */
int error_refused(struct error *err, enum refusal refusal, const char *advice, const char *format,
		  ...) PRINTF_LIKE(4, 5);

/*
 * Note that a refusal comes from what was asked for, or from what was not said or not found, and not from the source: with another
 * option or another file beside it the same source may well be converted. Returns -err->code, for 'return error_of_wish(err)'
 * behind error_refused().
 */
int error_of_wish(struct error *err);

/*
 * Say what the user can do about damage: a full clause without a full stop. An error of another
 * kind, and one that has an advice from nearer to the damage, stays as it is. Returns -err->code, for
 * 'return error_advise(...)'.
 */
int error_advise(struct error *err, const char *advice);

/* Put "text: " in front of the message. Returns -err->code, for 'return error_prefix(...)'. */
int error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
