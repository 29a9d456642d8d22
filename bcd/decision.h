/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of each known element on the way from BIOS to UEFI; one that has no name in
 * bcd/names.h has no decision either and is carried. The table says no more than that: devices and
 * programs are carried in the form that the steps of the conversion give them.
 */
#ifndef HVGEN2_BCD_DECISION_H
#define HVGEN2_BCD_DECISION_H

#include <stddef.h>
#include <stdint.h>

enum bcd_fate {
	BCD_CARRIED,
	BCD_DROPPED,
	BCD_WARNED,	      /* carried; when it is in force, the report says what it does */
	BCD_WARNED_IN_LOADER, /* the same, and carried without a word in all other entries */
};

struct bcd_decision {
	uint32_t application; /* of class 2 elements: BCD_OBJECT_APPLICATION; else 0 */
	uint32_t code;
	enum bcd_fate fate;
	const char *reason; /* in the report unless carried */
};

/* NULL for an element that is not known in such an object. */
const struct bcd_decision *bcd_decide(uint32_t object_type, uint32_t code);

/* The table itself. */
extern const struct bcd_decision bcd_decisions[];
extern const size_t bcd_decision_count;

#endif
