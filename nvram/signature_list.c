/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EFI_SIGNATURE_LISTs: see signature_list.h. */
#include "nvram/signature_list.h"

#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

#define LIST_TYPE	    0
#define LIST_SIZE	    16 /* u32, with this header */
#define LIST_HEADER_SIZE    20 /* u32, of what follows before the signatures */
#define LIST_SIGNATURE_SIZE 24 /* u32, with the owner */
#define LIST_HEADER	    28
#define OWNER_SIZE	    16

#define TYPE_X509   GUID(0xa5c059a1, 0x94e4, 0x4aa7, 0x87b5, 0xab155c2bf072)
#define TYPE_SHA256 GUID(0xc1c41626, 0x504c, 0x4092, 0xaca9, 0x41f936934328)
#define MICROSOFT   GUID(0x77fa9abd, 0x0359, 0x4d32, 0xbd60, 0x28f4e78f784b)

static enum signature_type list_type(const uint8_t *list)
{
	const struct guid x509 = TYPE_X509, sha256 = TYPE_SHA256;

	if (memcmp(list + LIST_TYPE, sha256.bytes, sizeof(sha256.bytes)) == 0)
		return SIGNATURE_SHA256;
	return memcmp(list + LIST_TYPE, x509.bytes, sizeof(x509.bytes)) == 0 ? SIGNATURE_X509
									     : SIGNATURE_OTHER;
}

static int check_list(const uint8_t *list, size_t left, const char *name, size_t offset,
		      struct error *err)
{
	size_t size, header, each;

	if (left < LIST_HEADER)
		return error_damaged(err, "'%s': %zu stray bytes at %zu", name, left, offset);
	size = get_le32(list + LIST_SIZE);
	header = get_le32(list + LIST_HEADER_SIZE);
	each = get_le32(list + LIST_SIGNATURE_SIZE);
	if (size < LIST_HEADER || size > left || header > size - LIST_HEADER || each < OWNER_SIZE ||
	    (size - LIST_HEADER - header) % each != 0)
		return error_damaged(
			err, "'%s': signature list at %zu of %zu bytes with signatures of %zu",
			name, offset, size, each);
	return 0;
}

static int walk_list(const uint8_t *list,
		     int (*each)(void *context, const struct signature *signature), void *context)
{
	size_t size = get_le32(list + LIST_SIZE), one = get_le32(list + LIST_SIGNATURE_SIZE);
	size_t at = LIST_HEADER + get_le32(list + LIST_HEADER_SIZE);
	struct signature signature = {.type = list_type(list),
				      .is_first = true,
				      .size = one - OWNER_SIZE};
	int r = 0;

	for (; r == 0 && at < size; at += one) {
		signature.data = list + at + OWNER_SIZE;
		r = each(context, &signature);
		signature.is_first = false;
	}
	return r;
}

int signature_list_walk(const struct nvram_variable *variable,
			int (*each)(void *context, const struct signature *signature),
			void *context, struct error *err)
{
	size_t offset = 0;
	int r = 0;

	while (r == 0 && offset < variable->size) {
		const uint8_t *list = variable->data + offset;

		r = check_list(list, variable->size - offset, variable->name, offset, err);
		if (r == 0)
			r = walk_list(list, each, context);
		if (r == 0)
			offset += get_le32(list + LIST_SIZE);
	}
	return r;
}

static void add_header(struct buffer *lists, struct guid type, size_t each, size_t count)
{
	buffer_append(lists, type.bytes, sizeof(type.bytes));
	buffer_le32(lists, (uint32_t)(LIST_HEADER + count * (OWNER_SIZE + each)));
	buffer_le32(lists, 0);
	buffer_le32(lists, (uint32_t)(OWNER_SIZE + each));
}

static void add_signature(struct buffer *lists, const uint8_t *data, size_t size)
{
	const struct guid owner = MICROSOFT;

	buffer_append(lists, owner.bytes, sizeof(owner.bytes));
	buffer_append(lists, data, size);
}

void signature_list_add_certificate(struct buffer *lists, const uint8_t *certificate, size_t size)
{
	const struct guid type = TYPE_X509;

	add_header(lists, type, size, 1);
	add_signature(lists, certificate, size);
}

void signature_list_add_hashes(struct buffer *lists, const uint8_t *hashes, size_t count)
{
	const struct guid type = TYPE_SHA256;

	add_header(lists, type, SIGNATURE_SHA256_SIZE, count);
	for (size_t i = 0; i < count; i++)
		add_signature(lists, hashes + i * SIGNATURE_SHA256_SIZE, SIGNATURE_SHA256_SIZE);
}
