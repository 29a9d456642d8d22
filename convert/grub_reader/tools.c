/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the program and the library are: see tools.h. */
#include "convert/grub_reader/tools.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/grub_reader/pieces.h"

#define PLUGIN "nbdkit-hvgen2-plugin.so"

/* The file that this code is in, be it the program or the plugin of nbdkit. */
struct own {
	char folder[PROGRAM_PATH];
	uid_t owner;
	bool is_plugin;
};

static bool find_own(struct own *ret)
{
	static const char here;
	char real[PATH_MAX];
	struct stat st;
	Dl_info info;

	ret->is_plugin = dladdr(&here, &info) && strstr(info.dli_fname, PLUGIN) &&
			 realpath(info.dli_fname, real);
	if (!ret->is_plugin && !realpath("/proc/self/exe", real))
		return false;
	if (stat(real, &st) < 0)
		return false;
	ret->owner = st.st_uid;
	snprintf(ret->folder, PROGRAM_PATH, "%.*s", (int)(strrchr(real, '/') - real), real);
	return true;
}

/* Nobody else puts something there than root and who has put this program where it is. */
static bool is_kept(const char *path, uid_t owner)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_uid == owner || st.st_uid == 0) &&
	       !(st.st_mode & S_IWOTH);
}

/* In 'folder', seen from our own. */
static bool is_beside(const struct own *own, const char *folder, char path[PROGRAM_PATH])
{
	if (snprintf(path, PROGRAM_PATH, "%s/%s", own->folder, folder) >= PROGRAM_PATH ||
	    !is_kept(path, own->owner))
		return false;
	return snprintf(path, PROGRAM_PATH, "%s/%s/" PIECES_LIBRARY, own->folder, folder) <
		       PROGRAM_PATH &&
	       is_kept(path, own->owner) && access(path, R_OK) == 0;
}

/* The library that was built or installed with this program, or with the plugin. */
static bool find_library(char path[PROGRAM_PATH])
{
	struct own own;

	if (find_own(&own) &&
	    (is_beside(&own, own.is_plugin ? "../grub_reader" : "grub_reader", path) ||
	     (!own.is_plugin && is_beside(&own, HVGEN2_GRUB_DISK_FOLDER, path))))
		return true;
	snprintf(path, PROGRAM_PATH, "%s", HVGEN2_GRUB_DISK);
	return access(path, R_OK) == 0;
}

bool tools_find(struct tools *ret, struct tools_missing *ret_missing)
{
	/* as Debian calls it, and as Fedora and SUSE do */
	if (!program_find("grub-fstest", TOOLS_MORE, ret->grub) &&
	    !program_find("grub2-fstest", TOOLS_MORE, ret->grub)) {
		*ret_missing = (struct tools_missing){"grub-fstest", "grub-common"};
		return false;
	}
	*ret_missing = (struct tools_missing){PIECES_LIBRARY, "hvgen2"};
	if (!find_library(ret->library))
		return false;
	/* In LD_PRELOAD these part one from the next. */
	ret_missing->name = PIECES_LIBRARY ", by a path without a space or a colon,";
	return !strpbrk(ret->library, " :");
}
