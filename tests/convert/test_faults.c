/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Faults while the outputs are written: a full disk, I/O errors and signals at many places, by a
 * preloaded library that counts the calls which change files (fault_shim.c).
 *
 * What must hold each time: exit status 1 and one sentence where the program lives, no disk under
 * the final name, no temporary file where it lives, nothing but temporary files and whole outputs
 * where it was killed, and a source without a changed byte. A fault that does no harm must leave
 * exactly the outputs of a run without one.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"

#define HVGEN2	BUILD_DIR "/convert/hvgen2"
#define MKVM	BUILD_DIR "/tests/fixtures/mkvm"
#define TIMEOUT 60

/* Calls at the end, where outputs are synced and renamed, that are all tried, and places tried
 * before these. */
#ifdef __SANITIZE_ADDRESS__
#define LAST_CALLS  10
#define EARLY_CALLS 4
#else
#define LAST_CALLS  16
#define EARLY_CALLS 9
#endif

TestSuite(faults, .timeout = 600);

static const char *const outputs[] = {"out/vm.vmgs", "out/vm.report.json", "out/vm.vhdx"};
#define OUTPUT_DISK "out/vm.vhdx"

struct fault {
	const char *variable; /* what happens: "FAULT_ERRNO=28" */
	const char *format;   /* of the output */
	bool once;
	bool kills;
	unsigned int at;
};

struct run {
	unsigned int calls; /* of a conversion without faults */
	unsigned int first_rename;
	char *sha;
	struct timespec mtime;
	uint8_t *reference[ARRAY_SIZE(outputs)];
	size_t sizes[ARRAY_SIZE(outputs)];
};

/* The line of sha256sum, to be freed. */
static char *hash_source(void)
{
	char *line;

	cr_assert_eq(tool_run(&line, "sha256sum vm.vhdx"), 0, "%s", line);
	return line;
}

static struct timespec source_time(void)
{
	struct stat st;

	cr_assert_eq(stat("vm.vhdx", &st), 0);
	return st.st_mtim;
}

static void empty_output(void)
{
	cr_assert_eq(tool_run(NULL, "rm -rf out && mkdir out"), 0);
}

static void convert(const struct fault *fault, struct process_result *ret)
{
	const char *arguments[] = {HVGEN2, "convert",	"-q",	   "--format", fault->format,
				   "-o",   OUTPUT_DISK, "vm.vhdx", NULL};
	char at[32];
	const char *variables[] = {
		"LD_PRELOAD=" FAULT_SHIM, "ASAN_OPTIONS=verify_asan_link_order=0", at,
		fault->variable,	  fault->once ? "FAULT_ONCE=1" : NULL,	   NULL};

	snprintf(at, sizeof(at), "FAULT_AT=%u", fault->at);
	empty_output();
	process_run(arguments, variables, TIMEOUT, ret);
}

/* A run without faults: how many calls it makes, and what it writes. */
static void make_reference(struct run *run, const char *format)
{
	struct fault none = {.variable = "FAULT_LOG=calls", .format = format};
	struct process_result result;
	CLEANUP_FREE char *log = NULL;

	convert(&none, &result);
	cr_assert_eq(result.status, 0, "%s", result.errors);
	log = (char *)file_read("calls", NULL);
	cr_assert_not_null(log);
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
		run->calls++;
		if (!run->first_rename &&
		    (strncmp(line, "rename", 6) == 0 || strncmp(line, "linkat", 6) == 0))
			run->first_rename = run->calls;
	}
	cr_assert_geq(run->calls, LAST_CALLS + EARLY_CALLS);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		run->reference[i] = file_read(outputs[i], &run->sizes[i]);
}

static void set_up(struct run *run, const char *name, const char *format)
{
	CLEANUP_FREE char *output = NULL;
	char folder[64];

	*run = (struct run){.calls = 0};
	cr_assert_eq(tool_run(&output,
			      "rm -rf faults-%s && mkdir faults-%s && cd faults-%s && " MKVM
			      " --small --size 1G --block-size 1M vm.vhdx",
			      name, name, name),
		     0, "%s", output);
	snprintf(folder, sizeof(folder), "faults-%s", name);
	cr_assert_eq(chdir(folder), 0);
	run->sha = hash_source();
	run->mtime = source_time();
	make_reference(run, format);
}

static void tear_down(struct run *run, const char *name)
{
	CLEANUP_FREE char *sha = hash_source();

	cr_assert_str_eq(sha, run->sha);
	free(run->sha);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		free(run->reference[i]);
	cr_assert_eq(chdir(".."), 0);
	tool_run(NULL, "rm -rf faults-%s", name);
}

static bool is_whole(const struct run *run, size_t output)
{
	CLEANUP_FREE uint8_t *data = NULL;
	size_t size;

	data = file_read(outputs[output], &size);
	return data && size == run->sizes[output] &&
	       memcmp(data, run->reference[output], size) == 0;
}

static size_t count_temporary(void)
{
	glob_t found;
	size_t count;

	count = glob("out/.*.hvgen2-??????", 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return count;
}

static void check_success(const struct run *run, const struct fault *fault)
{
	/* A signal that comes when the names are asked for, one call before the first is given, comes
	 * too late to stop the program. */
	cr_assert(fault->once || fault->at + 1 >= run->first_rename,
		  "call %u failed, the program did not", fault->at);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		cr_assert(is_whole(run, i), "%s at call %u: %s is not whole", fault->variable,
			  fault->at, outputs[i]);
}

/* One line that begins with the name of the program. */
static void check_sentence(const struct fault *fault, const char *errors)
{
	const char *text = errors + strspn(errors, "\n");
	const char *end = strchr(text, '\n');

	cr_assert_eq(strncmp(text, "hvgen2: ", 8), 0, "%s at call %u: '%s'", fault->variable,
		     fault->at, errors);
	cr_assert(end && end[1] == '\0', "%s at call %u: '%s'", fault->variable, fault->at, errors);
}

/* Only a kill between the renames leaves outputs, and those are whole. */
static void check_failure(const struct run *run, const struct fault *fault)
{
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		if (access(outputs[i], F_OK) == 0)
			cr_assert(fault->kills && fault->at > run->first_rename && is_whole(run, i),
				  "%s at call %u: %s is there", fault->variable, fault->at,
				  outputs[i]);
	if (!fault->kills)
		cr_assert_eq(count_temporary(), 0, "%s at call %u: temporary files stay",
			     fault->variable, fault->at);
}

/* A signal that comes before there is anything to remove ends the program as it ends others. */
static void check_signal(const struct run *run, const struct fault *fault,
			 const struct process_result *result)
{
	if (!fault->kills) {
		cr_assert_neq(strstr(fault->variable, "SIGNAL"), NULL, "%s at call %u: signal %d",
			      fault->variable, fault->at, result->signal);
		cr_assert_eq(rmdir("out"), 0, "%s at call %u left something", fault->variable,
			     fault->at);
		return;
	}
	cr_assert_eq(result->signal, SIGKILL);
	check_failure(run, fault);
}

static void check(const struct run *run, const struct fault *fault)
{
	struct process_result result;
	struct timespec mtime;

	convert(fault, &result);
	mtime = source_time();
	cr_assert_not(result.timed_out, "%s at call %u hangs", fault->variable, fault->at);
	cr_assert_eq(memcmp(&mtime, &run->mtime, sizeof(mtime)), 0,
		     "%s at call %u: the source was written", fault->variable, fault->at);
	if (result.signal) {
		check_signal(run, fault, &result);
		return;
	}
	if (result.status == 0) {
		check_success(run, fault);
		return;
	}
	cr_assert_eq(result.status, 1, "%s at call %u: status %d: %s", fault->variable, fault->at,
		     result.status, result.errors);
	check_sentence(fault, result.errors);
	check_failure(run, fault);
}

static void check_places(const char *name, struct fault fault)
{
	struct run run;
	unsigned int early;

	set_up(&run, name, fault.format);
	early = run.calls - LAST_CALLS;
	for (unsigned int i = 0; i < EARLY_CALLS; i++) {
		fault.at = 1 + i * early / EARLY_CALLS;
		check(&run, &fault);
	}
	for (fault.at = early + 1; fault.at <= run.calls; fault.at++)
		check(&run, &fault);
	tear_down(&run, name);
}

Test(faults, disk_full)
{
	check_places("full", (struct fault){.variable = "FAULT_ERRNO=28", .format = "dynamic"});
}

Test(faults, input_output_errors)
{
	check_places("eio", (struct fault){.variable = "FAULT_ERRNO=5", .format = "dynamic"});
}

Test(faults, one_input_output_error)
{
	check_places("once", (struct fault){.variable = "FAULT_ERRNO=5",
					    .format = "dynamic",
					    .once = true});
}

Test(faults, interrupted)
{
	check_places("int", (struct fault){.variable = "FAULT_SIGNAL=2", .format = "dynamic"});
}

Test(faults, terminated)
{
	check_places("term", (struct fault){.variable = "FAULT_SIGNAL=15", .format = "dynamic"});
}

Test(faults, killed)
{
	check_places("kill", (struct fault){.variable = "FAULT_SIGNAL=9",
					    .format = "dynamic",
					    .kills = true});
}

/* The source is the parent of such an output, and open while it is written. */
Test(faults, disk_full_with_a_differencing_output)
{
	check_places("differencing",
		     (struct fault){.variable = "FAULT_ERRNO=28", .format = "differencing"});
}

/* The old outputs stay until the new ones are whole. */
Test(faults, forced_replacement)
{
	static const char *const arguments[] = {HVGEN2, "convert",   "-q",	"-f",
						"-o",	OUTPUT_DISK, "vm.vhdx", NULL};
	static const char *const variables[] = {"LD_PRELOAD=" FAULT_SHIM,
						"ASAN_OPTIONS=verify_asan_link_order=0",
						"FAULT_AT=5", "FAULT_ERRNO=28", NULL};
	struct process_result result;
	struct run run;

	set_up(&run, "force", "dynamic");
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		file_write(outputs[i], "old", 3);
	process_run(arguments, variables, TIMEOUT, &result);
	cr_assert_eq(result.status, 1, "%s", result.errors);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		CLEANUP_FREE char *text = (char *)file_read(outputs[i], NULL);

		cr_assert_str_eq(text, "old");
	}
	cr_assert_eq(count_temporary(), 0);
	tear_down(&run, "force");
}

static void inspect(unsigned int read, const char *count_file, struct process_result *ret)
{
	static const char *const arguments[] = {HVGEN2, "inspect", "vm.vhdx", NULL};
	char at[32], reads[64];
	const char *variables[] = {"LD_PRELOAD=" FAULT_SHIM,
				   "ASAN_OPTIONS=verify_asan_link_order=0", at,
				   count_file ? reads : NULL, NULL};

	snprintf(at, sizeof(at), "FAULT_READ=%u", read);
	snprintf(reads, sizeof(reads), "FAULT_READS=%s", count_file ? count_file : "");
	process_run(arguments, variables, TIMEOUT, ret);
}

/*
 * One read of the source fails, wherever. Who asked for it may do without (a boot program's version,
 * a log of a hive, a folder that could be a Windows); the program does not call it a property of the
 * guest, and not a success either.
 */
Test(faults, a_read_of_the_source)
{
#ifdef __SANITIZE_ADDRESS__
	const unsigned int places = 20;
#else
	const unsigned int places = 120;
#endif
	struct process_result result;
	CLEANUP_FREE char *count = NULL;
	unsigned int reads;

	cr_assert_eq(tool_run(NULL,
			      "rm -rf faults-read && mkdir faults-read && cd faults-read && " MKVM
			      " --small --size 1G --block-size 1M vm.vhdx"),
		     0);
	cr_assert_eq(chdir("faults-read"), 0);
	inspect(0, "reads", &result);
	cr_assert_eq(result.status, 0, "%s", result.errors);
	count = (char *)file_read("reads", NULL);
	reads = (unsigned int)atoi(count);
	cr_assert_gt(reads, 200);
	for (unsigned int i = 0; i < places; i++) {
		unsigned int at = 1 + (unsigned int)((uint64_t)i * (reads - 1) / (places - 1));

		inspect(at, NULL, &result);
		cr_assert_eq(result.status, 1, "read %u of %u: exit status %d: %s", at, reads,
			     result.status, result.errors);
		cr_assert_not_null(strstr(result.errors, "Input/output error"), "read %u: %s", at,
				   result.errors);
	}
	cr_assert_eq(chdir(".."), 0);
	tool_run(NULL, "rm -rf faults-read");
}
