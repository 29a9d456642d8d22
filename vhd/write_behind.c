/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sending a file to the device while it is written: see write_behind.h. */
#include "vhd/write_behind.h"

#include <errno.h>
#include <fcntl.h>

/* Wait until the bytes are on the device, and give up their pages. */
static int settle_piece(int fd, off_t start, off_t length)
{
	if (sync_file_range(fd, start, length,
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER) == 0) {
		posix_fadvise(fd, start, length, POSIX_FADV_DONTNEED);
		return 0;
	}
	return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == ESPIPE
		       ? 0
		       : -errno;
}

int write_behind(struct write_behind *state, uint64_t end)
{
	uint64_t settled = state->settled, sent = state->sent;

	if (end - sent < WRITE_BEHIND_PIECE)
		return 0;
	/* An error is found when the piece is waited for. */
	sync_file_range(state->fd, (off_t)sent, (off_t)(end - sent), SYNC_FILE_RANGE_WRITE);
	state->sent = end;
	if (end - settled <= WRITE_BEHIND_LEAD)
		return 0;
	state->settled = end - WRITE_BEHIND_LEAD;
	return settle_piece(state->fd, (off_t)settled, (off_t)(state->settled - settled));
}
