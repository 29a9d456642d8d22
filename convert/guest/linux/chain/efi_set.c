/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and checking shim and GRUB: see efi_set.h. */
#include "convert/guest/linux/chain/efi_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/utf16.h"

#define OTHER_FILES                                                                                \
	"give shim and the signed GRUB of the guest's distribution with --efi-files (shimx64.efi " \
	"and grubx64.efi of its packages, or of /boot/efi/EFI of a UEFI machine of it)"

#define NO_PREFIX_FOLDER "linux"

/*
 * What Microsoft's firmware and updates refuse: SbatLevel 2024010900, which Windows Update wrote in
 * August 2024, demands shim,4 and grub,3 (rhboot/shim, SbatLevel_Variable.txt). A shim without
 * generation is older than 15.3, of which dbx lists whole versions.
 */
#define SBAT_SHIM 4
#define SBAT_GRUB 3

/* Each file, and the names under which shims look for it. Without a trace of either it is the
 * first. */
#define COUNT 4
static const char *const esp_names[COUNT][2] = {
	{"shimx64.efi", NULL},
	{"grubx64.efi", "grub.efi"},
	{"mmx64.efi", "MokManager.efi"},
	{"fbx64.efi", "fallback.efi"},
};

static struct file_bytes *file_of(struct efi_files *files, size_t i)
{
	struct file_bytes *const list[COUNT] = {&files->shim, &files->grub, &files->mm, &files->fb};

	return list[i];
}

void efi_set_done(struct efi_set *set)
{
	for (size_t i = 0; i < COUNT; i++)
		free(set->memory[i]);
	note_list_done(&set->warnings);
	*set = (struct efi_set){.source = ""};
}

/* Shim has the path of what it starts, "\grub.efi", as UTF-16. */
static bool has_path(const struct file_bytes *shim, const char *name)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE uint8_t *utf16 = NULL;
	size_t size;

	if (!shim->data)
		return false;
	if (asprintf(&path, "\\%s", name) < 0) {
		path = NULL;
		return false;
	}
	utf16 = utf8_to_utf16le(path, &size);
	return utf16 && memmem(shim->data, shim->size, utf16, size - 2 /* without NUL */);
}

static const char *esp_name(const struct file_bytes *shim, size_t i)
{
	bool is_other = esp_names[i][1] && has_path(shim, esp_names[i][1]) &&
			!has_path(shim, esp_names[i][0]);

	return esp_names[i][is_other ? 1 : 0];
}

static bool is_folder_name(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t length = strlen(name);

	return length > 0 && length < EFI_SET_FOLDER && strspn(name, letters) == length &&
	       name[0] != '.' && name[length - 1] != '.';
}

/* \EFI\BOOT is that of whatever starts without an entry: not one of GRUB's own. */
static int find_folder(struct efi_set *set, const char *name, struct error *err)
{
	const char *prefix = set->grub_facts.prefix;
	const char *folder = strncasecmp(prefix, "/EFI/", 5) == 0 ? prefix + 5 : "";

	if (prefix[0] == '\0')
		folder = NO_PREFIX_FOLDER;
	if (!is_folder_name(folder) || strcasecmp(folder, "BOOT") == 0)
		return error_refused(
			err, REFUSAL_NO_EFI_FILES, OTHER_FILES,
			"'%s': this GRUB looks for its grub.cfg in '%s', which is no folder "
			"of its own below /EFI",
			name, prefix);
	memcpy(set->folder, folder, strlen(folder) + 1);
	return 0;
}

static int read_facts(struct efi_set *set, const struct efi_files *files, struct error *err)
{
	bool has_shim = files->shim.data != NULL;
	int r = has_shim ? efi_image_read(&files->shim, &set->shim_facts, err) : 0;

	if (r == 0)
		r = efi_image_read(&files->grub, &set->grub_facts, err);
	if (r < 0)
		return r;
	if ((has_shim && !set->shim_facts.is_pe64) || !set->grub_facts.is_pe64)
		return error_refused(err, REFUSAL_NO_EFI_FILES, OTHER_FILES,
				     "'%s' is not an EFI program for x64",
				     !has_shim || set->shim_facts.is_pe64 ? files->grub.name
									  : files->shim.name);
	if (!set->grub_facts.is_grub)
		return error_refused(err, REFUSAL_NO_EFI_FILES, OTHER_FILES,
				     "'%s' is not GRUB: it has no section 'mods' with modules",
				     files->grub.name);
	return find_folder(set, files->grub.name, err);
}

static void warn_of_generation(struct efi_set *set, const char *what, unsigned int is,
			       unsigned int wanted)
{
	if (is == 0)
		note_add(&set->warnings,
			 "%s of %s has no SBAT generation, as before 2021: firmware with current "
			 "revocations may refuse it; Secure Boot off then",
			 what, set->source);
	else if (is < wanted)
		note_add(&set->warnings,
			 "%s of %s has SBAT generation %u, and %u is demanded since 2024: firmware "
			 "with current revocations may refuse it; Secure Boot off then",
			 what, set->source, is, wanted);
}

static void warn_of_vendor(struct efi_set *set)
{
	struct file_bytes vendor = {.data = NULL};

	if (!set->grub_facts.is_signed)
		note_add(&set->warnings,
			 "GRUB of %s is not signed: shim starts it with Secure Boot off only",
			 set->source);
	else if (!efi_image_vendor(&set->files.shim, &vendor) ||
		 !efi_image_is_signed_by(&set->files.grub, &vendor))
		note_add(
			&set->warnings,
			"shim of %s accepts what is signed under '%s', and its GRUB is signed under "
			"'%s': it starts with Secure Boot off only",
			set->source, set->shim_facts.vendor, set->grub_facts.signer[0]);
	if (!set->shim_facts.is_signed)
		note_add(&set->warnings,
			 "shim of %s is not signed: firmware starts it with Secure Boot off only",
			 set->source);
}

/* Copies, so that the set owns what it holds. */
static int copy_files(struct efi_set *set, const struct efi_files *files, struct error *err)
{
	struct efi_files from = *files;

	for (size_t i = 0; i < COUNT; i++) {
		const struct file_bytes *file = file_of(&from, i);

		if (!file->data)
			continue;
		if (file->size > EFI_SET_FILE_MAX)
			return error_refused(
				err, REFUSAL_NO_EFI_FILES, OTHER_FILES,
				"'%s' has %zu bytes, more than an EFI program of a boot "
				"chain has",
				file->name, file->size);
		set->memory[i] = malloc(file->size + 1);
		if (!set->memory[i])
			return error_failed(err, ENOMEM, "out of memory");
		memcpy(set->memory[i], file->data, file->size);
		*file_of(&set->files, i) =
			(struct file_bytes){set->memory[i], file->size, esp_name(&files->shim, i)};
	}
	return 0;
}

static int check_set(struct efi_set *set, const struct efi_files *files, struct error *err)
{
	int r = read_facts(set, files, err);

	if (r < 0 || !files->shim.data)
		return r; /* Secure Boot is off: there is more to be said than a warning */
	warn_of_generation(set, "shim", set->shim_facts.sbat.shim, SBAT_SHIM);
	warn_of_generation(set, "GRUB", set->grub_facts.sbat.grub, SBAT_GRUB);
	warn_of_vendor(set);
	return note_list_check(&set->warnings, err);
}

int efi_set_from_bytes(const struct efi_files *files, const char *source, struct efi_set *ret,
		       struct error *err)
{
	int r;

	*ret = (struct efi_set){.source = ""};
	snprintf(ret->source, sizeof(ret->source), "%s", source);
	r = copy_files(ret, files, err);
	return r < 0 ? r : check_set(ret, files, err);
}

static int read_file(const struct efi_folder_file *file, uint8_t **memory, struct file_bytes *ret,
		     struct error *err)
{
	struct stat st;
	size_t done = 0;

	if (fstat(file->fd, &st) < 0)
		return error_errno(err, "cannot look at '%s'", file->name);
	if ((uint64_t)st.st_size > EFI_SET_FILE_MAX)
		return error_refused(
			err, REFUSAL_NO_EFI_FILES, OTHER_FILES,
			"'%s' has %lld bytes, more than an EFI program of a boot chain has",
			file->name, (long long)st.st_size);
	*memory = malloc((size_t)st.st_size + 1);
	if (!*memory)
		return error_failed(err, ENOMEM, "out of memory");
	while (done < (size_t)st.st_size) {
		ssize_t n = pread(file->fd, *memory + done, (size_t)st.st_size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "cannot read '%s'", file->name);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret = (struct file_bytes){*memory, done, file->name};
	return 0;
}

static int read_folder(const struct efi_folder *folder, struct efi_set *read, struct efi_files *ret,
		       struct error *err)
{
	const struct efi_folder_file *const list[COUNT] = {&folder->shim, &folder->grub,
							   &folder->mm, &folder->fb};
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT; i++)
		if (list[i]->fd >= 0)
			r = read_file(list[i], &read->memory[i], file_of(ret, i), err);
	return r;
}

static void name_source(const struct efi_folder *folder, char ret[EFI_SET_SOURCE])
{
	if (folder->path)
		snprintf(ret, EFI_SET_SOURCE, "'%s'", folder->path);
	else
		snprintf(ret, EFI_SET_SOURCE, "%s",
			 folder->is_made ? EFI_SET_MADE : "the host's packages");
}

int efi_set_from_folder(const struct efi_folder *folder, struct efi_set *ret, struct error *err)
{
	CLEANUP_EFI_SET struct efi_set read = {.source = ""};
	struct efi_files files = {.shim.data = NULL};
	int r = read_folder(folder, &read, &files, err);

	*ret = (struct efi_set){.source = ""};
	name_source(folder, read.source);
	if (r == 0)
		r = efi_set_from_bytes(&files, read.source, ret, err);
	if (r == 0)
		return 0;
	error_advise(err, OTHER_FILES);
	return error_of_wish(err);
}

const struct file_bytes *efi_set_loader(const struct efi_set *set)
{
	return set->files.shim.data ? &set->files.shim : &set->files.grub;
}

void efi_set_call_folder(struct efi_set *set, const char *id)
{
	if (set->grub_facts.prefix[0] == '\0' && is_folder_name(id) && strcasecmp(id, "BOOT") != 0)
		snprintf(set->folder, sizeof(set->folder), "%s", id);
}

bool efi_set_starts(const struct efi_set *set, const struct file_bytes *kernel)
{
	struct file_bytes vendor;

	return set->files.shim.data && efi_image_vendor(&set->files.shim, &vendor) &&
	       efi_image_is_signed_by(kernel, &vendor);
}
