/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims: who works on a VM. A claim is a file that got its name by link(), which exactly one of several hosts can do, on
 * local file systems, NFS and FUSE alike (locks and RENAME_NOREPLACE are not to be had, or lie, on some of them). Its
 * owner touches the open file six times within a lease. Others judge by whether that changes, by their own monotonic clock:
 * no two clocks are ever compared.
 *
 * A claim that was taken from one who lives costs time and no data: results get their names by link() as well, and equal
 * ones are equal.
 */
#ifndef HVGEN2_CONVERT_BATCH_STATE_CLAIM_H
#define HVGEN2_CONVERT_BATCH_STATE_CLAIM_H

#include "convert/batch/state/vm.h"

#define CLAIM_DEFAULT_LEASE 60 /* seconds */

struct claim {
	int fd; /* -1: none */
	char token[TOKEN_SIZE];
};

#define CLAIM_INIT                                                                                 \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Claim a VM. Returns 1 when it is ours; 0 when somebody else has it; ERROR_FAILED when the folder cannot be written, or
 * has no hard links. */
int claim_take(int folder, const char *name, double lease, struct claim *ret, struct error *err);

/* Say that its owner lives. */
void claim_touch(const struct claim *claim);

/* Give it back, if it is still ours. */
void claim_release(int folder, const char *name, struct claim *claim);

/* Take the claim of one who is gone out of the way, if it still is the one with this token. */
void claim_remove(int folder, const char *name, const char *token);

/* In the place of a token, of a claim that a crash of the machine left empty. */
#define CLAIM_UNREADABLE "unreadable"

/* Read it again; *view is all zero where there is none. One that cannot be opened now is what it was; one whose content nobody can
 * read is somebody's whom nobody can ask. */
void claim_look(int folder, const char *name, struct claim_view *view);

/* For how long nobody has touched the claim of 'vm', as far as was looked: to be called at every look, with the monotonic
 * time, and with no less often than every 'period' it counts in full. Longer gaps, in which we did not run ourselves, do
 * not count. True when its lease is over, 'lease' where it does not say. */
bool claim_is_over(struct batch_vm *vm, double now, double period, double lease);

#endif
