/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast a work goes on of late, and how long it will take. What is written is done before it has reached its device: at
 * first as fast as memory takes it, until as much is on its way as may be; so much is waited for in the end.
 */
#ifndef HVGEN2_COMMON_RATE_H
#define HVGEN2_COMMON_RATE_H

#include <stdint.h>

#define RATE_MARKS 20

struct rate_mark {
	double seconds; /* since the work began */
	uint64_t done;	/* bytes */
};

/* Embedded; all zero is a work of no bytes. */
struct rate {
	uint64_t total, ahead;
	struct rate_mark
		marks[RATE_MARKS + 1]; /* the first look at each twentieth; [0] the beginning */
	unsigned int count;
	struct rate_mark full; /* when 'ahead' was done; done 0: not yet */
	struct rate_mark last;
};

/* A work of 'total' bytes begins, of which at most 'ahead' are on their way; 0: they are done when they are told of. */
void rate_start(struct rate *rate, uint64_t total, uint64_t ahead);

/* So much is done 'seconds' after it began, which does not fall. A 'done' that falls is as if it stayed. */
void rate_add(struct rate *rate, double seconds, uint64_t done);

/* Bytes a second, of the last fifth of the work; 0 when nothing is done, and never more than a uint64_t holds. */
double rate_speed(const struct rate *rate);

/* Seconds from the last rate_add() until all has reached its device; negative when nothing is known. */
double rate_left(const struct rate *rate);

#endif
