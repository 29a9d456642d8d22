/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events.jsonl: see state.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/json/text_json.h"
#include "convert/batch/state/state.h"

void batch_log(const struct batch *batch, const char *event, const char *name, const char *text)
{
	CLEANUP_FD int fd = openat(batch->fd, "events.jsonl",
				   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	CLEANUP_JSON json_t *line = json_object();
	CLEANUP_FREE char *dump = NULL, *whole = NULL;
	char time_text[32], host[65] = "";
	time_t now = time(NULL);
	struct tm parts;
	ssize_t ignored;

	gethostname(host, sizeof(host) - 1);
	if (gmtime_r(&now, &parts) && strftime(time_text, sizeof(time_text), "%FT%TZ", &parts))
		json_object_set_new(line, "time", json_string(time_text));
	json_object_set_new(line, "host", text_json(host));
	json_object_set_new(line, "event", json_string(event));
	if (name)
		json_object_set_new(line, "vm", text_json(name));
	if (text)
		json_object_set_new(line, "text", text_json(text));
	dump = json_dumps(line, JSON_COMPACT);
	if (fd < 0 || !dump || asprintf(&whole, "%s\n", dump) < 0) {
		whole = NULL;
		return;
	}
	ignored = write(fd, whole, strlen(whole));
	(void)ignored;
}
