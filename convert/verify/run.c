/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All checks, in two processes: see run.h. */
#include "convert/verify/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/verify/channel.h"
#include "convert/verify/checks.h"
#include "convert/verify/esp.h"
#include "convert/verify/helper.h"
#include "convert/verify/reader.h"

/* What the reader says, one after another. */
union record {
	struct channel_file file;
	struct verify_result result;
	struct helper_request request;
	struct channel_state state;
	struct error end;
};

struct talk {
	struct verify *verify;
	int channel;
	bool has_learnt, has_ended;
	struct channel_learnt learnt; /* verify->info points into it */
	union record record;
};

static const size_t record_sizes[CHANNEL_KIND_MAX] = {
	[CHANNEL_FILE] = sizeof(struct channel_file),
	[CHANNEL_RESULT] = sizeof(struct verify_result),
	[CHANNEL_HELPER] = sizeof(struct helper_request),
	[CHANNEL_STATE] = sizeof(struct channel_state),
	[CHANNEL_END] = sizeof(struct error),
};

static bool take_file(struct verify *verify, struct channel_file *file)
{
	file->path[sizeof(file->path) - 1] = '\0';
	if (verify->file_count == ARRAY_SIZE(verify->files))
		return false;
	verify->files[verify->file_count] = strdup(file->path);
	return verify->files[verify->file_count++] != NULL;
}

/* Its last word but one: now libguestfs may look, outside. */
static bool take_learnt(struct talk *talk)
{
	static const char done = 0;

	if (talk->has_learnt || !channel_hear(talk->channel, &talk->learnt, sizeof(talk->learnt)) ||
	    !channel_take_learnt(&talk->learnt, talk->verify))
		return false;
	talk->has_learnt = true;
	progress_tell(talk->verify->progress, PROGRESS_GUESTFS, 0, 1);
	verify_guestfs(talk->verify);
	progress_tell(talk->verify->progress, PROGRESS_GUESTFS, 1, 1);
	return channel_answer(talk->channel, &done, 1);
}

static bool take_state(struct talk *talk)
{
	const struct channel_state *state = &talk->record.state;

	progress_tell(talk->verify->progress, PROGRESS_CHECKS, state->done, state->total);
	return true;
}

static bool take_end(struct talk *talk, struct error *err)
{
	*err = talk->record.end;
	channel_clean_error(err);
	talk->has_ended = talk->has_learnt || err->kind != ERROR_NONE;
	return false;
}

/* False at the end, or when what is said cannot be. */
static bool take_record(struct talk *talk, struct error *err)
{
	enum channel_kind kind;

	if (!channel_hear(talk->channel, &kind, sizeof(kind)) ||
	    (unsigned int)kind >= CHANNEL_KIND_MAX)
		return false;
	if (kind == CHANNEL_LEARNT)
		return take_learnt(talk);
	if (!channel_hear(talk->channel, &talk->record, record_sizes[kind]))
		return false;
	switch (kind) {
	case CHANNEL_FILE:
		return take_file(talk->verify, &talk->record.file);
	case CHANNEL_RESULT:
		verify_add(talk->verify, &talk->record.result);
		return true;
	case CHANNEL_STATE:
		return take_state(talk);
	case CHANNEL_HELPER:
		return helper_serve(talk->verify, &talk->record.request, talk->channel);
	default:
		return take_end(talk, err);
	}
}

/* The reader prints nothing: what it says is a record. (A sanitizer has something to say.) */
static void close_output(void)
{
	int nothing =
		sandbox_is_wanted(SANDBOX_AUTO) ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

	if (nothing < 0)
		return;
	(void)dup2(nothing, STDOUT_FILENO);
	(void)dup2(nothing, STDERR_FILENO);
	close(nothing);
}

static void begin_reading(struct verify *verify, int channel, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_IGN); /* channel_say() tells */
	close_output();
	verify->channel = channel;
	reader_run(verify);
	verify_done(verify);
	exit(0);
}

static int end_of_reader(pid_t pid, bool has_ended, struct error *err)
{
	int status = 0;

	if (!has_ended) /* what it says is not believed, nor that it will end */
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err->kind != ERROR_NONE && !has_ended)
		return -err->code;
	if (has_ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return err->kind == ERROR_NONE ? 0 : -err->code;
	return error_failed(err, EIO, "the process that reads the disk was ended by %s %d",
			    WIFSIGNALED(status) ? "signal" : "status",
			    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int verify_run(struct verify *verify, struct error *err)
{
	CLEANUP_FREE struct talk *talk = calloc(1, sizeof(*talk));
	pid_t parent = getpid(), pid;
	int ends[2];

	if (!talk)
		return error_failed(err, ENOMEM, "no memory");
	verify_esp_prepare(verify);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, "cannot make a channel to a process");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		free(talk);
		begin_reading(verify, ends[1], parent);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error_errno(err, "cannot start a process");
	}
	talk->verify = verify;
	talk->channel = ends[0];
	while (take_record(talk, err))
		;
	close(ends[0]);
	verify->info = NULL;
	return end_of_reader(pid, talk->has_ended, err);
}
