/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes between the reader and who asks it: one message a request, one an answer, by a pair of
 * sockets that keep messages apart. Who asks reads what strangers wrote, and may have been taken over
 * by it: a request is checked to the last byte before anything is done.
 */
#ifndef HVGEN2_CONVERT_GRUB_READER_REQUEST_H
#define HVGEN2_CONVERT_GRUB_READER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_DEVICE 640
#define REQUEST_PATH   4096
#define REQUEST_BYTES  65536
/* No file that is larger is read: a kernel and its initramfs have a fifth of it. */
#define REQUEST_FILE_MAX (UINT64_C(512) << 20)

enum request_what {
	REQUEST_READ = 1, /* 'bytes' are a path with a NUL behind it, on 'device' */
	REQUEST_LIST,
	REQUEST_PROBE, /* no bytes; on 'device' */
	REQUEST_NAMES, /* 'bytes' are up to REQUEST_NAMES_MAX paths with line ends between and a NUL
			  behind, on 'device' */
};

struct request_head {
	uint32_t what;	    /* enum request_what */
	uint64_t disk_size; /* bytes, up to 2^63 */
	uint64_t most;	    /* bytes of the answer, at most REQUEST_FILE_MAX */
	char device[REQUEST_DEVICE];
};

#define REQUEST_NAMES_MAX 32

/* Sent as far as 'bytes' are used. */
struct request {
	struct request_head head;
	char bytes[REQUEST_BYTES];
};

/* With a descriptor when 'code' is 0, of a memory file, or ANSWER_DISK. */
struct answer {
	int32_t code; /* errno */
	char text[400];
};

/* 'code' of what comes before the answer: at this socket GRUB asks for pieces of the disk
 * (pieces.h). Of an answer in which GRUB speaks; and what the guest can be the reason of: GRUB
 * takes too much processor time, the answer is larger than 'most', GRUB breaks down. All others are
 * of this host. */
#define ANSWER_DISK    EINPROGRESS
#define ANSWER_GRUB    EREMOTEIO
#define ANSWER_ENDLESS ETIME
#define ANSWER_LARGE   EFBIG
#define ANSWER_CRASH   ECHILD

/*
 * Is it a device of GRUB in the one disk that it is given: a partition "(loop0,msdos5)" or
 * "(loop0,gpt5)", a logical volume "(lvm/VG-LV)" with hyphens in names doubled, an array
 * "(mduuid/0123...)" by the 32 hexadecimal digits of its UUID?
 */
bool request_is_device(const char *text);

/* Of 'size' bytes that came. */
bool request_is_valid(const struct request *request, size_t size);

#endif
