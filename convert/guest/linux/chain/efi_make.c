/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running grub-mkimage: see efi_make.h. */
#include "convert/guest/linux/chain/efi_make.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

int efi_make_grub(void)
{
	const char *words[MAX_WORDS];
	char program[PROGRAM_PATH];
	int file;

	if (!has_module("normal") || (!program_find("grub-mkimage", MORE_FOLDERS, program) &&
				      !program_find("grub2-mkimage", MORE_FOLDERS, program)))
		return -1;
	make_words(program, words);
	file = memfd_create("hvgen2 grub", MFD_CLOEXEC);
	if (file < 0 || run(words, file))
		return file;
	close(file);
	return -1;
}
