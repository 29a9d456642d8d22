/* SPDX-License-Identifier: GPL-3.0-or-later */
/* External programs with limits: see tool.h. */
#include "convert/verify/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "common/checked.h"
#include "common/lockdown.h"
#include "common/program.h"

/* The size of a FAT, a field of 4 bytes, can make fsck.fat ask for 4 GiB; it needs 30 MiB, and
 * qemu-img 400 MiB of address space. */
#define TOOL_MEMORY (512 * MIB)
#define TOOL_FILES  64

/* Behind PATH. */
#define TOOL_FOLDERS "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"

struct tool {
	const char *path; /* of the program */
	const char *const *argv;
	int image_fd; /* or -1 */
	pid_t parent; /* whose end is its end */
};

/*
 * One of the streams that a program writes. Grows to at most 'limit' bytes; what comes after the
 * limit is dropped and noted. Ends that are closed are -1.
 */
struct capture {
	int fd, program_fd; /* of the pipe: ours, and the program's */
	uint8_t *bytes;
	size_t size, allocated, limit;
	bool overflow;
};

void tool_output_done(struct tool_output *output)
{
	free(output->bytes);
	output->bytes = NULL;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Of a program: what it may use. It reads an image of the guest, with all rights of ours. */
static void limit_self(const struct tool_limits *limits)
{
	const struct {
		__rlimit_resource_t resource;
		rlim_t value;
	} all[] = {
		{RLIMIT_AS, TOOL_MEMORY}, {RLIMIT_CPU, limits->seconds},
		{RLIMIT_FSIZE, 0},	  {RLIMIT_NOFILE, TOOL_FILES},
		{RLIMIT_CORE, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct rlimit limit = {all[i].value, all[i].value};

		setrlimit(all[i].resource, &limit);
	}
}

/* What a program has open, by number; the last one tells us why it did not start, and closes when
 * it does. */
enum { FD_IN, FD_OUT, FD_ERR, FD_IMAGE, FD_FAILURE, FD_COUNT };

/* Make from[i] descriptor i; -1 is none. By way of others: one may be where another belongs, and
 * dup2() onto itself would leave it to be closed. */
static bool place(int from[FD_COUNT])
{
	for (int i = 0; i < FD_COUNT; i++)
		if (from[i] >= 0 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_COUNT)) < 0)
			return false;
	for (int i = 0; i < FD_COUNT; i++) {
		close(i);
		if (from[i] >= 0 && dup2(from[i], i) < 0)
			return false;
	}
	close_range(FD_COUNT, ~0U, 0);
	from[FD_FAILURE] = FD_FAILURE;
	return fcntl(FD_FAILURE, F_SETFD, FD_CLOEXEC) == 0;
}

/* In the child: async-signal-safe calls only. Returns when the program cannot be started. */
static void become_tool(const struct tool *tool, int from[FD_COUNT],
			const struct tool_limits *limits)
{
	/* The programs' own settings and languages must not change what they say. */
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
						  "LC_ALL=C.UTF-8", "MTOOLSRC=/dev/null",
						  "MTOOLS_SKIP_CHECK=1", NULL};
	sigset_t none;

	setsid(); /* no terminal to ask questions on, and one group to kill */
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* as it is out of reach of an interrupt */
	if (getppid() != tool->parent)
		return;
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	if (!place(from))
		return;
	limit_self(limits);
	lockdown_no_network();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(tool->path, (char *const *)(uintptr_t)tool->argv,
	       (char *const *)(uintptr_t)environment);
}

static void tell_failure(int fd)
{
	int code = errno;
	ssize_t ignored = write(fd, &code, sizeof(code));

	(void)ignored;
	_exit(127);
}

/* Has it started? Else the code of why it has not. */
static int hear_failure(int fd)
{
	int code = 0;
	ssize_t got;

	do
		got = read(fd, &code, sizeof(code));
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(code) ? code : 0;
}

/* Signals wait until the child has given up our handlers. */
static int fork_tool(const struct tool *tool, int from[FD_COUNT], const struct tool_limits *limits,
		     pid_t *ret)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	*ret = fork();
	if (*ret == 0) {
		become_tool(tool, from, limits);
		tell_failure(from[FD_FAILURE]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return *ret < 0 ? errno : 0;
}

/* A child process, and the errno with which it could not become the program. */
struct start {
	pid_t pid;
	int failure;
};

static int spawn_tool(const struct tool *tool, const struct capture captures[2],
		      const struct tool_limits *limits, struct start *ret)
{
	CLEANUP_FD int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int ends[2], code;

	if (nothing < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	code = fork_tool(tool,
			 (int[FD_COUNT]){nothing, captures[0].program_fd, captures[1].program_fd,
					 tool->image_fd, ends[1]},
			 limits, &ret->pid);
	close(ends[1]);
	if (code == 0)
		ret->failure = hear_failure(ends[0]);
	close(ends[0]);
	return code;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int capture_open(struct capture *capture)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	capture->fd = ends[0];
	capture->program_fd = ends[1];
	return 0;
}

static void capture_close(struct capture *capture)
{
	close_end(&capture->fd);
	close_end(&capture->program_fd);
	free(capture->bytes);
}

static int capture_grow(struct capture *capture)
{
	size_t wanted = capture->allocated ? capture->allocated * 2 : 4096;
	uint8_t *bytes;

	if (capture->size + 4097 <= capture->allocated)
		return 0;
	while (wanted < capture->size + 4097)
		wanted *= 2;
	bytes = realloc(capture->bytes, wanted);
	if (!bytes)
		return -ENOMEM;
	capture->bytes = bytes;
	capture->allocated = wanted;
	return 0;
}

/* Read once. False at the end of the stream. */
static bool capture_read(struct capture *capture)
{
	ssize_t got;

	if (capture_grow(capture) < 0) {
		capture->overflow = true;
		return false;
	}
	got = read(capture->fd, capture->bytes + capture->size, 4096);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	capture->size += (size_t)got;
	if (capture->size > capture->limit) {
		capture->size = capture->limit;
		capture->overflow = true;
	}
	return got > 0;
}

/* Read both streams to their ends. -ETIMEDOUT or -EFBIG when a limit is reached first. */
static int capture_both(struct capture captures[2], int64_t deadline)
{
	while (captures[0].fd >= 0 || captures[1].fd >= 0) {
		struct pollfd polls[2] = {{captures[0].fd, POLLIN, 0}, {captures[1].fd, POLLIN, 0}};
		int64_t left = deadline - now_ms();
		int r;

		if (left <= 0)
			return -ETIMEDOUT;
		r = poll(polls, 2, (int)left);
		if (r < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; r > 0 && i < 2; i++)
			if (polls[i].revents && !capture_read(&captures[i]))
				close_end(&captures[i].fd);
		if (captures[0].overflow)
			return -EFBIG;
	}
	return 0;
}

/* A program can close its streams and live on: wait for it no longer than the deadline. */
static int reap_tool(pid_t pid, int64_t deadline, bool kill_now)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int status = 0;

	for (;;) {
		pid_t got;

		if (kill_now || now_ms() >= deadline)
			kill(-pid, SIGKILL);
		got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			break;
		if (got < 0 && errno != EINTR)
			return 128; /* how it ended is not known */
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void fill_output(struct tool_output *ret, struct capture captures[2])
{
	size_t length = min_u64(captures[1].size, sizeof(ret->message) - 1);

	memset(ret->message, 0, sizeof(ret->message));
	if (length)
		memcpy(ret->message, captures[1].bytes, length);
	while (length && (ret->message[length - 1] == '\n' || ret->message[length - 1] == '\r'))
		ret->message[--length] = '\0';
	ret->size = captures[0].size;
	ret->bytes = TAKE(captures[0].bytes);
	ret->bytes[ret->size] = '\0';
}

/* 'status' is the errno of a program that did not start. */
static int tool_error(int code, const char *program, int status, const struct tool_limits *limits,
		      struct error *err)
{
	switch (code) {
	case -ENOPKG:
		return error_failed(err, ENOPKG, "'%s' cannot be started: %s", program,
				    strerror(status));
	case -ETIMEDOUT:
		return error_failed(err, ETIMEDOUT, "'%s' was still running after %u seconds",
				    program, limits->seconds);
	case -EFBIG:
		return error_failed(err, EFBIG, "'%s' printed more than %zu bytes", program,
				    limits->output_bytes);
	default:
		return error_failed(err, -code, "cannot run '%s': %s", program, strerror(-code));
	}
}

/* The program with its two streams, whose pipes are open; ours alone when this returns. */
static int run_captured(const struct tool *tool, struct capture captures[2],
			const struct tool_limits *limits, struct tool_output *ret)
{
	int64_t deadline = now_ms() + (int64_t)limits->seconds * 1000;
	struct start start = {.pid = -1};
	int r = capture_grow(&captures[0]);

	if (r == 0)
		r = -spawn_tool(tool, captures, limits, &start);
	close_end(&captures[0].program_fd);
	close_end(&captures[1].program_fd);
	if (r < 0)
		return r;
	r = start.failure ? -ENOPKG : capture_both(captures, deadline);
	ret->status = reap_tool(start.pid, deadline, r < 0);
	if (start.failure)
		ret->status = start.failure;
	if (r == 0)
		fill_output(ret, captures);
	return r;
}

int verify_tool_run(const char *const *argv, int image_fd, const struct tool_limits *limits,
		    struct tool_output *ret, struct error *err)
{
	char path[PROGRAM_PATH];
	const struct tool tool = {.path = path,
				  .argv = argv,
				  .image_fd = image_fd,
				  .parent = getpid()};
	struct capture captures[2] = {
		{.fd = -1, .program_fd = -1, .limit = limits->output_bytes},
		{.fd = -1, .program_fd = -1, .limit = 65536},
	};
	int r;

	if (!program_find(argv[0], TOOL_FOLDERS, path))
		return error_failed(err, ENOPKG, "%s is not installed", argv[0]);
	r = capture_open(&captures[0]);
	if (r == 0)
		r = capture_open(&captures[1]);
	if (r < 0)
		r = error_failed(err, -r, "cannot make a pipe: %s", strerror(-r));
	else if ((r = run_captured(&tool, captures, limits, ret)) < 0)
		r = tool_error(r, argv[0], ret->status, limits, err);
	capture_close(&captures[0]);
	capture_close(&captures[1]);
	return r;
}
