/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one sees of a run: see live.h. */
#include "convert/cmd/batch/live.h"

#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "common/safe_text.h"
#include "common/size.h"
#include "convert/cmd/batch/counts.h"
#include "convert/cmd/batch/problem.h"

#define REDRAW_SECONDS 0.4
#define TELL_SECONDS   1.0

struct live live_new(bool json, const struct progress_wish *wish, struct progress_view *progress)
{
	bool is_auto = wish->style == PROGRESS_AUTO;

	return (struct live){.json = json,
			     .on_terminal = !json && is_auto && isatty(STDERR_FILENO),
			     .is_silent = !is_auto && wish->style != PROGRESS_PLAIN,
			     .progress = progress};
}

void live_clear(struct live *live)
{
	for (; live->rows > 0; live->rows--)
		safe_printf(stderr, "\033[1A\033[2K");
}

/* Takes the object over. */
static void print_line(json_t *object)
{
	CLEANUP_FREE char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	CLEANUP_FREE char *safe = text ? safe_json(text) : NULL;

	json_decref(object);
	if (!safe)
		return;
	safe_lines(stdout, safe);
	safe_printf(stdout, "\n");
	fflush(stdout);
}

static json_t *line_of(const char *type, const struct batch_vm *vm)
{
	json_t *line = json_object();

	json_object_set_new(line, "type", json_string(type));
	json_object_set_new(line, "schema", json_integer(BATCH_SCHEMA));
	if (vm)
		text_json_set_path(line, "vm", vm->name);
	return line;
}

static void set_number(json_t *line, const char *key, uint64_t number)
{
	json_object_set_new(line, key, json_integer((json_int_t)number));
}

void live_begin(void *opaque, size_t count)
{
	struct live *live = opaque;

	live->to_plan = count;
	progress_tell(&live->progress->tell, PROGRESS_PLAN, 0, count);
}

void live_planned(void *opaque, const json_t *record)
{
	struct live *live = opaque;
	CLEANUP_FREE char *name = record_path(record, "name");

	live->planned++;
	progress_tell(&live->progress->tell, PROGRESS_PLAN, live->planned, live->to_plan);
	if (!live->on_terminal)
		return;
	live_clear(live);
	safe_printf(stderr, "%zu surveyed, %s\n", live->planned, name ? name : "");
	live->rows = 1;
}

void live_note(void *opaque, const char *text)
{
	live_clear(opaque);
	safe_printf(stderr, "hvgen2: %s\n", text);
}

void live_plan(struct live *live, const struct batch *batch)
{
	live_clear(live);
	for (size_t i = 0; live->json && i < batch->count; i++) {
		json_t *line = line_of("plan", &batch->vms[i]);

		problem_set(line, &batch->vms[i]);
		text_json_set_path(line, "path", batch->vms[i].path);
		set_number(line, "total", record_number(batch->vms[i].record, "stored"));
		set_number(line, "needed", record_number(batch->vms[i].record, "needed"));
		print_line(line);
	}
}

static double seconds_of(const struct batch_vm *vm)
{
	return json_number_value(json_object_get(vm->last, "seconds"));
}

static void tell_change(struct live *live, const char *type, const struct batch_vm *vm,
			const struct run_view *view)
{
	json_t *line;

	live_clear(live);
	if (live->json) {
		line = line_of(type, vm);
		problem_set(line, vm);
		set_number(line, "done", view->done);
		set_number(line, "total", view->total);
		json_object_set_new(line, "seconds", json_real(view->seconds));
		print_line(line);
		return;
	}
	if (live->is_silent)
		return;
	safe_printf(stderr, "%s: ", vm->name);
	if (strcmp(type, "start") == 0)
		safe_printf(stderr, vm->state < VM_DONE ? "started" : "once more");
	else
		problem_print(vm, stderr);
	if (strcmp(type, "end") == 0 && vm->state >= VM_DONE)
		safe_printf(stderr, " in %.1f s", seconds_of(vm));
	safe_printf(stderr, "\n");
}

static void tell_progress(const struct run_view *view)
{
	json_t *line;

	for (size_t i = 0; i < view->job_count; i++) {
		const struct batch_vm *vm = view->jobs[i].vm;

		if (!vm)
			continue;
		line = line_of("progress", vm);
		set_number(line, "done",
			   min_u64(vm->progress, record_number(vm->record, "stored")));
		set_number(line, "total", record_number(vm->record, "stored"));
		json_object_set_new(line, "seconds", json_real(job_clock() - view->jobs[i].start));
		print_line(line);
	}
	line = line_of("progress", NULL);
	set_number(line, "done", view->done);
	set_number(line, "total", view->total);
	json_object_set_new(line, "seconds", json_real(view->seconds));
	print_line(line);
}

/* For --progress: of one VM. 'is_last': with what became of it. */
static void put_vm(const struct live *live, const struct batch_vm *vm, double seconds, bool is_last)
{
	json_t *line = json_object();
	CLEANUP_FREE char *text = NULL, *safe = NULL;
	uint64_t stored = record_number(vm->record, "stored");
	uint64_t done = vm->state >= VM_DONE ? stored : min_u64(vm->progress, stored);

	set_number(line, "schema", PROGRESS_SCHEMA);
	json_object_set_new(line, "type", json_string("progress"));
	json_object_set_new(line, "phase", json_string(progress_phase_text(PROGRESS_BATCH)));
	text_json_set_path(line, "vm", vm->name);
	set_number(line, "done", done);
	set_number(line, "total", stored);
	json_object_set_new(line, "seconds", json_real(seconds));
	if (is_last)
		json_object_set_new(line, "state", json_string(vm_state_text(vm->state)));
	text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	safe = text ? safe_json(text) : NULL;
	json_decref(line);
	if (safe)
		progress_put(live->progress, safe, is_last);
}

/* The clock of a VM that has ended does not go back: it was looked at after what the VM has measured itself. */
static void put_last(struct live *live, const struct batch_vm *vm)
{
	double seconds = seconds_of(vm);

	for (size_t i = 0; i < RUN_MAX_JOBS; i++) {
		if (live->told[i].vm != vm)
			continue;
		seconds = seconds > live->told[i].seconds ? seconds : live->told[i].seconds;
		live->told[i].vm = NULL;
	}
	put_vm(live, vm, seconds, /*is_last=*/true);
}

/* The same of all that run, and of all together. */
static void put_all(struct live *live, const struct run_view *view)
{
	if (!progress_has_json(live->progress))
		return;
	for (size_t i = 0; i < view->job_count; i++) {
		const struct job *job = &view->jobs[i];

		if (!job->vm)
			continue;
		live->told[i] = (struct live_told){job->vm, job_clock() - job->start};
		put_vm(live, job->vm, live->told[i].seconds, /*is_last=*/false);
	}
	progress_tell(&live->progress->tell, PROGRESS_BATCH, view->done, view->total);
}

static void draw_row(const char *name, const struct rate *rate)
{
	uint64_t done = rate->last.done, total = rate->total;
	double left = rate_left(rate);
	char so_far[SIZE_TEXT], whole[SIZE_TEXT], speed[SIZE_TEXT];

	safe_printf(stderr, "  %-24.24s %10s of %-10s %3u %%  %10s/s", name,
		    size_text(done, so_far), size_text(total, whole),
		    total ? (unsigned int)(done * 100 / total) : 100,
		    size_text((uint64_t)rate_speed(rate), speed));
	if (left >= 0 && total > done)
		safe_printf(stderr, ", %.0f s left", left);
	safe_printf(stderr, "\033[K\n");
}

/* 'rate' of the VM that began at 'start': is it still that one? */
static void live_follow(struct live_rate *of_vm, const struct job *job)
{
	uint64_t stored = record_number(job->vm->record, "stored");

	if (of_vm->start != job->start)
		rate_start(&of_vm->rate, stored, 0);
	of_vm->start = job->start;
	rate_add(&of_vm->rate, job_clock() - job->start, min_u64(job->vm->progress, stored));
}

static void draw(struct live *live, const struct run_view *view)
{
	live_clear(live);
	for (size_t i = 0; i < view->job_count; i++) {
		if (!view->jobs[i].vm)
			continue;
		live_follow(&live->rates[i], &view->jobs[i]);
		draw_row(view->jobs[i].vm->name, &live->rates[i].rate);
		live->rows++;
	}
	if (live->all.total != view->total)
		rate_start(&live->all, view->total, 0);
	rate_add(&live->all, view->seconds, min_u64(view->done, view->total));
	draw_row("all", &live->all);
	live->rows++;
	fflush(stderr);
}

static void tick(struct live *live, const struct run_view *view)
{
	double now = job_clock();

	if (now - live->last < (live->json ? TELL_SECONDS : REDRAW_SECONDS))
		return;
	if (live->json)
		tell_progress(view);
	else if (live->on_terminal)
		draw(live, view);
	live->last = now;
}

void live_event(void *opaque, enum run_event event, const struct batch_vm *vm,
		const struct run_view *view)
{
	struct live *live = opaque;

	if (event == RUN_START || event == RUN_END)
		tell_change(live, event == RUN_START ? "start" : "end", vm, view);
	if (event == RUN_END && progress_has_json(live->progress))
		put_last(live, vm);
	if (event != RUN_STOPPING)
		put_all(live, view);
	if (event == RUN_START || event == RUN_END)
		return;
	if (event == RUN_STOPPING)
		live_note(live,
			  live->stops++ == 0
				  ? "interrupted: what runs is finished, and nothing new started; "
				    "once more to end it at once"
				  : "interrupted again: what runs is ended");
	else if (event == RUN_WAIT && !live->is_waiting)
		live_note(live, "waiting for what others have claimed");
	live->is_waiting = event == RUN_WAIT;
	if (event == RUN_TICK || event == RUN_WAIT)
		tick(live, view);
}

static json_t *summary_line(const struct batch *batch, double seconds, int status)
{
	const struct counts counts = batch_counts(batch);
	json_t *line = line_of("summary", NULL);

	json_object_set_new(line, "counts", counts_json(&counts));
	damage_set(line, batch);
	set_number(line, "done", counts.by_state[VM_DONE] + counts.by_state[VM_VERIFIED]);
	set_number(line, "total", batch->count);
	json_object_set_new(line, "seconds", json_real(seconds));
	json_object_set_new(line, "exit_status", json_integer(status));
	return line;
}

void live_summary(const struct live *live, const struct batch *batch, double seconds, int status)
{
	if (live->json)
		print_line(summary_line(batch, seconds, status));
}

void live_failure(const struct batch *batch, const struct error *err)
{
	json_t *line = summary_line(batch, 0, (int)err->kind), *error = json_object();

	json_object_set_new(error, "exit_status", json_integer((int)err->kind));
	json_object_set_new(error, "message", text_json(err->message));
	json_object_set_new(line, "error", error);
	print_line(line);
}
