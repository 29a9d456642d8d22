/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to GRUB: see grub.h. */
#include "convert/verify/grub.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/checked.h"

void verify_grub_close(struct grub_file *file)
{
	cleanup_close(&file->fd);
	file->fd = -1;
}

enum grub_answer verify_grub_ask(struct verify *verify, enum grub_reader_wish wish,
				 const char *device, const char *path, uint64_t most,
				 struct grub_file *ret)
{
	const struct grub_reader_question question = {wish, device, path, most};
	struct grub_reader_answer answer;
	struct error err = ERROR_INIT;
	int r = grub_reader_ask(verify->grub, &question, &answer, &err);

	*ret = (struct grub_file){.fd = answer.fd, .size = answer.size};
	if (r == 0 && answer.fd >= 0)
		return GRUB_ANSWER;
	snprintf(ret->words, sizeof(ret->words), "%s", r < 0 ? err.message : answer.said);
	return r == 0 || err.kind == ERROR_DAMAGED ? GRUB_FAULT : GRUB_SILENT;
}

enum grub_answer verify_grub_text(struct verify *verify, enum grub_reader_wish wish,
				  const char *device, const char *path, uint64_t most,
				  char **ret_text, struct grub_file *ret)
{
	enum grub_answer answer = verify_grub_ask(verify, wish, device, path, most, ret);
	char *text;

	if (answer != GRUB_ANSWER)
		return answer;
	text = calloc(1, (size_t)ret->size + 1);
	if (!text || pread(ret->fd, text, (size_t)ret->size, 0) != (ssize_t)ret->size) {
		free(text);
		snprintf(ret->words, sizeof(ret->words), "no memory");
		answer = GRUB_SILENT;
	} else {
		*ret_text = text;
	}
	verify_grub_close(ret);
	return answer;
}
