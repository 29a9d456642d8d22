/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a VM consists of: see members.h. */
#include "convert/batch/plan/members.h"

#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/batch/plan/child.h"
#include "convert/batch/state/record.h"

/* Of some hundred paths. */
#define MAX_TEXT (4 * MIB)

struct reading {
	const struct conversion_options *known;
	const char *path;
	json_t *options;
};

/* In the child: on standard output. */
static int read_vm(void *context)
{
	const struct reading *reading = context;
	CLEANUP_JSON json_t *object = json_object();
	CLEANUP_FREE char *text = NULL;
	struct error err = ERROR_INIT;
	int r = reading->known->read_vm(reading->path, reading->options, object, &err);

	text = r < 0 ? NULL : text_json_dump(object);
	return text && write(STDOUT_FILENO, text, strlen(text)) == (ssize_t)strlen(text)
		       ? 0
		       : ERROR_FAILED;
}

static json_t *read_in_child(struct reading *reading)
{
	CLEANUP_CHILD struct child child = CHILD_INIT;
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	json_t *object;

	if (child_fork(&child, read_vm, reading, NULL) < 0 || child_wait(&child) != 0 ||
	    child_read(child.output, MAX_TEXT, &text, NULL) < 0)
		return NULL;
	object = json_loadb((const char *)text.data, text.size, 0, NULL);
	if (json_array_size(json_object_get(object, "files")) > 0)
		return object;
	json_decref(object);
	return NULL;
}

/* A file as record_path() reads it. */
static json_t *unreadable(const char *path)
{
	json_t *file = json_object();

	text_json_set_path(file, "path", path);
	return json_pack("{s[o]s[]s[]}", "files", file, "kept", "slots");
}

json_t *members_read(const struct conversion_options *known, const char *path, json_t *options)
{
	struct reading reading = {known, path, options};
	json_t *object;

	if (!known->is_vm(path, options))
		return NULL;
	object = read_in_child(&reading);
	return object ? object : unreadable(path);
}
