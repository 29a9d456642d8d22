/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs that the reader starts: see child.h. */
#include "convert/grub_reader/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/checked.h"

#define MEMORY (512 * MIB)
#define FILES  64

int64_t reader_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void limit_self(const struct child *child)
{
	const struct {
		__rlimit_resource_t resource;
		rlim_t value, more; /* at the sum SIGKILL comes, in the place of SIGXCPU */
	} all[] = {
		{RLIMIT_AS, MEMORY, 0},
		{RLIMIT_CPU, child->seconds, 2},
		{RLIMIT_FSIZE, child->file_bytes, 0},
		{RLIMIT_NOFILE, FILES, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct rlimit limit = {all[i].value, all[i].value + all[i].more};

		setrlimit(all[i].resource, &limit);
	}
	setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
}

/* Descriptors of the child, by number: the last is the pipe. */
enum { FD_IN, FD_OUT, FD_ERR, FD_END, FD_COUNT };

/* Make from[i] descriptor i, by way of others: one may be where another belongs. */
static bool place_files(int from[FD_COUNT])
{
	for (int i = 0; i < FD_COUNT; i++)
		if ((from[i] = fcntl(from[i], F_DUPFD, FD_COUNT)) < 0)
			return false;
	for (int i = 0; i < FD_COUNT; i++)
		if (dup2(from[i], i) < 0)
			return false;
	close_range(FD_COUNT, ~0U, 0);
	return true;
}

/* As far as the kernel can, whatever of it fails. */
static bool lock_in(const struct lockdown_places *places)
{
	bool has_all = lockdown_paths(places);

	has_all &= lockdown_no_capabilities();
	has_all &= lockdown_one_process();
	return has_all;
}

/* Returns when the program cannot be started. */
static void become(const struct child *child, int from[FD_COUNT], pid_t reader)
{
	sigset_t none;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != reader || !place_files(from))
		return;
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	limit_self(child);
	if (!lock_in(child->places) && child->must_lock)
		_exit(CHILD_NOT_LOCKED);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(child->argv[0], (char *const *)(uintptr_t)child->argv,
	       (char *const *)(uintptr_t)child->environment);
}

int reader_child_start(const struct child *child, struct running *ret)
{
	pid_t reader = getpid();
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ret->pid = fork();
	if (ret->pid == 0) {
		become(child, (int[FD_COUNT]){child->in, child->out, child->err, ends[1]}, reader);
		_exit(CHILD_NOT_STARTED);
	}
	code = errno;
	close(ends[1]);
	ret->end = ends[0];
	if (ret->pid < 0) {
		close(ends[0]);
		return -code;
	}
	return 0;
}

/* Until the pipe is closed; requests that wait at the socket wake nobody. */
static enum child_end wait_for_end(int end, int asker, int64_t deadline)
{
	struct pollfd polls[2] = {{end, POLLIN, 0}, {asker, POLLRDHUP, 0}};

	for (;;) {
		int64_t left = deadline - reader_now_ms();
		int r = left > 0 ? poll(polls, 2, (int)left) : 0;

		if (r == 0)
			return CHILD_LATE;
		if (r < 0 || polls[1].revents)
			return CHILD_LEFT;
		if (polls[0].revents)
			return CHILD_ENDED;
	}
}

enum child_end reader_child_wait(struct running *running, int asker, int ms, int *ret_status)
{
	enum child_end end = wait_for_end(running->end, asker, reader_now_ms() + ms);

	if (end != CHILD_ENDED) {
		kill(-running->pid, SIGKILL);
		kill(running->pid, SIGKILL); /* which may lead no group yet */
	}
	/* It may have closed its files and live on. */
	else if (waitpid(running->pid, ret_status, WNOHANG) == 0)
		kill(running->pid, SIGKILL);
	while (waitpid(running->pid, ret_status, 0) < 0 && errno == EINTR)
		;
	close(running->end);
	return end;
}
