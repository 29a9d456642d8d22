/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a program under observation: see process.h. */
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_NANOSECONDS 2000000

static void die(const char *what)
{
	perror(what);
	abort();
}

static void run_child(const char *const *arguments, const char *const *variables, int errors)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; variables && variables[i]; i++)
		putenv((char *)(uintptr_t)variables[i]);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0)
		_exit(127);
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void wait_for(pid_t child, unsigned int seconds, int *status, struct process_result *ret)
{
	const struct timespec pause = {.tv_nsec = POLL_NANOSECONDS};
	double end = now() + seconds;
	struct rusage usage;
	pid_t done;

	while ((done = wait4(child, status, WNOHANG, &usage)) == 0) {
		if (!ret->timed_out && now() > end) {
			ret->timed_out = true;
			kill(child, SIGKILL);
		}
		nanosleep(&pause, NULL);
	}
	if (done != child)
		die("wait4");
	ret->memory_kib = usage.ru_maxrss;
}

void process_run(const char *const *arguments, const char *const *variables, unsigned int seconds,
		 struct process_result *ret)
{
	int errors = memfd_create("errors", MFD_CLOEXEC), status;
	ssize_t got;
	pid_t child;

	*ret = (struct process_result){.status = -1};
	child = fork();
	if (errors < 0 || child < 0)
		die(arguments[0]);
	if (child == 0)
		run_child(arguments, variables, errors);
	wait_for(child, seconds, &status, ret);
	if (WIFEXITED(status))
		ret->status = WEXITSTATUS(status);
	else
		ret->signal = WTERMSIG(status);
	got = pread(errors, ret->errors, sizeof(ret->errors) - 1, 0);
	if (got < 0)
		die("errors");
	close(errors);
}
