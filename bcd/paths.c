/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Step of the conversion that names the UEFI programs: see conversion.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/conversion.h"
#include "common/bytes.h"

#define BOOT_MANAGER  "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"
#define MEMORY_TESTER "\\EFI\\Microsoft\\Boot\\memtest.efi"
#define STORE_PATH    "\\EFI\\Microsoft\\Boot\\BCD"

/* "\Windows\system32\winload.exe" to ".efi": three characters; folder, case and what follows the
 * NUL stay. */
static int change_extension(struct conversion *conversion, struct bcd_object *object)
{
	const struct bcd_element *element = bcd_object_find(object, BCD_PATH);
	CLEANUP_FREE uint8_t *copy = malloc(element->size + 1);
	size_t end = 0;

	if (!copy)
		return error_failed(conversion->err, ENOMEM, "'%s': out of memory",
				    hive_name(conversion->store->hive));
	memcpy(copy, element->data, element->size);
	while (end + 2 <= element->size && get_le16(copy + end) != 0)
		end += 2;
	for (size_t i = 0; i < 3; i++)
		put_le16(copy + end - 6 + 2 * i, (uint16_t) "efi"[i]);
	return bcd_object_set(conversion->store, object, BCD_PATH, copy, element->size,
			      conversion->err);
}

/* A loader or resume object whose program is 'old'; others are not of the boot programs that UEFI
 * has twins of. */
static int convert_program(struct conversion *conversion, struct bcd_object *object,
			   const char *old)
{
	CLEANUP_FREE char *path = bcd_object_string(object, BCD_PATH);
	char title[BCD_TITLE_SIZE];
	int r = 0;

	if (path && bcd_ends_with(path, old))
		r = change_extension(conversion, object);
	else if (path && bcd_ends_with(path, ".exe"))
		WARNING(conversion,
			"%s starts '%s', which has no known UEFI form; the entry will not start",
			bcd_object_title(object, title), path);
	if (r < 0 || bcd_object_bool(object, BCD_OS_WINPE) ||
	    bcd_object_find(object, BCD_ISOLATEDCONTEXT))
		return r;
	return bcd_object_set_bool(conversion->store, object, BCD_ISOLATEDCONTEXT, true,
				   conversion->err);
}

static int convert_boot_manager(struct conversion *conversion, struct bcd_object *object)
{
	int r = bcd_object_set_string(conversion->store, object, BCD_PATH, BOOT_MANAGER,
				      conversion->err);

	if (r == 0 && bcd_object_find(object, BCD_MGR_BCDFILEPATH))
		r = bcd_object_set_string(conversion->store, object, BCD_MGR_BCDFILEPATH,
					  STORE_PATH, conversion->err);
	return r;
}

int bcd_convert_programs(struct conversion *conversion)
{
	int r = 0;

	for (size_t i = 0; i < conversion->store->object_count && r == 0; i++) {
		struct bcd_object *object = conversion->store->objects[i];

		if (object->type == BCD_OBJECT_BOOTMGR)
			r = convert_boot_manager(conversion, object);
		else if (object->type == BCD_OBJECT_OSLOADER)
			r = convert_program(conversion, object, "winload.exe");
		else if (object->type == BCD_OBJECT_RESUME)
			r = convert_program(conversion, object, "winresume.exe");
		else if (object->type == BCD_OBJECT_MEMDIAG)
			r = bcd_object_set_string(conversion->store, object, BCD_PATH,
						  MEMORY_TESTER, conversion->err);
	}
	return r;
}
