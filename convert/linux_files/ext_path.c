/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk along a path, symlink by symlink: see ext_path.h. */
#include "convert/linux_files/ext_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"

/* As Linux has them. */
#define MAX_PATH  4095
#define MAX_LINKS 40

struct walk {
	ext2_filsys fs;
	struct ext_io *io;
	const char *path; /* for messages */
	struct ext_node here;
	unsigned int links;
	char rest[MAX_PATH + 1]; /* still to go */
	struct error *err;
};

static int fail_walk(const struct walk *walk, int code)
{
	return error_failed(walk->err, code, "'%s': %s", walk->path, strerror(code));
}

/* An inode that is damaged stays in the library's cache under the number of the one that was there. */
static int damaged_walk(const struct walk *walk, errcode_t code)
{
	(void)ext2fs_flush_icache(walk->fs);
	return ext_io_error(walk->io, code, walk->path, walk->err);
}

static int read_node(const struct walk *walk, ext2_ino_t number, struct ext_node *ret)
{
	errcode_t code = ext2fs_read_inode(walk->fs, number, &ret->inode);

	ret->number = number;
	return code ? damaged_walk(walk, code) : 0;
}

/* Short ones stand in the inode, others are files. */
static errcode_t read_target(const struct walk *walk, struct ext_node *link, char *target,
			     unsigned int size)
{
	ext2_file_t file;
	unsigned int got;
	errcode_t code;

	if (ext2fs_is_fast_symlink(&link->inode)) {
		memcpy(target, link->inode.i_block, min_u64(size, sizeof(link->inode.i_block)));
		return 0;
	}
	code = ext2fs_file_open2(walk->fs, link->number, &link->inode, 0, &file);
	if (code)
		return code;
	code = ext2fs_file_read(file, target, size, &got);
	if (code == 0 && got != size)
		code = EXT2_ET_SHORT_READ;
	ext2fs_file_close(file);
	return code;
}

/* The target takes the place of the component; what was to follow follows it. */
static int follow_link(struct walk *walk, struct ext_node *link)
{
	uint64_t size = EXT2_I_SIZE(&link->inode);
	char target[MAX_PATH + 1] = "", longer[sizeof(target) + sizeof(walk->rest)];
	errcode_t code;

	if (++walk->links > MAX_LINKS)
		return fail_walk(walk, ELOOP);
	if (size > MAX_PATH)
		return fail_walk(walk, ENAMETOOLONG);
	code = read_target(walk, link, target, (unsigned int)size);
	if (code)
		return damaged_walk(walk, code);
	if (*target == '\0')
		return fail_walk(walk, ENOENT);
	if (snprintf(longer, sizeof(longer), "%s/%s", target, walk->rest) > MAX_PATH)
		return fail_walk(walk, ENAMETOOLONG);
	memcpy(walk->rest, longer, strlen(longer) + 1);
	return *target == '/' ? read_node(walk, EXT2_ROOT_INO, &walk->here) : 0;
}

/* The next component, taken off the rest; "" when there is none. */
static int next_name(struct walk *walk, char name[EXT2_NAME_LEN + 1])
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/");

	if (length > EXT2_NAME_LEN)
		return fail_walk(walk, ENAMETOOLONG);
	memcpy(name, start, length);
	name[length] = '\0';
	memmove(walk->rest, start + length, strlen(start + length) + 1);
	return 0;
}

static int step_to(struct walk *walk, const char *name)
{
	struct ext_node child;
	ext2_ino_t number;
	errcode_t code;
	int r;

	if (!LINUX_S_ISDIR(walk->here.inode.i_mode))
		return fail_walk(walk, ENOTDIR);
	code = ext2fs_lookup(walk->fs, walk->here.number, name, (int)strlen(name), NULL, &number);
	if (code == EXT2_ET_FILE_NOT_FOUND)
		return fail_walk(walk, ENOENT);
	if (code)
		return damaged_walk(walk, code);
	r = read_node(walk, number, &child);
	if (r == 0 && LINUX_S_ISLNK(child.inode.i_mode))
		return follow_link(walk, &child);
	if (r == 0)
		walk->here = child;
	return r;
}

int ext_path_find(ext2_filsys fs, struct ext_io *io, const char *path, struct ext_node *ret,
		  struct error *err)
{
	struct walk walk = {.fs = fs, .io = io, .path = path, .err = err};
	char name[EXT2_NAME_LEN + 1] = "/";
	int r;

	if (strlen(path) > MAX_PATH)
		return error_failed(err, ENAMETOOLONG, "'%.60s...': %s", path,
				    strerror(ENAMETOOLONG));
	memcpy(walk.rest, path, strlen(path) + 1);
	r = read_node(&walk, EXT2_ROOT_INO, &walk.here);
	while (r == 0 && *name) {
		r = next_name(&walk, name);
		if (r == 0 && *name && strcmp(name, ".") != 0)
			r = step_to(&walk, name);
	}
	if (r == 0)
		*ret = walk.here;
	return r;
}
