/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process's memory and end: see process.h. */
#include "common/process.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/checked.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(HAS_SANITIZER)
static const bool has_sanitizer = true;
#else
static const bool has_sanitizer = false;
#endif

#define LARGEST_ON_HEAP (32 << 20)

bool process_has_sanitizer(void)
{
	return has_sanitizer;
}

static void populate(uintptr_t begin, uintptr_t end)
{
	if (begin < end)
		(void)madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
}

void process_reserve_heap(size_t bytes)
{
	void *volatile block; /* volatile: else it is not allocated at all */
	uintptr_t begin, end, page = (uintptr_t)sysconf(_SC_PAGESIZE);

	if (has_sanitizer)
		return;
	mallopt(M_MMAP_THRESHOLD, LARGEST_ON_HEAP);
	mallopt(M_TRIM_THRESHOLD, LARGEST_ON_HEAP);
	block = malloc(bytes);
	end = (uintptr_t)sbrk(0);
	begin = (end - mallinfo2().arena) / page * page; /* unless there are threads */
	populate(begin, (uintptr_t)block / page * page);
	populate((uintptr_t)block / page * page, end);
	free(block);
}

_Noreturn void process_end(int status)
{
	if (has_sanitizer)
		exit(status);
	fflush(NULL);
	_exit(status);
}
