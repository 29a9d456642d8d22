/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listing and copying the boot files: see bootfiles.h. */
#include "convert/guest/windows/bootfiles.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "convert/guest/pe.h"

#define ESP_BOOT     "/EFI/Microsoft/Boot"
#define ESP_BOOTMGFW ESP_BOOT "/bootmgfw.efi"
#define ESP_FALLBACK "/EFI/Boot/bootx64.efi" /* UEFI 2.10 section 3.5.1.1, for x64 */

/* Real trees have two levels of folders. */
#define MAX_DEPTH 8

#define UPDATE_WINDOWS                                                                             \
	"install the current cumulative update in the guest, or use --boot-files 2011"
#define REPAIR_WINDOWS                                                                             \
	"repair Windows in the guest (sfc /scannow, or dism /online /cleanup-image "               \
	"/restorehealth), shut down and convert again"

/* Where bcdboot takes files from, below the folder of Windows, and where it puts them. */
struct source {
	const char *folder;
	const char *esp_folder;
	bool is_2023; /* names lose their "_EX"; files replace those of the same name */
};

static const struct source sources[] = {
	{"Boot\\EFI", ESP_BOOT, false},
	{"Boot\\Fonts", ESP_BOOT "/Fonts", false},
	{"Boot\\Resources", ESP_BOOT "/Resources", false},
	{"Boot\\EFI_EX", ESP_BOOT, true},
	{"Boot\\Fonts_EX", ESP_BOOT "/Fonts", true},
};

static const char *const set_texts[BOOTFILES_SET_MAX] = {
	[BOOTFILES_AUTO] = "auto",
	[BOOTFILES_2011] = "2011",
	[BOOTFILES_2023] = "2023",
};

const char *bootfiles_set_text(enum bootfiles_set set)
{
	return set_texts[set];
}

bool bootfiles_set_parse(const char *text, enum bootfiles_set *ret)
{
	for (enum bootfiles_set set = 0; set < BOOTFILES_SET_MAX; set++)
		if (strcmp(text, set_texts[set]) == 0) {
			*ret = set;
			return true;
		}
	return false;
}

static void file_done(struct bootfiles_file *file)
{
	free(file->guest_path);
	free(file->esp_path);
}

void bootfiles_report_done(struct bootfiles_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		file_done(&report->files[i]);
	free(report->files);
	*report = (struct bootfiles_report){.set = report->set};
}

static char *join(const char *folder, char separator, const char *name, size_t name_length)
{
	char *path;

	return asprintf(&path, "%s%c%.*s", folder, separator, (int)name_length, name) < 0 ? NULL
											  : path;
}

/* The same without the first "_EX" that an extension follows. NULL when out of memory. */
static char *join_without_ex(const char *folder, const char *name)
{
	const char *ex = strcasestr(name, "_EX.");
	CLEANUP_FREE char *start = NULL;
	char *path;

	if (!ex)
		return join(folder, '/', name, strlen(name));
	start = join(folder, '/', name, (size_t)(ex - name));
	return start && asprintf(&path, "%s%s", start, ex + strlen("_EX")) >= 0 ? path : NULL;
}

/* A state of the boot manager that has no business in Boot\EFI, and is made anew for the target. */
static bool is_state(const char *name)
{
	return strcasecmp(name, "BCD") == 0 || strncasecmp(name, "BCD.LOG", 7) == 0 ||
	       strcasecmp(name, "BOOTSTAT.DAT") == 0;
}

static struct bootfiles_file *find_file(struct bootfiles_report *list, const char *esp_path)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcasecmp(list->files[i].esp_path, esp_path) == 0)
			return &list->files[i];
	return NULL;
}

static int check_limits(const struct bootfiles_report *list, struct error *err)
{
	if (list->count > BOOTFILES_MAX_FILES || list->bytes > BOOTFILES_MAX_BYTES)
		return error_damaged(err,
				     "the boot files of Windows, %zu files with %" PRIu64
				     " bytes so far, are more than the %d files and %" PRIu64
				     " bytes that are credible",
				     list->count, list->bytes, BOOTFILES_MAX_FILES,
				     BOOTFILES_MAX_BYTES);
	return 0;
}

/* Add 'file', whose paths pass to the list, also on failure. */
static int add_file(struct bootfiles_report *list, struct bootfiles_file file, bool replace,
		    struct error *err)
{
	struct bootfiles_file *old = replace ? find_file(list, file.esp_path) : NULL;
	struct bootfiles_file *files;

	if (old) {
		list->bytes -= old->size;
		file_done(old);
		*old = file;
	} else {
		files = reallocarray(list->files, list->count + 1, sizeof(*files));
		if (!files) {
			file_done(&file);
			return error_failed(err, ENOMEM, "out of memory");
		}
		list->files = files;
		list->files[list->count++] = file;
	}
	list->bytes += file.size;
	return check_limits(list, err);
}

void bootfiles_report_drop(struct bootfiles_report *report, const char *esp_path)
{
	struct bootfiles_file *file = find_file(report, esp_path);

	if (!file)
		return;
	report->bytes -= file->size;
	file_done(file);
	report->count--;
	memmove(file, file + 1, (size_t)(report->files + report->count - file) * sizeof(*file));
}

/* One source being listed. */
struct listing {
	struct volume *volume;
	const struct source *source;
	struct bootfiles_report *list;
};

static int list_file(const struct listing *listing, const char *guest_path, const char *esp_folder,
		     const char *name, struct error *err)
{
	bool is_2023 = listing->source->is_2023;
	struct bootfiles_file file;
	struct volume_stat stat;
	int r = volume_stat(listing->volume, guest_path, &stat, err);

	if (r == -ENOENT)
		return error_damaged(err, "'%s': its folder lists this file, but it is not there",
				     guest_path);
	if (r < 0)
		return r;
	if (stat.size > BOOTFILES_MAX_FILE)
		return error_damaged(err, "'%s': a boot file of %" PRIu64 " bytes is not credible",
				     guest_path, stat.size);
	file = (struct bootfiles_file){
		.guest_path = strdup(guest_path),
		.esp_path = is_2023 ? join_without_ex(esp_folder, name)
				    : join(esp_folder, '/', name, strlen(name)),
		.size = stat.size,
		.mtime = stat.mtime,
	};
	if (!file.guest_path || !file.esp_path) {
		file_done(&file);
		return error_failed(err, ENOMEM, "out of memory");
	}
	return add_file(listing->list, file, is_2023, err);
}

static int list_folder(const struct listing *listing, const char *guest_folder,
		       const char *esp_folder, unsigned int depth, struct error *err);

static int list_entry(const struct listing *listing, const char *guest_folder,
		      const char *esp_folder, const struct volume_entry *entry, unsigned int depth,
		      struct error *err)
{
	CLEANUP_FREE char *guest_path = join(guest_folder, '\\', entry->name, strlen(entry->name));
	CLEANUP_FREE char *esp_path = NULL;

	if (!guest_path)
		return error_failed(err, ENOMEM, "out of memory");
	if (!entry->is_directory)
		return depth == 0 && is_state(entry->name)
			       ? 0
			       : list_file(listing, guest_path, esp_folder, entry->name, err);
	esp_path = join(esp_folder, '/', entry->name, strlen(entry->name));
	if (!esp_path)
		return error_failed(err, ENOMEM, "out of memory");
	return list_folder(listing, guest_path, esp_path, depth + 1, err);
}

static int list_folder(const struct listing *listing, const char *guest_folder,
		       const char *esp_folder, unsigned int depth, struct error *err)
{
	struct volume_entry *entries;
	size_t count;
	int r;

	if (depth > MAX_DEPTH)
		return error_damaged(err,
				     "'%s': folders of boot files deeper than %d are not credible",
				     guest_folder, MAX_DEPTH);
	r = volume_list(listing->volume, guest_folder, &entries, &count, err);
	if (r == -ENOENT)
		return error_damaged(err, "'%s': its folder lists this folder, but it is not there",
				     guest_folder);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_entry(listing, guest_folder, esp_folder, &entries[i], depth, err);
	volume_entries_free(entries, count);
	return r;
}

static int list_source(struct volume *volume, const struct windows *windows,
		       const struct source *source, struct bootfiles_report *list,
		       struct error *err)
{
	const struct listing listing = {volume, source, list};
	CLEANUP_FREE char *folder =
		join(windows->root, '\\', source->folder, strlen(source->folder));

	if (!folder)
		return error_failed(err, ENOMEM, "out of memory");
	if (!volume_exists(volume, folder))
		return 0;
	return list_folder(&listing, folder, source->esp_folder, 0, err);
}

/* 'file' is what was found for the boot manager, or NULL. */
static int check_bootmgfw(const struct bootfiles_file *file, const struct bootfiles_report *list,
			  const struct windows *windows, struct error *err)
{
	bool is_2023 = file && strcasestr(file->guest_path, "\\EFI_EX\\");

	if (!file)
		return error_refused(err, REFUSAL_NO_EFI_FILES, REPAIR_WINDOWS,
				     "'%s\\Boot\\EFI\\bootmgfw.efi' is missing", windows->root);
	if (list->set == BOOTFILES_2023 && !is_2023) {
		error_refused(
			err, REFUSAL_NO_EFI_FILES, UPDATE_WINDOWS,
			"'%s\\Boot\\EFI_EX\\bootmgfw_EX.efi' is missing: this Windows has no boot "
			"files signed under 'Windows UEFI CA 2023'",
			windows->root);
		return error_of_wish(err);
	}
	return 0;
}

/* The boot manager a second time, under the name that firmware starts when it has no boot entry. */
static int list_fallback(struct bootfiles_report *list, const struct windows *windows,
			 struct error *err)
{
	const struct bootfiles_file *bootmgfw = find_file(list, ESP_BOOTMGFW);
	struct bootfiles_file copy;
	int r = check_bootmgfw(bootmgfw, list, windows, err);

	if (r < 0 || !bootmgfw)
		return r;
	copy = (struct bootfiles_file){
		.guest_path = strdup(bootmgfw->guest_path),
		.esp_path = strdup(ESP_FALLBACK),
		.size = bootmgfw->size,
		.mtime = bootmgfw->mtime,
	};
	if (!copy.guest_path || !copy.esp_path) {
		file_done(&copy);
		return error_failed(err, ENOMEM, "out of memory");
	}
	return add_file(list, copy, false, err);
}

static int by_esp_path(const void *a, const void *b)
{
	const struct bootfiles_file *one = a, *other = b;
	int order = strcasecmp(one->esp_path, other->esp_path);

	return order ? order : strcmp(one->esp_path, other->esp_path);
}

int bootfiles_list(struct volume *volume, const struct windows *windows, enum bootfiles_set set,
		   struct bootfiles_report *ret, struct error *err)
{
	int r = 0;

	*ret = (struct bootfiles_report){.set = set == BOOTFILES_AUTO ? BOOTFILES_2011 : set};
	for (size_t i = 0; r == 0 && i < sizeof(sources) / sizeof(sources[0]); i++)
		if (!sources[i].is_2023 || ret->set == BOOTFILES_2023)
			r = list_source(volume, windows, &sources[i], ret, err);
	if (r == 0)
		r = list_fallback(ret, windows, err);
	if (r < 0)
		bootfiles_report_done(ret);
	else
		qsort(ret->files, ret->count, sizeof(*ret->files), by_esp_path);
	return r;
}

/* Check what is to be started and note its version. */
static int look_at_bootmgfw(const struct bootfiles_file *file, const uint8_t *bytes, size_t size,
			    struct bootfiles_report *report, struct error *err)
{
	uint16_t machine, version[4];

	if (!pe_machine(bytes, size, &machine) || machine != PE_MACHINE_X64)
		return error_refused(err, REFUSAL_NO_EFI_FILES, REPAIR_WINDOWS,
				     "'%s' is not an x64 EFI program", file->guest_path);
	if (pe_file_version(bytes, size, version))
		pe_version_text(version, report->version);
	return 0;
}

static int copy_file(struct volume *volume, struct bootfiles_file *file, struct guest_files *files,
		     struct bootfiles_report *report, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;
	int r = volume_read_file(volume, file->guest_path, file->size, &bytes, &size, err);

	if (r == 0 && strcasecmp(file->esp_path, ESP_BOOTMGFW) == 0)
		r = look_at_bootmgfw(file, bytes, size, report, err);
	if (r == 0)
		r = guest_files_add(files, file->esp_path, TAKE(bytes), size, file->mtime, err);
	if (r == 0)
		files->list[files->count - 1].is_optional =
			strcasecmp(file->esp_path, ESP_BOOTMGFW) != 0 &&
			strcasecmp(file->esp_path, ESP_FALLBACK) != 0;
	return r;
}

int bootfiles_add(struct volume *volume, const struct windows *windows, enum bootfiles_set set,
		  struct guest_files *files, struct bootfiles_report *report, struct error *err)
{
	int r = bootfiles_list(volume, windows, set, report, err);

	for (size_t i = 0; r == 0 && i < report->count; i++)
		r = copy_file(volume, &report->files[i], files, report, err);
	if (r < 0)
		bootfiles_report_done(report);
	return r;
}
