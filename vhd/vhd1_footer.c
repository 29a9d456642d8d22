/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The footer of a VHD: see vhd1_footer.h.
 *
 * The one at the end of the file counts; dynamic disks have a copy in front, which serves when a
 * file was cut short.
 */
#include "vhd/vhd1_footer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

#define SEARCH_BYTES (16 * MIB)
#define SEARCH_STEP  (256 * KIB)

uint32_t vhd1_checksum(const uint8_t *bytes, size_t size, size_t field)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		if (i < field || i >= field + 4)
			sum += bytes[i];
	return ~sum;
}

static bool has_cookie(const uint8_t *footer)
{
	return memcmp(footer, VHD1_COOKIE, VHD1_COOKIE_SIZE) == 0;
}

static bool is_whole(const uint8_t *footer)
{
	return has_cookie(footer) &&
	       get_be32(footer + VHD1_FOOTER_CHECKSUM_AT) ==
		       vhd1_checksum(footer, VHD1_FOOTER_SIZE, VHD1_FOOTER_CHECKSUM_AT);
}

/* The places of a footer: the end, the end for one of 511 bytes, the front. A file has at least 512
 * bytes. */
#define PLACES 3
#define FRONT  2

static uint64_t place(const struct image_file *file, unsigned int i)
{
	return i == 0	? file->size - VHD1_FOOTER_SIZE
	       : i == 1 ? file->size - VHD1_FOOTER_OLD_SIZE
			: 0;
}

static int read_footer(const struct image_file *file, unsigned int i, struct vhd1_footer *ret,
		       struct error *err)
{
	size_t length;

	*ret = (struct vhd1_footer){.at = place(file, i)};
	length = (size_t)min_u64(VHD1_FOOTER_SIZE, file->size - ret->at);
	return image_file_read(file, ret->bytes, length, ret->at, err);
}

int vhd1_has_footer(const struct image_file *file, bool *ret_at_end, bool *ret_in_front,
		    struct error *err)
{
	struct vhd1_footer footer;
	int r = 0;

	*ret_at_end = *ret_in_front = false;
	for (unsigned int i = 0; i < PLACES && r == 0; i++) {
		bool *ret = i == FRONT ? ret_in_front : ret_at_end;

		r = read_footer(file, i, &footer, err);
		*ret |= r == 0 && has_cookie(footer.bytes);
	}
	return r;
}

/* Dynamic disks have a copy of 'footer' in front, which is to be the same. */
static int note_copy(const struct image_file *file, const struct vhd1_footer *footer,
		     struct findings *findings, struct error *err)
{
	struct vhd1_footer copy;
	int r;

	if (footer->at == 0 || get_be32(footer->bytes + VHD1_TYPE_AT) == VHD1_TYPE_FIXED)
		return 0;
	r = read_footer(file, FRONT, &copy, err);
	if (r < 0)
		return r;
	if (!is_whole(copy.bytes))
		findings_add(findings, VHD_WARNING, 0,
			     "'%s': the copy of the footer at 0 is missing or its checksum is "
			     "wrong; the footer at %" PRIu64 " is used",
			     file->path, footer->at);
	else if (memcmp(copy.bytes, footer->bytes, VHD1_FOOTER_OLD_SIZE) != 0)
		findings_add(findings, VHD_WARNING, 0,
			     "'%s': the copy of the footer at 0 differs from the footer at %" PRIu64
			     ", which is used",
			     file->path, footer->at);
	return 0;
}

int vhd1_find_footer(const struct image_file *file, struct findings *findings,
		     struct vhd1_footer *ret, struct error *err)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		int r = read_footer(file, i, ret, err);

		if (r < 0)
			return r;
		if (is_whole(ret->bytes))
			return note_copy(file, ret, findings, err);
		if (i + 1 == FRONT)
			findings_add(findings, VHD_ERROR, place(file, 0),
				     "'%s': the footer at %" PRIu64
				     " is missing or its checksum is wrong; the copy at 0 is used",
				     file->path, place(file, 0));
	}
	return error_damaged(
		err,
		"'%s': no valid footer: the signature or the checksum is wrong at offset %" PRIu64
		" and at 0",
		file->path, place(file, 0));
}

/* Is the sector, which stands at 'at' of the file, the footer of the fixed disk in front of it? */
static bool ends_fixed_disk(const uint8_t *sector, uint64_t at)
{
	return is_whole(sector) && get_be32(sector + VHD1_TYPE_AT) == VHD1_TYPE_FIXED &&
	       get_be64(sector + VHD1_CURRENT_SIZE_AT) == at;
}

/* The last footer within the 'length' bytes that stand at 'at' of the file, a whole sector. */
static bool search_bytes(const uint8_t *bytes, size_t length, uint64_t at, struct vhd1_footer *ret)
{
	for (size_t i = round_down(length, VHD1_SECTOR); i > 0; i -= VHD1_SECTOR) {
		const uint8_t *sector = bytes + i - VHD1_SECTOR;

		if (!ends_fixed_disk(sector, at + i - VHD1_SECTOR))
			continue;
		memcpy(ret->bytes, sector, VHD1_FOOTER_SIZE);
		ret->at = at + i - VHD1_SECTOR;
		return true;
	}
	return false;
}

int vhd1_search_footer(const struct image_file *file, struct vhd1_footer *ret, bool *ret_found,
		       bool *ret_is_zero, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = malloc(SEARCH_STEP);
	uint64_t end = file->size, least = end > SEARCH_BYTES ? end - SEARCH_BYTES : 0;

	*ret_found = false;
	*ret_is_zero = true;
	if (!bytes)
		return error_failed(err, ENOMEM, "out of memory");
	while (end > least && !*ret_found) {
		uint64_t at = round_down(end - 1, SEARCH_STEP), behind = at;
		size_t length = (size_t)(end - at);
		int r = image_file_read(file, bytes, length, at, err);

		if (r < 0)
			return r;
		*ret_found = search_bytes(bytes, length, at, ret);
		if (*ret_found)
			behind = ret->at + VHD1_FOOTER_SIZE;
		*ret_is_zero =
			*ret_is_zero && is_zero(bytes + (behind - at), (size_t)(end - behind));
		end = at;
	}
	if (*ret_found)
		ret->behind = file->size - ret->at - VHD1_FOOTER_SIZE;
	return 0;
}
