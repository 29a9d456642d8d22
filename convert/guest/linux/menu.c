/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's own boot menu: see menu.h. */
#include "convert/guest/linux/menu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/guest/linux/custom_menu.h"
#include "convert/guest/linux/parse/bls.h"
#include "convert/guest/linux/parse/grub_menu.h"
#include "convert/guest/linux/read.h"

/* More kernels no guest keeps. */
#define MAX_BLS_ENTRIES 64
#define MAX_INITRDS	16

#define ADVICE_ROOT                                                                                   \
	"in the guest, take GRUB_DISABLE_UUID out of /etc/default/grub where it is there, make the "  \
	"boot menu anew (update-grub, or grub2-mkconfig -o /boot/grub2/grub.cfg), start the VM with " \
	"it once, and convert again"
#define ADVICE_OWN_ENTRY                                                                           \
	"in the guest, make the boot menu anew (update-grub, or grub2-mkconfig -o "                \
	"/boot/grub2/grub.cfg) and one of its own entries the default (grub-set-default), start "  \
	"the VM with it once, and convert again"

/* Kernels beside the default's: a package manager keeps two or three. */
#define MAX_OTHERS 8

/* The menu of one guest. */
struct reading {
	struct linux_files *files;
	struct linux_system *system;
	struct note_list *warnings;
	struct grub_menu menu;
	struct grub_env env;
	struct bls_entry bls[MAX_BLS_ENTRIES];
	size_t bls_count;
	bool has_more_bls; /* than are read */
};

static void reading_done(struct reading *reading)
{
	grub_menu_done(&reading->menu);
	grub_env_done(&reading->env);
	for (size_t i = 0; i < reading->bls_count; i++)
		bls_entry_done(&reading->bls[i]);
}

/* "hd0,msdos1" names a partition of an MBR, which the new disk does not have; "hd0,1" the entry of any
 * table. */
static bool is_of_mbr(const char *device)
{
	const char *at;

	device += device[0] == '(';
	at = strncmp(device, "hd", 2) == 0 ? strchr(device, ',') : NULL;
	return at && strncmp(at + 1, "msdos", 5) == 0;
}

static int check_device(const char *path, struct error *err)
{
	if (path[0] != '(' || !is_of_mbr(path))
		return 0;
	return error_refused(err, REFUSAL_LINUX_BOOT_MENU, LINUX_ADVICE_MENU,
			     "the boot menu has '%s', which names a partition of an MBR", path);
}

/* Is the disk of a root found in another table, too? Whether a search by label or by file finds one
 * is not known here. */
static int check_root(const struct reading *reading, const struct grub_root *root,
		      struct error *err)
{
	char place[LINUX_PLACE_TEXT];

	if (!root->device || !is_of_mbr(root->device) || root->is_by_name || root->is_unsure ||
	    (root->uuid && strcasecmp(root->uuid, reading->system->boot.id.uuid) == 0))
		return 0;
	linux_place_text(&reading->system->boot, place);
	if (!root->uuid)
		return error_refused(
			err, REFUSAL_LINUX_BOOT_MENU, ADVICE_ROOT,
			"the boot menu %s looks for the kernel on '%s', a partition of "
			"an MBR, and by no UUID",
			place, root->device);
	return error_refused(
		err, REFUSAL_LINUX_BOOT_MENU, ADVICE_OWN_ENTRY,
		"the boot menu %s looks for the kernel on the file system %s, which is "
		"another, or else on '%s', a partition of an MBR",
		place, root->uuid, root->device);
}

/* What an entry says lies over what is said outside of it. */
static struct grub_root root_of(const struct grub_menu *menu, const struct grub_entry *entry)
{
	struct grub_root root = entry->root;
	bool has_search = root.uuid || root.is_by_name;

	if (root.device)
		return root;
	root.device = menu->root.device;
	root.is_unsure |= menu->root.is_unsure;
	if (!has_search) {
		root.uuid = menu->root.uuid;
		root.is_by_name = menu->root.is_by_name;
	}
	return root;
}

const char *linux_menu_path(const char *path)
{
	const char *end = path[0] == '(' ? strchr(path, ')') : NULL;

	return end ? end + 1 : path;
}

/* For what is wrong with the text of a menu. */
static int refuse_text(const struct reading *reading, const struct error *problem,
		       struct error *err)
{
	char place[LINUX_PLACE_TEXT];

	if (error_is_of_host(problem))
		return linux_pass_host(problem, err);
	return error_refused(err, REFUSAL_LINUX_BOOT_MENU, LINUX_ADVICE_MENU,
			     "the boot menu %s cannot be read: %s",
			     linux_place_text(&reading->system->boot, place), problem->message);
}

/* For a file that cannot be read: a too large one is made anew, a damaged one is not. */
static int refuse_file(const struct reading *reading, const struct error *problem,
		       struct error *err)
{
	char place[LINUX_PLACE_TEXT];

	if (problem->kind != ERROR_DAMAGED || problem->code == EFBIG)
		return refuse_text(reading, problem, err);
	*err = *problem;
	return error_prefix(err, "the boot menu %s cannot be read",
			    linux_place_text(&reading->system->boot, place));
}

/* With what custom.cfg adds. */
static int parse_menu(struct reading *reading, const struct file_bytes *file, struct error *err)
{
	CLEANUP_FREE char *whole = NULL;
	struct error problem = ERROR_INIT;
	int r = linux_custom_menu(reading->files, reading->system, file, &whole, reading->warnings,
				  &problem);
	struct file_bytes text = *file;

	if (r < 0)
		return refuse_file(reading, &problem, err);
	if (whole)
		text = (struct file_bytes){(uint8_t *)whole, strlen(whole), file->name};
	r = grub_menu_parse(&text, &reading->menu, &problem);
	return r < 0 ? refuse_text(reading, &problem, err) : 0;
}

static int read_menu(struct reading *reading, struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error problem = ERROR_INIT;
	char path[64];
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/grub.cfg", reading->system->prefix);
	if (linux_files_read(reading->files, path, LINUX_MAX_TEXT, &data, &size, &problem) < 0)
		return refuse_file(reading, &problem, err);
	return parse_menu(reading, &(struct file_bytes){data, size, path}, err);
}

/* A file beside the menu: 1 when it is there, 0 when it is not. */
static int read_beside(const struct reading *reading, const char *path, uint8_t **ret_data,
		       size_t *ret_size, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = linux_read_text(reading->files, path, ret_data, ret_size, &problem);

	return r < 0 ? refuse_file(reading, &problem, err) : r;
}

/* One that is missing, or is none, is one that GRUB does not read either. */
static int read_env(struct reading *reading, struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error problem = ERROR_INIT;
	char path[64];
	size_t size = 0;
	int r;

	snprintf(path, sizeof(path), "%s/grubenv", reading->system->prefix);
	r = read_beside(reading, path, &data, &size, err);
	if (r <= 0)
		return r;
	r = grub_env_parse(&(struct file_bytes){data, size, path}, &reading->env, &problem);
	return r < 0 ? linux_pass_host(&problem, err) : 0;
}

static const char *boot_folder(const struct linux_system *system)
{
	return system->boot_is_own_volume ? "" : "/boot";
}

static bool ends_in_conf(const char *name)
{
	size_t length = strlen(name);

	return length > strlen(".conf") && strcmp(name + length - strlen(".conf"), ".conf") == 0;
}

static int read_bls_entry(struct reading *reading, const char *name, struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error problem = ERROR_INIT;
	char path[400];
	size_t size = 0;
	int r;

	snprintf(path, sizeof(path), "%s/loader/entries/%s", boot_folder(reading->system), name);
	r = read_beside(reading, path, &data, &size, err);
	if (r <= 0)
		return r;
	if (bls_parse(&(struct file_bytes){data, size, path}, &reading->bls[reading->bls_count],
		      &problem) < 0)
		return linux_pass_host(&problem, err);
	reading->bls_count++;
	return 0;
}

static int read_bls(struct reading *reading, struct error *err)
{
	struct error problem = ERROR_INIT;
	char folder[64], **names = NULL;
	size_t count = 0;
	int r;

	snprintf(folder, sizeof(folder), "%s/loader/entries", boot_folder(reading->system));
	r = linux_read_folder(reading->files, folder, &names, &count, &problem);
	if (r < 0)
		return refuse_file(reading, &problem, err);
	for (size_t i = 0; r >= 0 && i < count; i++)
		if (ends_in_conf(names[i]) && reading->bls_count < MAX_BLS_ENTRIES)
			r = read_bls_entry(reading, names[i], err);
		else if (ends_in_conf(names[i]))
			reading->has_more_bls = true;
	linux_files_names_free(names, count);
	return r < 0 ? r : 0;
}

static int refuse_empty(const struct reading *reading, struct error *err)
{
	char place[LINUX_PLACE_TEXT];

	return error_refused(err, REFUSAL_LINUX_BOOT_MENU, LINUX_ADVICE_MENU,
			     "the boot menu %s (%s/grub.cfg) starts no kernel",
			     linux_place_text(&reading->system->boot, place),
			     reading->system->prefix);
}

/* What stands for $kernelopts in the entries. */
static const char *kernel_options(const struct reading *reading)
{
	const char *options = grub_env_get(&reading->env, "kernelopts");

	if (!options)
		options = reading->menu.kernelopts;
	return options ? options : "";
}

/* What an entry does not say is empty. */
static const char *text_of(const char *text)
{
	return text ? text : "";
}

static int take_bls_options(const struct reading *reading, const char *options, char **ret,
			    struct error *err)
{
	static const char variable[] = "$kernelopts";
	const char *at = options ? strstr(options, variable) : NULL;

	if (!at)
		return linux_copy_text(text_of(options), ret, err);
	if (asprintf(ret, "%.*s%s%s", (int)(at - options), options, kernel_options(reading),
		     at + strlen(variable)) >= 0)
		return 0;
	*ret = NULL;
	return error_failed(err, ENOMEM, "out of memory");
}

static int take_bls_entry(const struct reading *reading, const struct bls_entry *entry,
			  struct linux_default *starts, struct error *err)
{
	int r = linux_copy_text(entry->linux, &starts->kernel, err);

	if (r == 0)
		r = linux_copy_text(text_of(entry->title), &starts->title, err);
	if (r == 0)
		r = take_bls_options(reading, entry->options, &starts->arguments, err);
	if (r < 0 || !entry->initrd)
		return r;
	starts->initrds = calloc(1, sizeof(*starts->initrds));
	if (!starts->initrds)
		return error_failed(err, ENOMEM, "out of memory");
	starts->initrd_count = 1;
	return linux_copy_text(entry->initrd, &starts->initrds[0], err);
}

/* One is known by its kernel: entries for recovery have the same with other arguments. */
static bool is_new_kernel(const struct linux_system *system, const char *kernel)
{
	if (strcmp(system->starts.kernel, kernel) == 0)
		return false;
	for (size_t i = 0; i < system->other_count; i++)
		if (strcmp(system->others[i].kernel, kernel) == 0)
			return false;
	return true;
}

/* NULL without a message when there are enough, or it is not another one. */
static struct linux_default *add_other(struct linux_system *system, const char *kernel)
{
	if (!kernel || !is_new_kernel(system, kernel))
		return NULL;
	if (system->other_count == MAX_OTHERS) {
		system->has_more_others = true;
		return NULL;
	}
	return &system->others[system->other_count++];
}

static int make_room_for_others(struct linux_system *system, struct error *err)
{
	system->others = calloc(MAX_OTHERS, sizeof(*system->others));
	return system->others ? 0 : error_failed(err, ENOMEM, "out of memory");
}

static int take_other_bls(struct reading *reading, struct error *err)
{
	struct linux_system *system = reading->system;
	int r = make_room_for_others(system, err);

	for (size_t i = 0; r == 0 && i < reading->bls_count; i++) {
		const struct bls_entry *entry = &reading->bls[i];
		struct linux_default *other = add_other(system, entry->linux);

		if (other)
			r = take_bls_entry(reading, entry, other, err);
	}
	return r;
}

/* Without blscfg a menu is not sorted, and a number in it says nothing. */
static void note_number(struct reading *reading, const char *wanted, size_t index)
{
	size_t newest;

	if (!wanted || !*wanted || wanted[strspn(wanted, "0123456789")] != '\0')
		return;
	(void)bls_default(reading->bls, reading->bls_count, NULL, &newest);
	if (newest != index)
		reading->system->numbered = strtoul(wanted, NULL, 10);
}

/* As the menu has it, which may say "${saved_entry}"; NULL: the newest. */
static const char *wanted_entry(const struct reading *reading, bool *ret_is_sure)
{
	const char *text = reading->menu.default_text;
	bool is_saved =
		!text || strcmp(text, "${saved_entry}") == 0 || strcmp(text, "$saved_entry") == 0;

	*ret_is_sure = is_saved || !strchr(text, '$');
	if (is_saved)
		return grub_env_get(&reading->env, "saved_entry");
	return *ret_is_sure ? text : NULL;
}

/* Red Hat's GRUB finds entries and kernels by 'root', our function by 'boot'. */
static int check_roots(const struct reading *reading, struct error *err)
{
	int r = check_root(reading, &reading->menu.root, err);

	return r < 0 ? r : check_root(reading, &reading->menu.boot, err);
}

static int take_bls(struct reading *reading, struct error *err)
{
	struct linux_system *system = reading->system;
	struct linux_default *starts = &system->starts;
	bool is_sure;
	const char *wanted = wanted_entry(reading, &is_sure), *trouble;
	const struct bls_entry *entry;
	size_t index;
	int r;

	system->is_bls = true;
	system->kernel_count = reading->bls_count;
	if (reading->bls_count == 0)
		return refuse_empty(reading, err);
	starts->is_sure =
		(bls_default(reading->bls, reading->bls_count, wanted, &index) || !wanted) &&
		is_sure && !reading->has_more_bls;
	entry = &reading->bls[index];
	note_number(reading, wanted, index);
	for (size_t i = 0; i < reading->bls_count; i++) {
		trouble = bls_out_of_convention(&reading->bls[i], boot_folder(system));
		if (trouble && i == index)
			snprintf(starts->bls_trouble, sizeof(starts->bls_trouble),
				 "the entry '%s' %s", entry->file_stem, trouble);
		else if (trouble)
			system->strange_entries++;
	}
	if (!entry->linux)
		return refuse_empty(reading, err);
	r = check_roots(reading, err);
	if (r == 0)
		r = take_bls_entry(reading, entry, starts, err);
	return r < 0 ? r : take_other_bls(reading, err);
}

static int take_entry(const struct grub_entry *entry, struct linux_default *starts,
		      struct error *err)
{
	int r = linux_copy_text(entry->kernel, &starts->kernel, err);

	if (r == 0)
		r = linux_copy_text(text_of(entry->title), &starts->title, err);
	if (r == 0)
		r = linux_copy_text(text_of(entry->arguments), &starts->arguments, err);
	if (r < 0 || entry->initrd_count == 0)
		return r;
	starts->initrds = calloc(MAX_INITRDS, sizeof(*starts->initrds));
	if (!starts->initrds)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < entry->initrd_count && i < MAX_INITRDS; i++) {
		starts->initrd_count = i + 1;
		r = linux_copy_text(entry->initrds[i], &starts->initrds[i], err);
	}
	return r;
}

static bool has_kernel(const struct grub_entry *entry)
{
	return entry->kernel && !entry->is_submenu;
}

/* What hands over to another disk or loader is not this guest's. */
static int take_other_entries(struct reading *reading, struct error *err)
{
	struct linux_system *system = reading->system;
	int r = make_room_for_others(system, err);

	for (size_t i = 0; r == 0 && i < reading->menu.count; i++) {
		const struct grub_entry *entry = &reading->menu.entries[i];
		struct linux_default *other = NULL;

		if (has_kernel(entry) && !entry->is_foreign)
			other = add_other(system, entry->kernel);
		if (other)
			r = take_entry(entry, other, err);
	}
	return r;
}

/* Where the default starts no Linux (a memory test, another disk), the first entry that does. */
static int take_menu(struct reading *reading, struct error *err)
{
	struct linux_system *system = reading->system;
	const struct grub_menu *menu = &reading->menu;
	const struct grub_entry *entry = NULL;
	struct grub_root root; /* borrows */
	size_t index = 0;
	int r;

	for (size_t i = menu->count; i-- > 0;) {
		if (!has_kernel(&menu->entries[i]))
			continue;
		system->kernel_count++;
		entry = &menu->entries[i];
	}
	if (!entry)
		return refuse_empty(reading, err);
	if (grub_menu_default(menu, &reading->env, &index, &system->starts.is_sure) == 0 &&
	    has_kernel(&menu->entries[index]))
		entry = &menu->entries[index];
	else
		system->starts.is_sure = false;
	root = root_of(menu, entry);
	r = check_root(reading, &root, err);
	if (r == 0)
		r = take_entry(entry, &system->starts, err);
	return r < 0 ? r : take_other_entries(reading, err);
}

static int read_all(struct reading *reading, struct error *err)
{
	int r = read_menu(reading, err);

	if (r == 0)
		r = read_env(reading, err);
	if (r < 0)
		return r;
	reading->system->is_btrfs_relative = reading->menu.is_btrfs_relative;
	if (!reading->menu.has_blscfg)
		return take_menu(reading, err);
	r = read_bls(reading, err);
	return r < 0 ? r : take_bls(reading, err);
}

int linux_menu_read(struct linux_files *boot, struct linux_system *system,
		    struct note_list *warnings, struct error *err)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int r;

	if (!reading)
		return error_failed(err, ENOMEM, "out of memory");
	reading->files = boot;
	reading->system = system;
	reading->warnings = warnings;
	reading->menu = (struct grub_menu)GRUB_MENU_INIT;
	r = read_all(reading, err);
	if (r == 0)
		r = check_device(system->starts.kernel, err);
	for (size_t i = 0; r == 0 && i < system->starts.initrd_count; i++)
		r = check_device(system->starts.initrds[i], err);
	if (r == 0 && !system->starts.is_sure)
		note_add(
			warnings,
			"which entry of the guest's boot menu starts by default cannot be told; '%s' "
			"was looked at",
			system->starts.title);
	if (r == 0 && reading->menu.has_superusers)
		note_add(warnings,
			 "the guest's boot menu has a password, and asks for it as before");
	reading_done(reading);
	free(reading);
	return r;
}
