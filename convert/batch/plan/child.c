/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes of our own: see child.h. */
#include "convert/batch/plan/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/checked.h"

/* Of the arguments of a conversion. */
#define MAX_ARGUMENTS 256

void child_done(struct child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		child_wait(child);
	}
	cleanup_close(&child->end);
	cleanup_close(&child->output);
	cleanup_close(&child->errors);
	*child = (struct child)CHILD_INIT;
}

static int open_outputs(struct child *child, int ends[2], struct error *err)
{
	child->output = memfd_create("hvgen2-output", MFD_CLOEXEC);
	child->errors = memfd_create("hvgen2-errors", MFD_CLOEXEC);
	if (child->output < 0 || child->errors < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a channel to a process");
	child->end = ends[0];
	return 0;
}

static const int end_signals[] = {SIGINT, SIGTERM, SIGHUP};

/* Until the child has made up its mind about them: one that came while it still has our handlers would be lost. */
static void hold_signals(sigset_t *ret_before)
{
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_SIZE(end_signals); i++)
		sigaddset(&held, end_signals[i]);
	sigprocmask(SIG_BLOCK, &held, ret_before);
}

/* What ends a program ends this one too, unless whoever started us wants it ignored. */
static void reset_signals(void)
{
	struct sigaction action;

	for (size_t i = 0; i < ARRAY_SIZE(end_signals); i++)
		if (sigaction(end_signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			signal(end_signals[i], SIG_DFL);
}

/* In the child. It is gone when its parent is, which may have happened already. */
static void settle(const struct child *child, pid_t parent, int end)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(ERROR_FAILED);
	dup2(nothing, STDIN_FILENO);
	dup2(child->output, STDOUT_FILENO);
	dup2(child->errors, STDERR_FILENO);
	fcntl(end, F_SETFD, 0); /* the end of the last one that has it is the end */
}

static int start(struct child *child, int (*run)(void *context), void *context, struct error *err)
{
	pid_t parent = getpid();
	int ends[2] = {-1, -1}, r = open_outputs(child, ends, err);
	sigset_t before;

	if (r < 0)
		return r;
	hold_signals(&before);
	child->pid = fork();
	if (child->pid == 0) {
		reset_signals();
		sigprocmask(SIG_SETMASK, &before, NULL);
		settle(child, parent, ends[1]);
		_exit(run(context));
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	if (child->pid > 0)
		return 0;
	child->pid = 0;
	return error_errno(err, "cannot start a process");
}

static int run_program(void *context)
{
	char *const *arguments = context;
	char *argv[MAX_ARGUMENTS + 2] = {NULL};
	char name[] = "hvgen2";
	size_t count = 0;

	argv[count++] = name;
	while (*arguments && count < MAX_ARGUMENTS)
		argv[count++] = *arguments++;
	execv("/proc/self/exe", argv);
	return ERROR_FAILED;
}

int child_start(struct child *child, char *const *arguments, struct error *err)
{
	union {
		char *const *in;
		void *out;
	} context = {.in = arguments};

	return start(child, run_program, context.out, err);
}

struct own_group {
	int (*run)(void *context);
	void *context;
};

static int run_in_group(void *context)
{
	const struct own_group *group = context;

	setpgid(0, 0);
	return group->run(group->context);
}

int child_fork(struct child *child, int (*run)(void *context), void *context, struct error *err)
{
	struct own_group group = {run, context};
	int r = start(child, run_in_group, &group, err);

	if (r == 0)
		setpgid(child->pid, child->pid); /* whoever comes first */
	return r;
}

int child_wait(struct child *child)
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
	return status;
}

void child_end_text(int status, char ret[64])
{
	if (WIFSIGNALED(status))
		snprintf(ret, 64, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(ret, 64, "exit status %d", WEXITSTATUS(status));
}

int child_read(int fd, size_t most, struct buffer *ret, struct error *err)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t wanted = size > 0 ? (size_t)size : 0;
	uint8_t *room;

	if (wanted > most)
		wanted = most;
	room = buffer_extend(ret, wanted + 1);
	if (!room)
		return error_failed(err, ENOMEM, "out of memory");
	if (pread(fd, room, wanted, 0) != (ssize_t)wanted)
		return error_errno(err, "cannot read what a process wrote");
	room[wanted] = '\0';
	ret->size--;
	return 0;
}
