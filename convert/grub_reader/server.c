/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that reads: see reader.h. Who asks is not believed: a request is two numbers, a device,
 * and what is asked for on it: none, one, or up to 32 paths, which become arguments of grub-fstest and
 * nothing else.
 */
#include "convert/grub_reader/server.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/grub_reader/child.h"
#include "convert/grub_reader/pieces.h"
#include "convert/grub_reader/request.h"
#include "convert/grub_reader/tools.h"

/* Of processor time that GRUB may have for an answer, and for all of a disk. By the clock, which a
 * loaded host is to blame for, twice as much. */
#define READ_SECONDS 60
#define DISK_SECONDS 120

struct server {
	int socket;
	bool must_lock;
	const struct tools *tools;
	int64_t spent_ms;      /* waiting for answers */
	struct answer trouble; /* why there is no answer any more; its code is 0 while there is */
};

/* What ends it ends GRUB, too, and there is nothing to put in order. */
static void reset_signals(void)
{
	static const int ending[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		signal(ending[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Nothing of whoever started us is held open: not the pipe that it writes to, no output, no lock. */
static void give_up_files(int socket)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		(void)dup2(nothing, fd);
	if (socket > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned int)socket - 1, 0);
	close_range((unsigned int)socket + 1, ~0U, 0);
}

/* Programs and libraries, and nothing else. */
static void allow(const struct server *server, struct lockdown_places *places)
{
	static const char *const folders[] = {"/usr", "/lib", "/lib64"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		lockdown_add(places, folders[i], LOCKDOWN_RUN);
	lockdown_add(places, server->tools->grub, LOCKDOWN_RUN);
	lockdown_add(places, "/etc/ld.so.cache", LOCKDOWN_READ);
	lockdown_add(places, server->tools->library, LOCKDOWN_RUN);
}

/* GRUB's own words, without the program's name. A long path stands in them twice ("cannot open `X':
 * file `X' not found."): then the reason is what is kept, with which they end. */
static void take_words(int fd, char text[400])
{
	static const char mark[] = ": error: ", behind_path[] = "': ";
	char line[REQUEST_DEVICE + 2 * REQUEST_PATH];
	const char *words, *reason;
	ssize_t got = pread(fd, line, sizeof(line) - 1, 0);

	line[got < 0 ? 0 : got] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	words = strstr(line, mark);
	words = words ? words + strlen(mark) : line;
	reason = strlen(words) < 400 ? NULL : strstr(words, behind_path);
	if (reason)
		snprintf(text, 400, "cannot open it: %.380s", reason + strlen(behind_path));
	else
		snprintf(text, 400, "%.399s", words);
}

static void say(struct answer *ret, int code, const char *text)
{
	ret->code = code;
	snprintf(ret->text, sizeof(ret->text), "%s", text);
}

/* What ends a program by its own fault, or by its limits. Anything else comes from this host: SIGKILL
 * where memory is short. */
static void judge_signal(int number, struct answer *ret)
{
	static const int faults[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

	ret->code = number == SIGXCPU ? ANSWER_ENDLESS : number == SIGXFSZ ? ANSWER_LARGE : EINTR;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		if (number == faults[i])
			ret->code = ANSWER_CRASH;
	snprintf(ret->text, sizeof(ret->text), "it was ended by signal %d", number);
}

static void judge_end(enum child_end end, int status, int words, struct answer *ret)
{
	if (end != CHILD_ENDED) {
		say(ret, ETIMEDOUT, "it took too long, as it does on a host with too much load");
	} else if (WIFSIGNALED(status)) {
		judge_signal(WTERMSIG(status), ret);
	} else if (WEXITSTATUS(status) == CHILD_NOT_LOCKED) {
		say(ret, EPERM, "'--sandbox require': this kernel or container cannot lock it in");
	} else if (WEXITSTATUS(status) != 0) {
		ret->code = WEXITSTATUS(status) == CHILD_NOT_STARTED ? ENOSYS : ANSWER_GRUB;
		take_words(words, ret->text);
	}
}

/* Whole seconds of processor time that it may have: what is left for this disk, at least one. */
static unsigned int seconds_left(void)
{
	struct rusage used;
	unsigned int left = DISK_SECONDS;

	if (getrusage(RUSAGE_CHILDREN, &used) == 0)
		left -= (unsigned int)min_u64((uint64_t)used.ru_utime.tv_sec +
						      (uint64_t)used.ru_stime.tv_sec,
					      DISK_SECONDS - 1);
	return left < READ_SECONDS ? left : READ_SECONDS;
}

static enum child_end wait_for(struct server *server, struct running *running, int *ret_status)
{
	int64_t start = reader_now_ms(), left = INT64_C(2000) * DISK_SECONDS - server->spent_ms;
	int most = left < 2000 * READ_SECONDS ? (int)left : 2000 * READ_SECONDS;
	enum child_end end;

	end = reader_child_wait(running, server->socket, most, ret_status);

	server->spent_ms += reader_now_ms() - start;
	return end;
}

/* What grub-fstest is told to do. */
struct task {
	const char *argv[2 * REQUEST_NAMES_MAX + 7];
	char device[REQUEST_DEVICE];
	char paths[REQUEST_PATH + REQUEST_NAMES_MAX * REQUEST_DEVICE]; /* on the device */
};

/*
 * Folders that are not there print nothing. What is on a device of GRUB's own parts them: it is told
 * in no time, and an error at one folder, which would end all that are on a logical volume, is
 * forgotten with it.
 */
static void add_paths(const char *paths, struct task *task, size_t count)
{
	size_t used = 0;

	task->argv[count++] = task->device;
	for (size_t left = REQUEST_NAMES_MAX; left > 0; left--) {
		size_t length = strcspn(paths, "\n");

		task->argv[count++] = "(proc)";
		task->argv[count++] = task->paths + used;
		used += (size_t)snprintf(task->paths + used, sizeof(task->paths) - used, "%s%.*s",
					 task->device, (int)length, paths) +
			1;
		paths += length;
		if (*paths++ == '\0')
			return;
	}
}

static void make_task(const struct server *server, const struct request *request, struct task *ret)
{
	const bool is_read = request->head.what == REQUEST_READ;
	size_t count = 2;

	*ret = (struct task){.argv = {server->tools->grub, server->tools->library}};
	memcpy(ret->device, request->head.device, sizeof(ret->device));
	ret->argv[count++] = is_read ? "cat" : "ls";
	ret->argv[count++] = "--";
	if (!is_read)
		ret->argv[count++] = request->head.what == REQUEST_NAMES ? "-a" : "-la";
	if (request->head.what == REQUEST_NAMES) {
		add_paths(request->bytes, ret, count);
		return;
	}
	snprintf(ret->paths, sizeof(ret->paths), "%s%.*s", ret->device,
		 request->head.what == REQUEST_PROBE ? 0 : REQUEST_PATH, request->bytes);
	ret->argv[count] = ret->paths;
}

static bool send_answer(int socket, const struct answer *answer, int file)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS,
				.cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec bytes = {(void *)(uintptr_t)answer, sizeof(*answer)};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (file >= 0) {
		memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.bytes);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(*answer);
}

/* What GRUB reads of the disk it asks of whoever asked us. Returns its end of the channel, or a
 * negative errno. */
static int open_disk(const struct server *server)
{
	const struct answer answer = {.code = ANSWER_DISK};
	int ends[2], r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	/* Who answers does not wait for one that asks, and does not listen. */
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (!send_answer(server->socket, &answer, ends[0]))
		r = -EPIPE;
	close(ends[0]);
	if (r < 0)
		close(ends[1]);
	return r < 0 ? r : ends[1];
}

static int start_grub(const struct server *server, const struct request *request,
		      const struct child *child, struct running *ret)
{
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	CLEANUP_FD int disk = open_disk(server);
	char preload[PROGRAM_PATH + 16], size[64];
	const char *const environment[] = {preload, size, "LC_ALL=C", NULL};
	struct child whole = *child;

	if (disk < 0)
		return disk;
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", server->tools->library);
	snprintf(size, sizeof(size), PIECES_SIZE "=%" PRIu64, request->head.disk_size);
	allow(server, &places);
	whole.in = disk;
	whole.environment = environment;
	whole.places = &places;
	return reader_child_start(&whole, ret);
}

/* Returns the memory file, or -1. */
static int ask_grub(struct server *server, const struct request *request, struct answer *ret)
{
	CLEANUP_FD int words = memfd_create("hvgen2 words", MFD_CLOEXEC);
	int file = memfd_create("hvgen2 file", MFD_CLOEXEC), status = 0;
	struct task task;
	const struct child child = {.argv = task.argv,
				    .out = file,
				    .err = words,
				    .must_lock = server->must_lock,
				    .seconds = seconds_left(),
				    .file_bytes = request->head.most};
	struct running running;
	enum child_end end;
	int r;

	make_task(server, request, &task);
	r = words < 0 || file < 0 ? -errno : start_grub(server, request, &child, &running);
	if (r == 0) {
		end = wait_for(server, &running, &status);
		judge_end(end, status, words, ret);
	} else {
		say(ret, -r, strerror(-r));
	}
	return file;
}

/* What is of this host, and what would take the same time once more, is the answer to all from then
 * on. */
static int answer_from_grub(struct server *server, const struct request *request,
			    struct answer *ret)
{
	int file = ask_grub(server, request, ret);

	if (ret->code && ret->code != ANSWER_GRUB && ret->code != ANSWER_LARGE &&
	    ret->code != ANSWER_CRASH)
		server->trouble = *ret;
	return file;
}

/* False when nobody hears it. */
static bool answer_request(struct server *server, const struct request *request, size_t size)
{
	struct answer answer = server->trouble;
	CLEANUP_FD int file = -1;

	if (!request_is_valid(request, size))
		answer.code = EPROTO;
	else if (answer.code == 0)
		file = answer_from_grub(server, request, &answer);
	return send_answer(server->socket, &answer, answer.code == 0 ? file : -1);
}

_Noreturn void reader_server_run(int socket, const struct tools *tools, bool must_lock)
{
	static struct request request; /* 64 KiB */
	struct server server = {.socket = socket, .tools = tools, .must_lock = must_lock};
	ssize_t got;

	setsid(); /* what the terminal interrupts is whoever asks, whose end is ours */
	give_up_files(socket);
	reset_signals();
	do
		got = recv(socket, &request, sizeof(request), 0);
	while (got > 0 && answer_request(&server, &request, (size_t)got));
	_exit(0);
}
