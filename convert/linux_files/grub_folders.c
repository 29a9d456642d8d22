/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders that GRUB listed at once: see grub_folders.h. First stands what is on the device, and in
 * front of each folder what is on "(proc)"; the list of one that was read to its end has a line
 * end:
 *
 *   <tab>Partition loop0,msdos1: Filesystem type xfs - Label `root', UUID 5a9d...
 *   Device proc: Filesystem type procfs ...
 *   ./ ../ boot/ etc/ vmlinuz <line end>
 *   Device proc: Filesystem type procfs ...              of a folder that is not there
 *   Device proc: Filesystem type procfs ...
 *   ./ ../ fstab os-release <line end>
 */
#include "convert/linux_files/grub_folders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

void grub_folders_done(struct grub_folders *folders)
{
	while (folders->count > 0) {
		struct grub_folder *folder = &folders->list[--folders->count];

		free(folder->path);
		free(folder->names);
	}
}

static void add_paths(const char *top, const char *const *names, size_t count,
		      char text[GRUB_FOLDERS_TEXT])
{
	size_t used = strlen(text);

	for (size_t i = 0; i < count; i++) {
		const char *between = used ? "\n" : "";
		size_t size = strlen(between) + strlen(top) + strlen(names[i]);

		if (used + size >= GRUB_FOLDERS_TEXT)
			return;
		snprintf(text + used, GRUB_FOLDERS_TEXT - used, "%s%s%s", between, top, names[i]);
		used += size;
	}
}

void grub_folders_paths(const char *top, char ret[GRUB_FOLDERS_TEXT])
{
	static const char *const usual[] = {"/",
					    "/boot/",
					    "/boot/efi/",
					    "/boot/grub/",
					    "/boot/grub2/",
					    "/etc/",
					    "/etc/NetworkManager/",
					    "/etc/network/",
					    "/etc/sysconfig/",
					    "/grub/",
					    "/grub2/",
					    "/usr/",
					    "/usr/lib/"};
	static const char *const tops[] = {"/@/", "/@/etc/", "/@rootfs/etc/", "/root/etc/"};

	ret[0] = '\0';
	add_paths(top, usual, ARRAY_SIZE(usual), ret);
	if (!top[0])
		add_paths(top, tops, ARRAY_SIZE(tops), ret);
}

static const char mark[] = "Device proc:";

/* The start of the next line that stands in front of a folder, or the end. */
static const char *find_mark(const char *at, const char *end)
{
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if ((size_t)(end - at) > strlen(mark) && memcmp(at, mark, strlen(mark)) == 0)
			return at;
		at = stop ? stop + 1 : end;
	}
	return end;
}

/* What follows the line at 'at', and where the next such one is; NULL when it has no end. */
static const char *next_answer(const char *at, const char *end, const char **ret, size_t *ret_size)
{
	const char *line = memchr(at, '\n', (size_t)(end - at)), *next;

	*ret = at;
	*ret_size = 0;
	if (!line)
		return NULL;
	next = find_mark(++line, end);
	*ret = line;
	*ret_size = (size_t)(next - line);
	return next;
}

/* A whole list is a line, and no other. */
static void take_folder(struct grub_folders *folders, const char *path, size_t length,
			const char *names, size_t size)
{
	struct grub_folder *folder = &folders->list[folders->count];

	if (size == 0 || memchr(names, '\n', size) != names + size - 1 ||
	    memchr(names, '\0', size) || folders->count == GRUB_FOLDERS_MAX)
		return;
	folder->path = strndup(path, length);
	folder->names = strndup(names, size - 1);
	if (folder->path && folder->names) {
		folders->count++;
		return;
	}
	free(folder->path);
	free(folder->names);
}

/* What is behind a list that was not read to its end stands in its line. */
static bool has_cut_list(const char *text, const char *end)
{
	const char *at = text;

	while ((at = memmem(at, (size_t)(end - at), mark, strlen(mark)))) {
		if (at > text && at[-1] != '\n')
			return true;
		at += strlen(mark);
	}
	return false;
}

/* Are as many answers in it as paths, each where one starts? A name may look like the start of one. */
static bool is_complete(const char *paths, const char *text, const char *end)
{
	size_t asked = 1, answered = 0;
	const char *names;
	size_t size;

	if (has_cut_list(text, end))
		return false;
	for (; *paths; paths++)
		asked += *paths == '\n';
	while (text && text < end) {
		text = next_answer(text, end, &names, &size);
		answered++;
	}
	return text == end && asked == answered;
}

size_t grub_folders_device(const char *paths, const char *text, size_t size)
{
	const char *end = text + size, *line = memchr(text, '\n', size);
	const char *first = find_mark(text, end);

	return line && line + 1 == first && is_complete(paths, first, end) ? (size_t)(line - text)
									   : 0;
}

void grub_folders_take(struct grub_folders *folders, const char *paths, const char *text,
		       size_t size)
{
	const char *end = text + size;

	text = find_mark(text, end);
	if (!is_complete(paths, text, end))
		return;
	while (text < end) {
		size_t length = strcspn(paths, "\n"), found;
		const char *names;

		text = next_answer(text, end, &names, &found);
		take_folder(folders, paths, length, names, found);
		paths += length + (paths[length] == '\n');
	}
}

bool grub_folders_has(const struct grub_folders *folders, const char *path)
{
	size_t length = strlen(path);

	length -= length > 0 && path[length - 1] == '/';
	for (size_t i = 0; i < folders->count; i++)
		if (strlen(folders->list[i].path) == length + 1 &&
		    strncmp(folders->list[i].path, path, length) == 0)
			return true;
	return false;
}

/* One with a space in it may be found where it is not. */
static bool has_name(const char *names, const char *name, size_t length)
{
	for (const char *at = names; (at = strstr(at, name)); at++) {
		const char *end = at + length;

		if ((at == names || at[-1] == ' ') && end[*end == '/'] == ' ')
			return true;
	}
	return false;
}

static bool is_plain(const char *path)
{
	size_t length = strlen(path);

	return !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../") &&
	       (length < 2 || strcmp(path + length - 2, "/.") != 0) &&
	       (length < 3 || strcmp(path + length - 3, "/..") != 0);
}

bool grub_folders_lack(const struct grub_folders *folders, const char *path)
{
	if (!is_plain(path))
		return false;
	for (size_t i = 0; i < folders->count; i++) {
		const struct grub_folder *folder = &folders->list[i];
		size_t start = strlen(folder->path), length;
		char name[256];

		if (strncmp(path, folder->path, start) != 0)
			continue;
		length = strcspn(path + start, "/");
		if (length == 0 || length >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)length, path + start);
		if (!has_name(folder->names, name, length))
			return true;
	}
	return false;
}
