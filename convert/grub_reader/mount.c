/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source as a raw file: see mount.h. */
#include "convert/grub_reader/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/grub_reader/tools.h"

#define MOUNT_MS   20000
#define UNMOUNT_MS 5000
#define LOOK_MS	   1 /* between two looks at whether it is mounted */
#define MAX_KEYS   300

/* May nobody else but root and this user rename or replace what this user makes there? */
static bool is_kept(const struct stat *st, uid_t root)
{
	return S_ISDIR(st->st_mode) &&
	       (st->st_uid == root || st->st_uid == 0 || st->st_uid == geteuid()) &&
	       (!(st->st_mode & (S_IWGRP | S_IWOTH)) || (st->st_mode & S_ISVTX));
}

/* All the way up: what is mounted and removed there is named by its path, and 'su' keeps the folder of
 * another user in XDG_RUNTIME_DIR. */
static bool is_safe_folder(const char *path)
{
	CLEANUP_FREE char *real = realpath(path, NULL);
	struct stat root, st;

	if (!real || stat("/", &root) < 0)
		return false;
	for (char *slash = real + strlen(real); slash; slash = strrchr(real, '/')) {
		*slash = '\0';
		/* in a container whose users are others the owner of "/" may be nobody */
		if (lstat(real[0] ? real : "/", &st) < 0 || !is_kept(&st, root.st_uid))
			return false;
	}
	return true;
}

static int make_folder(struct mount *mount)
{
	const char *const folders[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	CLEANUP_FD int fd = -1;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !mount->folder[0]; i++) {
		if (!folders[i] || folders[i][0] != '/' || !is_safe_folder(folders[i]))
			continue;
		if (snprintf(mount->folder, MOUNT_PATH, "%s/hvgen2-XXXXXX", folders[i]) >=
			    MOUNT_PATH ||
		    !mkdtemp(mount->folder))
			mount->folder[0] = '\0';
	}
	if (!mount->folder[0])
		return -EACCES;
	snprintf(mount->file, sizeof(mount->file), "%s/disk", mount->folder);
	fd = open(mount->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : 0;
}

/* The first line that the programs wrote to 'fd'. */
static void read_words(int fd, const char *otherwise, char text[400])
{
	ssize_t got = pread(fd, text, 399, 0);

	text[got < 0 ? 0 : got] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (!text[0])
		snprintf(text, 400, "%s", otherwise);
}

static bool is_mounted(const struct mount *mount)
{
	struct stat st;

	return stat(mount->file, &st) == 0 && st.st_size > 0;
}

static int wait_for_mount(const struct mount *mount, int asker)
{
	struct pollfd polls[2] = {{mount->nbdfuse.end, POLLIN, 0}, {asker, POLLRDHUP, 0}};

	for (int ms = 0; ms < MOUNT_MS; ms += LOOK_MS) {
		int r = poll(polls, 2, LOOK_MS);

		if (r < 0 || polls[1].revents)
			return -EINTR;
		if (polls[0].revents)
			return -EIO;
		if (is_mounted(mount))
			return 0;
	}
	return -ETIMEDOUT;
}

static int start(const struct tools *tools, const struct mount_keys *keys, struct mount *mount)
{
	const char *argv[MAX_KEYS + 24] = {tools->nbdfuse,
					   "-r",
					   "-s",
					   "-o",
					   "kernel_cache",
					   "-o",
					   "attr_timeout=3600",
					   "-o",
					   "entry_timeout=3600",
					   mount->file,
					   "--command",
					   tools->nbdkit,
					   "-s",
					   "-t",
					   "1",
					   "--exit-with-parent",
					   tools->plugin,
					   "view=source",
					   keys->expect,
					   keys->must_lock ? "sandbox=require" : "sandbox=auto"};
	const struct child child = {.argv = argv,
				    .out = -1,
				    .err = mount->words,
				    .end_signal = SIGTERM};
	size_t count = 20;

	for (size_t at = 0; at < keys->size; at += strlen(keys->bytes + at) + 1) {
		if (count == MAX_KEYS)
			return -E2BIG;
		argv[count++] = keys->bytes + at;
	}
	return reader_child_start(&child, &mount->nbdfuse);
}

/* Root mounts where nobody else sees it, and where it is gone with the last process. What the host
 * mounts and unmounts comes in, and nothing goes out. */
static void leave_mounts(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
}

int reader_mount_open(const struct tools *tools, const struct mount_keys *keys, int asker,
		      struct mount *ret, char text[400])
{
	int r;

	*ret = (struct mount){.tools = tools};
	if (!tools_have_fuse()) {
		snprintf(text, 400, "%s cannot be opened", TOOLS_FUSE);
		return -ENOPKG;
	}
	text[0] = '\0';
	ret->words = memfd_create("hvgen2 words", MFD_CLOEXEC);
	leave_mounts();
	r = ret->words < 0 ? -errno : make_folder(ret);
	if (r == 0)
		r = start(tools, keys, ret);
	if (r < 0) {
		snprintf(text, 400, "%s: %s",
			 ret->folder[0] ? "nbdfuse cannot be started"
					: "no folder that is this user's alone can be made "
					  "(XDG_RUNTIME_DIR, TMPDIR, /tmp)",
			 strerror(-r));
		return r;
	}
	r = wait_for_mount(ret, asker);
	if (r < 0)
		read_words(ret->words, "nbdfuse does not mount the disk", text);
	return r;
}

bool reader_mount_is_sound(const struct mount *mount, char text[400])
{
	struct pollfd end = {mount->nbdfuse.end, POLLIN, 0};
	struct stat st;
	bool is_silent = fstat(mount->words, &st) == 0 && st.st_size == 0;

	if (is_silent && poll(&end, 1, 0) == 0)
		return true;
	read_words(mount->words, "nbdfuse has ended", text);
	return false;
}

/* When nbdfuse was killed. */
static void unmount(const struct mount *mount)
{
	const char *argv[] = {mount->tools->fusermount, "-u", "-q", "-z", mount->file, NULL};
	const struct child child = {.argv = argv, .out = -1, .err = -1, .end_signal = SIGKILL};
	struct running running;
	int status;

	if (umount2(mount->file, MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno != EPERM)
		return;
	if (reader_child_start(&child, &running) == 0)
		(void)reader_child_wait(&running, -1, UNMOUNT_MS, &status);
}

void reader_mount_close(struct mount *mount)
{
	int status;

	if (mount->nbdfuse.pid > 0) {
		kill(mount->nbdfuse.pid, SIGTERM);
		(void)reader_child_wait(&mount->nbdfuse, -1, UNMOUNT_MS, &status);
		if (unlink(mount->file) < 0)
			unmount(mount);
	}
	if (mount->folder[0]) {
		(void)unlink(mount->file);
		(void)rmdir(mount->folder);
	}
	if (mount->words > 0)
		close(mount->words);
	*mount = (struct mount){.folder = {0}};
}
