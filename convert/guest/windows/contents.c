/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a system partition holds: see contents.h.
 *
 * Everything that is not known by its whole path is somebody's. A folder that Windows makes is no
 * more than the way to what is in it; any other folder is listed by what it holds, or by itself when
 * it is empty.
 */
#include "convert/guest/windows/contents.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bcd/store.h"
#include "common/checked.h"
#include "common/cleanup.h"

/* Real system partitions hold some 150 things, in five levels. */
#define MAX_LOOKED_AT 4096
#define MAX_DEPTH     16

#define BOOT_SECTOR_MAX	 (64 * 1024)
#define BOOT_MANAGER_MAX (16 * 1024 * 1024) /* 3 MiB at most by now */

/* Paths with slashes, for fnmatch(); those of folders end in one. */
static const char *const own_paths[] = {
	"/bootmgr",
	"/BOOTNXT",
	"/BOOTSECT.BAK",
	"/$WINRE_BACKUP_PARTITION.MARKER",
	"/$RECYCLE.BIN/",
	"/$RECYCLE.BIN/S-1-*/",
	"/$RECYCLE.BIN/desktop.ini",
	"/$RECYCLE.BIN/S-1-*/desktop.ini",
	"/System Volume Information/",
	"/Boot/",
	"/EFI/",
	"/EFI/Boot/",
	"/EFI/Boot/bootx64.efi",
	"/EFI/Boot/bootia32.efi",
	"/EFI/Boot/bootaa64.efi",
	"/EFI/Boot/bootarm.efi",
	"/EFI/Microsoft/",
	"/EFI/Microsoft/Boot/",
	"/EFI/Microsoft/Recovery/",
	"/EFI/Microsoft/Recovery/BCD",
	"/EFI/Microsoft/Recovery/BCD.LOG",
	"/EFI/Microsoft/Recovery/BCD.LOG[12]",
};

/* The file system's own, where it has them: metafiles that have no fixed place in the MFT. What else
 * stands in these folders was put there. ($Deleted is emptied with the next mount.) */
static const char *const extend_paths[] = {
	"/$Extend/",
	"/$Extend/$Deleted/",
	"/$Extend/$ObjId",
	"/$Extend/$Quota",
	"/$Extend/$Reparse",
	"/$Extend/$RmMetadata/",
	"/$Extend/$RmMetadata/$Repair",
	"/$Extend/$RmMetadata/$Txf/",
	"/$Extend/$RmMetadata/$TxfLog/",
	"/$Extend/$RmMetadata/$TxfLog/$Tops",
	"/$Extend/$RmMetadata/$TxfLog/$TxfLog.blf",
	"/$Extend/$RmMetadata/$TxfLog/$TxfLogContainer[0-9]*",
	"/$Extend/$UsnJrnl",
};

/* Below \Boot and \EFI\Microsoft\Boot. The registry's own files beside the store are those of its
 * transactions. */
static const char *const boot_paths[] = {
	"BCD",
	"BCD.LOG",
	"BCD.LOG[12]",
	"BCD{*}.TM*.blf",
	"BCD{*}.TM*.regtrans-ms",
	"BOOTSTAT.DAT",
	"memtest.exe",
	"memtest.efi",
	"bootmgr.efi",
	"bootmgfw.efi",
	"SecureBootRecovery.efi",
	"bootspaces.dll",
	"bootuwf.dll",
	"bootvhd.dll",
	"boot.stl",
	"kd*.dll",
	"*policy.p7b",
	"CIPolicies/",
	"CIPolicies/Active/",
	"CIPolicies/Active/{*}.cip",
	"Fonts/",
	"Fonts/*boot.ttf",
	"Resources/",
	"Resources/bootres.dll",
};

/* The names of locales, as folders. */
static const char *const locales[] = {"[a-z][a-z]-[a-z][a-z]", "[a-z][a-z]-[a-z]*-[a-z][a-z]",
				      "qps-ploc", "qps-plocm"};

#define MATCH (FNM_PATHNAME | FNM_NOESCAPE | FNM_CASEFOLD)

static bool match_any(const char *const *patterns, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch(patterns[i], path, MATCH) == 0)
			return true;
	return false;
}

/* "en-US/" and "en-US/bootmgr.exe.mui". */
static bool is_of_locale(const char *path)
{
	const char *slash = strchr(path, '/');
	char locale[16];

	if (!slash || (size_t)(slash - path) >= sizeof(locale))
		return false;
	snprintf(locale, sizeof(locale), "%.*s", (int)(slash - path), path);
	return match_any(locales, ARRAY_SIZE(locales), locale) &&
	       (slash[1] == '\0' || fnmatch("*.???.mui", slash + 1, MATCH) == 0);
}

/* The rest of a path behind 'folder'; NULL when it is elsewhere. */
static const char *below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncasecmp(path, folder, length) == 0 ? path + length : NULL;
}

static bool is_of_boot_folder(const char *path)
{
	const char *in_resources = below(path, "Resources/");

	return match_any(boot_paths, ARRAY_SIZE(boot_paths), path) || is_of_locale(path) ||
	       (in_resources && is_of_locale(in_resources));
}

static bool is_own(const char *path)
{
	static const char *const boot_folders[] = {"/Boot/", "/EFI/Microsoft/Boot/"};

	if (below(path, "/System Volume Information/"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(boot_folders); i++) {
		const char *rest = below(path, boot_folders[i]);

		if (rest && *rest && is_of_boot_folder(rest))
			return true;
	}
	return match_any(own_paths, ARRAY_SIZE(own_paths), path);
}

/* Is it the file system's own? It has named streams as well, and is no file that could be listed. */
static bool is_metafile(const struct files *files, const char *path)
{
	return files->ops->has_extend && match_any(extend_paths, ARRAY_SIZE(extend_paths), path);
}

struct look {
	struct files *files;
	struct guest_contents *contents;
	size_t looked_at;
};

/* A path as Windows writes it, to be freed. */
static char *path_text(const char *path)
{
	char *text = strdup(path);

	for (char *at = text; at && *at; at++)
		if (*at == '/')
			*at = '\\';
	return text;
}

/* Note somebody's file or folder; 'why' is NULL or what is odd about it. */
static int add_other(struct look *look, const char *path, const char *why, struct error *err)
{
	struct guest_contents *contents = look->contents;
	CLEANUP_FREE char *text = path_text(path);

	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	note_add(&contents->others, "%s%s%s%s", text, why ? " (" : "", why ? why : "",
		 why ? ")" : "");
	return note_list_check(&contents->others, err);
}

static int add_own(struct look *look, const char *path, struct error *err)
{
	CLEANUP_FREE char *text = path_text(path);

	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	note_add(&look->contents->own, "%s", text);
	return note_list_check(&look->contents->own, err);
}

/* Is it the volume's fault that this failed, not that of the host? */
static bool is_of_volume(const struct error *problem)
{
	static const int codes[] = {ENOENT, ENOTDIR, EILSEQ, ENAMETOOLONG, EOPNOTSUPP};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (problem->code == codes[i])
			return true;
	return problem->kind != ERROR_FAILED;
}

/* What cannot be read is somebody's. */
static int add_unreadable(struct look *look, const char *path, const struct error *problem,
			  struct error *err)
{
	if (!is_of_volume(problem)) {
		if (err)
			*err = *problem;
		return -problem->code;
	}
	return add_other(look, path, problem->message, err);
}

static int look_into(struct look *look, const char *folder, unsigned int depth, struct error *err);

/*
 * Names that others use as well: any boot manager is \EFI\Boot\bootx64.efi, and bcdboot's is a copy of
 * Windows'; a saved boot sector is one. NULL when the file is what its name says. Returns 0 or a
 * negative errno.
 */
static int find_oddity(struct look *look, const char *path, const char **ret, struct error *problem)
{
	CLEANUP_FREE uint8_t *data = NULL, *manager = NULL;
	size_t size = 0, manager_size = 0;
	bool is_fallback = below(path, "/EFI/Boot/") != NULL;
	int r = 0;

	*ret = NULL;
	if (strcasecmp(path, "/BOOTSECT.BAK") == 0)
		r = files_read(look->files, path, BOOT_SECTOR_MAX, &data, &size, problem);
	else if (is_fallback)
		r = files_read(look->files, path, BOOT_MANAGER_MAX, &data, &size, problem);
	if (!is_fallback || r < 0)
		return r;
	r = files_read(look->files, "/EFI/Microsoft/Boot/bootmgfw.efi", BOOT_MANAGER_MAX, &manager,
		       &manager_size, problem);
	if (r < 0 && !is_of_volume(problem))
		return r;
	if (r < 0 || size != manager_size || memcmp(data, manager, size) != 0)
		*ret = "not a copy of \\EFI\\Microsoft\\Boot\\bootmgfw.efi";
	return 0;
}

static int look_at_file(struct look *look, const char *path, struct error *err)
{
	struct error problem = ERROR_INIT;
	const char *oddity = NULL;
	bool more = false;

	if (is_metafile(look->files, path))
		return 0;
	if (!is_own(path))
		return add_other(look, path, NULL, err);
	if (files_holds_more(look->files, path, &more, &problem) < 0 ||
	    find_oddity(look, path, &oddity, &problem) < 0)
		return add_unreadable(look, path, &problem, err);
	if (more)
		oddity = "with a named stream or a reparse point";
	return oddity ? add_other(look, path, oddity, err) : add_own(look, path, err);
}

/* 'path' ends in a slash. */
static int look_at_folder(struct look *look, const char *path, unsigned int depth,
			  struct error *err)
{
	struct error problem = ERROR_INIT;
	bool more = false;
	int r = 0;

	if (files_holds_more(look->files, path, &more, &problem) < 0)
		return add_unreadable(look, path, &problem, err);
	if (more)
		r = add_other(look, path, "with a named stream or a reparse point", err);
	return r < 0 ? r : look_into(look, path, depth + 1, err);
}

/* A name that another one equals regardless of case is found only with luck; one without a letter,
 * or with a separator, leads elsewhere. */
static bool is_ambiguous(const struct files_entry *entries, size_t count, size_t index)
{
	const char *name = entries[index].name;

	return !*name || strpbrk(name, "\\/") ||
	       (index > 0 && strcasecmp(entries[index - 1].name, name) == 0) ||
	       (index + 1 < count && strcasecmp(entries[index + 1].name, name) == 0);
}

static int look_at_entry(struct look *look, const char *folder, const struct files_entry *entries,
			 size_t count, size_t index, unsigned int depth, struct error *err)
{
	const struct files_entry *entry = &entries[index];
	CLEANUP_FREE char *path = NULL;

	if (asprintf(&path, "%s%s%s", folder, entry->name, entry->is_folder ? "/" : "") < 0)
		return error_failed(err, ENOMEM, "out of memory");
	if (is_ambiguous(entries, count, index))
		return add_other(look, path, "a name that is not its own", err);
	return entry->is_folder ? look_at_folder(look, path, depth, err)
				: look_at_file(look, path, err);
}

static int look_into(struct look *look, const char *folder, unsigned int depth, struct error *err)
{
	struct error problem = ERROR_INIT;
	struct files_entry *entries;
	size_t count;
	int r = 0;

	if (depth > MAX_DEPTH)
		return add_other(look, folder, "too deep to be looked into", err);
	if (files_list(look->files, folder, &entries, &count, &problem) < 0)
		return add_unreadable(look, folder, &problem, err);
	if (count == 0 && depth > 0 && !is_own(folder) && !is_metafile(look->files, folder))
		r = add_other(look, folder, "empty", err);
	look->looked_at += count;
	if (r == 0 && look->looked_at > MAX_LOOKED_AT)
		r = add_other(look, folder, "too much to be looked at", err);
	for (size_t i = 0; r == 0 && look->looked_at <= MAX_LOOKED_AT && i < count; i++)
		r = look_at_entry(look, folder, entries, count, i, depth, err);
	files_entries_free(entries, count);
	return r;
}

int contents_read(struct files *files, struct guest_contents *ret, struct error *err)
{
	struct look look = {.files = files, .contents = ret};

	return look_at_folder(&look, "/", 0, err);
}
