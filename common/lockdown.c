/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process can give up: see lockdown.h. A call that is not in the list fails with EPERM
 * instead of killing: another version of a library may try another call first and live without.
 */
#include "common/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/checked.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH_... is this?"
#endif

/* x86-64 has a second set of the same calls, with this bit (x32). */
#define X32_BIT 0x40000000U

#define NR_OFFSET   ((uint32_t)offsetof(struct seccomp_data, nr))
#define ARCH_OFFSET ((uint32_t)offsetof(struct seccomp_data, arch))

#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Other architectures and x32 are refused; then the number of the call is loaded. */
#define PROLOGUE                                                                                   \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARCH_OFFSET),                                           \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), REFUSE,                   \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR_OFFSET),                                     \
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1), REFUSE

#define ALLOWED(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), ALLOW
#define REFUSED(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), REFUSE

/* The low half of an argument, on machines whose low half comes first. What is behind these macros
 * decides on the call: the number of instructions up to the next one is given. */
#define ARGUMENT(call, n, count)                                                                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1 + (count)),                           \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                                 \
			 (uint32_t)offsetof(struct seccomp_data, args[n]))
#define IS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), skip, 0)

/* A block of another file, and what stdio asks of a terminal; not what types into one. */
#define IOCTLS                                                                                     \
	ARGUMENT(ioctl, 1, 5), IS(FICLONERANGE, 3), IS(TCGETS, 2), IS(TIOCGWINSZ, 1), REFUSE, ALLOW
/* Of this process alone, which is argument 0. */
#define OWN(call, self) ARGUMENT(call, 0, 3), IS(self, 1), REFUSE, ALLOW
/* Signals to it, by whatever call sends them. */
#define OWN_SIGNALS(self) OWN(tgkill, self)
/* What time() is where the kernel has no vDSO. */
#ifdef SYS_time
#define OLD_TIME ALLOWED(time),
#else
#define OLD_TIME
#endif
#define FCNTLS                                                                                     \
	ARGUMENT(fcntl, 1, 5), IS(F_SETOWN, 3), IS(F_SETOWN_EX, 2), IS(F_SETSIG, 1), ALLOW, REFUSE

/* As F_SETOWN does, of sockets: who gets the signal when something arrives. */
#define OWNERS ARGUMENT(ioctl, 1, 4), IS(FIOSETOWN, 2), IS(SIOCSPGRP, 1), ALLOW, REFUSE

static bool install(struct sock_filter *filter, size_t count)
{
	struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool lockdown_no_network(void)
{
	struct sock_filter filter[] = {PROLOGUE, REFUSED(socket), REFUSED(io_uring_setup), ALLOW};

	return install(filter, ARRAY_SIZE(filter));
}

/* What only some machines have. */
#ifdef SYS_fork
#define OLD_FORKS REFUSED(fork), REFUSED(vfork),
#else
#define OLD_FORKS
#endif

bool lockdown_one_process(void)
{
	struct sock_filter filter[] = {
		PROLOGUE,
		/* another process, and what one does to another */
		OLD_FORKS REFUSED(clone), REFUSED(clone3), OWN(kill, getpid()),
		OWN_SIGNALS(getpid()), REFUSED(tkill), REFUSED(rt_sigqueueinfo),
		REFUSED(rt_tgsigqueueinfo), REFUSED(pidfd_open), REFUSED(pidfd_send_signal),
		REFUSED(pidfd_getfd), FCNTLS, OWNERS, REFUSED(ptrace), REFUSED(process_vm_readv),
		REFUSED(process_vm_writev), OWN(prlimit64, 0),
		/* the network */
		REFUSED(socket), REFUSED(socketpair), REFUSED(io_uring_setup),
		/* the host */
		REFUSED(init_module), REFUSED(finit_module), REFUSED(delete_module),
		REFUSED(kexec_load), REFUSED(kexec_file_load), REFUSED(bpf),
		REFUSED(perf_event_open), REFUSED(userfaultfd), REFUSED(keyctl), REFUSED(add_key),
		REFUSED(request_key), REFUSED(mount), REFUSED(umount2), REFUSED(pivot_root),
		REFUSED(move_mount), REFUSED(open_tree), REFUSED(fsopen), REFUSED(fsmount),
		REFUSED(chroot), REFUSED(unshare), REFUSED(setns), REFUSED(reboot), ALLOW};

	return install(filter, ARRAY_SIZE(filter));
}

bool lockdown_no_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};

	/* What exec would give back to root; only who has CAP_SETPCAP can, and without it
	 * PR_SET_NO_NEW_PRIVS says the same. */
	for (unsigned long capability = 0; capability < 64; capability++)
		(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_capset, &head, none) == 0;
}

bool lockdown_few_calls(void)
{
	struct sock_filter filter[] = {
		PROLOGUE,
		/* files that are open; opening is Landlock's to refuse, and hivex opens its memory
		 * file by the descriptor */
		ALLOWED(read), ALLOWED(write), ALLOWED(readv), ALLOWED(writev), ALLOWED(pread64),
		ALLOWED(pwrite64), ALLOWED(lseek), ALLOWED(close), ALLOWED(fstat),
		ALLOWED(newfstatat), ALLOWED(statx), ALLOWED(fstatfs), ALLOWED(statfs), FCNTLS,
		IOCTLS, ALLOWED(openat), ALLOWED(dup), ALLOWED(memfd_create),
		/* 'verify': libvhdi makes its path absolute, and the names of a folder tell a parent
		 * whose name differs by case */
		ALLOWED(getcwd), ALLOWED(getdents64),
		/* outputs */
		ALLOWED(ftruncate), ALLOWED(fallocate), ALLOWED(fsync), ALLOWED(fdatasync),
		ALLOWED(sync_file_range), ALLOWED(copy_file_range), ALLOWED(fadvise64),
		ALLOWED(sendfile), ALLOWED(ppoll),
		/* memory files that another process of ours fills: convert/grub_reader */
		ALLOWED(recvmsg),
		/* memory, time, and the process itself */
		ALLOWED(brk), ALLOWED(mmap), ALLOWED(munmap), ALLOWED(mremap), ALLOWED(madvise),
		ALLOWED(mprotect), ALLOWED(futex), ALLOWED(clock_gettime), ALLOWED(clock_getres),
		ALLOWED(gettimeofday), OLD_TIME ALLOWED(getrandom), ALLOWED(getpid),
		ALLOWED(gettid), OWN_SIGNALS(getpid()), ALLOWED(rt_sigaction),
		ALLOWED(rt_sigprocmask), ALLOWED(rt_sigreturn), ALLOWED(restart_syscall),
		ALLOWED(exit), ALLOWED(exit_group), REFUSE};

	return install(filter, ARRAY_SIZE(filter));
}

/* The rights of Landlock's first version and what later ones added, by version of the kernel's. */
static const uint64_t rights_of_abi[] = {
	0,
	(UINT64_C(1) << 13) - 1, /* all of version 1 */
	(UINT64_C(1) << 14) - 1, /* LANDLOCK_ACCESS_FS_REFER */
	(UINT64_C(1) << 15) - 1, /* LANDLOCK_ACCESS_FS_TRUNCATE */
	(UINT64_C(1) << 15) - 1,
	(UINT64_C(1) << 16) - 1, /* LANDLOCK_ACCESS_FS_IOCTL_DEV */
};

/* struct landlock_ruleset_attr of version 6; headers may be older. */
struct ruleset {
	uint64_t files, network, scoped;
};

#define NETWORK_ABI 4
#define SCOPED_ABI  6

/* Rights by their uapi numbers. Those of files, and those of folders. */
#define EXECUTE	    (UINT64_C(1) << 0)
#define READ_FILE   (UINT64_C(1) << 2)
#define WRITE_FILE  (UINT64_C(1) << 1 | UINT64_C(1) << 14) /* and TRUNCATE */
#define READ_FOLDER (UINT64_C(1) << 3)
#define CHANGE                                                                                     \
	(UINT64_C(1) << 5 | UINT64_C(1) << 8 | UINT64_C(1) << 13) /* REMOVE_FILE, MAKE_REG, REFER */

/* struct landlock_path_beneath_attr. */
struct __attribute__((packed)) beneath {
	uint64_t allowed;
	int32_t folder;
};

#define RULE_PATH_BENEATH 1

static void add_place(struct lockdown_places *places, char *path, enum lockdown_use use)
{
	if (path && places->count < ARRAY_SIZE(places->list))
		places->list[places->count++] = (struct lockdown_place){path, use};
	else
		free(path);
}

void lockdown_places_done(struct lockdown_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->list[i].path);
	places->count = 0;
}

void lockdown_add(struct lockdown_places *places, const char *path, enum lockdown_use use)
{
	if (path)
		add_place(places, strdup(path), use);
}

void lockdown_add_folder(struct lockdown_places *places, const char *path, enum lockdown_use use)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (path)
		add_place(places, slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup("."),
			  use);
}

static uint64_t rights_of(const struct lockdown_place *place, bool is_folder)
{
	static const uint64_t of_files[] = {
		[LOCKDOWN_LIST] = 0,
		[LOCKDOWN_READ] = READ_FILE,
		[LOCKDOWN_RUN] = READ_FILE | EXECUTE,
		[LOCKDOWN_WRITE] = READ_FILE | WRITE_FILE,
	};

	return of_files[place->use] | (is_folder ? READ_FOLDER : 0) |
	       (is_folder && place->use == LOCKDOWN_WRITE ? CHANGE : 0);
}

/* A path that does not exist is none to allow. */
static void allow_place(int fd_of_rules, uint64_t known, const struct lockdown_place *place)
{
	CLEANUP_FD int fd = open(place->path, O_PATH | O_CLOEXEC);
	struct beneath rule = {.folder = fd};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	rule.allowed = known & rights_of(place, S_ISDIR(st.st_mode));
	(void)syscall(SYS_landlock_add_rule, fd_of_rules, RULE_PATH_BENEATH, &rule, 0);
}

static int make_ruleset(uint64_t *ret_known)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* _VERSION */);
	size_t known = abi > 0 ? min_u64((uint64_t)abi, ARRAY_SIZE(rights_of_abi) - 1) : 0;
	struct ruleset ruleset = {.files = rights_of_abi[known]};
	size_t size = sizeof(ruleset.files);

	if (abi <= 0)
		return -1;
	*ret_known = ruleset.files;
	if (abi >= NETWORK_ABI) {
		ruleset.network = 3; /* binding and connecting TCP */
		size += sizeof(ruleset.network);
	}
	if (abi >= SCOPED_ABI) {
		ruleset.scoped = 3; /* abstract sockets, signals */
		size += sizeof(ruleset.scoped);
	}
	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
}

bool lockdown_paths(const struct lockdown_places *places)
{
	uint64_t known = 0;
	CLEANUP_FD int fd = make_ruleset(&known);

	for (size_t i = 0; fd >= 0 && i < places->count; i++)
		allow_place(fd, known, &places->list[i]);
	return fd >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, fd, 0) == 0;
}
