/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The BCD stores of the ESP: see boot_store.h. */
#include "convert/guest/windows/boot_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/size.h"
#include "convert/guest/windows/hive.h"
#include "convert/guest/windows/reagent.h"
#include "convert/guest/windows/recovery.h"

#define BCD_PATH "\\Boot\\BCD"

static int open_partition(const struct guest_disk *old, const struct guest_partition *partition,
			  struct volume **ret, struct error *err)
{
	int r = volume_open_at(old->disk, &partition->place, false, ret, err);

	return r < 0 ? error_prefix(err, "partition %u", partition->place.number) : 0;
}

/* The survey chose none: see choose_system() there. */
static int refuse_without_store(const struct guest_disk *old, struct error *err)
{
	char numbers[128] = "";

	for (size_t i = 0; i < old->count; i++)
		if (old->partitions[i].found->has_boot_store)
			list_number(numbers, sizeof(numbers), old->partitions[i].place.number);
	if (numbers[0])
		return error_refused(
			err, REFUSAL_NO_BCD,
			"make the partition active that the VM starts from (in the guest with "
			"diskpart: select disk 0, select partition N, active), shut down and "
			"convert again",
			BCD_PATH
			" is on the partitions %s; none of these is active, and it "
			"cannot be told from their default entries which of them starts the "
			"Windows on partition %u",
			numbers, old->start->place.number);
	if (old->system && !old->system->can_be_searched)
		return error_refused(
			err, REFUSAL_NO_BCD,
			"repair that partition in the guest (chkdsk /f), shut down and convert again",
			"partition %u, which is active, cannot be read, so that nobody can say whether "
			"it holds " BCD_PATH,
			old->system->place.number);
	return error_refused(err, REFUSAL_NO_BCD,
			     "check that the VM starts from this disk, or rebuild its boot store "
			     "in the guest with bcdboot",
			     "no partition holds " BCD_PATH);
}

static int read_bios_store(const struct guest_disk *old, uint8_t **ret, size_t *ret_size,
			   struct error *err)
{
	CLEANUP_FILES struct files *files = NULL;
	int r = files_open_at(old->disk, &old->system->place, &files, err);

	return r < 0 ? r
		     : windows_hive_read_from(files, BCD_PATH, WINDOWS_MAX_BCD, ret, ret_size, NULL,
					      err);
}

static struct bcd_target bcd_target(const struct guest_disk *old, const struct guest_target *target)
{
	return (struct bcd_target){
		.disk = target->moved,
		.esp = target->esp,
		.windows_offset = old->start->place.offset,
		.system_offset = (old->system ? old->system : old->start)->place.offset,
		.is_not_hibernated = true, /* a hibernated volume was refused when it was opened */
	};
}

static int convert_store(const struct guest_disk *old, const struct bcd_target *target,
			 struct boot_store *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *bios = NULL;
	size_t size;
	int r;

	if (!old->system || !old->system->found->has_boot_store)
		return refuse_without_store(old, err);
	r = read_bios_store(old, &bios, &size, err);
	if (r == 0)
		r = bcd_convert(&(struct file_bytes){bios, size, BCD_PATH}, target, &ret->main,
				&ret->main_size, &ret->notes, err);
	return r < 0 ? error_prefix(err, "partition %u", old->system->place.number) : 0;
}

static bool can_be_rebuilt(const struct error *err)
{
	return err->kind == ERROR_DAMAGED || err->refusal == REFUSAL_NO_BCD ||
	       err->refusal == REFUSAL_BCD_DAMAGED || err->refusal == REFUSAL_HIVE_DIRTY;
}

static bool has_bios_boot_manager(const struct guest_disk *old)
{
	for (size_t i = 0; i < old->count; i++)
		if (old->partitions[i].found->has_boot_manager)
			return true;
	return false;
}

/* Where the recovery environment is and how its boot entry was named, if ReAgent.xml knows. */
static void find_winre(struct volume *volume, const struct windows *windows,
		       struct reagent *reagent, struct bcd_rebuild *how)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	char path[WINDOWS_PATH_SIZE];
	size_t size;

	windows_path(path, windows->root, "System32\\Recovery\\ReAgent.xml");
	if (volume_read_file(volume, path, REAGENT_MAX_SIZE, &bytes, &size, NULL) < 0 ||
	    reagent_read(&(struct file_bytes){bytes, size, path}, reagent, NULL) < 0)
		return;
	if (!reagent->is_enabled || !reagent->has_loader || !reagent->path ||
	    reagent->mbr_signature != how->target->disk.mbr_signature)
		return;
	how->winre_path = reagent->path;
	how->winre_offset = reagent->offset;
	how->winre_loader = reagent->loader;
}

static int rebuild_from_volume(struct volume *volume, const struct guest_disk *old,
			       const struct bcd_target *target, struct boot_store *ret,
			       struct error *err)
{
	const struct windows *windows = &old->start->found->windows;
	CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
	CLEANUP_FREE uint8_t *template = NULL;
	struct bcd_rebuild how = {
		.target = target,
		.system_root = windows->root,
		.description = windows_boot_name(windows),
		.is_server = windows->is_server,
	};
	size_t size = 0;
	char path[WINDOWS_PATH_SIZE];

	windows_path(path, windows->root, "System32\\config\\BCD-Template");
	if (windows_hive_read(volume, path, WINDOWS_MAX_BCD, &template, &size, NULL, err) < 0) {
		if (!has_bios_boot_manager(old) || error_is_of_host(err))
			return -err->code;
		size = 0;
	}
	find_winre(volume, windows, &reagent, &how);
	ret->winre_is_lost = !how.winre_path;
	return bcd_rebuild(&(struct file_bytes){template, size, path}, &how, &ret->main,
			   &ret->main_size, &ret->notes, err);
}

static int rebuild_store(const struct guest_disk *old, const struct bcd_target *target,
			 struct boot_store *ret, struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	int r = open_partition(old, old->start, &volume, err);

	bcd_notes_done(&ret->notes);
	return r < 0 ? r : rebuild_from_volume(volume, old, target, ret, err);
}

int boot_store_make(const struct guest_disk *old, const struct guest_target *target,
		    struct boot_store *ret, struct error *err)
{
	const struct bcd_target bcd = bcd_target(old, target);
	struct error why = ERROR_INIT;
	int r;

	*ret = (struct boot_store){.main = NULL};
	r = convert_store(old, &bcd, ret, &why);
	if (r < 0) {
		*err = why;
		if (!can_be_rebuilt(&why))
			return r;
		if (rebuild_store(old, &bcd, ret, err) < 0) {
			if (!error_is_of_host(err))
				*err = why;
			return -err->code;
		}
		note_add(&ret->warnings,
			 "the boot store was rebuilt as bcdboot does it, because: %s", why.message);
	}
	r = bcd_default_entry(&(struct file_bytes){ret->main, ret->main_size, BCD_PATH},
			      &ret->default_entry, err);
	if (r == 0)
		r = bcd_recovery_store(&(struct file_bytes){ret->main, ret->main_size, BCD_PATH},
				       &ret->recovery, &ret->recovery_size, err);
	if (r == 0 && !ret->winre_is_lost)
		r = recovery_check(old, target,
				   &(struct file_bytes){ret->main, ret->main_size, BCD_PATH},
				   &ret->warnings, err);
	return r;
}

void boot_store_done(struct boot_store *store)
{
	free(store->main);
	free(store->recovery);
	bcd_default_entry_done(&store->default_entry);
	bcd_notes_done(&store->notes);
	note_list_done(&store->warnings);
	*store = (struct boot_store){.main = NULL};
}
