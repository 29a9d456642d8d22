/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The io_manager: see ext_io.h. */
#include "convert/linux_files/ext_io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

#define LEAST_COST KIB

/* The library asks the manager by name, and copies the name; a pointer has to travel as text. */
void ext_io_name(const struct ext_io *io, char name[EXT_IO_NAME_SIZE])
{
	snprintf(name, EXT_IO_NAME_SIZE, "%" PRIxPTR, (uintptr_t)io);
}

static errcode_t channel_open(const char *name, int flags, io_channel *ret)
{
	io_channel channel = calloc(1, sizeof(*channel));

	(void)flags;
	if (!channel)
		return EXT2_ET_NO_MEMORY;
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = ext_io_manager();
	channel->name = strdup(name);
	channel->block_size = 1024;
	channel->refcount = 1;
	channel->private_data = (void *)(uintptr_t)strtoumax(name, NULL, 16);
	if (!channel->name) {
		free(channel);
		return EXT2_ET_NO_MEMORY;
	}
	*ret = channel;
	return 0;
}

static errcode_t channel_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t channel_set_blksize(io_channel channel, int size)
{
	channel->block_size = size;
	return 0;
}

/* A negative count is one of bytes. */
static bool range_of(const struct struct_io_channel *channel, uint64_t block, int count,
		     uint64_t *ret_offset, uint64_t *ret_length)
{
	uint64_t size = (uint64_t)channel->block_size;

	*ret_length = count < 0 ? (uint64_t) - (int64_t)count : (uint64_t)count * size;
	return mul_u64(block, size, ret_offset);
}

static bool spend(struct ext_io *io, uint64_t length)
{
	uint64_t cost = max_u64(length, LEAST_COST);

	io->is_spent = io->is_spent || cost > io->allowance;
	if (!io->is_spent)
		io->allowance -= cost;
	return !io->is_spent;
}

/* The piece at 'at', a multiple of its size; NULL when it cannot be had as a whole. */
static const uint8_t *piece_of(struct ext_io *io, uint64_t at)
{
	unsigned int i = 0;
	uint8_t *piece;

	while (i < EXT_IO_PIECES && io->piece_at[i] != at + 1)
		i++;
	if (i < EXT_IO_PIECES)
		return io->pieces + (size_t)i * EXT_IO_PIECE;
	if (!io->pieces)
		io->pieces = malloc((size_t)EXT_IO_PIECES * EXT_IO_PIECE);
	if (!io->pieces || !range_within(at, EXT_IO_PIECE, io->disk->size))
		return NULL;
	piece = io->pieces + (size_t)io->next_piece * EXT_IO_PIECE;
	io->piece_at[io->next_piece] = 0;
	if (disk_read(io->disk, piece, EXT_IO_PIECE, at, NULL) < 0)
		return NULL;
	io->piece_at[io->next_piece] = at + 1;
	io->next_piece = (io->next_piece + 1) % EXT_IO_PIECES;
	return piece;
}

/* What no piece holds is read by itself, which also says what is wrong with it. */
static int read_bytes(struct ext_io *io, void *data, size_t length, uint64_t offset)
{
	uint64_t within = offset % EXT_IO_PIECE;
	const uint8_t *piece =
		within + length <= EXT_IO_PIECE ? piece_of(io, offset - within) : NULL;

	if (!piece)
		return disk_read(io->disk, data, length, offset, &io->problem);
	memcpy(data, piece + within, length);
	return 0;
}

static errcode_t channel_read_blk64(io_channel channel, unsigned long long block, int count,
				    void *data)
{
	struct ext_io *io = channel->private_data;
	uint64_t offset, length;

	if (!range_of(channel, block, count, &offset, &length) ||
	    !range_within(offset, length, io->disk->size) || !spend(io, length))
		return EXT2_ET_SHORT_READ;
	return read_bytes(io, data, length, offset) < 0 ? EXT2_ET_SHORT_READ : 0;
}

static errcode_t channel_read_blk(io_channel channel, unsigned long block, int count, void *data)
{
	return channel_read_blk64(channel, block, count, data);
}

static errcode_t channel_write_blk64(io_channel channel, unsigned long long block, int count,
				     const void *data)
{
	(void)channel, (void)block, (void)count, (void)data;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t channel_write_blk(io_channel channel, unsigned long block, int count,
				   const void *data)
{
	return channel_write_blk64(channel, block, count, data);
}

static errcode_t channel_write_byte(io_channel channel, unsigned long offset, int count,
				    const void *data)
{
	return channel_write_blk64(channel, offset, count, data);
}

static errcode_t channel_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

io_manager ext_io_manager(void)
{
	/* Not const because the library's type is not; nobody writes it. */
	static struct struct_io_manager manager = {
		.magic = EXT2_ET_MAGIC_IO_MANAGER,
		.name = "disk",
		.open = channel_open,
		.close = channel_close,
		.set_blksize = channel_set_blksize,
		.read_blk = channel_read_blk,
		.read_blk64 = channel_read_blk64,
		.write_blk = channel_write_blk,
		.write_blk64 = channel_write_blk64,
		.write_byte = channel_write_byte,
		.flush = channel_flush,
	};

	return &manager;
}

void ext_io_allow(struct ext_io *io, uint64_t bytes)
{
	io->allowance = bytes;
	io->is_spent = false;
	io->problem = (struct error)ERROR_INIT;
}

int ext_io_error(const struct ext_io *io, errcode_t code, const char *subject, struct error *err)
{
	if (io->problem.kind != ERROR_NONE) {
		if (err)
			*err = io->problem;
		return error_prefix(err, "'%s'", subject);
	}
	if (code == EXT2_ET_NO_MEMORY || code == ENOMEM)
		return error_failed(err, ENOMEM, "'%s': out of memory", subject);
	if (io->is_spent)
		return error_damaged(err,
				     "'%s': the ext file system is damaged: more has to be read "
				     "than a sound one needs",
				     subject);
	return error_damaged(err, "'%s': the ext file system is damaged: %s", subject,
			     error_message(code));
}
