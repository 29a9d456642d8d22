/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that reads files of Linux guests: see linux_reader.h. */
#include "convert/cmd/linux_reader.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/checked.h"

struct grub_reader *cmd_reader_start(enum sandbox_wish wish)
{
	return grub_reader_start(wish == SANDBOX_REQUIRE);
}

/* Embedded; NULL stands behind the last. */
struct key_list {
	char **list;
	size_t count, room;
	struct error problem; /* the last */
};

static void key_list_done(struct key_list *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->list[i]);
	free(keys->list);
}

static void add_key(struct key_list *keys, const char *key, const char *value)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	buffer_printf(&text, "%s=%s", key, value);
	keys->list[keys->count] = buffer_take_text(&text);
	if (keys->list[keys->count])
		keys->count++;
	else
		error_failed(&keys->problem, ENOMEM, "out of memory");
}

/* Names that mean another file in another process. */
static bool is_of_process(const char *path)
{
	static const char *const starts[] = {"/dev/fd/", "/dev/std", "/proc/self/",
					     "/proc/thread-self/"};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (strncmp(path, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* Whoever opens it is in another folder. */
static void add_path(struct key_list *keys, const char *key, const char *path)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	char folder[PATH_MAX] = "";
	CLEANUP_FREE char *absolute = NULL;

	if (path[0] != '/' && !getcwd(folder, sizeof(folder))) {
		error_errno(&keys->problem, "the folder of '%s' cannot be told", path);
		return;
	}
	buffer_printf(&text, "%s%s%s", folder, folder[0] ? "/" : "", path);
	absolute = buffer_take_text(&text);
	if (!absolute)
		error_failed(&keys->problem, ENOMEM, "out of memory");
	else if (strlen(absolute) >= PATH_MAX || is_of_process(path))
		error_failed(
			&keys->problem, EINVAL,
			"'%s' cannot be read by another process, which this file system takes: "
			"name the file itself, in less than %d bytes",
			path, PATH_MAX);
	else
		add_key(keys, key, absolute);
}

static void add_all(struct key_list *keys, const struct cmd_source *source, const char *path)
{
	const char *format = cmd_source_format_name(source);

	add_path(keys, "disk", path);
	if (format)
		add_key(keys, "source-format", format);
	for (size_t i = 0; i < source->parents.count; i++)
		add_path(keys, "parent", source->parents.names[i]);
	for (size_t i = 0; i < source->parent_dirs.count; i++)
		add_path(keys, "parent-dir", source->parent_dirs.names[i]);
}

void cmd_reader_set_disk(struct grub_reader *reader, const struct cmd_source *source,
			 const char *path)
{
	CLEANUP(key_list_done)
	struct key_list keys = {
		.list = calloc(3 + source->parents.count + source->parent_dirs.count,
			       sizeof(*keys.list))};

	if (!reader)
		return;
	if (keys.list)
		add_all(&keys, source, path);
	else
		error_failed(&keys.problem, ENOMEM, "out of memory");
	if (keys.problem.kind == ERROR_NONE)
		grub_reader_set_disk(reader, (const char *const *)keys.list);
	else
		grub_reader_give_up(reader, &keys.problem);
}

void cmd_reader_expect(struct grub_reader *reader, const struct disk *disk)
{
	struct grub_reader_file files[64];
	unsigned int count = vhd_info(disk)->chain_length;
	struct stat st;

	if (!reader || count > ARRAY_SIZE(files))
		return; /* and it answers nothing */
	for (unsigned int i = 0; i < count; i++) {
		if (!vhd_member_stat(disk, i, &st))
			return;
		files[i] = (struct grub_reader_file){st.st_dev, st.st_ino};
	}
	grub_reader_expect(reader, files, count);
}
