/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram list: the boot entries, as a table and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "convert/cmd/nvram/action.h"

static int print_entry(FILE *page, const struct nvram_entry *entry, size_t position,
		       struct error *err)
{
	const struct nvram_boot_entry *boot = &entry->boot;
	CLEANUP_FREE char *optional = cmd_nvram_optional_text(boot);
	char guid[GUID_TEXT_SIZE];

	if (!optional)
		return error_failed(err, ENOMEM, "out of memory");
	if (entry->in_order)
		safe_printf(page, "%3zu", position);
	else
		safe_printf(page, "  -");
	safe_printf(page, "  Boot%04X  %-7s  %-8s  %s%s\n     %s\n", entry->number,
		    cmd_nvram_type_text(boot->type), boot->active ? "active" : "inactive",
		    boot->description, entry->in_order ? "" : "  (not in BootOrder)",
		    boot->firmware_path);
	if (boot->partition.number)
		safe_printf(page,
			    "     partition %" PRIu32 " {%s}, LBA %" PRIu64 ", %" PRIu64
			    " sectors\n",
			    boot->partition.number, guid_format(&boot->partition.guid, guid),
			    boot->partition.start_lba, boot->partition.sectors);
	if (*optional)
		safe_printf(page, "     optional data: %s\n", optional);
	return 0;
}

int cmd_nvram_print_list(const struct nvram_command *command, const struct nvram_entries *entries,
			 struct error *err)
{
	CLEANUP_PAGE FILE *page = page_open(stdout);
	size_t position = 0;

	if (!page)
		return error_failed(err, ENOMEM, "out of memory");
	safe_printf(page, "%s: %s, %zu boot %s\n", command->store.name,
		    nvram_format_text(command->store.format), entries->count,
		    entries->count == 1 ? "entry" : "entries");
	for (size_t i = 0; i < entries->count; i++) {
		int r = print_entry(page, &entries->list[i], position, err);

		if (r < 0)
			return r;
		position++;
	}
	return 0;
}

void cmd_nvram_set_schema(json_t *root)
{
	json_object_set_new(root, "schema", json_integer(1));
}

static json_t *number_json(uint16_t number)
{
	return json_sprintf("%04X", number);
}

static json_t *entry_json(const struct nvram_entry *entry)
{
	const struct nvram_boot_entry *boot = &entry->boot;
	CLEANUP_FREE char *optional = cmd_nvram_optional_text(boot);
	char guid[GUID_TEXT_SIZE];
	json_t *json =
		json_pack("{s:o, s:s, s:o, s:o, s:b, s:b, s:b}", "number",
			  number_json(entry->number), "type", cmd_nvram_type_text(boot->type),
			  "description", text_json(boot->description), "firmwarePath",
			  text_json(boot->firmware_path), "active", boot->active, "inBootOrder",
			  entry->in_order, "exists", entry->exists);

	if (json && boot->file_path)
		json_object_set_new(json, "filePath", text_json(boot->file_path));
	if (json && boot->partition.number)
		json_object_set_new(json, "partition",
				    json_pack("{s:i, s:s, s:I, s:I}", "number",
					      boot->partition.number, "guid",
					      guid_format(&boot->partition.guid, guid), "startLba",
					      (json_int_t)boot->partition.start_lba, "sectors",
					      (json_int_t)boot->partition.sectors));
	if (json && optional && *optional)
		json_object_set_new(json, "optionalData", text_json(optional));
	return json;
}

json_t *cmd_nvram_list_json(const struct nvram_command *command,
			    const struct nvram_entries *entries)
{
	json_t *list = json_array(), *root = json_object();

	for (size_t i = 0; i < entries->count; i++)
		json_array_append_new(list, entry_json(&entries->list[i]));
	cmd_nvram_set_schema(root);
	text_json_set_path(root, "store", command->store.name);
	json_object_set_new(root, "format", json_string(nvram_format_text(command->store.format)));
	json_object_set_new(root, "dryRun", json_boolean(command->options.dry_run));
	json_object_set_new(root, "entries", list);
	return root;
}

int cmd_nvram_list(struct nvram_command *command, struct error *err)
{
	CLEANUP_ENTRIES struct nvram_entries entries = NVRAM_ENTRIES_INIT;
	int r = cmd_nvram_entries_read(&command->store.nvram, &entries, err);

	if (r < 0)
		return r;
	return command->options.json ? text_json_print(cmd_nvram_list_json(command, &entries), err)
				     : cmd_nvram_print_list(command, &entries, err);
}

static int print_alone(const struct nvram_entry *entry, size_t position, struct error *err)
{
	CLEANUP_PAGE FILE *page = page_open(stdout);

	return page ? print_entry(page, entry, position, err)
		    : error_failed(err, ENOMEM, "out of memory");
}

/* One entry by itself: a list of one. */
static int show_entry(struct nvram_command *command, struct error *err)
{
	CLEANUP_ENTRIES struct nvram_entries entries = NVRAM_ENTRIES_INIT;
	json_t *entry;
	size_t found;
	int r = cmd_nvram_entries_operand(command, &entries, &found, err);

	if (r < 0)
		return r;
	if (!command->options.json)
		return print_alone(&entries.list[found], found, err);
	entry = entry_json(&entries.list[found]);
	cmd_nvram_set_schema(entry);
	return text_json_print(entry, err);
}

int cmd_nvram_show(struct nvram_command *command, struct error *err)
{
	if (command->options.all == (command->operand_count == 1))
		return error_usage(err, "'nvram show' takes either one ENTRY or '--all'");
	return command->options.all ? cmd_nvram_show_all(command, err) : show_entry(command, err);
}
