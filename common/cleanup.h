/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scoped clean-up: a variable marked with one of these macros is released when it goes out of
 * scope. */
#ifndef HVGEN2_COMMON_CLEANUP_H
#define HVGEN2_COMMON_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function)	__attribute__((cleanup(function)))
#define MUST_CHECK		__attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* Hand the pointer over: evaluates to its value and leaves NULL behind. */
#define TAKE(pointer)                                                                              \
	(__extension__({                                                                           \
		__typeof__(pointer) *from_ = &(pointer);                                           \
		__typeof__(pointer) taken_ = *from_;                                               \
		*from_ = NULL;                                                                     \
		taken_;                                                                            \
	}))

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Memory from malloc and its kin. */
#define CLEANUP_FREE CLEANUP(cleanup_free)
/* A file descriptor, or -1. */
#define CLEANUP_FD CLEANUP(cleanup_close)

#endif
