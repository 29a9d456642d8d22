/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Load options. The frame is written by hand: efi_loadopt_create() of libefiboot 37 takes the
 * description through UCS-2 and loses what lies outside the basic plane. efi_loadopt_is_valid()
 * judges every option before it leaves.
 */
#include "nvram/load_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <efiboot.h>
#include <efivar.h>

#include "common/bytes.h"
#include "nvram/device_path.h"

#define OPTION_ATTRIBUTES  0
#define OPTION_PATH_LENGTH 4
#define OPTION_DESCRIPTION 6

/*
 * The optional data of Windows: signature, version, length, offset of the OS path, and then text.
 */
#define WINDOWS_SIGNATURE     0x00
#define WINDOWS_VERSION	      0x08
#define WINDOWS_LENGTH	      0x0c
#define WINDOWS_PATH_OFFSET   0x10
#define WINDOWS_TEXT	      0x14
#define WINDOWS_PATH	      0x78
#define WINDOWS_PATH_VERSION  0x00
#define WINDOWS_PATH_LENGTH   0x04
#define WINDOWS_PATH_TYPE     0x08
#define WINDOWS_PATH_DATA     0x0c
#define WINDOWS_PATH_SIZE     0x10
#define WINDOWS_PATH_TYPE_EFI 4
/* The object of the Windows Boot Manager, in every BCD store. */
#define WINDOWS_BOOT_MANAGER "BCDOBJECT={9dea862c-5cdd-4e70-acc1-f32b344d4795}"

/* Bytes of a UTF-16 string with its NUL, or 0 when it is not closed. */
static size_t closed_string(const uint8_t *text, size_t size)
{
	for (size_t i = 0; i + 2 <= size; i += 2)
		if (get_le16(text + i) == 0)
			return i + 2;
	return 0;
}

int load_option_parse(const uint8_t *data, size_t size, const char *what, struct load_option *ret,
		      struct error *err)
{
	struct load_option option;
	size_t end;
	int r;

	if (size <= OPTION_DESCRIPTION)
		return error_damaged(err, "'%s' has %zu bytes, too few for a load option", what,
				     size);
	option.attributes = get_le32(data + OPTION_ATTRIBUTES);
	option.path_size = get_le16(data + OPTION_PATH_LENGTH);
	option.description = data + OPTION_DESCRIPTION;
	option.description_size = closed_string(option.description, size - OPTION_DESCRIPTION);
	if (option.description_size == 0)
		return error_damaged(err, "'%s' has a description without an end", what);
	end = OPTION_DESCRIPTION + option.description_size;
	if (option.path_size == 0 || option.path_size > size - end)
		return error_damaged(err, "'%s' has a device path of %zu bytes in %zu", what,
				     option.path_size, size - end);
	option.path = data + end;
	r = device_path_check(option.path, option.path_size, err);
	if (r < 0) {
		error_prefix(err, "'%s'", what);
		return r;
	}
	option.optional = option.path + option.path_size;
	option.optional_size = size - end - option.path_size;
	*ret = option;
	return 0;
}

/* A second opinion on what is about to be stored. */
static int check_built(const struct buffer *option, struct error *err)
{
	bool valid;

	if (option->failed)
		return error_failed(err, ENOMEM, "load option: out of memory");
	valid = efi_loadopt_is_valid((efi_load_option *)option->data, option->size);
	efi_error_clear();
	if (!valid)
		return error_failed(err, EINVAL, "load option of %zu bytes: libefiboot rejects it",
				    option->size);
	return 0;
}

int load_option_build(struct buffer *option, const char *description, const struct buffer *path,
		      const void *optional, size_t optional_size, struct error *err)
{
	int r;

	if (path->failed)
		return error_failed(err, ENOMEM, "device path: out of memory");
	if (path->size > UINT16_MAX)
		return error_failed(err, ENAMETOOLONG, "device path of %zu bytes is too long",
				    path->size);
	buffer_le32(option, LOAD_OPTION_ACTIVE);
	buffer_le16(option, (uint16_t)path->size);
	r = buffer_utf16(option, description, err);
	if (r < 0)
		return r;
	buffer_append(option, path->data, path->size);
	buffer_append(option, optional, optional_size);
	return check_built(option, err);
}

void load_option_windows_data(uint8_t ret[LOAD_OPTION_WINDOWS_SIZE])
{
	static const char text[] = WINDOWS_BOOT_MANAGER;
	uint8_t *path = ret + WINDOWS_PATH;

	memset(ret, 0, LOAD_OPTION_WINDOWS_SIZE);
	memcpy(ret + WINDOWS_SIGNATURE, "WINDOWS", 8);
	put_le32(ret + WINDOWS_VERSION, 1);
	put_le32(ret + WINDOWS_LENGTH, LOAD_OPTION_WINDOWS_SIZE);
	put_le32(ret + WINDOWS_PATH_OFFSET, WINDOWS_PATH);
	for (size_t i = 0; i < sizeof(text); i++)
		put_le16(ret + WINDOWS_TEXT + 2 * i, (uint16_t)text[i]);
	put_le32(path + WINDOWS_PATH_VERSION, 1);
	put_le32(path + WINDOWS_PATH_LENGTH, WINDOWS_PATH_SIZE);
	put_le32(path + WINDOWS_PATH_TYPE, WINDOWS_PATH_TYPE_EFI);
	put_be32(path + WINDOWS_PATH_DATA, 0x7fff0400);
}
