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

/* The checks of one ESP, whose results nobody sees. The menu that it leads to is not looked at. */
static bool has_chain(const struct verify *verify, size_t index)
{
	CLEANUP_FREE struct verify *quiet = malloc(sizeof(*quiet));

	if (!quiet)
		return false;
	*quiet = *verify;
	quiet->esp = &quiet->partitions[index];
	quiet->grub = NULL;
	quiet->report = NULL;
	quiet->progress = NULL;
	quiet->result_count = 0;
	memset(quiet->counts, 0, sizeof(quiet->counts));
	verify_esp(quiet);
	verify_boot_files(quiet);
	free(quiet->bcd);
	return quiet->linux_folder[0] && quiet->counts[VERIFY_FAIL] == 0;
}

/* The last when none has a chain: a new one stands behind all else. */
static const struct verify_partition *find_whole(const struct verify *verify)
{
	const struct verify_partition *last = verify->esp;

	for (size_t i = 0; i < verify->partition_count; i++) {
		if (!verify_is_esp(&verify->partitions[i]))
			continue;
		last = &verify->partitions[i];
		if (has_chain(verify, i))
			return last;
	}
	return last;
}

/* Firmware that has no entry goes through the partitions in the order of the array. */
static void say_first(struct verify *verify, const struct verify_partition *first)
{
	if (verify->esp != first)
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
