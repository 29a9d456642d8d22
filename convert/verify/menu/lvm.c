/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of logical volumes: see lvm.h. Of the text nothing is read but its sections, and the words of a
 * volume's status:
 *
 *     vg { id = "..." ... logical_volumes { root { status = ["READ", "VISIBLE"] ... } swap { ... } } }
 */
#include "convert/verify/menu/lvm.h"

#include <stdio.h>
#include <string.h>

static const char name_bytes[] =
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+_.-";

struct reading {
	char word[LVM_NAME]; /* the last one; "" behind anything else */
	char group[LVM_NAME];
	char volume[LVM_NAME]; /* "" for what is none */
	unsigned int depth;
	bool in_volumes, in_status;
	bool is_visible; /* the volume */
};

static const char *read_word(struct reading *reading, const char *at)
{
	size_t length = strspn(at, name_bytes);

	snprintf(reading->word, sizeof(reading->word), "%.*s", length < LVM_NAME ? (int)length : 0,
		 at);
	return at + length;
}

static void open_section(struct reading *reading)
{
	if (reading->depth == 0)
		memcpy(reading->group, reading->word, sizeof(reading->group));
	if (reading->depth == 1)
		reading->in_volumes = strcmp(reading->word, "logical_volumes") == 0;
	if (reading->depth == 2) {
		memcpy(reading->volume, reading->word, sizeof(reading->volume));
		reading->is_visible = false;
	}
	reading->word[0] = '\0';
	reading->depth++;
}

/* True when it was the section of a volume that is shown. */
static bool close_section(struct reading *reading)
{
	reading->word[0] = '\0';
	if (reading->depth == 0)
		return false;
	reading->depth--;
	return reading->depth == 2 && reading->in_volumes && reading->is_visible &&
	       reading->volume[0] && reading->group[0];
}

/* Strings and comments may hold braces. */
static const char *skip_other(struct reading *reading, const char *at)
{
	static const char visible[] = "\"VISIBLE\"";

	if (*at == '=' && reading->depth == 3)
		reading->in_status = strcmp(reading->word, "status") == 0;
	reading->word[0] = '\0';
	if (*at == '#')
		return at + strcspn(at, "\n");
	if (*at != '"')
		return at + 1;
	if (reading->depth == 3 && reading->in_status && strncmp(at, visible, strlen(visible)) == 0)
		reading->is_visible = true;
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return at + (*at == '"');
}

void verify_lvm_names(const char *text,
		      void (*take)(void *opaque, const char *group, const char *volume),
		      void *opaque)
{
	struct reading reading = {.depth = 0};

	for (const char *at = text; *at;) {
		if (strchr(name_bytes, *at)) {
			at = read_word(&reading, at);
		} else if (*at == '{') {
			open_section(&reading);
			at++;
		} else if (*at == '}') {
			if (close_section(&reading))
				take(opaque, reading.group, reading.volume);
			at++;
		} else if (strchr(" \t\r\n", *at)) {
			at++;
		} else {
			at = skip_other(&reading, at);
		}
	}
}
