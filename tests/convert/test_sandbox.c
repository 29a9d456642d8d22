/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done from within the sandbox: nothing but reading and writing what is open. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/sandbox.h"

TestSuite(sandbox, .timeout = 30);

static bool can_open(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ||
	       open(".", O_RDONLY | O_CLOEXEC) >= 0 || open("/dev/null", O_WRONLY | O_CLOEXEC) >= 0;
}

static bool can_create(void)
{
	return open("created", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0 ||
	       open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) >= 0 || mkdir("made", 0700) == 0 ||
	       symlink("a", "linked") == 0 || mkfifo("pipe", 0600) == 0;
}

static bool can_remove(void)
{
	return unlink("victim") == 0 || rename("victim", "moved") == 0 ||
	       truncate("victim", 0) == 0 || chmod("victim", 0777) == 0;
}

static bool can_start_a_process(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};
	pid_t pid;

	return fork() >= 0 || posix_spawn(&pid, "/bin/true", NULL, NULL, argv, NULL) == 0 ||
	       execv("/bin/true", argv) == 0;
}

static bool can_make_a_socket(void)
{
	int ends[2];

	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ||
	       socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ||
	       socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
}

/* Also by calls that do harmless things with other arguments: a signal through the kernel, and
 * letters typed into the terminal of whoever started us. */
static bool can_disturb_others(void)
{
	return kill(getppid(), 0) == 0 || syscall(SYS_tgkill, getppid(), getppid(), 0) == 0 ||
	       fcntl(STDOUT_FILENO, F_SETOWN, getppid()) == 0 ||
	       ioctl(STDOUT_FILENO, TIOCSTI, "x") == 0 || errno != EPERM ||
	       ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

/* What the pipeline does. */
static bool cannot_work(void)
{
	int fd = memfd_create("hive", MFD_CLOEXEC);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0 || write(fd, "x", 1) != 1 || open(path, O_RDWR | O_CLOEXEC) < 0 ||
	       mmap(NULL, (size_t)MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED;
}

static bool can_take_all_memory(void)
{
	return mmap(NULL, (size_t)(4 * GIB), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

/* Beside what is allowed; and no more than that. */
static bool can_read_others(void)
{
	return open("folder/hidden", O_RDONLY | O_CLOEXEC) >= 0 ||
	       open("victim", O_RDONLY | O_CLOEXEC) >= 0 || open("open", O_RDWR | O_CLOEXEC) >= 0 ||
	       opendir(".") || opendir("read/..") || open("read/link", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool cannot_read_these(void)
{
	return open("open", O_RDONLY | O_CLOEXEC) < 0 || !opendir("folder") ||
	       open("read/file", O_RDONLY | O_CLOEXEC) < 0;
}

static bool (*const deeds[])(void) = {can_open,		 can_create,
				      can_remove,	 can_start_a_process,
				      can_make_a_socket, can_disturb_others,
				      cannot_work,	 can_take_all_memory};

static bool (*const deeds_at_places[])(void) = {
	can_read_others,     cannot_read_these, can_create,  can_remove,
	can_start_a_process, can_make_a_socket, cannot_work,
};

struct group {
	bool (*const *deeds)(void);
	size_t count;
	struct lockdown_places before, after;
};

/* The bits of what succeeded, as the exit status of a process in the sandbox; 256: it was killed. */
static unsigned int deeds_in(enum sandbox_wish wish, struct group *group)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct sandbox sandbox = {.wish = wish};
		unsigned int done = 0;

		if (group->before.count)
			sandbox_limit_paths(&sandbox, &group->before);
		if (sandbox_enter(&sandbox, 0, &group->after, NULL) < 0)
			_exit(255);
		for (size_t i = 0; i < group->count; i++)
			done |= (unsigned int)group->deeds[i]() << i;
		_exit((int)done);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? (unsigned int)WEXITSTATUS(status) : 256U;
}

static void make_file(const char *name)
{
	FILE *file = fopen(name, "we");

	cr_assert(file && fclose(file) == 0);
}

static void make_folder(const char *name)
{
	cr_assert(mkdir(name, 0700) == 0 || errno == EEXIST);
}

/* A folder of files to try it on, which is the current one. */
static void prepare_files(const char *folder)
{
	if (!sandbox_is_wanted(SANDBOX_AUTO))
		cr_skip_test("built with AddressSanitizer");
	make_folder(folder);
	cr_assert_eq(chdir(folder), 0);
	make_file("victim");
}

Test(sandbox, nothing_but_what_is_open)
{
	struct group group = {.deeds = deeds, .count = ARRAY_SIZE(deeds)};

	prepare_files("sandbox-test");
	cr_assert_eq(deeds_in(SANDBOX_REQUIRE, &group), 0);
	cr_assert_eq(access("victim", F_OK), 0);
}

/* Of what the second step allows, what the first one did: the files of folders, but not those. */
Test(sandbox, some_places)
{
	struct group group = {.deeds = deeds_at_places, .count = ARRAY_SIZE(deeds_at_places)};

	prepare_files("sandbox-places");
	make_folder("folder");
	make_folder("read");
	make_file("open");
	make_file("folder/hidden");
	make_file("read/file");
	cr_assert(symlink("../victim", "read/link") == 0 || errno == EEXIST);
	lockdown_add(&group.before, "open", LOCKDOWN_READ);
	lockdown_add(&group.before, "folder", LOCKDOWN_READ);
	lockdown_add(&group.before, "read", LOCKDOWN_READ);
	lockdown_add(&group.before, "absent", LOCKDOWN_READ);
	lockdown_add(&group.before, NULL, LOCKDOWN_READ);
	lockdown_add(&group.after, "open", LOCKDOWN_READ);
	lockdown_add(&group.after, "folder", LOCKDOWN_LIST);
	lockdown_add(&group.after, "read", LOCKDOWN_READ);
	lockdown_add(&group.after, "victim", LOCKDOWN_READ);
	cr_assert_eq(deeds_in(SANDBOX_REQUIRE, &group), 0);
	cr_assert_eq(access("victim", F_OK), 0);
}

Test(sandbox, words)
{
	enum sandbox_wish wish;

	cr_assert(sandbox_parse("require", &wish) && wish == SANDBOX_REQUIRE);
	cr_assert(sandbox_parse("off", &wish) && wish == SANDBOX_OFF);
	cr_assert(sandbox_parse("auto", &wish) && wish == SANDBOX_AUTO);
	cr_assert(!sandbox_parse("on", &wish));
	cr_assert(!sandbox_is_wanted(SANDBOX_OFF));
	cr_assert(sandbox_is_wanted(SANDBOX_REQUIRE));
}
