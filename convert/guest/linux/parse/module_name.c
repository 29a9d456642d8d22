/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of kernel modules: see module_name.h. */
#include "convert/guest/linux/parse/module_name.h"

#include <string.h>

#include "common/checked.h"

static bool cut_suffix(const char *text, size_t *size, const char *suffix)
{
	size_t length = strlen(suffix);

	if (*size <= length || memcmp(text + *size - length, suffix, length) != 0)
		return false;
	*size -= length;
	return true;
}

bool module_is_named(const char *path, size_t size, const char *name)
{
	static const char *const compressions[] = {".gz", ".xz", ".zst"};
	const char *slash = size > 0 ? memrchr(path, '/', size) : NULL;
	const char *base = slash ? slash + 1 : path;

	size -= (size_t)(base - path);
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
		if (cut_suffix(base, &size, compressions[i]))
			break;
	if (!cut_suffix(base, &size, ".ko") || size != strlen(name))
		return false;
	for (size_t i = 0; i < size; i++)
		if ((base[i] == '-' ? '_' : base[i]) != (name[i] == '-' ? '_' : name[i]))
			return false;
	return true;
}
