/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where outputs may go, and who may read them: see write.h. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "convert/write.h"

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return strcmp(a, b) == 0 ||
	       (stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
		first.st_ino == second.st_ino);
}

static int refuse_source(const char *output, struct error *err)
{
	return error_usage(
		err, "'%s' belongs to the source, which is never written; choose another name",
		output);
}

/* A disk and its parents are never written. */
static int check_chain(const char *output, const struct disk *source, struct error *err)
{
	const char *member;

	for (unsigned int i = 0; (member = vhd_member_path(source, i)); i++)
		if (is_same_file(output, member))
			return refuse_source(output, err);
	return 0;
}

static int check_sources(const char *output, const struct write_paths *paths,
			 const struct disk *source, struct error *err)
{
	int r = check_chain(output, source, err);

	for (size_t i = 0; r == 0 && i < paths->data_count; i++)
		r = check_chain(output, paths->data[i].source, err);
	for (size_t i = 0; r == 0 && i < paths->kept_count; i++)
		if (is_same_file(output, paths->kept[i]))
			r = refuse_source(output, err);
	return r;
}

/* One file under two names, existing or not: the same folder and, as some file systems are blind to
 * case, the same letters. */
static bool is_one_output(const char *a, const char *b)
{
	CLEANUP_FREE char *a_folder = strdup(a), *b_folder = strdup(b);
	CLEANUP_FREE char *a_name = strdup(a), *b_name = strdup(b);

	if (!a_folder || !b_folder || !a_name || !b_name)
		return true; /* out of memory: better not */
	return is_same_file(dirname(a_folder), dirname(b_folder)) &&
	       strcasecmp(basename(a_name), basename(b_name)) == 0;
}

static int check_output(const char *output, const struct write_paths *paths,
			const struct disk *source, struct error *err)
{
	int r;

	if (strcmp(output, "-") == 0)
		return error_usage(err, "'-' is no file; '--json' prints the report, './-' is a "
					"file of that name");
	if (*output == '\0' || output[strlen(output) - 1] == '/')
		return error_usage(err, "'%s' names no file", output);
	r = outfile_check_place(output, true, err);
	if (r == 0)
		r = check_sources(output, paths, source, err);
	return r < 0 ? r : outfile_check_place(output, paths->replace, err);
}

/* All outputs: the three, forms, then the data disks. NULL for one that is not made. */
static const char *output_at(const struct write_paths *paths, size_t index)
{
	const char *const outputs[] = {paths->disk, paths->nvram, paths->report};

	if (index < ARRAY_SIZE(outputs))
		return outputs[index];
	index -= ARRAY_SIZE(outputs);
	return index < WRITE_FORM_MAX ? paths->forms[index]
				      : paths->data[index - WRITE_FORM_MAX].path;
}

int write_check_paths(const struct write_paths *paths, const struct disk *source, struct error *err)
{
	size_t count = 3 + WRITE_FORM_MAX + paths->data_count;
	int r = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; output_at(paths, i) && j < i; j++)
			if (output_at(paths, j) &&
			    is_one_output(output_at(paths, i), output_at(paths, j)))
				return error_usage(
					err, "'%s' and '%s' are one file, named for two outputs",
					output_at(paths, j), output_at(paths, i));
	for (size_t i = 0; r == 0 && i < count; i++)
		if (output_at(paths, i))
			r = check_output(output_at(paths, i), paths, source, err);
	return r;
}

mode_t write_mode(const char *path, const struct disk *source)
{
	struct stat st;
	mode_t mode = 0666;

	if (!source)
		return mode & (stat(path, &st) == 0 ? st.st_mode : 0600);
	for (unsigned int i = 0; vhd_member_path(source, i); i++)
		mode &= vhd_member_stat(source, i, &st) ? st.st_mode : 0600;
	return mode;
}

uint64_t write_source_time(const struct disk *source)
{
	uint64_t newest = 0;
	struct stat st;

	for (unsigned int i = 0; vhd_member_stat(source, i, &st); i++)
		newest = max_u64(newest, (uint64_t)st.st_mtim.tv_sec * 1000000000 +
						 (uint64_t)st.st_mtim.tv_nsec);
	return newest;
}
