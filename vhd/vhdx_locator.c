/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a differencing VHDX names its parent (MS-VHDX 2.6.2.6). */
#include "vhd/vhdx_locator.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "vhd/vhdx_format.h"

#define MAX_PAIRS 256 /* as Microsoft's reader */

struct locator {
	const struct image_file *file;
	uint64_t at; /* file offset, for messages */
	const uint8_t *bytes;
	uint32_t length;
	struct findings *findings;
	struct error *err;
};

static int bad_locator(const struct locator *locator, const char *what)
{
	return error_damaged(locator->err, "'%s': parent locator at %" PRIu64 ": %s",
			     locator->file->path, locator->at, what);
}

/* A string of the pool as UTF-8; NULL with *err filled on failure. */
static char *get_string(const struct locator *locator, uint32_t offset, uint16_t length)
{
	char *text;

	if (!range_within(offset, length, locator->length) || length % 2 || length == 0) {
		bad_locator(locator, "a key or value does not lie within it or has an odd length");
		return NULL;
	}
	text = utf16le_to_utf8(locator->bytes + offset, length);
	if (!text)
		error_failed(locator->err, ENOMEM, "out of memory");
	return text;
}

static int take_linkage(const struct locator *locator, const char *value,
			struct parent_reference *ret)
{
	struct guid guid;

	if (ret->linkage_count == ARRAY_SIZE(ret->linkage) || !guid_parse(value, &guid))
		return bad_locator(locator, "a parent_linkage is no GUID, or there are too many");
	if (guid_is_zero(&guid)) /* Windows writes such a parent_linkage2 when there is none */
		return 0;
	ret->linkage[ret->linkage_count++] = guid;
	return 0;
}

static int take_path(const struct locator *locator, char **value, char **to)
{
	if (*to)
		return bad_locator(locator, "a path stands twice");
	*to = TAKE(*value);
	return 0;
}

static int take_pair(const struct locator *locator, const uint8_t *entry,
		     struct parent_reference *ret)
{
	CLEANUP_FREE char *key =
		get_string(locator, get_le32(entry), get_le16(entry + VHDX_LOCATOR_KEY_LENGTH_AT));
	CLEANUP_FREE char *value = NULL;

	if (!key)
		return -EUCLEAN;
	value = get_string(locator, get_le32(entry + VHDX_LOCATOR_VALUE_AT),
			   get_le16(entry + VHDX_LOCATOR_VAL_LENGTH_AT));
	if (!value)
		return -EUCLEAN;
	if (strcmp(key, "parent_linkage") == 0 || strcmp(key, "parent_linkage2") == 0)
		return take_linkage(locator, value, ret);
	if (strcmp(key, "relative_path") == 0)
		return take_path(locator, &value, &ret->relative);
	if (strcmp(key, "absolute_win32_path") == 0)
		return take_path(locator, &value, &ret->absolute);
	if (strcmp(key, "volume_path") == 0)
		return take_path(locator, &value, &ret->volume);
	return 0;
}

static int parse_locator(const struct locator *locator, struct parent_reference *ret)
{
	const struct guid type = VHDX_LOCATOR_TYPE;
	uint16_t count;
	int r = 0;

	if (locator->length < VHDX_LOCATOR_ENTRIES_AT ||
	    memcmp(locator->bytes, type.bytes, sizeof(type.bytes)) != 0)
		return bad_locator(locator, "it is not of the type of VHDX parents");
	count = get_le16(locator->bytes + VHDX_LOCATOR_COUNT_AT);
	if (count > MAX_PAIRS ||
	    VHDX_LOCATOR_ENTRIES_AT + count * (uint32_t)VHDX_LOCATOR_ENTRY_SIZE > locator->length)
		return bad_locator(locator, "it has too many entries");
	for (uint32_t i = 0; i < count && r == 0; i++)
		r = take_pair(locator,
			      locator->bytes + VHDX_LOCATOR_ENTRIES_AT +
				      i * VHDX_LOCATOR_ENTRY_SIZE,
			      ret);
	if (r == 0 && ret->linkage_count == 0)
		return bad_locator(locator, "it has no parent_linkage");
	if (ret->linkage_count > 1)
		findings_add(locator->findings, VHD_WARNING, locator->at,
			     "'%s': parent locator at %" PRIu64
			     " has a parent_linkage2: a merge was not finished",
			     locator->file->path, locator->at);
	if (r == 0 && !ret->relative && !ret->absolute && !ret->volume)
		return bad_locator(locator, "it names no path");
	return r;
}

int vhdx_read_locator(const struct image_file *file, const struct vhdx_metadata *metadata,
		      struct findings *findings, struct parent_reference *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = malloc(metadata->locator_length);
	struct locator locator = {
		.file = file,
		.at = metadata->locator_offset,
		.bytes = bytes,
		.length = metadata->locator_length,
		.findings = findings,
		.err = err,
	};
	int r;

	if (!bytes)
		return error_failed(err, ENOMEM, "out of memory");
	r = image_file_read(file, bytes, metadata->locator_length, metadata->locator_offset, err);
	return r < 0 ? r : parse_locator(&locator, ret);
}
