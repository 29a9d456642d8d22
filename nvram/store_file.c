/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stores in files: opened whole, replaced whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/outfile.h"
#include "common/buffer.h"
#include "nvram/efivar.h"
#include "nvram/store.h"

/* A flash image padded to 64 MiB, as some machines want it, is the largest seen. */
#define MAX_SIZE (80 * MIB)

void nvram_store_done(struct nvram_store *store)
{
	free(store->path);
	free(store->bytes);
	free(store->original);
	nvram_done(&store->nvram);
	*store = (struct nvram_store)NVRAM_STORE_INIT;
}

static int read_whole(int fd, const char *path, size_t size, uint8_t *bytes, struct error *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, bytes + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "'%s': cannot read", path);
		if (n == 0)
			return error_failed(err, EIO, "'%s': became shorter while it was read",
					    path);
		done += (size_t)n;
	}
	return 0;
}

/* *ret_mode may be NULL. */
static int read_store(const char *path, uint8_t **ret, size_t *ret_size, mode_t *ret_mode,
		      struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_damaged(err, "'%s' is not a file", path);
	if ((uint64_t)st.st_size > MAX_SIZE)
		return error_damaged(
			err, "'%s' has %lld bytes: no store of UEFI variables is that large", path,
			(long long)st.st_size);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	r = read_whole(fd, path, (size_t)st.st_size, bytes, err);
	if (r < 0)
		return r;
	*ret = TAKE(bytes);
	*ret_size = (size_t)st.st_size;
	if (ret_mode)
		*ret_mode = st.st_mode;
	return 0;
}

int nvram_store_read(const char *path, struct nvram_store *ret, struct error *err)
{
	ret->name = path;
	ret->path = realpath(path, NULL);
	if (!ret->path)
		return error_errno(err, "'%s'", path);
	return read_store(ret->path, &ret->bytes, &ret->size, &ret->mode, err);
}

int nvram_store_decode(struct nvram_store *store, struct error *err)
{
	int r = nvram_recognise(store->bytes, store->size, store->name, &store->format, err);

	return r < 0 ? r : nvram_decode(store->bytes, store->size, store->name, &store->nvram, err);
}

int nvram_store_open(const char *path, struct nvram_store *ret, struct error *err)
{
	CLEANUP_STORE struct nvram_store store = NVRAM_STORE_INIT;
	int r = nvram_store_read(path, &store, err);

	if (r == 0)
		r = nvram_store_decode(&store, err);
	if (r < 0)
		return r;
	*ret = store;
	store = (struct nvram_store)NVRAM_STORE_INIT;
	return 0;
}

int nvram_read_efivarfs(const char *path, struct nvram *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct file_bytes file = {.name = path};
	int r = read_store(path, &bytes, &file.size, NULL, err);

	file.data = bytes;
	return r < 0 ? r : efivarfs_decode(&file, ret, err);
}

/* The new file is what the old one was to others. An owner that cannot be given away is not worth a
 * failure. */
static int keep_rights(struct outfile *out, const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (fchown(out->fd, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		return error_errno(err, "'%s': cannot set the owner", path);
	out->mode = st.st_mode & 07777;
	return 0;
}

static int replace_file(const char *path, const uint8_t *bytes, size_t size, struct error *err)
{
	CLEANUP_OUTFILE struct outfile out = OUTFILE_INIT;
	int r = outfile_create(&out, path, true, err);

	if (r == 0)
		r = keep_rights(&out, path, err);
	if (r == 0)
		r = outfile_write(&out, bytes, size, 0, err);
	return r < 0 ? r : outfile_commit(&out, err);
}

/* Has the file changed since it was opened? Another writer's work must not be undone. */
static int check_unchanged(const struct nvram_store *store, const uint8_t *old, size_t old_size,
			   struct error *err)
{
	CLEANUP_FREE uint8_t *now = NULL;
	size_t size;
	int r = read_store(store->path, &now, &size, NULL, err);

	if (r == 0 && (size != old_size || memcmp(now, old, size) != 0))
		r = error_failed(err, EBUSY, "'%s' was changed by somebody else in the meantime",
				 store->name);
	return r;
}

int nvram_store_save(struct nvram_store *store, bool dry_run, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	const uint8_t *old = store->original ? store->original : store->bytes;
	size_t old_size = store->original ? store->original_size : store->size, size;
	int r = nvram_update(store->bytes, store->size, store->name, &store->nvram, &bytes, &size,
			     err);

	if (r < 0 || dry_run || (size == old_size && memcmp(bytes, old, size) == 0))
		return r;
	r = check_unchanged(store, old, old_size, err);
	return r < 0 ? r : replace_file(store->path, bytes, size, err);
}

static const struct {
	const char *words[2];  /* what the user says */
	const char *parameter; /* of Set-VMFirmware */
} settings[NVRAM_SETTING_MAX] = {
	[NVRAM_SETTING_NETWORK_PROTOCOL] = {{"IPv4", "IPv6"}, "PreferredNetworkBootProtocol"},
	[NVRAM_SETTING_PAUSE] = {{"Off", "On"}, "PauseAfterBootFailure"},
};

/* Stores are named after the VM, by its id or by its name; a quote within quotes is doubled in
 * PowerShell. */
static void add_get_vm(struct buffer *line, const char *stem)
{
	struct guid id;

	if (guid_parse(stem, &id)) {
		buffer_printf(line, "Get-VM -Id %s", stem);
		return;
	}
	buffer_text(line, "Get-VM -Name '");
	for (const char *c = stem; *c; c++)
		buffer_printf(line, "%s%c", *c == '\'' ? "'" : "", *c);
	buffer_text(line, "'");
}

static int refuse_setting(const struct nvram_store *store, enum nvram_setting setting,
			  unsigned int word, struct error *err)
{
	const char *slash = strrchr(store->name, '/'), *base = slash ? slash + 1 : store->name;
	CLEANUP_FREE char *stem = strndup(base, strcspn(base, "."));
	CLEANUP_BUFFER struct buffer line = BUFFER_INIT;
	CLEANUP_FREE char *advice = NULL;

	buffer_text(&line, "run on the host: ");
	add_get_vm(&line, stem ? stem : "");
	buffer_printf(&line, " | Set-VMFirmware -%s %s", settings[setting].parameter,
		      settings[setting].words[word]);
	advice = buffer_take_text(&line);
	if (!stem || !advice)
		return error_failed(err, ENOMEM, "'%s': out of memory", store->name);
	return error_refused(err, REFUSAL_SETTING_NOT_IN_STORE, advice,
			     "'%s' (%s) holds variables, and this is a setting of the VM",
			     store->name, nvram_format_text(store->format));
}

int nvram_store_set(struct nvram_store *store, enum nvram_setting setting, const char *value,
		    struct error *err)
{
	const struct nvram_container *container = nvram_container(store->format);
	const struct file_bytes old = {store->bytes, store->size, store->name};
	uint8_t *bytes;
	size_t size;
	unsigned int word = 0;
	int r;

	while (word < 2 && strcasecmp(value, settings[setting].words[word]) != 0)
		word++;
	if (word == 2)
		return error_usage(err, "'%s' is neither '%s' nor '%s'", value,
				   settings[setting].words[0], settings[setting].words[1]);
	if (!container->set)
		return refuse_setting(store, setting, word, err);
	r = container->set(&old, setting, word, &bytes, &size, err);
	if (r < 0)
		return r;
	if (store->original) {
		free(store->bytes);
	} else {
		store->original = store->bytes;
		store->original_size = store->size;
	}
	store->bytes = bytes;
	store->size = size;
	return 0;
}
