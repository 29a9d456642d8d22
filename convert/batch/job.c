/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversion of one VM: see job.h. */
#include "convert/batch/job.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/batch/plan/arguments.h"
#include "convert/batch/plan/identity.h"
#include "convert/batch/plan/overlap.h"
#include "convert/batch/plan/survey.h"
#include "convert/batch/publish.h"
#include "convert/batch/replace.h"
#include "convert/batch/state/made.h"
#include "convert/batch/word.h"

#define MAX_REPORT (32 * MIB)
#define MAX_WORDS  (1 * MIB)

/* Of the keeper. */
static volatile sig_atomic_t is_stopped;

static void stop(int number)
{
	(void)number;
	is_stopped = 1;
}

double job_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void say_failure(const struct error *err)
{
	word_say(word_of_error(VM_FAILED, err));
}

static void say_error(const struct error *err)
{
	word_say(word_of_error(is_stopped ? VM_INTERRUPTED : VM_FAILED, err));
}

/* What stands there now is what it is about. */
static json_t *made_word(enum vm_state state, const struct batch_vm *vm)
{
	json_t *word = word_of(state);

	json_object_set_new(word, "made", made_of(vm));
	return word;
}

/* Something else has the name of an output. */
static void say_in_the_way(const struct batch_vm *vm, const struct error *err)
{
	json_t *word = word_of_error(VM_FAILED, err);

	json_object_set_new(word, "in_the_way", made_of(vm));
	word_say(word);
}

/* It was converted before, and all that came of it was to see that the names belong to something else, which is still there:
 * nothing else would come of it now. */
static bool is_still_in_the_way(const struct job *job)
{
	CLEANUP_JSON json_t *now = made_of(job->vm);
	const char *token;
	json_t *attempt;

	if (job->replace)
		return false;
	json_object_foreach(job->vm->attempts, token, attempt)
	{
		const json_t *then = json_object_get(attempt, "in_the_way");
		json_t *word;

		if (json_object_size(then) == 0 || !json_equal(then, now) ||
		    strcmp(record_text(attempt, "plan"), record_text(job->vm->record, "plan")) != 0)
			continue;
		word = word_of(VM_FAILED);
		json_object_set(word, "error", json_object_get(attempt, "error"));
		json_object_set_new(word, "in_the_way", json_deep_copy(then));
		word_say(word);
		return true;
	}
	return false;
}

static void say_problem(json_t *report, struct child *child, int status)
{
	CLEANUP_JSON json_t *problem = survey_problem(report, child, status);
	json_t *refusal = json_object_get(problem, "refusal");
	json_t *word = word_of(is_stopped ? VM_INTERRUPTED : refusal ? VM_REFUSED : VM_FAILED);

	if (refusal)
		json_object_set(word, "refusal", refusal);
	else
		json_object_set(word, "error", problem);
	word_say(word);
}

static int run_program(struct arguments *arguments, struct child *child, struct error *err)
{
	int r = arguments->failed ? error_failed(err, E2BIG, "too many options, or out of memory")
				  : child_start(child, arguments->list, err);

	if (r == 0 && is_stopped)
		kill(child->pid, SIGTERM);
	return r;
}

/* The program that is started has it. */
static void add_states(struct arguments *arguments, const struct job *job)
{
	char number[16];

	if (job->states < 0 || fcntl(job->states, F_SETFD, 0) < 0)
		return;
	snprintf(number, sizeof(number), "%d", job->states);
	arguments_add(arguments, "--progress-fd");
	arguments_add(arguments, number);
}

/* Returns whether the outputs are on the stage; else has said why not. */
static bool convert(const struct job *job)
{
	CLEANUP_ARGUMENTS struct arguments arguments = {.count = 0};
	CLEANUP_CHILD struct child child = CHILD_INIT;
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	CLEANUP_JSON json_t *report = NULL;
	struct error err = ERROR_INIT;
	int status;

	arguments_convert(&arguments, job->vm->record);
	arguments_add(&arguments, "--stage");
	arguments_add(&arguments, job->stage);
	arguments_add(&arguments, "--force"); /* what stands there is compared later */
	arguments_add(&arguments, "--quiet");
	arguments_add(&arguments, "--json");
	add_states(&arguments, job);
	arguments_source(&arguments, job->vm->record);
	if (run_program(&arguments, &child, &err) < 0) {
		say_error(&err);
		return false;
	}
	status = child_wait(&child);
	if (status == 0)
		return true;
	if (child_read(child.output, MAX_REPORT, &text, NULL) == 0)
		report = json_loadb((const char *)text.data, text.size, 0, NULL);
	say_problem(report, &child, status);
	return false;
}

/* Is the source what it was when it was planned? */
static int check_source(const struct batch_vm *vm, struct error *err)
{
	CLEANUP_JSON json_t *sources = NULL;
	int r = identity_read(vm->path, json_object_get(vm->record, "options"),
			      json_object_get(vm->record, "vm"), &sources, err);

	if (r < 0 || json_equal(sources, json_object_get(vm->record, "sources")))
		return r;
	return error_failed(err, ESTALE,
			    "'%s' has changed since it was planned, or is in use; run the batch "
			    "again",
			    vm->path);
}

static void add_place(struct arguments *arguments, const char *option, const json_t *outputs,
		      const char *role)
{
	CLEANUP_FREE char *path = record_path(outputs, role);

	if (!path)
		return;
	arguments_add(arguments, option);
	arguments_add(arguments, path);
}

/* The disk from which the source starts. */
static char *boot_disk(const struct batch_vm *vm)
{
	const json_t *files = json_object_get(json_object_get(vm->record, "vm"), "files");

	return files ? record_path(json_array_get(files, 1), "path") : strdup(vm->path);
}

/* One, or a list of them. */
static void add_values(struct arguments *arguments, const char *option, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		add_values(arguments, option, json_array_get(value, i));
	if (!json_is_string(value))
		return;
	arguments_add(arguments, option);
	arguments_add(arguments, json_string_value(value));
}

static void add_verify(struct arguments *arguments, const struct job *job)
{
	const json_t *outputs = json_object_get(job->vm->record, "outputs");
	const json_t *options = json_object_get(job->vm->record, "options");
	CLEANUP_FREE char *folder = boot_disk(job->vm), *disk = record_path(outputs, "disk");

	arguments_add(arguments, "verify");
	arguments_add(arguments, "--json");
	add_place(arguments, "--nvram", outputs, "store");
	add_place(arguments, "--report", outputs, "report");
	if (job->verify != JOB_VERIFY_GUESTFS)
		arguments_add(arguments, "--no-guestfs");
	arguments_add(arguments, "--parent-dir"); /* of a child */
	arguments_add(arguments, folder ? dirname(folder) : NULL);
	add_values(arguments, "--parent-dir", json_object_get(options, "parent-dir"));
	add_values(arguments, "--parent", json_object_get(options, "parent"));
	arguments_add(arguments, "--");
	arguments_add(arguments, disk);
}

/* The checks that did not hold. */
static char *failed_checks(struct child *child)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT, found = BUFFER_INIT;
	CLEANUP_JSON json_t *document = NULL;
	const json_t *checks;

	if (child_read(child->output, MAX_WORDS, &text, NULL) < 0)
		return NULL;
	document = json_loadb((const char *)text.data, text.size, 0, NULL);
	checks = json_object_get(document, "checks");
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *check = json_array_get(checks, i);

		if (strcmp(record_text(check, "status"), "FAIL") == 0)
			buffer_printf(&found, "%s%s: %s", found.size ? "; " : "",
				      record_text(check, "name"), record_text(check, "detail"));
	}
	return buffer_take_text(&found);
}

/* Of what is only copied, or written as text: it is whole while it has the size that it had. Otherwise it has said so. */
static int check_sizes(const struct job *job)
{
	CLEANUP_FREE char *path = job->verify_only ? made_resized(job->vm) : NULL;
	struct error err = ERROR_INIT;

	if (!path)
		return 0;
	error_failed(&err, EIO, "'%s' has another size than when it was made", path);
	say_error(&err);
	return -EIO;
}

/* 'hvgen2 verify' reads what Hyper-V does, and raw disks. */
static bool can_be_verified(const struct batch_vm *vm)
{
	CLEANUP_FREE char *disk = batch_vm_output(vm, "disk");
	size_t length = disk ? strlen(disk) : 0;

	return length < 6 || strcasecmp(disk + length - 6, ".qcow2") != 0;
}

static void verify(const struct job *job)
{
	CLEANUP_ARGUMENTS struct arguments arguments = {.count = 0};
	CLEANUP_CHILD struct child child = CHILD_INIT;
	CLEANUP_FREE char *checks = NULL;
	struct error err = ERROR_INIT;
	CLEANUP_JSON json_t *verified = made_word(VM_VERIFIED, job->vm); /* before it is read */
	int status;

	if (!can_be_verified(job->vm))
		return; /* it is done, and no more is said of it */
	add_verify(&arguments, job);
	if (run_program(&arguments, &child, &err) < 0) {
		say_error(&err);
		return;
	}
	status = child_wait(&child);
	if (status == 0 && check_sizes(job) < 0)
		return;
	if (status == 0) {
		word_say(json_incref(verified));
		return;
	}
	if (is_stopped)
		return; /* it is done all the same */
	checks = failed_checks(&child);
	if (!checks || !*checks) {
		say_problem(NULL, &child, status);
		return;
	}
	error_failed(&err, EIO, "made, and 'hvgen2 verify' does not find it good: %s", checks);
	say_error(&err);
}

static void handle_stop(void)
{
	struct sigaction action = {.sa_handler = stop};

	is_stopped = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
}

/* With --force. Where nothing stands there is nothing to replace, and link() sees to it that it stays so. */
static bool has_outputs(const struct job *job)
{
	CLEANUP_JSON json_t *there = made_of(job->vm);

	return json_object_size(there) > 0;
}

/* Whoever was frozen for longer than its lease finds another one's token there, and replaces nothing. */
static int check_claim(const struct job *job, struct error *err)
{
	struct claim_view view = {.host = NULL};
	bool is_ours;

	claim_look(job->claim_fd, job->vm->name, &view);
	is_ours = strcmp(view.token, job->claim.token) == 0;
	claim_view_done(&view);
	return is_ours ? 0
		       : error_failed(
				 err, EBUSY,
				 "another run has taken it over meanwhile; nothing was replaced");
}

static int publish(const struct job *job, struct error *err)
{
	const json_t *outputs = json_object_get(job->vm->record, "outputs");
	bool replace = job->replace && has_outputs(job);
	int r;

	if (!replace)
		return publish_outputs(job->stage, outputs, &is_stopped, err);
	r = overlap_check_replaced(job->folder, outputs, err);
	if (r == 0)
		r = check_claim(job, err);
	return r < 0 ? r : replace_outputs(job->stage, outputs, &is_stopped, err);
}

/* With --force it goes on from there. */
static void put_back(const struct job *job)
{
	struct error err = ERROR_INIT;
	int r = replace_put_back(job->torn, job->stage, &err);

	if (r == 0 && job->replace) {
		word_say(word_of(VM_INTERRUPTED));
		return;
	}
	if (r == 0)
		error_failed(&err, EINTR,
			     "whoever replaced its outputs was ended in the middle; the old ones "
			     "are back. Keep them, or replace them with --force");
	say_failure(&err);
}

static int keep(void *context)
{
	const struct job *job = context;
	struct error err = ERROR_INIT;
	int r;

	handle_stop();
	if (job->torn) {
		put_back(job);
		return 0;
	}
	if (job->verify_only) {
		verify(job);
		return 0;
	}
	if (is_still_in_the_way(job))
		return 0;
	r = check_source(job->vm, &err);
	if (r == 0)
		r = publish_make_stage(job->stage, &err);
	if (r == 0 && !convert(job))
		return 0;
	if (r == 0)
		r = check_source(job->vm, &err);
	if (r == 0)
		r = publish(job, &err);
	if (r == -EEXIST)
		say_in_the_way(job->vm, &err);
	else if (r < 0)
		say_error(&err);
	if (r < 0)
		return 0;
	word_say(made_word(VM_DONE, job->vm));
	if (job->verify != JOB_VERIFY_NONE)
		verify(job);
	return 0;
}

static void set_time(json_t *attempt, const char *key)
{
	time_t now = time(NULL);
	char text[32];
	struct tm parts;

	if (gmtime_r(&now, &parts) && strftime(text, sizeof(text), "%FT%TZ", &parts))
		json_object_set_new(attempt, key, json_string(text));
}

static json_t *new_attempt(const struct job *job)
{
	json_t *attempt = json_object();
	char host[65] = "";

	gethostname(host, sizeof(host) - 1);
	json_object_set_new(attempt, "schema", json_integer(BATCH_SCHEMA));
	text_json_set_path(attempt, "name", job->vm->name);
	json_object_set_new(attempt, "token", json_string(job->claim.token));
	json_object_set(attempt, "plan", json_object_get(job->vm->record, "plan"));
	json_object_set_new(attempt, "serial",
			    json_integer((json_int_t)batch_vm_next_serial(job->vm)));
	json_object_set_new(attempt, "state", json_string(vm_state_text(VM_RUNNING)));
	json_object_set_new(attempt, "host", text_json(host));
	json_object_set_new(attempt, "pid", json_integer(getpid()));
	text_json_set_path(attempt, "stage", job->stage);
	if (job->replace || job->torn)
		json_object_set_new(attempt, "replace", json_true());
	set_time(attempt, "started");
	return attempt;
}

static void end_job(struct batch *batch, struct job *job)
{
	child_done(&job->child);
	cleanup_close(&job->states);
	if (job->stage)
		publish_remove_stage(job->stage);
	claim_release(batch->claim_fd, job->vm->name, &job->claim);
	json_decref(job->attempt);
	free(job->stage);
	free(job->torn);
	*job = (struct job)JOB_INIT;
}

/* What is torn is put back where it lies. */
static char *find_stage(const struct job *job, const char *disk)
{
	CLEANUP_FREE char *work = job->torn ? strdup(job->torn) : NULL;
	char *stage;

	if (!job->torn)
		return disk ? publish_stage(disk, job->claim.token) : NULL;
	return !work || asprintf(&stage, "%s/%s", dirname(work), job->claim.token) < 0 ? NULL
										       : stage;
}

/* Of those who had the claim before: one that was frozen in the middle finds nothing to go on with. What is torn stays. */
static void remove_stages(const struct batch_vm *vm)
{
	const char *token;
	json_t *attempt;

	json_object_foreach(vm->attempts, token, attempt)
	{
		CLEANUP_FREE char *stage = record_path(attempt, "stage");

		if (stage)
			publish_remove_stage(stage);
	}
}

int job_start(struct batch *batch, struct job *job, struct error *err)
{
	CLEANUP_FREE char *disk = batch_vm_output(job->vm, "disk");
	int r = 0;

	job->stage = find_stage(job, disk);
	job->attempt = job->stage ? new_attempt(job) : NULL;
	job->folder = batch->folder;
	job->claim_fd = batch->claim_fd;
	job->states = memfd_create("hvgen2-progress", MFD_CLOEXEC); /* it goes without */
	remove_stages(job->vm);
	job->start = job_clock();
	job->lines = 0;
	if (!json_object_get(job->attempt, "state"))
		r = error_failed(err, ENOMEM, "out of memory");
	if (r == 0)
		r = batch_put_attempt(batch, job->vm, job->attempt, err);
	if (r == 0)
		r = child_fork(&job->child, keep, job, err);
	if (r == 0)
		batch_log(batch, "start", job->vm->name, job->claim.token);
	else
		end_job(batch, job);
	return r;
}

/* The line after those that were read already; NULL when there is none. A new reference. */
static json_t *next_word(const struct job *job)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	char *at, *end = NULL;

	if (child_read(job->child.output, MAX_WORDS, &text, NULL) < 0)
		return NULL;
	at = (char *)text.data;
	for (size_t i = 0; (end = strchr(at, '\n')) && i < job->lines; i++)
		at = end + 1;
	return end ? json_loadb(at, (size_t)(end - at), 0, NULL) : NULL;
}

/* Write what became of it. */
static int put_word(struct batch *batch, struct job *job, json_t *word, struct error *err)
{
	enum vm_state state = vm_state_parse(record_text(word, "state"));

	json_object_del(job->attempt, "error");
	json_object_update(job->attempt, word);
	if (job->is_again && (state == VM_FAILED || state == VM_REFUSED))
		json_object_set_new(job->attempt, "supersedes", json_true());
	set_time(job->attempt, "ended");
	json_object_set_new(job->attempt, "seconds", json_real(job_clock() - job->start));
	json_object_set_new(job->attempt, "bytes",
			    json_incref(json_object_get(job->vm->record, "stored")));
	batch_log(batch, record_text(word, "state"), job->vm->name,
		  record_text(json_object_get(word, "error"), "message"));
	return batch_put_attempt(batch, job->vm, job->attempt, err);
}

bool job_look(struct batch *batch, struct job *job, struct error *err)
{
	CLEANUP_JSON json_t *word = next_word(job);

	if (!word)
		return false;
	job->lines++;
	put_word(batch, job, word, err);
	return true;
}

/* A keeper that was told to end before it could listen is interrupted as one that listens. */
static json_t *silent_end(int status)
{
	bool is_told = WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
	json_t *word = word_of(is_told ? VM_INTERRUPTED : VM_FAILED), *error = json_object();
	CLEANUP_FREE char *message = NULL;
	char how[64];

	child_end_text(status, how);
	if (asprintf(&message, "the process that converted it ended with %s", how) < 0)
		message = NULL;
	json_object_set_new(error, "exit_status", json_integer(ERROR_FAILED));
	json_object_set_new(error, "message", text_json(message));
	json_object_set_new(word, "error", error);
	return word;
}

int job_finish(struct batch *batch, struct job *job, struct error *err)
{
	int status = child_wait(&job->child), r = 0;

	while (job_look(batch, job, err))
		;
	if (status != 0) {
		CLEANUP_JSON json_t *word = silent_end(status);

		/* What is done stays done. */
		if (vm_state_parse(record_text(job->attempt, "state")) < VM_DONE)
			r = put_word(batch, job, word, err);
	}
	end_job(batch, job);
	return r;
}

/* The last whole line; a new reference, or NULL. */
static json_t *last_state(int fd)
{
	char text[1024], *end, *line;
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0;
	ssize_t n = size > 0 ? pread(fd, text, sizeof(text), from) : 0;

	end = n > 0 ? memrchr(text, '\n', (size_t)n) : NULL;
	line = end && end > text ? memrchr(text, '\n', (size_t)(end - text)) : NULL;
	line = line ? line + 1 : text;
	return end ? json_loadb(line, (size_t)(end - line), 0, NULL) : NULL;
}

uint64_t job_progress(const struct job *job, uint64_t stored)
{
	CLEANUP_JSON json_t *state = job->states < 0 ? NULL : last_state(job->states);
	const char *phase = record_text(state, "phase");
	uint64_t done = record_number(state, "done"), total = record_number(state, "total");

	/* All is written, and nothing has its name yet. */
	if (strcmp(phase, "sync") == 0 || (strcmp(phase, "end") == 0 && done == total))
		return stored > 0 ? stored - 1 : 0;
	if (strcmp(phase, "end") == 0) /* it failed, as far as it had come */
		return job->vm->progress;
	if (strcmp(phase, "copy") != 0 || total == 0)
		return 0;
	return min_u64((uint64_t)((double)min_u64(done, total) / (double)total * (double)stored),
		       stored > 0 ? stored - 1 : 0);
}

void job_stop(const struct job *job)
{
	if (job->child.pid > 0)
		kill(-job->child.pid, SIGTERM);
}
