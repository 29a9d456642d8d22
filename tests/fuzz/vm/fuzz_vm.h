/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mutator of whole VMs: what its parts share. A round takes one of the seeds, changes some of
 * its structures in place, runs the program under test on it, judges, and puts the bytes back.
 * Everything a round does follows from the seed number and its own number.
 */
#ifndef HVGEN2_TESTS_FUZZ_VM_FUZZ_VM_H
#define HVGEN2_TESTS_FUZZ_VM_FUZZ_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "tests/fixtures/content.h"
#include "tests/fuzz/vm/places.h"

/* Say what failed ("mutate_vm: ...") and end with status 2: nothing was judged. */
void die(const char *format, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/* New text; what fails ends the program. */
char *text(const char *format, ...) PRINTF_LIKE(1, 2);

/* A file of a VM: the pristine one of the seed, and the working copy that is changed. */
struct member {
	char *name, *path; /* of the working copy */
	int base, fd;
	uint64_t size;
	struct places places;
	struct {
		uint64_t offset, size;
	} touched[256]; /* to be put back */
	size_t touched_count;
	uint64_t cut; /* the size that the file was given; 'size' when it was not cut */
};

/* A folder of seeds is a VM: "disk.*" is what the program is run on, "template.*" (may be missing)
 * the NVRAM store for --nvram-template, all others are parents. */
struct vm {
	char *name, *folder; /* of the working copies */
	struct member members[8];
	size_t count;
	const struct member *disk, *template; /* template: or NULL */
};

/* vm.c: a VM from a folder of seeds, its working copy below 'work'. */
void vm_load(struct vm *vm, const char *seed, const char *work);
/* Overwrite bytes of the working copy; what reaches beyond its end is left out. */
void member_write(struct member *member, const void *bytes, size_t size, uint64_t offset);
/* The bytes as they are now in the working copy; behind its end they are zeros. */
void member_read(const struct member *member, void *bytes, size_t size, uint64_t offset);
/* Make the file shorter or longer. */
void member_cut(struct member *member, uint64_t size);
/* Put all back as the seed has it. */
void vm_restore(struct vm *vm);
/* Are all working copies what their seeds are, to the byte? */
bool vm_is_pristine(const struct vm *vm);

/* seal.c: take what protects a structure off its bytes, so that they can be changed, and put it on
 * again: checksums, and the update sequences of NTFS. */
void seal_open(enum place_kind kind, uint8_t *bytes, size_t size);
void seal_close(enum place_kind kind, uint8_t *bytes, size_t size);

/* mutate.c: change the VM; what was done is written to 'notes', a line a change. */
void mutate(struct vm *vm, struct random *random, FILE *notes);

/* run.c: one run of the program. */
struct run {
	int status; /* exit status; -1 when it ended by a signal */
	int signal;
	bool timed_out;
	long memory;	  /* largest resident set, KiB */
	double processor; /* seconds that it and its children have computed */
	char *out, *err;
	size_t out_size, err_size;
};
/* 'arguments' as for execv(). Killed after 'seconds' of computing, or six times as many in all. */
void run_program(const char *const *arguments, unsigned int seconds, struct run *ret);
void run_done(struct run *run);

/* judge.c */
struct limits {
	unsigned int seconds; /* of computing */
	long memory;	      /* KiB */
};
enum verb { INSPECT, CONVERT, VERIFY, VERBS };
/* What is wrong with a run, as new text, or NULL. A failure of this machine ends the program: nothing
 * can be judged on it. */
char *judge_run(const struct run *run, enum verb verb, const struct limits *limits);
/* What is wrong with the files in the folder of outputs after a run that ended with 'status'. */
char *judge_outputs(const char *folder, int status);
/* Remove all files in a folder. */
void empty_folder(const char *folder);

#endif
