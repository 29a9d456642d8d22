/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temporary files that nobody makes any more: see leftover.h. */
#include "common/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define MARK   ".hvgen2-"
#define OLD    MARK "old-"
#define RANDOM 6 /* characters behind it */

struct search {
	const char *const *outputs;
	size_t count;
	bool removes;
	void (*found)(void *context, const char *path, enum leftover what);
	void *context;
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "" for the current one, else with its slash. */
static int folder_length(const char *path)
{
	return (int)(name_of(path) - path);
}

static int open_folder(const char *path)
{
	CLEANUP_FREE char *folder = NULL;

	if (asprintf(&folder, "%.*s.", folder_length(path), path) < 0) {
		folder = NULL;
		return -1;
	}
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The length of NAME in ".NAME.hvgen2-XXXXXX" or, with another mark, in ".NAME.hvgen2-old-XXXXXX"; 0
 * of any other name. */
static size_t output_length(const char *name, const char *mark)
{
	size_t length = strlen(name), tail = strlen(mark) + RANDOM;

	if (*name != '.' || length < tail + 2)
		return 0;
	return strncmp(name + length - tail, mark, strlen(mark)) == 0 ? length - tail - 1 : 0;
}

static bool is_in(const char *path, int folder)
{
	CLEANUP_FD int other = open_folder(path);
	struct stat a, b;

	return other >= 0 && fstat(other, &a) == 0 && fstat(folder, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool is_ours(const struct search *search, int folder, const char *name)
{
	size_t length = output_length(name, MARK);

	for (size_t i = 0; i < search->count; i++) {
		const char *output = search->outputs[i];

		if (output && strlen(name_of(output)) == length &&
		    strncmp(name_of(output), name + 1, length) == 0 && is_in(output, folder))
			return true;
	}
	return false;
}

/* Nobody holds it: its lock is ours, until the descriptor is closed. */
static bool is_dead(int fd)
{
	struct stat st;

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_nlink > 0;
}

static void look_at(const struct search *search, const char *output, int folder, const char *name)
{
	CLEANUP_FD int fd =
		openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	CLEANUP_FREE char *path = NULL;
	enum leftover what = LEFTOVER_OF_OTHER;

	if (!is_dead(fd))
		return;
	if (asprintf(&path, "%.*s%s", folder_length(output), output, name) < 0) {
		path = NULL;
		return;
	}
	if (output_length(name, OLD))
		what = LEFTOVER_OLD;
	else if (is_ours(search, folder, name))
		what = search->removes && unlinkat(folder, name, 0) == 0 ? LEFTOVER_REMOVED
									 : LEFTOVER_OURS;
	search->found(search->context, path, what);
}

static void look_into(const struct search *search, const char *output)
{
	int folder = open_folder(output);
	DIR *listing = folder >= 0 ? fdopendir(folder) : NULL;
	struct dirent *entry;

	if (!listing && folder >= 0)
		close(folder);
	while (listing && (entry = readdir(listing)))
		if (output_length(entry->d_name, MARK) || output_length(entry->d_name, OLD))
			look_at(search, output, folder, entry->d_name);
	if (listing)
		closedir(listing);
}

static bool was_looked_into(const struct search *search, size_t index)
{
	CLEANUP_FD int folder = open_folder(search->outputs[index]);

	for (size_t i = 0; folder >= 0 && i < index; i++)
		if (search->outputs[i] && is_in(search->outputs[i], folder))
			return true;
	return false;
}

void leftover_find(const char *const *outputs, size_t count, bool removes,
		   void (*found)(void *context, const char *path, enum leftover what),
		   void *context)
{
	const struct search search = {outputs, count, removes, found, context};

	for (size_t i = 0; i < count; i++)
		if (outputs[i] && !was_looked_into(&search, i))
			look_into(&search, outputs[i]);
}
