/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims: see claim.h. */
#include "convert/batch/state/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json/text_json.h"

#define HOST_SIZE 65

/* Who a process is: in which run of which kernel, and in which space of process numbers. */
struct self {
	char host[HOST_SIZE];
	char boot_id[64];
	uint64_t pid_space;
};

static void read_line(const char *path, char *ret, size_t size)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static void find_self(struct self *ret)
{
	struct stat st;

	*ret = (struct self){.pid_space = 0};
	gethostname(ret->host, sizeof(ret->host) - 1);
	read_line("/proc/sys/kernel/random/boot_id", ret->boot_id, sizeof(ret->boot_id));
	if (stat("/proc/self/ns/pid", &st) == 0)
		ret->pid_space = st.st_ino;
}

/* When a process was started, in ticks since the start of the kernel; 0 when that cannot be told. With the number it names
 * one process. */
static uint64_t start_of(pid_t pid)
{
	char path[32], text[1024], *at;
	uint64_t ticks = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	read_line(path, text, sizeof(text));
	at = strrchr(text, ')'); /* the name in front may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at + 1, NULL, 10);
	return ticks;
}

static json_t *claim_object(const char *token, double lease)
{
	struct self self;
	json_t *object = json_object();

	find_self(&self);
	json_object_set_new(object, "token", json_string(token));
	json_object_set_new(object, "host", text_json(self.host));
	json_object_set_new(object, "boot_id", text_json(self.boot_id));
	json_object_set_new(object, "pid_space", json_integer((json_int_t)self.pid_space));
	json_object_set_new(object, "pid", json_integer(getpid()));
	json_object_set_new(object, "start", json_integer((json_int_t)start_of(getpid())));
	json_object_set_new(object, "lease", json_real(lease));
	return object;
}

/* A name of our own in the folder, to be freed; NULL when out of memory. */
static char *own_name(const char *name, const char *token, const char *what)
{
	char *own;

	return asprintf(&own, ".%s.%s.%s", name, token, what) < 0 ? NULL : own;
}

static bool is_unsupported(int code)
{
	return code == EPERM || code == EOPNOTSUPP || code == ENOSYS;
}

/* By a name that nobody else takes. What fails for another reason says nothing of them. */
static bool has_links(int folder, const char *own, const char *token)
{
	CLEANUP_FREE char *other = own_name("link", token, "new");

	if (other && linkat(folder, own, folder, other, 0) < 0)
		return !is_unsupported(errno);
	if (other)
		unlinkat(folder, other, 0);
	return true;
}

/* Any error means that it is not ours, unless the file has two names all the same. That another was faster is EPERM from sshfs, to
 * which its server says no more than that it failed. */
static int link_claim(int folder, const char *own, const char *name, const char *token, int fd,
		      struct error *err)
{
	struct stat st;
	int code;

	if (linkat(folder, own, folder, name, 0) == 0)
		return 1;
	code = errno;
	if (code != EEXIST && fstat(fd, &st) == 0 && st.st_nlink == 2)
		return 1;
	if (is_unsupported(code) && !has_links(folder, own, token))
		return error_failed(err, code,
				    "the state folder is on a file system without hard links, by "
				    "which hosts agree on who does what");
	return 0;
}

static int write_claim(int fd, const char *token, double lease, struct error *err)
{
	CLEANUP_JSON json_t *object = claim_object(token, lease);
	CLEANUP_FREE char *text = text_json_dump(object);

	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	if (write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fsync(fd) == 0)
		return 0;
	return error_errno(err, "cannot write to the state folder");
}

static int make_claim(int folder, const char *own, const char *name, double lease,
		      const char *token, struct error *err)
{
	CLEANUP_FD int fd =
		openat(folder, own, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	int r;

	if (fd < 0)
		return error_errno(err, "cannot write to the state folder");
	r = write_claim(fd, token, lease, err);
	return r < 0 ? r : link_claim(folder, own, name, token, fd, err);
}

/* Opened by the name that stays: a name that goes while its file is open leaves a hidden one on FUSE, for as long as it is. */
static int open_claim(int folder, const char *name, struct claim *claim)
{
	CLEANUP_FD int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CLEANUP_JSON json_t *object = NULL;

	if (fd < 0 || record_read_fd(fd, name, &object, NULL) < 0 ||
	    strcmp(record_text(object, "token"), claim->token) != 0)
		return 0;
	claim->fd = fd;
	fd = -1;
	return 1;
}

int claim_take(int folder, const char *name, double lease, struct claim *ret, struct error *err)
{
	CLEANUP_FREE char *own = NULL;
	int r;

	if (token_make(ret->token) < 0 || !(own = own_name(name, ret->token, "new")))
		return error_failed(err, ENOMEM, "out of memory");
	r = make_claim(folder, own, name, lease, ret->token, err);
	unlinkat(folder, own, 0);
	return r == 1 ? open_claim(folder, name, ret) : r;
}

void claim_touch(const struct claim *claim)
{
	if (claim->fd >= 0)
		futimens(claim->fd, NULL);
}

static bool has_token(int folder, const char *name, const char *token)
{
	CLEANUP_JSON json_t *object = NULL;
	int r = record_read(folder, name, &object, NULL);

	if (r < 0)
		return r != -ENOENT && strcmp(token, CLAIM_UNREADABLE) == 0;
	return strcmp(record_text(object, "token"), token) == 0;
}

/* Between a look and an unlink() it may become another's: so it is taken to a name of our own first, and put back when it is
 * not the one that was meant. */
void claim_remove(int folder, const char *name, const char *token)
{
	char mine[TOKEN_SIZE];
	CLEANUP_FREE char *own = token_make(mine) < 0 ? NULL : own_name(name, mine, "old");

	if (!own || renameat(folder, name, folder, own) < 0)
		return;
	if (!has_token(folder, own, token))
		(void)!linkat(folder, own, folder, name, 0);
	unlinkat(folder, own, 0);
}

void claim_release(int folder, const char *name, struct claim *claim)
{
	if (claim->fd < 0)
		return;
	close(claim->fd);
	claim->fd = -1;
	if (has_token(folder, name, claim->token))
		claim_remove(folder, name, claim->token);
}

/* Of this host, in this run of its kernel, and gone. */
static bool is_dead(const json_t *object)
{
	pid_t pid = (pid_t)record_number(object, "pid");
	struct self self;

	find_self(&self);
	if (pid <= 0 || !*self.boot_id || strcmp(record_text(object, "host"), self.host) != 0 ||
	    strcmp(record_text(object, "boot_id"), self.boot_id) != 0 ||
	    record_number(object, "pid_space") != self.pid_space)
		return false;
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return true;
	return record_number(object, "start") && start_of(pid) &&
	       start_of(pid) != record_number(object, "start");
}

void claim_look(int folder, const char *name, struct claim_view *view)
{
	/* Opening makes network file systems ask for what their caches do not know. */
	CLEANUP_FD int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CLEANUP_JSON json_t *object = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		if (errno == ENOENT || errno == ESTALE)
			claim_view_done(view);
		return;
	}
	claim_view_done(view);
	view->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	if (record_read_fd(fd, name, &object, NULL) < 0) {
		memcpy(view->token, CLAIM_UNREADABLE, sizeof(CLAIM_UNREADABLE));
		return;
	}
	snprintf(view->token, sizeof(view->token), "%s", record_text(object, "token"));
	view->host = strdup(record_text(object, "host"));
	view->lease = json_number_value(json_object_get(object, "lease"));
	view->is_dead = is_dead(object);
}

bool claim_is_over(struct batch_vm *vm, double now, double period, double lease)
{
	const struct claim_view *view = &vm->claim;
	double passed = now - vm->watched_last;

	if (view->is_dead)
		return true;
	if (strcmp(vm->watched_token, view->token) != 0 || vm->watched_mtime_ns != view->mtime_ns) {
		memcpy(vm->watched_token, view->token, sizeof(vm->watched_token));
		vm->watched_mtime_ns = view->mtime_ns;
		vm->watched_quiet = 0;
	} else {
		vm->watched_quiet += passed < 2 * period ? passed : 2 * period;
	}
	vm->watched_last = now;
	return vm->watched_quiet >= (view->lease > 0 ? view->lease : lease);
}
