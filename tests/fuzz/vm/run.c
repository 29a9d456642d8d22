/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of the program under test: a process group of its own, with limits, watched. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/checked.h"
#include "tests/fuzz/vm/fuzz_vm.h"

/* Sanitizers reserve terabytes of addresses; the judge looks at what was really used. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SPACE RLIM_INFINITY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SPACE RLIM_INFINITY
#endif
#endif
#ifndef ADDRESS_SPACE
#define ADDRESS_SPACE (4 * GIB)
#endif

/* A busy machine makes a program wait: a run may last so many times longer than it may compute. */
#define WAITING 6

static void limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limits = {soft, hard};

	if (setrlimit(resource, &limits) < 0)
		_exit(126);
}

/* A status of its own tells a sanitizer's finding from a failure. */
static void run_child(const char *const *arguments, unsigned int seconds, int out, int err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	setenv("LC_ALL", "C", 1);
	setenv("ASAN_OPTIONS", "exitcode=99:hard_rss_limit_mb=2048", 1);
	setenv("UBSAN_OPTIONS", "exitcode=99:print_stacktrace=1", 1);
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_CPU, seconds, seconds + 1); /* SIGXCPU, then SIGKILL */
	limit(RLIMIT_AS, ADDRESS_SPACE, ADDRESS_SPACE);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(126);
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void wait_for(pid_t child, unsigned int seconds, struct run *ret)
{
	struct pollfd ended = {.fd = pidfd_open(child, 0), .events = POLLIN};
	struct rusage usage;
	int status;

	if (ended.fd < 0)
		die("pidfd_open: %s", strerror(errno));
	ret->timed_out = poll(&ended, 1, (int)(seconds * WAITING) * 1000) == 0;
	close(ended.fd);
	/* The group, not the process alone: the program has a worker. */
	if (ret->timed_out)
		kill(-child, SIGKILL);
	if (wait4(child, &status, 0, &usage) != child)
		die("wait4: %s", strerror(errno));
	kill(-child, SIGKILL);
	ret->memory = usage.ru_maxrss;
	ret->processor = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
	ret->timed_out = ret->timed_out || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
	ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (ret->status == 126)
		die("the program cannot be run");
}

/* All of a memfd, with a zero behind it. */
static char *take_output(int fd, size_t *ret_size)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *bytes = malloc((size_t)size + 1);

	if (!bytes || pread(fd, bytes, (size_t)size, 0) != size)
		die("cannot read what the program said");
	bytes[size] = '\0';
	close(fd);
	*ret_size = (size_t)size;
	return bytes;
}

void run_program(const char *const *arguments, unsigned int seconds, struct run *ret)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	pid_t child = fork();

	if (out < 0 || err < 0 || child < 0)
		die("cannot start a process: %s", strerror(errno));
	if (child == 0)
		run_child(arguments, seconds, out, err);
	*ret = (struct run){.status = -1};
	wait_for(child, seconds, ret);
	ret->out = take_output(out, &ret->out_size);
	ret->err = take_output(err, &ret->err_size);
}

void run_done(struct run *run)
{
	free(run->out);
	free(run->err);
}
