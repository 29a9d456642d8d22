/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Committer and worker: see worker.h. The worker says one letter, 'c' for all outputs or 'r' for
 * the report of a refusal; the answer is an error record, of kind ERROR_NONE when all went well.
 * Nothing that the worker sends is more than a letter, so that a worker taken over can make no
 * other file than these, nor have anything else of them than their contents.
 */
#include "convert/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/process.h"

#define COMMIT_ALL    'c'
#define COMMIT_REPORT 'r'

/* SIGUSR1 asks for the progress, which the worker knows. */
static volatile sig_atomic_t worker_pid;

static void pass_on(int number)
{
	if (worker_pid > 0)
		kill((pid_t)worker_pid, number);
}

static bool read_all(int fd, void *buffer, size_t size)
{
	char *to = buffer;

	while (size > 0) {
		ssize_t n = read(fd, to, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		size -= (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const void *buffer, size_t size)
{
	const char *from = buffer;

	while (size > 0) {
		ssize_t n = send(fd, from, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		from += n;
		size -= (size_t)n;
	}
	return true;
}

/* The worker ends with the committer, and by any signal. */
static void begin_work(const struct worker *worker, int channel, pid_t committer)
{
	write_set_fatal_signals(SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != committer)
		_exit(ERROR_FAILED);
	process_end(worker->work(worker->context, channel));
}

/* The worker has synced what it wrote: signals are blocked meanwhile, and need not wait for it. */
static bool commit_synced(struct write_outputs *outputs, struct error *err)
{
	write_are_synced(outputs);
	return write_commit(outputs, err) == 0;
}

/* Answer until the worker is gone or all is committed, which is asked for once. Have the outputs
 * their names? */
static bool serve(const struct worker *worker, int channel, struct write_outputs *outputs)
{
	bool has_committed = false;
	char letter;

	while (read_all(channel, &letter, 1)) {
		struct error answer = ERROR_INIT;

		if (letter == COMMIT_REPORT)
			write_commit_report(outputs, &answer);
		else if (letter == COMMIT_ALL && !worker->only_report)
			has_committed |= commit_synced(outputs, &answer);
		else
			break;
		if (!write_all(channel, &answer, sizeof(answer)) || letter == COMMIT_ALL)
			break;
	}
	return has_committed;
}

static int end_of_worker(pid_t pid, bool has_committed, struct error *err)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	worker_pid = 0;
	if (WIFEXITED(status) && (WEXITSTATUS(status) || has_committed))
		return WEXITSTATUS(status);
	error_failed(err, EIO, "the process that reads the source was ended by signal %d; %s",
		     WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		     has_committed ? "the outputs were made before" : "no output was made");
	return ERROR_FAILED;
}

int worker_run(const struct worker *worker, struct write_outputs *outputs, struct error *err)
{
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
	pid_t committer = getpid(), pid;
	int ends[2];
	bool has_committed;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		error_errno(err, "cannot make a channel to a process");
		return ERROR_FAILED;
	}
	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL); /* no end for the worker either, before it has its own */
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		begin_work(worker, ends[1], committer);
	}
	close(ends[1]);
	if (pid < 0) {
		error_errno(err, "cannot start a process");
		close(ends[0]);
		return ERROR_FAILED;
	}
	worker_pid = pid;
	worker->let_go(worker->context);
	has_committed = serve(worker, ends[0], outputs);
	close(ends[0]);
	return end_of_worker(pid, has_committed, err);
}

int worker_commit(int channel, struct write_outputs *outputs, bool report_only, struct error *err)
{
	char letter = report_only ? COMMIT_REPORT : COMMIT_ALL;

	if (channel == WORKER_NONE)
		return report_only ? write_commit_report(outputs, err) : write_commit(outputs, err);
	/* From here on a signal comes too late, as in write_commit(). */
	write_set_fatal_signals(SIG_IGN);
	if (write(channel, &letter, 1) != 1 || !read_all(channel, err, sizeof(*err)))
		return error_failed(err, EPIPE, "the process that names the outputs is gone");
	return err->kind == ERROR_NONE ? 0 : -err->code;
}
