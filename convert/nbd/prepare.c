/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The side of the server: see prepare.h. It opens and reads no image. It makes memory files and
 * outputs, starts the worker (work.h), and takes what that leaves: descriptors and a map, both
 * looked at. Then it gives the outputs their names.
 */
#include "convert/nbd/prepare.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "convert/nbd/work.h"

/* The signals that a conversion has handlers for. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ};

struct dispositions {
	struct sigaction list[ARRAY_SIZE(signals)];
};

static void signals_save(struct dispositions *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], NULL, &ret->list[i]);
}

static void signals_restore(const struct dispositions *dispositions)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &dispositions->list[i], NULL);
}

/* What is between server and worker. Embedded. */
struct ties {
	struct work_answer *answer; /* shared memory */
	int ends[2];		    /* of the sockets; the second is the worker's */
	int pieces, memory;	    /* memory files, until they are taken over */
};

#define TIES_INIT                                                                                  \
	{                                                                                          \
		.ends = {-1, -1}, .pieces = -1, .memory = -1                                       \
	}

static void ties_done(struct ties *ties)
{
	if (ties->answer)
		munmap(ties->answer, sizeof(*ties->answer));
	for (size_t i = 0; i < 2; i++)
		cleanup_close(&ties->ends[i]);
	cleanup_close(&ties->pieces);
	cleanup_close(&ties->memory);
}
#define CLEANUP_TIES CLEANUP(ties_done)

static int ties_make(struct ties *ties, struct error *err)
{
	void *answer = mmap(NULL, sizeof(*ties->answer), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ties->answer = answer == MAP_FAILED ? NULL : answer;
	ties->pieces = memfd_create("hvgen2 map", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ties->memory = memfd_create("hvgen2 changes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (!ties->answer || ties->pieces < 0 || ties->memory < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ties->ends) < 0)
		return error_errno(err, "cannot make a channel to a process");
	return 0;
}

/* The descriptors of one message, as far as they came. */
static size_t take_files(int socket, int files[MAP_FILES_MAX])
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MAP_FILES_MAX * sizeof(int))];
	char letter;
	struct iovec bytes = {&letter, 1};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	size_t size;

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return 0;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return 0;
	size = header->cmsg_len - CMSG_LEN(0);
	memcpy(files, CMSG_DATA(header), size);
	return size / sizeof(int);
}

/* The text of a worker ends, and its kind is one. */
static int error_of(const struct work_answer *answer, struct error *err)
{
	*err = answer->err;
	err->message[sizeof(err->message) - 1] = err->advice[sizeof(err->advice) - 1] = '\0';
	if (err->kind < ERROR_NONE || err->kind > ERROR_DAMAGED || err->refusal < REFUSAL_NONE ||
	    err->refusal >= REFUSAL_MAX || !answer->is_done)
		return error_failed(err, EPROTO, "the process that reads the source failed");
	return err->kind == ERROR_NONE ? 0 : -EIO;
}

/* The first file is the one that was named. */
static int check_first(const struct keys *keys, const struct served *served, struct error *err)
{
	struct stat named, open;

	if (stat(keys->disk, &named) == 0 && fstat(served->files[0], &open) == 0 &&
	    named.st_dev == open.st_dev && named.st_ino == open.st_ino)
		return 0;
	return error_failed(err, EIO, "'%s' was replaced by another file meanwhile", keys->disk);
}

static int take_answer(const struct keys *keys, struct ties *ties, struct served *ret,
		       struct error *err)
{
	const struct work_answer answer = *ties->answer; /* the worker is gone: it stays so */
	struct map_sinks sinks = {.pieces = ties->pieces, .memory = ties->memory};
	size_t count = take_files(ties->ends[0], sinks.files);
	int r;

	ties->pieces = ties->memory = -1;
	r = served_open(&answer.map, &sinks, count, ret, err);
	return r < 0 ? r : check_first(keys, ret, err);
}

/* Until now they were the owner's alone; now as private as the most private file of the chain. */
static int commit(const struct served *served, const char *disk, struct write_outputs *outputs,
		  struct error *err)
{
	mode_t mode = write_mode(disk, NULL), mask = umask(0);
	struct stat st;

	umask(mask);
	for (size_t j = 0; j < served->map.file_count; j++)
		mode &= fstat(served->files[j], &st) == 0 ? st.st_mode : 0600;
	for (size_t i = 0; i < outputs->count; i++)
		outputs->all[i]->mode = mode & ~mask;
	write_are_synced(outputs);
	return write_commit(outputs, err);
}

static void let_go(void *context)
{
	(void)context; /* the server has nothing open */
}

static int run(struct keys *keys, const struct write_paths *paths, struct served *ret,
	       struct error *err)
{
	CLEANUP_WRITE_OUTPUTS struct write_outputs outputs = WRITE_OUTPUTS_INIT;
	CLEANUP_TIES struct ties ties = TIES_INIT;
	struct work work = {.convert = &keys->convert,
			    .path = keys->disk,
			    .is_of_source = keys->is_of_source,
			    .paths = *paths,
			    .outputs = &outputs};
	const struct worker worker = {.work = work_run,
				      .let_go = let_go,
				      .context = &work,
				      .only_report = true};
	int r = ties_make(&ties, err);

	if (r == 0)
		r = write_create(paths, NULL, /*is_child=*/false, &outputs, err);
	if (r < 0)
		return r;
	work.answer = ties.answer;
	work.sender = ties.ends[1];
	work.pieces = ties.pieces;
	work.memory = ties.memory;
	(void)worker_run(&worker, &outputs, err);
	if (err->kind != ERROR_NONE)
		return -err->code;
	r = error_of(ties.answer, err);
	if (r == 0)
		r = take_answer(keys, &ties, ret, err);
	return r < 0 ? r : commit(ret, keys->disk, &outputs, err);
}

/* The outputs that were asked for. The name of a store says its format. */
static int name_outputs(struct keys *keys, struct output_names *names, struct write_paths *ret,
			struct error *err)
{
	static const enum nvram_format formats[] = {
		[OUTPUT_STORE_VMGS] = NVRAM_FORMAT_VMGS,
		[OUTPUT_STORE_OVMF] = NVRAM_FORMAT_OVMF,
		[OUTPUT_STORE_SETTINGS] = NVRAM_FORMAT_CUSTOM_UEFI,
	};
	struct convert *convert = &keys->convert;
	struct firmware_options *firmware = &convert->build.firmware;
	int r;

	convert->output.template = firmware->template;
	r = output_names_make(&convert->output, keys->disk, names, err);
	*ret = (struct write_paths){.source = keys->disk,
				    .template = firmware->template,
				    .nvram = convert->output.nvram ? names->nvram : NULL,
				    .report = convert->output.report ? names->report : NULL,
				    .replace = convert->force,
				    .mode = write_mode(keys->disk, NULL) & 0600};
	convert->plan.type = VHD_TYPE_FIXED;
	convert->plan.format = VHD_FORMAT_RAW;
	convert->plan.choices = conversion_choices(convert);
	convert->plan.has_other_boot_files = convert->build.guest.efi_path != NULL;
	convert->plan.has_no_boot_entry = !ret->nvram;
	firmware->has_nvram = ret->nvram != NULL;
	firmware->format = formats[names->nvram_kind];
	return r;
}

int prepare(struct keys *keys, struct served *ret, struct error *err)
{
	CLEANUP(output_names_done) struct output_names names = {.disk = NULL};
	struct dispositions dispositions;
	struct write_paths paths;
	int r = keys_check(keys, err);

	*ret = (struct served)SERVED_INIT;
	if (r == 0)
		r = name_outputs(keys, &names, &paths, err);
	if (r < 0)
		return r;
	signals_save(&dispositions);
	write_handle_signals();
	r = run(keys, &paths, ret, err);
	signals_restore(&dispositions);
	return r;
}
