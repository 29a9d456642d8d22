/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the program and the library are: see tools.h. */
#include "convert/grub_reader/tools.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/grub_reader/pieces.h"

#define PLUGIN "nbdkit-hvgen2-plugin.so"

/* The folder of the file that this code is in, be it the program or the plugin of nbdkit. */
static bool own_folder(char path[PROGRAM_PATH])
{
	static const char here;
	char real[PATH_MAX];
	Dl_info info;
	bool is_plugin = dladdr(&here, &info) && strstr(info.dli_fname, PLUGIN) &&
			 realpath(info.dli_fname, real);

	if (!is_plugin && !realpath("/proc/self/exe", real))
		return false;
	snprintf(path, PROGRAM_PATH, "%.*s", (int)(strrchr(real, '/') - real), real);
	return true;
}

/* In LD_PRELOAD these part one from the next. */
static bool is_usable(const char *path)
{
	return !strpbrk(path, " :") && access(path, R_OK) == 0;
}

/* The library that was built with this program, or with the plugin, or else installed with it. */
static bool find_library(char path[PROGRAM_PATH])
{
	static const char *const built[] = {"grub_reader", "../grub_reader"};
	char folder[PROGRAM_PATH];

	for (size_t i = 0; own_folder(folder) && i < ARRAY_SIZE(built); i++)
		if (snprintf(path, PROGRAM_PATH, "%s/%s/" PIECES_LIBRARY, folder, built[i]) <
			    PROGRAM_PATH &&
		    is_usable(path))
			return true;
	snprintf(path, PROGRAM_PATH, "%s", HVGEN2_GRUB_DISK);
	return is_usable(path);
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
	return find_library(ret->library);
}
