/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs that are named on the command line, and what a folder of them holds: see inputs.h. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "common/guid.h"
#include "convert/batch/plan/inputs.h"
#include "convert/batch/state/state.h"

/* What Export-VM makes, beside 'Virtual Hard Disks'. */
#define MACHINES "Virtual Machines"

static int out_of_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

static bool ends_in(const char *name, const char *ending)
{
	size_t length = strlen(name), size = strlen(ending);

	return length > size && strcasecmp(name + length - size, ending) == 0;
}

/* What disks are called in a folder; whatever else a disk is called can be named. */
static bool is_disk(const char *name)
{
	static const char *const suffixes[] = {".vhdx", ".avhdx", ".vhd", ".avhd", ".raw", ".img"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_in(name, suffixes[i]))
			return true;
	return false;
}

/* Of the XML files in a folder of disks, those that Hyper-V has named: by the id of the VM. */
static bool is_named_by_id(const char *name)
{
	CLEANUP_FREE char *stem = strndup(name, strlen(name) - strlen(".xml"));
	struct guid id;

	return stem && guid_parse(stem, &id);
}

struct listing {
	struct dirent **entries;
	int count; /* -1: it cannot be read */
};

static struct listing list_folder(const char *folder)
{
	struct listing listing = {.entries = NULL};

	listing.count = scandir(folder, &listing.entries, NULL, alphasort);
	return listing;
}

static void listing_done(struct listing *listing)
{
	for (int i = 0; i < listing->count; i++)
		free(listing->entries[i]);
	if (listing->count >= 0)
		free(listing->entries);
}
#define CLEANUP_LISTING CLEANUP(listing_done)

/* Is there a .vmcx of this stem? It is the same VM, as a newer host has written it. */
static bool has_newer(const struct listing *listing, const char *name)
{
	size_t stem = strlen(name) - strlen(".xml");

	for (int i = 0; i < listing->count; i++) {
		const char *other = listing->entries[i]->d_name;

		if (ends_in(other, ".vmcx") && strlen(other) == stem + strlen(".vmcx") &&
		    strncasecmp(other, name, stem) == 0)
			return true;
	}
	return false;
}

static bool is_config(const struct listing *listing, const char *name, bool any_xml)
{
	if (!ends_in(name, ".xml"))
		return ends_in(name, ".vmcx");
	return (any_xml || is_named_by_id(name)) && !has_newer(listing, name);
}

/* A new string; NULL when out of memory. */
static char *path_in(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) < 0 ? NULL
											  : path;
}

static int add_file(struct input_list *list, const char *folder, const char *name,
		    struct error *err)
{
	CLEANUP_FREE char *path = path_in(folder, name);
	struct input *input;
	struct stat st;

	if (!path)
		return out_of_memory(err);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return 0;
	input = input_list_add(list, TAKE(path), NULL, NULL);
	if (!input)
		return out_of_memory(err);
	input->is_of_folder = true;
	return 0;
}

/* Where whoever slept would miss a VM in the morning. */
static void pass_over(const struct teller *teller, const char *folder, const char *why)
{
	CLEANUP_FREE char *text = NULL;

	if (asprintf(&text, "'%s' is passed over: %s", folder, why) < 0)
		text = NULL;
	else
		teller->tell(teller->opaque, text);
}

/* The VMs whose configurations are in FOLDER/Virtual Machines. */
static int add_machines(struct input_list *list, const char *folder, const char *name,
			const struct teller *teller, struct error *err)
{
	CLEANUP_FREE char *machines = path_in(folder, name);
	CLEANUP_LISTING struct listing listing = {.count = -1};
	size_t before = list->count;
	int r = 0;

	if (!machines)
		return out_of_memory(err);
	listing = list_folder(machines);
	if (listing.count < 0) {
		pass_over(teller, machines, strerror(errno));
		return 0;
	}
	for (int i = 0; r == 0 && i < listing.count; i++)
		if (is_config(&listing, listing.entries[i]->d_name, /*any_xml=*/true))
			r = add_file(list, machines, listing.entries[i]->d_name, err);
	if (list->count == before)
		pass_over(teller, machines, "it holds no configuration of a VM");
	return r;
}

static bool has_disk(const struct listing *listing)
{
	for (int i = 0; i < listing->count; i++)
		if (is_disk(listing->entries[i]->d_name))
			return true;
	return false;
}

/* The folder of an export; any other is not looked into. */
static int add_export(struct input_list *list, const char *folder, const char *name,
		      const struct teller *teller, struct error *err)
{
	CLEANUP_FREE char *path = path_in(folder, name);
	CLEANUP_LISTING struct listing listing = {.count = -1};
	size_t before = list->count;
	int r = 0;

	if (!path)
		return out_of_memory(err);
	listing = list_folder(path);
	if (listing.count < 0 && errno != ENOTDIR)
		pass_over(teller, path, strerror(errno));
	for (int i = 0; r == 0 && i < listing.count; i++)
		if (strcasecmp(listing.entries[i]->d_name, MACHINES) == 0)
			r = add_machines(list, path, listing.entries[i]->d_name, teller, err);
	if (r == 0 && list->count == before && has_disk(&listing))
		pass_over(teller, path, "disks in a folder below are to be named, or the folder");
	return r;
}

static int add_entry(struct input_list *list, const char *folder, const struct listing *listing,
		     const char *name, const struct teller *teller, struct error *err)
{
	if (is_disk(name) || is_config(listing, name, /*any_xml=*/false))
		return add_file(list, folder, name, err);
	if (strcasecmp(name, MACHINES) == 0)
		return add_machines(list, folder, name, teller, err);
	return *name == '.' ? 0 : add_export(list, folder, name, teller, err);
}

static int add_folder(struct input_list *list, const char *folder, const struct teller *teller,
		      struct error *err)
{
	CLEANUP_LISTING struct listing listing = list_folder(folder);
	size_t before = list->count;
	int r = 0;

	if (listing.count < 0)
		return error_errno(err, "'%s'", folder);
	for (int i = 0; r == 0 && i < listing.count; i++)
		r = add_entry(list, folder, &listing, listing.entries[i]->d_name, teller, err);
	if (r == 0 && list->count == before)
		return error_usage(
			err,
			"'%s': in this folder is no disk (.vhdx, .avhdx, .vhd, .avhd, .raw, .img), no "
			"configuration of a VM and no folder of an export; other folders below it are "
			"to be named themselves",
			folder);
	return r;
}

int inputs_add(struct input_list *list, const char *path, const struct teller *teller,
	       struct error *err)
{
	CLEANUP_FREE char *absolute = batch_absolute(path, err);
	struct stat st;

	if (!absolute)
		return -err->code;
	if (stat(absolute, &st) == 0 && S_ISDIR(st.st_mode))
		return add_folder(list, absolute, teller, err);
	return input_list_add(list, TAKE(absolute), NULL, NULL) ? 0 : out_of_memory(err);
}
