/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast a work goes on, and how long it will take: see rate.h. */
#include "common/rate.h"

#include "common/checked.h"

/* The rate is that of so many marks. */
#define WINDOW (RATE_MARKS / 5)
/* For as long at least: the clock and the kernel's writer are coarse. */
#define WINDOW_SECONDS 1.0
/* To flush the device, name the outputs and sync their folder: 0.03 to 0.15 s on SSDs, whatever is written. */
#define FINISH_SECONDS 0.1
/* It is shown as a uint64_t. */
#define MOST_SPEED 1e18

void rate_start(struct rate *rate, uint64_t total, uint64_t ahead)
{
	*rate = (struct rate){.total = total, .ahead = ahead, .count = 1};
}

/* Between the last look and this one. */
static void mark_full(struct rate *rate, double seconds, uint64_t done)
{
	double share = (double)(rate->ahead - rate->last.done) / (double)(done - rate->last.done);

	rate->full.done = rate->ahead;
	rate->full.seconds = rate->last.seconds + share * (seconds - rate->last.seconds);
}

void rate_add(struct rate *rate, double seconds, uint64_t done)
{
	unsigned int reached;

	done = max_u64(done, rate->last.done);
	reached = rate->total ? (unsigned int)((double)done / (double)rate->total * RATE_MARKS) : 0;
	if (rate->last.done < rate->ahead && done >= rate->ahead)
		mark_full(rate, seconds, done);
	for (; rate->count > 0 && rate->count <= reached && rate->count <= RATE_MARKS;
	     rate->count++)
		rate->marks[rate->count] = (struct rate_mark){seconds, done};
	rate->last = (struct rate_mark){seconds, done};
}

/* From where to where the rate is measured: not in the time when memory took it all, once there is another. */
static const struct rate_mark *window_start(const struct rate *rate)
{
	const struct rate_mark *start = rate->marks;

	for (unsigned int i = 0; i + WINDOW < rate->count; i++)
		if (rate->last.seconds - rate->marks[i].seconds >= WINDOW_SECONDS)
			start = &rate->marks[i];
	if (rate->ahead > 0 && rate->full.done > start->done &&
	    rate->last.done - rate->full.done >= rate->total / RATE_MARKS)
		start = &rate->full;
	return start;
}

double rate_speed(const struct rate *rate)
{
	const struct rate_mark *start = window_start(rate);
	double seconds = rate->last.seconds - start->seconds;

	double speed = seconds > 0 ? (double)(rate->last.done - start->done) / seconds : 0;

	return speed < MOST_SPEED ? speed : MOST_SPEED;
}

/* Of the device, since memory took no more: of late, or in all, as a stall says nothing of the end. */
static double device_speed(const struct rate *rate, double speed)
{
	double seconds = rate->last.seconds - rate->full.seconds;
	double in_all = seconds > 0 ? (double)(rate->last.done - rate->full.done) / seconds : 0;

	return in_all > speed ? in_all : speed;
}

/* What the end waits for: as long as the device takes for what is on its way, less the time that it had for it in the beginning. */
static double end_seconds(const struct rate *rate, double speed)
{
	double seconds;

	if (rate->ahead == 0)
		return 0;
	seconds = rate->full.done > 0
			  ? (double)rate->ahead / device_speed(rate, speed) - rate->full.seconds
			  : 0;
	return FINISH_SECONDS + (seconds > 0 ? seconds : 0);
}

double rate_left(const struct rate *rate)
{
	double speed = rate_speed(rate);

	if (speed <= 0)
		return -1;
	return (double)(rate->total - min_u64(rate->last.done, rate->total)) / speed +
	       end_seconds(rate, speed);
}
