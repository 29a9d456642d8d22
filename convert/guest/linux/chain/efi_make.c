/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running grub-mkimage: see efi_make.h. */
#include "convert/guest/linux/chain/efi_make.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "common/program.h"
#include "convert/guest/linux/chain/efi_set.h"

#define MODULES	     "/usr/lib/grub/x86_64-efi"
#define MORE_FOLDERS "/usr/local/sbin:/usr/sbin:/sbin"
#define MEMORY	     (512 * MIB)
#define SECONDS	     10 /* it takes 0.05 */

/* What reads /boot, what menus call, and what shows them. grub-mkimage adds what these need. A GRUB
 * has most of them; those that are not there are left out. */
static const char *const modules[] = {
	/* to be started, and to find the guest's menu */
	"part_gpt",
	"part_msdos",
	"fat",
	"search",
	"search_fs_uuid",
	"search_fs_file",
	"search_label",
	"regexp",
	"normal",
	"configfile",
	"probe",
	/* where it stands */
	"ext2",
	"xfs",
	"btrfs",
	"zfs",
	"f2fs",
	"jfs",
	"reiserfs",
	"lvm",
	"mdraid09",
	"mdraid1x",
	"raid5rec",
	"raid6rec",
	"gzio",
	"xzio",
	"lzopio",
	"zstdio",
	/* what it does */
	"linux",
	"linux16",
	"linuxefi",
	"blscfg",
	"chain",
	"boot",
	"loadenv",
	"echo",
	"test",
	"true",
	"eval",
	"read",
	"sleep",
	"sleep_interruptible",
	"increment",
	"version",
	"gettext",
	"password",
	"password_pbkdf2",
	"extcmd",
	"minicmd",
	"ls",
	"cat",
	"help",
	"reboot",
	"halt",
	"efifwsetup",
	"smbios",
	"keystatus",
	/* how it is shown */
	"all_video",
	"video",
	"efi_gop",
	"efi_uga",
	"gfxterm",
	"gfxterm_background",
	"gfxterm_menu",
	"gfxmenu",
	"font",
	"png",
	"jpeg",
	"tga",
	"serial",
	"terminal",
};

/* Program, options, modules, NULL. */
#define MAX_WORDS (8 + ARRAY_SIZE(modules))

static bool has_module(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), MODULES "/%s.mod", name);
	return access(path, R_OK) == 0;
}

static void make_words(const char *program, const char *words[MAX_WORDS])
{
	const char *const first[] = {program, "--format=x86_64-efi", "--directory=" MODULES,
				     "--prefix="};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		words[count++] = first[i];
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (has_module(modules[i]))
			words[count++] = modules[i];
	words[count] = NULL;
}

static void limit_self(void)
{
	static const struct {
		__rlimit_resource_t resource;
		rlim_t value;
	} all[] = {
		{RLIMIT_AS, MEMORY},
		{RLIMIT_CPU, SECONDS},
		{RLIMIT_FSIZE, EFI_SET_FILE_MAX},
		{RLIMIT_CORE, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		setrlimit(all[i].resource, &(const struct rlimit){all[i].value, all[i].value});
	alarm(2 * SECONDS);
}

/* Returns when it cannot be started. The image comes out on standard output. */
static void become(const char *const *words, int file, pid_t parent)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
						  NULL};
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
	    dup2(file, STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0)
		return;
	close_range(STDERR_FILENO + 1, ~0U, 0);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit_self();
	execve(words[0], (char *const *)(uintptr_t)words, (char *const *)(uintptr_t)environment);
}

static bool run(const char *const *words, int file)
{
	pid_t parent = getpid(), pid = fork(), ended = -1;
	int status = 0;

	if (pid == 0) {
		become(words, file, parent);
		_exit(127);
	}
	while (pid > 0 && (ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	return pid > 0 && ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* -1 when it fails. */
static int make(const char *program)
{
	const char *words[MAX_WORDS];
	int file;

	make_words(program, words);
	file = memfd_create("hvgen2 grub", MFD_CLOEXEC);
	if (file < 0 || run(words, file))
		return file;
	close(file);
	return -1;
}

static void send_file(int socket, int file)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec byte = {(char[]){0}, 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(file));
	memcpy(CMSG_DATA(header), &file, sizeof(file));
	(void)sendmsg(socket, &message, MSG_NOSIGNAL);
}

/* Nothing that is open but the socket: neither files nor the ends of pipes are held. */
_Noreturn static void serve(int socket, const char *program)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), file;
	char byte;
	ssize_t got;

	setsid(); /* what the terminal interrupts is whoever asks, whose end is ours */
	signal(SIGCHLD, SIG_DFL); /* nbdkit may ignore it, and then no end has a status */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (nothing < 0 || dup2(nothing, fd) < 0)
			_exit(1);
	if (dup2(socket, STDERR_FILENO + 1) < 0)
		_exit(1);
	socket = STDERR_FILENO + 1;
	close_range((unsigned int)socket + 1, ~0U, 0);
	do
		got = recv(socket, &byte, sizeof(byte), 0);
	while (got < 0 && errno == EINTR);
	file = got == 1 ? make(program) : -1;
	if (file >= 0)
		send_file(socket, file);
	_exit(0);
}

/* A grandchild, which nobody here has to wait for. Where SIGCHLD is ignored, the child is gone
 * without a status: if there is no grandchild, the socket says so when it is asked. */
static bool start(int socket, const char *program)
{
	pid_t pid = fork(), ended = -1;
	int status = 0;

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			serve(socket, program);
		_exit(pid < 0);
	}
	while (pid > 0 && (ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	return pid > 0 && (ended == pid ? status == 0 : errno == ECHILD);
}

int efi_make_start(void)
{
	char program[PROGRAM_PATH];
	bool is_started;
	int ends[2];

	if (!has_module("normal") || (!program_find("grub-mkimage", MORE_FOLDERS, program) &&
				      !program_find("grub2-mkimage", MORE_FOLDERS, program)))
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	is_started = start(ends[1], program);
	close(ends[1]);
	if (is_started)
		return ends[0];
	close(ends[0]);
	return -1;
}

static bool ask(int maker)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	ssize_t sent;

	/* One that is gone makes nothing; the sandbox has no call that says so for one message. */
	sigaction(SIGPIPE, &ignore, &before);
	sent = write(maker, "", 1);
	sigaction(SIGPIPE, &before, NULL);
	return sent == 1;
}

int efi_make_grub(int maker)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	ssize_t got;
	int file = -1;

	if (!ask(maker))
		return -1;
	/* A signal that interrupts ends the program: it is not held up until the image is made. */
	got = recvmsg(maker, &message, MSG_CMSG_CLOEXEC);
	header = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(file)))
		memcpy(&file, CMSG_DATA(header), sizeof(file));
	return file;
}
