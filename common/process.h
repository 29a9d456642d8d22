/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a short-lived process spends its time on beside its work: page faults, which cost 20 us each
 * under some hypervisors where a page that is asked for costs 1.4 us, and its end.
 */
#ifndef HVGEN2_COMMON_PROCESS_H
#define HVGEN2_COMMON_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* Built with AddressSanitizer: address space cannot be limited, and leaks are looked for at exit(). */
bool process_has_sanitizer(void);

/* Have 'bytes' of heap at hand, and what a fork() left shared of the heap copied, in one call
 * instead of a fault for each page. Blocks of less than 32 MiB come from the heap from now on, which
 * keeps what was freed. A help alone: it does nothing where the kernel (before 5.14) cannot. */
void process_reserve_heap(size_t bytes);

/* What surveying and planning a disk takes, and writing it with a store of 4 MiB. */
#define PROCESS_HEAP_TO_PLAN  (2U << 20)
#define PROCESS_HEAP_TO_WRITE (8U << 20)

/* exit() without the destructors of the libraries, which have nothing to save: standard streams are
 * flushed. */
_Noreturn void process_end(int status);

#endif
