/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What compresses an initramfs, one stream of it: where it ends within the file, the next part of
 * the chain begins. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_UNPACK_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convert/guest/linux/parse/initramfs_source.h"

/* Bytes that wait: data[at, end). */
struct window {
	uint8_t data[65536];
	size_t at, end;
};

/* The file, from front to end. */
struct unpack_input {
	const struct initramfs_source *source;
	struct window window;
	uint64_t offset; /* in the file, of what is behind the window */
	bool is_ended;	 /* the source has no more than the window holds */
};

/* Make sure that at least 'wanted' (up to 4096) bytes wait, if the file has them. */
int unpack_input_peek(struct unpack_input *input, size_t wanted, struct error *err);

/* Where in the file the first byte of the window stands. */
uint64_t unpack_input_offset(const struct unpack_input *input);

struct unpack;

/* One compressor; see unpack.c. */
struct unpack_format {
	const char *name;
	const char *magic;
	size_t magic_size;
	size_t step_input; /* as many bytes of input wait at each step, unless there are no more */
	bool (*open)(struct unpack *unpack);
	/* Fill the front of 'out'; *ret_ended when the stream is at its end. False: the data is no
	 * stream of that kind, or is_out_of_memory. */
	bool (*step)(struct unpack *unpack, struct window *out, bool *ret_ended);
	void (*close)(struct unpack *unpack);
};

/* A stream that is being unpacked. */
struct unpack {
	const struct unpack_format *format;
	struct unpack_input *input;
	void *state; /* of the compressor */
	bool is_ended, is_out_of_memory;
};

/* The format of what waits in the input; NULL when it is none of ours. Peek at 6 bytes before. */
const struct unpack_format *unpack_find(const struct unpack_input *input);

int unpack_open(struct unpack *unpack, const struct unpack_format *format,
		struct unpack_input *input, struct error *err);

/* More bytes into 'out', all of which were taken; none, and is_ended, at the end of the stream. */
int unpack_fill(struct unpack *unpack, struct window *out, struct error *err);

/* For one that is zero, too. */
void unpack_close(struct unpack *unpack);
#define CLEANUP_UNPACK CLEANUP(unpack_close)

#endif
