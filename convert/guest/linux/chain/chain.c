/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the ESP: see chain.h. */
#include "convert/guest/linux/chain/chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/safe_text.h"
#include "common/utf16.h"

#define REMOVABLE     "BOOT"	    /* the folder of UEFI 2.10 section 3.5.1.1 */
#define REMOVABLE_EFI "BOOTX64.EFI" /* and the name for x64 */
#define LABEL_MAX     64	    /* characters of a description that menus show */

/* Where the files go. */
struct chain {
	struct guest_files *files;
	int64_t time;
};

static int add_bytes(const struct chain *chain, const char *folder, const char *name,
		     const struct file_bytes *bytes, struct error *err)
{
	char path[CHAIN_PATH + 32];
	uint8_t *copy = malloc(bytes->size + 1);

	if (copy && bytes->size > 0)
		memcpy(copy, bytes->data, bytes->size);
	snprintf(path, sizeof(path), "/EFI/%s/%s", folder, name);
	return guest_files_add(chain->files, path, copy, bytes->size, chain->time, err);
}

static int add_text(const struct chain *chain, const char *folder, const char *name,
		    const char *text, struct error *err)
{
	struct file_bytes bytes = {(const uint8_t *)text, strlen(text), name};

	return add_bytes(chain, folder, name, &bytes, err);
}

/* What a line of fields with commas between them can hold of a description. */
static void put_label(struct buffer *text, const char *description)
{
	size_t shown = 0;

	while (*description && shown < LABEL_MAX) {
		const char *from = description;
		uint32_t point = utf8_next(&description);

		if (!safe_is_shown(point) || point == UTF8_MALFORMED || point == ',' ||
		    point == '"')
			continue;
		buffer_append(text, from, (size_t)(description - from));
		shown++;
	}
}

void chain_label(const struct efi_set *set, const char *description, char ret[CHAIN_LABEL])
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	CLEANUP_FREE char *label = NULL;

	put_label(&text, description ? description : "");
	label = buffer_take_text(&text);
	if (!label || !label[0] || strcmp(label, "Windows Boot Manager") == 0)
		snprintf(ret, CHAIN_LABEL, "%s", set->folder);
	else
		snprintf(ret, CHAIN_LABEL, "%s", label);
}

/* The line by which the fallback program makes an entry: file, label, options, a comment. */
static char *csv_line(const struct efi_set *set, const char *description)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	char label[CHAIN_LABEL];

	chain_label(set, description, label);
	buffer_printf(&text, "\xef\xbb\xbf%s,%s", set->files.shim.name, label);
	buffer_printf(&text, ",,This is the boot entry for %s\n", set->folder);
	return buffer_take_text(&text);
}

/* UTF-16LE with a byte order mark. Of fallback.efi, as it was called first, the old ones know
 * BOOT.CSV alone. */
static int add_csv(const struct chain *chain, const struct efi_set *set, const char *description,
		   struct error *err)
{
	bool is_old = set->files.fb.data && strcmp(set->files.fb.name, "fallback.efi") == 0;
	CLEANUP_FREE char *line = csv_line(set, description);
	CLEANUP_FREE uint8_t *utf16 = NULL;
	size_t size = 0;

	utf16 = line ? utf8_to_utf16le(line, &size) : NULL;
	if (!utf16)
		return error_failed(err, ENOMEM, "out of memory");
	return add_bytes(chain, set->folder, is_old ? "BOOT.CSV" : "BOOTX64.CSV",
			 &(struct file_bytes){utf16, size - 2, "CSV"}, err);
}

static int add_programs(const struct chain *chain, const struct efi_set *set, struct error *err)
{
	const struct file_bytes *const list[] = {&set->files.shim, &set->files.grub,
						 &set->files.mm};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(list); i++)
		if (list[i]->data)
			r = add_bytes(chain, set->folder, list[i]->name, list[i], err);
	return r;
}

/* Never both: shim takes the fallback program where there is one. A GRUB without a prefix looks
 * for its grub.cfg here. */
static int add_removable(const struct chain *chain, const struct efi_set *set, const char *stub,
			 struct error *err)
{
	const struct file_bytes *second = set->files.fb.data ? &set->files.fb : &set->files.grub;
	int r = add_bytes(chain, REMOVABLE, REMOVABLE_EFI, efi_set_loader(set), err);

	if (r == 0 && set->files.shim.data)
		r = add_bytes(chain, REMOVABLE, second->name, second, err);
	if (r == 0 && !set->files.fb.data && set->grub_facts.prefix[0] == '\0')
		r = add_text(chain, REMOVABLE, "grub.cfg", stub, err);
	return r;
}

int chain_add_files(const struct efi_set *set, const char *stub, const char *description,
		    int64_t time, struct guest_files *files, struct error *err)
{
	const struct chain chain = {files, time};
	int r = add_programs(&chain, set, err);

	if (r == 0)
		r = add_text(&chain, set->folder, "grub.cfg", stub, err);
	if (r == 0 && set->files.shim.data)
		r = add_csv(&chain, set, description, err);
	return r < 0 ? r : add_removable(&chain, set, stub, err);
}

const char *chain_loader_path(const struct efi_set *set, char buffer[CHAIN_PATH])
{
	snprintf(buffer, CHAIN_PATH, "\\EFI\\%s\\%s", set->folder, efi_set_loader(set)->name);
	return buffer;
}
