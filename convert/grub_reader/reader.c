/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who asks the reader: see reader.h. In the sandbox there is recvmsg() for the answers, and write()
 * for the questions and for what is read of the disk. */
#include "convert/grub_reader/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/grub_reader/known.h"
#include "convert/grub_reader/pieces.h"
#include "convert/grub_reader/request.h"
#include "convert/grub_reader/server.h"

struct grub_reader {
	int socket;	      /* -1: there is nobody to ask */
	struct disk *disk;    /* borrowed; NULL until it is open */
	struct error missing; /* what it takes is not here: nobody was started */
	struct error
		trouble; /* the first that is not the guest's: from then on it is every answer */
	bool has_failed; /* a question, for that */
	struct known known;
};

static int start(struct grub_reader *reader, const struct tools *tools, bool must_lock,
		 struct error *err)
{
	int ends[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, "cannot make a channel to a process");
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		reader_server_run(ends[1], tools, must_lock);
	}
	r = pid < 0 ? error_errno(err, "cannot start a process") : 0;
	reader->socket = r < 0 ? -1 : ends[0];
	close(ends[1]);
	if (r < 0)
		close(ends[0]);
	return r;
}

static int refuse_missing(const struct tools_missing *missing, struct error *err)
{
	char advice[200];

	snprintf(
		advice, sizeof(advice),
		"install it (Debian: apt install %s), or move /boot and root to ext4 in the guest, "
		"and convert again",
		missing->package);
	error_refused(err, REFUSAL_LINUX_UNREADABLE, advice, "%s is not installed here",
		      missing->name);
	return error_of_wish(err);
}

/* A process costs each verb something, and most guests need none. */
struct grub_reader *grub_reader_start(bool must_lock)
{
	struct tools tools;
	struct tools_missing missing;
	struct grub_reader *reader = calloc(1, sizeof(*reader));

	if (reader) {
		reader->socket = -1;
		if (tools_find(&tools, &missing))
			(void)start(reader, &tools, must_lock, &reader->trouble);
		else
			(void)refuse_missing(&missing, &reader->missing);
	}
	return reader;
}

static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static int receive(const struct grub_reader *reader, struct answer *ret, int *ret_fd,
		   struct error *err)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec bytes = {ret, sizeof(*ret)};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t got;

	do
		got = recvmsg(reader->socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(*ret))
		return error_failed(err, EPIPE, "the process that reads Linux files is gone");
	ret->text[sizeof(ret->text) - 1] = '\0';
	*ret_fd = take_descriptor(&message);
	return 0;
}

static int send_request(const struct grub_reader *reader, const struct request_head *head,
			const char *bytes, size_t size, struct error *err)
{
	const struct iovec parts[] = {{(void *)(uintptr_t)head, sizeof(*head)},
				      {(void *)(uintptr_t)bytes, size}};

	if (writev(reader->socket, parts, 2) != (ssize_t)(sizeof(*head) + size))
		return error_failed(err, EPIPE, "the process that reads Linux files is gone");
	return 0;
}

/* --- the disk, for GRUB --- */

/* What is asked for may be anything: GRUB reads what a guest wrote. */
static int read_piece(const struct grub_reader *reader, const struct piece_request *request,
		      uint8_t piece[PIECE_MOST], struct error *err)
{
	if (request->size > PIECE_MOST ||
	    !range_within(request->offset, request->size, reader->disk->size))
		return -EINVAL;
	return disk_read(reader->disk, piece, (size_t)request->size, request->offset, err);
}

/* While an answer is waited for. */
struct talk {
	const struct grub_reader *reader;
	int disk;	  /* the socket at which GRUB asks for pieces of it, or -1 */
	bool has_library; /* GRUB: it has greeted */
	struct error
		problem; /* the first that is not GRUB's: a piece that cannot be read or sent */
};

static void keep_problem(struct talk *talk, const struct error *problem)
{
	if (talk->problem.kind == ERROR_NONE)
		talk->problem = *problem;
}

/* False when nobody asks any more, or several questions at once. */
static bool send_piece(struct talk *talk, const struct iovec parts[2])
{
	struct error problem = ERROR_INIT;

	if (writev(talk->disk, parts, 2) >= 0)
		return true;
	if (errno != EPIPE && errno != ECONNRESET && errno != EAGAIN) {
		error_errno(&problem, "a piece of the disk cannot be handed to GRUB");
		keep_problem(talk, &problem);
	}
	return false;
}

/* False when nobody asks any more. */
static bool serve_piece(struct talk *talk)
{
	uint8_t piece[PIECE_MOST];
	struct error problem = ERROR_INIT;
	struct {
		struct piece_request one;
		uint8_t more; /* than one */
	} request;
	struct piece_answer answer;
	struct iovec parts[] = {{&answer, sizeof(answer)}, {piece, 0}};
	int r;

	if (read(talk->disk, &request, sizeof(request)) != (ssize_t)sizeof(request.one))
		return false;
	if (request.one.offset == PIECES_GREETING && request.one.size == 0) {
		talk->has_library = true;
		return true;
	}
	r = read_piece(talk->reader, &request.one, piece, &problem);
	keep_problem(talk, &problem);
	answer.code = (uint64_t)-r;
	parts[1].iov_len = r < 0 ? 0 : (size_t)request.one.size;
	return send_piece(talk, parts);
}

/* A piece for GRUB, or what the reader says. Returns 1 while that is not the answer. */
static int hear(struct talk *talk, struct answer *ret, int *ret_fd, struct error *err)
{
	struct pollfd polls[] = {{talk->disk, POLLIN, 0}, {talk->reader->socket, POLLIN, 0}};
	int r;

	if (ppoll(polls, 2, NULL, NULL) < 0)
		return errno == EINTR ? 1 : error_errno(err, "cannot wait for GRUB");
	if (polls[0].revents) {
		if (!serve_piece(talk)) {
			close(talk->disk);
			talk->disk = -1;
		}
		return 1;
	}
	r = receive(talk->reader, ret, ret_fd, err);
	if (r < 0 || ret->code != ANSWER_DISK)
		return r;
	cleanup_close(&talk->disk);
	talk->disk = *ret_fd;
	*ret_fd = -1;
	return talk->disk < 0
		       ? error_failed(err, EMFILE, "no descriptor is left for what GRUB reads")
		       : 1;
}

/* GRUB has read something else than the disk. What it says then are words of the loader. */
static void check_library(struct talk *talk, const struct answer *answer)
{
	static const int of_grub[] = {0, ANSWER_GRUB, ANSWER_LARGE, ANSWER_CRASH, ANSWER_ENDLESS};
	struct error problem = ERROR_INIT;

	for (size_t i = 0; !talk->has_library && i < ARRAY_SIZE(of_grub); i++)
		if (answer->code == of_grub[i]) {
			error_failed(&problem, ELIBACC,
				     PIECES_LIBRARY " was not loaded into GRUB%s%s",
				     answer->text[0] ? ": " : "", answer->text);
			keep_problem(talk, &problem);
		}
}

/* Of a disk that cannot be read nothing is known, whatever GRUB makes of it. */
static int wait_for_answer(const struct grub_reader *reader, struct answer *ret, int *ret_fd,
			   struct error *err)
{
	struct talk talk = {.reader = reader, .disk = -1, .problem = ERROR_INIT};
	int r;

	do
		r = hear(&talk, ret, ret_fd, err);
	while (r > 0);
	cleanup_close(&talk.disk);
	if (r == 0)
		check_library(&talk, ret);
	if (r < 0 || talk.problem.kind == ERROR_NONE)
		return r;
	cleanup_close(ret_fd);
	*ret_fd = -1;
	*err = talk.problem;
	return -err->code;
}

static int converse(const struct grub_reader *reader, const struct request_head *head,
		    const char *bytes, size_t size, struct answer *ret, int *ret_fd,
		    struct error *err)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	int r;

	/* Who is gone is an error; the sandbox has no call that says so for one message. */
	sigaction(SIGPIPE, &ignore, &before);
	*ret_fd = -1;
	r = send_request(reader, head, bytes, size, err);
	if (r == 0)
		r = wait_for_answer(reader, ret, ret_fd, err);
	sigaction(SIGPIPE, &before, NULL);
	return r;
}

void grub_reader_set_disk(struct grub_reader *reader, struct disk *disk)
{
	if (reader)
		reader->disk = disk;
}

/* --- questions --- */

/* For messages. */
static const char *subject_of(const struct grub_reader_question *question)
{
	bool is_path = question->wish == GRUB_READER_READ || question->wish == GRUB_READER_LIST;

	return is_path ? question->path : question->device;
}

static int too_large(const struct grub_reader_question *question, struct error *err)
{
	error_damaged(err, "'%s' has more than %" PRIu64 " MiB", subject_of(question),
		      question->most / MIB);
	if (err)
		err->code = EFBIG;
	return -EFBIG;
}

static int fill(const struct grub_reader_question *question, const struct answer *answer, int fd,
		struct grub_reader_answer *ret, struct error *err)
{
	struct stat st;
	int code = answer->code;

	switch (code) {
	case ANSWER_ENDLESS:
		return error_damaged(err, "'%s': GRUB does not come to an end with it",
				     subject_of(question));
	case ANSWER_LARGE:
		return too_large(question, err);
	case ANSWER_CRASH:
		return error_damaged(err, "'%s': GRUB breaks down with it (%s)",
				     subject_of(question), answer->text);
	case ANSWER_GRUB:
		memcpy(ret->said, answer->text, sizeof(ret->said));
		return 0;
	default:
		break;
	}
	if (code == 0 && (fd < 0 || fstat(fd, &st) < 0))
		code = EPROTO;
	if (code)
		return error_failed(err, code, "'%s' cannot be read by GRUB: %s",
				    subject_of(question),
				    answer->text[0] ? answer->text : strerror(code));
	ret->fd = fd;
	ret->size = (uint64_t)st.st_size;
	return 0;
}

static int ask_server(struct grub_reader *reader, const struct grub_reader_question *question,
		      struct answer *ret, int *ret_fd, struct error *err)
{
	static const uint32_t whats[] = {[GRUB_READER_READ] = REQUEST_READ,
					 [GRUB_READER_LIST] = REQUEST_LIST,
					 [GRUB_READER_PROBE] = REQUEST_PROBE,
					 [GRUB_READER_NAMES] = REQUEST_NAMES};
	struct request_head head = {.what = whats[question->wish],
				    .disk_size = reader->disk->size,
				    .most = question->most};
	size_t size = question->wish == GRUB_READER_PROBE ? 0 : strlen(question->path) + 1;
	int r;

	memcpy(head.device, question->device, strlen(question->device) + 1);
	r = converse(reader, &head, question->path, size, ret, ret_fd, err);
	if (r == 0)
		known_keep(&reader->known, question, ret, *ret_fd);
	return r;
}

static int tell_trouble(const struct grub_reader *reader, struct error *err)
{
	if (err)
		*err = reader->trouble;
	return -reader->trouble.code;
}

int grub_reader_ask(struct grub_reader *reader, const struct grub_reader_question *question,
		    struct grub_reader_answer *ret, struct error *err)
{
	struct error problem = ERROR_INIT;
	struct answer answer;
	int fd = -1, r = 0;

	*ret = (struct grub_reader_answer){.fd = -1};
	if (!request_is_device(question->device) || strlen(question->device) >= REQUEST_DEVICE)
		return error_damaged(err, "'%s' is nothing that GRUB could read", question->device);
	if (strlen(question->path) >= REQUEST_PATH)
		return error_failed(err, ENAMETOOLONG, "'%s': %s", question->path,
				    strerror(ENAMETOOLONG));
	if (reader->missing.kind != ERROR_NONE) {
		if (err)
			*err = reader->missing;
		return -reader->missing.code;
	}
	if (!reader->disk)
		error_failed(&reader->trouble, EPROTO, "no disk was named");
	if (reader->trouble.kind != ERROR_NONE) {
		reader->has_failed = true;
		return tell_trouble(reader, err);
	}
	if (!known_find(&reader->known, question, &answer, &fd))
		r = ask_server(reader, question, &answer, &fd, &problem);
	if (r == 0)
		r = fill(question, &answer, fd, ret, &problem);
	if (ret->fd < 0)
		cleanup_close(&fd);
	if (problem.kind == ERROR_FAILED) {
		reader->trouble = problem;
		reader->has_failed = true;
	}
	if (r < 0 && err)
		*err = problem;
	return r;
}

int grub_reader_check(const struct grub_reader *reader, int r, struct error *err)
{
	bool is_verdict = r == 0 || err->kind == ERROR_REFUSED || err->kind == ERROR_DAMAGED;

	return reader && reader->has_failed && is_verdict ? tell_trouble(reader, err) : r;
}

void grub_reader_end(struct grub_reader **reader)
{
	if (!*reader)
		return;
	cleanup_close(&(*reader)->socket);
	known_done(&(*reader)->known);
	free(*reader);
	*reader = NULL;
}
