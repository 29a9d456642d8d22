/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ext2, ext3 and ext4 by libext2fs, in process: see linux_files.h. What the library would allocate
 * by the superblock is checked before it is asked: its size against the disk's, and the number of
 * groups.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/linux_files/ext_io.h"
#include "convert/linux_files/ext_path.h"
#include "convert/linux_files/kinds.h"

/* Superblock (Linux, fs/ext4/ext4.h). */
#define SUPER_OFFSET	   1024
#define SUPER_SIZE	   1024
#define SUPER_BLOCKS	   4
#define SUPER_LOG_BLOCK	   24
#define SUPER_GROUP_BLOCKS 32
#define SUPER_INCOMPAT	   96
#define SUPER_BLOCKS_HIGH  336
#define MAX_LOG_BLOCK	   6	      /* 64 KiB */
#define MAX_GROUPS	   (1U << 20) /* 128 TiB with blocks of 4 KiB; descriptors of 64 MiB */

/* What a task may read: descriptors and more; folders; a part of a file, with up to seven blocks of
 * its tree for each of its own. */
#define OPEN_ALLOWANCE	     (256 * MIB)
#define FOLDER_ALLOWANCE     (64 * MIB)
#define READ_ALLOWANCE(size) (MIB + 8 * (uint64_t)(size))
#define MAX_STEP	     MIB

#define MAX_NAMES 65536

/* All else of incompatible features is read by GRUB 2.06 as Debian 12 has it: filetype,
 * needs_recovery, meta_bg, extents, 64bit, mmp, flex_bg, csum_seed, large_dir, encrypt. */
#define GRUB_INCOMPAT 0x163d6U

struct ext_files {
	struct linux_files files;
	struct ext_io io;
	ext2_filsys fs;
};

struct ext_stream {
	struct linux_stream stream;
	struct ext_files *ext;
	ext2_file_t file;
	char *path;
	uint64_t position;
};

static struct ext_files *ext_of(struct linux_files *files)
{
	return (struct ext_files *)files;
}

static void close_ext(struct linux_files *files)
{
	struct ext_files *ext = ext_of(files);

	if (ext->fs)
		ext2fs_free(ext->fs);
	free(ext->io.pieces);
	free(ext);
}

static const char *grub_trouble_of_ext(const struct linux_files *files)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{EXT2_FEATURE_INCOMPAT_COMPRESSION, "compression"},
		{EXT4_FEATURE_INCOMPAT_EA_INODE, "ea_inode"},
		{EXT4_FEATURE_INCOMPAT_DIRDATA, "dirdata"},
		{EXT4_FEATURE_INCOMPAT_INLINE_DATA, "inline_data"},
		{EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold"},
	};
	const struct ext2_super_block *super = ((const struct ext_files *)files)->fs->super;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (super->s_feature_incompat & names[i].bit)
			return names[i].name;
	if (super->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_BIGALLOC)
		return "bigalloc";
	return super->s_feature_incompat & ~GRUB_INCOMPAT ? "an unknown feature" : NULL;
}

static int find_node(struct ext_files *ext, const char *path, struct ext_node *ret,
		     struct error *err)
{
	ext_io_allow(&ext->io, FOLDER_ALLOWANCE);
	return ext_path_find(ext->fs, &ext->io, path, ret, err);
}

static enum linux_file_type type_of(const struct ext_node *node)
{
	if (LINUX_S_ISREG(node->inode.i_mode))
		return LINUX_FILE_REGULAR;
	return LINUX_S_ISDIR(node->inode.i_mode) ? LINUX_FILE_FOLDER : LINUX_FILE_OTHER;
}

static int find_in_ext(struct linux_files *files, const char *path, enum linux_file_type *ret,
		       uint64_t *ret_size, struct error *err)
{
	struct ext_node node;
	int r = find_node(ext_of(files), path, &node, err);

	if (r < 0)
		return r;
	*ret = type_of(&node);
	*ret_size = EXT2_I_SIZE(&node.inode);
	return 0;
}

/* --- folders --- */

struct names {
	char **list;
	size_t count, capacity;
	int problem; /* errno: ENOMEM, E2BIG or EUCLEAN */
};

static bool is_name(const char *name, size_t length)
{
	return length > 0 && !memchr(name, '/', length) && !memchr(name, '\0', length);
}

static int add_name(struct names *names, const char *name, size_t length)
{
	if (names->count == MAX_NAMES)
		return E2BIG;
	if (!is_name(name, length))
		return EUCLEAN;
	if (names->count == names->capacity) {
		size_t capacity = names->capacity ? names->capacity * 2 : 64;
		char **larger = realloc(names->list, capacity * sizeof(*larger));

		if (!larger)
			return ENOMEM;
		names->list = larger;
		names->capacity = capacity;
	}
	names->list[names->count] = strndup(name, length);
	return names->list[names->count] ? (names->count++, 0) : ENOMEM;
}

static int take_entry(ext2_ino_t folder, int kind, struct ext2_dir_entry *entry, int offset,
		      int block_size, char *buffer, void *private)
{
	struct names *names = private;
	size_t length = (size_t)ext2fs_dirent_name_len(entry);

	(void)folder, (void)offset, (void)block_size, (void)buffer;
	if (kind != DIRENT_OTHER_FILE || (length == 1 && entry->name[0] == '.') ||
	    (length == 2 && entry->name[0] == '.' && entry->name[1] == '.'))
		return 0;
	names->problem = add_name(names, entry->name, length);
	return names->problem ? DIRENT_ABORT : 0;
}

static int names_error(int problem, const char *path, struct error *err)
{
	if (problem == ENOMEM)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	if (problem == E2BIG)
		return error_damaged(err, "'%s' holds more than %d files", path, MAX_NAMES);
	return error_damaged(err, "'%s': the ext file system is damaged: a name is none", path);
}

static int list_in_ext(struct linux_files *files, const char *path, char ***ret_names,
		       size_t *ret_count, struct error *err)
{
	struct ext_files *ext = ext_of(files);
	struct names names = {.list = NULL};
	struct ext_node node;
	errcode_t code;
	int r = find_node(ext, path, &node, err);

	if (r < 0)
		return r;
	if (type_of(&node) != LINUX_FILE_FOLDER)
		return error_failed(err, ENOTDIR, "'%s': %s", path, strerror(ENOTDIR));
	code = ext2fs_dir_iterate2(ext->fs, node.number, 0, NULL, take_entry, &names);
	if (code || names.problem) {
		linux_files_names_free(names.list, names.count);
		return names.problem ? names_error(names.problem, path, err)
				     : ext_io_error(&ext->io, code, path, err);
	}
	*ret_names = names.list;
	*ret_count = names.count;
	return 0;
}

/* --- files --- */

static int read_step(struct ext_stream *stream, uint8_t *buffer, unsigned int size,
		     struct error *err)
{
	struct ext_files *ext = stream->ext;
	unsigned int got = 0;
	errcode_t code;

	ext_io_allow(&ext->io, READ_ALLOWANCE(size + ext->fs->blocksize));
	code = ext2fs_file_read(stream->file, buffer, size, &got);
	if (code == 0 && got != size)
		code = EXT2_ET_SHORT_READ;
	if (code)
		return ext_io_error(&ext->io, code, stream->path, err);
	stream->position += size;
	return 0;
}

static int read_in_ext(struct linux_stream *base, void *buffer, size_t size, size_t *ret_got,
		       struct error *err)
{
	struct ext_stream *stream = (struct ext_stream *)base;
	size_t wanted = min_u64(size, base->size - stream->position), done = 0;

	while (done < wanted) {
		unsigned int step = (unsigned int)min_u64(wanted - done, MAX_STEP);
		int r = read_step(stream, (uint8_t *)buffer + done, step, err);

		if (r < 0)
			return r;
		done += step;
	}
	*ret_got = wanted;
	return 0;
}

static void close_stream(struct linux_stream *base)
{
	struct ext_stream *stream = (struct ext_stream *)base;

	if (stream->file)
		ext2fs_file_close(stream->file);
	free(stream->path);
	free(stream);
}

static const struct linux_stream_ops ext_stream_ops = {.read = read_in_ext, .close = close_stream};

static int check_is_file(const struct ext_node *node, const char *path, struct error *err)
{
	enum linux_file_type type = type_of(node);
	int code = type == LINUX_FILE_FOLDER ? EISDIR : EINVAL;

	if (type != LINUX_FILE_REGULAR)
		return error_failed(err, code, "'%s': %s", path,
				    code == EISDIR ? strerror(code) : "this is no regular file");
	if (node->inode.i_flags & EXT4_ENCRYPT_FL)
		return error_refused(err, REFUSAL_LINUX_UNREADABLE, LINUX_UNREADABLE_ADVICE,
				     "'%s' is encrypted", path);
	return 0;
}

static int open_in_ext(struct linux_files *files, const char *path, uint64_t most,
		       struct linux_stream **ret, struct error *err)
{
	struct ext_files *ext = ext_of(files);
	CLEANUP_LINUX_STREAM struct linux_stream *base = NULL;
	struct ext_stream *stream;
	struct ext_node node;
	errcode_t code;
	int r = find_node(ext, path, &node, err);

	(void)most; /* nothing is read before it is asked for */
	if (r == 0)
		r = check_is_file(&node, path, err);
	if (r < 0)
		return r;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	*stream = (struct ext_stream){.stream = {.ops = &ext_stream_ops,
						 .size = EXT2_I_SIZE(&node.inode)},
				      .ext = ext,
				      .path = strdup(path)};
	base = &stream->stream;
	if (!stream->path)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	code = ext2fs_file_open2(ext->fs, node.number, &node.inode, 0, &stream->file);
	if (code)
		return ext_io_error(&ext->io, code, path, err);
	*ret = TAKE(base);
	return 0;
}

/* --- the file system --- */

static const struct linux_files_ops ext_ops = {
	.find = find_in_ext,
	.list = list_in_ext,
	.open = open_in_ext,
	.grub_trouble = grub_trouble_of_ext,
	.close = close_ext,
};

static int check_super(struct disk *disk, struct error *err)
{
	uint8_t super[SUPER_SIZE];
	uint64_t blocks, size;
	uint32_t log_block, group_blocks;
	int r = disk_read(disk, super, sizeof(super), SUPER_OFFSET, err);

	if (r < 0)
		return r;
	log_block = get_le32(super + SUPER_LOG_BLOCK);
	group_blocks = get_le32(super + SUPER_GROUP_BLOCKS);
	blocks = get_le32(super + SUPER_BLOCKS);
	if (get_le32(super + SUPER_INCOMPAT) & EXT4_FEATURE_INCOMPAT_64BIT)
		blocks |= (uint64_t)get_le32(super + SUPER_BLOCKS_HIGH) << 32;
	if (log_block > MAX_LOG_BLOCK || !mul_u64(blocks, UINT64_C(1024) << log_block, &size))
		return error_damaged(err,
				     "the superblock of ext at offset %d is damaged: %" PRIu64
				     " blocks of 2^%" PRIu32 " KiB",
				     SUPER_OFFSET, blocks, log_block);
	if (size > disk->size)
		return error_damaged(err,
				     "the superblock of ext at offset %d says that the file system "
				     "has %" PRIu64 " bytes, more than the %" PRIu64
				     " of its partition",
				     SUPER_OFFSET, size, disk->size);
	if (group_blocks == 0 || div_round_up(blocks, group_blocks) > MAX_GROUPS)
		return error_damaged(err,
				     "the superblock of ext at offset %d is damaged: %" PRIu64
				     " blocks in groups of %" PRIu32,
				     SUPER_OFFSET, blocks, group_blocks);
	return 0;
}

static bool is_unsupported(errcode_t code)
{
	return code == EXT2_ET_UNSUPP_FEATURE || code == EXT2_ET_RO_UNSUPP_FEATURE ||
	       code == EXT2_ET_REV_TOO_HIGH;
}

static int open_fs(struct ext_files *ext, struct error *err)
{
	char name[EXT_IO_NAME_SIZE];
	errcode_t code;

	initialize_ext2_error_table(); /* the texts of its errors; the second time does nothing */
	ext_io_name(&ext->io, name);
	ext_io_allow(&ext->io, OPEN_ALLOWANCE);
	code = ext2fs_open(name,
			   EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES | EXT2_FLAG_SKIP_MMP, 0,
			   0, ext_io_manager(), &ext->fs);
	if (is_unsupported(code))
		return error_refused(err, REFUSAL_LINUX_UNREADABLE, LINUX_UNREADABLE_ADVICE,
				     "the ext file system cannot be read: %s", error_message(code));
	return code ? ext_io_error(&ext->io, code, "/", err) : 0;
}

int linux_files_open_ext(struct disk *disk, struct linux_files **ret, struct error *err)
{
	CLEANUP_LINUX_FILES struct linux_files *files = NULL;
	struct ext_files *ext;
	int r = check_super(disk, err);

	if (r < 0)
		return r;
	ext = calloc(1, sizeof(*ext));
	if (!ext)
		return error_failed(err, ENOMEM, "out of memory");
	ext->files.ops = &ext_ops;
	ext->io.disk = disk;
	files = &ext->files;
	r = open_fs(ext, err);
	if (r == 0)
		*ret = TAKE(files);
	return r;
}
