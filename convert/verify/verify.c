/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks share. */
#include "convert/verify/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"

void verify_init(struct verify *verify)
{
	memset(verify, 0, sizeof(*verify));
	verify->scratch_fd = verify->channel = -1;
}

void verify_done(struct verify *verify)
{
	free(verify->bcd);
	for (size_t i = 0; i < verify->file_count; i++)
		free(verify->files[i]);
	if (verify->scratch_fd >= 0)
		close(verify->scratch_fd);
	verify->bcd = NULL;
	verify->file_count = 0;
	verify->scratch_fd = -1;
}

void verify_expect(struct verify *verify, uint64_t work)
{
	verify->to_read = work;
	progress_tell(verify->progress, PROGRESS_CHECKS, 0, work);
}

void verify_advance(struct verify *verify, uint64_t work)
{
	verify->read_back += work;
	progress_tell(verify->progress, PROGRESS_CHECKS, verify->read_back, verify->to_read);
}

bool verify_has_type(const struct verify_partition *partition, const char *type)
{
	struct guid guid;

	return guid_parse(type, &guid) && guid_equal(&partition->type, &guid);
}

/* UEFI 2.10 section 5.3.3, table 5-7. */
bool verify_is_esp(const struct verify_partition *partition)
{
	return verify_has_type(partition, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
}

bool verify_has_linux(const struct verify *verify)
{
	/* util-linux, include/pt-gpt-partnames.h: file systems, root and /boot of the Discoverable
	 * Partitions Specification, swap, LVM, RAID. */
	static const char *const types[] = {
		"0FC63DAF-8483-4772-8E79-3D69D8477DE4", "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
		"BC13C2FF-59E6-4262-A352-B275FD6F7172", "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
		"E6D6D379-F507-44C2-A23C-238F2A3DF928", "A19D880F-05FC-4D3B-A006-743F0F84911E",
	};

	for (size_t i = 0; i < verify->partition_count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(types); j++)
			if (verify_has_type(&verify->partitions[i], types[j]))
				return true;
	return false;
}

bool verify_window(struct verify *verify, const struct verify_partition *partition,
		   struct disk_window *ret)
{
	uint64_t sector = verify->disk->sector_size, start, length;

	return partition->first_lba <= partition->last_lba &&
	       mul_u64(partition->first_lba, sector, &start) &&
	       mul_u64(partition->last_lba - partition->first_lba + 1, sector, &length) &&
	       disk_window_init(ret, verify->disk, start, length, NULL) == 0;
}

bool verify_has_failed(const struct verify *verify, const char *name)
{
	for (size_t i = 0; i < verify->result_count; i++)
		if (verify->results[i].status == VERIFY_FAIL &&
		    strncmp(verify->results[i].name, name, strlen(name)) == 0)
			return true;
	return false;
}

char *verify_sister(const char *path, const char *ending)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	size_t stem = dot && dot > (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);
	char *sister;

	return asprintf(&sister, "%.*s%s", (int)stem, path, ending) < 0 ? NULL : sister;
}

const char *verify_status_text(enum verify_status status)
{
	switch (status) {
	case VERIFY_OK:
		return "ok";
	case VERIFY_SKIPPED:
		return "skipped";
	default:
		return "FAIL";
	}
}

/* A text that was cut within a character ends before it. */
static void cut_partial_character(char *text)
{
	size_t length = strlen(text), tail = 0;

	while (tail < 3 && tail < length && ((unsigned char)text[length - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail < length && (unsigned char)text[length - 1 - tail] >= 0xc0) {
		unsigned char lead = (unsigned char)text[length - 1 - tail];
		size_t needed = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;

		if (tail < needed)
			text[length - 1 - tail] = '\0';
	}
}

void verify_add(struct verify *verify, const struct verify_result *result)
{
	struct verify_result *slot;

	if (verify->result_count == VERIFY_MAX_RESULTS ||
	    (unsigned int)result->status >= VERIFY_STATUS_MAX)
		return;
	slot = &verify->results[verify->result_count++];
	*slot = *result;
	slot->name[sizeof(slot->name) - 1] = '\0';
	slot->detail[sizeof(slot->detail) - 1] = '\0';
	cut_partial_character(slot->detail);
	verify->counts[slot->status]++;
	if (verify->report)
		verify->report(verify->opaque, slot);
}

static PRINTF_LIKE(4, 0) void add_formatted(struct verify *verify, enum verify_status status,
					    const char *name, const char *format, va_list args)
{
	struct verify_result result = {.status = status};

	snprintf(result.name, sizeof(result.name), "%s", name);
	vsnprintf(result.detail, sizeof(result.detail), format, args);
	verify_add(verify, &result);
}

void verify_ok(struct verify *verify, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_formatted(verify, VERIFY_OK, name, format, args);
	va_end(args);
}

void verify_fail(struct verify *verify, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_formatted(verify, VERIFY_FAIL, name, format, args);
	va_end(args);
}

void verify_skip(struct verify *verify, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_formatted(verify, VERIFY_SKIPPED, name, format, args);
	va_end(args);
}
