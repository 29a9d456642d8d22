/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A new store from BCD-Template, as bcdboot makes it. What bcdboot does was found by comparing the
 * template with stores that came from it:
 *
 *   - the settings that others inherit, the boot manager and the memory tester are copied, all
 *     other objects are not;
 *   - one loader and one resume object are made from the "OS target" of the firmware's kind and the
 *     object it refers to;
 *   - elements of class 4 are instructions: where the device is, and the path below the system
 *     root;
 *   - integers get eight bytes; the boot manager of a BIOS has no path.
 */
#include "bcd/rebuild.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/builtin.h"
#include "bcd/check.h"
#include "bcd/conversion.h"
#include "bcd/device.h"

#define TEMPLATE_KIND_INHERIT	2
#define DISPLAYMESSAGE_RECOVERY 3

struct rebuild {
	const struct bcd_store *template;
	struct bcd_store *store;
	const struct bcd_rebuild *how;
	struct bcd_object *loader, *resume;
	struct error *err;
};

static int copy_element(const struct bcd_element *from, struct bcd_store *to,
			struct bcd_object *object, struct error *err)
{
	char fault[BCD_FAULT_SIZE];
	uint64_t number;

	if (bcd_element_is_faulty(from, fault))
		return 0;
	if (BCD_ELEMENT_CLASS(from->code) == BCD_CLASS_TEMPLATE && from->code != BCD_RECOVERYOS)
		return 0;
	if (BCD_ELEMENT_FORMAT(from->code) == BCD_FORMAT_INTEGER &&
	    bcd_element_integer(from, &number))
		return bcd_object_set_integer(to, object, from->code, number, err);
	return bcd_object_set(to, object, from->code, from->data, from->size, err);
}

int bcd_copy_object(const struct bcd_object *from, struct bcd_store *to, const struct guid *id,
		    struct bcd_object **ret, struct error *err)
{
	struct bcd_object *object = NULL;
	int r = bcd_store_add(to, id, from->type, &object, err);

	for (size_t i = 0; i < from->element_count && r == 0; i++)
		r = copy_element(&from->elements[i], to, object, err);
	if (r == 0 && ret)
		*ret = object;
	return r;
}

int bcd_copy_settings(const struct bcd_store *from, struct bcd_store *to, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < from->object_count && r == 0; i++)
		if (BCD_OBJECT_KIND(from->objects[i]->type) == TEMPLATE_KIND_INHERIT)
			r = bcd_copy_object(from->objects[i], to, &from->objects[i]->id, NULL, err);
	return r;
}

static int set_device(const struct rebuild *rebuild, struct bcd_object *object, uint32_t code,
		      const struct bcd_device *device)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0;
	int r = bcd_device_encode(device, &bytes, &size, rebuild->err);

	return r < 0 ? r : bcd_object_set(rebuild->store, object, code, bytes, size, rebuild->err);
}

/* The device of a partition of the old disk, in the form of the new store. */
static struct bcd_device partition_device(const struct rebuild *rebuild, uint64_t mbr_offset)
{
	const struct bcd_target *target = rebuild->how->target;
	struct bcd_device device = {.kind = BCD_DEVICE_MBR,
				    .id = {.mbr_offset = mbr_offset,
					   .mbr_signature = target->disk.mbr_signature}};

	if (!rebuild->how->is_bios && bcd_target_partition(target, mbr_offset, &device.id))
		device.kind = BCD_DEVICE_GPT;
	return device;
}

static struct bcd_device system_device(const struct rebuild *rebuild)
{
	const struct bcd_target *target = rebuild->how->target;

	if (rebuild->how->is_bios)
		return partition_device(rebuild, target->system_offset);
	return (struct bcd_device){.kind = BCD_DEVICE_GPT,
				   .id = {.partition = target->esp, .disk = target->disk.gpt_disk}};
}

static int set_locale(const struct rebuild *rebuild, struct bcd_object *object)
{
	if (!rebuild->how->locale || !bcd_object_find(object, BCD_LOCALE))
		return 0;
	return bcd_object_set_string(rebuild->store, object, BCD_LOCALE, rebuild->how->locale,
				     rebuild->err);
}

/* The template of the Windows loader for the firmware's kind; those of Windows Setup start from a
 * RAM disk. */
static const struct bcd_object *find_target(const struct rebuild *rebuild)
{
	const char *end = rebuild->how->is_bios ? ".exe" : ".efi";

	for (size_t i = 0; i < rebuild->template->object_count; i++) {
		const struct bcd_object *object = rebuild->template->objects[i];
		CLEANUP_FREE char *path = bcd_object_string(object, BCD_TEMPLATE_PATH);

		if (object->type == BCD_OBJECT_OSLOADER && path && bcd_ends_with(path, end) &&
		    !bcd_object_find(object, BCD_TEMPLATE_RAMDISK) &&
		    !bcd_object_bool(object, BCD_OS_WINPE))
			return object;
	}
	return NULL;
}

/* A Windows program from its template: its path is that of the template below the system root. */
static int make_program(const struct rebuild *rebuild, const struct bcd_object *from,
			const char *what, struct bcd_object **ret)
{
	struct guid id = guid_from_name(&rebuild->how->target->disk.gpt_disk, what, strlen(what));
	struct bcd_device windows = partition_device(rebuild, rebuild->how->target->windows_offset);
	CLEANUP_FREE char *below = bcd_object_string(from, BCD_TEMPLATE_PATH);
	CLEANUP_FREE char *path = NULL;
	int r = bcd_copy_object(from, rebuild->store, &id, ret, rebuild->err);

	if (r == 0)
		r = set_locale(rebuild, *ret);
	if (r == 0)
		r = set_device(rebuild, *ret, BCD_DEVICE, &windows);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s%s", rebuild->how->system_root, below ? below : "") < 0) {
		path = NULL;
		return error_failed(rebuild->err, ENOMEM, "out of memory");
	}
	return bcd_object_set_string(rebuild->store, *ret, BCD_PATH, path, rebuild->err);
}

static int make_resume(struct rebuild *rebuild, const struct bcd_object *target)
{
	const struct bcd_object *from;
	struct guid id;
	int r;

	if (!bcd_object_guid(target, BCD_OS_RESUMEOBJECT, &id))
		return bcd_object_unset(rebuild->store, rebuild->loader, BCD_OS_RESUMEOBJECT,
					rebuild->err);
	from = bcd_store_find(rebuild->template, &id);
	if (!from)
		return bcd_object_unset(rebuild->store, rebuild->loader, BCD_OS_RESUMEOBJECT,
					rebuild->err);
	r = make_program(rebuild, from, "Windows Resume Application", &rebuild->resume);
	if (r < 0)
		return r;
	return bcd_object_set_guids(rebuild->store, rebuild->loader, BCD_OS_RESUMEOBJECT,
				    &rebuild->resume->id, 1, rebuild->err);
}

static int make_windows(struct rebuild *rebuild)
{
	struct bcd_device windows = partition_device(rebuild, rebuild->how->target->windows_offset);
	const struct bcd_object *target = find_target(rebuild);
	int r;

	if (windows.kind == BCD_DEVICE_MBR && !rebuild->how->is_bios)
		return error_failed(rebuild->err, EINVAL,
				    "the Windows partition is not on the new disk");
	if (!target)
		return error_damaged(rebuild->err,
				     "'%s': not a BCD-Template: no template of a Windows loader",
				     hive_name(rebuild->template->hive));
	r = make_program(rebuild, target, "Windows Boot Loader", &rebuild->loader);
	if (r == 0)
		r = set_device(rebuild, rebuild->loader, BCD_OS_DEVICE, &windows);
	if (r == 0)
		r = bcd_object_set_string(rebuild->store, rebuild->loader, BCD_OS_SYSTEMROOT,
					  rebuild->how->system_root, rebuild->err);
	if (r == 0)
		r = bcd_object_set_string(rebuild->store, rebuild->loader, BCD_DESCRIPTION,
					  rebuild->how->description, rebuild->err);
	return r < 0 ? r : make_resume(rebuild, target);
}

/* Memory tester: its name is a text resource of bcdboot, so it is the English one here. */
static int make_memory_tester(const struct rebuild *rebuild)
{
	const struct bcd_object *from = bcd_store_find(rebuild->template, &bcd_memdiag);
	struct bcd_device system = system_device(rebuild);
	struct bcd_object *object = NULL;
	int r;

	if (!from)
		return 0;
	r = bcd_copy_object(from, rebuild->store, &bcd_memdiag, &object, rebuild->err);
	if (r == 0)
		r = set_device(rebuild, object, BCD_DEVICE, &system);
	if (r == 0 && !rebuild->how->is_bios)
		r = bcd_object_set_string(rebuild->store, object, BCD_PATH,
					  "\\EFI\\Microsoft\\Boot\\memtest.efi", rebuild->err);
	if (r == 0 && !bcd_object_find(object, BCD_DESCRIPTION))
		r = bcd_object_set_string(rebuild->store, object, BCD_DESCRIPTION,
					  "Windows Memory Diagnostic", rebuild->err);
	return r < 0 ? r : set_locale(rebuild, object);
}

static int set_order(const struct rebuild *rebuild, struct bcd_object *bootmgr)
{
	const struct guid *loader = &rebuild->loader->id;
	struct bcd_store *store = rebuild->store;
	int r = bcd_object_set_guids(store, bootmgr, BCD_MGR_DEFAULT, loader, 1, rebuild->err);

	if (r == 0)
		r = bcd_object_set_guids(store, bootmgr, BCD_MGR_DISPLAYORDER, loader, 1,
					 rebuild->err);
	if (r == 0 && rebuild->resume)
		r = bcd_object_set_guids(store, bootmgr, BCD_MGR_RESUMEOBJECT, &rebuild->resume->id,
					 1, rebuild->err);
	if (r == 0 && bcd_store_find(store, &bcd_memdiag))
		r = bcd_object_set_guids(store, bootmgr, BCD_MGR_TOOLSORDER, &bcd_memdiag, 1,
					 rebuild->err);
	return r;
}

static int make_boot_manager(const struct rebuild *rebuild)
{
	const struct bcd_object *from = bcd_store_find(rebuild->template, &bcd_bootmgr);
	struct bcd_device system = system_device(rebuild);
	struct bcd_object *object = NULL;
	int r;

	if (!from)
		return error_damaged(rebuild->err, "'%s': not a BCD-Template: no boot manager",
				     hive_name(rebuild->template->hive));
	r = bcd_copy_object(from, rebuild->store, &bcd_bootmgr, &object, rebuild->err);
	if (r == 0)
		r = set_device(rebuild, object, BCD_DEVICE, &system);
	if (r == 0 && rebuild->how->is_bios)
		r = bcd_object_unset(rebuild->store, object, BCD_PATH, rebuild->err);
	else if (r == 0)
		r = bcd_object_set_string(rebuild->store, object, BCD_PATH,
					  "\\EFI\\Microsoft\\Boot\\bootmgfw.efi", rebuild->err);
	if (r == 0)
		r = set_locale(rebuild, object);
	return r < 0 ? r : set_order(rebuild, object);
}

/* The options object that tells where the RAM disk's boot.sdi is. */
static int make_winre_options(const struct rebuild *rebuild, const struct guid *id)
{
	struct bcd_device partition = partition_device(rebuild, rebuild->how->winre_offset);
	struct bcd_object *object = NULL;
	CLEANUP_FREE char *path = NULL;
	int r = bcd_store_add(rebuild->store, id, BCD_OBJECT_DEVICE, &object, rebuild->err);

	if (asprintf(&path, "%s\\boot.sdi", rebuild->how->winre_path) < 0) {
		path = NULL;
		return error_failed(rebuild->err, ENOMEM, "out of memory");
	}
	if (r == 0)
		r = bcd_object_set_string(rebuild->store, object, BCD_DESCRIPTION,
					  "Windows Recovery", rebuild->err);
	if (r == 0)
		r = set_device(rebuild, object, BCD_SDIDEVICE, &partition);
	return r < 0 ? r
		     : bcd_object_set_string(rebuild->store, object, BCD_SDIPATH, path,
					     rebuild->err);
}

struct setting {
	uint32_t code;
	const char *text; /* of a string, or NULL */
	uint64_t number;  /* of an integer or boolean */
};

static int apply_settings(const struct rebuild *rebuild, struct bcd_object *object,
			  const struct setting *settings, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct setting *setting = &settings[i];

		if (setting->text)
			r = bcd_object_set_string(rebuild->store, object, setting->code,
						  setting->text, rebuild->err);
		else if (BCD_ELEMENT_FORMAT(setting->code) == BCD_FORMAT_BOOLEAN)
			r = bcd_object_set_bool(rebuild->store, object, setting->code,
						setting->number != 0, rebuild->err);
		else
			r = bcd_object_set_integer(rebuild->store, object, setting->code,
						   setting->number, rebuild->err);
	}
	return r;
}

static int make_winre_loader(const struct rebuild *rebuild, const struct guid *options)
{
	const struct setting settings[] = {
		{BCD_PATH,
		 rebuild->how->is_bios ? "\\windows\\system32\\winload.exe"
				       : "\\windows\\system32\\winload.efi",
		 0},
		{BCD_DESCRIPTION, "Windows Recovery Environment", 0},
		{BCD_LOCALE, rebuild->how->locale ? rebuild->how->locale : "en-us", 0},
		{BCD_DISPLAYMESSAGE, NULL, DISPLAYMESSAGE_RECOVERY},
		{BCD_OS_SYSTEMROOT, "\\windows", 0},
		{BCD_OS_NX, NULL, 0},
		{BCD_OS_BOOTMENUPOLICY, NULL, 1},
		{BCD_OS_WINPE, NULL, 1},
		{BCD_RECOVERYOS, NULL, 1},
	};
	struct bcd_device partition = partition_device(rebuild, rebuild->how->winre_offset);
	struct bcd_device image = {.kind = BCD_DEVICE_RAMDISK,
				   .options = *options,
				   .parent = &partition};
	struct guid inherit;
	struct bcd_object *object = NULL;
	CLEANUP_FREE char *path = NULL;
	int r = bcd_store_add(rebuild->store, &rebuild->how->winre_loader, BCD_OBJECT_OSLOADER,
			      &object, rebuild->err);

	if (asprintf(&path, "%s\\Winre.wim", rebuild->how->winre_path) < 0) {
		path = NULL;
		return error_failed(rebuild->err, ENOMEM, "out of memory");
	}
	image.path = path;
	if (r == 0)
		r = apply_settings(rebuild, object, settings,
				   sizeof(settings) / sizeof(settings[0]));
	if (r == 0)
		r = set_device(rebuild, object, BCD_DEVICE, &image);
	if (r == 0)
		r = set_device(rebuild, object, BCD_OS_DEVICE, &image);
	if (r == 0 && bcd_object_guid(rebuild->loader, BCD_INHERIT, &inherit))
		r = bcd_object_set_guids(rebuild->store, object, BCD_INHERIT, &inherit, 1,
					 rebuild->err);
	return r;
}

/* Is there a recovery environment, and on a partition that the new store can name? */
static bool has_winre(const struct bcd_rebuild *how)
{
	struct bcd_partition_id id;

	if (!how->winre_path || guid_is_zero(&how->winre_loader))
		return false;
	return how->is_bios || bcd_target_partition(how->target, how->winre_offset, &id);
}

/* What reagentc adds when the recovery environment is on. */
static int make_winre(const struct rebuild *rebuild)
{
	static const struct setting enabled[] = {{BCD_RECOVERYENABLED, NULL, 1}},
				    message[] = {{BCD_DISPLAYMESSAGEOVERRIDE, NULL,
						  DISPLAYMESSAGE_RECOVERY}};
	const struct guid *id = &rebuild->how->winre_loader;
	struct bcd_object *users[] = {rebuild->loader, rebuild->resume};
	struct guid options = guid_from_name(id, "options", strlen("options"));
	int r;

	if (!has_winre(rebuild->how))
		return 0;
	r = make_winre_loader(rebuild, &options);
	if (r == 0)
		r = make_winre_options(rebuild, &options);
	if (r == 0)
		r = apply_settings(rebuild, rebuild->loader, message, 1);
	for (size_t i = 0; i < 2 && r == 0; i++) {
		if (!users[i])
			continue;
		r = bcd_object_set_guids(rebuild->store, users[i], BCD_RECOVERYSEQUENCE, id, 1,
					 rebuild->err);
		if (r == 0)
			r = apply_settings(rebuild, users[i], enabled, 1);
	}
	return r;
}

static int make_objects(struct rebuild *rebuild)
{
	int r = bcd_copy_settings(rebuild->template, rebuild->store, rebuild->err);

	if (r == 0)
		r = make_windows(rebuild);
	if (r == 0)
		r = make_memory_tester(rebuild);
	if (r == 0)
		r = make_boot_manager(rebuild);
	return r < 0 ? r : make_winre(rebuild);
}

static int open_template(const struct file_bytes *template, const struct bcd_rebuild *how,
			 struct bcd_store **ret, struct error *err)
{
	if (template->size == 0)
		return bcd_builtin_template(how->is_server, ret, err);
	return bcd_store_open(template, NULL, ret, err);
}

static void note_losses(const struct bcd_rebuild *how, bool has_template, struct bcd_notes *notes)
{
	note_add(&notes->changed, "boot store made anew from %s",
		 has_template ? "the installation's BCD-Template" : "what every installation has");
	note_add(
		&notes->dropped,
		"the boot menu of the old store: its other entries, its settings for debugging, the "
		"hypervisor and emergency management, and its time-out");
	if (!has_winre(how))
		note_add(
			&notes->warnings,
			"the recovery environment has no boot entry; run 'reagentc /enable' in the guest");
}

int bcd_rebuild(const struct file_bytes *template_file, const struct bcd_rebuild *how,
		uint8_t **ret_store, size_t *ret_size, struct bcd_notes *notes, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *template = NULL, *store = NULL;
	struct error local = ERROR_INIT;
	struct rebuild rebuild = {.how = how, .err = &local};
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0;
	int r = open_template(template_file, how, &template, &local);

	if (r == 0)
		r = bcd_store_new(template_file->name, &store, &local);
	rebuild.template = template;
	rebuild.store = store;
	if (r == 0)
		r = make_objects(&rebuild);
	if (r == 0)
		r = bcd_store_commit(store, &bytes, &size, &local);
	if (r == 0)
		r = bcd_check(&(struct file_bytes){bytes, size, template_file->name}, notes,
			      &local);
	if (r == 0) {
		note_losses(how, template_file->size > 0, notes);
		r = bcd_notes_check(notes, &local);
	}
	if (r < 0)
		return bcd_refuse_damage(&local, r, err);
	*ret_store = TAKE(bytes);
	*ret_size = size;
	return 0;
}
