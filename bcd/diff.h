/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between two boot stores, object by object and element by element. */
#ifndef HVGEN2_BCD_DIFF_H
#define HVGEN2_BCD_DIFF_H

#include "bcd/store.h"

enum bcd_difference_kind { BCD_ADDED, BCD_REMOVED, BCD_CHANGED, BCD_DIFFERENCE_KIND_MAX };

struct bcd_difference {
	enum bcd_difference_kind kind;
	const struct bcd_object *object;	  /* of B, or of A when it is only there */
	const struct bcd_element *before, *after; /* NULL: not there; both NULL: the whole object */
};

/* A negative result ends the comparison and is returned by it. */
typedef int bcd_difference_seen(void *context, const struct bcd_difference *difference);

/* Objects in the order of A, then those that only B has; likewise the elements within an object. */
int bcd_diff(const struct bcd_store *a, const struct bcd_store *b, bcd_difference_seen *seen,
	     void *context);

#endif
