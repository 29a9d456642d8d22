/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Product, version and pending updates of Windows, from its SOFTWARE hive. That hive has 30 to 150
 * MiB and a dozen values of it matter, so a clean one is not loaded but looked into. A dirty one is
 * made whole from its logs in memory first, as Windows does at its next start: what the hive alone
 * says may be old or half-written. The volume is not changed by this.
 */
#include "convert/guest/windows/software.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/hive/peek.h"
#include "common/utf16.h"
#include "convert/guest/windows/hive.h"

#define SOFTWARE	"System32\\config\\SOFTWARE"
#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

/* What is loaded whole, because it is dirty or compressed. */
#define MAX_LOADED (96 * MIB)

#define TYPE_SZ	       1
#define TYPE_EXPAND_SZ 2
#define TYPE_DWORD     4

/* A hive in the volume, or one in memory. */
struct software {
	struct volume *volume;
	char path[WINDOWS_PATH_SIZE];
	struct volume_stream *stream; /* or NULL and: */
	uint8_t *bytes;
	struct hive_peek peek;
};

static void software_done(struct software *software)
{
	volume_stream_cleanup(&software->stream);
	free(software->bytes);
}

static int read_stream(void *context, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	return volume_stream_read(context, buffer, length, offset, err);
}

static int read_memory(void *context, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	const struct software *software = context;

	(void)err;
	memcpy(buffer, software->bytes + offset, length);
	return 0;
}

/* Look into 'bytes' from now on, which pass to 'software'. */
static int use_memory(struct software *software, uint8_t *bytes, size_t size, bool *ret_dirty,
		      struct error *err)
{
	volume_stream_cleanup(&software->stream);
	free(software->bytes);
	software->bytes = bytes;
	software->peek.read = read_memory;
	software->peek.context = software;
	software->peek.size = size;
	return hive_peek_open(&software->peek, ret_dirty, err);
}

static int load_software(struct software *software, bool *ret_dirty, struct error *err)
{
	uint8_t *bytes;
	size_t size;
	int r = volume_read_file(software->volume, software->path, MAX_LOADED, &bytes, &size, err);

	return r < 0 ? r : use_memory(software, bytes, size, ret_dirty, err);
}

static int open_software(struct software *software, bool *ret_dirty, struct error *err)
{
	struct error opening = ERROR_INIT;
	int r = volume_stream_open(software->volume, software->path, &software->stream,
				   &software->peek.size, &opening);

	if (r == -ENOTSUP)
		return load_software(software, ret_dirty, err);
	if (r < 0) {
		if (err)
			*err = opening;
		return r;
	}
	software->peek.read = read_stream;
	software->peek.context = software->stream;
	return hive_peek_open(&software->peek, ret_dirty, err);
}

static int recover_software(struct software *software, struct error *err)
{
	uint8_t *bytes;
	size_t size;
	bool dirty;
	int r = windows_hive_read(software->volume, software->path, MAX_LOADED, &bytes, &size, NULL,
				  err);

	return r < 0 ? r : use_memory(software, bytes, size, &dirty, err);
}

/* A text value, "" when there is none. */
static int get_text(const struct hive_peek *peek, uint32_t key, const char *name, char *ret,
		    size_t size, struct error *err)
{
	struct error reading = ERROR_INIT;
	struct hive_peek_value value;
	CLEANUP_FREE char *text = NULL;
	int r = hive_peek_value(peek, key, name, &value, &reading);

	ret[0] = '\0';
	if (r == -ENOENT || r == -EFBIG ||
	    (r == 0 && value.type != TYPE_SZ && value.type != TYPE_EXPAND_SZ))
		return 0;
	if (r < 0) {
		if (err)
			*err = reading;
		return r;
	}
	text = utf16le_to_utf8(value.bytes, value.size);
	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	snprintf(ret, size, "%s", text);
	return 0;
}

static bool get_dword(const struct hive_peek *peek, uint32_t key, const char *name,
		      unsigned int *ret)
{
	struct hive_peek_value value;

	if (hive_peek_value(peek, key, name, &value, NULL) < 0 || value.type != TYPE_DWORD ||
	    value.size != 4)
		return false;
	*ret = get_le32(value.bytes);
	return true;
}

/* Windows 10 has numbers; before, and there still as "6.3", there was a text only. */
static int read_version(const struct hive_peek *peek, uint32_t key, struct windows *windows,
			struct error *err)
{
	char text[32], build[32];
	int r = get_text(peek, key, "CurrentVersion", text, sizeof(text), err);

	if (r == 0)
		r = get_text(peek, key, "CurrentBuildNumber", build, sizeof(build), err);
	if (r == 0 && !build[0])
		r = get_text(peek, key, "CurrentBuild", build, sizeof(build), err);
	if (r < 0)
		return r;
	windows->build = (unsigned int)min_u64(strtoul(build, NULL, 10), UINT32_MAX);
	if (get_dword(peek, key, "CurrentMajorVersionNumber", &windows->major) &&
	    get_dword(peek, key, "CurrentMinorVersionNumber", &windows->minor))
		return 0;
	if (sscanf(text, "%9u.%9u", &windows->major, &windows->minor) != 2)
		return error_damaged(err, "'%s': no version of Windows in the key '%s'", peek->name,
				     CURRENT_VERSION);
	return 0;
}

/* Windows makes these keys when a restart is due and removes them afterwards. */
static const char servicing_key[] =
	"Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending";
static const char update_key[] =
	"Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired";

static int has_key(const struct hive_peek *peek, const char *path, bool *ret, struct error *err)
{
	struct error finding = ERROR_INIT;
	uint32_t key;
	int r = hive_peek_key(peek, peek->root, path, &key, &finding);

	*ret = r == 0;
	if (r == 0 || r == -ENOENT)
		return 0;
	if (err)
		*err = finding;
	return r;
}

static int read_pending(const struct hive_peek *peek, struct windows *windows, struct error *err)
{
	int r = has_key(peek, servicing_key, &windows->awaits_servicing, err);

	return r < 0 ? r : has_key(peek, update_key, &windows->awaits_update, err);
}

/*
 * ProductName says "Windows 10 Pro" on Windows 11 Pro: it was left so when the number changed, with
 * build 22000. Servers have names of their own.
 */
static void correct_product(struct windows *windows)
{
	static const char old[] = "Windows 10";
	char *end = windows->product + sizeof(old) - 1;

	if (!windows->is_server && windows->build >= WINDOWS_11_BUILD &&
	    strncasecmp(windows->product, old, sizeof(old) - 1) == 0 &&
	    (*end == '\0' || *end == ' '))
		end[-1] = '1';
}

static int read_current_version(const struct hive_peek *peek, struct windows *windows,
				struct error *err)
{
	char type[32];
	uint32_t key;
	int r = hive_peek_key(peek, peek->root, CURRENT_VERSION, &key, err);

	if (r == -ENOENT)
		return error_damaged(err, "'%s': there is no key '%s'", peek->name,
				     CURRENT_VERSION);
	if (r == 0)
		r = get_text(peek, key, "ProductName", windows->product, sizeof(windows->product),
			     err);
	if (r == 0)
		r = get_text(peek, key, "EditionID", windows->edition, sizeof(windows->edition),
			     err);
	if (r == 0)
		r = get_text(peek, key, "InstallationType", type, sizeof(type), err);
	if (r < 0)
		return r;
	windows->is_server = strncasecmp(type[0] ? type : windows->edition, "Server", 6) == 0;
	r = read_version(peek, key, windows, err);
	if (r == 0)
		correct_product(windows);
	return r;
}

int windows_read_software(struct volume *volume, struct windows *windows, struct error *err)
{
	CLEANUP(software_done) struct software software = {.volume = volume};
	bool dirty = false;
	int r;

	windows_path(software.path, windows->root, SOFTWARE);
	software.peek.name = software.path;
	r = open_software(&software, &dirty, err);
	if (r == 0 && dirty)
		r = recover_software(&software, err);
	if (r == 0)
		r = read_current_version(&software.peek, windows, err);
	return r < 0 ? r : read_pending(&software.peek, windows, err);
}
