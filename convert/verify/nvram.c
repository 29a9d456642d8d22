/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The NVRAM store: the first entry of the boot order must lead to the boot manager on the ESP of
 * this disk (UEFI 2.10 sections 3.1.3 and 10.3.5.1), and libefiboot must accept the load options.
 */
#include <efivar/efiboot.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/verify/checks.h"
#include "convert/verify/esp.h"
#include "convert/verify/pe.h"
#include "convert/verify/store.h"
#include "nvram/nvram.h"

#define EFI_GLOBAL GUID(0x8be4df61, 0x93ca, 0x11d2, 0xaa0d, 0x00e098032b8c)
#define MAX_ORDER  256

/* What Windows and its bcdboot call their entry. */
#define BOOT_MANAGER "Windows Boot Manager"

/* The first entry of BootOrder. False with a result when there is none that can be used. */
static bool check_first(struct verify *verify, const struct nvram *nvram,
			struct nvram_boot_entry *entry)
{
	static const char name[] = "nvram-first";
	struct error err = ERROR_INIT;
	uint16_t first;

	if (nvram_boot_order(nvram, &first, 1) == 0) {
		verify_fail(verify, name, "there is no BootOrder");
		return false;
	}
	if (nvram_boot_entry(nvram, first, entry, &err) < 0) {
		verify_fail(verify, name, "%s", err.message);
		return false;
	}
	if (!entry->active || !entry->is_file || !entry->file_path || !entry->partition.number) {
		verify_fail(verify, name, "Boot%04X \"%s\" is %s, expected an active file entry",
			    first, entry->description,
			    entry->active ? "no file on a partition" : "not active");
		return false;
	}
	if (!verify->linux_folder[0] && strcmp(entry->description, BOOT_MANAGER) != 0)
		verify_fail(verify, name, "Boot%04X is \"%s\", expected \"" BOOT_MANAGER "\"",
			    first, entry->description);
	else
		verify_ok(verify, name, "Boot%04X \"%s\" is first in BootOrder", first,
			  entry->description);
	return true;
}

static void check_partition(struct verify *verify, const struct nvram_partition *named)
{
	static const char name[] = "nvram-partition";
	const struct verify_partition *esp = verify->esp;
	char found[GUID_TEXT_SIZE], expected[GUID_TEXT_SIZE];
	uint64_t sectors;

	if (!esp) {
		verify_skip(verify, name, "there is no ESP to compare with");
		return;
	}
	sectors = esp->last_lba - esp->first_lba + 1;
	if (!guid_equal(&named->guid, &esp->unique))
		verify_fail(verify, name, "names partition {%s}, the ESP is {%s}",
			    guid_format(&named->guid, found), guid_format(&esp->unique, expected));
	else if (named->number != esp->number || named->start_lba != esp->first_lba ||
		 named->sectors != sectors)
		verify_fail(verify, name,
			    "names partition %" PRIu32 ", %" PRIu64 " sectors from LBA %" PRIu64
			    "; the ESP is partition %u, %" PRIu64 " sectors from LBA %" PRIu64,
			    named->number, named->sectors, named->start_lba, esp->number, sectors,
			    esp->first_lba);
	else
		verify_ok(verify, name, "number, start, size and GUID are those of the ESP");
}

static void check_file(struct verify *verify, const char *path)
{
	static const char name[] = "nvram-file";
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	const char *fault;
	size_t size;
	int r;

	if (!verify->has_esp_copy) {
		verify_skip(verify, name, "%s",
			    verify->esp ? "the ESP could not be read"
					: "there is no ESP to look at");
		return;
	}
	r = verify_esp_read(verify, path, &bytes, &size, &err);
	if (r == -ENOPKG)
		verify_skip(verify, name, "%s", err.message);
	else if (r < 0)
		verify_fail(verify, name, "%s", err.message);
	else if ((fault = verify_pe_fault(bytes, size, PE_SUBSYSTEM_EFI_APPLICATION)))
		verify_fail(verify, name, "'%s' on the ESP %s", path, fault);
	else
		verify_ok(verify, name, "'%s' is on the ESP", path);
}

/* The load option as libefiboot prints it; "" when it cannot. */
static void format_path(const struct nvram_variable *variable, char *text, size_t size)
{
	efi_load_option *option = (efi_load_option *)variable->data;
	uint16_t length = efi_loadopt_pathlen(option, (ssize_t)variable->size);
	efidp path = efi_loadopt_path(option, (ssize_t)variable->size);
	void *out = text; /* char * in version 37 of the library, unsigned char * in 38 */

	text[0] = '\0';
	if (path && efidp_format_device_path(out, size, path, length) < 0)
		text[0] = '\0';
	text[size - 1] = '\0';
}

/*
 * Every entry in the boot order, by a foreign parser. Only what ours took apart is put before it.
 */
static void check_with_libefiboot(struct verify *verify, const struct nvram *nvram)
{
	static const char name[] = "nvram-libefiboot";
	const struct guid global = EFI_GLOBAL;
	uint16_t order[MAX_ORDER];
	size_t count = min_u64(nvram_boot_order(nvram, order, MAX_ORDER), MAX_ORDER);
	char text[400] = "";

	for (size_t i = 0; i < count; i++) {
		CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = {.description = NULL};
		const struct nvram_variable *variable;
		struct error err = ERROR_INIT;
		char boot[16];

		snprintf(boot, sizeof(boot), "Boot%04X", order[i]);
		variable = nvram_get(nvram, &global, boot);
		if (!variable || nvram_boot_entry(nvram, order[i], &entry, &err) < 0) {
			verify_fail(verify, name, "%s: %s", boot,
				    variable ? err.message : "is in BootOrder but does not exist");
			return;
		}
		if (!efi_loadopt_is_valid((efi_load_option *)variable->data, variable->size)) {
			verify_fail(verify, name, "%s is no valid load option", boot);
			return;
		}
		if (i == 0)
			format_path(variable, text, sizeof(text));
	}
	verify_ok(verify, name, "%zu load options are valid; the first is %s", count, text);
}

/* By the report; a result only when it is another one. */
static void check_digest(struct verify *verify, const struct nvram *nvram)
{
	const struct guid digest = nvram_digest(nvram);

	if (!guid_is_zero(&verify->nvram_digest) && !guid_equal(&digest, &verify->nvram_digest))
		verify_fail(verify, "nvram-report",
			    "the store is not the one that this conversion wrote, or was changed "
			    "since: by a start of the VM, by 'hvgen2 nvram'");
}

static void check_variables(struct verify *verify, const struct nvram *nvram)
{
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = {.description = NULL};

	check_digest(verify, nvram);
	if (!check_first(verify, nvram, &entry))
		return;
	check_partition(verify, &entry.partition);
	check_file(verify, entry.file_path);
	check_with_libefiboot(verify, nvram);
}

void verify_nvram(struct verify *verify)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_FREE char *path = NULL;
	struct error err = ERROR_INIT;
	int r = verify_store_read(verify, &path, &nvram, &err);

	if (r == -ENOENT && path && !verify->store_path) {
		verify_skip(verify, "nvram", "there is no '%s'", path);
	} else if (r < 0) {
		verify_fail(verify, "nvram", "%s", err.message);
	} else {
		verify_ok(verify, "nvram", "'%s' holds %zu variables", path, nvram.count);
		check_variables(verify, &nvram);
	}
}
