/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other people's programs, by what they are asked: see helper.h. */
#include "convert/verify/helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/verify/channel.h"

#define HELPER_SECONDS 60
#define MAX_WORDS      7

/* What stands for the image, or for the path that was asked for, in a command line. */
static const char image_word[] = "IMAGE", path_word[] = "PATH";

static const struct {
	const char *words[MAX_WORDS]; /* NULL-terminated */
	bool of_esp;		      /* it works on the copy of the ESP */
	size_t output_bytes;
} helpers[HELPER_MAX] = {
	[HELPER_QEMU_IMG] = {{"qemu-img", "check", "-U", "-f", "vhdx", image_word}, false, MIB},
	[HELPER_FSCK] = {{"fsck.fat", "-n", TOOL_IMAGE}, true, MIB},
	[HELPER_LIST] = {{"mdir", "-b", "-a", "-i", TOOL_IMAGE, path_word}, true, MIB},
	/* bootmgfw.efi has up to 3 MB. */
	[HELPER_READ] = {{"mtype", "-i", TOOL_IMAGE, path_word}, true, 32 * MIB},
};

/* The answer to a request; 'size' bytes of what was printed follow. */
struct answer {
	int result; /* of helper_run() */
	struct error err;
	int status;
	char message[sizeof(((struct tool_output *)NULL)->message)];
	size_t size;
};

bool helper_is_path(const char *path)
{
	return strncmp(path, "::/", 3) == 0 && !strpbrk(path + 2, "*?[]\"<>|:\\");
}

/* "file:x" would be a protocol to qemu: it gets the absolute path. */
static int run_here(struct verify *verify, enum helper helper, const char *path,
		    struct tool_output *ret, struct error *err)
{
	const struct tool_limits limits = {.output_bytes = helpers[helper].output_bytes,
					   .seconds = HELPER_SECONDS};
	CLEANUP_FREE char *image = realpath(verify->path, NULL);
	const char *argv[MAX_WORDS] = {NULL};

	if (!image && !helpers[helper].of_esp)
		return error_errno(err, "'%s'", verify->path);
	for (size_t i = 0; helpers[helper].words[i]; i++) {
		const char *word = helpers[helper].words[i];

		argv[i] = word == image_word ? image : word == path_word ? path : word;
	}
	return verify_tool_run(argv, helpers[helper].of_esp ? verify->scratch_fd : -1, &limits, ret,
			       err);
}

/* In the reader. */
static int ask(struct verify *verify, const struct helper_request *request, struct tool_output *ret,
	       struct error *err)
{
	CLEANUP_FREE struct answer *answer = malloc(sizeof(*answer));

	if (!answer)
		return error_failed(err, ENOMEM, "no memory");
	if (!channel_say(verify->channel, CHANNEL_HELPER, request, sizeof(*request)) ||
	    !channel_hear(verify->channel, answer, sizeof(*answer)))
		return error_failed(err, EPIPE, "the process that starts programs is gone");
	if (answer->result < 0) {
		*err = answer->err;
		return answer->result;
	}
	ret->status = answer->status;
	memcpy(ret->message, answer->message, sizeof(ret->message));
	ret->bytes = malloc(answer->size + 1);
	if (!ret->bytes)
		return error_failed(err, ENOMEM, "no memory");
	ret->size = answer->size;
	ret->bytes[ret->size] = '\0';
	if (!channel_hear(verify->channel, ret->bytes, ret->size))
		return error_failed(err, EPIPE, "the process that starts programs is gone");
	return 0;
}

int helper_run(struct verify *verify, enum helper helper, const char *path, struct tool_output *ret,
	       struct error *err)
{
	struct helper_request request;

	if (verify->channel < 0)
		return run_here(verify, helper, path, ret, err);
	memset(&request, 0, sizeof(request));
	request.helper = helper;
	snprintf(request.path, sizeof(request.path), "%s", path);
	return ask(verify, &request, ret, err);
}

static bool is_valid(struct helper_request *request)
{
	request->path[sizeof(request->path) - 1] = '\0';
	return (unsigned int)request->helper < HELPER_MAX &&
	       (request->path[0] == '\0' || helper_is_path(request->path));
}

bool helper_serve(struct verify *verify, struct helper_request *request, int channel)
{
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	CLEANUP_FREE struct answer *answer = calloc(1, sizeof(*answer));

	if (!answer || !is_valid(request))
		return false;
	answer->result = run_here(verify, request->helper, request->path, &output, &answer->err);
	if (answer->result == 0) {
		answer->status = output.status;
		memcpy(answer->message, output.message, sizeof(answer->message));
		answer->size = output.size;
	}
	return channel_answer(channel, answer, sizeof(*answer)) &&
	       channel_answer(channel, output.bytes, answer->size);
}
