/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files for a FAT32 file system, and foreign tools to judge it: see fat_model.h. */
#include "tests/support/fat_model.h"

#include <fts.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "tests/support/scratch.h"

static void fill(const char *path, uint8_t *data, size_t size)
{
	uint64_t state = size + 1;

	for (size_t i = 0; path[i]; i++)
		state = state * 31 + (uint8_t)path[i];
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(random_next(&state) >> 32);
}

void fat_model_add(struct fat_model *model, const char *path, size_t size, int64_t mtime)
{
	struct fat_model_file *file;

	if ((model->count & (model->count - 1)) == 0) /* room for a power of two */
		model->files = reallocarray(model->files, model->count ? 2 * model->count : 1,
					    sizeof(*model->files));
	file = model->files ? &model->files[model->count++] : NULL;
	if (!file)
		abort();
	*file = (struct fat_model_file){strdup(path), malloc(size + 1), size, mtime};
	if (!file->path || !file->data)
		abort();
	fill(path, file->data, size);
}

void fat_model_done(struct fat_model *model)
{
	for (size_t i = 0; i < model->count; i++) {
		free(model->files[i].path);
		free(model->files[i].data);
	}
	free(model->files);
	*model = (struct fat_model){NULL, 0};
}

int fat_model_fill(const struct fat_model *model, struct fat32 *fat, bool backwards,
		   struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < model->count && r == 0; i++) {
		const struct fat_model_file *file =
			&model->files[backwards ? model->count - 1 - i : i];
		uint8_t *copy = malloc(file->size + 1);

		if (!copy)
			abort();
		memcpy(copy, file->data, file->size);
		r = fat32_add(fat, file->path, copy, file->size, file->mtime, err);
	}
	return r;
}

bool fat_model_has_tools(void)
{
	return tool_exists("fsck.fat") && tool_exists("mcopy");
}

static char *complain(const char *format, ...) PRINTF_LIKE(1, 2);

static char *complain(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return text;
}

static char *compare_file(const struct fat_model_file *file, const char *folder)
{
	CLEANUP_FREE char *path = complain("%s%s", folder, file->path);
	CLEANUP_FREE uint8_t *data = NULL;
	struct stat st;
	size_t size;

	if (stat(path, &st) < 0)
		return complain("'%s' is missing", file->path);
	data = file_read(path, &size);
	if (!data || size != file->size || memcmp(data, file->data, size) != 0)
		return complain("'%s' has other contents", file->path);
	if (st.st_mtime != file->mtime - file->mtime % 2)
		return complain("'%s' has time %jd instead of %" PRId64, file->path,
				(intmax_t)st.st_mtime, file->mtime);
	return NULL;
}

static size_t count_files(const char *folder)
{
	char *copy = strdup(folder), *paths[] = {copy, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t count = 0;
	FTSENT *entry;

	while (fts && (entry = fts_read(fts)))
		count += entry->fts_info == FTS_F;
	if (fts)
		fts_close(fts);
	free(copy);
	return count;
}

static char *compare_tree(const struct fat_model *model, const char *folder)
{
	size_t found = count_files(folder);
	char *wrong = NULL;

	for (size_t i = 0; i < model->count && !wrong; i++)
		wrong = compare_file(&model->files[i], folder);
	if (!wrong && found != model->count)
		wrong = complain("%zu files instead of %zu", found, model->count);
	return wrong;
}

char *fat_model_check(const struct fat_model *model, const char *image)
{
	CLEANUP_FREE char *fsck = NULL, *mtools = NULL, *folder = complain("%s.out", image);
	char *wrong;

	if (tool_run(&fsck, "fsck.fat -n -V %s", image) != 0)
		return complain("fsck.fat: %s", fsck);
	if (tool_run(&mtools,
		     "export TZ=UTC LC_ALL=C.UTF-8 MTOOLS_SKIP_CHECK=1; rm -rf %s && mkdir %s && "
		     "mcopy -s -n -m -i %s '::/*' %s/",
		     folder, folder, image, folder) != 0 &&
	    model->count)
		return complain("mcopy: %s", mtools);
	wrong = compare_tree(model, folder);
	tool_run(NULL, "rm -rf %s", folder);
	return wrong;
}
