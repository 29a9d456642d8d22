/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 convert: its options. What it does with them is in conversion.c. */
#include <string.h>

#include "convert/cmd/conversion.h"
#include "convert/cmd/convert.h"
#include "convert/cmd/keys.h"
#include "convert/cmd/verbs.h"
#include "convert/cmd/vm_script.h"
#include "convert/report/report.h"

enum {
	OPTION_OUTPUT_DIR = 256,
	OPTION_FORMAT,
	OPTION_LAYOUT,
	OPTION_ESP_SIZE,
	OPTION_NVRAM,
	OPTION_NVRAM_TEMPLATE,
	OPTION_REPLACE,
	OPTION_SECURE_BOOT_KEYS,
	OPTION_REPORT,
	OPTION_BOOT_FILES,
	OPTION_WINDOWS,
	OPTION_BOOT_UUID,
	OPTION_EFI_FILES,
	OPTION_IGNORE_BAD,
	OPTION_NO_REPLAY,
	OPTION_PARENT_WINDOWS_PATH,
	OPTION_RANDOM_GUIDS,
	OPTION_ONLINE_DATA_DISKS,
	OPTION_SANDBOX,
	OPTION_STAGE,
	OPTION_IF_NEEDED,
	OPTION_JSON,
	OPTION_VM, /* from here on those that only a VM has */
	OPTION_NAME = OPTION_VM,
	OPTION_MAP,
	OPTION_BOOT_DISK,
	OPTION_WITHOUT_DISK,
	OPTION_DATA_DISKS,
	OPTION_CHECKPOINT,
	OPTION_DEFINE,
	OPTION_DISCARD_SAVED_STATE,
	OPTION_SWITCH,
	OPTION_BRIDGE,
	OPTION_VLAN,
	OPTION_MAC,
	OPTION_NEW_ID,
	OPTION_SECURE_BOOT,
	OPTION_TPM,
	OPTION_VM_END,
};

static const struct cmd_option options[] = {
	{'o', "output", "PATH",
	 "the new disk; default NAME-gen2.vhdx in the working directory,\n"
	 "where NAME is that of DISK, or of the VM.\n"
	 "Its name says its format: .vhdx, .vhd, .raw, .img or .qcow2; the\n"
	 "others take its stem. A folder (DIR/) is --output-dir; - is\n"
	 "standard output, for a raw disk; store and report are made only\n"
	 "where --nvram and --report name them"},
	{OPTION_OUTPUT_DIR, "output-dir", "DIR", "put all outputs there, with their default names"},
	{OPTION_FORMAT, "format", "FORMAT",
	 "dynamic, fixed, raw, qcow2 or differencing (a child of DISK, made\n"
	 "in no time); default: what the source is, checkpoints merged"},
	{OPTION_LAYOUT, "layout", "LAYOUT",
	 "auto, front (ESP in front of the old partitions), reuse (the\n"
	 "old system partition becomes the ESP) or end (ESP behind\n"
	 "the old partitions); default: auto, which is front, and for a\n"
	 "differencing output reuse or else end"},
	{OPTION_ESP_SIZE, "esp-size", "SIZE", "size of the EFI system partition; default 260M"},
	{OPTION_BOOT_FILES, "boot-files", "SET",
	 "auto, 2011 or 2023: the certificate that signed the boot\n"
	 "files; default: auto, which is 2011"},
	{OPTION_WINDOWS, "windows", "NUMBER", CMD_TEXT_WINDOWS},
	{OPTION_BOOT_UUID, "boot-uuid", "UUID", CMD_TEXT_BOOT_UUID},
	{OPTION_EFI_FILES, "efi-files", "DIR", CMD_TEXT_EFI_FILES},
	{OPTION_IGNORE_BAD, "ignore-bad-partitions", NULL, CMD_TEXT_IGNORE_BAD},
	{OPTION_NO_REPLAY, "no-journal-replay", NULL, CMD_TEXT_NO_REPLAY},
	CMD_SOURCE_OPTIONS,
	{OPTION_PARENT_WINDOWS_PATH, "parent-windows-path", "PATH",
	 "where DISK will be on the Hyper-V host (D:\\VMs\\web01.vhdx), noted\nin a differencing output"},
	{OPTION_RANDOM_GUIDS, "random-guids", NULL,
	 "random GUIDs instead of derived ones, for clones"},
	{OPTION_ONLINE_DATA_DISKS, "online-data-disks", NULL,
	 "let data disks come online in the new VM: SAN policy 1"},
	{OPTION_NVRAM, "nvram", "PATH",
	 "the NVRAM store; default STEM.vmgs; a name ending in .fd makes\n"
	 "an OVMF variable store, one in .json UEFI settings for OpenVMM\n"
	 "and hosts that take these; 'none' makes none"},
	{OPTION_NVRAM_TEMPLATE, "nvram-template", "PATH",
	 "start from this store and keep all it holds, Secure Boot keys\n"
	 "too; the result has its format"},
	{OPTION_REPLACE, "replace", NULL, "drop older Windows Boot Manager entries of that store"},
	{OPTION_SECURE_BOOT_KEYS, "secure-boot-keys", "FILE", CMD_TEXT_KEYS},
	{OPTION_REPORT, "report", "PATH",
	 "the report; default STEM.report.json; a name ending in .html makes\na page for a browser"},
	{OPTION_NAME, "name", "NAME", "VM: the new VM's name, and that of the outputs (NAME.vhdx)"},
	{OPTION_MAP, "map", "FROM=TO", CMD_TEXT_MAP},
	{OPTION_BOOT_DISK, "boot-disk", "SLOT", CMD_TEXT_BOOT_DISK},
	{OPTION_WITHOUT_DISK, "without-disk", "SLOT",
	 "VM: leave the disk there, 'scsi:0:2', out; may be given several\n"
	 "times"},
	{OPTION_DATA_DISKS, "data-disks", "HOW",
	 "VM: what becomes of its other disks: copy, differencing (children\n"
	 "of them) or attach (the new VM gets them as they are). SLOT=HOW\n"
	 "says it of one. Default: copy, differencing if --format is"},
	{OPTION_DEFINE, "define", "HOW",
	 "VM: what defines it on its host: ps1 (STEM.ps1, a PowerShell\n"
	 "script for Hyper-V), libvirt (STEM.libvirt.xml) and proxmox\n"
	 "(STEM.proxmox.sh), both with raw or qcow2 disks and an OVMF store,\n"
	 "xml5 (STEM.xml, a configuration of version 5.0 out of one), with\n"
	 "commas between them, or none. Default: ps1; libvirt with\n"
	 "--nvram X.fd; none for disks that are no VHDX"},
	{OPTION_CHECKPOINT, "checkpoint", "ID", CMD_TEXT_CHECKPOINT},
	{OPTION_DISCARD_SAVED_STATE, "discard-saved-state", NULL, CMD_TEXT_SAVED_STATE},
	{OPTION_SWITCH, "switch", "OLD=NEW",
	 "VM: adapters on the virtual switch OLD are on NEW; on none when\n"
	 "NEW is empty; may be given several times"},
	{OPTION_BRIDGE, "bridge", "OLD=BRIDGE",
	 "VM: for KVM, adapters on the virtual switch OLD are on this bridge;\n"
	 "may be given several times"},
	{OPTION_VLAN, "vlan", "NIC=ID",
	 "VM: the adapter NIC, by its name or MAC address, is in access mode\n"
	 "in the VLAN ID (0: in none); may be given several times"},
	{OPTION_MAC, "mac", "WHICH",
	 "VM: keep (MAC addresses that the old VM has are kept, as static\n"
	 "ones) or dynamic (those that are not static are given by the new\n"
	 "host); default: keep"},
	{OPTION_NEW_ID, "new-id", NULL,
	 "VM: it is another machine: a new BIOS GUID, no serial numbers;\n"
	 "the old VM is to live on beside it"},
	{OPTION_SECURE_BOOT, "secure-boot", "WHEN",
	 "VM: Secure Boot is on or off; default: on, of a Linux guest where\nits boot files and its kernel are signed for it"},
	{OPTION_TPM, "tpm", NULL,
	 "VM: give it a TPM, whose keys the host that makes the VM has alone"},
	{OPTION_SANDBOX, "sandbox", "WHEN", CMD_TEXT_SANDBOX},
	{OPTION_STAGE, "stage", "DIR",
	 "make the outputs as 'disk', 'store' and 'report', of a VM 'script'\n"
	 "(libvirt, proxmox, xml5) and 'data1' to 'dataN' too, in this\n"
	 "folder and give them no other names, which 'hvgen2 batch' does"},
	{'n', "dry-run", NULL, "survey, plan, build all changes, print them, write nothing"},
	{OPTION_IF_NEEDED, "if-needed", NULL,
	 "outputs that are there already, whole and of this source and\n"
	 "these options, are no error: nothing is written"},
	{'f', "force", NULL, "replace existing output files"},
	{OPTION_JSON, "json", NULL, "print the report on standard output as JSON"},
	CMD_PROGRESS_OPTIONS,
	{'v', "verbose", NULL, "progress also when standard error is no terminal"},
	{'q', "quiet", NULL, "no progress and no page on standard output"},
	{0, NULL, NULL, NULL},
};

static const struct cmd_verb verb = {
	.name = "convert",
	.synopsis = "[OPTIONS] DISK | VM.vmcx | VM.xml | EXPORT-FOLDER",
	.purpose =
		"Make a generation 2 disk from DISK, the boot disk (VHDX, VHD or raw) of a generation 1\n"
		"VM, with Windows or Linux, that is shut down. Or make all disks of such a VM, found by its\n"
		"configuration or the folder of its export: its boot disk like that, the others with\n"
		"the content that they have, as NAME-gen2-ide0-1.vhdx. The source is never written. What\n"
		"cannot be converted is refused before anything is written, and all is made or nothing.",
	.options = options,
	.epilogue = "Examples:\n"
		    "  hvgen2 convert web01.vhdx\n"
		    "  hvgen2 convert --dry-run web01.vhdx\n"
		    "  hvgen2 convert -o /new/web01.vhdx --nvram /new/web01.fd web01.vhdx\n"
		    "  hvgen2 convert --output-dir /new /exports/web01\n",
};

struct parsing {
	struct convert *convert;
	const char *vm_option; /* the first that only a VM has; NULL: none was given */
};

int cmd_convert_set_format(struct output_options *output, const char *argument, struct error *err)
{
	static const char *const formats[VHD_TYPE_MAX] = {"fixed", "dynamic", "differencing"};
	enum vhd_type type = VHD_TYPE_MAX;

	for (enum vhd_type i = 0; i < VHD_TYPE_MAX; i++)
		if (strcmp(argument, formats[i]) == 0)
			type = i;
	output->is_raw = strcmp(argument, "raw") == 0;
	output->is_qcow2 = strcmp(argument, "qcow2") == 0;
	output->type = type;
	if (type != VHD_TYPE_MAX || output->is_raw || output->is_qcow2)
		return 0;
	return error_usage(
		err,
		"option '--format': '%s' is none of dynamic, fixed, raw, qcow2 and differencing",
		argument);
}

static int set_layout(struct convert *convert, const char *argument, struct error *err)
{
	if (layout_parse(argument, &convert->plan.layout))
		return 0;
	return error_usage(err, "option '--layout': '%s' is none of auto, front, reuse and end",
			   argument);
}

static int set_esp_size(struct convert *convert, const char *argument, struct error *err)
{
	int r = cmd_parse_size("esp-size", argument, &convert->plan.esp_size, err);

	if (r == 0 && convert->plan.esp_size > PLAN_MAX_ESP_SIZE)
		return error_usage(err, "option '--esp-size': at most 32G");
	return r;
}

static int set_wish(struct cmd_vm_wishes *wishes, int key, const char *argument, struct error *err)
{
	switch (key) {
	case OPTION_SWITCH:
		return cmd_wish_switch(wishes, argument, err);
	case OPTION_BRIDGE:
		return cmd_wish_bridge(wishes, argument, err);
	case OPTION_VLAN:
		return cmd_wish_vlan(wishes, argument, err);
	case OPTION_MAC:
		return cmd_wish_mac(wishes, argument, err);
	case OPTION_SECURE_BOOT:
		return cmd_wish_secure_boot(wishes, argument, err);
	case OPTION_NEW_ID:
		wishes->new_id = true;
		return 0;
	default:
		wishes->tpm = true;
		return 0;
	}
}

static int set_vm_option(struct cmd_vm_options *vm, int key, const char *argument,
			 struct error *err)
{
	switch (key) {
	case OPTION_NAME:
		vm->name = argument;
		return 0;
	case OPTION_MAP:
		return cmd_vm_add_map(vm, argument, err);
	case OPTION_BOOT_DISK:
		return cmd_vm_set_boot(vm, argument, err);
	case OPTION_WITHOUT_DISK:
		return cmd_vm_leave_out(vm, argument, err);
	case OPTION_DATA_DISKS:
		return cmd_vm_set_data(vm, argument, err);
	case OPTION_DEFINE:
		return vm_forms_parse(argument, vm, err);
	case OPTION_CHECKPOINT:
		vm->checkpoint = argument;
		return 0;
	case OPTION_DISCARD_SAVED_STATE:
		vm->discard_saved_state = true;
		return 0;
	default:
		return set_wish(&vm->wishes, key, argument, err);
	}
}

/* Where the text of an option goes that is taken as it is; NULL for any other. */
static const char **text_of(struct convert *convert, int key)
{
	switch (key) {
	case 'o':
		return &convert->output.disk;
	case OPTION_OUTPUT_DIR:
		return &convert->output.folder;
	case OPTION_PARENT_WINDOWS_PATH:
		return &convert->parent_on_host;
	case OPTION_NVRAM:
		return &convert->output.nvram;
	case OPTION_NVRAM_TEMPLATE:
		return &convert->build.firmware.template;
	case OPTION_REPORT:
		return &convert->output.report;
	case OPTION_BOOT_UUID:
		return &convert->survey.boot_uuid;
	case OPTION_EFI_FILES:
		return &convert->build.guest.efi_path;
	case OPTION_STAGE:
		return &convert->stage;
	default:
		return NULL;
	}
}

/* What an option without an argument switches on. */
static bool *flag_of(struct convert *convert, int key)
{
	switch (key) {
	case OPTION_IGNORE_BAD:
		return &convert->survey.ignore_bad_partitions;
	case OPTION_NO_REPLAY:
		return &convert->survey.no_journal_replay;
	case OPTION_RANDOM_GUIDS:
		return &convert->plan.random_guids;
	case OPTION_ONLINE_DATA_DISKS:
		return &convert->build.guest.online_data_disks;
	case OPTION_REPLACE:
		return &convert->build.firmware.drop_stale_entries;
	case OPTION_IF_NEEDED:
		return &convert->if_needed;
	case 'n':
		return &convert->dry_run;
	case 'f':
		return &convert->force;
	case OPTION_JSON:
		return &convert->json;
	case 'v':
		return &convert->verbose;
	default:
		return &convert->quiet;
	}
}

static int set_boot_files(struct convert *convert, const char *argument, struct error *err)
{
	if (bootfiles_set_parse(argument, &convert->build.guest.boot_files))
		return 0;
	return error_usage(err, "option '--boot-files': '%s' is none of auto, 2011 and 2023",
			   argument);
}

static int set_disk_option(struct convert *convert, int key, const char *argument,
			   struct error *err)
{
	const char **text = text_of(convert, key);

	switch (key) {
	case OPTION_FORMAT:
		return cmd_convert_set_format(&convert->output, argument, err);
	case OPTION_LAYOUT:
		return set_layout(convert, argument, err);
	case OPTION_ESP_SIZE:
		return set_esp_size(convert, argument, err);
	case OPTION_BOOT_FILES:
		return set_boot_files(convert, argument, err);
	case OPTION_WINDOWS:
		return cmd_parse_number("windows", argument, 1, 128,
					&convert->survey.windows_number, err);
	case OPTION_SECURE_BOOT_KEYS:
		return cmd_keys_path(argument, &convert->build.firmware.keys_path, err);
	case OPTION_SANDBOX:
		return cmd_parse_sandbox(argument, &convert->sandbox.wish, err);
	default:
		if (text)
			*text = argument;
		else
			*flag_of(convert, key) = true;
		return 0;
	}
}

static int set_convert_option(void *context, int key, const char *argument, struct error *err)
{
	struct parsing *parsing = context;
	struct convert *convert = parsing->convert;

	if (cmd_source_has(key))
		return cmd_source_set(&convert->source, key, argument, err);
	if (cmd_progress_has(key))
		return cmd_progress_set(&convert->progress, key, argument, err);
	if (key < OPTION_VM || key >= OPTION_VM_END)
		return set_disk_option(convert, key, argument, err);
	if (!parsing->vm_option)
		parsing->vm_option = cmd_option_name(&verb, key);
	return set_vm_option(&convert->vm, key, argument, err);
}

const struct cmd_option *cmd_convert_option(const char *name)
{
	for (const struct cmd_option *option = options; option->name; option++)
		if (strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

int cmd_convert_set(struct convert *convert, const char *name, const char *argument,
		    struct error *err)
{
	struct parsing parsing = {.convert = convert};

	return set_convert_option(&parsing, cmd_convert_option(name)->key, argument, err);
}

int cmd_convert_check(const char *name, const char *argument, struct error *err)
{
	struct convert scratch = {.dry_run = true};

	return cmd_convert_set(&scratch, name, argument, err);
}

bool cmd_convert_makes_page(const char *report)
{
	return report_is_html(report);
}

/* A boot disk that becomes a child of the old one: so do data disks, unless something else is said of them. */
void cmd_convert_settle(struct convert *convert, bool is_vm)
{
	convert->vm.boot =
		convert->output.type == VHD_TYPE_DIFFERENCING ? VM_DISK_CHILD : VM_DISK_COPY;
	if (is_vm)
		vm_forms_choose(&convert->vm, &convert->output);
	convert->build.guest.has_sata = convert->output.is_for_kvm;
}

/* A disk has a format only by its name, so that no guest can make a VM of its disk. */
static int convert_what(struct parsing *parsing, const char *path)
{
	struct convert *convert = parsing->convert;
	bool is_vm = convert->source.format == VHD_OPEN_BY_NAME && vm_is_named(path);
	struct error err = ERROR_INIT;

	cmd_convert_settle(convert, is_vm);
	if (is_vm || !parsing->vm_option)
		return conversion_run(convert, path, is_vm);
	error_usage(&err, "'%s' is a disk, and only a VM has the option '--%s'", path,
		    parsing->vm_option);
	return cmd_fail(&err);
}

int cmd_convert(int argc, char **argv)
{
	struct convert convert = {
		.plan = {.layout = LAYOUT_AUTO, .esp_size = PLAN_DEFAULT_ESP_SIZE},
		.output = {.type = VHD_TYPE_MAX},
	};
	struct parsing parsing = {.convert = &convert};
	struct error err = ERROR_INIT;
	int operand, r = cmd_parse(&verb, argc, argv, set_convert_option, &parsing, &operand, &err);

	if (r == CMD_HELP_SHOWN)
		return 0;
	if (r == 0 && argc - operand != 1)
		r = error_usage(&err, "one DISK or VM is expected; see 'hvgen2 help convert'");
	return r < 0 ? cmd_fail(&err) : convert_what(&parsing, argv[operand]);
}
