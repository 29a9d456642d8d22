/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records between the two processes of 'verify': see channel.h. */
#include "convert/verify/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* In the sandbox there is no send(). */
static ssize_t put_plainly(int fd, const void *bytes, size_t size)
{
	return write(fd, bytes, size);
}

static ssize_t put_without_signal(int fd, const void *bytes, size_t size)
{
	return send(fd, bytes, size, MSG_NOSIGNAL);
}

static bool put_all(ssize_t (*put)(int fd, const void *bytes, size_t size), int fd,
		    const void *bytes, size_t size)
{
	const char *from = bytes;

	while (size > 0) {
		ssize_t n = put(fd, from, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		from += n;
		size -= (size_t)n;
	}
	return true;
}

bool channel_say(int fd, enum channel_kind kind, const void *record, size_t size)
{
	return put_all(put_plainly, fd, &kind, sizeof(kind)) &&
	       put_all(put_plainly, fd, record, size);
}

bool channel_answer(int fd, const void *bytes, size_t size)
{
	return put_all(put_without_signal, fd, bytes, size);
}

bool channel_hear(int fd, void *bytes, size_t size)
{
	char *to = bytes;

	while (size > 0) {
		ssize_t n = read(fd, to, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		size -= (size_t)n;
	}
	return true;
}

static size_t index_of(const struct verify *verify, const struct verify_partition *partition)
{
	return partition ? (size_t)(partition - verify->partitions) : VERIFY_MAX_PARTITIONS;
}

void channel_fill_learnt(const struct verify *verify, struct channel_learnt *ret)
{
	memset(ret, 0, sizeof(*ret)); /* the bytes between the fields too */
	ret->info = *verify->info;
	ret->sandbox = verify->sandbox.state;
	ret->have_table = verify->have_table;
	ret->partition_count = verify->partition_count;
	ret->bcd_size = verify->bcd_size;
	ret->esp = index_of(verify, verify->esp);
	ret->windows = index_of(verify, verify->windows);
	memcpy(ret->loader_path, verify->loader_path, sizeof(ret->loader_path));
	memcpy(ret->linux_folder, verify->linux_folder, sizeof(ret->linux_folder));
	memcpy(ret->partitions, verify->partitions, sizeof(ret->partitions));
}

static const struct verify_partition *partition_at(const struct verify *verify, size_t index)
{
	return index < verify->partition_count ? &verify->partitions[index] : NULL;
}

/* A bool that is neither 0 nor 1 may be both. */
static bool is_truth(const bool *at)
{
	uint8_t byte;

	memcpy(&byte, at, sizeof(byte));
	return byte <= 1;
}

static bool has_truths(const struct channel_learnt *learnt)
{
	for (size_t i = 0; i < VERIFY_MAX_PARTITIONS; i++)
		if (!is_truth(&learnt->partitions[i].is_ntfs))
			return false;
	return is_truth(&learnt->have_table) && is_truth(&learnt->info.is_saved) &&
	       is_truth(&learnt->info.log_replayed);
}

bool channel_take_learnt(const struct channel_learnt *learnt, struct verify *verify)
{
	if (learnt->partition_count > VERIFY_MAX_PARTITIONS ||
	    (unsigned int)learnt->info.format >= VHD_FORMAT_MAX ||
	    (unsigned int)learnt->info.type >= VHD_TYPE_MAX ||
	    (unsigned int)learnt->sandbox >= SANDBOX_STATE_MAX || !has_truths(learnt) ||
	    !memchr(learnt->loader_path, '\0', sizeof(learnt->loader_path)) ||
	    !memchr(learnt->linux_folder, '\0', sizeof(learnt->linux_folder)))
		return false;
	verify->info = &learnt->info;
	verify->sandbox.state = learnt->sandbox;
	verify->have_table = learnt->have_table;
	verify->partition_count = learnt->partition_count;
	verify->bcd_size = learnt->bcd_size;
	memcpy(verify->partitions, learnt->partitions, sizeof(verify->partitions));
	memcpy(verify->loader_path, learnt->loader_path, sizeof(verify->loader_path));
	memcpy(verify->linux_folder, learnt->linux_folder, sizeof(verify->linux_folder));
	verify->esp = partition_at(verify, learnt->esp);
	verify->windows = partition_at(verify, learnt->windows);
	return true;
}

void channel_clean_error(struct error *err)
{
	unsigned int kind = (unsigned int)err->kind;

	err->message[sizeof(err->message) - 1] = '\0';
	err->advice[sizeof(err->advice) - 1] = '\0';
	if (kind > ERROR_DAMAGED || (unsigned int)err->refusal >= REFUSAL_MAX) {
		err->kind = ERROR_FAILED;
		err->refusal = REFUSAL_NONE;
	}
	if (err->code <= 0)
		err->code = EIO;
}
