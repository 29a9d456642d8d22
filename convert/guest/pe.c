/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PE headers and version resources. The version is found by its key and signature instead of
 * through the resource directory: fewer structures to trust, and no other data look like it.
 */
#include "convert/guest/pe.h"

#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

#define DOS_LFANEW   0x3c /* offset of the PE header */
#define PE_SIGNATURE 0
#define PE_MACHINE   4
#define PE_SIZE	     24 /* signature and COFF header */

/* The directories of the optional header, 8 bytes each, behind their number. */
#define OPTIONAL_MAGIC_64	0x20b
#define OPTIONAL_DIRECTORIES_32 96
#define OPTIONAL_DIRECTORIES_64 112
#define CERTIFICATES		4
#define CERTIFICATES_END	(5 * 8)

/* WIN_CERTIFICATE: u32 length with this header, u16 revision, u16 type. */
#define CERTIFICATE_HEADER 8
#define CERTIFICATE_TYPE   6
#define CERTIFICATE_PKCS7  2

/*
 * VS_VERSIONINFO: u16 length, u16 value length, u16 type, then this key, padding to 32 bits,
 * VS_FIXEDFILEINFO (winver).
 */
static const uint8_t version_key[] = {'V', 0,	'S', 0,	  '_', 0,   'V', 0,   'E', 0,	'R',
				      0,   'S', 0,   'I', 0,   'O', 0,	 'N', 0,   '_', 0,
				      'I', 0,	'N', 0,	  'F', 0,   'O', 0,   0,   0};

#define FIXED_SIGNATURE	      0
#define FIXED_STRUCT_VERSION  4
#define FIXED_FILE_VERSION_MS 8
#define FIXED_FILE_VERSION_LS 12
#define FIXED_USED_SIZE	      16
#define FIXED_MAGIC	      UINT32_C(0xfeef04bd)

bool pe_machine(const void *image, size_t size, uint16_t *ret)
{
	const uint8_t *bytes = image;
	uint32_t header;

	if (size < DOS_LFANEW + 4 || memcmp(bytes, "MZ", 2) != 0)
		return false;
	header = get_le32(bytes + DOS_LFANEW);
	if (!range_within(header, PE_SIZE, size) ||
	    memcmp(bytes + header + PE_SIGNATURE, "PE\0\0", 4) != 0)
		return false;
	*ret = get_le16(bytes + header + PE_MACHINE);
	return true;
}

/*
 * The fixed part behind a key that ends at 'at': within the next 4 bytes, as the resource may start
 * at any address.
 */
static const uint8_t *find_fixed(const uint8_t *bytes, size_t size, size_t at)
{
	for (size_t padding = 0; padding < 4; padding++)
		if (range_within(at + padding, FIXED_USED_SIZE, size) &&
		    get_le32(bytes + at + padding) == FIXED_MAGIC)
			return bytes + at + padding;
	return NULL;
}

bool pe_file_version(const void *image, size_t size, uint16_t ret[4])
{
	const uint8_t *bytes = image;
	const uint8_t *fixed = NULL;
	size_t at = 0;

	while (!fixed) {
		const uint8_t *key =
			memmem(bytes + at, size - at, version_key, sizeof(version_key));

		if (!key)
			return false;
		at = (size_t)(key - bytes) + sizeof(version_key);
		fixed = find_fixed(bytes, size, at);
	}
	ret[0] = get_le16(fixed + FIXED_FILE_VERSION_MS + 2);
	ret[1] = get_le16(fixed + FIXED_FILE_VERSION_MS);
	ret[2] = get_le16(fixed + FIXED_FILE_VERSION_LS + 2);
	ret[3] = get_le16(fixed + FIXED_FILE_VERSION_LS);
	return true;
}

/* Where the attribute certificates are: unlike other directories by their place in the file. */
static bool find_certificates(const uint8_t *bytes, size_t size, uint32_t *ret, uint32_t *ret_size)
{
	uint32_t header, directories;

	if (size < DOS_LFANEW + 4 || memcmp(bytes, "MZ", 2) != 0)
		return false;
	header = get_le32(bytes + DOS_LFANEW);
	if (!range_within(header, PE_SIZE + OPTIONAL_DIRECTORIES_64 + CERTIFICATES_END, size))
		return false;
	directories =
		header + PE_SIZE +
		(get_le16(bytes + header + PE_SIZE) == OPTIONAL_MAGIC_64 ? OPTIONAL_DIRECTORIES_64
									 : OPTIONAL_DIRECTORIES_32);
	if (get_le32(bytes + directories - 4) <= CERTIFICATES)
		return false;
	*ret = get_le32(bytes + directories + CERTIFICATES * 8);
	*ret_size = get_le32(bytes + directories + CERTIFICATES * 8 + 4);
	return *ret_size > 0 && range_within(*ret, *ret_size, size);
}

bool pe_signature(const void *image, size_t size, unsigned int index, const uint8_t **ret,
		  size_t *ret_size)
{
	const uint8_t *bytes = image;
	uint32_t at, left;

	if (!find_certificates(bytes, size, &at, &left))
		return false;
	for (unsigned int i = 0;; i++) {
		uint32_t length = left >= CERTIFICATE_HEADER ? get_le32(bytes + at) : 0;
		uint64_t step = ((uint64_t)length + 7) & ~UINT64_C(7);

		if (length < CERTIFICATE_HEADER || length > left)
			return false;
		if (i == index) {
			*ret = bytes + at + CERTIFICATE_HEADER;
			*ret_size = length - CERTIFICATE_HEADER;
			return get_le16(bytes + at + CERTIFICATE_TYPE) == CERTIFICATE_PKCS7;
		}
		if (step >= left)
			return false;
		at += (uint32_t)step;
		left -= (uint32_t)step;
	}
}

void pe_version_text(const uint16_t version[4], char ret[PE_VERSION_TEXT])
{
	snprintf(ret, PE_VERSION_TEXT, "%u.%u.%u.%u", version[0], version[1], version[2],
		 version[3]);
}
