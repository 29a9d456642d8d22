/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The footer of a fixed VHD: see vhd_footer.h. */
#include "nvram/vhd_footer.h"

#include <string.h>

#include "common/bytes.h"

#define FOOTER_COOKIE	       0
#define FOOTER_FEATURES	       8
#define FOOTER_VERSION	       12
#define FOOTER_DATA_OFFSET     16
#define FOOTER_CREATOR_VERSION 32
#define FOOTER_ORIGINAL_SIZE   40
#define FOOTER_CURRENT_SIZE    48
#define FOOTER_DISK_TYPE       60
#define FOOTER_CHECKSUM	       64
#define FOOTER_UNIQUE_ID       68

#define COOKIE		"conectix"
#define FEATURES	2U /* reserved, must be set */
#define VERSION		0x00010000U
#define CREATOR_VERSION 0x000a0000U
#define DISK_TYPE_FIXED 2U

/* Bitwise NOT of the sum of all bytes, those of the checksum not counted. */
static uint32_t checksum(const uint8_t *footer)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < VHD_FOOTER_SIZE; i++)
		if (i < FOOTER_CHECKSUM || i >= FOOTER_CHECKSUM + 4)
			sum += footer[i];
	return ~sum;
}

void vhd_footer_build(uint64_t virtual_size, const struct guid *id, uint8_t ret[VHD_FOOTER_SIZE])
{
	memset(ret, 0, VHD_FOOTER_SIZE);
	memcpy(ret + FOOTER_COOKIE, COOKIE, strlen(COOKIE));
	put_be32(ret + FOOTER_FEATURES, FEATURES);
	put_be32(ret + FOOTER_VERSION, VERSION);
	put_be64(ret + FOOTER_DATA_OFFSET, UINT64_MAX);
	put_be32(ret + FOOTER_CREATOR_VERSION, CREATOR_VERSION);
	put_be64(ret + FOOTER_ORIGINAL_SIZE, virtual_size);
	put_be64(ret + FOOTER_CURRENT_SIZE, virtual_size);
	put_be32(ret + FOOTER_DISK_TYPE, DISK_TYPE_FIXED);
	memcpy(ret + FOOTER_UNIQUE_ID, id->bytes, sizeof(id->bytes));
	put_be32(ret + FOOTER_CHECKSUM, checksum(ret));
}

int vhd_footer_parse(const struct file_bytes *file, uint64_t *ret_virtual_size, struct error *err)
{
	const uint8_t *footer = file->data + file->size - VHD_FOOTER_SIZE;
	uint64_t virtual_size;

	if (file->size < VHD_FOOTER_SIZE || file->size % VHD_FOOTER_SIZE != 0 ||
	    memcmp(footer + FOOTER_COOKIE, COOKIE, strlen(COOKIE)) != 0)
		return error_damaged(err, "'%s': no VHD footer in the last %d of %zu bytes",
				     file->name, VHD_FOOTER_SIZE, file->size);
	if (get_be32(footer + FOOTER_CHECKSUM) != checksum(footer))
		return error_damaged(err, "'%s': wrong checksum in the VHD footer at %zu",
				     file->name, file->size - VHD_FOOTER_SIZE);
	if (get_be32(footer + FOOTER_VERSION) != VERSION ||
	    get_be32(footer + FOOTER_DISK_TYPE) != DISK_TYPE_FIXED)
		return error_damaged(err, "'%s': VHD of type %u, not a fixed one", file->name,
				     get_be32(footer + FOOTER_DISK_TYPE));
	virtual_size = get_be64(footer + FOOTER_CURRENT_SIZE);
	if (virtual_size % VHD_FOOTER_SIZE != 0 || virtual_size > file->size - VHD_FOOTER_SIZE)
		return error_damaged(err, "'%s': VHD footer says %llu bytes, the file has %zu",
				     file->name, (unsigned long long)virtual_size,
				     file->size - VHD_FOOTER_SIZE);
	*ret_virtual_size = virtual_size;
	return 0;
}
