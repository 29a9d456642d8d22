/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandbox in which what a guest wrote is read: no path leads to a file that is not open
 * (Landlock without a rule, or with one for files that are read already), only some fifty system
 * calls are answered (seccomp), no process, no core, and an end to memory. What has to be opened is
 * open before: the chain, the template, the outputs. Kernels and containers that lack a part of it are told of in the report.
 */
#ifndef HVGEN2_CONVERT_SANDBOX_H
#define HVGEN2_CONVERT_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/lockdown.h"

enum sandbox_wish {
	SANDBOX_AUTO,	 /* as much as there is */
	SANDBOX_REQUIRE, /* all or a failure */
	SANDBOX_OFF,
	SANDBOX_WISH_MAX,
};

enum sandbox_state {
	SANDBOX_NONE,	 /* neither, or switched off */
	SANDBOX_PARTIAL, /* Landlock or seccomp is missing */
	SANDBOX_FULL,
	SANDBOX_STATE_MAX,
};

/* "auto", "require", "off". */
bool sandbox_parse(const char *text, enum sandbox_wish *ret);

/* "none", "partial", "full". */
const char *sandbox_text(enum sandbox_state state);

/* Would it be of any use to ask? False when it is off, or where this program was built with
 * AddressSanitizer, whose leak check starts a process of its own. */
bool sandbox_is_wanted(enum sandbox_wish wish);

/* The way of a process into the sandbox. Embedded. */
struct sandbox {
	enum sandbox_wish wish;	  /* set by the caller */
	enum sandbox_state state; /* what came of it */
	bool is_prepared;
	int nothing;	 /* /dev/null */
	uint64_t memory; /* address space in use before */
};

/*
 * The first step, for good, before images are opened: paths lead to 'places' only, to which the
 * names in /proc are added. No error: sandbox_enter() sees what is missing. It can be left out.
 */
void sandbox_limit_paths(struct sandbox *sandbox, struct lockdown_places *places);

/*
 * Lock this process in, for good. 'disk_size' is the size of the virtual disk in bytes: block maps
 * take memory by it. Paths lead to 'places' only, of those that sandbox_limit_paths() left; NULL:
 * nowhere. Fills sandbox->state. Errors: ERROR_FAILED when it is required and not full; it names
 * what is missing.
 */
int sandbox_enter(struct sandbox *sandbox, uint64_t disk_size, const struct lockdown_places *places,
		  struct error *err);

#endif
