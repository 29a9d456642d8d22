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
#define MKVM	BUILD_DIR "/tests/fixtures/mkvm --small --size 1G --block-size 1M"
#define MKVMCX	BUILD_DIR "/tests/fixtures/mkvmcx"
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

#define OUTPUT_DISK "out/vm.vhdx"
#define MAX_OUTPUTS 6

/* What is converted, and the whole set that comes of it. */
struct scene {
	const char *make; /* in an empty folder */
	const char *source;
	const char *file; /* one of its files */
	const char *outputs[MAX_OUTPUTS];
	size_t count;
	unsigned int last_calls;
};

static const struct scene disk = {
	.make = MKVM " vm.vhdx",
	.source = "vm.vhdx",
	.file = "vm.vhdx",
	.outputs = {"out/vm.vmgs", "out/vm.report.json", OUTPUT_DISK},
	.count = 3,
	.last_calls = LAST_CALLS,
};

/* Its data disks are a VHD and a VHDX. */
static const struct scene whole_vm = {
	.make = "mkdir vm && cd vm && " MKVM " system.vhdx && " MKVM
		" --format vhd --seed 2 data.vhd && " MKVM " --seed 3 more.vhdx && " MKVMCX
		" --set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/"
		"controller0/drive1/pathname string D:\\data.vhd' vm.vmcx && cat * | sha256sum",
	.source = "vm",
	.file = "vm/more.vhdx",
	.outputs = {"out/vm.vmgs", "out/vm.report.json", "out/vm.ps1", "out/vm-ide0-1.vhdx",
		    "out/vm-scsi0-1.vhdx", OUTPUT_DISK},
	.count = 6,
	.last_calls = LAST_CALLS + 9,
};

struct fault {
	const char *variable; /* what happens: "FAULT_ERRNO=28" */
	const char *format;   /* of the output */
	bool once;
	bool kills;
	unsigned int at;
};

struct run {
	const struct scene *scene;
	unsigned int calls; /* of a conversion without faults */
	unsigned int first_rename;
	char *sha;
	struct timespec mtime;
	uint8_t *reference[MAX_OUTPUTS];
	size_t sizes[MAX_OUTPUTS];
};

/* The line of sha256sum, to be freed. */
static char *hash_source(const struct scene *scene)
{
	char *line;

	cr_assert_eq(tool_run(&line, "find %s -type f | sort | xargs sha256sum", scene->source), 0,
		     "%s", line);
	return line;
}

static struct timespec source_time(const struct scene *scene)
{
	struct stat st;

	cr_assert_eq(stat(scene->file, &st), 0);
	return st.st_mtim;
}

static void empty_output(void)
{
	cr_assert_eq(tool_run(NULL, "rm -rf out && mkdir out"), 0);
}

static void convert(const struct scene *scene, const struct fault *fault,
		    struct process_result *ret)
{
	const char *arguments[] = {HVGEN2, "convert",	"-q",	       "--format", fault->format,
				   "-o",   OUTPUT_DISK, scene->source, NULL};
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

	convert(run->scene, &none, &result);
	cr_assert_eq(result.status, 0, "%s", result.errors);
	log = (char *)file_read("calls", NULL);
	cr_assert_not_null(log);
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
		run->calls++;
		if (!run->first_rename &&
		    (strncmp(line, "rename", 6) == 0 || strncmp(line, "linkat", 6) == 0))
			run->first_rename = run->calls;
	}
	cr_assert_geq(run->calls, run->scene->last_calls + EARLY_CALLS);
	for (size_t i = 0; i < run->scene->count; i++) {
		run->reference[i] = file_read(run->scene->outputs[i], &run->sizes[i]);
		cr_assert_not_null(run->reference[i]);
	}
}

static void set_up(struct run *run, const struct scene *scene, const char *name, const char *format)
{
	CLEANUP_FREE char *output = NULL;
	char folder[64];

	*run = (struct run){.scene = scene};
	cr_assert_eq(tool_run(&output, "rm -rf faults-%s && mkdir faults-%s && cd faults-%s && %s",
			      name, name, name, scene->make),
		     0, "%s", output);
	snprintf(folder, sizeof(folder), "faults-%s", name);
	cr_assert_eq(chdir(folder), 0);
	run->sha = hash_source(scene);
	run->mtime = source_time(scene);
	make_reference(run, format);
}

static void tear_down(struct run *run, const char *name)
{
	CLEANUP_FREE char *sha = hash_source(run->scene);

	cr_assert_str_eq(sha, run->sha);
	free(run->sha);
	for (size_t i = 0; i < run->scene->count; i++)
		free(run->reference[i]);
	cr_assert_eq(chdir(".."), 0);
	tool_run(NULL, "rm -rf faults-%s", name);
}

static bool is_whole(const struct run *run, size_t output)
{
	CLEANUP_FREE uint8_t *data = NULL;
	size_t size;

	data = file_read(run->scene->outputs[output], &size);
	return data && size == run->sizes[output] &&
	       memcmp(data, run->reference[output], size) == 0;
}

static size_t count_temporary(void)
{
	glob_t found;
	size_t count;

	count = glob("out/.*.hvgen2-*", 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return count;
}

static void check_success(const struct run *run, const struct fault *fault)
{
	/* A signal that comes when the names are asked for, one call before the first is given, comes
	 * too late to stop the program. */
	cr_assert(fault->once || fault->at + 1 >= run->first_rename,
		  "call %u failed, the program did not", fault->at);
	for (size_t i = 0; i < run->scene->count; i++)
		cr_assert(is_whole(run, i), "%s at call %u: %s is not whole", fault->variable,
			  fault->at, run->scene->outputs[i]);
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

/* Only a kill between the renames leaves outputs, and those are whole. The last one is there only
 * when all are. */
static void check_failure(const struct run *run, const struct fault *fault)
{
	size_t left = 0;

	for (size_t i = 0; i < run->scene->count; i++)
		if (access(run->scene->outputs[i], F_OK) == 0) {
			cr_assert(fault->kills && fault->at > run->first_rename && is_whole(run, i),
				  "%s at call %u: %s is there", fault->variable, fault->at,
				  run->scene->outputs[i]);
			left++;
		}
	cr_assert(access(OUTPUT_DISK, F_OK) < 0 || left == run->scene->count,
		  "%s at call %u: a disk and no whole set", fault->variable, fault->at);
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

	convert(run->scene, fault, &result);
	mtime = source_time(run->scene);
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

static void check_places(const struct scene *scene, const char *name, struct fault fault)
{
	struct run run;
	unsigned int early;

	set_up(&run, scene, name, fault.format);
	early = run.calls - scene->last_calls;
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
	check_places(&disk, "full",
		     (struct fault){.variable = "FAULT_ERRNO=28", .format = "dynamic"});
}

Test(faults, input_output_errors)
{
	check_places(&disk, "eio",
		     (struct fault){.variable = "FAULT_ERRNO=5", .format = "dynamic"});
}

Test(faults, one_input_output_error)
{
	check_places(&disk, "once",
		     (struct fault){.variable = "FAULT_ERRNO=5",
				    .format = "dynamic",
				    .once = true});
}

Test(faults, interrupted)
{
	check_places(&disk, "int",
		     (struct fault){.variable = "FAULT_SIGNAL=2", .format = "dynamic"});
}

Test(faults, terminated)
{
	check_places(&disk, "term",
		     (struct fault){.variable = "FAULT_SIGNAL=15", .format = "dynamic"});
}

Test(faults, killed)
{
	check_places(&disk, "kill",
		     (struct fault){.variable = "FAULT_SIGNAL=9",
				    .format = "dynamic",
				    .kills = true});
}

/* The source is the parent of such an output, and open while it is written. */
Test(faults, disk_full_with_a_differencing_output)
{
	check_places(&disk, "differencing",
		     (struct fault){.variable = "FAULT_ERRNO=28", .format = "differencing"});
}

/* All of these hold for the disks of a VM as for one. */
Test(faults, disk_full_with_a_whole_vm)
{
	check_places(&whole_vm, "vm-full",
		     (struct fault){.variable = "FAULT_ERRNO=28", .format = "dynamic"});
}

Test(faults, one_input_output_error_with_a_whole_vm)
{
	check_places(&whole_vm, "vm-once",
		     (struct fault){.variable = "FAULT_ERRNO=5",
				    .format = "dynamic",
				    .once = true});
}

Test(faults, terminated_with_a_whole_vm)
{
	check_places(&whole_vm, "vm-term",
		     (struct fault){.variable = "FAULT_SIGNAL=15", .format = "dynamic"});
}

Test(faults, killed_with_a_whole_vm)
{
	check_places(&whole_vm, "vm-kill",
		     (struct fault){.variable = "FAULT_SIGNAL=9",
				    .format = "dynamic",
				    .kills = true});
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

	set_up(&run, &disk, "force", "dynamic");
	for (size_t i = 0; i < disk.count; i++)
		file_write(disk.outputs[i], "old", 3);
	process_run(arguments, variables, TIMEOUT, &result);
	cr_assert_eq(result.status, 1, "%s", result.errors);
	for (size_t i = 0; i < disk.count; i++) {
		CLEANUP_FREE char *text = (char *)file_read(disk.outputs[i], NULL);

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
			      " vm.vhdx"),
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
