/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files on the ESP from which the firmware starts the guest: those of Windows here, those of a
 * Linux in linux.c. */
#include <string.h>

#include "common/cleanup.h"
#include "convert/verify/checks.h"
#include "convert/verify/esp.h"
#include "convert/verify/linux.h"

#define PATH_BOOTMGFW "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"
#define PATH_BOOTX64  "\\EFI\\Boot\\bootx64.efi"
#define PATH_BCD      "\\EFI\\Microsoft\\Boot\\BCD"

static void check_windows(struct verify *verify)
{
	CLEANUP_FREE uint8_t *manager = NULL;
	CLEANUP_FREE uint8_t *fallback = NULL;
	size_t manager_size, fallback_size;
	struct error err = ERROR_INIT;

	if (!verify_esp_program(verify, "esp-bootmgfw", PATH_BOOTMGFW, &manager, &manager_size) ||
	    !verify_esp_program(verify, "esp-bootx64", PATH_BOOTX64, &fallback, &fallback_size))
		return;
	if (!manager || !fallback)
		verify_skip(verify, "esp-same-program", "not both files are there");
	else if (manager_size != fallback_size || memcmp(manager, fallback, manager_size) != 0)
		verify_fail(verify, "esp-same-program", "'%s' and '%s' differ", PATH_BOOTMGFW,
			    PATH_BOOTX64);
	else
		verify_ok(verify, "esp-same-program", "bootx64.efi is bootmgfw.efi");
	if (verify_esp_read(verify, PATH_BCD, &verify->bcd, &verify->bcd_size, &err) < 0)
		verify_fail(verify, "esp-bcd", "%s", err.message);
	else if (verify->bcd_size < 4096 || memcmp(verify->bcd, "regf", 4) != 0)
		verify_fail(verify, "esp-bcd", "'%s' (%zu bytes) is no registry hive", PATH_BCD,
			    verify->bcd_size);
	else
		verify_ok(verify, "esp-bcd", "'%s', %zu bytes", PATH_BCD, verify->bcd_size);
}

void verify_boot_files(struct verify *verify)
{
	if (!verify->has_esp_copy)
		return;
	if (verify_linux_is_there(verify))
		verify_linux(verify);
	else
		check_windows(verify);
}
