/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that reads a configuration, when it is another one than was thought. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "convert/cmd/vm_reader.h"
#include "convert/vm/read/pack.h"

static int channel;

static unsigned int count_open(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* In the place of the reader: it says more than there can be, and does not end when nobody hears
 * it. */
int vm_config_read(const struct file_bytes *file, struct vm_tree *ret, enum vm_format *ret_format,
		   struct error *err)
{
	static const uint8_t part[1 << 16];

	(void)ret;
	*ret_format = VM_FORMAT_XML;
	if (file->size == 4)
		return error_damaged(err, "%u are open", count_open());
	if (file->size)
		return error_damaged(err, "it is %zu bytes", file->size);
	signal(SIGPIPE, SIG_IGN);
	while (write(channel, part, sizeof(part)) > 0)
		;
	for (;;)
		pause();
}

static int read_config(const struct file_bytes *file, struct error *err)
{
	const struct sandbox off = {.wish = SANDBOX_OFF};
	struct vm_tree tree = VM_TREE_INIT;
	enum sandbox_state sandbox;
	enum vm_format format;
	int next[2];

	/* The channel will have the lowest numbers that are free. */
	cr_assert_eq(pipe(next), 0);
	channel = next[1];
	close(next[0]);
	close(next[1]);
	return cmd_read_config(&off, file, &tree, &format, &sandbox, err);
}

Test(vm_reader, its_error_is_told)
{
	struct error err = ERROR_INIT;

	cr_expect_eq(read_config(&(struct file_bytes){.size = 3}, &err), -EUCLEAN);
	cr_expect_str_eq(err.message, "it is 3 bytes");
}

/* Not the sockets of another process, which believes whoever has them. */
Test(vm_reader, it_has_its_pipe_and_standard_error)
{
	struct error err = ERROR_INIT;
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	cr_assert_eq(fcntl(ends[0], F_DUPFD_CLOEXEC, 200), 200);
	cr_expect_eq(read_config(&(struct file_bytes){.size = 4}, &err), -EUCLEAN);
	cr_expect_str_eq(err.message, "2 are open");
}

Test(vm_reader, one_that_does_not_end_is_ended, .timeout = 30)
{
	struct error err = ERROR_INIT;

	cr_expect_eq(read_config(&(struct file_bytes){.size = 0}, &err), -EPIPE);
	cr_expect_str_eq(err.message,
			 "the process that reads the configuration does not end its answer");
}
