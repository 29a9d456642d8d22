/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a batch: see run.h. */
#include "convert/batch/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/batch/device.h"
#include "convert/batch/state/made.h"
#include "convert/batch/sweep.h"

/* Between two looks at what runs, and at what others do. */
#define TICK_SECONDS 0.5
#define LOOK_SECONDS 1.0

/* A job that was interrupted by something else than a wish is tried again, but not for ever. */
#define MAX_TRIES 3

struct run {
	struct batch *batch;
	const struct run_request *request;
	struct job jobs[RUN_MAX_JOBS];
	struct batch_vm **order; /* the largest first, so that none is left for the end */
	double start, touched, looked, tick, period;
	uint64_t total;
	int stopped; /* signals that were passed on */
};

static size_t count_jobs(const struct run *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->request->jobs; i++)
		count += run->jobs[i].vm != NULL;
	return count;
}

static bool is_ours(const struct run *run, const struct batch_vm *vm)
{
	for (size_t i = 0; i < run->request->jobs; i++)
		if (run->jobs[i].vm == vm)
			return true;
	return false;
}

static void tell(const struct run *run, enum run_event event, const struct batch_vm *vm)
{
	struct run_view view = {.batch = run->batch,
				.jobs = run->jobs,
				.job_count = run->request->jobs,
				.total = run->total,
				.seconds = job_clock() - run->start};

	for (size_t i = 0; i < run->batch->count; i++) {
		const struct batch_vm *other = &run->batch->vms[i];
		uint64_t stored = record_number(other->record, "stored");

		if (!other->is_known)
			continue;
		if (other->state == VM_RUNNING)
			view.done += min_u64(other->progress, stored);
		else if (other->state >= VM_DONE) /* what failed has made nothing */
			view.done += stored;
	}
	run->request->event(run->request->opaque, event, vm, &view);
}

static int compare_sizes(const void *a, const void *b)
{
	const struct batch_vm *const *first = a, *const *second = b;
	uint64_t x = record_number((*first)->record, "stored");
	uint64_t y = record_number((*second)->record, "stored");

	if (x != y)
		return x > y ? -1 : 1;
	return strcmp((*first)->name, (*second)->name);
}

/* What is done, and is to be made once more because an output is gone. What was moved to its host, with its source, is not. */
static bool is_made_again(const struct run *run, const struct batch_vm *vm)
{
	return run->request->replace && batch_vm_is_missing(vm) && batch_vm_has_source(vm);
}

/* The same, or it is to be verified. */
static bool is_again(const struct run *run, const struct batch_vm *vm)
{
	if (vm->state < VM_DONE)
		return false;
	if (is_made_again(run, vm))
		return true;
	return !batch_vm_is_disk_missing(vm) && run->request->verify != JOB_VERIFY_NONE &&
	       (vm->state == VM_DONE || made_is_changed(vm));
}

static bool is_open(const struct run *run, const struct batch_vm *vm)
{
	return batch_vm_is_open(vm) || vm->torn || (run->request->replace && vm->is_in_the_way);
}

/* What is open now is what this run is about; a failure from now on is one of this run. */
static int prepare(struct run *run, struct error *err)
{
	struct batch *batch = run->batch;

	run->order = calloc(batch->count + 1, sizeof(run->order[0]));
	if (!run->order)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < batch->count; i++) {
		struct batch_vm *vm = &batch->vms[i];

		run->order[i] = vm;
		vm->failures_before = vm->failures;
		vm->is_known = is_open(run, vm) || vm->state == VM_RUNNING;
		vm->is_again = is_again(run, vm);
		vm->tries = 0;
		if (vm->is_known)
			run->total += record_number(vm->record, "stored");
	}
	qsort(run->order, batch->count, sizeof(run->order[0]), compare_sizes);
	return 0;
}

/* Is it still to be done in this run? */
static bool is_wanted(const struct run *run, const struct batch_vm *vm)
{
	bool is_left = is_open(run, vm) || (vm->is_again && vm->state >= VM_DONE);

	if (vm->torn) /* what has failed is to be undone */
		return vm->tries < MAX_TRIES;
	return is_left && vm->failures == vm->failures_before && vm->tries < MAX_TRIES;
}

static bool is_claimed_elsewhere(const struct run *run, const struct batch_vm *vm)
{
	return *vm->claim.token && !is_ours(run, vm) && (vm->state < VM_DONE || vm->is_again);
}

static bool is_free_of_devices(const struct run *run, const struct batch_vm *vm)
{
	struct devices wanted, busy;

	if (!run->request->spare_rotating)
		return true;
	devices_of(vm, &wanted);
	for (size_t i = 0; i < run->request->jobs; i++) {
		if (!run->jobs[i].vm)
			continue;
		devices_of(run->jobs[i].vm, &busy);
		if (devices_meet(&wanted, &busy))
			return false;
	}
	return true;
}

/* Somebody may have done it between our look and our claim. */
static int start_claimed(struct run *run, struct job *job, struct batch_vm *vm, struct error *err)
{
	int r = batch_refresh_vm(run->batch, vm, err);
	struct batch_vm unclaimed = *vm;

	unclaimed.claim.token[0] = '\0';
	batch_vm_fold(&unclaimed);
	vm->is_again = unclaimed.is_again = vm->is_again && is_again(run, &unclaimed);
	if (r < 0 || !is_wanted(run, &unclaimed)) {
		claim_release(run->batch->claim_fd, vm->name, &job->claim);
		return r < 0 ? r : batch_refresh_vm(run->batch, vm, err);
	}
	job->vm = vm;
	job->replace = run->request->replace;
	job->verify = run->request->verify;
	job->is_again = unclaimed.state >= VM_DONE;
	job->verify_only = job->is_again && !is_made_again(run, &unclaimed);
	job->torn = unclaimed.torn ? record_path(unclaimed.torn, "stage") : NULL;
	vm->tries++;
	r = job_start(run->batch, job, err);
	if (r < 0)
		return r;
	batch_vm_fold(vm);
	tell(run, RUN_START, vm);
	return 0;
}

/* Returns 1 when somebody else was faster. */
static int try_vm(struct run *run, struct job *job, struct batch_vm *vm, struct error *err)
{
	struct batch *batch = run->batch;
	int r;

	if (*vm->claim.token) {
		claim_remove(batch->claim_fd, vm->name, vm->claim.token);
		batch_log(batch, "take-over", vm->name, vm->claim.token);
	}
	r = claim_take(batch->claim_fd, vm->name, run->request->lease, &job->claim, err);
	if (r <= 0)
		return r < 0 ? r : 1;
	return start_claimed(run, job, vm, err);
}

/* A claim is in the way of nobody once its owner is gone. */
static bool is_to_be_had(const struct run *run, const struct batch_vm *vm)
{
	if (!*vm->claim.token)
		return is_wanted(run, vm);
	return !is_ours(run, vm) && vm->is_claim_over && vm->state < VM_DONE;
}

static struct job *free_job(struct run *run)
{
	for (size_t i = 0; i < run->request->jobs; i++)
		if (!run->jobs[i].vm)
			return &run->jobs[i];
	return NULL;
}

/* What it has left behind is seen when its claim is gone. */
static int remove_claim(struct batch *batch, struct batch_vm *vm, struct error *err)
{
	claim_remove(batch->claim_fd, vm->name, vm->claim.token);
	return batch_refresh_vm(batch, vm, err);
}

static int look(struct run *run, struct error *err)
{
	struct batch *batch = run->batch;
	int r = batch_refresh(batch, err);

	run->looked = job_clock();
	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		struct batch_vm *vm = &batch->vms[i];

		vm->is_claim_over =
			*vm->claim.token && !is_ours(run, vm) &&
			claim_is_over(vm, run->looked, run->period, run->request->lease);
		/* Its owner was ended between his last word and the end of his claim. */
		if (vm->is_claim_over && vm->state >= VM_DONE)
			r = remove_claim(batch, vm, err);
	}
	return r;
}

/* Fill the free places. */
static int start_jobs(struct run *run, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < run->batch->count; i++) {
		struct batch_vm *vm = run->order[i];
		struct job *job = free_job(run);

		if (!job || !is_to_be_had(run, vm) || *run->request->interrupts ||
		    !is_free_of_devices(run, vm))
			continue;
		r = try_vm(run, job, vm, err);
	}
	return r < 0 ? r : 0;
}

static void touch_claims(struct run *run)
{
	double now = job_clock();

	if (now - run->touched < run->request->lease / 6)
		return;
	run->touched = now;
	for (size_t i = 0; i < run->request->jobs; i++)
		claim_touch(&run->jobs[i].claim);
}

static void measure_progress(struct run *run)
{
	for (size_t i = 0; i < run->request->jobs; i++) {
		struct batch_vm *vm = run->jobs[i].vm;

		if (vm)
			vm->progress =
				job_progress(&run->jobs[i], record_number(vm->record, "stored"));
	}
}

/* Wait for a job to end, or for the next tick. */
static void wait_a_tick(struct run *run, struct pollfd ends[RUN_MAX_JOBS])
{
	for (size_t i = 0; i < run->request->jobs; i++)
		ends[i] = (struct pollfd){.fd = run->jobs[i].child.end, .events = POLLIN};
	if (poll(ends, run->request->jobs, (int)(run->tick * 1000)) < 0)
		for (size_t i = 0; i < run->request->jobs; i++)
			ends[i].revents = 0;
}

static int attend_job(struct run *run, struct job *job, bool has_ended, struct error *err)
{
	struct batch_vm *vm = job->vm;
	bool was_torn = job->torn;
	int r = 0;

	if (!vm)
		return 0;
	if (!has_ended && !job_look(run->batch, job, err))
		return 0;
	if (has_ended) {
		r = job_finish(run->batch, job, err);
		if (r == 0)
			r = batch_refresh_vm(run->batch, vm, err);
		vm->is_again = was_torn && is_again(run, vm);
	} else {
		batch_vm_fold(vm);
	}
	if (has_ended)
		tell(run, RUN_END, vm);
	return r;
}

static void pass_interrupts_on(struct run *run)
{
	int wanted = *run->request->interrupts;

	if (wanted == run->stopped)
		return;
	run->stopped = wanted;
	for (size_t i = 0; i < run->request->jobs && wanted > 1; i++)
		if (run->jobs[i].vm)
			job_stop(&run->jobs[i]);
	tell(run, RUN_STOPPING, NULL);
}

/* Something that others have claimed may have to be done yet. */
static bool has_claims_elsewhere(const struct run *run)
{
	for (size_t i = 0; i < run->batch->count; i++)
		if (is_claimed_elsewhere(run, &run->batch->vms[i]))
			return true;
	return false;
}

static bool has_work(const struct run *run)
{
	for (size_t i = 0; i < run->batch->count; i++)
		if (!*run->batch->vms[i].claim.token && is_wanted(run, &run->batch->vms[i]))
			return true;
	return false;
}

static bool is_over(const struct run *run)
{
	if (count_jobs(run) > 0)
		return false;
	if (*run->request->interrupts)
		return true;
	if (has_work(run))
		return false;
	return run->request->no_wait || !has_claims_elsewhere(run);
}

static int run_tick(struct run *run, struct error *err)
{
	struct pollfd ends[RUN_MAX_JOBS];
	int r = 0;

	wait_a_tick(run, ends);
	pass_interrupts_on(run);
	touch_claims(run);
	for (size_t i = 0; r == 0 && i < run->request->jobs; i++)
		r = attend_job(run, &run->jobs[i], ends[i].revents != 0, err);
	measure_progress(run);
	if (r == 0 && (free_job(run) || count_jobs(run) == 0) &&
	    (job_clock() - run->looked >= run->period || has_work(run) || count_jobs(run) == 0))
		r = look(run, err);
	if (r == 0)
		r = start_jobs(run, err);
	tell(run, count_jobs(run) == 0 && !is_over(run) ? RUN_WAIT : RUN_TICK, NULL);
	return r;
}

static double at_most(double wanted, double most)
{
	return wanted < most ? wanted : most;
}

int run_batch(struct batch *batch, const struct run_request *request, bool *ret_claimed,
	      struct error *err)
{
	struct run run = {.batch = batch,
			  .request = request,
			  .start = job_clock(),
			  .tick = at_most(request->lease / 12, TICK_SECONDS),
			  .period = at_most(request->lease / 6, LOOK_SECONDS)};
	int r;

	for (size_t i = 0; i < RUN_MAX_JOBS; i++)
		run.jobs[i] = (struct job)JOB_INIT;
	r = look(&run, err);
	if (r == 0)
		r = prepare(&run, err);
	if (r == 0)
		sweep_stages(batch);
	if (r == 0)
		r = start_jobs(&run, err);
	while (r == 0 && !is_over(&run))
		r = run_tick(&run, err);
	for (size_t i = 0; i < RUN_MAX_JOBS; i++)
		if (run.jobs[i].vm) /* the state folder has failed under us */
			(void)job_finish(batch, (job_stop(&run.jobs[i]), &run.jobs[i]), NULL);
	if (r == 0)
		r = look(&run, err);
	*ret_claimed = r == 0 && has_claims_elsewhere(&run);
	if (r == 0) {
		sweep_stages(batch);
		sweep_state(batch);
	}
	free(run.order);
	return r;
}
