/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file system of any kind: see linux_files.h. */
#include "convert/linux_files/linux_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/linux_files/kinds.h"

void linux_files_cleanup(struct linux_files **files)
{
	if (*files)
		(*files)->ops->close(*files);
	*files = NULL;
}

const char *linux_files_top(const struct linux_files *files)
{
	return files->ops->top ? files->ops->top(files) : "";
}

const char *linux_files_grub_trouble(const struct linux_files *files)
{
	return files->ops->grub_trouble(files);
}

int linux_stream_open(struct linux_files *files, const char *path, struct linux_stream **ret,
		      uint64_t *ret_size, struct error *err)
{
	int r = files->ops->open(files, path, UINT64_MAX, ret, err);

	if (r == 0)
		*ret_size = (*ret)->size;
	return r;
}

int linux_stream_read(struct linux_stream *stream, void *buffer, size_t size, size_t *ret_got,
		      struct error *err)
{
	return stream->ops->read(stream, buffer, size, ret_got, err);
}

void linux_stream_cleanup(struct linux_stream **stream)
{
	if (*stream)
		(*stream)->ops->close(*stream);
	*stream = NULL;
}

/* The memory grows with what is there, not with what a size promises that a few bytes can claim. */
#define STEP (16 * MIB)

static int read_all(struct linux_stream *stream, size_t size, uint8_t **ret_data, size_t *ret_size,
		    struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	size_t used = 0, got = 1;
	int r = 0;

	while (r == 0 && got && used < size) {
		size_t step = min_u64(size - used, STEP);
		uint8_t *larger = realloc(data, used + step + 1);

		if (!larger)
			return error_failed(err, ENOMEM, "out of memory");
		data = larger;
		r = linux_stream_read(stream, data + used, step, &got, err);
		used += r == 0 ? got : 0;
	}
	if (r == 0 && !data)
		data = malloc(1);
	if (r == 0 && !data)
		return error_failed(err, ENOMEM, "out of memory");
	if (r < 0)
		return r;
	data[used] = '\0';
	*ret_size = used;
	*ret_data = TAKE(data);
	return 0;
}

static int too_large(struct error *err, const char *path, uint64_t size, size_t max_size)
{
	error_damaged(err, "'%s' has %" PRIu64 " bytes, more than the %zu that it can have", path,
		      size, max_size);
	if (err)
		err->code = EFBIG;
	return -EFBIG;
}

int linux_files_read(struct linux_files *files, const char *path, size_t max_size,
		     uint8_t **ret_data, size_t *ret_size, struct error *err)
{
	CLEANUP_LINUX_STREAM struct linux_stream *stream = NULL;
	int r = files->ops->open(files, path, max_size, &stream, err);

	if (r < 0)
		return r;
	if (stream->size > max_size)
		return too_large(err, path, stream->size, max_size);
	return read_all(stream, (size_t)stream->size, ret_data, ret_size, err);
}

int linux_files_read_start(struct linux_files *files, const char *path, size_t size,
			   uint8_t **ret_data, size_t *ret_size, uint64_t *ret_file_size,
			   struct error *err)
{
	CLEANUP_LINUX_STREAM struct linux_stream *stream = NULL;
	int r = linux_stream_open(files, path, &stream, ret_file_size, err);

	if (r < 0)
		return r;
	return read_all(stream, min_u64(size, *ret_file_size), ret_data, ret_size, err);
}

static bool is_absence(const struct error *err)
{
	return err->kind == ERROR_FAILED &&
	       (err->code == ENOENT || err->code == ENOTDIR || err->code == ELOOP);
}

int linux_files_find(struct linux_files *files, const char *path, enum linux_file_type *ret,
		     uint64_t *ret_size, struct error *err)
{
	struct error problem = ERROR_INIT;
	uint64_t size = 0;
	int r = files->ops->find(files, path, ret, &size, &problem);

	if (r < 0 && !is_absence(&problem)) {
		if (err)
			*err = problem;
		return r;
	}
	if (r < 0)
		*ret = LINUX_FILE_NONE;
	if (ret_size)
		*ret_size = r == 0 && *ret == LINUX_FILE_REGULAR ? size : 0;
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	const char *const *one = a, *const *other = b;

	return strcmp(*one, *other);
}

int linux_files_list(struct linux_files *files, const char *path, char ***ret_names,
		     size_t *ret_count, struct error *err)
{
	int r = files->ops->list(files, path, ret_names, ret_count, err);

	if (r == 0 && *ret_count)
		qsort(*ret_names, *ret_count, sizeof(**ret_names), by_bytes);
	return r;
}

void linux_files_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
