/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hvgen2 as a plugin of nbdkit: the converted disk, served without being written. All that can be
 * refused is refused in config_complete, before nbdkit listens; what is served afterwards is a map
 * into open files (served.h), which any number of threads read at once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "common/checked.h"
#include "common/safe_text.h"
#include "convert/nbd/prepare.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

static struct keys keys;
static struct served served = SERVED_INIT;

/* One line of nbdkit's: what guests and files are called does nothing to who reads it. */
static int tell(const struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream) {
		nbdkit_error("out of memory");
		return -1;
	}
	if (err->kind == ERROR_REFUSED)
		safe_printf(stream, "refused [%s]: ", refusal_id(err->refusal));
	safe_printf(stream, "%s%s%s", err->message, *err->advice ? "; " : "", err->advice);
	fclose(stream);
	nbdkit_error("%s", text ? text : "out of memory");
	return -1;
}

/* While it is served: an error without a text was told before. */
static int fail(int r, const struct error *err)
{
	nbdkit_set_error(-r);
	if (err->kind == ERROR_NONE)
		return -1;
	return tell(err);
}

static void plugin_load(void)
{
	keys_init(&keys);
}

static void plugin_unload(void)
{
	served_done(&served);
}

static int plugin_config(const char *key, const char *value)
{
	struct error err = ERROR_INIT;

	return keys_set(&keys, key, value, &err) < 0 ? tell(&err) : 0;
}

static int plugin_config_complete(void)
{
	struct error err = ERROR_INIT;

	return prepare(&keys, &served, &err) < 0 ? tell(&err) : 0;
}

static void *plugin_open(int readonly)
{
	(void)readonly; /* it is, whatever nbdkit was told */
	return NBDKIT_HANDLE_NOT_NEEDED;
}

static int64_t plugin_get_size(void *handle)
{
	(void)handle;
	return (int64_t)served.map.disk_size;
}

static int no(void *handle)
{
	(void)handle;
	return 0;
}

static int yes(void *handle)
{
	(void)handle;
	return 1;
}

static int plugin_can_cache(void *handle)
{
	(void)handle;
	return NBDKIT_CACHE_NATIVE;
}

static int plugin_pread(void *handle, void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
	struct error err = ERROR_INIT;
	int r = served_read(&served, buffer, count, offset, &err);

	(void)handle;
	(void)flags;
	return r < 0 ? fail(r, &err) : 0;
}

static int plugin_cache(void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
	(void)handle;
	(void)flags;
	served_cache(&served, count, offset);
	return 0;
}

static int plugin_extents(void *handle, uint32_t count, uint64_t offset, uint32_t flags,
			  struct nbdkit_extents *extents)
{
	struct error err = ERROR_INIT;
	struct served_extent extent;

	(void)handle;
	for (uint64_t at = offset; at < offset + count; at += extent.length) {
		int r = served_extent(&served, at, &extent, &err);

		if (r < 0)
			return fail(r, &err);
		if (nbdkit_add_extent(extents, at, extent.length,
				      extent.is_zero ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO
						     : 0) < 0)
			return -1;
		if (flags & NBDKIT_FLAG_REQ_ONE)
			break;
	}
	return 0;
}

static struct nbdkit_plugin plugin = {
	.name = "hvgen2",
	.longname = "Hyper-V generation 1 disk as its generation 2 disk",
	.version = HVGEN2_VERSION,
	.description = "Serve what 'hvgen2 convert' would write, without writing it.",
	.load = plugin_load,
	.unload = plugin_unload,
	.config = plugin_config,
	.config_complete = plugin_config_complete,
	.config_help =
		"disk=<FILE>                 (required) the boot disk of a generation 1 VM\n"
		"view=converted|source       Serve it converted, or as it is.\n"
		"nvram=<FILE>                Write the NVRAM store: .vmgs, .fd, .json.\n"
		"report=<FILE>               Write the report.\n"
		"layout=auto|front|reuse|end Where the EFI system partition goes.\n"
		"esp-size=<SIZE>             Its size (260M).\n"
		"boot-files, windows, boot-uuid, efi-files, ignore-bad-partitions,\n"
		"no-journal-replay, source-format, parent, parent-dir, random-guids,\n"
		"online-data-disks, nvram-template, replace, secure-boot-keys, sandbox, force: as\n"
		"the options of 'hvgen2 convert'.",
	.magic_config_key = "disk",
	.open = plugin_open,
	.get_size = plugin_get_size,
	.can_write = no,
	.is_rotational = no,
	.can_multi_conn = yes,
	.can_extents = yes,
	.can_cache = plugin_can_cache,
	.pread = plugin_pread,
	.cache = plugin_cache,
	.extents = plugin_extents,
	.errno_is_preserved = 0,
};

struct nbdkit_plugin *plugin_init(void); /* which the header does not declare */
NBDKIT_REGISTER_PLUGIN(plugin)
