/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found, kept so that it can be looked at and repeated. */
#ifndef HVGEN2_TESTS_FUZZ_VM_FINDINGS_H
#define HVGEN2_TESTS_FUZZ_VM_FINDINGS_H

#include "tests/fuzz/vm/fuzz_vm.h"

struct round {
	uint64_t number, seed;
	struct vm *vm;
	bool is_whole; /* the output is no child of the source */
	FILE *notes_file;
	char *notes; /* what was changed; NULL: nothing was */
	size_t notes_size;
};

/* How often one thing was found. */
struct finding {
	char *what;
	unsigned int times;
};

struct findings {
	char *folder; /* made with the first one */
	struct finding *list;
	size_t count;
};

/*
 * Keep a finding: its round, what was changed, the command and what it said. The first three of a
 * kind are kept, the first one with the changed files. Two are of a kind when 'verb', 'wrong' and
 * the beginning of the message are the same.
 */
void findings_keep(struct findings *findings, const struct round *round, const char *verb,
		   const char *wrong, const char *const *arguments, const struct run *run);
void findings_print(const struct findings *findings);

#endif
