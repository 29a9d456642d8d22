/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GUIDs in their on-disk byte order; generation is libuuid's. */
#include "common/guid.h"

#include <stdio.h>
#include <string.h>
#include <uuid.h>

#include "common/bytes.h"

/* libuuid keeps all groups in network order: swap the first three. The operation is its own
 * inverse. */
static void swap_order(const uint8_t from[16], uint8_t to[16])
{
	uint8_t swapped[16];

	put_le32(swapped, get_be32(from));
	put_le16(swapped + 4, get_be16(from + 4));
	put_le16(swapped + 6, get_be16(from + 6));
	memcpy(swapped + 8, from + 8, 8);
	memcpy(to, swapped, sizeof(swapped));
}

bool guid_equal(const struct guid *a, const struct guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool guid_is_zero(const struct guid *guid)
{
	return is_zero(guid->bytes, sizeof(guid->bytes));
}

char *guid_format(const struct guid *guid, char text[GUID_TEXT_SIZE])
{
	uuid_t uuid;

	swap_order(guid->bytes, uuid);
	uuid_unparse_lower(uuid, text);
	return text;
}

bool guid_parse(const char *text, struct guid *ret)
{
	char bare[GUID_TEXT_SIZE];
	size_t length = strlen(text);
	uuid_t uuid;

	if (length == GUID_TEXT_SIZE + 1 && text[0] == '{' && text[length - 1] == '}') {
		text++;
		length -= 2;
	}
	if (length != GUID_TEXT_SIZE - 1)
		return false;
	memcpy(bare, text, length);
	bare[length] = '\0';
	if (uuid_parse(bare, uuid) != 0)
		return false;
	swap_order(uuid, ret->bytes);
	return true;
}

struct guid guid_from_name(const struct guid *space, const void *name, size_t length)
{
	struct guid guid;
	uuid_t space_uuid, uuid;

	swap_order(space->bytes, space_uuid);
	uuid_generate_sha1(uuid, space_uuid, name, length);
	swap_order(uuid, guid.bytes);
	return guid;
}

struct guid guid_random(void)
{
	struct guid guid;
	uuid_t uuid;

	uuid_generate_random(uuid);
	swap_order(uuid, guid.bytes);
	return guid;
}
