/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram: what changes the boot entries and their order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/cmd/cmd.h"
#include "convert/cmd/nvram/action.h"
#include "convert/table/gpt.h"
#include "vhd/vhd.h"

#define DEFAULT_PATH "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"

static int done(struct nvram_command *command, uint16_t number, const char *summary)
{
	command->number = number;
	command->has_number = true;
	command->summary = summary;
	return 0;
}

/* The EFI system partition of a table: of several, that which the user names. */
static int find_esp(const struct gpt *gpt, const struct nvram_options *options,
		    struct nvram_partition *ret, struct error *err)
{
	unsigned int wanted = options->partition;
	const struct guid type = GPT_TYPE_ESP;

	ret->number = 0;
	for (size_t i = 0; i < gpt->count; i++) {
		const struct gpt_partition *partition = &gpt->partitions[i];

		if (!guid_equal(&partition->type, &type) || (wanted && partition->number != wanted))
			continue;
		if (ret->number)
			return error_usage(err,
					   "'%s': partitions %u and %u are both EFI system "
					   "partitions; say which with '--partition'",
					   options->disk, ret->number, partition->number);
		*ret = (struct nvram_partition){partition->number, partition->first_lba,
						partition->last_lba - partition->first_lba + 1,
						partition->unique};
	}
	if (ret->number)
		return 0;
	return wanted ? error_usage(err, "'%s': partition %u is no EFI system partition",
				    options->disk, wanted)
		      : error_damaged(err, "'%s': no EFI system partition", options->disk);
}

static int read_esp(const struct nvram_options *options, struct nvram_partition *ret,
		    struct error *err)
{
	const struct vhd_open_options open_options = cmd_source_options(&options->disk_source);
	CLEANUP_FREE struct gpt *gpt = calloc(1, sizeof(*gpt));
	CLEANUP_DISK struct disk *disk = NULL;
	int r = gpt ? vhd_open(options->disk, &open_options, &disk, err)
		    : error_failed(err, ENOMEM, "out of memory");

	if (r == 0)
		r = cmd_source_check(disk, gpt_read(disk, gpt, err), err);
	if (r == 0)
		r = find_esp(gpt, options, ret, err);
	return r < 0 ? error_advise(err, "name the disk of a generation 2 VM") : 0;
}

int cmd_nvram_edit_add_file(struct nvram_command *command, struct error *err)
{
	const struct nvram_options *options = &command->options;
	const char *path = options->path ? options->path : DEFAULT_PATH;
	const char *description =
		options->description ? options->description : NVRAM_WINDOWS_BOOT_MANAGER;
	struct nvram *nvram = &command->store.nvram;
	struct nvram_partition esp;
	size_t removed = 0;
	uint16_t number;
	int r;

	if (!options->disk)
		return error_usage(err, "'nvram add-file' needs '--disk'");
	if (path[0] != '\\')
		return error_usage(err, "option '--path': '%s' does not begin with a backslash",
				   path);
	r = read_esp(options, &esp, err);
	if (r == 0)
		r = nvram_add_file(nvram, &esp, path, description, &number, err);
	if (r == 0 && options->replace)
		r = nvram_remove_stale(nvram, number, &removed, err);
	if (r < 0)
		return r;
	if (nvram_key_warning(command->store.format, nvram))
		cmd_warn("'%s': %s", command->store.name,
			 nvram_key_warning(command->store.format, nvram));
	return done(command, number,
		    removed ? "is at the top; older entries were removed" : "is at the top");
}

int cmd_nvram_edit_add_drive(struct nvram_command *command, struct error *err)
{
	const struct nvram_options *options = &command->options;
	uint16_t number;
	int r;

	if (guid_is_zero(&options->controller) || !options->has_lun)
		return error_usage(err, "'nvram add-drive' needs '--controller' and '--lun'");
	r = nvram_add_drive(&command->store.nvram, &options->controller, (uint16_t)options->lun,
			    options->description ? options->description : NVRAM_SCSI_DRIVE, &number,
			    err);
	return r < 0 ? r : done(command, number, "is in the boot order");
}

int cmd_nvram_edit_add_network(struct nvram_command *command, struct error *err)
{
	const struct nvram_options *options = &command->options;
	enum nvram_ip ip = options->ipv6			       ? NVRAM_IP_6
			   : options->ipv4			       ? NVRAM_IP_4
			   : command->store.format == NVRAM_FORMAT_XML ? NVRAM_IP_NONE
								       : NVRAM_IP_4;
	uint16_t number;
	int r;

	if (guid_is_zero(&options->adapter))
		return error_usage(err, "'nvram add-network' needs '--adapter'");
	if (options->ipv4 && options->ipv6)
		return error_usage(err, "'--ipv4' and '--ipv6' exclude each other");
	r = nvram_add_network(&command->store.nvram, &options->adapter, ip,
			      options->description ? options->description : "EFI Network", &number,
			      err);
	return r < 0 ? r : done(command, number, "is in the boot order");
}

/* What the operands mean, once each. *ret_numbers is to be freed. */
static int find_operands(const struct nvram_command *command, const struct nvram_entries *entries,
			 uint16_t **ret_numbers, struct error *err)
{
	CLEANUP_FREE uint16_t *numbers = calloc(command->operand_count + 1, sizeof(*numbers));

	if (!numbers)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < command->operand_count; i++) {
		size_t found;
		int r = cmd_nvram_entries_find(entries, command->operands[i], &found, err);

		if (r < 0)
			return r;
		numbers[i] = entries->list[found].number;
		for (size_t j = 0; j < i; j++)
			if (numbers[j] == numbers[i])
				return error_usage(err, "'%s' and '%s' are the same entry",
						   command->operands[j], command->operands[i]);
	}
	*ret_numbers = TAKE(numbers);
	return 0;
}

int cmd_nvram_edit_first(struct nvram_command *command, struct error *err)
{
	CLEANUP_ENTRIES struct nvram_entries entries = NVRAM_ENTRIES_INIT;
	size_t found;
	int r = cmd_nvram_entries_operand(command, &entries, &found, err);

	if (r < 0)
		return r;
	if (!entries.list[found].exists)
		return error_usage(err, "Boot%04X is in BootOrder, but there is no such variable",
				   entries.list[found].number);
	r = nvram_boot_first(&command->store.nvram, entries.list[found].number, err);
	return r < 0 ? r : done(command, entries.list[found].number, "is at the top");
}

static bool is_among(const uint16_t *numbers, size_t count, uint16_t number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* Entries that a refusal names; 95 bytes are enough for each. */
#define MAX_NAMED 8
#define LOST_SIZE (MAX_NAMED * 95 + 32)

/* Is the entry in BootOrder, and not among those that stay there? */
static bool is_left_out(const struct nvram_entry *entry, const uint16_t *kept, size_t count)
{
	return entry->in_order && !is_among(kept, count, entry->number);
}

/*
 * "File Boot0003 'Windows Boot Manager', ... and 3 more" of the entries that an order would lose;
 * false when there is none.
 */
static bool name_lost(const struct nvram_entries *entries, const uint16_t *kept, size_t count,
		      char text[LOST_SIZE])
{
	size_t used = 0, lost = 0;

	for (size_t i = 0; i < entries->count; i++) {
		const struct nvram_entry *entry = &entries->list[i];

		if (!entry->exists || !is_left_out(entry, kept, count) || lost++ >= MAX_NAMED)
			continue;
		used += (size_t)snprintf(text + used, LOST_SIZE - used, "%s%s Boot%04X '%.60s'",
					 used ? ", " : "", cmd_nvram_type_text(entry->boot.type),
					 entry->number, entry->boot.description);
	}
	if (lost > MAX_NAMED)
		snprintf(text + used, LOST_SIZE - used, " and %zu more", lost - MAX_NAMED);
	return lost > 0;
}

static int drop_others(struct nvram *nvram, const struct nvram_entries *entries,
		       const uint16_t *kept, size_t count, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < entries->count; i++)
		if (is_left_out(&entries->list[i], kept, count))
			r = nvram_remove_boot_entry(nvram, entries->list[i].number, err);
	return r;
}

int cmd_nvram_edit_order(struct nvram_command *command, struct error *err)
{
	CLEANUP_ENTRIES struct nvram_entries entries = NVRAM_ENTRIES_INIT;
	CLEANUP_FREE uint16_t *numbers = NULL;
	size_t count = command->operand_count;
	char lost[LOST_SIZE];
	int r = cmd_nvram_entries_read(&command->store.nvram, &entries, err);

	if (r == 0)
		r = find_operands(command, &entries, &numbers, err);
	if (r < 0)
		return r;
	if (!command->options.drop && name_lost(&entries, numbers, count, lost))
		return error_refused(err, REFUSAL_ENTRIES_LOST,
				     "name them too, or say with --drop that they are to go",
				     "this order would lose %s", lost);
	r = drop_others(&command->store.nvram, &entries, numbers, count, err);
	if (r == 0)
		r = nvram_set_boot_order(&command->store.nvram, numbers, count, err);
	command->summary = "the boot order is set";
	return r;
}

int cmd_nvram_edit_remove(struct nvram_command *command, struct error *err)
{
	CLEANUP_ENTRIES struct nvram_entries entries = NVRAM_ENTRIES_INIT;
	CLEANUP_FREE uint16_t *numbers = NULL;
	int r = cmd_nvram_entries_read(&command->store.nvram, &entries, err);

	if (r == 0)
		r = find_operands(command, &entries, &numbers, err);
	for (size_t i = 0; r == 0 && i < command->operand_count; i++)
		r = nvram_remove_boot_entry(&command->store.nvram, numbers[i], err);
	command->summary =
		command->operand_count == 1 ? "the entry is removed" : "the entries are removed";
	return r;
}

int cmd_nvram_edit_set(struct nvram_command *command, struct error *err)
{
	static const char *const names[NVRAM_SETTING_MAX] = {
		[NVRAM_SETTING_NETWORK_PROTOCOL] = "network-boot-protocol",
		[NVRAM_SETTING_PAUSE] = "pause-after-boot-failure",
	};

	for (unsigned int i = 0; i < NVRAM_SETTING_MAX; i++) {
		if (strcmp(command->operands[0], names[i]) != 0)
			continue;
		command->summary = "the setting is made";
		return nvram_store_set(&command->store, (enum nvram_setting)i, command->operands[1],
				       err);
	}
	return error_usage(err, "there is no setting '%s', only '%s' and '%s'",
			   command->operands[0], names[0], names[1]);
}
