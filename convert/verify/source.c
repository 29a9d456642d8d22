/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was so in the source: the report of the conversion says it, in after.partitions[].as_found.
 * It is believed only of the disk whose GUID it names. Without a report everything that is odd is a
 * failure.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/verify/checks.h"

#define CHECK	   "report"
#define MAX_REPORT (64 * MIB)

static const struct {
	const char *word;
	unsigned int bit;
} words[] = {
	{"unreadable", VERIFY_SOURCE_UNREADABLE},
	{"backup-boot-sector", VERIFY_SOURCE_BACKUP},
	{"sector-size", VERIFY_SOURCE_SECTOR_SIZE},
};

static unsigned int bit_of(const char *word)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i].word) == 0)
			return words[i].bit;
	return 0;
}

static unsigned int bits_of(const json_t *array)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < json_array_size(array); i++)
		bits |= bit_of(json_string_value(json_array_get(array, i)));
	return bits;
}

static void take_partition(struct verify *verify, const json_t *partition)
{
	json_int_t number = json_integer_value(json_object_get(partition, "number"));

	for (size_t i = 0; i < verify->partition_count; i++)
		if (verify->partitions[i].number == number)
			verify->partitions[i].as_found =
				bits_of(json_object_get(partition, "as_found"));
}

/* The report as JSON; NULL with 'fault' when it cannot be read. */
static json_t *load(const char *path, char fault[256])
{
	json_error_t error;
	struct stat st;
	json_t *root;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > MAX_REPORT) {
		snprintf(fault, 256, "no file of up to 64 MiB");
		return NULL;
	}
	root = json_load_file(path, 0, &error);
	if (!root)
		snprintf(fault, 256, "%.200s", error.text);
	return root;
}

static void use_report(struct verify *verify, const char *path)
{
	char fault[256] = "it is the report of another disk";
	json_t *root = load(path, fault);
	const json_t *after = json_object_get(root, "after");
	const json_t *partitions = json_object_get(after, "partitions");
	const char *text = json_string_value(json_object_get(after, "disk_guid"));
	struct guid guid;

	if (root && text && guid_parse(text, &guid) && guid_equal(&guid, &verify->disk_guid))
		for (size_t i = 0; i < json_array_size(partitions); i++)
			take_partition(verify, json_array_get(partitions, i));
	else if (verify->report_path)
		verify_fail(verify, CHECK, "'%s': %s", path, fault);
	else
		verify_skip(verify, CHECK, "'%s': %s", path, fault);
	json_decref(root);
}

void verify_source(struct verify *verify)
{
	CLEANUP_FREE char *sister = verify_sister(verify->path, ".report.json");
	const char *path = verify->report_path ? verify->report_path : sister;

	if (!path)
		verify_fail(verify, CHECK, "no memory");
	else if (verify->have_table && (verify->report_path || access(path, F_OK) == 0))
		use_report(verify, path);
}
