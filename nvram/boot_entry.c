/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One boot entry taken apart for its user. The type is decided as Hyper-V decides it
 * (BootSourceType of Msvm_BootSourceSettingData): by the last node of the device path.
 *
 * A Boot#### name has four hexadecimal digits in upper case: the firmware does not see any other
 * spelling (nvram variable names are compared exactly), so neither does this file.
 */
#include "nvram/boot_entry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"
#include "nvram/device_path.h"
#include "nvram/load_option.h"
#include "nvram/nvram.h"

bool boot_number_of(const struct nvram_variable *variable, uint16_t *ret)
{
	static const char digits[] = "0123456789ABCDEF";
	const struct guid global = NVRAM_GLOBAL;
	const char *name = variable->name;
	unsigned int number = 0;

	if (!guid_equal(&variable->vendor, &global) || strlen(name) != 8 ||
	    strncmp(name, "Boot", 4) != 0)
		return false;
	for (size_t i = 4; i < 8; i++) {
		const char *digit = strchr(digits, name[i]);

		if (!digit)
			return false;
		number = number << 4 | (unsigned int)(digit - digits);
	}
	*ret = (uint16_t)number;
	return true;
}

char *boot_name(uint16_t number, char name[BOOT_NAME_SIZE])
{
	snprintf(name, BOOT_NAME_SIZE, "Boot%04X", number);
	return name;
}

void nvram_boot_entry_done(struct nvram_boot_entry *entry)
{
	free(entry->description);
	free(entry->file_path);
	free(entry->firmware_path);
	*entry = (struct nvram_boot_entry)NVRAM_BOOT_ENTRY_INIT;
}

static enum nvram_boot_type boot_type_of(uint16_t last_kind, bool has_mac)
{
	switch (last_kind) {
	case DEVICE_PATH_FILE:
		return NVRAM_BOOT_FILE;
	case DEVICE_PATH_SCSI:
	case DEVICE_PATH_SATA:
	case DEVICE_PATH_HD:
	case DEVICE_PATH_CDROM:
		return NVRAM_BOOT_DRIVE;
	default:
		return has_mac ? NVRAM_BOOT_NETWORK : NVRAM_BOOT_OTHER;
	}
}

/* Several File nodes in a row form one path; a node need not begin with a backslash (UEFI 2.10
 * section 10.3.5.4). */
static int append_file_node(struct nvram_boot_entry *entry, const struct device_path_node *node,
			    struct error *err)
{
	CLEANUP_FREE char *more = utf16le_to_utf8(node->data, node->size);
	CLEANUP_BUFFER struct buffer path = BUFFER_INIT;

	if (!more)
		return error_failed(err, ENOMEM, "file path: out of memory");
	if (entry->file_path) {
		buffer_text(&path, entry->file_path);
		if (more[0] != '\\')
			buffer_text(&path, "\\");
	}
	buffer_text(&path, more);
	free(entry->file_path);
	entry->file_path = buffer_take_text(&path);
	return entry->file_path ? 0 : error_failed(err, ENOMEM, "file path: out of memory");
}

/* Only the first path of a list is what the firmware boots. */
static int read_device_path(struct nvram_boot_entry *entry, const struct load_option *option,
			    struct error *err)
{
	struct device_path_node node;
	uint16_t last_kind = 0;
	bool has_mac = false;
	size_t offset = 0;
	int r;

	while ((r = device_path_next(option->path, option->path_size, &offset, &node, err)) > 0 &&
	       node.kind != DEVICE_PATH_END_INSTANCE) {
		last_kind = node.kind;
		has_mac |= node.kind == DEVICE_PATH_MAC;
		device_path_hd(&node, &entry->partition);
		if (node.kind == DEVICE_PATH_FILE && (r = append_file_node(entry, &node, err)) < 0)
			break;
	}
	entry->type = boot_type_of(last_kind, has_mac);
	entry->is_file = entry->type == NVRAM_BOOT_FILE;
	return r < 0 ? r : 0;
}

static int fill_entry(struct nvram_boot_entry *entry, const struct load_option *option,
		      struct error *err)
{
	entry->active = option->attributes & LOAD_OPTION_ACTIVE;
	entry->attributes = option->attributes;
	entry->optional = option->optional;
	entry->optional_size = option->optional_size;
	entry->description = utf16le_to_utf8(option->description, option->description_size);
	entry->firmware_path = device_path_text(option->path, option->path_size);
	if (!entry->description || !entry->firmware_path)
		return error_failed(err, ENOMEM, "boot entry: out of memory");
	return read_device_path(entry, option, err);
}

int nvram_boot_entry(const struct nvram *nvram, uint16_t number, struct nvram_boot_entry *ret,
		     struct error *err)
{
	const struct guid global = NVRAM_GLOBAL;
	const struct nvram_variable *variable;
	struct nvram_boot_entry entry = NVRAM_BOOT_ENTRY_INIT;
	char name[BOOT_NAME_SIZE];
	struct load_option option;
	int r;

	variable = nvram_get(nvram, &global, boot_name(number, name));
	if (!variable)
		return error_failed(err, ENOENT, "there is no '%s'", name);
	r = load_option_parse(variable->data, variable->size, name, &option, err);
	if (r < 0)
		return r;
	entry.number = number;
	r = fill_entry(&entry, &option, err);
	if (r < 0)
		nvram_boot_entry_done(&entry);
	else
		*ret = entry;
	return r;
}
