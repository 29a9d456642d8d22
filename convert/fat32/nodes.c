/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of a FAT32 file system that is to be made. Children are kept sorted by name, so that
 * neither look-ups nor the layout depend on the order in which files are added.
 */
#include "convert/fat32/fat32.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "convert/fat32/tree.h"

/* A path has at most 260 characters with its NUL (fatgen103, "FAT Long Directory Entries"); bounds
 * the depth, too. */
#define MAX_PATH_UNITS 259
#define MAX_FILE_SIZE  UINT32_MAX

static void node_free(struct fat_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->child_count; i++)
		node_free(node->children[i]);
	free(node->children);
	free(node->name);
	free(node->data);
	free(node);
}

static struct fat_node *node_new(const uint16_t *name, size_t units)
{
	struct fat_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->name = calloc(units + 1, sizeof(*name));
	if (!node->name) {
		free(node);
		return NULL;
	}
	memcpy(node->name, name, units * sizeof(*name));
	node->name_units = units;
	node->needs_long_name = !fat_name_is_short(name, units);
	return node;
}

static bool label_is_valid(const char *label)
{
	for (size_t i = 0; label[i]; i++)
		if (label[i] != ' ' && !fat_short_char_is_valid((uint8_t)label[i]))
			return false;
	return label[0] != ' ';
}

int fat32_new(const struct fat32_spec *spec, struct fat32 **ret, struct error *err)
{
	struct fat32 *fat;

	if (!memchr(spec->label, '\0', sizeof(spec->label)) || !label_is_valid(spec->label))
		return error_failed(err, EINVAL, "FAT32: '%.11s' cannot be a volume label",
				    spec->label);
	fat = calloc(1, sizeof(*fat));
	if (fat)
		fat->root = calloc(1, sizeof(*fat->root));
	if (!fat || !fat->root) {
		free(fat);
		return error_failed(err, ENOMEM, "FAT32: out of memory");
	}
	fat->spec = *spec;
	fat->root->is_folder = true;
	fat->root->entry_count = spec->label[0] ? 1 : 0;
	*ret = fat;
	return 0;
}

void fat32_free(struct fat32 *fat)
{
	if (fat)
		node_free(fat->root);
	free(fat);
}

void fat32_cleanup(struct fat32 **fat)
{
	fat32_free(*fat);
	*fat = NULL;
}

/* The place of the name among the children. Returns true when it is taken. */
static bool find_child(const struct fat_node *folder, const uint16_t *name, size_t units,
		       size_t *ret)
{
	size_t low = 0, high = folder->child_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct fat_node *child = folder->children[middle];
		int order = fat_name_compare(child->name, child->name_units, name, units);

		if (order == 0) {
			*ret = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return false;
}

static bool make_room(struct fat_node *folder)
{
	size_t room = folder->child_room ? 2 * folder->child_room : 8;
	struct fat_node **children;

	if (folder->child_count < folder->child_room)
		return true;
	children = reallocarray(folder->children, room, sizeof(*children));
	if (!children)
		return false;
	folder->children = children;
	folder->child_room = room;
	return true;
}

/* Make a child at the place that find_child() found. */
static int add_child(struct fat_node *folder, size_t place, const uint16_t *name, size_t units,
		     struct fat_node **ret, struct error *err)
{
	struct fat_node *node = node_new(name, units);

	if (!node || !make_room(folder)) {
		node_free(node);
		return error_failed(err, ENOMEM, "FAT32: out of memory");
	}
	if (folder->entry_count + fat_entries_of(node) > FAT_FOLDER_MAX_ENTRIES) {
		node_free(node);
		return error_failed(err, ENOSPC, "FAT32: a folder has more than %d entries",
				    FAT_FOLDER_MAX_ENTRIES);
	}
	memmove(folder->children + place + 1, folder->children + place,
		(folder->child_count - place) * sizeof(struct fat_node *));
	folder->children[place] = node;
	folder->child_count++;
	folder->entry_count += fat_entries_of(node);
	node->parent = folder;
	*ret = node;
	return 0;
}

/* Convert a path to UTF-16 in host order; *ret_units is without the NUL. */
static int path_units(const char *path, uint16_t **ret, size_t *ret_units, struct error *err)
{
	size_t size = 0;
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(path, &size);
	CLEANUP_FREE uint16_t *units = utf16 ? calloc(size / 2, sizeof(*units)) : NULL;

	if (!utf16 && errno == EILSEQ)
		return error_failed(err, EILSEQ, "FAT32: '%s' is not valid UTF-8", path);
	if (!units)
		return error_failed(err, ENOMEM, "FAT32: out of memory");
	for (size_t i = 0; i < size / 2; i++)
		units[i] = get_le16(utf16 + 2 * i);
	*ret_units = size / 2 - 1;
	if (*ret_units > MAX_PATH_UNITS)
		return error_failed(err, ENAMETOOLONG,
				    "FAT32: the path '%s' is longer than %d characters", path,
				    MAX_PATH_UNITS);
	*ret = TAKE(units);
	return 0;
}

/* The folder 'name' within 'folder', made if missing. */
static int enter_folder(struct fat_node *folder, const uint16_t *name, size_t units,
			const char *path, struct fat_node **ret, struct error *err)
{
	size_t place;
	int r;

	if (find_child(folder, name, units, &place)) {
		*ret = folder->children[place];
		if ((*ret)->is_folder)
			return 0;
		return error_failed(err, EEXIST, "FAT32: a folder on the way to '%s' is a file",
				    path);
	}
	r = add_child(folder, place, name, units, ret, err);
	if (r < 0)
		return r;
	(*ret)->is_folder = true;
	(*ret)->entry_count = 2; /* "." and ".." */
	return 0;
}

static int add_file(struct fat_node *folder, const uint16_t *name, size_t units, const char *path,
		    struct fat_node **ret, struct error *err)
{
	size_t place;

	if (find_child(folder, name, units, &place))
		return error_failed(err, EEXIST, "FAT32: '%s' is there already", path);
	return add_child(folder, place, name, units, ret, err);
}

static int check_component(const uint16_t *name, size_t units, const char *path, struct error *err)
{
	int r = fat_name_check(name, units);

	if (r < 0)
		return error_failed(err, -r, "FAT32: '%s' is no path that FAT can hold", path);
	return 0;
}

/* All components are checked before the first folder is made. */
static int check_path(const uint16_t *path, size_t units, const char *text, struct error *err)
{
	size_t start = 0;
	int r = 0;

	for (size_t i = 0; i <= units && r == 0; i++)
		if (i == units || path[i] == '/') {
			r = check_component(path + start, i - start, text, err);
			start = i + 1;
		}
	return r;
}

/* Make the node for a path without its leading slash. */
static int add_path(struct fat32 *fat, const uint16_t *path, size_t units, const char *text,
		    struct fat_node **ret, struct error *err)
{
	struct fat_node *folder = fat->root;
	size_t start = 0;
	int r = check_path(path, units, text, err);

	for (size_t i = 0; i < units && r == 0; i++)
		if (path[i] == '/') {
			r = enter_folder(folder, path + start, i - start, text, &folder, err);
			start = i + 1;
		}
	return r < 0 ? r : add_file(folder, path + start, units - start, text, ret, err);
}

int fat32_add(struct fat32 *fat, const char *path, uint8_t *data, size_t size, int64_t mtime,
	      struct error *err)
{
	CLEANUP_FREE uint8_t *owned = data;
	CLEANUP_FREE uint16_t *units = NULL;
	struct fat_node *node = NULL;
	size_t count = 0, skip;
	int r;

	if (size > MAX_FILE_SIZE)
		return error_failed(err, EFBIG, "FAT32: '%s' has 4 GiB or more", path);
	r = path_units(path, &units, &count, err);
	if (!units)
		return r;
	skip = units[0] == '/';
	r = add_path(fat, units + skip, count - skip, path, &node, err);
	if (r < 0)
		return r;
	node->data = TAKE(owned);
	node->size = size;
	node->mtime = mtime;
	return 0;
}

static uint64_t used_by(const struct fat_node *node, uint64_t cluster_size)
{
	uint64_t size =
		node->is_folder ? max_u64(node->entry_count * FAT_ENTRY_SIZE, 1) : node->size;
	uint64_t used = div_round_up(size, cluster_size) * cluster_size;

	for (size_t i = 0; i < node->child_count; i++)
		used += used_by(node->children[i], cluster_size);
	return used;
}

uint64_t fat32_used(const struct fat32 *fat, uint32_t cluster_size)
{
	return used_by(fat->root, cluster_size);
}
