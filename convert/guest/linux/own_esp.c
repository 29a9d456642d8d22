/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ESP that the disk has already: see own_esp.h. */
#include "convert/guest/linux/own_esp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/files/files.h"
#include "convert/guest/linux/parse/grub_handover.h"
#include "convert/guest/linux/read.h"

#define REMOVABLE	"BOOT"	      /* the folder of UEFI 2.10 section 3.5.1.1 */
#define REMOVABLE_EFI	"BOOTX64.EFI" /* and the name for x64 */
#define MAX_CONFIG_SIZE MIB

/* Folders below \EFI with a shim and a GRUB; more than one or two are what is left of others. */
#define MAX_CANDIDATES 4

static void file_path(char path[LINUX_ESP_PATH], const char *folder, const char *name)
{
	snprintf(path, LINUX_ESP_PATH, "\\EFI\\%s\\%s", folder, name);
}

/* 1 when it is there, 0 when it is not. What is wrong with the ESP is the guest's matter: such a
 * file does not count. */
static int has_file(struct files *files, const char *folder, const char *name, struct error *err)
{
	struct error problem = ERROR_INIT;
	char path[LINUX_ESP_PATH];
	bool is_folder = false;

	file_path(path, folder, name);
	if (files_find(files, path, &is_folder, &problem) < 0)
		return linux_pass_host(&problem, err);
	return !is_folder;
}

/* The first of the two that is there; "" for none. */
static int take_name(struct files *files, const char *folder, const char *const names[2],
		     char ret[16], struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		r = has_file(files, folder, names[i], err);
		if (r > 0)
			snprintf(ret, 16, "%s", names[i]);
	}
	return r < 0 ? r : 0;
}

static bool is_removable(const char *folder)
{
	return strcasecmp(folder, REMOVABLE) == 0;
}

/* 1 when this folder has both. */
static int take_folder(struct files *files, const char *folder, struct linux_esp *ret,
		       struct error *err)
{
	static const char *const shims[2] = {"shimx64.efi", "shim.efi"};
	static const char *const removable[2] = {REMOVABLE_EFI, REMOVABLE_EFI};
	static const char *const grubs[2] = {"grubx64.efi", "grub.efi"};
	int r;

	*ret = (struct linux_esp){.partition = 0};
	if (strlen(folder) >= sizeof(ret->folder))
		return 0;
	snprintf(ret->folder, sizeof(ret->folder), "%s", folder);
	r = take_name(files, folder, is_removable(folder) ? removable : shims, ret->shim, err);
	if (r == 0)
		r = take_name(files, folder, grubs, ret->grub, err);
	return r < 0 ? r : ret->shim[0] && ret->grub[0];
}

/* --- what starts the guest --- */

/* One that is not there stays NULL. */
static int read_file(struct files *files, const char *folder, const char *name, uint8_t **memory,
		     struct file_bytes *ret, struct error *err)
{
	char path[LINUX_ESP_PATH];
	size_t size = 0;
	int r = has_file(files, folder, name, err);

	if (r <= 0)
		return r;
	file_path(path, folder, name);
	r = files_read(files, path, EFI_SET_FILE_MAX, memory, &size, err);
	if (r == 0)
		*ret = (struct file_bytes){*memory, size, name};
	return r;
}

/* The helpers are not needed to start: what is wrong with them is the guest's matter. */
static int read_helper(struct files *files, const char *folder, const char *name, uint8_t **memory,
		       struct file_bytes *ret, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = read_file(files, folder, name, memory, ret, &problem);

	return r < 0 ? linux_pass_host(&problem, err) : 0;
}

static int read_set(struct files *files, const struct linux_esp *esp, uint8_t *memory[4],
		    struct efi_files *ret, struct error *err)
{
	int r = read_file(files, esp->folder, esp->shim, &memory[0], &ret->shim, err);

	if (r == 0)
		r = read_file(files, esp->folder, esp->grub, &memory[1], &ret->grub, err);
	if (r == 0)
		r = read_helper(files, esp->folder, "mmx64.efi", &memory[2], &ret->mm, err);
	if (r == 0)
		r = read_helper(files, REMOVABLE, "fbx64.efi", &memory[3], &ret->fb, err);
	return r;
}

static int read_chain(struct files *files, const struct linux_esp *esp, struct efi_set *ret,
		      struct error *err)
{
	struct efi_files set = {.shim = {.data = NULL}};
	uint8_t *memory[4] = {NULL};
	int r = read_set(files, esp, memory, &set, err);

	if (r == 0 && (!set.shim.data || !set.grub.data))
		r = error_damaged(err, "the boot files of the ESP cannot be found again");
	if (r == 0)
		r = efi_set_from_bytes(&set, "the guest's own ESP", ret, err);
	for (size_t i = 0; i < ARRAY_SIZE(memory); i++)
		free(memory[i]);
	return r;
}

static const struct guest_partition *partition_of(const struct guest_disk *old, unsigned int number)
{
	for (size_t i = 0; i < old->count; i++)
		if (old->partitions[i].place.number == number)
			return &old->partitions[i];
	return NULL;
}

int linux_own_esp_read(const struct guest_disk *old, const struct linux_esp *esp,
		       struct efi_set *ret, struct error *err)
{
	const struct guest_partition *partition = partition_of(old, esp->partition);
	CLEANUP_FILES struct files *files = NULL;
	int r = files_open_at(old->disk, &partition->place, &files, err);

	return r < 0 ? r : read_chain(files, esp, ret, err);
}

/* --- which it is --- */

/* *ret is why the grub.cfg does not lead to the guest's menu that this GRUB takes: of the folder
 * that it was built with, which need not be where it is; without one, of where it is. */
static int check_config(struct files *files, const struct linux_esp *esp, const struct efi_set *set,
			const struct linux_system *system, const char **ret, struct error *err)
{
	/* SUSE's own GRUB counts from the subvolume, others from the top. */
	const struct grub_target target = {.uuid = system->boot.id.uuid,
					   .top = system->is_btrfs_relative ? "" : system->boot_top,
					   .prefix = system->prefix,
					   .kernel = system->starts.kernel};
	CLEANUP_FREE uint8_t *text = NULL;
	struct error problem = ERROR_INIT;
	char path[LINUX_ESP_PATH];
	size_t size = 0;

	file_path(path, set->grub_facts.prefix[0] ? set->folder : esp->folder, "grub.cfg");
	if (files_read(files, path, MAX_CONFIG_SIZE, &text, &size, &problem) < 0) {
		*ret = "it has no grub.cfg that can be read";
		return linux_pass_host(&problem, err);
	}
	return grub_handover_trouble(&(struct file_bytes){text, size, path}, &target, ret, err);
}

/* Why this GRUB would not lead to the guest's menu, NULL when it does. */
static const char *why_not(const struct linux_system *system, const struct efi_set *set)
{
	if (system->is_bls && !set->grub_facts.has_blscfg)
		return "its GRUB has no command blscfg, which the guest's menu needs";
	if (system->is_btrfs_relative && !set->grub_facts.has_btrfs_relative)
		return "its GRUB does not count paths from a subvolume of Btrfs, as the guest's "
		       "menu does";
	return NULL;
}

/* An ESP that is being looked at. */
struct search {
	struct files *files;
	const struct linux_system *system;
	char reason[1024]; /* why the last one that has both is not taken */
	unsigned int candidates;
};

/* 1 when this folder starts the guest. */
static int try_folder(struct search *search, const char *folder, struct linux_esp *ret,
		      struct error *err)
{
	CLEANUP_EFI_SET struct efi_set set = {.source = ""};
	struct error problem = ERROR_INIT;
	const char *reason = NULL;
	int r = 0;

	if (search->candidates < MAX_CANDIDATES)
		r = take_folder(search->files, folder, ret, err);
	if (r <= 0)
		return r;
	search->candidates++;
	r = read_chain(search->files, ret, &set, &problem);
	if (r < 0 && error_is_of_host(&problem)) {
		*err = problem;
		return r;
	}
	if (r < 0) {
		reason = problem.message;
	} else {
		reason = why_not(search->system, &set);
		r = reason ? 0
			   : check_config(search->files, ret, &set, search->system, &reason, err);
		if (r < 0)
			return r;
	}
	snprintf(search->reason, sizeof(search->reason), "%s", reason ? reason : "");
	return reason == NULL;
}

/* Which folders are tried in one pass: that of the distribution, the others, that of removable
 * media. */
enum pass { PASS_OWN, PASS_OTHERS, PASS_REMOVABLE, PASS_COUNT };

static bool is_in_pass(enum pass pass, const struct files_entry *entry, const char *id)
{
	if (!entry->is_folder || is_removable(entry->name) != (pass == PASS_REMOVABLE))
		return false;
	return pass == PASS_REMOVABLE || (strcasecmp(entry->name, id) == 0) == (pass == PASS_OWN);
}

static int try_folders(struct search *search, const struct files_entry *entries, size_t count,
		       struct linux_esp *ret, struct error *err)
{
	int r = 0;

	for (enum pass pass = PASS_OWN; r == 0 && pass < PASS_COUNT; pass++)
		for (size_t i = 0; r == 0 && i < count; i++)
			if (is_in_pass(pass, &entries[i], search->system->release.id))
				r = try_folder(search, entries[i].name, ret, err);
	return r;
}

/* 1 when this ESP starts the guest. */
static int look_at(const struct guest_disk *old, const struct guest_partition *partition,
		   struct search *search, struct linux_esp *ret, struct error *err)
{
	CLEANUP_FILES struct files *files = NULL;
	struct files_entry *entries = NULL;
	struct error problem = ERROR_INIT;
	size_t count = 0;
	int r = files_open_at(old->disk, &partition->place, &files, &problem), has_removable;

	search->files = files;
	if (r == 0)
		r = files_list(files, "\\EFI", &entries, &count, &problem);
	if (r < 0 && error_is_of_host(&problem)) {
		*err = problem;
		return r;
	}
	r = r < 0 ? 0 : try_folders(search, entries, count, ret, err);
	files_entries_free(entries, count);
	has_removable = r >= 0 && files ? has_file(files, REMOVABLE, REMOVABLE_EFI, err) : 0;
	ret->has_removable = has_removable > 0;
	return has_removable < 0 ? has_removable : r;
}

static int take(const struct guest_disk *old, const struct guest_partition *partition,
		struct linux_system *system, struct note_list *warnings, struct error *err)
{
	struct search search = {.system = system};
	struct linux_esp esp = {.partition = 0};
	int r = look_at(old, partition, &search, &esp, err);

	if (r < 0)
		return r;
	if (r > 0) {
		system->esp = esp;
		system->esp.partition = partition->place.number;
		if (!esp.has_removable)
			note_add(
				warnings,
				"partition %u is an ESP without \\EFI\\BOOT\\BOOTX64.EFI: firmware "
				"without the boot entry does not start from it",
				partition->place.number);
	} else if (search.reason[0]) {
		note_add(warnings,
			 "partition %u is an ESP that is left as it is, beside a new one: %s",
			 partition->place.number, search.reason);
	}
	if (r == 0 && esp.has_removable)
		note_add(
			warnings,
			"only the File entry of the firmware starts the guest: without a store, "
			"with an empty one and by a Drive entry it takes "
			"\\EFI\\BOOT\\BOOTX64.EFI of partition %u, which does not lead to the guest",
			partition->place.number);
	return 0;
}

int linux_own_esp_find(const struct guest_disk *old, struct linux_system *system,
		       struct note_list *warnings, struct error *err)
{
	int r = 0;

	system->esp = (struct linux_esp){.partition = 0};
	for (size_t i = 0; r == 0 && !system->esp.partition && i < old->count; i++)
		if (old->partitions[i].is_esp && old->partitions[i].can_be_searched)
			r = take(old, &old->partitions[i], system, warnings, err);
	return r;
}

const char *linux_own_esp_loader(const struct linux_esp *esp, char buffer[LINUX_ESP_PATH])
{
	snprintf(buffer, LINUX_ESP_PATH, "\\EFI\\%s\\%s", esp->folder, esp->shim);
	return buffer;
}
