/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 convert: source -> survey -> plan -> changes -> outputs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/outfile.h"
#include "common/process.h"
#include "convert/cmd/cmd.h"
#include "convert/cmd/keys.h"
#include "convert/cmd/outputs.h"
#include "convert/cmd/progress.h"
#include "convert/cmd/source.h"
#include "convert/cmd/verbs.h"
#include "convert/report/report.h"
#include "convert/worker.h"
#include "convert/write.h"

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
	OPTION_IGNORE_BAD,
	OPTION_NO_REPLAY,
	OPTION_PARENT_WINDOWS_PATH,
	OPTION_RANDOM_GUIDS,
	OPTION_ONLINE_DATA_DISKS,
	OPTION_SANDBOX,
	OPTION_JSON,
};

static const struct cmd_option options[] = {
	{'o', "output", "PATH",
	 "the new disk; default NAME-gen2.vhdx in the working directory.\n"
	 "Its name says its format: .vhdx, .vhd, .raw or .img; the other\n"
	 "outputs take its stem. A folder (DIR/) is --output-dir"},
	{OPTION_OUTPUT_DIR, "output-dir", "DIR", "put all outputs there, with their default names"},
	{OPTION_FORMAT, "format", "FORMAT",
	 "dynamic, fixed, raw or differencing (a child of DISK, made in\n"
	 "no time); default: what the source is, checkpoints merged"},
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
	{OPTION_REPORT, "report", "PATH", "the report; default STEM.report.json"},
	{OPTION_SANDBOX, "sandbox", "WHEN", CMD_TEXT_SANDBOX},
	{'n', "dry-run", NULL, "survey, plan, build all changes, print them, write nothing"},
	{'f', "force", NULL, "replace existing output files"},
	{OPTION_JSON, "json", NULL, "print the report on standard output as JSON"},
	{'v', "verbose", NULL, "progress also when standard error is no terminal"},
	{'q', "quiet", NULL, "no progress and no page on standard output"},
	{0, NULL, NULL, NULL},
};

static const struct cmd_verb verb = {
	.name = "convert",
	.synopsis = "[OPTIONS] DISK",
	.purpose =
		"Make a generation 2 disk from DISK, the boot disk (VHDX, VHD or raw) of a generation 1\n"
		"Windows VM that is shut down. DISK is never written. A disk that cannot be converted\n"
		"is refused before anything is written.",
	.options = options,
	.epilogue = "Examples:\n"
		    "  hvgen2 convert web01.vhdx\n"
		    "  hvgen2 convert --dry-run web01.vhdx\n"
		    "  hvgen2 convert -o /new/web01.vhdx --nvram /new/web01.fd web01.vhdx\n",
};

struct convert {
	const char *parent_on_host;
	struct output_options output;
	struct cmd_source source;
	struct survey_options survey;
	struct plan_options plan;
	struct build_options build;
	struct sandbox sandbox;
	bool dry_run, force, json, verbose, quiet;
};

static int set_format(struct convert *convert, const char *argument, struct error *err)
{
	static const char *const formats[VHD_TYPE_MAX] = {"fixed", "dynamic", "differencing"};
	enum vhd_type type = VHD_TYPE_MAX;

	for (enum vhd_type i = 0; i < VHD_TYPE_MAX; i++)
		if (strcmp(argument, formats[i]) == 0)
			type = i;
	convert->output.is_raw = strcmp(argument, "raw") == 0;
	convert->output.type = type;
	if (type != VHD_TYPE_MAX || convert->output.is_raw)
		return 0;
	return error_usage(
		err, "option '--format': '%s' is none of dynamic, fixed, raw and differencing",
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

static int set_convert_option(void *context, int key, const char *argument, struct error *err)
{
	struct convert *convert = context;

	if (cmd_source_has(key))
		return cmd_source_set(&convert->source, key, argument, err);
	switch (key) {
	case 'o':
		convert->output.disk = argument;
		break;
	case OPTION_OUTPUT_DIR:
		convert->output.folder = argument;
		break;
	case OPTION_FORMAT:
		return set_format(convert, argument, err);
	case OPTION_LAYOUT:
		return set_layout(convert, argument, err);
	case OPTION_ESP_SIZE:
		return set_esp_size(convert, argument, err);
	case OPTION_BOOT_FILES:
		if (!bootfiles_set_parse(argument, &convert->build.guest.boot_files))
			return error_usage(
				err, "option '--boot-files': '%s' is none of auto, 2011 and 2023",
				argument);
		break;
	case OPTION_WINDOWS:
		return cmd_parse_number("windows", argument, 1, 128,
					&convert->survey.windows_number, err);
	case OPTION_IGNORE_BAD:
		convert->survey.ignore_bad_partitions = true;
		break;
	case OPTION_NO_REPLAY:
		convert->survey.no_journal_replay = true;
		break;
	case OPTION_PARENT_WINDOWS_PATH:
		convert->parent_on_host = argument;
		break;
	case OPTION_RANDOM_GUIDS:
		convert->plan.random_guids = true;
		break;
	case OPTION_ONLINE_DATA_DISKS:
		convert->build.guest.online_data_disks = true;
		break;
	case OPTION_NVRAM:
		convert->output.nvram = argument;
		break;
	case OPTION_NVRAM_TEMPLATE:
		convert->build.firmware.template = argument;
		break;
	case OPTION_REPLACE:
		convert->build.firmware.drop_stale_entries = true;
		break;
	case OPTION_SECURE_BOOT_KEYS:
		return cmd_keys_path(argument, &convert->build.firmware.keys_path, err);
	case OPTION_REPORT:
		convert->output.report = argument;
		break;
	case OPTION_SANDBOX:
		return cmd_parse_sandbox(argument, &convert->sandbox.wish, err);
	case 'n':
		convert->dry_run = true;
		break;
	case 'f':
		convert->force = true;
		break;
	case OPTION_JSON:
		convert->json = true;
		break;
	case 'v':
		convert->verbose = true;
		break;
	default:
		convert->quiet = true;
		break;
	}
	return 0;
}

static int name_outputs(struct convert *convert, const char *source, struct output_names *names,
			struct error *err)
{
	static const enum nvram_format formats[] = {
		[OUTPUT_STORE_VMGS] = NVRAM_FORMAT_VMGS,
		[OUTPUT_STORE_OVMF] = NVRAM_FORMAT_OVMF,
		[OUTPUT_STORE_SETTINGS] = NVRAM_FORMAT_CUSTOM_UEFI,
	};
	int r;

	convert->output.template = convert->build.firmware.template;
	r = output_names_make(&convert->output, source, names, err);
	convert->plan.type = convert->output.type;
	convert->plan.format = names->disk_format;
	convert->build.firmware.has_nvram = names->nvram != NULL;
	convert->build.firmware.format = formats[names->nvram_kind];
	if (r == 0 && convert->build.firmware.keys_path && !names->nvram)
		r = error_usage(err, "'--secure-boot-keys' and '--nvram none' exclude each other");
	return r;
}

/* What one conversion goes through. Embedded; all that was reached belongs to it. */
struct conversion {
	struct convert *convert;
	struct output_names names;
	struct write_paths paths;
	struct write_outputs outputs;
	struct disk *source;
	struct survey survey;
	struct plan plan;
	struct build build;
	struct report report; /* of the others, as far as they came */
};

/* All that came from the source. */
static void let_go_of_source(void *context)
{
	struct conversion *conversion = context;

	build_done(&conversion->build);
	plan_done(&conversion->plan);
	survey_done(&conversion->survey);
	disk_close(conversion->source);
	conversion->source = NULL;
	firmware_template_done(&conversion->convert->build.firmware);
}

static void conversion_done(struct conversion *conversion)
{
	let_go_of_source(conversion);
	write_outputs_done(&conversion->outputs);
	output_names_done(&conversion->names);
}

/* Make the outputs, which are created already. */
static int write_all(struct conversion *conversion, int channel, struct error *err)
{
	const struct convert *convert = conversion->convert;
	CLEANUP_FREE char *json = report_json(&conversion->report);
	struct progress progress;
	int r;

	if (!json)
		return error_failed(err, ENOMEM, "out of memory");
	progress_start(&progress, convert->verbose, convert->quiet);
	r = write_fill(&conversion->outputs, &conversion->paths,
		       &(struct write_contents){conversion->source, &conversion->plan,
						&conversion->build, json},
		       &progress.callback, err);
	progress_end(&progress);
	if (r == 0)
		r = worker_commit(channel, &conversion->outputs, /*report_only=*/false, err);
	conversion->report.is_made = r == 0;
	return r;
}

/* The pipeline. */
static int run_pipeline(struct conversion *conversion, int channel, struct error *err)
{
	struct convert *convert = conversion->convert;
	struct survey *survey = &conversion->survey;
	struct plan *plan = &conversion->plan;
	struct build *build = &conversion->build;
	int r = sandbox_enter(&convert->sandbox, conversion->source->size, NULL, err);

	conversion->report.sandbox = convert->sandbox.state;
	conversion->report.source = conversion->source;
	if (r == 0)
		r = survey_disk(conversion->source, &convert->survey, survey, err);
	if (r == 0)
		r = plan_make(survey, &convert->plan, plan, err);
	if (r < 0)
		return r;
	conversion->report.plan = plan;
	r = build_target(conversion->source, survey, plan, &convert->build, build, err);
	if (r < 0)
		return r;
	conversion->report.build = build;
	return convert->dry_run ? 0 : write_all(conversion, channel, err);
}

/* From here on files are read and made in these folders alone, by the committer too. */
static void limit_paths(struct conversion *conversion)
{
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	const struct write_paths *paths = &conversion->paths;
	const char *const outputs[] = {paths->disk, paths->nvram, paths->report};

	cmd_source_places(&conversion->convert->source, paths->source, &places);
	lockdown_add(&places, paths->template, LOCKDOWN_READ);
	lockdown_add(&places, conversion->convert->build.firmware.keys_path, LOCKDOWN_READ);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		lockdown_add_folder(&places, outputs[i], LOCKDOWN_WRITE);
	sandbox_limit_paths(&conversion->convert->sandbox, &places);
}

/* All that needs a path: the chain, the template, and the places of the outputs. */
static int open_all(struct conversion *conversion, struct error *err)
{
	struct convert *convert = conversion->convert;
	struct write_paths *paths = &conversion->paths;
	const struct vhd_open_options open_options = cmd_source_options(&convert->source);
	int r = vhd_open(paths->source, &open_options, &conversion->source, err);

	if (r == 0)
		r = write_check_paths(paths, conversion->source, err);
	if (r == 0)
		r = firmware_read_template(&convert->build.firmware, err);
	if (r < 0)
		return r;
	paths->mode = write_mode(paths->source, conversion->source);
	if (convert->build.firmware.store)
		paths->mode &= convert->build.firmware.store->mode;
	convert->plan.source_time = write_source_time(conversion->source);
	convert->plan.choices = (unsigned int)convert->build.guest.boot_files |
				(unsigned int)convert->build.guest.online_data_disks << 8 |
				(unsigned int)convert->survey.no_journal_replay << 9;
	return convert->dry_run ? 0
				: write_create(paths, conversion->source,
					       convert->plan.type == VHD_TYPE_DIFFERENCING,
					       &conversion->outputs, err);
}

static int write_failure(struct conversion *conversion, int channel, const char *json,
			 struct error *err)
{
	const struct write_paths *paths = &conversion->paths;
	struct write_outputs *outputs = &conversion->outputs;
	int r;

	if (!outputs->report.path)
		return outfile_write_whole(paths->report, paths->replace, paths->mode, json,
					   strlen(json), err);
	r = write_fill_report(outputs, json, err);
	return r < 0 ? r : worker_commit(channel, outputs, /*report_only=*/true, err);
}

/* A refusal leaves a report only where one was asked for by name. */
static void write_failure_report(struct conversion *conversion, int channel)
{
	const struct convert *convert = conversion->convert;
	const struct report *report = &conversion->report;
	CLEANUP_FREE char *json = NULL;
	struct error err = ERROR_INIT;

	if (convert->dry_run || !convert->output.report || report->failure->kind == ERROR_USAGE ||
	    report->failure->refusal == REFUSAL_OUTPUT_EXISTS)
		return;
	json = report_json(report);
	if (json && write_failure(conversion, channel, json, &err) < 0)
		cmd_warn("%s", err.message);
}

static int print_report(const struct report *report, bool json)
{
	struct error err = ERROR_INIT;

	return report_print(report, json, &err) < 0 ? cmd_fail(&err) : 0;
}

/* Returns the exit status. */
static int tell_failure(struct conversion *conversion, int channel, const struct error *err)
{
	struct report *report = &conversion->report;

	report->failure = err;
	report->disk_path = report->nvram_path = NULL;
	write_failure_report(conversion, channel);
	if (conversion->convert->json)
		print_report(report, true);
	return cmd_fail(err);
}

static int convert_opened(void *context, int channel)
{
	struct conversion *conversion = context;
	const struct convert *convert = conversion->convert;
	struct error err = ERROR_INIT;
	int r;

	process_reserve_heap(convert->dry_run ? PROCESS_HEAP_TO_PLAN : PROCESS_HEAP_TO_WRITE);
	r = run_pipeline(conversion, channel, &err);
	if (r < 0 ||
	    convert->dry_run) /* else it was looked at before the outputs got their names */
		r = cmd_source_check(conversion->source, r, &err);
	if (r < 0)
		return tell_failure(conversion, channel, &err);
	return convert->quiet && !convert->json ? 0
						: print_report(&conversion->report, convert->json);
}

static void set_paths(struct conversion *conversion, const char *source)
{
	const struct convert *convert = conversion->convert;
	struct write_paths *paths = &conversion->paths;
	struct report *report = &conversion->report;

	*paths = (struct write_paths){
		.source = source,
		.template = convert->build.firmware.template,
		.disk = conversion->names.disk,
		.nvram = conversion->names.nvram,
		.report = conversion->names.report,
		.parent_on_host = convert->parent_on_host,
		.replace = convert->force,
	};
	paths->mode = write_mode(source, NULL);
	report->disk_path = paths->disk;
	report->nvram_path = paths->nvram;
	report->report_path = paths->report;
}

static int convert_in_worker(struct conversion *conversion)
{
	const struct worker worker = {.work = convert_opened,
				      .let_go = let_go_of_source,
				      .context = conversion};
	struct error err = ERROR_INIT;
	int status = worker_run(&worker, &conversion->outputs, &err);

	return err.kind == ERROR_NONE ? status : cmd_fail(&err);
}

static int convert_disk(struct convert *convert, const char *source)
{
	CLEANUP(conversion_done)
	struct conversion conversion = {
		.convert = convert,
		.outputs = WRITE_OUTPUTS_INIT,
		.survey = {.windows = SURVEY_NONE, .system = SURVEY_NONE},
		.report = {.source_path = source,
			   .survey = &conversion.survey,
			   .is_dry_run = convert->dry_run},
	};
	struct error err = ERROR_INIT;
	int r;

	write_handle_signals();
	if (name_outputs(convert, source, &conversion.names, &err) < 0)
		return cmd_fail(&err);
	set_paths(&conversion, source);
	limit_paths(&conversion);
	r = open_all(&conversion, &err);
	if (r < 0) {
		(void)cmd_source_check(conversion.source, r, &err);
		return tell_failure(&conversion, WORKER_NONE, &err);
	}
	if (convert->dry_run || !sandbox_is_wanted(convert->sandbox.wish))
		return convert_opened(&conversion, WORKER_NONE);
	return convert_in_worker(&conversion);
}

int cmd_convert(int argc, char **argv)
{
	struct convert convert = {
		.plan = {.layout = LAYOUT_AUTO, .esp_size = PLAN_DEFAULT_ESP_SIZE},
		.output = {.type = VHD_TYPE_MAX},
	};
	struct error err = ERROR_INIT;
	int operand, r = cmd_parse(&verb, argc, argv, set_convert_option, &convert, &operand, &err);

	if (r == CMD_HELP_SHOWN)
		return 0;
	if (r == 0 && argc - operand != 1)
		r = error_usage(&err, "one DISK is expected; see 'hvgen2 help convert'");
	return r < 0 ? cmd_fail(&err) : convert_disk(&convert, argv[operand]);
}
