/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of logical volumes: see lvm.h. Of the text nothing but its sections is read:
 *
 *     vg { id = "..." ... logical_volumes { root { ... } swap { ... } } }
 */
#include "convert/verify/menu/lvm.h"

#include <stdio.h>
#include <string.h>

static const char name_bytes[] =
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+_.-";

struct reading {
	char word[LVM_NAME]; /* the last one; "" behind anything else */
	char group[LVM_NAME];
	unsigned int depth;
	bool in_volumes;
};

static const char *read_word(struct reading *reading, const char *at)
{
	size_t length = strspn(at, name_bytes);

	snprintf(reading->word, sizeof(reading->word), "%.*s", length < LVM_NAME ? (int)length : 0,
		 at);
	return at + length;
}

/* True when it is the section of a volume. */
static bool open_section(struct reading *reading)
{
	bool is_volume = reading->depth == 2 && reading->in_volumes && reading->word[0];

	if (reading->depth == 0)
		memcpy(reading->group, reading->word, sizeof(reading->group));
	if (reading->depth == 1)
		reading->in_volumes = strcmp(reading->word, "logical_volumes") == 0;
	reading->depth++;
	return is_volume && reading->group[0];
}

/* Strings and comments may hold braces. */
static const char *skip_other(struct reading *reading, const char *at)
{
	reading->word[0] = '\0';
	if (*at == '#')
		return at + strcspn(at, "\n");
	if (*at != '"')
		return at + 1;
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
			if (open_section(&reading))
				take(opaque, reading.group, reading.word);
			reading.word[0] = '\0';
			at++;
		} else if (*at == '}') {
			reading.depth -= reading.depth > 0;
			at++;
		} else if (strchr(" \t\r\n", *at)) {
			at++;
		} else {
			at = skip_other(&reading, at);
		}
	}
}
