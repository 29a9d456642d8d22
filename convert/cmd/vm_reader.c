/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A configuration read in the sandbox: see vm_reader.h. The reader says three bytes, then the tree
 * or its error:
 *
 *   0  1 when there is a tree, else 0
 *   1  the sandbox that it is in
 *   2  the format
 */
#include "convert/cmd/vm_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/vm/read/pack.h"
#include "convert/write.h"

#define HEAD_SIZE 3

static void write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(EXIT_FAILURE);
		data += n;
		size -= (size_t)n;
	}
}

/* What is forked has all that is open, the socket to the reader of Linux files above all, which believes
 * whoever names the disk first. Standard error stays, for a sanitizer's words. */
static void keep_only(int fd)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, ~0U, 0);
}

static void read_and_tell(struct sandbox sandbox, const struct file_bytes *file, int fd,
			  pid_t parent)
{
	struct vm_tree tree = VM_TREE_INIT;
	struct buffer out = BUFFER_INIT;
	enum vm_format format = VM_FORMAT_XML;
	struct error err = ERROR_INIT;
	int r;

	write_set_fatal_signals(SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	keep_only(fd);
	r = sandbox_enter(&sandbox, 0, NULL, &err);
	if (r == 0)
		r = vm_config_read(file, &tree, &format, &err);
	buffer_fill(&out, r == 0, 1);
	buffer_fill(&out, (uint8_t)sandbox.state, 1);
	buffer_fill(&out, (uint8_t)format, 1);
	if (r == 0)
		vm_pack(&tree, &out);
	else
		buffer_append(&out, &err, sizeof(err));
	if (out.failed)
		_exit(EXIT_FAILURE);
	write_all(fd, out.data, out.size);
	vm_tree_done(&tree);
	buffer_done(&out);
	_exit(EXIT_SUCCESS);
}

/* All that the reader says, which is bounded. Did it come to its end? */
static bool hear_out(int fd, struct buffer *ret)
{
	static const size_t most = HEAD_SIZE + VM_MAX_PACKED + sizeof(struct error);
	uint8_t part[16384];
	ssize_t n = -1;

	while (!ret->failed && ret->size <= most && (n = read(fd, part, sizeof(part))) != 0)
		if (n > 0)
			buffer_append(ret, part, (size_t)n);
		else if (errno != EINTR)
			break;
	return n == 0;
}

/* What it says of an error is only a text and a kind. */
static int take_error(const struct buffer *said, struct error *err)
{
	struct error told = ERROR_INIT;

	if (said->size == HEAD_SIZE + sizeof(told))
		memcpy(&told, said->data + HEAD_SIZE, sizeof(told));
	told.message[sizeof(told.message) - 1] = told.advice[sizeof(told.advice) - 1] = '\0';
	if (told.kind != ERROR_REFUSED)
		told.refusal = REFUSAL_NONE;
	if (told.code <= 0 || told.refusal < REFUSAL_NONE || told.refusal >= REFUSAL_MAX ||
	    (told.kind != ERROR_FAILED && told.kind != ERROR_DAMAGED && told.kind != ERROR_REFUSED))
		return error_failed(err, EPIPE, "the process that reads the configuration is gone");
	if (err)
		*err = told;
	return -told.code;
}

static int take_answer(const struct buffer *said, int status, struct vm_tree *ret,
		       enum vm_format *ret_format, enum sandbox_state *ret_sandbox,
		       struct error *err)
{
	if (WIFSIGNALED(status))
		return error_failed(
			err, EIO, "the process that reads the configuration was ended by signal %d",
			WTERMSIG(status));
	if (said->failed || !WIFEXITED(status) || WEXITSTATUS(status) || said->size < HEAD_SIZE ||
	    said->data[1] >= SANDBOX_STATE_MAX || said->data[2] >= VM_FORMAT_MAX)
		return error_failed(err, EPIPE, "the process that reads the configuration is gone");
	*ret_sandbox = (enum sandbox_state)said->data[1];
	*ret_format = (enum vm_format)said->data[2];
	if (!said->data[0])
		return take_error(said, err);
	return vm_unpack(said->data + HEAD_SIZE, said->size - HEAD_SIZE, ret, err);
}

int cmd_read_config(const struct sandbox *sandbox, const struct file_bytes *file,
		    struct vm_tree *ret, enum vm_format *ret_format,
		    enum sandbox_state *ret_sandbox, struct error *err)
{
	CLEANUP_BUFFER struct buffer said = BUFFER_INIT;
	pid_t parent = getpid(), pid;
	int ends[2], status = 0;
	bool is_whole;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a channel to a process");
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		read_and_tell(*sandbox, file, ends[1], parent);
	}
	close(ends[1]);
	if (pid < 0) {
		int r = error_errno(err, "cannot start a process");

		close(ends[0]);
		return r;
	}
	is_whole = hear_out(ends[0], &said);
	close(ends[0]);
	if (!is_whole) /* nobody knows what it does: it might never end */
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!is_whole)
		return error_failed(err, EPIPE,
				    "the process that reads the configuration does not end its "
				    "answer");
	return take_answer(&said, status, ret, ret_format, ret_sandbox, err);
}
