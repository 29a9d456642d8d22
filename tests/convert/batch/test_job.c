/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a VM is, by the last line that its conversion has written. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "convert/batch/job.h"

#define STORED 1000

static uint64_t progress_at(const char *line)
{
	struct batch_vm vm = {.progress = 7};
	struct job job = {.vm = &vm, .states = memfd_create("states", MFD_CLOEXEC)};
	uint64_t done;

	cr_assert_eq(write(job.states, line, strlen(line)), (ssize_t)strlen(line));
	done = job_progress(&job, STORED);
	close(job.states);
	return done;
}

/* Its outputs may still not get their names. */
Test(job, has_not_done_all_while_it_runs)
{
	cr_expect_eq(progress_at("{\"phase\":\"survey\",\"done\":1,\"total\":5}\n"), 0);
	cr_expect_eq(progress_at("{\"phase\":\"copy\",\"done\":1,\"total\":2}\n"), STORED / 2);
	cr_expect_eq(progress_at("{\"phase\":\"copy\",\"done\":2,\"total\":2}\n"), STORED - 1);
	cr_expect_eq(progress_at("{\"phase\":\"sync\",\"done\":0,\"total\":3}\n"), STORED - 1);
	cr_expect_eq(progress_at("{\"phase\":\"end\",\"done\":1,\"total\":1}\n"), STORED - 1);
	cr_expect_eq(progress_at("{\"phase\":\"end\",\"done\":0,\"total\":1}\n"), 7);
}
