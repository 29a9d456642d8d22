/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A converted sample VM, made once for each build folder by mkvm and 'hvgen2 convert'; every test
 * gets a copy. */
#ifndef HVGEN2_TESTS_CONVERT_VERIFY_SAMPLE_H
#define HVGEN2_TESTS_CONVERT_VERIFY_SAMPLE_H

#define SAMPLE_BASE BUILD_DIR "/tests/verify-sample"

struct sample {
	char folder[512]; /* removed by sample_done() */
	char disk[600];	  /* "vm.vhdx" in it */
	char store[600];  /* "vm.vmgs" */
};

/* Skips the test when a tool is absent. */
void sample_init(struct sample *sample);
void sample_done(const struct sample *sample);

/* Run 'hvgen2 verify' on it. Returns what it printed, to be freed. */
char *sample_verify(const struct sample *sample, const char *options, int *ret_status);

/* The output must hold these words. */
void assert_line(const char *output, const char *line);

#endif
