/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into the program under test: lets the n-th call that changes a file fail, or sends a
 * signal there.
 *
 *   FAULT_LOG=PATH    append the name of every call that counts
 *   FAULT_AT=N        the call that is hit, from 1
 *   FAULT_ERRNO=CODE  it fails with this errno, and so do all that follow; ENOSPC lets the first
 *                     one do half of its work
 *   FAULT_ONCE=1      those that follow succeed
 *   FAULT_SIGNAL=NR   the signal is raised instead
 *   FAULT_READ=N      the n-th pread() fails with EIO, and no other call that is above
 *   FAULT_READS=PATH  write there how many of them there were
 *
 * Calls on standard streams do not count. fsync() does nothing, for speed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum verdict { PASS, HALF, FAIL };

/* Committer and worker count together, and in the sandbox no file can be opened. */
static atomic_uint *calls, *reads;
static int log_fd = -1, reads_fd = -1;

__attribute__((constructor)) static void prepare(void)
{
	const char *path = getenv("FAULT_LOG"), *reads_path = getenv("FAULT_READS");

	calls = mmap(NULL, 2 * sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (calls == MAP_FAILED)
		abort();
	reads = calls + 1;
	if (path)
		log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (reads_path)
		reads_fd = open(reads_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static int number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text ? atoi(text) : 0;
}

/* Without the wrappers below. */
static void log_call(const char *name)
{
	static ssize_t (*real)(int, const void *, size_t);
	char line[32] = "";

	if (log_fd < 0)
		return;
	*(void **)&real = dlsym(RTLD_NEXT, "write");
	strncat(line, name, sizeof(line) - 2);
	strcat(line, "\n");
	(void)!real(log_fd, line, strlen(line));
}

static enum verdict judge(const char *name)
{
	unsigned int call = atomic_fetch_add(calls, 1) + 1,
		     at = (unsigned int)number_of("FAULT_AT");
	int code = number_of("FAULT_ERRNO"), number = number_of("FAULT_SIGNAL");

	log_call(name);
	if (at == 0 || call < at || (call > at && (number || number_of("FAULT_ONCE"))))
		return PASS;
	if (number) {
		raise(number);
		return PASS;
	}
	if (code == ENOSPC && call == at)
		return HALF;
	errno = code;
	return FAIL;
}

/* For calls that cannot be done by half. */
static bool fails(const char *name)
{
	enum verdict verdict = judge(name);

	if (verdict == HALF)
		errno = ENOSPC;
	return verdict != PASS;
}

#define REAL(function) *(void **)&real = dlsym(RTLD_NEXT, function)

ssize_t write(int fd, const void *buffer, size_t size)
{
	static ssize_t (*real)(int, const void *, size_t);
	enum verdict verdict = fd > STDERR_FILENO ? judge("write") : PASS;

	REAL("write");
	return verdict == FAIL ? -1 : real(fd, buffer, verdict == HALF ? (size + 1) / 2 : size);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	static ssize_t (*real)(int, void *, size_t, off_t);
	unsigned int read = atomic_fetch_add(reads, 1) + 1;

	REAL("pread64");
	if (read != (unsigned int)number_of("FAULT_READ"))
		return real(fd, buffer, size, offset);
	errno = EIO;
	return -1;
}

static void write_reads(void)
{
	if (reads_fd >= 0)
		dprintf(reads_fd, "%u\n", atomic_load(reads));
	reads_fd = -1;
}

/* The program ends without destructors, unless it has a sanitizer. */
__attribute__((destructor)) static void at_exit(void)
{
	write_reads();
}

void _exit(int status)
{
	write_reads();
	for (;;)
		syscall(SYS_exit_group, status);
}

ssize_t pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);
	enum verdict verdict = judge("pwrite");

	REAL("pwrite64");
	return verdict == FAIL ? -1
			       : real(fd, buffer, verdict == HALF ? (size + 1) / 2 : size, offset);
}

ssize_t copy_file_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t size,
			unsigned int flags)
{
	static ssize_t (*real)(int, off_t *, int, off_t *, size_t, unsigned int);
	enum verdict verdict = judge("copy_file_range");

	REAL("copy_file_range");
	return verdict == FAIL ? -1
			       : real(in, in_offset, out, out_offset,
				      verdict == HALF ? (size + 1) / 2 : size, flags);
}

int ftruncate(int fd, off_t length)
{
	static int (*real)(int, off_t);

	REAL("ftruncate64");
	return fails("ftruncate") ? -1 : real(fd, length);
}

int fsync(int fd)
{
	(void)fd;
	return fails("fsync") ? -1 : 0;
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	static int (*real)(int, const char *, int, const char *, int);

	REAL("linkat");
	return fails("linkat") ? -1 : real(from_fd, from, to_fd, to, flags);
}

int rename(const char *from, const char *to)
{
	static int (*real)(const char *, const char *);

	REAL("rename");
	return fails("rename") ? -1 : real(from, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	static int (*real)(int, const char *, int, const char *, unsigned int);

	REAL("renameat2");
	return fails("renameat2") ? -1 : real(from_fd, from, to_fd, to, flags);
}
