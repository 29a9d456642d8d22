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

/* In the COFF header, from PE_SIGNATURE on. */
#define COFF_SECTIONS	   6  /* u16: how many */
#define COFF_SYMBOLS	   12 /* u32: offset of the symbols, behind which stand the long names */
#define COFF_SYMBOL_COUNT  16 /* u32 */
#define COFF_OPTIONAL_SIZE 20 /* u16 */
#define COFF_SYMBOL_SIZE   18

/* A section header. A name of more than 8 bytes is "/N", N its offset among the long names, or cut
 * off by an older linker. */
#define SECTION_SIZE	     40
#define SECTION_NAME	     0
#define SECTION_NAME_SIZE    8
#define SECTION_VIRTUAL_SIZE 8
#define SECTION_RAW_SIZE     16
#define SECTION_RAW	     20
#define MAX_SECTIONS	     96 /* what Windows loads; shim has 10 */

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

bool pe_is_x64(const void *image, size_t size)
{
	const uint8_t *bytes = image;
	uint16_t machine;

	return pe_machine(image, size, &machine) && machine == PE_MACHINE_X64 &&
	       range_within((uint64_t)get_le32(bytes + DOS_LFANEW) + PE_SIZE, 2, size) &&
	       get_le16(bytes + get_le32(bytes + DOS_LFANEW) + PE_SIZE) == OPTIONAL_MAGIC_64;
}

/* The long name at offset 'at' of the table of strings. */
static bool is_long_name(const struct file_bytes *image, uint32_t header, uint64_t at,
			 const char *name)
{
	uint64_t names =
		get_le32(image->data + header + COFF_SYMBOLS) +
		(uint64_t)get_le32(image->data + header + COFF_SYMBOL_COUNT) * COFF_SYMBOL_SIZE;
	size_t length = strlen(name) + 1;

	return range_within(names + at, length, image->size) &&
	       memcmp(image->data + names + at, name, length) == 0;
}

static bool is_named(const struct file_bytes *image, uint32_t header, const uint8_t *section,
		     const char *name)
{
	char text[SECTION_NAME_SIZE + 1] = "";
	uint64_t at = 0;

	memcpy(text, section + SECTION_NAME, SECTION_NAME_SIZE);
	if (text[0] != '/')
		return strncmp(text, name, SECTION_NAME_SIZE) == 0;
	for (const char *digit = text + 1; *digit; digit++) {
		if (*digit < '0' || *digit > '9')
			return false;
		at = at * 10 + (uint64_t)(*digit - '0');
	}
	return is_long_name(image, header, at, name);
}

/* The header of a section; NULL when there is none of that name. */
static const uint8_t *find_section(const struct file_bytes *image, const char *name)
{
	uint32_t header = get_le32(image->data + DOS_LFANEW);
	unsigned int count = get_le16(image->data + header + COFF_SECTIONS);
	uint64_t at =
		(uint64_t)header + PE_SIZE + get_le16(image->data + header + COFF_OPTIONAL_SIZE);

	for (unsigned int i = 0; i < count && i < MAX_SECTIONS; i++, at += SECTION_SIZE) {
		if (!range_within(at, SECTION_SIZE, image->size))
			return NULL;
		if (is_named(image, header, image->data + at, name))
			return image->data + at;
	}
	return NULL;
}

bool pe_section(const void *image, size_t size, const char *name, struct file_bytes *ret,
		bool *ret_is_bad)
{
	const struct file_bytes bytes = {image, size, name};
	const uint8_t *section;
	uint16_t machine;
	uint32_t at, length;

	*ret_is_bad = false;
	section = pe_machine(image, size, &machine) ? find_section(&bytes, name) : NULL;
	if (!section)
		return false;
	at = get_le32(section + SECTION_RAW);
	length = (uint32_t)min_u64(get_le32(section + SECTION_VIRTUAL_SIZE),
				   get_le32(section + SECTION_RAW_SIZE));
	*ret_is_bad = !range_within(at, length, size);
	if (!*ret_is_bad)
		*ret = (struct file_bytes){bytes.data + at, length, name};
	return !*ret_is_bad;
}

void pe_version_text(const uint16_t version[4], char ret[PE_VERSION_TEXT])
{
	snprintf(ret, PE_VERSION_TEXT, "%u.%u.%u.%u", version[0], version[1], version[2],
		 version[3]);
}
