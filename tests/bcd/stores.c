/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of boot stores share: see stores.h. */
#include "stores.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/device.h"
#include "bcd/value.h"

void bytes_done(struct bytes *bytes)
{
	free(bytes->at);
}

struct bytes read_file(const char *path)
{
	struct bytes bytes = {.at = NULL};
	FILE *file = fopen(path, "rb");
	long size;

	if (!file)
		cr_skip_test("'%s' is not there", path);
	cr_assert_eq(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	bytes.size = (size_t)size;
	bytes.at = malloc(bytes.size + 1);
	cr_assert_eq(fread(bytes.at, 1, bytes.size, file), bytes.size);
	fclose(file);
	return bytes;
}

bool have_stores(void)
{
	DIR *dir = opendir(STORES);

	if (dir)
		closedir(dir);
	return dir != NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **store_names(const char *prefix)
{
	DIR *dir = opendir(STORES);
	char **names = calloc(128, sizeof(char *));
	size_t count = 0;

	cr_assert_not_null(dir);
	for (struct dirent *entry = readdir(dir); entry && count < 127; entry = readdir(dir))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && entry->d_name[0] != '.')
			names[count++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, count, sizeof(char *), by_name);
	return names;
}

void store_names_done(char ***names)
{
	for (size_t i = 0; *names && (*names)[i]; i++)
		free((*names)[i]);
	free(*names);
}

struct bcd_store *open_store(const struct bytes *bytes)
{
	struct error err = ERROR_INIT;
	struct bcd_store *store = NULL;

	cr_assert_eq(bcd_store_open(&(struct file_bytes){bytes->at, bytes->size, "store"}, NULL,
				    &store, &err),
		     0, "%s", err.message);
	return store;
}

struct guid id(const char *text)
{
	struct guid guid;

	cr_assert(guid_parse(text, &guid), "%s", text);
	return guid;
}

/* A made-up partition GUID for an offset. */
static struct guid partition_guid(uint64_t offset)
{
	struct guid space = id("{6ba7b811-9dad-11d1-80b4-00c04fd430c8}");

	return guid_from_name(&space, &offset, sizeof(offset));
}

static void add_partition(struct synthetic_target *target, uint64_t offset)
{
	for (size_t i = 0; i < target->target.disk.partition_count; i++)
		if (target->partitions[i].mbr_offset == offset)
			return;
	cr_assert_lt(target->target.disk.partition_count, 16);
	target->partitions[target->target.disk.partition_count++] =
		(struct moved_partition){.mbr_offset = offset, .gpt_guid = partition_guid(offset)};
}

static bool collect(void *context, enum bcd_device_kind kind, unsigned int depth,
		    struct bcd_partition_id *where)
{
	struct synthetic_target *target = context;

	(void)depth;
	if (kind == BCD_DEVICE_MBR && where->mbr_signature == target->target.disk.mbr_signature)
		add_partition(target, where->mbr_offset);
	return false;
}

static void collect_partitions(struct bcd_store *store, struct synthetic_target *target)
{
	for (size_t i = 0; i < store->object_count; i++)
		for (size_t j = 0; j < store->objects[i]->element_count; j++) {
			struct bcd_element *element = &store->objects[i]->elements[j];
			size_t changed;

			if (BCD_ELEMENT_FORMAT(element->code) == BCD_FORMAT_DEVICE)
				(void)bcd_device_rewrite(element->data, element->size, collect,
							 target, &changed, NULL);
		}
}

/* The MBR partition that an element names; false when it is of another kind. */
static bool mbr_device(const struct bcd_object *object, uint32_t code, struct bcd_partition_id *ret)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	struct bcd_element *element = bcd_object_find(object, code);

	if (!element || bcd_device_decode(element->data, element->size, &device, NULL) < 0 ||
	    device.kind != BCD_DEVICE_MBR)
		return false;
	*ret = device.id;
	return true;
}

void make_target(const struct bytes *bios_store, struct synthetic_target *ret)
{
	CLEANUP_BCD_STORE struct bcd_store *store = open_store(bios_store);
	struct bcd_object *bootmgr = bcd_store_find(store, &bcd_bootmgr);
	struct bcd_partition_id windows = {.mbr_offset = MADE_SYSTEM,
					   .mbr_signature = MADE_SIGNATURE};
	struct bcd_partition_id system = {.mbr_offset = 0};
	struct guid entry;

	cr_assert_not_null(bootmgr);
	cr_assert(bcd_object_guid(bootmgr, BCD_MGR_DEFAULT, &entry));
	if (!mbr_device(bcd_store_find(store, &entry), BCD_OS_DEVICE, &windows))
		for (size_t i = 0; i < store->object_count; i++)
			if (mbr_device(store->objects[i], BCD_DEVICE, &windows))
				break;
	*ret = (struct synthetic_target){.target = {
						 .disk.mbr_signature = windows.mbr_signature,
						 .disk.gpt_disk = partition_guid(0),
						 .esp = partition_guid(1),
						 .disk.partitions = ret->partitions,
						 .windows_offset = windows.mbr_offset,
						 .system_offset = windows.mbr_offset,
					 }};
	if (mbr_device(bootmgr, BCD_DEVICE, &system) &&
	    system.mbr_signature == windows.mbr_signature)
		ret->target.system_offset = system.mbr_offset;
	add_partition(ret, windows.mbr_offset);
	collect_partitions(store, ret);
}

void set_string(struct bcd_store *store, struct bcd_object *object, uint32_t code, const char *text)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(bcd_object_set_string(store, object, code, text, &err), 0, "%s", err.message);
}

void set_ref(struct bcd_store *store, struct bcd_object *object, uint32_t code,
	     const char *guid_text)
{
	struct guid ref = id(guid_text);

	cr_assert_eq(bcd_object_set_guids(store, object, code, &ref, 1, NULL), 0);
}

static void set_device(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		       const struct bcd_device *device)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;

	cr_assert_eq(bcd_device_encode(device, &bytes, &size, NULL), 0);
	cr_assert_eq(bcd_object_set(store, object, code, bytes, size, NULL), 0);
}

void set_mbr_device(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		    uint64_t offset, uint32_t signature)
{
	struct bcd_device device = {.kind = BCD_DEVICE_MBR,
				    .id = {.mbr_offset = offset, .mbr_signature = signature}};

	set_device(store, object, code, &device);
}

static void set_ramdisk(struct bcd_store *store, struct bcd_object *object, uint32_t code)
{
	char path[] = "\\Recovery\\WindowsRE\\Winre.wim";
	struct bcd_device parent = {.kind = BCD_DEVICE_MBR,
				    .id = {.mbr_offset = MADE_SYSTEM,
					   .mbr_signature = MADE_SIGNATURE}};
	struct bcd_device device = {.kind = BCD_DEVICE_RAMDISK,
				    .options = id(MADE_OPTIONS),
				    .path = path,
				    .parent = &parent};

	set_device(store, object, code, &device);
}

static struct bcd_object *add(struct bcd_store *store, const char *guid_text, uint32_t type)
{
	struct guid guid = id(guid_text);
	struct bcd_object *object = NULL;

	cr_assert_eq(bcd_store_add(store, &guid, type, &object, NULL), 0);
	return object;
}

static void set_number(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		       uint64_t value)
{
	cr_assert_eq(bcd_object_set_integer(store, object, code, value, NULL), 0);
}

static void set_flag(struct bcd_store *store, struct bcd_object *object, uint32_t code, bool value)
{
	cr_assert_eq(bcd_object_set_bool(store, object, code, value, NULL), 0);
}

#define GLOBAL	   "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
#define LOADERS	   "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
#define RESUMES	   "{1afa9c49-16ab-4a5c-901b-212802da9460}"
#define HYPERVISOR "{7ff607e0-4395-11db-b0de-0800200c9a66}"
#define DEBUGGER   "{4636856e-540f-4170-a130-a84776f4c654}"
#define EMS	   "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
#define BADMEMORY  "{5189b25c-5558-4bf2-bca4-289b11bd29e2}"

static void set_refs(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		     const char *a, const char *b, const char *c)
{
	struct guid refs[3] = {id(a), id(b), c ? id(c) : id(a)};

	cr_assert_eq(bcd_object_set_guids(store, object, code, refs, c ? 3 : 2, NULL), 0);
}

static void add_settings(struct bcd_store *store)
{
	struct bcd_object *object = add(store, EMS, 0x20100000);

	set_flag(store, object, 0x16000020, false);
	set_ref(store, add(store, RESUMES, 0x20200004), BCD_INHERIT, GLOBAL);
	object = add(store, DEBUGGER, 0x20100000);
	set_number(store, object, 0x15000011, 4);
	add(store, BADMEMORY, 0x20100000);
	set_refs(store, add(store, LOADERS, 0x20200003), BCD_INHERIT, GLOBAL, HYPERVISOR, NULL);
	set_refs(store, add(store, GLOBAL, 0x20100000), BCD_INHERIT, DEBUGGER, EMS, BADMEMORY);
	object = add(store, HYPERVISOR, 0x20200003);
	set_number(store, object, 0x250000f3, 0);
	set_number(store, object, 0x250000f4, 1);
	set_number(store, object, 0x250000f5, 115200);
}

static void add_boot_manager(struct bcd_store *store)
{
	struct bcd_object *object =
		add(store, "{9dea862c-5cdd-4e70-acc1-f32b344d4795}", BCD_OBJECT_BOOTMGR);

	set_mbr_device(store, object, BCD_DEVICE, MADE_SYSTEM, MADE_SIGNATURE);
	set_string(store, object, BCD_DESCRIPTION, "Windows Boot Manager");
	set_string(store, object, BCD_LOCALE, "en-US");
	set_ref(store, object, BCD_INHERIT, GLOBAL);
	set_ref(store, object, BCD_MGR_DEFAULT, MADE_LOADER);
	set_ref(store, object, BCD_MGR_RESUMEOBJECT, MADE_RESUME);
	set_ref(store, object, BCD_MGR_DISPLAYORDER, MADE_LOADER);
	set_ref(store, object, BCD_MGR_TOOLSORDER, "{b2721d73-1db4-4c62-bf78-c548a880142d}");
	set_number(store, object, BCD_MGR_TIMEOUT, 30);

	object = add(store, "{b2721d73-1db4-4c62-bf78-c548a880142d}", BCD_OBJECT_MEMDIAG);
	set_mbr_device(store, object, BCD_DEVICE, MADE_SYSTEM, MADE_SIGNATURE);
	set_string(store, object, BCD_PATH, "\\boot\\memtest.exe");
	set_string(store, object, BCD_DESCRIPTION, "Windows Memory Diagnostic");
	set_ref(store, object, BCD_INHERIT, GLOBAL);
	set_flag(store, object, 0x1600000b, true);
}

static void add_windows(struct bcd_store *store)
{
	struct bcd_object *loader = add(store, MADE_LOADER, BCD_OBJECT_OSLOADER);
	struct bcd_object *resume = add(store, MADE_RESUME, BCD_OBJECT_RESUME);

	set_mbr_device(store, loader, BCD_DEVICE, MADE_WINDOWS, MADE_SIGNATURE);
	set_string(store, loader, BCD_PATH, "\\Windows\\system32\\winload.exe");
	set_string(store, loader, BCD_DESCRIPTION, "Windows 10");
	set_ref(store, loader, BCD_INHERIT, LOADERS);
	set_ref(store, loader, BCD_RECOVERYSEQUENCE, MADE_RECOVERY);
	set_flag(store, loader, BCD_RECOVERYENABLED, true);
	set_mbr_device(store, loader, BCD_OS_DEVICE, MADE_WINDOWS, MADE_SIGNATURE);
	set_string(store, loader, BCD_OS_SYSTEMROOT, "\\Windows");
	set_ref(store, loader, BCD_OS_RESUMEOBJECT, MADE_RESUME);
	set_number(store, loader, BCD_OS_NX, 0);

	set_mbr_device(store, resume, BCD_DEVICE, MADE_WINDOWS, MADE_SIGNATURE);
	set_string(store, resume, BCD_PATH, "\\Windows\\system32\\winresume.exe");
	set_string(store, resume, BCD_DESCRIPTION, "Windows Resume Application");
	set_ref(store, resume, BCD_INHERIT, RESUMES);
	set_mbr_device(store, resume, BCD_OS_DEVICE, MADE_WINDOWS, MADE_SIGNATURE);
	set_string(store, resume, BCD_OS_SYSTEMROOT, "\\hiberfil.sys");
}

static void add_recovery(struct bcd_store *store)
{
	struct bcd_object *loader = add(store, MADE_RECOVERY, BCD_OBJECT_OSLOADER);
	struct bcd_object *options = add(store, MADE_OPTIONS, BCD_OBJECT_DEVICE);

	set_ramdisk(store, loader, BCD_DEVICE);
	set_string(store, loader, BCD_PATH, "\\windows\\system32\\winload.exe");
	set_string(store, loader, BCD_DESCRIPTION, "Windows Recovery Environment");
	set_ref(store, loader, BCD_INHERIT, LOADERS);
	set_ramdisk(store, loader, BCD_OS_DEVICE);
	set_string(store, loader, BCD_OS_SYSTEMROOT, "\\windows");
	set_flag(store, loader, BCD_OS_WINPE, true);
	set_flag(store, loader, BCD_RECOVERYOS, true);

	set_string(store, options, BCD_DESCRIPTION, "Windows Recovery");
	set_mbr_device(store, options, BCD_SDIDEVICE, MADE_SYSTEM, MADE_SIGNATURE);
	set_string(store, options, BCD_SDIPATH, "\\Recovery\\WindowsRE\\boot.sdi");
}

struct bcd_store *made_store(void)
{
	struct error err = ERROR_INIT;
	struct bcd_store *store = NULL;

	cr_assert_eq(bcd_store_new("made", &store, &err), 0, "%s", err.message);
	add_settings(store);
	add_boot_manager(store);
	add_windows(store);
	add_recovery(store);
	return store;
}

struct bytes commit_store(struct bcd_store *store)
{
	struct error err = ERROR_INIT;
	struct bytes bytes = {.at = NULL};

	cr_assert_eq(bcd_store_commit(store, &bytes.at, &bytes.size, &err), 0, "%s", err.message);
	return bytes;
}

struct bcd_object *object_of(struct bcd_store *store, const char *guid_text)
{
	struct guid guid = id(guid_text);
	struct bcd_object *object = bcd_store_find(store, &guid);

	cr_assert_not_null(object, "%s", guid_text);
	return object;
}

const char *text_of(struct bcd_store *store, const char *guid_text, uint32_t code)
{
	static char text[512];
	CLEANUP_BCD_TEXTS struct bcd_texts texts = BCD_TEXTS_INIT;
	const struct bcd_object *object = object_of(store, guid_text);
	const struct bcd_element *element = bcd_object_find(object, code);

	if (!element)
		return "";
	cr_assert_eq(bcd_element_texts(object->type, element, &texts, NULL), 0);
	snprintf(text, sizeof(text), "%s", texts.count ? texts.list[0] : "");
	return text;
}

/* The objects that have a name of their own in each store. */
struct roles {
	const struct bcd_store *store;
	struct guid loader, resume;
};

static struct roles roles_of(const struct bcd_store *store)
{
	const struct bcd_object *bootmgr = bcd_store_find(store, &bcd_bootmgr), *loader = NULL;
	struct roles roles = {.store = store};

	cr_assert_not_null(bootmgr);
	if (bcd_object_guid(bootmgr, BCD_MGR_DEFAULT, &roles.loader))
		loader = bcd_store_find(store, &roles.loader);
	if (loader)
		(void)bcd_object_guid(loader, BCD_OS_RESUMEOBJECT, &roles.resume);
	return roles;
}

static const char *role_name(const struct roles *roles, const struct guid *guid,
			     char text[BCD_ID_SIZE])
{
	if (guid_equal(guid, &roles->loader))
		return "loader";
	return guid_equal(guid, &roles->resume) ? "resume" : bcd_id_text(guid, text);
}

static const struct bcd_object *counterpart(const struct roles *from, const struct roles *to,
					    const struct guid *guid)
{
	if (guid_equal(guid, &from->loader))
		return bcd_store_find(to->store, &to->loader);
	if (guid_equal(guid, &from->resume))
		return bcd_store_find(to->store, &to->resume);
	return bcd_store_find(to->store, guid);
}

static bool same_guids(const struct roles *a, const struct bcd_element *x, const struct roles *b,
		       const struct bcd_element *y)
{
	CLEANUP_FREE struct guid *xs = NULL, *ys = NULL;
	char x_text[BCD_ID_SIZE], y_text[BCD_ID_SIZE];
	size_t x_count = 0, y_count = 0;

	cr_assert_eq(bcd_element_guids(x, &xs, &x_count), 0);
	cr_assert_eq(bcd_element_guids(y, &ys, &y_count), 0);
	if (x_count != y_count)
		return false;
	for (size_t i = 0; i < x_count; i++)
		if (strcmp(role_name(a, &xs[i], x_text), role_name(b, &ys[i], y_text)) != 0)
			return false;
	return true;
}

static bool same_element(const struct roles *a, const struct bcd_element *x, const struct roles *b,
			 const struct bcd_element *y)
{
	uint32_t format = BCD_ELEMENT_FORMAT(x->code);

	if (x->registry_type != y->registry_type)
		return false;
	if (format == BCD_FORMAT_OBJECT || format == BCD_FORMAT_OBJECT_LIST)
		return same_guids(a, x, b, y);
	return x->size == y->size && memcmp(x->data, y->data, x->size) == 0;
}

struct lines {
	char *list[512];
	size_t count;
};

static void PRINTF_LIKE(2, 3) add_line(struct lines *lines, const char *format, ...)
{
	va_list args;
	int r;

	cr_assert_lt(lines->count, 512);
	va_start(args, format);
	r = vasprintf(&lines->list[lines->count], format, args);
	va_end(args);
	cr_assert_geq(r, 0);
	lines->count++;
}

/* 'both': also compare what both have; else only what the second one lacks. */
static void compare(const struct roles *a, const struct roles *b, bool both, struct lines *lines)
{
	char text[BCD_ID_SIZE];

	for (size_t i = 0; i < a->store->object_count; i++) {
		const struct bcd_object *object = a->store->objects[i];
		const struct bcd_object *other = counterpart(a, b, &object->id);
		const char *name = role_name(a, &object->id, text);

		if (!other || object->type != other->type) {
			add_line(lines, "%s", name);
			continue;
		}
		for (size_t j = 0; j < object->element_count; j++) {
			const struct bcd_element *element = &object->elements[j];
			const struct bcd_element *twin = bcd_object_find(other, element->code);

			if (!twin || (both && !same_element(a, element, b, twin)))
				add_line(lines, "%s %08x", name, element->code);
		}
	}
}

char *store_differences(const struct bcd_store *a, const struct bcd_store *b)
{
	struct roles a_roles = roles_of(a), b_roles = roles_of(b);
	struct lines lines = {.count = 0};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	compare(&a_roles, &b_roles, true, &lines);
	compare(&b_roles, &a_roles, false, &lines);
	qsort(lines.list, lines.count, sizeof(char *), by_name);
	for (size_t i = 0; i < lines.count; i++) {
		fprintf(out, "%s\n", lines.list[i]);
		free(lines.list[i]);
	}
	fclose(out);
	return text;
}
