/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram: the boot entries and variables of a generation 2 VM, read and edited offline. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "convert/cmd/cmd.h"
#include "convert/cmd/keys.h"
#include "convert/cmd/nvram/action.h"
#include "convert/cmd/verbs.h"
#include "convert/table/gpt.h"

/* Against damage in the store or in what it is to be edited by. */
#define ADVICE_DAMAGED "take it from a backup, or let 'hvgen2 convert' or the host make a new one"

enum {
	OPTION_ADAPTER = 256,
	OPTION_ALL,
	OPTION_CONTROLLER,
	OPTION_DESCRIPTION,
	OPTION_DISK,
	OPTION_DROP,
	OPTION_EXPERIMENTAL,
	OPTION_FORMAT,
	OPTION_IPV4,
	OPTION_IPV6,
	OPTION_JSON,
	OPTION_LUN,
	OPTION_PARENT,
	OPTION_PARENT_DIR,
	OPTION_PARTITION,
	OPTION_PATH,
	OPTION_REPLACE,
	OPTION_SECURE_BOOT_KEYS,
	OPTION_SOURCE_FORMAT,
	OPTION_VARIABLE,
};

static const struct cmd_option options[] = {
	{OPTION_ADAPTER, "adapter", "GUID", "add-network: VMBus instance of the network adapter"},
	{OPTION_ALL, "all", NULL, "show: every variable"},
	{OPTION_CONTROLLER, "controller", "GUID",
	 "add-drive: VMBus instance of the SCSI controller"},
	{OPTION_DESCRIPTION, "description", "TEXT", "add-...: the name of the new entry"},
	{OPTION_DISK, "disk", "DISK",
	 "add-file: the disk (VHDX, VHD or raw) whose EFI system partition\n"
	 "the entry points at"},
	{OPTION_DROP, "drop", NULL, "order: remove the entries of BootOrder that are left out"},
	{'n', "dry-run", NULL, "show what would become of the store, write nothing"},
	{OPTION_EXPERIMENTAL, "experimental", NULL, "export: allow the format vmgs-v1"},
	{'f', "force", NULL, "export: replace an existing file"},
	{OPTION_FORMAT, "format", "FORMAT",
	 "export: json (default), custom-uefi, list, vmgs, vmgs-v1, ovmf,\n"
	 "efivar or efivarfs"},
	{OPTION_IPV4, "ipv4", NULL, "add-network: boot over IPv4 (default, but not for XML)"},
	{OPTION_IPV6, "ipv6", NULL, "add-network: boot over IPv6"},
	{OPTION_JSON, "json", NULL, "print a JSON object"},
	{OPTION_LUN, "lun", "NUMBER", "add-drive: controller location of the disk or DVD, 0 to 63"},
	{'o', "output", "PATH", "export: the file to write; default standard output"},
	{OPTION_PARENT, "parent", "FILE", "add-file: a parent of DISK, wherever it is"},
	{OPTION_PARENT_DIR, "parent-dir", "DIR",
	 "add-file: look for parents of DISK in this folder as well"},
	{OPTION_PARTITION, "partition", "NUMBER",
	 "add-file: which EFI system partition of DISK, of several"},
	{OPTION_PATH, "path", "PATH",
	 "add-file: the program on that partition; default\n"
	 "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"},
	{OPTION_REPLACE, "replace", NULL,
	 "add-file: remove older File entries of the same description;\n"
	 "import: remove the variables that the file does not have"},
	{OPTION_SECURE_BOOT_KEYS, "secure-boot-keys", "FILE",
	 "add-keys: the JSON of Hyper-V's templates as OpenVMM has them,\n"
	 "or any store with keys; 'auto' (default): Microsoft's keys of\n"
	 "an installed OVMF"},
	{OPTION_SOURCE_FORMAT, "source-format", "FORMAT",
	 "add-file: raw, vhd or vhdx: what DISK is; default: by its name"},
	{OPTION_VARIABLE, "variable", "NAME",
	 "export, import: this variable only; NAME or NAME-GUID"},
	{0, NULL, NULL, NULL},
};

static const struct cmd_verb verb = {
	.name = "nvram",
	.synopsis = "ACTION [OPTIONS] [ENTRY...] STORE",
	.purpose =
		"Read or edit the UEFI variables of a generation 2 VM: STORE is a .vmgs file, a Hyper-V\n"
		"configuration of version 5.0 (.xml), an OVMF variable store (.fd), a bare variable list, or\n"
		"JSON. It is recognised by content and replaced atomically.",
	.options = options,
	.epilogue =
		"Actions:\n"
		"  list STORE                        the boot entries, in boot order\n"
		"  show ENTRY STORE                  one entry in full\n"
		"  show --all STORE                  every variable\n"
		"  add-file --disk DISK STORE        new File entry at the top\n"
		"  add-drive --controller GUID --lun N STORE\n"
		"                                    new entry for a disk or DVD at the bottom\n"
		"  add-network --adapter GUID STORE  new entry for a network adapter at the bottom\n"
		"  add-keys STORE                    the keys of Secure Boot\n"
		"  first ENTRY STORE                 move an entry to the top\n"
		"  order ENTRY... STORE              a new boot order\n"
		"  remove ENTRY... STORE             remove entries\n"
		"  set network-boot-protocol IPv4|IPv6 STORE\n"
		"  set pause-after-boot-failure On|Off STORE\n"
		"  export STORE                      variables in another form\n"
		"  import FILE STORE                 put the variables of FILE into the store\n\n"
		"ENTRY is a number (0003), a type and its index in boot order (network:0, drive:2, file:0), or\n"
		"a description that only one entry has.\n\n"
		"Examples:\n"
		"  hvgen2 nvram list web01.vmgs\n"
		"  hvgen2 nvram first drive:2 web01.vmgs\n"
		"  hvgen2 nvram add-file --disk web01-gen2.vhdx web01.vmgs\n",
};

#define ANY SIZE_MAX

/* What an action takes: operands before the store, and the options that mean something to it, by
 * their keys. */
static const struct action {
	const char *name;
	int (*run)(struct nvram_command *command, struct error *err);
	size_t least, most;
	bool is_edit;
	int keys[10];
} actions[] = {
	{"list", cmd_nvram_list, 0, 0, false, {OPTION_JSON}},
	{"show", cmd_nvram_show, 0, 1, false, {OPTION_JSON, OPTION_ALL}},
	{"add-file",
	 cmd_nvram_edit_add_file,
	 0,
	 0,
	 true,
	 {OPTION_JSON, 'n', OPTION_DISK, OPTION_PATH, OPTION_DESCRIPTION, OPTION_REPLACE,
	  OPTION_SOURCE_FORMAT, OPTION_PARENT, OPTION_PARENT_DIR, OPTION_PARTITION}},
	{"add-drive",
	 cmd_nvram_edit_add_drive,
	 0,
	 0,
	 true,
	 {OPTION_JSON, 'n', OPTION_CONTROLLER, OPTION_LUN, OPTION_DESCRIPTION}},
	{"add-network",
	 cmd_nvram_edit_add_network,
	 0,
	 0,
	 true,
	 {OPTION_JSON, 'n', OPTION_ADAPTER, OPTION_IPV4, OPTION_IPV6, OPTION_DESCRIPTION}},
	{"add-keys",
	 cmd_nvram_edit_add_keys,
	 0,
	 0,
	 true,
	 {OPTION_JSON, 'n', OPTION_SECURE_BOOT_KEYS}},
	{"first", cmd_nvram_edit_first, 1, 1, true, {OPTION_JSON, 'n'}},
	{"order", cmd_nvram_edit_order, 1, ANY, true, {OPTION_JSON, 'n', OPTION_DROP}},
	{"remove", cmd_nvram_edit_remove, 1, ANY, true, {OPTION_JSON, 'n'}},
	{"set", cmd_nvram_edit_set, 2, 2, true, {OPTION_JSON, 'n'}},
	{"export",
	 cmd_nvram_export,
	 0,
	 0,
	 false,
	 {OPTION_JSON, 'n', 'o', 'f', OPTION_FORMAT, OPTION_VARIABLE, OPTION_EXPERIMENTAL}},
	{"import",
	 cmd_nvram_edit_import,
	 1,
	 1,
	 true,
	 {OPTION_JSON, 'n', OPTION_VARIABLE, OPTION_REPLACE}},
};

/* What the parser collects: options come before the action is known. */
struct parsed {
	struct nvram_options options;
	bool is_given[OPTION_VARIABLE + 1];
};

static int parse_guid(const char *option, const char *text, struct guid *ret, struct error *err)
{
	return guid_parse(text, ret)
		       ? 0
		       : error_usage(err, "option '--%s': '%s' is no GUID", option, text);
}

static int set_flag(struct nvram_options *o, int key)
{
	bool *const flags[] = {
		[OPTION_ALL - OPTION_ADAPTER] = &o->all,
		[OPTION_DROP - OPTION_ADAPTER] = &o->drop,
		[OPTION_EXPERIMENTAL - OPTION_ADAPTER] = &o->experimental,
		[OPTION_IPV4 - OPTION_ADAPTER] = &o->ipv4,
		[OPTION_IPV6 - OPTION_ADAPTER] = &o->ipv6,
		[OPTION_JSON - OPTION_ADAPTER] = &o->json,
		[OPTION_REPLACE - OPTION_ADAPTER] = &o->replace,
	};

	*flags[key - OPTION_ADAPTER] = true;
	return 0;
}

static int set_nvram_option(void *context, int key, const char *argument, struct error *err)
{
	struct parsed *parsed = context;
	struct nvram_options *o = &parsed->options;

	parsed->is_given[key] = true;
	switch (key) {
	case 'n':
		o->dry_run = true;
		return 0;
	case 'f':
		o->force = true;
		return 0;
	case 'o':
		o->output = argument;
		return 0;
	case OPTION_ADAPTER:
		return parse_guid("adapter", argument, &o->adapter, err);
	case OPTION_CONTROLLER:
		return parse_guid("controller", argument, &o->controller, err);
	case OPTION_DESCRIPTION:
		o->description = argument;
		return 0;
	case OPTION_DISK:
		o->disk = argument;
		return 0;
	case OPTION_FORMAT:
		o->format = argument;
		return cmd_nvram_check_format(argument, err);
	case OPTION_LUN:
		o->has_lun = true;
		return cmd_parse_number("lun", argument, 0, 63, &o->lun, err);
	case OPTION_PARTITION:
		return cmd_parse_number("partition", argument, 1, GPT_MAX_PARTITIONS, &o->partition,
					err);
	case OPTION_PARENT:
		return cmd_source_set(&o->disk_source, CMD_OPTION_PARENT, argument, err);
	case OPTION_PARENT_DIR:
		return cmd_source_set(&o->disk_source, CMD_OPTION_PARENT_DIR, argument, err);
	case OPTION_SECURE_BOOT_KEYS:
		o->keys = argument;
		return 0;
	case OPTION_SOURCE_FORMAT:
		return cmd_source_set(&o->disk_source, CMD_OPTION_SOURCE_FORMAT, argument, err);
	case OPTION_PATH:
		o->path = argument;
		return 0;
	case OPTION_VARIABLE:
		o->variable = argument;
		return 0;
	default:
		return set_flag(o, key);
	}
}

static int check_options(const struct action *action, const struct parsed *parsed,
			 struct error *err)
{
	for (const struct cmd_option *option = options; option->name; option++) {
		bool is_known = !parsed->is_given[option->key];

		for (size_t i = 0; i < ARRAY_SIZE(action->keys); i++)
			is_known |= action->keys[i] == option->key;
		if (!is_known)
			return error_usage(err, "option '--%s' means nothing to 'nvram %s'",
					   option->name, action->name);
	}
	return 0;
}

static int find_action(int operand_count, char **operands, const struct action **ret,
		       struct error *err)
{
	if (operand_count == 0)
		return error_usage(err, "what is to be done? see 'hvgen2 help nvram'");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(operands[0], actions[i].name) != 0)
			continue;
		*ret = &actions[i];
		if (operand_count < 2 || (size_t)operand_count - 2 < actions[i].least ||
		    (size_t)operand_count - 2 > actions[i].most)
			return error_usage(
				err,
				"wrong number of arguments to 'nvram %s'; see 'hvgen2 help nvram'",
				operands[0]);
		return 0;
	}
	return error_usage(err, "unknown action '%s'; see 'hvgen2 help nvram'", operands[0]);
}

/* What became of the store: the new table in a dry run, else one line. */
static int report_edit(const struct nvram_command *command, struct error *err)
{
	CLEANUP_ENTRIES struct nvram_entries entries = NVRAM_ENTRIES_INIT;
	CLEANUP_PAGE FILE *page = NULL;
	int r = cmd_nvram_entries_read(&command->store.nvram, &entries, err);

	if (r < 0)
		return r;
	if (command->options.json)
		return text_json_print(cmd_nvram_list_json(command, &entries), err);
	page = page_open(stdout);
	if (!page)
		return error_failed(err, ENOMEM, "out of memory");
	if (command->has_number)
		safe_printf(page, "Boot%04X ", command->number);
	safe_printf(page, "%s%s\n", command->summary,
		    command->options.dry_run ? " (dry run, nothing written)" : "");
	page_cleanup(&page);
	return command->options.dry_run ? cmd_nvram_print_list(command, &entries, err) : 0;
}

/* Files are read and made where the command line says, and nowhere else. */
static void limit_paths(struct nvram_command *command, const char *store, struct sandbox *sandbox)
{
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	CLEANUP_FREE char *real =
		realpath(store, NULL); /* a link is followed to what is replaced */
	const struct nvram_options *given = &command->options;

	lockdown_add(&places, real, LOCKDOWN_READ);
	lockdown_add_folder(&places, real, LOCKDOWN_WRITE);
	lockdown_add_folder(&places, given->output, LOCKDOWN_WRITE);
	if (given->disk)
		cmd_source_places(&given->disk_source, given->disk, &places);
	lockdown_add(&places, given->keys, LOCKDOWN_READ);
	if (command->operand_count == 1) /* of 'import': a store */
		lockdown_add(&places, command->operands[0], LOCKDOWN_READ);
	sandbox_limit_paths(sandbox, &places);
}

/* Where nothing is opened or made afterwards, no path leads anywhere. */
static int read_store(const struct action *action, struct nvram_command *command, const char *store,
		      struct error *err)
{
	struct sandbox sandbox = {.wish = SANDBOX_AUTO};
	int r = 0;

	if (action->run == cmd_nvram_edit_add_keys)
		r = cmd_keys_path(command->options.keys ? command->options.keys : "auto",
				  &command->options.keys, err);
	if (r < 0)
		return r;
	limit_paths(command, store, &sandbox);
	r = nvram_store_read(store, &command->store, err);
	if (r == 0 && !action->is_edit && !command->options.output)
		r = sandbox_enter(&sandbox, 0, NULL, err);
	return r < 0 ? r : nvram_store_decode(&command->store, err);
}

static int run_action(const struct action *action, struct nvram_command *command, const char *store,
		      struct error *err)
{
	int r = read_store(action, command, store, err);

	if (r == 0)
		r = action->run(command, err);
	if (r < 0 || !action->is_edit)
		return r;
	r = nvram_store_save(&command->store, command->options.dry_run, err);
	return r < 0 ? r : report_edit(command, err);
}

int cmd_nvram(int argc, char **argv)
{
	struct parsed parsed = {.is_given = {false}};
	struct nvram_command command = {.store = NVRAM_STORE_INIT};
	const struct action *action = NULL;
	struct error err = ERROR_INIT;
	int operands = 0, r;

	r = cmd_parse(&verb, argc, argv, set_nvram_option, &parsed, &operands, &err);
	if (r == CMD_HELP_SHOWN)
		return 0;
	if (r == 0)
		r = find_action(argc - operands, argv + operands, &action, &err);
	if (r == 0)
		r = check_options(action, &parsed, &err);
	if (r == 0) {
		command.options = parsed.options;
		command.action = action->name;
		command.operands = argv + operands + 1;
		command.operand_count = (size_t)(argc - operands) - 2;
		r = run_action(action, &command, argv[argc - 1], &err);
		nvram_store_done(&command.store);
		free(command.summary_text);
	}
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout) || page_was_cut()))
		r = error_errno(&err, "standard output");
	if (r < 0)
		error_advise(&err, ADVICE_DAMAGED);
	return r < 0 ? cmd_fail(&err) : 0;
}
