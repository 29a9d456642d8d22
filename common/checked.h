/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Overflow-checked arithmetic on unsigned 64-bit sizes and offsets, for operands that come from a
 * disk. Every function returns true when the result fits and stores it; on false *ret is undefined.
 * Combine with && so that one condition covers a whole bounds computation.
 */
#ifndef HVGEN2_COMMON_CHECKED_H
#define HVGEN2_COMMON_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1024) * KIB)
#define GIB (UINT64_C(1024) * MIB)
#define TIB (UINT64_C(1024) * GIB)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static inline MUST_CHECK bool add_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
	return !__builtin_add_overflow(a, b, ret);
}

static inline MUST_CHECK bool mul_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
	return !__builtin_mul_overflow(a, b, ret);
}

/* Round up to a multiple of 'unit' (not zero, need not be a power of two). */
static inline MUST_CHECK bool round_up_u64(uint64_t a, uint64_t unit, uint64_t *ret)
{
	uint64_t rest = a % unit;

	return add_u64(a, rest ? unit - rest : 0, ret);
}

/* Does [offset, offset + length) lie within [0, size)? */
static inline bool range_within(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

static inline uint64_t div_round_up(uint64_t a, uint64_t unit)
{
	return a / unit + (a % unit != 0);
}

static inline uint64_t round_down(uint64_t a, uint64_t unit)
{
	return a - a % unit;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline bool is_power_of_two(uint64_t a)
{
	return a && !(a & (a - 1));
}

#endif
