/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/verify/guestfs_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"

#define SONAME "libguestfs.so.0" /* its interface only grows: guestfs(3), "ABI guarantee" */

#define GUESTFS_PLACE(name) {"guestfs_" #name, offsetof(struct guestfs, name)},
static const struct {
	const char *name;
	size_t offset;
} functions[] = {GUESTFS_FUNCTIONS(GUESTFS_PLACE)};

bool guestfs_library_load(struct guestfs *ret, char text[256])
{
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; library && i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			library = NULL;
		memcpy((char *)ret + functions[i].offset, &function, sizeof(function));
	}
	if (!library)
		snprintf(text, 256, "%.255s", dlerror());
	return library != NULL;
}
