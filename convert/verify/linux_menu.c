/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest's own menu, read as the GRUB that will start it does, by grub-fstest: the file system
 * that the grub.cfg on the ESP names is on this disk, the menu is on it, and the kernel of the entry
 * that GRUB starts by itself is whole, with its initramfs. Where that entry cannot be told for
 * certain it is all of them.
 */
#include "convert/verify/linux_menu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/verify/linux_find.h"
#include "convert/verify/menu/bls.h"
#include "convert/verify/menu/kernel.h"
#include "convert/verify/menu/menu.h"
#include "convert/verify/menu/words.h"
#include "convert/verify/pe.h"
#include "convert/verify/pe_signature.h"

#define CHECK_MENU	"linux-menu"
#define CHECK_KERNEL	"linux-kernel"
#define CHECK_SIGNATURE "linux-signature"

/* What a menu, grubenv or .conf may have, and a listing of a folder. */
#define MAX_TEXT    (4 * MIB)
#define MAX_SMALL   (64 * KIB)
#define MAX_FILE    (512 * MIB)
#define MAX_ENTRIES 16 /* that are looked at where GRUB may start any of them */

struct look {
	struct verify *verify;
	const char *stub; /* the grub.cfg on the ESP */
	char path[SCRIPT_WORD];
	char uuid[SCRIPT_UUID];
	char device[GRUB_DEVICE];
	struct menu menu;
	size_t chosen[MENU_ENTRIES], chosen_count;
	struct {
		char names[MENU_ENTRIES][256];
		size_t count;
	} folder;
};

/* --- the menu --- */

/* SUSE's GRUB counts paths of Btrfs from a subvolume, upstream's from the top. */
static bool is_relative(struct look *look, const char *text)
{
	CLEANUP_FREE char *line = NULL;
	struct grub_file file;

	return strstr(text, "btrfs_relative_path") &&
	       verify_linux_probe(look->verify, look->device, &line, &file) == GRUB_ANSWER &&
	       verify_words_is_type(line, "btrfs");
}

/* The path of 'name' beside the menu, or 'up' folders above it. */
static void path_beside(const struct look *look, unsigned int up, const char *name,
			char ret[SCRIPT_WORD])
{
	size_t length = strlen(look->path);

	for (unsigned int i = 0; i <= up && length > 0; i++)
		do
			length--;
		while (length > 0 && look->path[length] != '/');
	if (snprintf(ret, SCRIPT_WORD, "%.*s/%s", (int)length, look->path, name) >= SCRIPT_WORD)
		ret[0] = '\0';
}

static void read_saved(struct look *look, char saved[SCRIPT_WORD])
{
	CLEANUP_FREE char *text = NULL;
	char path[SCRIPT_WORD];
	struct grub_file file;

	saved[0] = '\0';
	path_beside(look, 0, "grubenv", path);
	if (verify_grub_text(look->verify, GRUB_READER_READ, look->device, path, MAX_SMALL, &text,
			     &file) == GRUB_ANSWER)
		verify_menu_env(text, "saved_entry", saved);
}

static bool take_name(void *opaque, const char *name)
{
	struct look *look = opaque;

	snprintf(look->folder.names[look->folder.count++], sizeof(look->folder.names[0]), "%s",
		 name);
	return look->folder.count < MENU_ENTRIES;
}

/* Read the .conf files of a folder into the menu. */
static enum grub_answer read_folder(struct look *look, const char *folder, struct grub_file *ret)
{
	CLEANUP_FREE char *listing = NULL;
	char path[SCRIPT_WORD + 256];
	enum grub_answer answer = verify_grub_text(look->verify, GRUB_READER_LIST, look->device,
						   folder, MAX_TEXT, &listing, ret);

	look->folder.count = 0;
	if (answer == GRUB_ANSWER)
		verify_words_files(listing, take_name, look);
	for (size_t i = 0; answer == GRUB_ANSWER && i < look->folder.count; i++) {
		CLEANUP_FREE char *text = NULL;

		snprintf(path, sizeof(path), "%s%s", folder, look->folder.names[i]);
		answer = verify_grub_text(look->verify, GRUB_READER_READ, look->device, path,
					  MAX_SMALL, &text, ret);
		if (answer == GRUB_ANSWER &&
		    !verify_bls_add(&look->menu, look->folder.names[i], text)) {
			snprintf(ret->words, sizeof(ret->words), "no memory");
			answer = GRUB_SILENT;
		}
	}
	return answer;
}

/* Entries of the Boot Loader Specification, beside the menu's folder or at the top. False with a
 * result. */
static bool read_entries(struct look *look)
{
	size_t first = look->menu.count;
	char folder[SCRIPT_WORD];
	struct grub_file file;
	enum grub_answer answer;

	path_beside(look, 1, "loader/entries/", folder);
	answer = read_folder(look, folder, &file);
	if (answer != GRUB_SILENT && look->menu.count == first)
		answer = read_folder(look, "/loader/entries/", &file);
	if (answer == GRUB_SILENT)
		verify_skip(look->verify, CHECK_KERNEL, "%s", file.words);
	else if (answer == GRUB_FAULT && file.words[0])
		verify_fail(look->verify, CHECK_KERNEL, "GRUB says of an entry in '%s': %s", folder,
			    file.words);
	else if (look->menu.count == first)
		verify_fail(look->verify, CHECK_KERNEL,
			    "the menu shows the entries in '%s', and there are none", folder);
	else
		look->chosen_count = verify_bls_default(&look->menu, first, look->chosen);
	return look->chosen_count > 0;
}

static bool choose_entries(struct look *look)
{
	if (look->menu.has_blscfg)
		return read_entries(look);
	look->chosen_count = verify_menu_default(&look->menu, look->chosen);
	if (look->chosen_count == 0 && look->menu.has_unread)
		verify_skip(
			look->verify, CHECK_KERNEL,
			"which entry GRUB starts cannot be told: '%s' goes on with another file, "
			"and names '%s'",
			look->path, look->menu.wanted[0] ? look->menu.wanted : "0");
	else if (look->chosen_count == 0)
		verify_skip(look->verify, CHECK_KERNEL,
			    "no entry that is understood here is in '%s'", look->path);
	return look->chosen_count > 0;
}

/* --- a kernel --- */

/* The name of the entry, for a sentence. */
static const char *name_of(const struct menu_entry *entry)
{
	return entry->title ? entry->title : entry->id ? entry->id : "";
}

/* A FAIL for what is wrong with the disk, else why it is skipped. */
static bool say_answer(struct look *look, enum grub_answer answer, const struct menu_entry *entry,
		       const char *path, const char *words)
{
	if (answer == GRUB_FAULT)
		verify_fail(look->verify, CHECK_KERNEL,
			    "the entry '%s' starts '%s', and GRUB says: %s", name_of(entry), path,
			    words);
	else if (answer == GRUB_SILENT)
		verify_skip(look->verify, CHECK_KERNEL, "%s", words);
	return answer == GRUB_ANSWER;
}

static const char *kernel_fault(const struct grub_file *file)
{
	uint8_t start[KERNEL_START];
	ssize_t got = pread(file->fd, start, sizeof(start), 0);
	const char *fault = verify_kernel_fault(start, got < 0 ? 0 : (size_t)got, file->size);

	return fault ? fault : verify_pe_fault(start, (size_t)got, PE_SUBSYSTEM_EFI_APPLICATION);
}

/* What there is to say of the entries. */
struct tally {
	uint64_t kernel_bytes, initrd_bytes;
	const struct menu_entry *entry;	    /* the last that was looked at */
	size_t count;			    /* that were looked at */
	const struct menu_entry *elsewhere; /* one whose file system is not on this disk */
	const struct menu_entry *unnamed;   /* one that does not name it by the UUID */
	size_t signed_count;		    /* of those with Secure Boot */
	const struct menu_entry *refused;   /* one that shim does not start */
	const char *refusal;
	bool is_signature_unread; /* of one of them: no memory */
};

static void look_at_signature(const struct menu_entry *entry, const struct grub_file *file,
			      struct tally *tally)
{
	CLEANUP_FREE uint8_t *bytes = malloc((size_t)file->size);
	const char *fault;

	if (!bytes || pread(file->fd, bytes, (size_t)file->size, 0) != (ssize_t)file->size) {
		tally->is_signature_unread = true;
		return;
	}
	fault = verify_pe_signature_fault(bytes, (size_t)file->size);
	tally->signed_count += !fault;
	if (fault) {
		tally->refused = entry;
		tally->refusal = fault;
	}
}

/* One file of the entry. False with a result. */
static bool check_file(struct look *look, const char *device, const struct menu_entry *entry,
		       const char *path, struct tally *tally)
{
	bool is_kernel = path == entry->kernel;
	CLEANUP_GRUB_FILE struct grub_file file = {.fd = -1};
	const char *fault = NULL;

	if (!say_answer(look,
			verify_grub_ask(look->verify, GRUB_READER_READ, device, path, MAX_FILE,
					&file),
			entry, path, file.words))
		return false;
	*(is_kernel ? &tally->kernel_bytes : &tally->initrd_bytes) += file.size;
	if (file.size == 0)
		fault = "is empty";
	else if (is_kernel)
		fault = kernel_fault(&file);
	if (fault)
		verify_fail(look->verify, CHECK_KERNEL,
			    "'%s' of the entry '%s' %s (%" PRIu64 " bytes)", path, name_of(entry),
			    fault, file.size);
	else if (is_kernel && look->verify->secure_boot)
		look_at_signature(entry, &file, tally);
	return !fault;
}

static enum grub_answer find_root(struct look *look, const struct menu_entry *entry,
				  char device[GRUB_DEVICE], struct grub_file *ret)
{
	if (entry->uuid[0] && strcmp(entry->uuid, look->uuid) != 0)
		return verify_linux_find(look->verify, entry->uuid, device, ret);
	memcpy(device, look->device, GRUB_DEVICE);
	return GRUB_ANSWER;
}

static bool check_files(struct look *look, const char *device, const struct menu_entry *entry,
			struct tally *tally)
{
	tally->entry = entry;
	tally->count++;
	if (!check_file(look, device, entry, entry->kernel, tally))
		return false;
	for (size_t i = 0; i < entry->initrd_count; i++)
		if (!check_file(look, device, entry, entry->initrds[i], tally))
			return false;
	return true;
}

/* False with a result. An entry of another disk (os-prober finds them), or of a file system that is not
 * told, is left to the end. */
static bool check_entry(struct look *look, const struct menu_entry *entry, struct tally *tally)
{
	char device[GRUB_DEVICE];
	struct grub_file file;
	enum grub_answer answer;

	if (entry->is_root_unknown) {
		tally->unnamed = entry;
		return true;
	}
	answer = find_root(look, entry, device, &file);
	if (answer == GRUB_SILENT)
		verify_skip(look->verify, CHECK_KERNEL, "%s", file.words);
	else if (answer == GRUB_FAULT)
		tally->elsewhere = entry;
	return answer == GRUB_ANSWER ? check_files(look, device, entry, tally)
				     : answer == GRUB_FAULT;
}

static void say_tally(struct look *look, const struct tally *tally)
{
	if (tally->count == 0 && tally->unnamed)
		verify_skip(look->verify, CHECK_KERNEL,
			    "the entry '%s' does not name its file system by the UUID",
			    name_of(tally->unnamed));
	else if (tally->count == 0 && tally->elsewhere)
		verify_fail(
			look->verify, CHECK_KERNEL,
			"the entry '%s' looks for the file system %s, which GRUB does not find on this disk",
			name_of(tally->elsewhere), tally->elsewhere->uuid);
	else if (tally->count == 0)
		verify_skip(look->verify, CHECK_KERNEL,
			    "the entry '%s', which GRUB starts by itself, is not understood here",
			    name_of(&look->menu.list[look->chosen[0]]));
	else if (tally->count == 1)
		verify_ok(look->verify, CHECK_KERNEL,
			  "the entry '%s' starts '%s' (%" PRIu64
			  " bytes), with initramfs files of %" PRIu64 " bytes",
			  name_of(tally->entry), tally->entry->kernel, tally->kernel_bytes,
			  tally->initrd_bytes);
	else
		verify_ok(look->verify, CHECK_KERNEL,
			  "the kernels of %zu entries are whole, and the files of their initramfs "
			  "can be read",
			  tally->count);
}

/* Which of several starts is not known: of these one that is signed suffices. */
static void say_signatures(struct look *look, const struct tally *tally)
{
	struct verify *verify = look->verify;

	if (!verify->secure_boot || tally->count == 0)
		return;
	if (tally->is_signature_unread)
		verify_skip(verify, CHECK_SIGNATURE, "no memory");
	else if (!tally->refused)
		verify_ok(verify, CHECK_SIGNATURE, "%s",
			  tally->count == 1 ? "the kernel is what was signed"
					    : "all of these kernels are what was signed");
	else if (tally->signed_count == 0)
		verify_fail(verify, CHECK_SIGNATURE, "'%s' of the entry '%s' %s, and %s",
			    tally->refused->kernel, name_of(tally->refused), tally->refusal,
			    verify->secure_boot);
	else
		verify_skip(verify, CHECK_SIGNATURE,
			    "'%s' of the entry '%s' %s, others are what was signed",
			    tally->refused->kernel, name_of(tally->refused), tally->refusal);
}

static void check_kernels(struct look *look)
{
	struct tally tally = {.count = 0};
	size_t asked = 0;

	for (size_t i = 0; i < look->chosen_count && asked < MAX_ENTRIES; i++) {
		const struct menu_entry *entry = &look->menu.list[look->chosen[i]];

		if (!entry->kernel)
			continue;
		asked++;
		if (!check_entry(look, entry, &tally))
			return;
	}
	say_tally(look, &tally);
	say_signatures(look, &tally);
}

/* --- all of it --- */

/* Where the grub.cfg on the ESP leads. False with a result. */
static bool find_target(struct look *look, const char *text)
{
	struct verify *verify = look->verify;

	if (!verify_script_target(text, look->path, look->uuid))
		verify_skip(verify, CHECK_MENU, "no memory");
	else if (!look->uuid[0])
		verify_skip(verify, CHECK_MENU, "'%s' does not say on which file system it is",
			    look->stub);
	else if (look->path[0])
		return true;
	else if (verify->esp_is_of_guest)
		verify_skip(verify, CHECK_MENU, "the guest's own grub.cfg is not understood here");
	else
		verify_fail(verify, CHECK_MENU, "'%s' hands over to no menu", look->stub);
	return false;
}

static bool find_file_system(struct look *look)
{
	struct grub_file file;
	enum grub_answer answer = verify_linux_find(look->verify, look->uuid, look->device, &file);

	if (answer == GRUB_SILENT)
		verify_skip(look->verify, CHECK_MENU, "%s", file.words);
	else if (answer == GRUB_FAULT)
		verify_fail(
			look->verify, CHECK_MENU,
			"'%s' leads to the file system %s, which GRUB does not find on this disk",
			look->stub, look->uuid);
	return answer == GRUB_ANSWER;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* Of menu_source. */
static char *read_sourced(void *opaque, const char *path, bool *ret_is_there)
{
	struct look *look = opaque;
	struct grub_file file;
	char *text = NULL;
	enum grub_answer answer = verify_grub_text(look->verify, GRUB_READER_READ, look->device,
						   path, MAX_TEXT, &text, &file);

	*ret_is_there = answer == GRUB_ANSWER || !verify_words_is_absent(file.words);
	return text;
}

static bool parse_menu(struct look *look, const char *text)
{
	char saved[SCRIPT_WORD], folder[SCRIPT_WORD];
	const struct menu_source source = {text, saved, folder, read_sourced, look};

	read_saved(look, saved);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(look->path, '/') - look->path),
		 look->path);
	return verify_menu_parse(&source, &look->menu);
}

/* False with a result that is not ok. */
static bool read_menu(struct look *look)
{
	CLEANUP_FREE char *text = NULL;
	struct grub_file file;
	enum grub_answer answer = verify_grub_text(look->verify, GRUB_READER_READ, look->device,
						   look->path, MAX_TEXT, &text, &file);

	if (answer == GRUB_SILENT)
		verify_skip(look->verify, CHECK_MENU, "%s", file.words);
	else if (answer == GRUB_FAULT)
		verify_fail(look->verify, CHECK_MENU,
			    "'%s' hands over to '%s' on %s, and GRUB says: %s", look->stub,
			    look->path, look->device, file.words);
	else if (is_blank(text))
		verify_fail(look->verify, CHECK_MENU,
			    "'%s' hands over to '%s' on %s, which is empty", look->stub, look->path,
			    look->device);
	else if (parse_menu(look, text))
		return true;
	else
		verify_skip(look->verify, CHECK_MENU, "no memory");
	return false;
}

static void look_at_menu(struct look *look, const char *text)
{
	if (!find_target(look, text) || !find_file_system(look))
		return;
	if (is_relative(look, text)) {
		verify_skip(look->verify, CHECK_MENU,
			    "'%s' counts paths from a subvolume, which grub-fstest does not",
			    look->stub);
		return;
	}
	if (!read_menu(look))
		return;
	verify_ok(look->verify, CHECK_MENU, "GRUB reads '%s' on %s, the file system %s", look->path,
		  look->device, look->uuid);
	if (choose_entries(look))
		check_kernels(look);
}

void verify_linux_menu(struct verify *verify, const char *path, const char *text)
{
	const char *skip = text ? verify_linux_no_grub(verify) : "there is no grub.cfg on the ESP";
	CLEANUP_FREE struct look *look = skip ? NULL : calloc(1, sizeof(*look));

	if (!look) {
		verify_skip(verify, CHECK_MENU, "%s", skip ? skip : "no memory");
		return;
	}
	look->verify = verify;
	look->stub = path;
	look_at_menu(look, text);
	verify_menu_done(&look->menu);
}
