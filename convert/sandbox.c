/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sandbox: see sandbox.h. */
#include "convert/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/process.h"

/* Above what the process has when it enters. The largest hive that is read, 64 MiB, takes 210 MiB. */
#define MEMORY (UINT64_C(1) * GIB)
/* Block maps: 8 bytes for each block, which may have 1 MiB, of the source and of the output. */
#define MAP_BYTES_PER_MIB 16
/* Hives are memory files, eleven at most at once. */
#define MORE_FILES 32

static const char *const wishes[SANDBOX_WISH_MAX] = {"auto", "require", "off"};
static const char *const states[SANDBOX_STATE_MAX] = {"none", "partial", "full"};

bool sandbox_parse(const char *text, enum sandbox_wish *ret)
{
	for (unsigned int i = 0; i < SANDBOX_WISH_MAX; i++) {
		if (strcmp(text, wishes[i]) == 0) {
			*ret = (enum sandbox_wish)i;
			return true;
		}
	}
	return false;
}

const char *sandbox_text(enum sandbox_state state)
{
	return states[state];
}

bool sandbox_is_wanted(enum sandbox_wish wish)
{
	return wish != SANDBOX_OFF && !(wish == SANDBOX_AUTO && process_has_sanitizer());
}

/* What libraries look for on the disk when they are first asked: the tables of iconv, which libhivex
 * uses, stay loaded while a converter is open. */
static void load_tables(void)
{
	static const char *const pairs[][2] = {{"UTF-8", "UTF-16LE"},
					       {"UTF-16LE", "UTF-8"},
					       {"UTF-8", "LATIN1"},
					       {"LATIN1", "UTF-8"}};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		(void)iconv_open(pairs[i][0], pairs[i][1]);
	tzset();
}

/* Bytes of address space in use. */
static uint64_t address_space(void)
{
	unsigned long pages = 0;
	FILE *stream = fopen("/proc/self/statm", "re");

	if (stream && fscanf(stream, "%lu", &pages) != 1)
		pages = 0;
	if (stream)
		fclose(stream);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Never more than there was. */
static void limit(__rlimit_resource_t resource, uint64_t most)
{
	struct rlimit found;

	if (getrlimit(resource, &found) < 0)
		return;
	found.rlim_max = found.rlim_cur = min_u64(found.rlim_cur, most);
	setrlimit(resource, &found);
}

/* Close what whoever called us left open; our own descriptors go with exec. Returns the highest one
 * of those that stay. */
static int close_inherited(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int highest = STDERR_FILENO;

	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		int fd = (int)strtol(entry->d_name, NULL, 10), flags = fcntl(fd, F_GETFD);

		if (fd > STDERR_FILENO && flags >= 0 && !(flags & FD_CLOEXEC))
			close(fd);
		else if (fd > highest)
			highest = fd;
	}
	if (folder)
		closedir(folder);
	return highest;
}

static void limit_all(const struct sandbox *sandbox, uint64_t disk_size, int highest)
{
	if (sandbox->memory)
		limit(RLIMIT_AS, sandbox->memory + MEMORY + disk_size / MIB * MAP_BYTES_PER_MIB);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, (uint64_t)highest + 1 + MORE_FILES);
}

static int check_required(enum sandbox_wish wish, bool no_paths, bool few_calls, struct error *err)
{
	if (wish != SANDBOX_REQUIRE || (no_paths && few_calls))
		return 0;
	return error_failed(err, ENOSYS,
			    "'--sandbox require': this kernel or container has no %s%s%s",
			    no_paths ? "" : "Landlock", no_paths || few_calls ? "" : " and no ",
			    few_calls ? "" : "seccomp");
}

/* What needs a path to be done: once, before paths lead nowhere. */
static void prepare(struct sandbox *sandbox)
{
	if (sandbox->is_prepared)
		return;
	load_tables();
	sandbox->nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sandbox->memory = address_space();
	sandbox->is_prepared = true;
}

void sandbox_limit_paths(struct sandbox *sandbox, struct lockdown_places *places)
{
	if (!sandbox_is_wanted(sandbox->wish) || process_has_sanitizer())
		return;
	prepare(sandbox);
	lockdown_add(places, "/proc", LOCKDOWN_LIST); /* for close_inherited() */
	(void)lockdown_paths(places);
}

int sandbox_enter(struct sandbox *sandbox, uint64_t disk_size, const struct lockdown_places *places,
		  struct error *err)
{
	const struct lockdown_places none = {.count = 0};
	bool no_paths, few_calls;

	sandbox->state = SANDBOX_NONE;
	if (!sandbox_is_wanted(sandbox->wish))
		return 0;
	if (process_has_sanitizer())
		return error_failed(
			err, ENOTSUP,
			"'--sandbox require': a program with AddressSanitizer has none");
	prepare(sandbox);
	if (sandbox->nothing > STDERR_FILENO)
		(void)dup2(sandbox->nothing, STDIN_FILENO);
	limit_all(sandbox, disk_size, close_inherited());
	no_paths = lockdown_paths(places ? places : &none);
	few_calls = lockdown_few_calls();
	sandbox->state = no_paths && few_calls	 ? SANDBOX_FULL
			 : no_paths || few_calls ? SANDBOX_PARTIAL
						 : SANDBOX_NONE;
	return check_required(sandbox->wish, no_paths, few_calls, err);
}
