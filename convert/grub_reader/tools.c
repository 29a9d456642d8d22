/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the programs are: see tools.h. */
#include "convert/grub_reader/tools.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"

#define PLUGIN "nbdkit-hvgen2-plugin.so"

static bool is_file(const char *path)
{
	return access(path, R_OK) == 0;
}

/* The file that this code is in, be it the program or the plugin itself. */
static bool own_file(char path[PROGRAM_PATH])
{
	static const char here;
	char real[PATH_MAX];
	Dl_info info;
	ssize_t size;

	if (dladdr(&here, &info) && strstr(info.dli_fname, PLUGIN) &&
	    realpath(info.dli_fname, real)) {
		snprintf(path, PROGRAM_PATH, "%s", real);
		return true;
	}
	size = readlink("/proc/self/exe", path, PROGRAM_PATH - 1);
	path[size < 0 ? 0 : size] = '\0';
	return size > 0;
}

/* The plugin that was built with this program, or else installed with it. */
static bool find_plugin(char path[PROGRAM_PATH])
{
	char own[PROGRAM_PATH];
	char *slash;

	if (!own_file(own))
		return false;
	slash = strrchr(own, '/');
	if (slash && strcmp(slash + 1, PLUGIN) == 0) {
		memcpy(path, own, sizeof(own));
		return true;
	}
	if (slash)
		*slash = '\0';
	if (snprintf(path, PROGRAM_PATH, "%s/nbd/" PLUGIN, own) < PROGRAM_PATH && is_file(path))
		return true;
	snprintf(path, PROGRAM_PATH, "%s", HVGEN2_PLUGIN);
	return is_file(path);
}

static void add_word(char text[200], const char *between, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, 200 - used, "%s%s", used ? between : "", word);
}

bool tools_have_fuse(void)
{
	CLEANUP_FD int fd = open(TOOLS_FUSE, O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

bool tools_find(struct tools *ret, struct tools_missing *ret_missing)
{
	const struct {
		const char *name, *package;
		bool is_there;
	} all[] = {
		/* as Debian calls it, and as Fedora and SUSE do */
		{"grub-fstest", "grub-common",
		 program_find("grub-fstest", TOOLS_MORE, ret->grub) ||
			 program_find("grub2-fstest", TOOLS_MORE, ret->grub)},
		{"nbdfuse", "libnbd-bin", program_find("nbdfuse", TOOLS_MORE, ret->nbdfuse)},
		{"nbdkit", "nbdkit", program_find("nbdkit", TOOLS_MORE, ret->nbdkit)},
		{"the plugin of nbdkit", "nbdkit-plugin-hvgen2", find_plugin(ret->plugin)},
		{"fusermount3", "fuse3", program_find("fusermount3", TOOLS_MORE, ret->fusermount)},
	};

	*ret_missing = (struct tools_missing){.fuse = !tools_have_fuse()};
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].is_there)
			continue;
		add_word(ret_missing->names, ", ", all[i].name);
		add_word(ret_missing->packages, " ", all[i].package);
	}
	return ret_missing->names[0] == '\0' && !ret_missing->fuse;
}
