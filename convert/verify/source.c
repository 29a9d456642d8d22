/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was so in the source: the report of the conversion says it, in after.partitions[].as_found, and
 * in their role which ESP it made or kept. Number, place and attributes of the partitions must be what
 * it says: by them a guest finds its file systems, and uses a swap or not.
 * It is believed only of the disk whose identity it names; beside another disk it is a failure: a
 * conversion that replaced an older one was interrupted. Without a report everything that is odd is
 * a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/verify/checks.h"

#define CHECK	    "report"
#define CHECK_TABLE "partitions-report"
#define MAX_REPORT  (64 * MIB)

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

static struct verify_partition *find_number(struct verify *verify, json_int_t number)
{
	for (size_t i = 0; i < verify->partition_count; i++)
		if (verify->partitions[i].number == number)
			return &verify->partitions[i];
	return NULL;
}

static void take_partition(struct verify *verify, const json_t *reported)
{
	struct verify_partition *partition =
		find_number(verify, json_integer_value(json_object_get(reported, "number")));
	const char *role = json_string_value(json_object_get(reported, "role"));

	if (!partition)
		return;
	partition->as_found = bits_of(json_object_get(reported, "as_found"));
	if (!role || strcmp(role, "esp") != 0)
		return;
	verify->reported_esp = partition->number;
	verify->has_reported_new_esp = !json_object_get(reported, "old_number");
}

/* Does the report say so of the partition, if it says anything? */
static bool is_number(const json_t *reported, const char *key, uint64_t number)
{
	const json_t *value = json_object_get(reported, key);

	return !value ||
	       (json_is_integer(value) && json_integer_value(value) == (json_int_t)number);
}

static bool has_attributes(const json_t *reported, uint64_t attributes)
{
	const json_t *value = json_object_get(reported, "attributes");
	char text[19];

	snprintf(text, sizeof(text), "0x%016" PRIx64, attributes);
	return !value || (json_is_string(value) && strcmp(json_string_value(value), text) == 0);
}

/* False with a result. */
static bool compare_partition(struct verify *verify, const json_t *reported)
{
	json_int_t number = json_integer_value(json_object_get(reported, "number"));
	const struct verify_partition *partition = find_number(verify, number);
	uint64_t sectors = partition ? partition->last_lba - partition->first_lba + 1 : 0;

	if (!partition)
		verify_fail(verify, CHECK_TABLE,
			    "the table has no partition %" JSON_INTEGER_FORMAT
			    ", which the report has at LBA %" JSON_INTEGER_FORMAT,
			    number, json_integer_value(json_object_get(reported, "start_lba")));
	else if (!is_number(reported, "start_lba", partition->first_lba) ||
		 !is_number(reported, "sectors", sectors))
		verify_fail(verify, CHECK_TABLE,
			    "partition %u has %" PRIu64 " sectors from LBA %" PRIu64
			    ", by the report %" JSON_INTEGER_FORMAT " from %" JSON_INTEGER_FORMAT,
			    partition->number, sectors, partition->first_lba,
			    json_integer_value(json_object_get(reported, "sectors")),
			    json_integer_value(json_object_get(reported, "start_lba")));
	else if (!has_attributes(reported, partition->attributes))
		verify_fail(verify, CHECK_TABLE,
			    "partition %u has the attributes 0x%016" PRIx64
			    ", by the report %.18s (bit 63: it is not used without being named)",
			    partition->number, partition->attributes,
			    json_string_value(json_object_get(reported, "attributes"))
				    ? json_string_value(json_object_get(reported, "attributes"))
				    : "others");
	else
		return true;
	return false;
}

static void compare_table(struct verify *verify, const json_t *partitions)
{
	size_t count = json_array_size(partitions);

	for (size_t i = 0; i < count; i++)
		if (!compare_partition(verify, json_array_get(partitions, i)))
			return;
	if (count == verify->partition_count)
		verify_ok(verify, CHECK_TABLE,
			  "%zu, with numbers, places and attributes of the report", count);
	else if (count > 0)
		verify_fail(verify, CHECK_TABLE, "the table has %zu partitions, the report %zu",
			    verify->partition_count, count);
}

/* The report as JSON; NULL with 'fault' when it cannot be read. */
static json_t *load(const char *path, char fault[256], bool *ret_exists)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	json_error_t error;
	struct stat st;
	json_t *root;

	*ret_exists = fd >= 0 || errno != ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size > MAX_REPORT) {
		snprintf(fault, 256, "no file of up to 64 MiB");
		return NULL;
	}
	root = json_loadfd(fd, 0, &error);
	if (!root)
		snprintf(fault, 256, "%.200s", error.text);
	return root;
}

static bool is_guid(const json_t *object, const char *key, const struct guid *guid)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct guid found;

	return text && guid_parse(text, &found) && guid_equal(&found, guid);
}

/*
 * Why the report is none of this disk; NULL when it is. The data write GUID is another one for each
 * state of the source, and another one once the disk was written to; a VHD has it as its unique id,
 * a raw image has none.
 */
static const char *other_disk(const struct verify *verify, const json_t *after)
{
	bool is_vhd = verify->info->format == VHD_FORMAT_VHD;
	const struct guid *written =
		is_vhd ? &verify->info->disk_id : &verify->info->data_write_guid;
	const json_t *size = json_object_get(after, "size");

	if (!is_guid(after, "disk_guid", &verify->disk_guid) ||
	    (size && json_integer_value(size) != (json_int_t)verify->disk->size))
		return "it is the report of another disk";
	if (!guid_is_zero(written) && json_object_get(after, "data_write_guid") &&
	    !is_guid(after, "data_write_guid", written))
		return "it is the report of another conversion of this VM, or the disk was written since";
	return NULL;
}

static void take_report(struct verify *verify, const json_t *root)
{
	const json_t *partitions = json_object_get(json_object_get(root, "after"), "partitions");
	const char *digest =
		json_string_value(json_object_get(json_object_get(root, "nvram"), "digest"));
	const json_t *secure_boot = json_object_get(json_object_get(root, "esp"), "secure_boot");

	for (size_t i = 0; i < json_array_size(partitions); i++)
		take_partition(verify, json_array_get(partitions, i));
	compare_table(verify, partitions);
	if (digest)
		guid_parse(digest, &verify->nvram_digest);
	verify->has_reported_linux = json_is_object(json_object_get(root, "linux"));
	if (json_is_boolean(secure_boot))
		verify->reported_secure_boot = json_is_true(secure_boot) ? VERIFY_ON : VERIFY_OFF;
}

static void use_report(struct verify *verify, const char *path)
{
	char fault[256];
	bool exists;
	json_t *root = load(path, fault, &exists);
	const json_t *after = json_object_get(root, "after");
	const char *other = root ? other_disk(verify, after) : NULL;

	if (other)
		verify_fail(verify, CHECK, "'%s': %s", path, other);
	else if (root)
		take_report(verify, root);
	else if (verify->report_path)
		verify_fail(verify, CHECK, "'%s': %s", path, fault);
	else if (exists)
		verify_skip(verify, CHECK, "'%s': %s", path, fault);
	json_decref(root);
}

void verify_source(struct verify *verify)
{
	CLEANUP_FREE char *sister = verify_sister(verify->path, ".report.json");
	const char *path = verify->report_path ? verify->report_path : sister;

	if (!path)
		verify_fail(verify, CHECK, "no memory");
	else if (verify->have_table)
		use_report(verify, path);
}
