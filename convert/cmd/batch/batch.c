/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 batch: hundreds of disks, planned first and then converted, by one host or several. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "convert/batch/plan/plan.h"
#include "convert/batch/plan/space.h"
#include "convert/batch/run.h"
#include "convert/batch/sweep.h"
#include "convert/cmd/batch/columns.h"
#include "convert/cmd/batch/counts.h"
#include "convert/cmd/batch/html.h"
#include "convert/cmd/batch/live.h"
#include "convert/cmd/batch/report.h"
#include "convert/cmd/batch/status.h"
#include "convert/cmd/cmd.h"
#include "convert/cmd/verbs.h"

/* More only takes turns. */
#define DEFAULT_JOBS 4

enum {
	OPTION_LIST = 256,
	OPTION_OUTPUT_DIR,
	OPTION_JOBS,
	OPTION_LEASE,
	OPTION_NO_WAIT,
	OPTION_VERIFY,
	OPTION_GUESTFS,
	OPTION_JSON,
	OPTION_WATCH,
	OPTION_HTML,
};

static const struct cmd_option options[] = {
	{OPTION_LIST, "list", "FILE",
	 "plan, run: more inputs: CSV with a header, or a JSON object a\n"
	 "line; columns are 'path', 'name' and the long options of\n"
	 "'hvgen2 convert'; '-' is standard input; may be given several\n"
	 "times"},
	{OPTION_OUTPUT_DIR, "output-dir", "DIR",
	 "plan, run: where the outputs go, remembered; default: the\nworking directory"},
	{OPTION_JOBS, "jobs", "N",
	 "plan, run: how many at once; default: as many as processors,\n"
	 "at most 4, and one on each disk that turns"},
	{OPTION_LEASE, "lease", "SECONDS",
	 "run: how long a host may be silent until others take over;\ndefault: 60"},
	{OPTION_NO_WAIT, "no-wait", NULL,
	 "run: end with status 75 when only what others have claimed is\nleft"},
	{OPTION_VERIFY, "verify", NULL,
	 "run: read each result back, as 'hvgen2 verify --no-guestfs'"},
	{OPTION_GUESTFS, "guestfs", NULL, "run: and with libguestfs"},
	{'f', "force", NULL,
	 "run: replace outputs that exist, of sources that have changed, and\n"
	 "make those again of which an output is gone; report: replace FILE"},
	{OPTION_JSON, "json", NULL, "run: a JSON object a line; status, report: a JSON object"},
	{OPTION_HTML, "html", "FILE", "report: as one page for a browser"},
	CMD_PROGRESS_OPTIONS,
	{OPTION_WATCH, "watch", NULL, "status: until nobody works on it"},
	{0, NULL, NULL, NULL},
};

static const struct cmd_verb verb = {
	.name = "batch",
	.synopsis = "plan   STATE [INPUT...]\n"
		    "       hvgen2 batch run    STATE [INPUT...]\n"
		    "       hvgen2 batch status STATE\n"
		    "       hvgen2 batch report STATE",
	.purpose =
		"Convert many VMs. STATE is a folder in which the batch is kept: the same command,\n"
		"after whatever ended it and on as many hosts as share the folder, goes on with what\n"
		"is left. INPUT is a disk, a VM (.vmcx, .xml), or a folder of disks, VMs and exports.\n\n"
		"  plan    survey all, and say what will happen and whether there is room\n"
		"  run     plan what is not planned, then convert\n"
		"  status  what became of each so far\n"
		"  report  all that is known of each",
	.options = options,
	.epilogue =
		"Exit status of 'run': 0 all done, 1 something failed, 3 what is left is refused, 75\n"
		"others work on the rest (--no-wait), 2 wrong usage.\n\n"
		"Examples:\n"
		"  hvgen2 batch plan night /backup --output-dir /new\n"
		"  hvgen2 batch run night\n",
};

enum action { ACTION_PLAN, ACTION_RUN, ACTION_STATUS, ACTION_REPORT, ACTION_MAX };

struct settings {
	struct cmd_paths lists;
	const char *output_dir, *html;
	unsigned int jobs; /* 0: not said */
	unsigned int lease;
	struct progress_wish progress;
	bool no_wait, verify, guestfs, force, json, watch;
	unsigned int used[16]; /* keys of the options that were given */
	size_t used_count;
};

static volatile sig_atomic_t interrupts;

static void count_interrupt(int number)
{
	(void)number;
	interrupts = interrupts < 3 ? interrupts + 1 : 3;
}

/* Once each, and there are fewer options than places. */
static void note_use(struct settings *settings, unsigned int key)
{
	for (size_t i = 0; i < settings->used_count; i++)
		if (settings->used[i] == key)
			return;
	if (settings->used_count < ARRAY_SIZE(settings->used))
		settings->used[settings->used_count++] = key;
}

static int set_option(void *context, int key, const char *argument, struct error *err)
{
	struct settings *settings = context;

	note_use(settings, (unsigned int)key);
	if (cmd_progress_has(key))
		return cmd_progress_set(&settings->progress, key, argument, err);
	switch (key) {
	case OPTION_LIST:
		return cmd_add_path(&settings->lists, "list", argument, err);
	case OPTION_OUTPUT_DIR:
		settings->output_dir = argument;
		return 0;
	case OPTION_JOBS:
		return cmd_parse_number("jobs", argument, 1, RUN_MAX_JOBS, &settings->jobs, err);
	case OPTION_LEASE:
		return cmd_parse_number("lease", argument, 1, 86400, &settings->lease, err);
	case OPTION_NO_WAIT:
		settings->no_wait = true;
		return 0;
	case OPTION_GUESTFS:
		settings->guestfs = true;
		return 0;
	case OPTION_VERIFY:
		settings->verify = true;
		return 0;
	case OPTION_WATCH:
		settings->watch = true;
		return 0;
	case OPTION_HTML:
		settings->html = argument;
		return 0;
	case 'f':
		settings->force = true;
		return 0;
	default:
		settings->json = true;
		return 0;
	}
}

/* Has this action that option? */
static bool takes(enum action action, unsigned int key)
{
	switch (key) {
	case OPTION_LIST:
	case OPTION_OUTPUT_DIR:
	case OPTION_JOBS:
	case CMD_OPTION_PROGRESS:
	case CMD_OPTION_PROGRESS_FD:
		return action == ACTION_PLAN || action == ACTION_RUN;
	case OPTION_JSON:
		return action != ACTION_PLAN;
	case OPTION_WATCH:
		return action == ACTION_STATUS;
	case OPTION_HTML:
		return action == ACTION_REPORT;
	case 'f':
		return action == ACTION_RUN || action == ACTION_REPORT;
	default:
		return action == ACTION_RUN;
	}
}

static const char *const action_names[ACTION_MAX] = {"plan", "run", "status", "report"};

static int check_options(enum action action, const struct settings *settings, struct error *err)
{
	for (size_t i = 0; i < settings->used_count; i++)
		for (const struct cmd_option *option = options; option->name; option++)
			if ((unsigned int)option->key == settings->used[i] &&
			    !takes(action, settings->used[i]))
				return error_usage(err, "'batch %s' has no option '--%s'",
						   action_names[action], option->name);
	return 0;
}

static unsigned int default_jobs(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 1		   ? 1
	       : processors < DEFAULT_JOBS ? (unsigned int)processors
					   : DEFAULT_JOBS;
}

static void tell_damage(const struct batch *batch, struct live *live)
{
	const char *path;
	json_t *text;

	json_object_foreach(batch->damaged, path, text) live_note(live, json_string_value(text));
}

static int plan(struct batch *batch, const struct settings *settings, char *const *inputs,
		struct live *live, struct error *err)
{
	const struct plan_request request = {.known = &batch_columns,
					     .inputs = (const char *const *)inputs,
					     .lists = settings->lists.names,
					     .output_dir = settings->output_dir,
					     .jobs = settings->jobs ? settings->jobs
								    : default_jobs(),
					     .begin = live_begin,
					     .planned = live_planned,
					     .note = live_note,
					     .opaque = live};
	int r;

	if (batch->fd < 0 && !*inputs && settings->lists.count == 0)
		return error_usage(
			err,
			"'%s' is no batch yet: name the disks, folders or lists that it is to "
			"convert",
			batch->folder);
	r = plan_batch(batch, &request, err);
	live_clear(live);
	if (r == 0)
		r = batch_refresh(batch, err);
	tell_damage(batch, live);
	return r;
}

/* Returns the exit status, or a negative errno. */
static int do_plan(struct batch *batch, const struct settings *settings, char *const *inputs,
		   struct progress_view *progress, struct error *err)
{
	CLEANUP_SPACES struct space_list spaces = {.items = NULL};
	struct live live = live_new(false, &settings->progress, progress);
	struct counts counts;
	int r = plan(batch, settings, inputs, &live, err);

	if (r == 0)
		r = space_sum(batch, /*replace=*/false, &spaces, err);
	if (r < 0)
		return r;
	report_print_plan(batch, &spaces);
	counts = batch_counts(batch);
	r = space_check(&spaces, err);
	if (r == 0 && counts.damaged)
		return ERROR_FAILED;
	if (r < 0 || counts.open || counts.by_state[VM_RUNNING])
		return r;
	return counts.by_state[VM_REFUSED]  ? (int)ERROR_REFUSED
	       : counts.by_state[VM_FAILED] ? (int)ERROR_FAILED
					    : 0;
}

static void handle_interrupts(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action, new = {.sa_handler = count_interrupt};

	sigemptyset(&new.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaction(numbers[i], &new, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static enum job_verify verify_of(const struct settings *settings)
{
	return settings->guestfs  ? JOB_VERIFY_GUESTFS
	       : settings->verify ? JOB_VERIFY_QUICK
				  : JOB_VERIFY_NONE;
}

static int run(struct batch *batch, const struct settings *settings, struct live *live,
	       bool *ret_claimed, struct error *err)
{
	const struct run_request request = {.jobs = settings->jobs ? settings->jobs
								   : default_jobs(),
					    .spare_rotating = settings->jobs == 0,
					    .lease = settings->lease ? settings->lease
								     : CLAIM_DEFAULT_LEASE,
					    .no_wait = settings->no_wait,
					    .replace = settings->force,
					    .verify = verify_of(settings),
					    .interrupts = &interrupts,
					    .event = live_event,
					    .opaque = live};
	CLEANUP_SPACES struct space_list spaces = {.items = NULL};
	int r;

	sweep_stages(batch); /* what ended hosts have left takes room */
	r = space_sum(batch, settings->force, &spaces, err);
	if (r == 0)
		r = space_check(&spaces, err);
	return r < 0 ? r : run_batch(batch, &request, ret_claimed, err);
}

static void print_summary(const struct batch *batch, double seconds)
{
	CLEANUP_PAGE FILE *page = page_open(stdout);

	if (page)
		report_print_summary(batch, seconds, page);
}

static int do_run(struct batch *batch, const struct settings *settings, char *const *inputs,
		  struct progress_view *progress, struct error *err)
{
	struct live live = live_new(settings->json, &settings->progress, progress);
	double start = job_clock();
	bool is_claimed = false;
	struct counts counts;
	int r, status;

	r = plan(batch, settings, inputs, &live, err);
	if (r == 0)
		live_plan(&live, batch);
	handle_interrupts();
	if (r == 0)
		r = run(batch, settings, &live, &is_claimed, err);
	live_clear(&live);
	if (r < 0)
		return r;
	counts = batch_counts(batch);
	status = counts_status(&counts, is_claimed);
	if (!settings->json)
		print_summary(batch, job_clock() - start);
	live_summary(&live, batch, job_clock() - start, status);
	return status;
}

static int do_look(struct batch *batch, enum action action, const struct settings *settings,
		   struct progress_view *progress, struct error *err)
{
	struct live live = live_new(settings->json, &settings->progress, progress);
	int r;

	if (batch->fd < 0)
		return error_usage(err, "'%s' is no batch", batch->folder);
	r = batch_refresh(batch, err);
	tell_damage(batch, &live);
	if (r < 0)
		return r;
	if (settings->html)
		r = html_write(batch, settings->html, settings->force, err);
	if (r < 0 || (settings->html && !settings->json))
		return r;
	r = action == ACTION_REPORT ? report_print_batch(batch, settings->json, err)
	    : settings->watch	    ? status_watch(batch, settings->json, err)
				    : status_print(batch, settings->json, err);
	return r == 0 && json_object_size(batch->damaged) > 0 ? (int)ERROR_FAILED : r;
}

static int act(struct batch *batch, enum action action, const struct settings *settings,
	       char *const *inputs, struct progress_view *progress, struct error *err)
{
	if (action == ACTION_PLAN)
		return do_plan(batch, settings, inputs, progress, err);
	return action == ACTION_RUN ? do_run(batch, settings, inputs, progress, err)
				    : do_look(batch, action, settings, progress, err);
}

/* "" would be taken for the working directory: mostly it is a variable that is not set. */
static int check_empty(char *const *operands, const struct settings *settings, struct error *err)
{
	if (!*operands[1])
		return error_usage(err, "STATE is empty");
	for (size_t i = 2; operands[i]; i++)
		if (!*operands[i])
			return error_usage(err, "INPUT %zu is empty", i - 1);
	if (settings->output_dir && !*settings->output_dir)
		return error_usage(err, "option '--output-dir' is empty");
	return settings->html && !*settings->html ? error_usage(err, "option '--html' is empty")
						  : 0;
}

static int run_action(const struct settings *settings, char *const *operands,
		      struct progress_view *progress, struct error *err)
{
	CLEANUP_BATCH struct batch batch = BATCH_INIT;
	enum action action = ACTION_PLAN;
	int r;

	while (action < ACTION_MAX &&
	       (!operands[0] || strcmp(operands[0], action_names[action]) != 0))
		action++;
	if (action == ACTION_MAX || !operands[1])
		return error_usage(err,
				   "'plan STATE', 'run STATE', 'status STATE' or 'report STATE' is "
				   "expected; see 'hvgen2 help batch'");
	r = check_options(action, settings, err);
	if (r == 0 && operands[2] && !takes(action, OPTION_LIST))
		r = error_usage(err, "'batch %s' takes a STATE and nothing else", operands[0]);
	if (r == 0)
		r = check_empty(operands, settings, err);
	if (r == 0)
		r = batch_open(&batch, operands[1], err);
	if (r == 0)
		r = act(&batch, action, settings, operands + 2, progress, err);
	if (r < 0 && action == ACTION_RUN && settings->json)
		live_failure(&batch, err);
	return r;
}

int cmd_batch(int argc, char **argv)
{
	struct settings settings = {.jobs = 0};
	struct progress_view progress;
	struct error err = ERROR_INIT;
	int operand, r = cmd_parse(&verb, argc, argv, set_option, &settings, &operand, &err);

	if (r == CMD_HELP_SHOWN)
		return 0;
	progress_start(&progress, &settings.progress, /*verbose=*/false, /*quiet=*/true);
	if (r == 0)
		r = run_action(&settings, argv + operand, &progress, &err);
	if (r >= 0 && cmd_end_output(&err) < 0)
		r = -err.code;
	r = r < 0 ? cmd_fail(&err) : r;
	progress_over(&progress, r);
	return r;
}
