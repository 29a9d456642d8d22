/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EFI programs with sections, made by hand: see efi_bytes.h. */
#include "tests/convert/guest/linux/chain/efi_bytes.h"

#include <stdio.h>
#include <string.h>

#include "common/bytes.h"

#define HEADER	 0x80
#define OPTIONAL 240 /* bytes of the optional header */
#define STRINGS	 0xf00

static void put_name(uint8_t *image, uint8_t *header, const char *name, uint32_t *strings)
{
	char text[9] = "";
	size_t length = strlen(name);

	if (length > 8) {
		memcpy(image + STRINGS + *strings, name, length + 1);
		snprintf(text, sizeof(text), "/%u", *strings);
		*strings += (uint32_t)length + 1;
	} else {
		memcpy(text, name, length);
	}
	memcpy(header, text, 8);
}

void efi_bytes_make(uint8_t image[EFI_BYTES], const struct efi_section *sections)
{
	uint8_t *header = image + HEADER + 24 + OPTIONAL;
	uint32_t strings = 4;
	uint16_t count = 0;

	memset(image, 0, EFI_BYTES);
	memcpy(image, "MZ", 2);
	put_le32(image + 0x3c, HEADER);
	memcpy(image + HEADER, "PE\0\0\x64\x86", 6);
	put_le32(image + HEADER + 12, STRINGS);
	put_le16(image + HEADER + 20, OPTIONAL);
	put_le16(image + HEADER + 24, 0x20b);
	put_le32(image + HEADER + 24 + 108, 16);
	for (; sections->name; sections++, count++, header += 40) {
		put_name(image, header, sections->name, &strings);
		put_le32(header + 8, (uint32_t)sections->size);
		put_le32(header + 16, 0x200);
		put_le32(header + 20, (uint32_t)EFI_SECTION(count));
		memcpy(image + EFI_SECTION(count), sections->data, sections->size);
	}
	put_le16(image + HEADER + 6, count);
}

size_t efi_bytes_mods(uint8_t bytes[0x200], const char *prefix)
{
	memset(bytes, 0, 0x200);
	memcpy(bytes, "mimg", 4);
	put_le64(bytes + 8, 24);
	put_le32(bytes + 24 + 4, 32); /* a module, type 0 */
	put_le64(bytes + 16, prefix ? 24 + 32 + 8 + 32 : 24 + 32);
	if (prefix) {
		put_le32(bytes + 56, 3);
		put_le32(bytes + 60, 40);
		memcpy(bytes + 64, prefix, strlen(prefix));
	}
	return (size_t)get_le64(bytes + 16);
}

size_t efi_bytes_vendor(uint8_t bytes[0x200], const void *certificates, size_t size)
{
	memset(bytes, 0, 0x200);
	put_le32(bytes, (uint32_t)size);
	put_le32(bytes + 8, 16);
	memcpy(bytes + 16, certificates, size);
	return 16 + size;
}
