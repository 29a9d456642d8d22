/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One conversion: source -> survey -> plan -> changes -> outputs. Of a VM its configuration is read
 * first, which says where the disks are; then its boot disk goes the same way as any, and the other
 * disks go with it: what is made is one set.
 */
#include "convert/cmd/conversion.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/outfile.h"
#include "common/process.h"
#include "convert/cmd/exclude.h"
#include "convert/cmd/needed.h"
#include "convert/cmd/stream.h"
#include "convert/cmd/vm_disks.h"
#include "convert/cmd/vm_script.h"
#include "convert/grub_reader/reader.h"
#include "convert/report/report.h"
#include "convert/write.h"

static int name_outputs(struct convert *convert, const char *source, struct output_names *names,
			struct error *err)
{
	static const enum nvram_format formats[] = {
		[OUTPUT_STORE_VMGS] = NVRAM_FORMAT_VMGS,
		[OUTPUT_STORE_OVMF] = NVRAM_FORMAT_OVMF,
		[OUTPUT_STORE_SETTINGS] = NVRAM_FORMAT_CUSTOM_UEFI,
	};
	int r;

	output_names_done(names);
	convert->output.template = convert->build.firmware.template;
	r = output_names_make(&convert->output, source, names, err);
	convert->plan.type = convert->output.type;
	convert->plan.format = names->disk_format;
	convert->build.firmware.has_nvram = names->nvram != NULL;
	convert->build.firmware.format = formats[names->nvram_kind];
	if (r == 0 && convert->build.firmware.keys_path && !names->nvram)
		r = error_usage(err, "'--secure-boot-keys' and '--nvram none' exclude each other%s",
				names->disk ? "" : ", which is what '--output -' means");
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
	int folder; /* of the new disk, of a dry run that tells its space; or -1 */
	struct write_space space;
	struct report report; /* of the others, as far as they came */
	bool is_vm;
	struct cmd_vm vm; /* and what belongs to it; empty for a disk */
	struct vm_disks disks;
	struct vm_report vm_report;
	struct vm_forms forms;
	char *stem;	      /* of the names of the outputs */
	struct needed needed; /* outputs that are there */
	int stream;	      /* where the disk goes instead of a file; or 0 */
	struct progress_view progress;
	struct grub_reader *reader; /* of files of a Linux guest; or NULL */
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
	vm_disks_close(&conversion->vm, &conversion->disks);
	firmware_template_done(&conversion->convert->build.firmware);
	build_close_host_files(&conversion->convert->build);
	grub_reader_end(&conversion->reader);
}

static void conversion_done(struct conversion *conversion)
{
	cleanup_close(&conversion->folder);
	let_go_of_source(conversion);
	write_outputs_done(&conversion->outputs);
	needed_done(&conversion->needed);
	output_names_done(&conversion->names);
	vm_disks_done(&conversion->disks);
	cmd_vm_done(&conversion->vm);
	vm_forms_done(&conversion->forms);
	free(conversion->stem);
}

static struct write_contents contents_of(const struct conversion *conversion, const char *json)
{
	struct write_contents contents = {.source = conversion->source,
					  .plan = &conversion->plan,
					  .build = &conversion->build,
					  .report_json = json};

	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		contents.forms[i] = (struct file_bytes){conversion->forms.texts[i].data,
							conversion->forms.texts[i].size, "form"};
	return contents;
}

/* Make the outputs, which are created already. */
static int write_all(struct conversion *conversion, int channel, struct error *err)
{
	CLEANUP_FREE char *json = report_file(&conversion->report, conversion->paths.report);
	const struct write_contents contents = contents_of(conversion, json);
	int r;

	if (!json)
		return error_failed(err, ENOMEM, "out of memory");
	r = write_fill(&conversion->outputs, &conversion->paths, &contents,
		       &conversion->progress.tell, &conversion->space, err);
	if (r == 0)
		r = worker_commit(channel, &conversion->outputs, /*report_only=*/false, err);
	conversion->report.is_made = r == 0;
	conversion->report.space = r == 0 ? &conversion->space : NULL;
	if (r == 0 && conversion->paths.stream)
		conversion->report.disk_path = WRITE_STREAM; /* on the page, not in the report */
	return r;
}

/* The room that it would take. */
static int tell_space(struct conversion *conversion, struct error *err)
{
	const struct write_contents contents = contents_of(conversion, NULL);
	int r = write_estimate(conversion->folder, &conversion->paths, &contents,
			       &conversion->space, err);

	conversion->report.space = r == 0 ? &conversion->space : NULL;
	conversion->vm_report.room_needed = conversion->space.stored;
	return r;
}

/* What the guest has beside the settings of its VM. */
static int tell_san_policy(struct conversion *conversion, struct error *err)
{
	const struct san_policy_note *policy = &conversion->build.edits.san_policy;

	conversion->vm_report.new_disks_stay_offline = policy->after > SAN_POLICY_ONLINE;
	return policy->after == 0
		       ? 0
		       : vm_tell_san_policy(&conversion->vm.vm, policy->before, policy->after, err);
}

static void tell_survey(const struct conversion *conversion, unsigned int step)
{
	progress_tell(&conversion->progress.tell, PROGRESS_SURVEY, step, PROGRESS_SURVEY_STEPS);
}

/* Only a VM has places, and where they are depends on the guest. */
static int settle_places(struct conversion *conversion, struct error *err)
{
	struct vm *vm = &conversion->vm.vm;
	struct vm_boot_place place = {.is_known = false};
	int r = 0;

	if (conversion->is_vm && survey_is_linux(&conversion->survey))
		r = vm_keep_order(vm, err);
	if (conversion->is_vm)
		place = vm_plan_boot_place(vm);
	conversion->convert->build.firmware.drive =
		(struct firmware_drive){place.is_known, place.channel, place.slot};
	return r;
}

/* In a store, or by what makes the VM on Hyper-V. */
static bool makes_boot_entry(const struct conversion *conversion)
{
	const bool *forms = conversion->convert->vm.forms;

	return conversion->names.nvram ||
	       (conversion->is_vm && (forms[WRITE_FORM_SCRIPT] || forms[WRITE_FORM_XML5]));
}

/* The boot disk, from what is on it to all that changes. */
static int convert_boot_disk(struct conversion *conversion, struct error *err)
{
	struct convert *convert = conversion->convert;
	struct survey *survey = &conversion->survey;
	struct plan *plan = &conversion->plan;
	struct build *build = &conversion->build;
	int r;

	convert->survey.progress = &conversion->progress.tell;
	convert->survey.has_vm = conversion->is_vm && vm_forms_are_wanted(&conversion->paths);
	r = survey_disk(conversion->source, &convert->survey, survey, err);
	if (r == 0)
		r = plan_make(survey, &convert->plan, plan, err);
	if (r < 0)
		return r;
	tell_survey(conversion, 1);
	conversion->report.plan = plan;
	r = settle_places(conversion, err);
	if (r == 0)
		r = build_target(conversion->source, survey, plan, &convert->build, build, err);
	conversion->report.is_elsewhere = build->is_elsewhere;
	if (r < 0)
		return r;
	tell_survey(conversion, PROGRESS_SURVEY_STEPS);
	conversion->report.build = build;
	if (!conversion->is_vm)
		return 0;
	if (survey_is_linux(survey))
		return vm_tell_linux(&conversion->vm.vm, build->boot.linux_boot.has_secure_boot,
				     err);
	return tell_san_policy(conversion, err);
}

static int make_forms(struct conversion *conversion, struct error *err)
{
	const struct firmware_options *firmware = &conversion->convert->build.firmware;
	const struct vm_script_source source = {
		.vm = &conversion->vm,
		.disks = &conversion->disks,
		.survey = &conversion->survey,
		.plan = &conversion->plan,
		.build = &conversion->build,
		.wanted = &conversion->convert->vm.wishes,
		.store_format = firmware->store ? firmware->store->format : firmware->format,
		.paths = &conversion->paths,
	};

	return conversion->is_vm ? vm_script_make(&source, &conversion->forms, err) : 0;
}

/* Which of a VM's disks is it that cannot be converted? */
static int prefix_boot_disk(const struct conversion *conversion, struct error *err)
{
	const struct vm_controller *controller;
	const struct vm_drive *drive = vm_boot_drive(&conversion->vm.vm, &controller);
	char slot[VM_SLOT_TEXT];

	if (!drive)
		return -err->code;
	return error_prefix(err, "%s", vm_slot_text(controller, drive, slot));
}

/* The pipeline. */
static int run_pipeline(struct conversion *conversion, int channel, struct error *err)
{
	struct convert *convert = conversion->convert;
	uint64_t size = conversion->source->size + vm_disks_size(&conversion->disks);
	int r = sandbox_enter(&convert->sandbox, size, NULL, err);

	conversion->report.sandbox = conversion->vm_report.sandbox = convert->sandbox.state;
	conversion->report.source = conversion->source;
	if (r < 0)
		return r;
	r = grub_reader_check(conversion->reader, convert_boot_disk(conversion, err), err);
	/* Who was to be asked need not wait: what is left to do can take long. */
	grub_reader_end(&conversion->reader);
	build_close_host_files(&convert->build);
	if (r < 0)
		return conversion->report.is_elsewhere ? r : prefix_boot_disk(conversion, err);
	r = make_forms(conversion, err);
	if (r < 0)
		return r;
	if (conversion->needed.is_there)
		return needed_compare(&conversion->needed, &conversion->paths, &conversion->report,
				      err);
	return convert->dry_run ? tell_space(conversion, err) : write_all(conversion, channel, err);
}

/* From here on files are read and made in these folders alone, by the committer too. */
static void limit_paths(struct conversion *conversion)
{
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	const struct write_paths *paths = &conversion->paths;
	const char *const outputs[] = {paths->disk, paths->nvram, paths->report};

	cmd_source_places(&conversion->convert->source, conversion->is_vm ? NULL : paths->source,
			  &places);
	if (conversion->is_vm)
		cmd_vm_places(&conversion->convert->vm, paths->source, &places);
	lockdown_add(&places, paths->template, LOCKDOWN_READ);
	lockdown_add(&places, conversion->convert->build.firmware.keys_path, LOCKDOWN_READ);
	lockdown_add(&places, paths->stage, LOCKDOWN_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(outputs) && !paths->stage; i++)
		lockdown_add_folder(&places, outputs[i], LOCKDOWN_WRITE);
	sandbox_limit_paths(&conversion->convert->sandbox, &places);
}

unsigned int conversion_choices(const struct convert *convert)
{
	return (unsigned int)convert->build.guest.boot_files |
	       (unsigned int)convert->build.guest.online_data_disks << 8 |
	       (unsigned int)convert->survey.no_journal_replay << 9 |
	       (unsigned int)convert->build.guest.has_sata << 10 |
	       (unsigned int)(convert->build.guest.efi_path != NULL) << 11;
}

/* The files of the source that are left as they are, and the disks beside the boot disk. */
static int open_data_disks(struct conversion *conversion, const struct vhd_open_options *options,
			   struct error *err)
{
	const struct convert *convert = conversion->convert;
	struct write_paths *paths = &conversion->paths;
	struct vm_disks *disks = &conversion->disks;
	const struct plan_data_options of_all = {.format = convert->plan.format,
						 .type = convert->plan.type,
						 .random_guids = convert->plan.random_guids};
	int r = vm_disks_open(&conversion->vm, options, disks, err);

	if (r == 0)
		r = vm_disks_plan(&conversion->vm, &of_all, disks, err);
	paths->data = disks->list;
	paths->data_count = r < 0 ? 0 : disks->count;
	paths->kept = disks->kept;
	paths->kept_count = disks->kept_count;
	return r;
}

/* The disks, with their chains. */
static int open_disks(struct conversion *conversion, struct error *err)
{
	const struct vhd_open_options options = cmd_source_options(&conversion->convert->source);
	int r;

	if (conversion->is_vm)
		r = vm_disks_open_boot(&conversion->vm, &options, &conversion->source, err);
	else
		r = vhd_open(conversion->paths.source, &options, &conversion->source, err);
	if (r == 0)
		grub_reader_set_disk(conversion->reader, conversion->source);
	return r < 0 || !conversion->is_vm ? r : open_data_disks(conversion, &options, err);
}

static mode_t mode_of(const struct conversion *conversion)
{
	const struct nvram_store *store = conversion->convert->build.firmware.store;
	mode_t mode = write_mode(NULL, conversion->source);

	if (store)
		mode &= store->mode;
	return conversion->is_vm ? mode & write_mode(conversion->vm.config.path, NULL) : mode;
}

/* -1 when it does not exist, or cannot be opened. */
static int open_folder_of(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);

	return copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* May the outputs be made? With '--if-needed' they may be there already. */
static int check_places(struct conversion *conversion, struct error *err)
{
	const struct convert *convert = conversion->convert;
	const struct write_paths *paths = &conversion->paths;
	int r = write_check_paths(paths, conversion->source, err);

	if (!convert->if_needed ||
	    (r < 0 && !(err->kind == ERROR_REFUSED && err->refusal == REFUSAL_OUTPUT_EXISTS)))
		return r;
	needed_clean(paths, convert->dry_run);
	if (r == 0)
		return 0;
	*err = (struct error)ERROR_INIT;
	return needed_open(paths, convert->plan.type == VHD_TYPE_DIFFERENCING, &conversion->needed,
			   err);
}

static int read_template(struct conversion *conversion, struct error *err)
{
	int r = firmware_read_template(&conversion->convert->build.firmware, err);

	conversion->report.is_elsewhere = r < 0;
	return r;
}

/* All that needs a path: the chains, the template, and the places of the outputs. */
static int open_all(struct conversion *conversion, struct error *err)
{
	struct convert *convert = conversion->convert;
	struct write_paths *paths = &conversion->paths;
	int r = open_disks(conversion, err);

	if (r == 0)
		r = check_places(conversion, err);
	if (r == 0)
		r = stream_check(paths, &conversion->progress, conversion->source, err);
	if (r == 0)
		r = read_template(conversion, err);
	if (r < 0)
		return r;
	paths->mode = mode_of(conversion);
	convert->plan.source_time = write_source_time(conversion->source);
	convert->plan.choices = conversion_choices(convert);
	convert->plan.has_other_boot_files = convert->build.guest.efi_path != NULL;
	convert->plan.has_no_boot_entry = !makes_boot_entry(conversion);
	conversion->report.has_no_boot_entry = convert->plan.has_no_boot_entry;
	if (convert->dry_run && paths->disk)
		conversion->folder = open_folder_of(paths->disk);
	return convert->dry_run || conversion->needed.is_there
		       ? 0
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

/* A refusal leaves a report only where one was asked for by name, and whoever names the outputs
 * knows how it ended. */
static bool wants_failure_report(const struct conversion *conversion)
{
	const struct convert *convert = conversion->convert;
	const struct error *failure = conversion->report.failure;

	return !convert->dry_run && !convert->stage && !conversion->needed.is_there &&
	       convert->output.report && failure->kind != ERROR_USAGE &&
	       failure->refusal != REFUSAL_OUTPUT_EXISTS;
}

/* Is it there? That it cannot be made is not said twice. */
static bool write_failure_report(struct conversion *conversion, int channel)
{
	struct error err = ERROR_INIT;
	CLEANUP_FREE char *json =
		wants_failure_report(conversion)
			? report_file(&conversion->report, conversion->paths.report)
			: NULL;

	if (!json)
		return false;
	if (write_failure(conversion, channel, json, &err) == 0)
		return true;
	if (strcmp(err.message, conversion->report.failure->message) != 0)
		cmd_warn("%s", err.message);
	return false;
}

static int print_report(struct conversion *conversion, bool json)
{
	struct report *report = &conversion->report;
	struct error err = ERROR_INIT;

	report->seconds = progress_seconds(&conversion->progress);
	return report_print(report, json, &err) < 0 ? cmd_fail(&err) : 0;
}

/* Returns the exit status. */
static int tell_failure(struct conversion *conversion, int channel, const struct error *err)
{
	struct report *report = &conversion->report;

	report->failure = err;
	report->disk_path = report->nvram_path = NULL;
	memset(report->form_paths, 0, sizeof(report->form_paths));
	for (size_t i = 0; i < conversion->vm.disk_count; i++)
		conversion->vm.disks[i].output = NULL;
	if (!write_failure_report(conversion, channel))
		report->report_path = NULL;
	if (conversion->convert->json)
		print_report(conversion, true);
	return cmd_fail(err);
}

/* As cmd_source_check(), of all disks. */
static int check_sources(const struct conversion *conversion, int r, struct error *err)
{
	r = cmd_source_check(conversion->source, r, err);
	return vm_disks_check(&conversion->disks, r, err);
}

static int convert_opened(void *context, int channel)
{
	struct conversion *conversion = context;
	const struct convert *convert = conversion->convert;
	struct error err = ERROR_INIT;
	int r;

	process_reserve_heap(convert->dry_run ? PROCESS_HEAP_TO_PLAN : PROCESS_HEAP_TO_WRITE);
	progress_listen();
	r = run_pipeline(conversion, channel, &err);
	progress_hide(&conversion->progress);
	/* Else it was looked at before the outputs got their names. */
	if (r < 0 || convert->dry_run || conversion->needed.is_there)
		r = check_sources(conversion, r, &err);
	if (r < 0)
		return tell_failure(conversion, channel, &err);
	if (conversion->needed.is_there)
		return needed_print(&conversion->needed, conversion->paths.disk, convert->json,
				    convert->quiet);
	return convert->quiet && !convert->json ? 0 : print_report(conversion, convert->json);
}

/* The rights of a report that is made before the disks are open. */
static mode_t first_mode(const struct conversion *conversion, const char *source)
{
	if (!conversion->is_vm)
		return write_mode(source, NULL);
	return conversion->vm.config.path ? write_mode(conversion->vm.config.path, NULL) : 0600;
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
		.stage = convert->stage,
		.stream = conversion->stream,
		.replace = convert->force,
	};
	paths->mode = first_mode(conversion, source);
	report->disk_path = paths->disk;
	report->nvram_path = paths->nvram;
	report->report_path = paths->report;
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		if (conversion->is_vm && convert->vm.forms[i])
			report->form_paths[i] = paths->forms[i] = conversion->names.forms[i];
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

static int name_vm(struct conversion *conversion, struct error *err)
{
	struct convert *convert = conversion->convert;

	conversion->stem = output_stem(conversion->vm.vm.name, convert->vm.name ? "" : "-gen2");
	if (!conversion->stem)
		return error_failed(err, ENOMEM, "out of memory");
	convert->output.stem = conversion->stem;
	return name_outputs(convert, "", &conversion->names, err);
}

/* The pipeline knows the boot disk alone. */
static void tell_boot_disk(struct conversion *conversion, const struct report_disk *disk)
{
	conversion->report.source_path = disk->path;
	if (!conversion->paths.parent_on_host)
		conversion->paths.parent_on_host = disk->drive->path;
}

/* What the VM is, and what all of its outputs are called. */
static int open_vm(struct conversion *conversion, const char *path, struct error *err)
{
	struct convert *convert = conversion->convert;
	struct cmd_vm *vm = &conversion->vm;
	struct vm_report *report = &conversion->vm_report;
	int r = cmd_vm_open(path, &convert->vm, &convert->sandbox, vm, err);

	*report = (struct vm_report){.path = vm->config.path ? vm->config.path : path,
				     .vm = &vm->vm,
				     .format = vm->format,
				     .warnings = &vm->tree.warnings,
				     .disks = vm->disks,
				     .disk_count = vm->disk_count,
				     .checkpoints = vm->checkpoints,
				     .checkpoint_count = vm->checkpoint_count,
				     .sandbox = vm->sandbox,
				     .is_verbose = convert->verbose,
				     .is_planned = convert->dry_run,
				     .is_of_conversion = true};
	conversion->report.vm = report;
	if (r == 0)
		r = name_vm(conversion, err);
	if (r == 0)
		r = vm_forms_open(&convert->vm, &conversion->names, &conversion->forms, err);
	if (r == 0)
		r = vm_disks_name(vm, &conversion->names, &conversion->disks, err);
	if (r < 0)
		return r;
	set_paths(conversion, path);
	for (size_t i = 0; i < vm->disk_count; i++)
		if (vm->disks[i].drive->is_boot)
			tell_boot_disk(conversion, &vm->disks[i]);
	return 0;
}

/* Returns the exit status. */
static int convert_all(struct conversion *conversion)
{
	struct convert *convert = conversion->convert;
	struct error err = ERROR_INIT;
	int r;

	conversion->reader = convert->survey.reader =
		grub_reader_start(convert->sandbox.wish == SANDBOX_REQUIRE);
	r = build_open_host_files(&convert->build, &err);
	conversion->report.is_elsewhere = r < 0;
	limit_paths(conversion);
	if (r == 0 && conversion->is_vm)
		r = open_vm(conversion, conversion->paths.source, &err);
	if (r == 0)
		r = open_all(conversion, &err);
	if (r < 0) {
		(void)check_sources(conversion, r, &err);
		return tell_failure(conversion, WORKER_NONE, &err);
	}
	if (convert->dry_run || conversion->needed.is_there ||
	    !sandbox_is_wanted(convert->sandbox.wish))
		return convert_opened(conversion, WORKER_NONE);
	return convert_in_worker(conversion);
}

/* Of a VM these names tell only the folders: its own name is not known yet. */
static int convert_named(struct conversion *conversion, const char *path)
{
	struct convert *convert = conversion->convert;
	struct output_names *names = &conversion->names;
	struct error err = ERROR_INIT;

	if (name_outputs(convert, path, names, &err) < 0 ||
	    exclude_check(convert, names, conversion->is_vm, &err) < 0 ||
	    (!names->disk && stream_take(convert->dry_run, &conversion->stream, &err) < 0))
		return cmd_fail(&err);
	set_paths(conversion, path);
	if (conversion->is_vm && !convert->output.report)
		conversion->report.report_path = NULL;
	return convert_all(conversion);
}

int conversion_run(struct convert *convert, const char *path, bool is_vm)
{
	CLEANUP(conversion_done)
	struct conversion conversion = {
		.convert = convert,
		.folder = -1,
		.outputs = WRITE_OUTPUTS_INIT,
		.survey = {.start = SURVEY_NONE, .system = SURVEY_NONE},
		.report = {.source_path = path,
			   .survey = &conversion.survey,
			   .is_dry_run = convert->dry_run},
		.is_vm = is_vm,
		.vm = CMD_VM_INIT,
	};
	int status;

	write_handle_signals();
	progress_start(&conversion.progress, &convert->progress, convert->verbose, convert->quiet);
	status = convert_named(&conversion, path);
	progress_over(&conversion.progress, status);
	return status;
}
