/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of several EFI system partitions starts the guest: a Linux may have had one that does not, and
 * gets another one beside it. The one that the firmware's entry names; without a store that of the
 * conversion, by its report; without that the first on which the checks find a whole chain.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/verify/checks.h"
#include "convert/verify/esp.h"
#include "convert/verify/store.h"

#define PATH_FALLBACK "\\EFI\\BOOT\\BOOTX64.EFI"
#define MAX_ESPS      8 /* that are looked at, each with a copy of what is on it */

static const struct verify_partition *find_named(const struct verify *verify,
						 const struct nvram_boot_entry *entry)
{
	for (size_t i = 0; i < verify->partition_count; i++)
		if (verify_is_esp(&verify->partitions[i]) &&
		    guid_equal(&verify->partitions[i].unique, &entry->partition.guid))
			return &verify->partitions[i];
	return NULL;
}

static const struct verify_partition *find_reported(const struct verify *verify)
{
	for (size_t i = 0; i < verify->partition_count; i++)
		if (verify_is_esp(&verify->partitions[i]) &&
		    verify->partitions[i].number == verify->reported_esp)
			return &verify->partitions[i];
	return NULL;
}

/* For the checks of one ESP, whose results nobody sees. The menu that it leads to is not looked at.
 * NULL when out of memory. */
static struct verify *look_at(const struct verify *verify, const struct verify_partition *esp)
{
	struct verify *quiet = malloc(sizeof(*quiet));

	if (!quiet)
		return NULL;
	*quiet = *verify;
	quiet->esp = &quiet->partitions[esp - verify->partitions];
	quiet->grub = NULL;
	quiet->report = NULL;
	quiet->progress = NULL;
	quiet->result_count = 0;
	memset(quiet->counts, 0, sizeof(quiet->counts));
	verify_esp(quiet);
	return quiet;
}

static bool has_chain(const struct verify *verify, const struct verify_partition *esp)
{
	CLEANUP_FREE struct verify *quiet = look_at(verify, esp);

	if (!quiet)
		return false;
	verify_boot_files(quiet);
	free(quiet->bcd);
	return quiet->linux_folder[0] && quiet->counts[VERIFY_FAIL] == 0;
}

/* What firmware starts that has no entry. */
static bool has_fallback(const struct verify *verify, const struct verify_partition *esp)
{
	CLEANUP_FREE struct verify *quiet = look_at(verify, esp);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	size_t size;

	return quiet && verify_esp_read(quiet, PATH_FALLBACK, &bytes, &size, &err) == 0;
}

/* The last when none has a chain: a new one stands behind all else. */
static const struct verify_partition *find_whole(const struct verify *verify)
{
	const struct verify_partition *last = verify->esp;
	unsigned int count = 0;

	for (size_t i = 0; i < verify->partition_count; i++) {
		if (!verify_is_esp(&verify->partitions[i]))
			continue;
		last = &verify->partitions[i];
		if (count++ < MAX_ESPS && has_chain(verify, last))
			return last;
	}
	return last;
}

/* Firmware that has no entry goes through the partitions in the order of the array. */
static void say_first(struct verify *verify, const struct verify_partition *first)
{
	if (verify->esp != first && has_fallback(verify, first))
		verify_skip(verify, "esp-removable",
			    "partition %u is the first ESP: without a store, or with an empty one, "
			    "the firmware starts that; only a File entry leads to partition %u",
			    first->number, verify->esp->number);
}

void verify_several_esps(struct verify *verify)
{
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = {.description = NULL};
	const struct verify_partition *first = verify->esp, *found = NULL;
	bool has_entry;

	if (!verify->has_several_esps)
		return;
	has_entry = verify_store_first(verify, &entry);
	if (verify->scratch_fd < 0 && !verify->scratch_code)
		verify_esp_prepare(verify);
	if (has_entry)
		found = find_named(verify, &entry);
	if (!found)
		found = find_reported(verify);
	verify->esp = found ? found : find_whole(verify);
	verify_ok(verify, "esp", "partition %u, one of several, %" PRIu64 " MiB",
		  verify->esp->number,
		  (verify->esp->last_lba - verify->esp->first_lba + 1) * verify->disk->sector_size /
			  MIB);
	if (!has_entry)
		say_first(verify, first);
}
