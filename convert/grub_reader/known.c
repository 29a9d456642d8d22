/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that were given once: see known.h. */
#include "convert/grub_reader/known.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static void answer_done(struct known_answer *known)
{
	cleanup_close(&known->answer.fd);
	free(known->device);
	free(known->path);
}

void known_done(struct known *known)
{
	while (known->count > 0)
		answer_done(&known->list[--known->count]);
}

/* False when there is no descriptor left. */
static bool copy_answer(const struct grub_reader_answer *answer, struct grub_reader_answer *ret)
{
	*ret = *answer;
	if (answer->fd >= 0)
		ret->fd = fcntl(answer->fd, F_DUPFD_CLOEXEC, 0);
	return answer->fd < 0 || ret->fd >= 0;
}

bool known_find(const struct known *known, enum grub_reader_wish wish, const char *device,
		const char *path, struct grub_reader_answer *ret)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct known_answer *one = &known->list[i];

		if (one->wish == wish && strcmp(one->path, path) == 0 &&
		    strcmp(one->device, device) == 0)
			return copy_answer(&one->answer, ret);
	}
	return false;
}

void known_keep(struct known *known, enum grub_reader_wish wish, const char *device,
		const char *path, const struct grub_reader_answer *answer)
{
	struct known_answer one = {.wish = wish, .answer = {.fd = -1}};
	bool has_file = answer->fd >= 0;

	if (known->count == KNOWN_MAX || (has_file && known->files == KNOWN_FILES))
		return;
	one.device = strdup(device);
	one.path = strdup(path);
	if (one.device && one.path && copy_answer(answer, &one.answer)) {
		known->list[known->count++] = one;
		known->files += has_file;
	} else {
		answer_done(&one);
	}
}
