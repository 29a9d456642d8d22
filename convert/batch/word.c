/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a keeper says: see word.h. */
#include "convert/batch/word.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/json/text_json.h"

void word_say(json_t *word)
{
	CLEANUP_FREE char *text = json_dumps(word, JSON_COMPACT), *line = NULL;
	ssize_t ignored;

	json_decref(word);
	if (!text || asprintf(&line, "%s\n", text) < 0) {
		line = NULL;
		return;
	}
	ignored = write(STDOUT_FILENO, line, strlen(line));
	(void)ignored;
}

json_t *word_of(enum vm_state state)
{
	return json_pack("{ss}", "state", vm_state_text(state));
}

json_t *word_of_error(enum vm_state state, const struct error *err)
{
	json_t *word = word_of(state), *error = json_object();

	json_object_set_new(error, "exit_status", json_integer(err->kind));
	json_object_set_new(error, "message", text_json(err->message));
	json_object_set_new(word, "error", error);
	return word;
}
