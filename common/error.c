/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error record: see error.h for the contract. */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const refusal_ids[REFUSAL_MAX] = {
	[REFUSAL_NONE] = "none",
	[REFUSAL_NOT_A_DISK_IMAGE] = "not-a-disk-image",
	[REFUSAL_NO_PARTITION_TABLE] = "no-partition-table",
	[REFUSAL_ALREADY_GPT] = "already-gpt",
	[REFUSAL_NO_WINDOWS] = "no-windows",
	[REFUSAL_SEVERAL_WINDOWS] = "several-windows",
	[REFUSAL_WINDOWS_TOO_OLD] = "windows-too-old",
	[REFUSAL_WINDOWS_X86] = "windows-x86",
	[REFUSAL_NO_EFI_FILES] = "no-efi-files",
	[REFUSAL_NO_BCD] = "no-bcd",
	[REFUSAL_BCD_DAMAGED] = "bcd-damaged",
	[REFUSAL_BITLOCKER] = "bitlocker",
	[REFUSAL_DYNAMIC_DISK] = "dynamic-disk",
	[REFUSAL_HIBERNATED] = "hibernated",
	[REFUSAL_NTFS_DIRTY] = "ntfs-dirty",
	[REFUSAL_HIVE_DIRTY] = "hive-dirty",
	[REFUSAL_WOF_UNSUPPORTED] = "wof-unsupported",
	[REFUSAL_PARENT_MISSING] = "parent-missing",
	[REFUSAL_PARENT_MISMATCH] = "parent-mismatch",
	[REFUSAL_LOG_DAMAGED] = "log-damaged",
	[REFUSAL_ESP_TOO_SMALL] = "esp-too-small",
	[REFUSAL_LAYOUT_IMPOSSIBLE] = "layout-impossible",
	[REFUSAL_OUTPUT_EXISTS] = "output-exists",
	[REFUSAL_SECTOR_SIZE] = "sector-size",
	[REFUSAL_NVRAM_ENCRYPTED] = "nvram-encrypted",
	[REFUSAL_ENTRIES_LOST] = "entries-lost",
	[REFUSAL_SETTING_NOT_IN_STORE] = "setting-not-in-store",
	[REFUSAL_EXPERIMENTAL] = "experimental",
	[REFUSAL_SEVERAL_SYSTEMS] = "several-systems",
	[REFUSAL_LINUX_BOOTLOADER] = "linux-bootloader",
	[REFUSAL_LINUX_BOOT_MENU] = "linux-boot-menu",
	[REFUSAL_LINUX_ENCRYPTED_BOOT] = "linux-encrypted-boot",
	[REFUSAL_LINUX_UNREADABLE] = "linux-unreadable",
	[REFUSAL_LINUX_TOO_OLD] = "linux-too-old",
	[REFUSAL_LINUX_X86] = "linux-x86",
	[REFUSAL_LINUX_PARTUUID] = "linux-partuuid",
	[REFUSAL_LINUX_DEVICE_PATH] = "linux-device-path",
	[REFUSAL_LINUX_AMBIGUOUS] = "linux-ambiguous",
	[REFUSAL_NO_HYPERV_DRIVERS] = "no-hyperv-drivers",
	[REFUSAL_VOLUME_GROUP_INCOMPLETE] = "volume-group-incomplete",
	[REFUSAL_SAVED_STATE] = "saved-state",
	[REFUSAL_IN_USE] = "in-use",
	[REFUSAL_VOLUME_FULL] = "volume-full",
	[REFUSAL_VM_CONFIG_VERSION] = "vm-config-version",
	[REFUSAL_VM_ALREADY_GEN2] = "vm-already-gen2",
	[REFUSAL_SEVERAL_VMS] = "several-vms",
	[REFUSAL_NO_VM] = "no-vm",
	[REFUSAL_NO_BOOT_DISK] = "no-boot-disk",
	[REFUSAL_DISK_MISSING] = "disk-missing",
	[REFUSAL_DISK_PATH] = "disk-path",
	[REFUSAL_DISK_PASSTHROUGH] = "disk-passthrough",
	[REFUSAL_DISK_SHARED] = "disk-shared",
	[REFUSAL_DISK_CONFLICT] = "disk-conflict",
	[REFUSAL_TOO_MANY_DISKS] = "too-many-disks",
	[REFUSAL_VM_BUSY] = "vm-busy",
	[REFUSAL_VM_SAVED_STATE] = "vm-saved-state",
	[REFUSAL_VM_NAME] = "vm-name",
	[REFUSAL_VM_HAS_CHECKPOINTS] = "vm-has-checkpoints",
	[REFUSAL_TARGET_UNSUPPORTED] = "target-unsupported",
};

const char *refusal_id(enum refusal refusal)
{
	return refusal_ids[refusal];
}

static int fill_error(struct error *err, enum error_kind kind, int code, const char *format,
		      va_list args) PRINTF_LIKE(4, 0);

static int fill_error(struct error *err, enum error_kind kind, int code, const char *format,
		      va_list args)
{
	if (err) {
		*err = (struct error){.kind = kind, .code = code};
		vsnprintf(err->message, sizeof(err->message), format, args);
	}
	return -code;
}

int error_failed(struct error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill_error(err, ERROR_FAILED, code, format, args);
	va_end(args);
	return -code;
}

static void append_errno(struct error *err, int code)
{
	size_t used = err ? strlen(err->message) : 0;

	if (err)
		snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(code));
}

int error_errno(struct error *err, const char *format, ...)
{
	int code = errno ? errno : EIO; /* never 0: that would be a success */
	va_list args;

	va_start(args, format);
	fill_error(err, ERROR_FAILED, code, format, args);
	va_end(args);
	append_errno(err, code);
	return -code;
}

static bool is_of_host(int code)
{
	static const int codes[] = {EMFILE, ENFILE,    ENOMEM, EIO,    ENOSPC, EDQUOT,
				    EPERM,  EACCES,    EINTR,  EAGAIN, ENODEV, ENOSYS,
				    ESTALE, ETIMEDOUT, ENXIO,  EROFS,  ENOLCK};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (code == codes[i])
			return true;
	return false;
}

bool error_is_of_host(const struct error *err)
{
	return err->kind == ERROR_FAILED && is_of_host(err->code);
}

int error_library(struct error *err, const char *format, ...)
{
	int code = errno;
	bool of_host = is_of_host(code);
	va_list args;

	va_start(args, format);
	fill_error(err, of_host ? ERROR_FAILED : ERROR_DAMAGED, of_host ? code : EUCLEAN, format,
		   args);
	va_end(args);
	append_errno(err, code);
	return of_host ? -code : -EUCLEAN;
}

int error_usage(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill_error(err, ERROR_USAGE, EINVAL, format, args);
	va_end(args);
	return -EINVAL;
}

int error_damaged(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill_error(err, ERROR_DAMAGED, EUCLEAN, format, args);
	va_end(args);
	return -EUCLEAN;
}

int error_refused(struct error *err, enum refusal refusal, const char *advice, const char *format,
		  ...)
{
	va_list args;

	va_start(args, format);
	fill_error(err, ERROR_REFUSED, EPERM, format, args);
	va_end(args);
	if (err) {
		err->refusal = refusal;
		snprintf(err->advice, sizeof(err->advice), "%s", advice);
	}
	return -EPERM;
}

int error_of_wish(struct error *err)
{
	if (!err)
		return -EPERM;
	err->is_of_wish = true;
	return -err->code;
}

int error_advise(struct error *err, const char *advice)
{
	if (!err)
		return -EIO;
	if (err->kind == ERROR_DAMAGED && !*err->advice)
		snprintf(err->advice, sizeof(err->advice), "%s", advice);
	return -err->code;
}

int error_prefix(struct error *err, const char *format, ...)
{
	char rest[sizeof(err->message)];
	va_list args;
	size_t used;

	if (!err)
		return -EIO;
	memcpy(rest, err->message, sizeof(rest));
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", rest);
	return -err->code;
}
