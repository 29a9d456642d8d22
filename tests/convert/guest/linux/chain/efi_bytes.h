/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EFI programs with sections, made by hand. */
#ifndef HVGEN2_TESTS_CONVERT_GUEST_LINUX_CHAIN_EFI_BYTES_H
#define HVGEN2_TESTS_CONVERT_GUEST_LINUX_CHAIN_EFI_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define EFI_BYTES 4096

struct efi_section {
	const char *name; /* one of more than 8 letters goes to the table of strings */
	const void *data;
	size_t size;
};

/* Sections are stored from 0x400 on, 0x200 apart (so none is larger), and end with NULL. */
#define EFI_SECTION(i) (0x400 + (size_t)(i)*0x200)
void efi_bytes_make(uint8_t image[EFI_BYTES], const struct efi_section *sections);

/* Section "mods" with one module and then a prefix; NULL: without the latter. Returns its size. */
size_t efi_bytes_mods(uint8_t bytes[0x200], const char *prefix);

/* Section ".vendor_cert" that holds these bytes. Returns its size. */
size_t efi_bytes_vendor(uint8_t bytes[0x200], const void *certificates, size_t size);

#endif
