/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders of a FAT volume: see reader.h.
 *
 *   | long 3 | long 2 | long 1 | short |    a name of 27 to 39 characters, its parts backwards
 *
 * Entries of a long name count only when they stand right in front of the short one, in order and
 * with its checksum; others are left-overs of systems that do not know them, and the short name
 * holds. Bytes above 0x7f of a short name are of a code page that the volume does not name: code
 * page 437 is taken, in which each is a character of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "common/utf16.h"
#include "convert/fat32/reader.h"
#include "convert/fat32/tree.h"

/* A directory entry (fatgen103, "FAT Directory Structure"). */
#define ENTRY_ATTRIBUTES   11
#define ENTRY_CASE	   12 /* Windows NT: 0x08 the base, 0x10 the extension is lower case */
#define ENTRY_CLUSTER_HIGH 20
#define ENTRY_CLUSTER_LOW  26
#define ENTRY_SIZE	   28
#define ENTRY_END	   0x00
#define ENTRY_FREE	   0xe5
#define ENTRY_KANJI	   0x05 /* stands for a first byte 0xe5 */

#define ATTRIBUTE_LABEL	 0x08
#define ATTRIBUTE_FOLDER 0x10
#define ATTRIBUTES_LONG	 0x0f
#define ATTRIBUTES_MASK	 0x3f

#define LONG_ORDER    0
#define LONG_LAST     0x40
#define LONG_CHECKSUM 13
#define LONG_PARTS    20 /* 255 units, 13 in each */

#define FOLDER_MAX_BYTES ((size_t)FAT_FOLDER_MAX_ENTRIES * FAT_ENTRY_SIZE)

/*
 * Of all folders together, as often as they are read. Whoever walks through a whole volume reads
 * those on the way again and again; where they name each other in circles that would not end for
 * hours. A real system partition takes some MiB.
 */
#define FOLDERS_MAX_BYTES GIB

/* Unicode.org, VENDORS/MICSFT/PC/CP437.TXT. */
static const uint16_t code_page_437[128] = {
	0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8,
	0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2,
	0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1,
	0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd,
	0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562,
	0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534,
	0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560,
	0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
	0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393,
	0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6,
	0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248, 0x00b0,
	0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* A folder in memory, and the entry that was read last. */
struct folder {
	uint8_t *bytes;
	size_t size;
	size_t at; /* of the next entry */
	const uint8_t *entry;
	uint16_t long_name[LONG_PARTS * FAT_LONG_UNITS];
	size_t long_units; /* 0: it has none */
	uint16_t short_name[FAT_SHORT_NAME + 1];
	size_t short_units;
};

static void folder_done(struct folder *folder)
{
	free(folder->bytes);
}
#define CLEANUP_FOLDER CLEANUP(folder_done)

static int read_root(struct fat_volume *volume, struct folder *folder, struct error *err)
{
	folder->size = (size_t)volume->root_entries * FAT_ENTRY_SIZE;
	folder->bytes = malloc(folder->size);
	if (!folder->bytes)
		return error_failed(err, ENOMEM, "out of memory");
	return disk_read(volume->disk, folder->bytes, folder->size, volume->root_offset, err);
}

/* 'cluster' 0 is the root. */
static int read_folder(struct fat_volume *volume, const char *path, uint32_t cluster,
		       struct folder *ret, struct error *err)
{
	const struct fat_chain chain = {volume, path, cluster ? cluster : volume->root_cluster};
	int r;

	*ret = (struct folder){.bytes = NULL};
	if (volume->folder_bytes > FOLDERS_MAX_BYTES)
		return fat_damaged(path, err,
				   "folders have been read too often; do they run in "
				   "circles?");
	if (cluster == 0 && volume->bits != 32)
		r = read_root(volume, ret, err);
	else
		r = fat_chain_read_all(&chain, FOLDER_MAX_BYTES, &ret->bytes, &ret->size, err);
	volume->folder_bytes += ret->size;
	return r;
}

static uint16_t short_unit(uint8_t byte, bool lower)
{
	if (byte >= 0x80)
		return code_page_437[byte - 0x80];
	return lower && byte >= 'A' && byte <= 'Z' ? (uint16_t)(byte + 0x20) : byte;
}

static size_t take_short(const uint8_t *from, size_t length, bool lower, uint16_t *ret)
{
	while (length > 0 && from[length - 1] == ' ')
		length--;
	for (size_t i = 0; i < length; i++)
		ret[i] = short_unit(from[i], lower);
	return length;
}

static void take_short_name(struct folder *folder)
{
	uint8_t raw[FAT_SHORT_NAME], nt_case = folder->entry[ENTRY_CASE];
	uint16_t *name = folder->short_name;
	size_t units;

	memcpy(raw, folder->entry, sizeof(raw));
	if (raw[0] == ENTRY_KANJI)
		raw[0] = 0xe5;
	folder->short_units = take_short(raw, 8, nt_case & 0x08, name);
	units = take_short(raw + 8, 3, nt_case & 0x10, name + folder->short_units + 1);
	if (units) {
		name[folder->short_units] = '.';
		folder->short_units += 1 + units;
	}
}

/* The 13 units of one long-name entry, in host order. */
static void take_units(const uint8_t *entry, uint16_t *ret)
{
	static const uint8_t places[FAT_LONG_UNITS] = {1,  3,  5,  7,  9,  14, 16,
						       18, 20, 22, 24, 28, 30};

	for (size_t i = 0; i < FAT_LONG_UNITS; i++)
		ret[i] = get_le16(entry + places[i]);
}

static bool is_long(const uint8_t *entry)
{
	return (entry[ENTRY_ATTRIBUTES] & ATTRIBUTES_MASK) == ATTRIBUTES_LONG;
}

/* The long name in the entries in front of the short one, from the nearest to the farthest. */
static void take_long_name(struct folder *folder)
{
	const uint8_t *short_entry = folder->entry;
	uint8_t checksum = fat_short_checksum(short_entry);
	size_t before = (size_t)(short_entry - folder->bytes) / FAT_ENTRY_SIZE, units = 0;

	folder->long_units = 0;
	for (size_t part = 1; part <= LONG_PARTS && part <= before; part++) {
		const uint8_t *entry = short_entry - part * FAT_ENTRY_SIZE;
		uint8_t order = entry[LONG_ORDER];

		if (!is_long(entry) || (order & ~LONG_LAST) != part ||
		    entry[LONG_CHECKSUM] != checksum)
			return;
		take_units(entry, folder->long_name + units);
		units += FAT_LONG_UNITS;
		if (!(order & LONG_LAST))
			continue;
		for (size_t i = 0; i < units && folder->long_name[i]; i++)
			folder->long_units = i + 1;
		return;
	}
}

/* Go to the next file, folder or label. False at the end. */
static bool next_entry(struct folder *folder)
{
	while (folder->at + FAT_ENTRY_SIZE <= folder->size) {
		folder->entry = folder->bytes + folder->at;
		if (folder->entry[0] == ENTRY_END)
			return false;
		folder->at += FAT_ENTRY_SIZE;
		if (folder->entry[0] == ENTRY_FREE || is_long(folder->entry))
			continue;
		take_short_name(folder);
		take_long_name(folder);
		return true;
	}
	return false;
}

static bool is_label(const struct folder *folder)
{
	return folder->entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_LABEL;
}

static bool is_dot(const struct folder *folder)
{
	return memcmp(folder->entry, ".          ", FAT_SHORT_NAME) == 0 ||
	       memcmp(folder->entry, "..         ", FAT_SHORT_NAME) == 0;
}

static struct fat_file file_of(const struct fat_volume *volume, const struct folder *folder)
{
	const uint8_t *entry = folder->entry;
	uint32_t high = volume->bits == 32 ? get_le16(entry + ENTRY_CLUSTER_HIGH) : 0;
	bool is_folder = entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_FOLDER;

	return (struct fat_file){
		.is_folder = is_folder,
		.size = is_folder ? 0 : get_le32(entry + ENTRY_SIZE),
		.first_cluster = high << 16 | get_le16(entry + ENTRY_CLUSTER_LOW),
	};
}

static char *to_utf8(const uint16_t *name, size_t units)
{
	uint8_t bytes[2 * LONG_PARTS * FAT_LONG_UNITS];

	for (size_t i = 0; i < units; i++)
		put_le16(bytes + 2 * i, name[i]);
	return utf16le_to_utf8(bytes, 2 * units);
}

static char *name_of(const struct folder *folder)
{
	return folder->long_units ? to_utf8(folder->long_name, folder->long_units)
				  : to_utf8(folder->short_name, folder->short_units);
}

int fat_read_label(struct fat_volume *volume, struct error *err)
{
	CLEANUP_FOLDER struct folder folder;
	CLEANUP_FREE char *label = NULL;
	uint16_t units[FAT_SHORT_NAME];
	int r = read_folder(volume, "\\", 0, &folder, err);

	if (r < 0)
		return r;
	while (next_entry(&folder))
		if (is_label(&folder)) {
			label = to_utf8(units,
					take_short(folder.entry, FAT_SHORT_NAME, false, units));
			if (!label)
				return error_failed(err, ENOMEM, "out of memory");
			strncpy(volume->label, label, sizeof(volume->label) - 1);
			break;
		}
	return 0;
}

/* A component of a path in host order. */
struct component {
	uint16_t units[FAT_LONG_NAME_MAX];
	size_t count;
};

/* False when no file can have such a name. */
static bool take_component(const char *text, size_t length, struct component *ret)
{
	CLEANUP_FREE char *copy = strndup(text, length);
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0;

	if (copy)
		bytes = utf8_to_utf16le(copy, &size);
	if (!bytes || size / 2 - 1 > FAT_LONG_NAME_MAX)
		return false;
	ret->count = size / 2 - 1;
	for (size_t i = 0; i < ret->count; i++)
		ret->units[i] = get_le16(bytes + 2 * i);
	return true;
}

static bool is_named(const struct folder *folder, const struct component *name)
{
	return fat_name_compare(folder->short_name, folder->short_units, name->units,
				name->count) == 0 ||
	       (folder->long_units && fat_name_compare(folder->long_name, folder->long_units,
						       name->units, name->count) == 0);
}

static int not_found(const char *path, struct error *err)
{
	return error_failed(err, ENOENT, "cannot open '%s': %s", path, strerror(ENOENT));
}

/* Replace *file, a folder, by its entry 'name', which is a part of 'path'. */
static int step_into(struct fat_volume *volume, const char *path, const struct component *name,
		     struct fat_file *file, struct error *err)
{
	CLEANUP_FOLDER struct folder folder;
	int r = read_folder(volume, path, file->first_cluster, &folder, err);

	if (r < 0)
		return r;
	while (next_entry(&folder)) {
		if (is_label(&folder) || is_dot(&folder) || !is_named(&folder, name))
			continue;
		*file = file_of(volume, &folder);
		if (file->is_folder && file->first_cluster == 0)
			return fat_damaged(path, err, "a folder on the way has no cluster");
		return 0;
	}
	return not_found(path, err);
}

int fat_volume_find(struct fat_volume *volume, const char *path, struct fat_file *ret,
		    struct error *err)
{
	struct fat_file file = {.is_folder = true};
	const char *at = path + strspn(path, "\\/");
	int r = 0;

	while (r == 0 && *at) {
		size_t length = strcspn(at, "\\/");
		struct component name;

		if (!file.is_folder || !take_component(at, length, &name))
			return not_found(path, err);
		r = step_into(volume, path, &name, &file, err);
		at += length;
		at += strspn(at, "\\/");
	}
	if (r == 0)
		*ret = file;
	return r;
}

static int list_entries(const struct fat_volume *volume, struct folder *folder,
			struct fat_file **files, size_t *count, struct error *err)
{
	size_t room = 0;

	while (next_entry(folder)) {
		if (is_label(folder) || is_dot(folder))
			continue;
		if (*count == room) {
			struct fat_file *more =
				reallocarray(*files, room ? room * 2 : 16, sizeof(*more));

			if (!more)
				return error_failed(err, ENOMEM, "out of memory");
			*files = more;
			room = room ? room * 2 : 16;
		}
		(*files)[*count] = file_of(volume, folder);
		(*files)[*count].name = name_of(folder);
		if (!(*files)[*count].name)
			return error_failed(err, ENOMEM, "out of memory");
		(*count)++;
	}
	return 0;
}

int fat_volume_list(struct fat_volume *volume, const char *path, struct fat_file **ret,
		    size_t *ret_count, struct error *err)
{
	CLEANUP_FOLDER struct folder folder = {.bytes = NULL};
	struct fat_file file, *files = NULL;
	size_t count = 0;
	int r = fat_volume_find(volume, path, &file, err);

	if (r == 0 && !file.is_folder)
		r = error_failed(err, ENOTDIR, "cannot list '%s': %s", path, strerror(ENOTDIR));
	if (r == 0)
		r = read_folder(volume, path, file.first_cluster, &folder, err);
	if (r == 0)
		r = list_entries(volume, &folder, &files, &count, err);
	if (r < 0) {
		fat_files_free(files, count);
		return r;
	}
	*ret = files;
	*ret_count = count;
	return 0;
}

void fat_files_free(struct fat_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(files[i].name);
	free(files);
}
