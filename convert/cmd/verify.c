/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 verify: run the checks and print them, one line each, or as JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "convert/cmd/progress.h"
#include "convert/cmd/source.h"
#include "convert/cmd/verbs.h"
#include "convert/grub_reader/reader.h"
#include "convert/report/report.h"
#include "convert/verify/run.h"

enum { OPTION_JSON = 256, OPTION_NVRAM, OPTION_NO_GUESTFS, OPTION_REPORT, OPTION_SANDBOX };

static const struct cmd_option options[] = {
	{OPTION_NVRAM, "nvram", "STORE",
	 "the NVRAM store, .vmgs or .fd; default: DISK with\nthe ending .vmgs, when there is such a file"},
	{OPTION_REPORT, "report", "FILE",
	 "the report of the conversion in JSON, which says what was so in the\nsource; default: DISK with the ending .report.json, when there is\nsuch a file"},
	{OPTION_NO_GUESTFS, "no-guestfs", NULL,
	 "do not start libguestfs, which takes half a minute\nwithout KVM"},
	CMD_SOURCE_OPTIONS,
	CMD_PROGRESS_OPTIONS,
	{OPTION_SANDBOX, "sandbox", "WHEN", CMD_TEXT_SANDBOX},
	{OPTION_JSON, "json", NULL, "print the results as JSON"},
	{0, NULL, NULL, NULL},
};

static const struct cmd_verb verb = {
	.name = "verify",
	.synopsis = "[OPTIONS] DISK",
	.purpose = "Read a converted disk and its NVRAM store back with independent readers.",
	.options = options,
	.epilogue =
		"Each check is a line: 'ok    NAME: what was seen', 'FAIL  NAME: found, expected',\n"
		"or 'skipped NAME (why)'. Nothing is written to the disk or the store.\n\n"
		"Exit status: 0 no check failed, 1 a check failed, 4 the image cannot be read.\n\n"
		"Example:\n  hvgen2 verify web01-gen2.vhdx\n",
};

struct settings {
	const char *nvram, *report;
	struct cmd_source source;
	enum sandbox_wish sandbox;
	struct progress_wish progress;
	bool json, no_guestfs;
};

static int set_report(struct settings *settings, const char *path, struct error *err)
{
	if (report_is_html(path))
		return error_usage(
			err,
			"'--report %s': a page for a browser cannot be read as a report; "
			"name the one in JSON, by default DISK with the ending .report.json",
			path);
	settings->report = path;
	return 0;
}

static int set_verify_option(void *context, int key, const char *argument, struct error *err)
{
	struct settings *settings = context;

	if (cmd_source_has(key))
		return cmd_source_set(&settings->source, key, argument, err);
	if (cmd_progress_has(key))
		return cmd_progress_set(&settings->progress, key, argument, err);
	if (key == OPTION_SANDBOX)
		return cmd_parse_sandbox(argument, &settings->sandbox, err);
	if (key == OPTION_REPORT)
		return set_report(settings, argument, err);
	if (key == OPTION_NVRAM)
		settings->nvram = argument;
	else if (key == OPTION_NO_GUESTFS)
		settings->no_guestfs = true;
	else
		settings->json = true;
	return 0;
}

static void print_line(void *opaque, const struct verify_result *result)
{
	CLEANUP_PAGE FILE *page = page_open(stdout);

	progress_hide(opaque);
	if (!page)
		return;
	if (result->status == VERIFY_SKIPPED)
		safe_printf(page, "skipped %s (%s)\n", result->name, result->detail);
	else
		safe_printf(page, "%-5s %s: %s\n", verify_status_text(result->status), result->name,
			    result->detail);
}

static json_t *result_json(const struct verify_result *result)
{
	return json_pack("{s:s, s:s, s:o}", "name", result->name, "status",
			 verify_status_text(result->status), "detail", text_json(result->detail));
}

static json_t *files_json(const struct verify *verify)
{
	json_t *files = json_array();

	for (size_t i = 0; i < verify->file_count; i++)
		json_array_append_new(files, text_json(verify->files[i]));
	return files;
}

static int print_json(const struct verify *verify, double seconds, struct error *err)
{
	json_t *checks = json_array(), *root = json_object();

	for (size_t i = 0; i < verify->result_count; i++)
		json_array_append_new(checks, result_json(&verify->results[i]));
	json_object_set_new(root, "schema", json_integer(1));
	text_json_set_path(root, "disk", verify->path);
	json_object_set_new(root, "files", files_json(verify));
	json_object_set_new(root, "sandbox", json_string(sandbox_text(verify->sandbox.state)));
	json_object_set_new(root, "seconds", json_real(seconds));
	json_object_set_new(root, "checks", checks);
	json_object_set_new(root, "ok", json_integer((json_int_t)verify->counts[VERIFY_OK]));
	json_object_set_new(root, "failed", json_integer((json_int_t)verify->counts[VERIFY_FAIL]));
	json_object_set_new(root, "skipped",
			    json_integer((json_int_t)verify->counts[VERIFY_SKIPPED]));
	return text_json_print(root, err);
}

static int verify_disk(const struct settings *settings, const char *path,
		       struct progress_view *view, struct verify *verify, struct error *err)
{
	const struct vhd_open_options open_options = cmd_source_options(&settings->source);
	CLEANUP_GRUB_READER struct grub_reader *grub =
		grub_reader_start(settings->sandbox == SANDBOX_REQUIRE);
	int r;

	verify->path = path;
	verify->grub = grub;
	verify->open_options = &open_options;
	verify->sandbox.wish = settings->sandbox;
	verify->store_path = settings->nvram;
	verify->report_path = settings->report;
	verify->use_guestfs = !settings->no_guestfs;
	if (!settings->json) {
		verify->report = print_line;
		verify->opaque = view;
	}
	verify->progress = &view->tell;
	r = verify_run(verify, err);
	progress_hide(view);
	if (r < 0)
		return r;
	if (settings->json)
		r = print_json(verify, progress_seconds(view), err);
	else
		safe_printf(stdout, "%zu ok, %zu failed, %zu skipped\n", verify->counts[VERIFY_OK],
			    verify->counts[VERIFY_FAIL], verify->counts[VERIFY_SKIPPED]);
	return r < 0 ? r : cmd_end_output(err);
}

int cmd_verify(int argc, char **argv)
{
	struct settings settings = {.nvram = NULL};
	CLEANUP_FREE struct verify *verify = malloc(sizeof(*verify));
	struct progress_view view;
	struct error err = ERROR_INIT;
	int operand, status, r;

	r = cmd_parse(&verb, argc, argv, set_verify_option, &settings, &operand, &err);
	if (r == CMD_HELP_SHOWN)
		return 0;
	if (r == 0 && operand != argc - 1)
		r = error_usage(&err,
				"expected one disk, got %d operands; see 'hvgen2 help verify'",
				argc - operand);
	if (r == 0 && !verify)
		r = error_failed(&err, ENOMEM, "no memory");
	if (r < 0)
		return cmd_fail(&err);
	verify_init(verify);
	progress_start(&view, &settings.progress, /*verbose=*/false, /*quiet=*/false);
	progress_listen();
	r = verify_disk(&settings, argv[operand], &view, verify, &err);
	status = r < 0 ? cmd_fail(&err) : verify->counts[VERIFY_FAIL] ? ERROR_FAILED : 0;
	verify_done(verify);
	progress_over(&view, status);
	return status;
}
