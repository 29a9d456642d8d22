/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libguestfs: another kernel reads the result with drivers of its own. It is started in a child
 * process.
 *
 * Whether KVM works can only be told by trying: on some hosts every probe succeeds and qemu then
 * aborts, or hangs. So the first attempt gets a minute; when it fails or hangs, a new process and a
 * new handle are started with KVM off. What users set in LIBGUESTFS_BACKEND_SETTINGS is obeyed:
 * then there is only one attempt. libguestfs itself would wait 20 minutes.
 *
 * The child is asked to end before it is killed, so that it can stop qemu and remove its files.
 */
#include "convert/verify/checks.h"

#ifdef HAVE_LIBGUESTFS

#include "convert/verify/guestfs_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "common/checked.h"

#define FIRST_ATTEMPT_SECONDS 60
#define LAUNCH_SECONDS	      300 /* 15 to 20 without KVM, 10 more when the appliance is built */
#define QUESTIONS_SECONDS     600 /* 10 to 20 without KVM on an idle machine */
#define END_SECONDS	      15

enum message_kind { MESSAGE_RESULT, MESSAGE_LAUNCHED, MESSAGE_NOT_LAUNCHED, MESSAGE_DONE };

/* What the child says. Smaller than PIPE_BUF: it arrives whole. */
struct message {
	enum message_kind kind;
	struct verify_result result; /* MESSAGE_NOT_LAUNCHED: the reason stands in .detail */
};
_Static_assert(sizeof(struct message) < PIPE_BUF, "a message must go through a pipe in one piece");

struct child {
	pid_t pid;
	int fd; /* messages from it */
	bool launched, done;
	char reason[256]; /* why it was not launched */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void send_message(int fd, enum message_kind kind, const struct verify_result *result)
{
	struct message message;

	memset(&message, 0, sizeof(message));
	message.kind = kind;
	if (result)
		message.result = *result;
	/* When nobody listens any more there is still a handle to close: go on. */
	if (write(fd, &message, sizeof(message)) < 0)
		return;
}

static void send_result(void *opaque, const struct verify_result *result)
{
	send_message(*(const int *)opaque, MESSAGE_RESULT, result);
}

/* Asked to end: stop qemu and its helpers, so that libguestfs gives up, cleans up and returns. */
static void pass_on_signal(int signal)
{
	static volatile sig_atomic_t passed;

	if (!passed) {
		passed = 1;
		kill(0, signal);
	}
}

static void prepare_child(pid_t parent)
{
	struct sigaction action = {.sa_handler = pass_on_signal};
	sigset_t none;

	setpgid(0, 0);
	for (int signal = 1; signal < 32; signal++)
		(void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
}

static int launch_appliance(const struct guestfs *g, const char *path, const char *folder,
			    bool force_tcg)
{
	g->set_error_handler(g->handle, NULL, NULL);
	if (g->set_tmpdir(g->handle, folder) < 0)
		return -1;
	/* The appliance is kept where it always is: its usual place would be $TMPDIR. */
	if (!getenv("LIBGUESTFS_CACHEDIR") && g->set_cachedir(g->handle, "/var/tmp") < 0)
		return -1;
	if (!getenv("LIBGUESTFS_BACKEND") && g->set_backend(g->handle, "direct") < 0)
		return -1;
	if (force_tcg && g->set_backend_setting(g->handle, "force_tcg", "1") < 0)
		return -1;
	/* Read-only: qemu puts a throw-away overlay on top of it. */
	if (g->add_drive_opts(g->handle, path, GUESTFS_ADD_DRIVE_OPTS_READONLY, 1,
			      GUESTFS_ADD_DRIVE_OPTS_FORMAT, "vhdx", -1) < 0)
		return -1;
	return g->launch(g->handle);
}

/* Runs in the child and ends it. */
static void child_main(struct verify *verify, int fd, pid_t parent, const char *folder,
		       bool force_tcg)
{
	struct verify_result why = {.status = VERIFY_SKIPPED};
	struct guestfs g;

	prepare_child(parent);
	verify->report = send_result;
	verify->opaque = &fd;
	if (guestfs_library_load(&g, why.detail) && !(g.handle = g.create()))
		snprintf(why.detail, sizeof(why.detail), "it makes no handle: %s", strerror(errno));
	if (g.handle && launch_appliance(&g, verify->path, folder, force_tcg) == 0) {
		send_message(fd, MESSAGE_LAUNCHED, NULL);
		verify_guestfs_ask(verify, &g);
		send_message(fd, MESSAGE_DONE, NULL);
	} else {
		if (g.handle)
			verify_guestfs_error(&g, why.detail);
		send_message(fd, MESSAGE_NOT_LAUNCHED, &why);
	}
	if (g.handle)
		g.close(g.handle);
	rmdir(folder); /* the parent does so too, if it lives */
	_exit(0);
}

static int start_child(struct verify *verify, const char *folder, bool force_tcg, struct child *ret)
{
	pid_t parent = getpid();
	int fds[2];

	memset(ret, 0, sizeof(*ret));
	snprintf(ret->reason, sizeof(ret->reason), "it ended without a word");
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	ret->pid = fork();
	if (ret->pid < 0) {
		int code = errno;

		close(fds[0]);
		close(fds[1]);
		return -code;
	}
	if (ret->pid == 0) {
		close(fds[0]);
		child_main(verify, fds[1], parent, folder, force_tcg);
	}
	setpgid(ret->pid, ret->pid); /* whoever is first */
	close(fds[1]);
	ret->fd = fds[0];
	return 0;
}

static void take_message(struct verify *verify, struct child *child, const struct message *message,
			 bool force_tcg, int64_t *deadline, int64_t start)
{
	switch (message->kind) {
	case MESSAGE_RESULT:
		verify_add(verify, &message->result);
		break;
	case MESSAGE_LAUNCHED:
		child->launched = true;
		*deadline = now_ms() + QUESTIONS_SECONDS * 1000;
		verify_ok(verify, "guestfs", "started in %.1f s%s",
			  (double)(now_ms() - start) / 1000, force_tcg ? ", without KVM" : "");
		break;
	case MESSAGE_NOT_LAUNCHED:
		snprintf(child->reason, sizeof(child->reason), "%.*s",
			 (int)sizeof(child->reason) - 1, message->result.detail);
		break;
	case MESSAGE_DONE:
		child->done = true;
		break;
	}
}

/* Listen until the child has ended, is done, or the time is over. */
static void listen_to_child(struct verify *verify, struct child *child, bool force_tcg,
			    unsigned int launch_seconds)
{
	int64_t start = now_ms(), deadline = start + (int64_t)launch_seconds * 1000;

	while (!child->done) {
		struct pollfd poll_fd = {child->fd, POLLIN, 0};
		int64_t left = deadline - now_ms();
		struct message message;
		ssize_t got;

		if (left <= 0) {
			snprintf(child->reason, sizeof(child->reason),
				 "no answer after %" PRId64 " s", (now_ms() - start) / 1000);
			return;
		}
		if (poll(&poll_fd, 1, (int)left) <= 0)
			continue;
		got = read(child->fd, &message, sizeof(message));
		if (got != (ssize_t)sizeof(message))
			return;
		message.result.name[sizeof(message.result.name) - 1] = '\0';
		message.result.detail[sizeof(message.result.detail) - 1] = '\0';
		take_message(verify, child, &message, force_tcg, &deadline, start);
	}
}

static bool reap_child(pid_t pid, unsigned int seconds)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (unsigned int i = 0; i < seconds * 100; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/*
 * A child that is still busy is asked to end; one that does not is killed with all its processes.
 */
static void end_child(struct child *child)
{
	close(child->fd);
	if (child->done && reap_child(child->pid, END_SECONDS))
		return;
	kill(child->pid, SIGTERM);
	if (reap_child(child->pid, END_SECONDS))
		return;
	kill(-child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

/* One attempt. True when it was launched: then all results have been added. */
static bool try_appliance(struct verify *verify, bool force_tcg, unsigned int launch_seconds,
			  char reason[256])
{
	const char *parent = getenv("TMPDIR");
	struct child child;
	char folder[4096];
	int r;

	snprintf(folder, sizeof(folder), "%.4000s/hvgen2-verify-XXXXXX",
		 parent && parent[0] == '/' ? parent : "/tmp");
	if (!mkdtemp(folder)) {
		snprintf(reason, 256, "cannot make a folder in $TMPDIR or /tmp: %s",
			 strerror(errno));
		return false;
	}
	r = start_child(verify, folder, force_tcg, &child);
	if (r == 0) {
		listen_to_child(verify, &child, force_tcg, launch_seconds);
		end_child(&child);
		if (child.launched && !child.done)
			verify_fail(verify, "guestfs",
				    "the appliance ended before all questions: %s", child.reason);
		memcpy(reason, child.reason, sizeof(child.reason));
	} else {
		snprintf(reason, 256, "%s", strerror(-r));
	}
	/* Empty by now, unless the child had to be killed. */
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	return r == 0 && child.launched;
}

/* Checks without which nothing of the disk is shown to another reader. */
static const char *const structures[] = {"image",      "structure", "gpt",
					 "partitions", "esp-fat32", "ntfs-"};

static const char *reason_to_skip(const struct verify *verify)
{
	if (!verify->use_guestfs)
		return "--no-guestfs";
	if (verify->info->format != VHD_FORMAT_VHDX)
		return "only VHDX files are handed to it";
	if (verify->info->type == VHD_TYPE_DIFFERENCING)
		return "qemu does not read differencing disks";
	if (verify->info->logical_sector_size != 512)
		return "qemu reads disks with 512-byte sectors only";
	for (size_t i = 0; i < ARRAY_SIZE(structures); i++)
		if (verify_has_failed(verify, structures[i]))
			return "what it would read is damaged";
	if (!verify->have_table)
		return "there is no partition table to compare with";
	return NULL;
}

void verify_guestfs(struct verify *verify)
{
	const char *skip = reason_to_skip(verify),
		   *settings = getenv("LIBGUESTFS_BACKEND_SETTINGS");
	bool may_have_kvm = access("/dev/kvm", R_OK | W_OK) == 0;
	char reason[256];

	if (skip) {
		verify_skip(verify, "guestfs", "%s", skip);
		return;
	}
	if ((settings && settings[0]) || !may_have_kvm) {
		if (!try_appliance(verify, false, LAUNCH_SECONDS, reason))
			verify_skip(verify, "guestfs", "cannot start: %s", reason);
		return;
	}
	if (!try_appliance(verify, false, FIRST_ATTEMPT_SECONDS, reason) &&
	    !try_appliance(verify, true, LAUNCH_SECONDS, reason))
		verify_skip(verify, "guestfs", "cannot start: %s", reason);
}

#else

void verify_guestfs(struct verify *verify)
{
	verify_skip(verify, "guestfs", "built without libguestfs");
}

#endif
