/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mutate_vm: the rounds. See fuzz_vm.h, and 'mutate_vm --help'. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/checked.h"
#include "tests/fuzz/vm/findings.h"

static const char help[] =
	"Usage: mutate_vm [options] HVGEN2 SEED...\n"
	"Change the structures of VMs, round by round, and run the program on them: 'inspect\n"
	"--json', 'convert', and sometimes 'verify'. What must not happen is kept.\n"
	"\n"
	"A SEED is a folder: disk.* is the VM's disk, template.* an NVRAM store for\n"
	"--nvram-template, all other files are parents of the disk. They are only read.\n"
	"\n"
	"      --seed N         default 1; with the number of a round it decides the round\n"
	"      --first N        the first round, default 0\n"
	"      --rounds N       so many at the most, default: no end\n"
	"      --seconds N      no round begins later, default 60\n"
	"      --timeout N      a run that computes longer than so many seconds hangs,\n"
	"                       and one that lasts six times as long; default 10\n"
	"      --memory MIB     a run may use so much, default 512 (with sanitizers 1536)\n"
	"      --work DIR       for working copies and outputs, must exist; default .\n"
	"      --places         print how many structures of each kind the SEEDs hold, and end\n"
	"      --findings DIR   where findings are kept, default DIR of --work + /findings\n"
	"  -h, --help\n"
	"\n"
	"Exit status: 0 nothing was found, 1 something was, 2 nothing can be judged.\n"
	"To repeat round 4711 of seed 3 alone: --seed 3 --first 4711 --rounds 1, with the same\n"
	"SEEDs in the same order.\n";

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY 1536
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY 1536
#endif
#endif
#ifndef MEMORY
#define MEMORY 512
#endif

#define MAX_VMS 32

struct settings {
	uint64_t seed, first, rounds, seconds;
	struct limits limits;
	const char *program, *work, *findings;
	bool places;
};

struct fuzzer {
	struct settings settings;
	struct vm vms[MAX_VMS];
	size_t vm_count;
	char *outputs; /* the folder for them */
	struct findings findings;
	uint64_t statuses[VERBS]
			 [5]; /* how often inspect, convert and verify ended with which status */
	long memory;	      /* the most that a run took, KiB */
	double slowest;	      /* seconds */
};

static const char *const verbs[VERBS] = {"inspect", "convert", "verify"};

void die(const char *format, ...)
{
	va_list arguments;

	fputs("mutate_vm: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(2);
}

char *text(const char *format, ...)
{
	va_list arguments;
	char *ret;

	va_start(arguments, format);
	if (vasprintf(&ret, format, arguments) < 0)
		die("no memory");
	va_end(arguments);
	return ret;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The times of change of all files: whoever writes to one changes them. */
static void note_times(const struct vm *vm, struct timespec *ret)
{
	struct stat st;

	for (size_t i = 0; i < vm->count; i++) {
		if (fstat(vm->members[i].fd, &st) < 0)
			die("fstat: %s", strerror(errno));
		ret[i] = st.st_ctim;
	}
}

static char *judge_sources(const struct vm *vm, const struct timespec *before)
{
	struct timespec after[ARRAY_SIZE(vm->members)];

	note_times(vm, after);
	for (size_t i = 0; i < vm->count; i++)
		if (memcmp(&before[i], &after[i], sizeof(*before)) != 0)
			return text("'%s' was changed", vm->members[i].name);
	return NULL;
}

/* Run, judge, keep. Returns the exit status. */
static int observe(struct fuzzer *fuzzer, struct round *round, enum verb verb,
		   const char *const *arguments)
{
	struct timespec before[ARRAY_SIZE(round->vm->members)];
	struct run run;
	char *wrong;
	int status;

	note_times(round->vm, before);
	run_program(arguments, fuzzer->settings.limits.seconds, &run);
	if (run.processor > fuzzer->slowest)
		fuzzer->slowest = run.processor;
	if (run.memory > fuzzer->memory)
		fuzzer->memory = run.memory;
	status = run.status;
	wrong = judge_run(&run, verb, &fuzzer->settings.limits);
	if (!wrong)
		wrong = judge_sources(round->vm, before);
	if (!wrong && verb == CONVERT)
		wrong = judge_outputs(fuzzer->outputs, status);
	if (status >= 0 && status <= 4)
		fuzzer->statuses[verb][status]++;
	if (wrong)
		findings_keep(&fuzzer->findings, round, verbs[verb], wrong, arguments, &run);
	free(wrong);
	run_done(&run);
	return status;
}

static int inspect(struct fuzzer *fuzzer, struct round *round)
{
	const char *const arguments[] = {fuzzer->settings.program, "inspect", "--json",
					 round->vm->disk->path, NULL};

	return observe(fuzzer, round, INSPECT, arguments);
}

/* Parents of a generation 2 VM's disk are VHDX files. */
static bool can_have_child(const struct vm *vm)
{
	return strcmp(vm->disk->name, "disk.vhdx") == 0;
}

/* Most often a child, which is the cheapest; it cannot have the layout that moves what is there. */
static int convert(struct fuzzer *fuzzer, struct round *round, struct random *random)
{
	static const char *const layouts[] = {"auto", "end", "auto", "front"};
	const struct member *template = round->vm->template;
	CLEANUP_FREE char *disk = text("%s/o.vhdx", fuzzer->outputs);
	CLEANUP_FREE char *store = NULL;
	const char *arguments[16] = {fuzzer->settings.program,
				     "convert",
				     "--quiet",
				     "--layout",
				     layouts[random_next(random) % 4],
				     "--format",
				     round->is_whole ? "dynamic" : "differencing",
				     "-o",
				     disk};
	size_t count = 9;

	if (template) {
		store = text("%s/o%s", fuzzer->outputs, strrchr(template->name, '.'));
		arguments[count++] = "--nvram-template";
		arguments[count++] = template->path;
		arguments[count++] = "--nvram";
		arguments[count++] = store;
	}
	arguments[count++] = round->vm->disk->path;
	return observe(fuzzer, round, CONVERT, arguments);
}

static void verify(struct fuzzer *fuzzer, struct round *round)
{
	CLEANUP_FREE char *disk = text("%s/o.vhdx", fuzzer->outputs);
	const char *const arguments[] = {fuzzer->settings.program,
					 "verify",
					 "--no-guestfs",
					 "--parent-dir",
					 round->vm->folder,
					 disk,
					 NULL};

	observe(fuzzer, round, VERIFY, arguments);
}

static void run_round(struct fuzzer *fuzzer, uint64_t number)
{
	struct random random = random_for(fuzzer->settings.seed, "mutate_vm");
	struct round round = {.number = number, .seed = fuzzer->settings.seed};
	int status;

	random.state += number * UINT64_C(0xd1342543de82ef95);
	random_next(&random);
	round.vm = &fuzzer->vms[random_next(&random) % fuzzer->vm_count];
	round.notes_file = open_memstream(&round.notes, &round.notes_size);
	if (!round.notes_file)
		die("no memory");
	mutate(round.vm, &random, round.notes_file);
	fflush(round.notes_file);
	round.is_whole = random_next(&random) % 4 == 0 || !can_have_child(round.vm);
	status = inspect(fuzzer, &round);
	/* What inspect refuses, convert must refuse without a trace; it need not be asked always. */
	if (status == 0 || random_next(&random) % 8 == 0)
		status = convert(fuzzer, &round, &random);
	else
		status = -1;
	/* What verify says of a child, it says of the changed disk as well. */
	if (status == 0 && round.is_whole && random_next(&random) % 2 == 0)
		verify(fuzzer, &round);
	empty_folder(fuzzer->outputs);
	fclose(round.notes_file);
	free(round.notes);
	vm_restore(round.vm);
}

static uint64_t parse_number(const char *word)
{
	char *end;
	uint64_t value = strtoull(word, &end, 0);

	if (*word == '\0' || *end != '\0')
		die("'%s' is no number", word);
	return value;
}

static void set_option(struct settings *settings, int option)
{
	if (option == 's')
		settings->seed = parse_number(optarg);
	else if (option == 'f')
		settings->first = parse_number(optarg);
	else if (option == 'r')
		settings->rounds = parse_number(optarg);
	else if (option == 't')
		settings->seconds = parse_number(optarg);
	else if (option == 'l')
		settings->limits.seconds = (unsigned int)parse_number(optarg);
	else if (option == 'm')
		settings->limits.memory = (long)parse_number(optarg) * 1024;
	else if (option == 'w')
		settings->work = optarg;
	else if (option == 'k')
		settings->findings = optarg;
	else if (option == 'p')
		settings->places = true;
	else
		exit(2);
}

static void parse(struct settings *settings, int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"first", required_argument, NULL, 'f'},
		{"rounds", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 't'},
		{"timeout", required_argument, NULL, 'l'},
		{"memory", required_argument, NULL, 'm'},
		{"work", required_argument, NULL, 'w'},
		{"findings", required_argument, NULL, 'k'},
		{"places", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*settings = (struct settings){.seed = 1,
				      .rounds = UINT64_MAX,
				      .seconds = 60,
				      .limits = {.seconds = 10, .memory = MEMORY * 1024L},
				      .work = "."};
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			exit(0);
		}
		set_option(settings, option);
	}
	if (argc - optind < 2 || argc - optind > MAX_VMS + 1)
		die("HVGEN2 and 1 to %d SEEDs are needed, see --help", MAX_VMS);
	settings->program = argv[optind];
}

static void begin(struct fuzzer *fuzzer, char **seeds)
{
	const struct settings *settings = &fuzzer->settings;

	fuzzer->outputs = text("%s/outputs", settings->work);
	if (mkdir(fuzzer->outputs, 0700) < 0 && errno != EEXIST)
		die("'%s': %s", fuzzer->outputs, strerror(errno));
	empty_folder(fuzzer->outputs);
	fuzzer->findings.folder = settings->findings ? text("%s", settings->findings)
						     : text("%s/findings", settings->work);
	for (; *seeds; seeds++)
		vm_load(&fuzzer->vms[fuzzer->vm_count++], *seeds, settings->work);
}

/* A seed that is not understood is not worth changing. */
static void try_seeds(struct fuzzer *fuzzer)
{
	for (size_t i = 0; i < fuzzer->vm_count; i++) {
		struct round round = {.vm = &fuzzer->vms[i], .seed = fuzzer->settings.seed};
		int status = inspect(fuzzer, &round);

		if (status != 0)
			die("'%s', which nobody has changed yet: exit %d", round.vm->name, status);
	}
	memset(fuzzer->statuses, 0, sizeof(fuzzer->statuses));
}

static void print_result(const struct fuzzer *fuzzer, uint64_t rounds, double seconds)
{
	printf("seed %" PRIu64 ": %" PRIu64 " rounds in %.0f s, from %" PRIu64 "\n",
	       fuzzer->settings.seed, rounds, seconds, fuzzer->settings.first);
	for (size_t verb = 0; verb < ARRAY_SIZE(verbs); verb++) {
		printf("%s: exit", verbs[verb]);
		for (size_t status = 0; status < 5; status++)
			printf(" %zu: %" PRIu64 "%s", status, fuzzer->statuses[verb][status],
			       status < 4 ? "," : "\n");
	}
	printf("longest run %.2f s of computing, most memory %ld MiB\n", fuzzer->slowest,
	       fuzzer->memory / 1024);
	findings_print(&fuzzer->findings);
}

static void print_places(const struct fuzzer *fuzzer)
{
	for (enum place_kind kind = PLACE_NONE + 1; kind < PLACE_KINDS; kind++) {
		size_t count = 0;

		for (size_t i = 0; i < fuzzer->vm_count; i++)
			for (size_t j = 0; j < fuzzer->vms[i].count; j++) {
				const struct places *places = &fuzzer->vms[i].members[j].places;

				count += places->first[kind + 1] - places->first[kind];
			}
		printf("%s: %zu\n", place_name(kind), count);
	}
}

static void judge_working_copies(const struct fuzzer *fuzzer)
{
	for (size_t i = 0; i < fuzzer->vm_count; i++)
		if (!vm_is_pristine(&fuzzer->vms[i]))
			die("'%s': the working copy is not what the seed is: somebody wrote to it",
			    fuzzer->vms[i].name);
}

int main(int argc, char **argv)
{
	static struct fuzzer fuzzer;
	double start;
	uint64_t done = 0;

	parse(&fuzzer.settings, argc, argv);
	begin(&fuzzer, argv + optind + 1);
	if (fuzzer.settings.places) {
		print_places(&fuzzer);
		return 0;
	}
	try_seeds(&fuzzer);
	start = now();
	for (; done < fuzzer.settings.rounds && now() - start < (double)fuzzer.settings.seconds;
	     done++)
		run_round(&fuzzer, fuzzer.settings.first + done);
	print_result(&fuzzer, done, now() - start);
	judge_working_copies(&fuzzer);
	return fuzzer.findings.count > 0 ? 1 : 0;
}
