/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot entries and their order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "nvram/boot_entry.h"
#include "nvram/device_path.h"
#include "nvram/load_option.h"
#include "nvram/nvram.h"

#define BOOT_ORDER "BootOrder"

/* Where a new entry goes. One that is listed already moves to the top, but never to the bottom. */
enum place { AT_TOP, AT_BOTTOM };

static const struct nvram_variable *find_boot(const struct nvram *nvram, uint16_t number)
{
	const struct guid global = NVRAM_GLOBAL;
	char name[BOOT_NAME_SIZE];

	return nvram_get(nvram, &global, boot_name(number, name));
}

size_t nvram_boot_order(const struct nvram *nvram, uint16_t *ret_numbers, size_t max)
{
	const struct guid global = NVRAM_GLOBAL;
	const struct nvram_variable *order = nvram_get(nvram, &global, BOOT_ORDER);
	size_t count = order ? order->size / 2 : 0;

	for (size_t i = 0; i < count && i < max; i++)
		ret_numbers[i] = get_le16(order->data + 2 * i);
	return count;
}

int nvram_set_boot_order(struct nvram *nvram, const uint16_t *numbers, size_t count,
			 struct error *err)
{
	const struct guid global = NVRAM_GLOBAL;
	const struct nvram_variable *old = nvram_get(nvram, &global, BOOT_ORDER);
	CLEANUP_BUFFER struct buffer order = BUFFER_INIT;

	if (count == 0) {
		nvram_remove(nvram, &global, BOOT_ORDER);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		buffer_le16(&order, numbers[i]);
	if (order.failed)
		return error_failed(err, ENOMEM, "BootOrder: out of memory");
	return nvram_set(nvram, &global, BOOT_ORDER, old ? old->attributes : NVRAM_BOOT_ATTRIBUTES,
			 order.data, order.size, err);
}

/* Move a number, in BootOrder or not, to the top or, when it is new, to the bottom. */
static int move_in_order(struct nvram *nvram, uint16_t number, enum place where, struct error *err)
{
	size_t count = nvram_boot_order(nvram, NULL, 0), used = 0;
	CLEANUP_FREE uint16_t *old = calloc(count + 1, sizeof(*old));
	CLEANUP_FREE uint16_t *new = calloc(count + 2, sizeof(*new));
	bool is_present = false;

	if (!old || !new)
		return error_failed(err, ENOMEM, "BootOrder: out of memory");
	nvram_boot_order(nvram, old, count);
	if (where == AT_TOP)
		new[used++] = number;
	for (size_t i = 0; i < count; i++) {
		is_present |= old[i] == number;
		if (old[i] != number || where == AT_BOTTOM)
			new[used++] = old[i];
	}
	if (where == AT_BOTTOM && !is_present)
		new[used++] = number;
	return nvram_set_boot_order(nvram, new, used, err);
}

int nvram_boot_first(struct nvram *nvram, uint16_t number, struct error *err)
{
	return move_in_order(nvram, number, AT_TOP, err);
}

/* The variable that holds exactly this load option. */
static const struct nvram_variable *find_equal(const struct nvram *nvram,
					       const struct buffer *option, uint16_t *ret)
{
	for (size_t i = 0; i < nvram->count; i++) {
		const struct nvram_variable *variable = &nvram->variables[i];

		if (boot_number_of(variable, ret) && variable->size == option->size &&
		    memcmp(variable->data, option->data, option->size) == 0)
			return variable;
	}
	return NULL;
}

/* The lowest number without a variable. */
static int free_number(const struct nvram *nvram, uint16_t *ret, struct error *err)
{
	for (unsigned int number = 0; number <= UINT16_MAX; number++) {
		if (!find_boot(nvram, (uint16_t)number)) {
			*ret = (uint16_t)number;
			return 0;
		}
	}
	return error_failed(err, ENOSPC, "no free Boot#### number");
}

/* Store a load option under the lowest free number, or find the equal one, and list it.
 * 'ret_number' may be NULL. */
static int add_option(struct nvram *nvram, const struct buffer *option, enum place where,
		      uint16_t *ret_number, struct error *err)
{
	const struct guid global = NVRAM_GLOBAL;
	char name[BOOT_NAME_SIZE];
	uint16_t number;
	int r = 0;

	if (!find_equal(nvram, option, &number)) {
		r = free_number(nvram, &number, err);
		if (r == 0)
			r = nvram_set(nvram, &global, boot_name(number, name),
				      NVRAM_BOOT_ATTRIBUTES, option->data, option->size, err);
	}
	if (r == 0)
		r = move_in_order(nvram, number, where, err);
	if (r == 0 && ret_number)
		*ret_number = number;
	return r;
}

static int build_file_path(struct buffer *path, const struct nvram_partition *esp, const char *file,
			   struct error *err)
{
	int r = device_path_add_hd(path, esp, err);

	if (r == 0)
		r = device_path_add_file(path, file, err);
	return r < 0 ? r : device_path_add_end(path, err);
}

static int build_file_option(const struct nvram_partition *esp, const char *file,
			     const char *description, struct buffer *option, struct error *err)
{
	CLEANUP_BUFFER struct buffer path = BUFFER_INIT;
	uint8_t optional[LOAD_OPTION_WINDOWS_SIZE];
	bool is_windows = strcmp(description, NVRAM_WINDOWS_BOOT_MANAGER) == 0;
	int r = build_file_path(&path, esp, file, err);

	if (r < 0)
		return r;
	load_option_windows_data(optional);
	return load_option_build(option, description, &path, optional,
				 is_windows ? sizeof(optional) : 0, err);
}

int nvram_add_file(struct nvram *nvram, const struct nvram_partition *esp, const char *path,
		   const char *description, uint16_t *ret_number, struct error *err)
{
	CLEANUP_BUFFER struct buffer option = BUFFER_INIT;
	int r = build_file_option(esp, path, description, &option, err);

	return r < 0 ? r : add_option(nvram, &option, AT_TOP, ret_number, err);
}

int nvram_add_windows_boot_manager(struct nvram *nvram, const struct nvram_partition *esp,
				   const char *path, uint16_t *ret_number, struct error *err)
{
	return nvram_add_file(nvram, esp, path, NVRAM_WINDOWS_BOOT_MANAGER, ret_number, err);
}

#define SCSI_CLASS    GUID(0xba6163d9, 0x04a1, 0x4d29, 0xb605, 0x72e2ffb1dc7f)
#define NETWORK_CLASS GUID(0xf8615163, 0xdf3e, 0x46c5, 0x913f, 0xf2d2f965ed0e)

/* Close the path, wrap it up and list it last. */
static int add_device(struct nvram *nvram, struct buffer *path, const char *description,
		      uint16_t *ret_number, struct error *err)
{
	CLEANUP_BUFFER struct buffer option = BUFFER_INIT;
	int r = device_path_add_end(path, err);

	if (r == 0)
		r = load_option_build(&option, description, path, NULL, 0, err);
	return r < 0 ? r : add_option(nvram, &option, AT_BOTTOM, ret_number, err);
}

int nvram_add_drive(struct nvram *nvram, const struct guid *controller, uint16_t lun,
		    const char *description, uint16_t *ret_number, struct error *err)
{
	const struct guid class = SCSI_CLASS;
	CLEANUP_BUFFER struct buffer path = BUFFER_INIT;
	int r = device_path_add_vmbus(&path, &class, controller, err);

	if (r == 0)
		r = device_path_add_scsi(&path, 0, lun, err);
	return r < 0 ? r : add_device(nvram, &path, description, ret_number, err);
}

int nvram_add_network(struct nvram *nvram, const struct guid *adapter, enum nvram_ip ip,
		      const char *description, uint16_t *ret_number, struct error *err)
{
	const struct guid class = NETWORK_CLASS;
	CLEANUP_BUFFER struct buffer path = BUFFER_INIT;
	int r = device_path_add_vmbus(&path, &class, adapter, err);

	if (r == 0)
		r = device_path_add_mac(&path, err);
	if (r < 0)
		return r;
	if (ip == NVRAM_IP_4)
		device_path_add_ipv4(&path);
	if (ip == NVRAM_IP_6)
		device_path_add_ipv6(&path);
	return add_device(nvram, &path, description, ret_number, err);
}

int nvram_remove_boot_entry(struct nvram *nvram, uint16_t number, struct error *err)
{
	const struct guid global = NVRAM_GLOBAL;
	size_t count = nvram_boot_order(nvram, NULL, 0), used = 0;
	CLEANUP_FREE uint16_t *order = calloc(count + 1, sizeof(*order));
	char name[BOOT_NAME_SIZE];

	if (!order)
		return error_failed(err, ENOMEM, "BootOrder: out of memory");
	nvram_remove(nvram, &global, boot_name(number, name));
	nvram_boot_order(nvram, order, count);
	for (size_t i = 0; i < count; i++)
		if (order[i] != number)
			order[used++] = order[i];
	return used == count ? 0 : nvram_set_boot_order(nvram, order, used, err);
}

size_t nvram_boot_numbers(const struct nvram *nvram, uint16_t *ret_numbers, size_t max)
{
	uint16_t number;
	size_t count = 0;

	for (size_t i = 0; i < nvram->count; i++) {
		if (!boot_number_of(&nvram->variables[i], &number))
			continue;
		if (count < max)
			ret_numbers[count] = number;
		count++;
	}
	return count;
}

int nvram_remove_stale(struct nvram *nvram, uint16_t keep, size_t *ret_removed, struct error *err)
{
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry kept = NVRAM_BOOT_ENTRY_INIT;
	size_t count = nvram_boot_numbers(nvram, NULL, 0);
	CLEANUP_FREE uint16_t *numbers = calloc(count + 1, sizeof(*numbers));
	int r = nvram_boot_entry(nvram, keep, &kept, err);

	*ret_removed = 0;
	if (r == 0 && !numbers)
		r = error_failed(err, ENOMEM, "out of memory");
	if (r == 0)
		nvram_boot_numbers(nvram, numbers, count);
	for (size_t i = 0; r == 0 && i < count; i++) {
		CLEANUP_BOOT_ENTRY struct nvram_boot_entry other = NVRAM_BOOT_ENTRY_INIT;

		/* one that cannot be read is not known to be stale */
		if (numbers[i] == keep || nvram_boot_entry(nvram, numbers[i], &other, NULL) < 0 ||
		    !other.is_file || strcmp(other.description, kept.description) != 0)
			continue;
		r = nvram_remove_boot_entry(nvram, numbers[i], err);
		++*ret_removed;
	}
	return r;
}
