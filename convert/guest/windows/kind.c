/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows as a kind of guest: see kind.h. */
#include "convert/guest/windows/kind.h"

#include <stdlib.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "common/hive/hive.h"
#include "convert/guest/windows/contents.h"
#include "convert/guest/windows/hive.h"
#include "convert/guest/windows/hives.h"
#include "convert/guest/signer.h"
#include "convert/guest/windows/system/network.h"
#include "convert/guest/windows/winre.h"

/* bcdboot makes it of this size, all zero; the boot manager keeps its state there. */
#define BOOTSTAT_SIZE 65536

#define BOOT_STORE "\\Boot\\BCD"

static int probe_windows(struct volume *volume, struct guest_volume *found, struct error *err)
{
	bool has_windows = false;
	int r = windows_find(volume, &found->windows, &has_windows, err);

	if (r == 0 && has_windows)
		found->kind = &guest_windows;
	return r;
}

/* A store that cannot be read does not say what it starts; who converts it says why. */
static int find_default_entry(struct files *files, struct guest_default *ret, struct error *err)
{
	struct bcd_default_entry entry = {.description = NULL};
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error problem = ERROR_INIT;
	size_t size;
	int r = windows_hive_read_from(files, BOOT_STORE, WINDOWS_MAX_BCD, &bytes, &size, NULL,
				       &problem);

	if (r == 0)
		r = bcd_default_entry(&(struct file_bytes){bytes, size, BOOT_STORE}, &entry,
				      &problem);
	if (r < 0 && !error_is_of_host(&problem))
		return 0;
	if (r < 0) {
		*err = problem;
		return r;
	}
	*ret = (struct guest_default){
		.is_known = entry.device_offset != 0, /* other kinds of devices have none */
		.mbr_signature = entry.device_signature,
		.mbr_offset = entry.device_offset,
	};
	bcd_default_entry_done(&entry);
	return 0;
}

/* Where there is a system as well, nobody asks whether the volume could go. */
static int probe_boot_files(struct files *files, struct guest_volume *found, struct error *err)
{
	int r = 0;

	found->has_boot_manager = files_exist(files, "\\bootmgr");
	found->has_boot_store = files_exist(files, BOOT_STORE);
	found->has_recovery = files_exist(files, "\\Recovery\\WindowsRE\\Winre.wim");
	if (found->has_boot_store)
		r = find_default_entry(files, &found->starts, err);
	if (r < 0 || !found->has_boot_store || found->kind)
		return r;
	r = contents_read(files, &found->contents, err);
	found->only_boot_files = r == 0 && found->contents.others.count == 0;
	return r;
}

/* The hive opens, and says which adapters there are. */
static int read_system_hive(struct volume *volume, const char *path, struct adapters *ret,
			    struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_HIVE struct hive *hive = NULL;
	size_t size;
	int r = windows_hive_read(volume, path, WINDOWS_MAX_HIVE, &bytes, &size, NULL, err);

	if (r == 0)
		r = hive_open(bytes, size, path, &hive, err);
	if (r == 0)
		r = network_read(hive, ret, err);
	return r < 0 ? r : hive_check_reads(hive, err);
}

static int judge_windows(const struct guest_disk *old, struct guest_findings *ret,
			 struct error *err)
{
	const struct windows *windows = &old->start->found->windows;
	CLEANUP_VOLUME struct volume *volume = NULL;
	char path[WINDOWS_PATH_SIZE];
	int r = volume_open_at(old->disk, &old->start->place, false, &volume, err);

	if (r == 0)
		r = windows_check_efi(volume, windows, err);
	windows_path(path, windows->root, "System32\\config\\SYSTEM");
	return r < 0 ? r : read_system_hive(volume, path, ret->adapters, err);
}

/* New files carry the time of the newest boot file: the same guest always gives the same ESP. */
static int64_t newest_time(const struct bootfiles_report *files)
{
	int64_t time = 0;

	for (size_t i = 0; i < files->count; i++)
		time = files->files[i].mtime > time ? files->files[i].mtime : time;
	return time;
}

/* Would the firmware start the boot manager of a set? One that is not there it would not. */
static bool is_trusted(struct volume *volume, const char *root, const char *manager,
		       const struct guest_trust *trust, char **ret_issuer)
{
	CLEANUP_FREE uint8_t *image = NULL;
	char path[WINDOWS_PATH_SIZE];
	size_t size;

	*ret_issuer = NULL;
	windows_path(path, root, manager);
	return volume_exists(volume, path) &&
	       volume_read_file(volume, path, BOOTFILES_MAX_FILE, &image, &size, NULL) == 0 &&
	       signer_is_trusted(image, size, trust, ret_issuer);
}

/* Where nobody has chosen, the set that the keys of the store let start. */
static enum bootfiles_set choose_set(struct volume *volume, const char *root,
				     const struct guest_options *options,
				     struct note_list *warnings)
{
	enum bootfiles_set set = options->boot_files;
	CLEANUP_FREE char *issuer = NULL;
	CLEANUP_FREE char *other = NULL;
	bool is_2023 = set == BOOTFILES_2023;

	if (!options->trust ||
	    is_trusted(volume, root, is_2023 ? BOOTFILES_MANAGER_2023 : BOOTFILES_MANAGER_2011,
		       options->trust, &issuer))
		return set;
	if (set == BOOTFILES_AUTO &&
	    is_trusted(volume, root, BOOTFILES_MANAGER_2023, options->trust, &other))
		return BOOTFILES_2023;
	note_add(
		warnings,
		"loader-not-in-db: bootmgfw.efi is %s%s%s: with Secure Boot on the firmware refuses it; "
		"take other keys, or turn Secure Boot off",
		issuer ? "signed under '" : "not signed", issuer ? issuer : "",
		issuer ? "', which is not in the db of the store" : "");
	return set;
}

static int add_own_files(const struct guest_disk *old, const struct guest_options *options,
			 struct guest_boot *boot, struct error *err)
{
	const struct windows *windows = &old->start->found->windows;
	CLEANUP_VOLUME struct volume *volume = NULL;
	int r = volume_open_at(old->disk, &old->start->place, false, &volume, err);

	if (r == 0)
		r = bootfiles_add(volume, windows,
				  choose_set(volume, windows->root, options, &boot->warnings),
				  &boot->files, &boot->boot_files, err);
	boot->time = newest_time(&boot->boot_files);
	return r;
}

static int add_new_files(struct guest_boot *boot, struct error *err)
{
	struct boot_store *store = &boot->store;
	int r = guest_files_add(&boot->files, "/EFI/Microsoft/Boot/BCD", TAKE(store->main),
				store->main_size, boot->time, err);

	if (r == 0)
		r = guest_files_add(&boot->files, "/EFI/Microsoft/Recovery/BCD",
				    TAKE(store->recovery), store->recovery_size, boot->time, err);
	if (r == 0)
		r = guest_files_add(&boot->files, "/EFI/Microsoft/Boot/BOOTSTAT.DAT",
				    calloc(1, BOOTSTAT_SIZE), BOOTSTAT_SIZE, boot->time, err);
	return r;
}

static int make_boot_files(const struct guest_disk *old, const struct guest_target *target,
			   const struct guest_options *options, struct guest_boot *ret,
			   struct error *err)
{
	int r;

	*ret = (struct guest_boot){
		.loader = {"\\EFI\\Microsoft\\Boot\\bootmgfw.efi", "Windows Boot Manager"}};
	r = add_own_files(old, options, ret, err);
	if (r == 0)
		r = boot_store_make(old, target, &ret->store, err);
	return r < 0 ? r : add_new_files(ret, err);
}

static int edit_windows(const struct guest_disk *new, const struct guest_target *target,
			const struct guest_boot *boot, const struct guest_options *options,
			struct edits *edits, struct error *err)
{
	int r = hives_convert(new, &target->moved, options, edits, err);

	return r < 0 ? r
		     : winre_convert(new, &target->moved, boot->store.winre_is_lost, edits, err);
}

const struct guest_kind guest_windows = {
	.probe = probe_windows,
	.probe_boot = probe_boot_files,
	.judge = judge_windows,
	.boot_files = make_boot_files,
	.edit = edit_windows,
};
