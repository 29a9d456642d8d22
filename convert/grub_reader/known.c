/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that were given once: see known.h. */
#include "convert/grub_reader/known.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void answer_done(struct known_answer *known)
{
	cleanup_close(&known->fd);
	free((void *)(uintptr_t)known->question.device);
	free((void *)(uintptr_t)known->question.path);
}

void known_done(struct known *known)
{
	while (known->count > 0)
		answer_done(&known->list[--known->count]);
}

static bool is_same(const struct grub_reader_question *one,
		    const struct grub_reader_question *other)
{
	return one->wish == other->wish && one->most == other->most &&
	       strcmp(one->path, other->path) == 0 && strcmp(one->device, other->device) == 0;
}

/* False when there is no descriptor left. */
static bool copy_file(int fd, int *ret)
{
	*ret = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 || *ret >= 0;
}

bool known_find(const struct known *known, const struct grub_reader_question *question,
		struct answer *ret, int *ret_fd)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct known_answer *one = &known->list[i];

		if (!is_same(&one->question, question))
			continue;
		*ret = one->answer;
		return copy_file(one->fd, ret_fd);
	}
	return false;
}

static bool has_room(const struct known *known, int fd, uint64_t *ret_bytes)
{
	struct stat st = {.st_size = 0};

	if (fd >= 0 && (fstat(fd, &st) < 0 || known->files == KNOWN_FILES))
		return false;
	*ret_bytes = (uint64_t)st.st_size;
	return known->count < KNOWN_MAX && *ret_bytes <= KNOWN_BYTES - known->bytes;
}

void known_keep(struct known *known, const struct grub_reader_question *question,
		const struct answer *answer, int fd)
{
	struct known_answer one = {.question = *question, .answer = *answer, .fd = -1};
	uint64_t bytes;

	if (!has_room(known, fd, &bytes))
		return;
	one.question.device = strdup(question->device);
	one.question.path = strdup(question->path);
	if (!one.question.device || !one.question.path || !copy_file(fd, &one.fd)) {
		answer_done(&one);
		return;
	}
	known->list[known->count++] = one;
	known->files += fd >= 0;
	known->bytes += bytes;
}
