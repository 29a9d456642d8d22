/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * External programs as second opinions: started without a shell, in a session of their own, with a
 * limit on time, memory (512 MiB), processor time and what they print, and, where the kernel has
 * seccomp, without a network; they can write no file. They end with the process that started them.
 * An image that is open has the name TOOL_IMAGE for them.
 */
#ifndef HVGEN2_CONVERT_VERIFY_TOOL_H
#define HVGEN2_CONVERT_VERIFY_TOOL_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define TOOL_IMAGE "/proc/self/fd/3"

struct tool_output {
	int status;	/* exit status; 128 + signal when a signal ended it */
	uint8_t *bytes; /* standard output, to be freed with tool_output_done(); NUL-terminated */
	size_t size;
	char message[400]; /* start of standard error, without the last line end */
};

void tool_output_done(struct tool_output *output);
#define CLEANUP_TOOL_OUTPUT CLEANUP(tool_output_done)

struct tool_limits {
	size_t output_bytes;  /* more is -EFBIG */
	unsigned int seconds; /* longer is -ETIMEDOUT */
};

/*
 * Run argv[0], looked up in PATH and then in the sbin folders, which are not in every user's PATH.
 * 'image_fd' (or -1) becomes descriptor 3. Any exit status is a success here. Errors: -ENOPKG when
 * there is no such program or it cannot be started, -EFBIG, -ETIMEDOUT (the program has been
 * killed), other errno.
 */
int verify_tool_run(const char *const *argv, int image_fd, const struct tool_limits *limits,
		    struct tool_output *ret, struct error *err);

#endif
