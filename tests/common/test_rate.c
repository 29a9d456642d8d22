/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time that is left, on works that were recorded or made up: at most twice and at least half of what it then was. */
#include <criterion/criterion.h>

#include "common/rate.h"

#define MIB_(n) ((uint64_t)(n) << 20)

struct look {
	double seconds;
	unsigned int mib;
};

struct work {
	const struct look *looks;
	size_t count;
	unsigned int mib; /* in all */
	double end;
	double from; /* this share of it on */
};

static void check(const struct work *work)
{
	struct rate rate;

	rate_start(&rate, MIB_(work->mib), MIB_(256));
	for (size_t i = 0; i < work->count; i++) {
		const struct look *look = &work->looks[i];
		double truth = work->end - look->seconds;

		rate_add(&rate, look->seconds, MIB_(look->mib));
		if (look->mib < work->from * work->mib)
			continue;
		cr_assert(rate_left(&rate) <= 2 * truth && rate_left(&rate) >= truth / 2,
			  "at %u MiB of %u: %.2f s, it was %.2f s", look->mib, work->mib,
			  rate_left(&rate), truth);
	}
}

#define WORK(name, mib, end, from)                                                                 \
	(&(struct work){name, sizeof(name) / sizeof(*name), mib, end, from})

/* 3.1 GiB of 40 GiB, raw to VHDX, written directly. */
static const struct look direct[] = {{0.399, 172},  {0.448, 332},  {0.574, 492},  {0.701, 652},
				     {0.921, 801},  {1.036, 963},  {1.176, 1123}, {1.290, 1283},
				     {1.354, 1443}, {1.452, 1603}, {1.712, 1763}, {1.847, 1923},
				     {1.973, 2083}, {2.051, 2243}, {2.157, 2403}, {2.419, 2563},
				     {2.630, 2723}, {2.698, 2883}, {2.767, 2979}, {2.788, 3011},
				     {2.813, 3043}, {2.822, 3075}, {2.858, 3107}, {2.868, 3139},
				     {2.891, 3171}};

/* The same to QCOW2, through the page cache. */
static const struct look cached[] = {{0.311, 164},  {0.536, 332},  {0.654, 492},  {0.796, 652},
				     {1.130, 801},  {1.433, 963},  {1.719, 1123}, {2.004, 1283},
				     {2.260, 1443}, {2.584, 1603}, {2.908, 1763}, {3.202, 1923},
				     {3.521, 2083}, {3.778, 2243}, {4.056, 2403}, {4.336, 2563},
				     {4.608, 2723}, {4.882, 2883}, {5.020, 2979}, {5.148, 3011},
				     {5.167, 3043}, {5.226, 3075}, {5.270, 3107}, {5.324, 3139},
				     {5.383, 3171}};

/* The same to raw, on a device that others used at first. */
static const struct look hindered[] = {{0.805, 171},  {1.983, 331},  {3.086, 491},  {4.139, 651},
				       {4.556, 801},  {4.723, 963},  {4.952, 1123}, {5.165, 1283},
				       {5.268, 1443}, {5.363, 1603}, {5.457, 1763}, {5.567, 1923},
				       {5.688, 2083}, {5.832, 2243}, {5.907, 2403}, {6.029, 2563},
				       {6.157, 2723}, {6.272, 2883}, {6.337, 2979}, {6.357, 3011},
				       {6.418, 3043}, {6.464, 3075}, {6.506, 3107}};

Test(rate, of_what_was_recorded)
{
	check(WORK(direct, 3195, 3.023, 0.2));
	check(WORK(cached, 3195, 5.623, 0.2));
	check(WORK(hindered, 3195, 6.690, 0.6));
}

/* What a device of 'speed' has when memory takes 2 GiB/s and 256 MiB are on their way, from 20 % to the last look. */
static void check_device(double speed, unsigned int mib)
{
	struct rate rate;
	double end = mib / speed + 0.1;

	rate_start(&rate, MIB_(mib), MIB_(256));
	for (unsigned int done = 0; done < mib; done += 16) {
		double by_memory = done / 2048.0, by_device = (done - 256.0) / speed;
		double seconds = by_memory > by_device ? by_memory : by_device;

		rate_add(&rate, seconds, MIB_(done));
		if (done < 0.2 * mib || done < 384)
			continue;
		cr_assert(rate_left(&rate) <= 2 * (end - seconds) &&
				  rate_left(&rate) >= (end - seconds) / 2,
			  "%.0f MiB/s, %u of %u MiB: %.2f s, it is %.2f s", speed, done, mib,
			  rate_left(&rate), end - seconds);
	}
}

Test(rate, what_is_on_its_way_is_waited_for)
{
	check_device(40, 3200);
	check_device(100, 3200);
	check_device(100, 1024);
	check_device(800, 3200);
	check_device(200, 200 * 1024);
}

Test(rate, is_that_of_late)
{
	struct rate rate;

	rate_start(&rate, MIB_(1000), 0);
	cr_assert_lt(rate_left(&rate), 0);
	cr_assert_eq(rate_speed(&rate), 0);
	rate_add(&rate, 0.5, 0);
	/* 10 MiB/s for the first half, then 100 MiB/s. */
	for (unsigned int i = 1; i <= 100; i++)
		rate_add(&rate, i <= 50 ? i : 50 + (i - 50) / 10.0, MIB_(10) * i);
	cr_assert_float_eq(rate_speed(&rate) / (1 << 20), 100, 1);
	cr_assert_eq(rate_left(&rate), 0);
	rate_add(&rate, 60, 0); /* what failed counts no more */
	cr_assert_lt(rate_speed(&rate) / (1 << 20), 100);
	cr_assert_gt(rate_speed(&rate), 0);
}

Test(rate, of_nothing)
{
	struct rate rate = {.total = 0};

	rate_add(&rate, 1, 0);
	rate_start(&rate, 0, 0);
	rate_add(&rate, 1, 0);
	cr_assert_lt(rate_left(&rate), 0);
}

/* A clock that hardly moves: what is shown is a number that a uint64_t holds. */
Test(rate, is_never_more_than_can_be_shown)
{
	struct rate rate;

	rate_start(&rate, UINT64_MAX, 0);
	rate_add(&rate, 1e-9, UINT64_MAX / 2);
	cr_assert_lt(rate_speed(&rate), 0x1p64);
	cr_assert_gt(rate_speed(&rate), 0x1p50);
}
