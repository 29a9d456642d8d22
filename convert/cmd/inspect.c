/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 inspect: what a disk or a VM is, whether it can be converted, and what would become of
 * it. */
#include <stdlib.h>

#include "common/process.h"
#include "convert/cmd/progress.h"
#include "convert/cmd/source.h"
#include "convert/cmd/verbs.h"
#include "convert/cmd/vm_guest.h"
#include "convert/grub_reader/reader.h"
#include "convert/report/report.h"

enum {
	OPTION_JSON = 256,
	OPTION_WINDOWS,
	OPTION_BOOT_UUID,
	OPTION_EFI_FILES,
	OPTION_IGNORE_BAD,
	OPTION_NO_REPLAY,
	OPTION_SANDBOX,
	OPTION_MAP,
	OPTION_BOOT_DISK,
	OPTION_CHECKPOINT,
	OPTION_DISCARD_SAVED_STATE,
};

static const struct cmd_option options[] = {
	{OPTION_JSON, "json", NULL, "print a JSON object"},
	{OPTION_WINDOWS, "windows", "NUMBER", CMD_TEXT_WINDOWS},
	{OPTION_BOOT_UUID, "boot-uuid", "UUID", CMD_TEXT_BOOT_UUID},
	{OPTION_EFI_FILES, "efi-files", "DIR", CMD_TEXT_EFI_FILES},
	{OPTION_IGNORE_BAD, "ignore-bad-partitions", NULL, CMD_TEXT_IGNORE_BAD},
	{OPTION_NO_REPLAY, "no-journal-replay", NULL, CMD_TEXT_NO_REPLAY},
	CMD_SOURCE_OPTIONS,
	{OPTION_MAP, "map", "FROM=TO", CMD_TEXT_MAP},
	{OPTION_BOOT_DISK, "boot-disk", "SLOT", CMD_TEXT_BOOT_DISK},
	{OPTION_CHECKPOINT, "checkpoint", "ID", CMD_TEXT_CHECKPOINT},
	{OPTION_DISCARD_SAVED_STATE, "discard-saved-state", NULL, CMD_TEXT_SAVED_STATE},
	{'v', "verbose", NULL, "VM: list all settings, not only what is changed or dropped"},
	{OPTION_SANDBOX, "sandbox", "WHEN", CMD_TEXT_SANDBOX},
	{0, NULL, NULL, NULL},
};

static const struct cmd_verb verb = {
	.name = "inspect",
	.synopsis = "[OPTIONS] DISK | VM.vmcx | VM.xml | EXPORT-FOLDER",
	.purpose =
		"Say what DISK (VHDX, VHD or raw) is, whether it can be converted, if not why, and which\n"
		"layout it would get. Or what a VM has, by its configuration (.vmcx, or the .xml of\n"
		"Server 2012 R2) or the folder of its export: where its disks are, and which of its\n"
		"settings a generation 2 VM keeps. Nothing is written.",
	.options = options,
	.epilogue =
		"Exit status: 0 when it can be converted, 3 when it is refused, 4 when it is damaged.\n"
		"For a VM that is so as far as its settings tell: a boot disk that would be refused is a\n"
		"warning.\n",
};

struct inspect {
	bool json;
	bool verbose;
	const char *disk_option; /* the first that only a disk has; NULL: none was given */
	const char *vm_option;	 /* and that only a VM has */
	struct survey_options survey;
	struct guest_options guest;
	struct cmd_source source;
	struct cmd_vm_options vm;
	struct sandbox sandbox;
	struct progress_view clock;
};

static int set_disk_option(struct inspect *inspect, int key, const char *argument,
			   struct error *err)
{
	if (!inspect->disk_option)
		inspect->disk_option = cmd_option_name(&verb, key);
	if (key == OPTION_WINDOWS)
		return cmd_parse_number("windows", argument, 1, 128,
					&inspect->survey.windows_number, err);
	if (cmd_source_has(key))
		return cmd_source_set(&inspect->source, key, argument, err);
	if (key == OPTION_BOOT_UUID)
		inspect->survey.boot_uuid = argument;
	else if (key == OPTION_EFI_FILES)
		inspect->guest.efi_path = argument;
	else if (key == OPTION_IGNORE_BAD)
		inspect->survey.ignore_bad_partitions = true;
	else
		inspect->survey.no_journal_replay = true;
	return 0;
}

static int set_vm_option(struct inspect *inspect, int key, const char *argument, struct error *err)
{
	if (!inspect->vm_option)
		inspect->vm_option = cmd_option_name(&verb, key);
	switch (key) {
	case OPTION_MAP:
		return cmd_vm_add_map(&inspect->vm, argument, err);
	case OPTION_BOOT_DISK:
		return cmd_vm_set_boot(&inspect->vm, argument, err);
	case OPTION_CHECKPOINT:
		inspect->vm.checkpoint = argument;
		return 0;
	case 'v':
		inspect->verbose = true;
		return 0;
	default:
		inspect->vm.discard_saved_state = true;
		return 0;
	}
}

static int set_inspect_option(void *context, int key, const char *argument, struct error *err)
{
	struct inspect *inspect = context;

	if (key == OPTION_SANDBOX)
		return cmd_parse_sandbox(argument, &inspect->sandbox.wish, err);
	if (key == OPTION_JSON) {
		inspect->json = true;
		return 0;
	}
	if (key == 'v' || (key >= OPTION_MAP && key <= OPTION_DISCARD_SAVED_STATE))
		return set_vm_option(inspect, key, argument, err);
	return set_disk_option(inspect, key, argument, err);
}

static int inspect_disk(struct inspect *inspect, const char *path)
{
	CLEANUP_GRUB_READER struct grub_reader *reader =
		grub_reader_start(inspect->sandbox.wish == SANDBOX_REQUIRE);
	CLEANUP_DISK struct disk *disk = NULL;
	CLEANUP_SURVEY struct survey survey = {.start = SURVEY_NONE, .system = SURVEY_NONE};
	CLEANUP_PLAN struct plan plan = {.layout = LAYOUT_AUTO};
	CLEANUP_BUILD struct build build = {.target = NULL};
	const struct plan_options plan_options = {.layout = LAYOUT_AUTO,
						  .format = VHD_FORMAT_VHDX,
						  .type = VHD_TYPE_MAX,
						  .esp_size = PLAN_DEFAULT_ESP_SIZE,
						  .has_other_boot_files =
							  inspect->guest.efi_path != NULL};
	CLEANUP(build_close_host_files)
	struct build_options build_options = {.guest = inspect->guest};
	struct report report = {.source_path = path, .survey = &survey, .is_dry_run = true};
	struct error err = ERROR_INIT, printing = ERROR_INIT;
	const struct vhd_open_options open_options = cmd_source_options(&inspect->source);
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	int printed, r;

	inspect->survey.reader = reader;
	r = build_open_host_files(&build_options, &err);
	cmd_source_places(&inspect->source, path, &places);
	sandbox_limit_paths(&inspect->sandbox, &places);
	process_reserve_heap(PROCESS_HEAP_TO_PLAN);
	if (r == 0)
		r = vhd_open(path, &open_options, &disk, &err);
	report.source = disk;
	if (r == 0)
		grub_reader_set_disk(reader, disk);
	if (r == 0)
		r = sandbox_enter(&inspect->sandbox, disk->size, NULL, &err);
	report.sandbox = inspect->sandbox.state;
	if (r == 0)
		r = survey_disk(disk, &inspect->survey, &survey, &err);
	if (r == 0) {
		r = plan_make(&survey, &plan_options, &plan, &err);
		report.plan = r == 0 ? &plan : NULL;
	}
	if (r == 0) {
		r = build_target(disk, &survey, &plan, &build_options, &build, &err);
		report.build = r == 0 ? &build : NULL;
	}
	r = cmd_source_check(disk, grub_reader_check(reader, r, &err), &err);
	report.failure = r < 0 ? &err : NULL;
	report.seconds = progress_seconds(&inspect->clock);
	printed = report_print(&report, inspect->json, &printing);
	if (printed < 0)
		cmd_fail(&printing);
	if (r < 0)
		return cmd_fail(&err);
	return printed < 0 ? ERROR_FAILED : 0;
}

/* The settings, and then what the guest makes of them. *problem is of the boot disk. */
static int open_vm(struct inspect *inspect, const char *path, struct cmd_vm *vm,
		   struct error *problem, struct error *err)
{
	CLEANUP_GRUB_READER struct grub_reader *reader =
		grub_reader_start(inspect->sandbox.wish == SANDBOX_REQUIRE);
	CLEANUP(build_close_host_files)
	struct build_options build_options = {.guest = inspect->guest};
	struct vm_guest_look look = {.survey = inspect->survey,
				     .build = &build_options,
				     .sandbox = &inspect->sandbox};
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	int r = build_open_host_files(&build_options, err);

	look.survey.reader = reader;
	look.survey.has_vm = true;
	cmd_vm_places(&inspect->vm, path, &places);
	sandbox_limit_paths(&inspect->sandbox, &places);
	if (r == 0)
		r = cmd_vm_open(path, &inspect->vm, &inspect->sandbox, vm, err);
	return r < 0 ? r : vm_guest_look(vm, &look, problem, err);
}

static int inspect_vm(struct inspect *inspect, const char *path)
{
	CLEANUP_CMD_VM struct cmd_vm vm = CMD_VM_INIT;
	struct error problem = ERROR_INIT, err = ERROR_INIT, printing = ERROR_INIT;
	struct vm_report report = {.path = path, .vm = &vm.vm, .is_verbose = inspect->verbose};
	int printed, r;

	r = open_vm(inspect, path, &vm, &problem, &err);
	if (vm.config.path)
		report.path = vm.config.path;
	report.format = vm.format;
	report.sandbox = vm.sandbox;
	report.warnings = &vm.tree.warnings;
	report.disks = vm.disks;
	report.disk_count = vm.disk_count;
	report.checkpoints = vm.checkpoints;
	report.checkpoint_count = vm.checkpoint_count;
	report.failure = r < 0 ? &err : NULL;
	report.boot_disk_problem = problem.kind == ERROR_NONE ? NULL : &problem;
	report.seconds = progress_seconds(&inspect->clock);
	printed = vm_report_print(&report, inspect->json, &printing);
	if (printed < 0)
		cmd_fail(&printing);
	if (r < 0)
		return cmd_fail(&err);
	return printed < 0 ? ERROR_FAILED : 0;
}

/* A disk has a format only by its name, so that no guest can make a VM of its disk. */
static int inspect_what(struct inspect *inspect, const char *path)
{
	bool is_vm = inspect->source.format == VHD_OPEN_BY_NAME && vm_is_named(path);
	const char *foreign = is_vm ? inspect->disk_option : inspect->vm_option;
	struct error err = ERROR_INIT;

	if (!foreign)
		return is_vm ? inspect_vm(inspect, path) : inspect_disk(inspect, path);
	error_usage(&err, "'%s' is a %s, and only a %s has the option '--%s'", path,
		    is_vm ? "VM" : "disk", is_vm ? "disk" : "VM", foreign);
	return cmd_fail(&err);
}

int cmd_inspect(int argc, char **argv)
{
	struct inspect inspect = {.json = false};
	struct error err = ERROR_INIT;
	int operand, r = cmd_parse(&verb, argc, argv, set_inspect_option, &inspect, &operand, &err);

	if (r == CMD_HELP_SHOWN)
		return 0;
	if (r == 0 && argc - operand != 1)
		r = error_usage(&err, "one DISK or VM is expected; see 'hvgen2 help inspect'");
	progress_start(&inspect.clock, &(struct progress_wish){.fd = 0}, false, /*quiet=*/true);
	return r < 0 ? cmd_fail(&err) : inspect_what(&inspect, argv[operand]);
}
