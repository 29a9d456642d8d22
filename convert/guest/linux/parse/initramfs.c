/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names in an initramfs: see initramfs.h. As the kernel does it (init/initramfs.c of Linux), zeros
 * may stand wherever a member could begin, and a member with the name TRAILER!!! is nothing special
 * here. What a stream unpacks to is archives alone, no stream within.
 */
#include "convert/guest/linux/parse/initramfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/lines.h"
#include "convert/guest/linux/parse/module_name.h"
#include "convert/guest/linux/parse/unpack.h"

/* cpio(5), "New ASCII Format": 6 bytes of magic and 13 numbers of 8 hexadecimal digits. */
#define MEMBER_HEADER 110
#define MEMBER_MODE   14
#define MEMBER_SIZE   54
#define MEMBER_NAME   94

#define MAX_NAME  4096 /* PATH_MAX: the kernel takes no longer one */
#define MAX_PARTS 64   /* of a chain; real ones have up to four */

#define PLAIN "none"

struct scan {
	struct initramfs_wanted *wanted;
	uint64_t max_output;
	struct initramfs_result *result;
	size_t missing;
	unsigned int parts;
	struct unpack_input input;
	struct unpack unpack; /* zero while archives stand plain in the file */
	struct window unpacked;
};

static struct window *current(struct scan *scan)
{
	return scan->unpack.format ? &scan->unpacked : &scan->input.window;
}

static int damaged(const struct scan *scan, const char *what, struct error *err)
{
	return error_damaged(err, "'%s': offset %" PRIu64 "%s%s: %s", scan->input.source->name,
			     unpack_input_offset(&scan->input),
			     scan->unpack.format ? ", unpacked from " : "",
			     scan->unpack.format ? scan->unpack.format->name : "", what);
}

/* Bytes wait in the current window afterwards, or it is at its end. */
static int fill(struct scan *scan, struct error *err)
{
	struct window *window = current(scan);

	if (window->at < window->end)
		return 0;
	return scan->unpack.format ? unpack_fill(&scan->unpack, &scan->unpacked, err)
				   : unpack_input_peek(&scan->input, 1, err);
}

/* Count on by bytes of the current window. */
static int pass(struct scan *scan, size_t count, struct error *err)
{
	current(scan)->at += count;
	scan->result->output += count;
	if (scan->result->output > scan->max_output)
		return error_damaged(err,
				     "'%s' unpacks to more than %" PRIu64
				     " bytes, which no initramfs has",
				     scan->input.source->name, scan->max_output);
	return 0;
}

/* Pass over at most 'size' bytes, into 'to' when it is not NULL; *ret_got is less at the end. */
static int take(struct scan *scan, uint8_t *to, uint64_t size, uint64_t *ret_got, struct error *err)
{
	uint64_t got = 0;
	int r = 0;

	while (r == 0 && got < size) {
		struct window *window = current(scan);
		size_t part;

		r = fill(scan, err);
		part = min_u64(window->end - window->at, size - got);
		if (r < 0 || part == 0)
			break;
		if (to)
			memcpy(to + got, window->data + window->at, part);
		got += part;
		r = pass(scan, part, err);
	}
	*ret_got = got;
	return r;
}

static int take_all(struct scan *scan, uint8_t *to, uint64_t size, struct error *err)
{
	uint64_t got;
	int r = take(scan, to, size, &got, err);

	return r == 0 && got < size ? damaged(scan, "an archive ends within a member", err) : r;
}

static int skip_zeros(struct scan *scan, bool *ret_ended, struct error *err)
{
	int r;

	while ((r = fill(scan, err)) == 0) {
		struct window *window = current(scan);
		size_t zeros = 0;

		while (window->at + zeros < window->end && window->data[window->at + zeros] == 0)
			zeros++;
		*ret_ended = window->at == window->end;
		if (zeros == 0)
			return 0;
		r = pass(scan, zeros, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_number(const uint8_t *at, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < 8; i++) {
		int digit = digit_of(at[i]);

		if (digit < 0)
			return false;
		*ret = *ret << 4 | (uint32_t)digit;
	}
	return true;
}

static bool is_archive(const uint8_t *magic)
{
	return memcmp(magic, "070701", 6) == 0 || memcmp(magic, "070702", 6) == 0;
}

static void look_at_name(struct scan *scan, const uint8_t *name, size_t size)
{
	struct initramfs_module *modules = scan->wanted->modules;

	for (size_t i = 0; i < scan->wanted->count; i++)
		if (!modules[i].is_found &&
		    module_is_named((const char *)name, size, modules[i].name)) {
			modules[i].is_found = true;
			scan->missing--;
		}
}

/* To a multiple of 4, counted from the start of the member; missing at the end of an archive is no
 * matter. */
static int skip_padding(struct scan *scan, uint64_t behind, struct error *err)
{
	uint64_t got;

	return take(scan, NULL, (4 - behind % 4) % 4, &got, err);
}

static int read_member(struct scan *scan, struct error *err)
{
	uint8_t header[MEMBER_HEADER], name[MAX_NAME];
	uint32_t mode, size, name_size;
	int r = take_all(scan, header, sizeof(header), err);

	if (r < 0)
		return r;
	if (!is_archive(header) || !read_number(header + MEMBER_MODE, &mode) ||
	    !read_number(header + MEMBER_SIZE, &size) ||
	    !read_number(header + MEMBER_NAME, &name_size) || name_size == 0 ||
	    name_size > sizeof(name))
		return damaged(scan, "no header of a cpio member (newc) before here", err);
	r = take_all(scan, name, name_size, err);
	if (r == 0)
		r = skip_padding(scan, MEMBER_HEADER + name_size, err);
	if (r < 0)
		return r;
	scan->result->members++;
	if (S_ISREG(mode))
		look_at_name(scan, name, strnlen((const char *)name, name_size));
	r = take_all(scan, NULL, size, err);
	return r < 0 ? r : skip_padding(scan, size, err);
}

static bool is_done(const struct scan *scan)
{
	return scan->wanted->count > 0 && scan->missing == 0;
}

/* Members up to the end of the stream, or in the file as long as its archives are plain. */
static int read_members(struct scan *scan, struct error *err)
{
	bool is_ended = false;
	int r = skip_zeros(scan, &is_ended, err);

	while (r == 0 && !is_ended && !is_done(scan)) {
		if (!scan->unpack.format) {
			r = unpack_input_peek(&scan->input, 6, err);
			if (r < 0 || scan->input.window.end - scan->input.window.at < 6 ||
			    !is_archive(scan->input.window.data + scan->input.window.at))
				return r;
		}
		r = read_member(scan, err);
		if (r == 0 && !is_done(scan))
			r = skip_zeros(scan, &is_ended, err);
	}
	return r;
}

static int begin_part(struct scan *scan, const char *name, struct error *err)
{
	char *text = scan->result->compression;
	size_t length = strlen(text), room = sizeof(scan->result->compression);

	if (scan->parts++ == MAX_PARTS)
		return damaged(scan, "more than 64 parts", err);
	if (length + strlen(name) + 3 <= room)
		snprintf(text + length, room - length, "%s%s", length > 0 ? ", " : "", name);
	return 0;
}

static int read_stream(struct scan *scan, const struct unpack_format *format, struct error *err)
{
	int r = begin_part(scan, format->name, err);

	if (r == 0)
		r = unpack_open(&scan->unpack, format, &scan->input, err);
	if (r == 0) {
		scan->unpacked.at = scan->unpacked.end = 0;
		r = read_members(scan, err);
	}
	unpack_close(&scan->unpack);
	return r;
}

static int read_part(struct scan *scan, struct error *err)
{
	const struct window *in = &scan->input.window;
	const struct unpack_format *format = unpack_find(&scan->input);
	size_t waiting = in->end - in->at;

	if (format)
		return read_stream(scan, format, err);
	if (waiting >= 6 && is_archive(in->data + in->at)) {
		int r = begin_part(scan, PLAIN, err);

		return r < 0 ? r : read_members(scan, err);
	}
	if (waiting >= 4 && memcmp(in->data + in->at, "\x89LZO", 4) == 0) {
		scan->result->unsupported = "lzo";
		return 0;
	}
	return damaged(scan, "neither a cpio archive (newc) nor compressed by what is known", err);
}

static int read_chain(struct scan *scan, struct error *err)
{
	bool is_ended = false;
	int r = 0;

	while (r == 0 && !is_done(scan) && !scan->result->unsupported) {
		r = skip_zeros(scan, &is_ended, err);
		if (r < 0 || is_ended)
			break;
		r = unpack_input_peek(&scan->input, 6, err);
		if (r == 0)
			r = read_part(scan, err);
	}
	scan->result->is_complete = r == 0 && is_ended;
	return r;
}

int initramfs_scan(const struct initramfs_source *source, struct initramfs_wanted *wanted,
		   uint64_t max_output, struct initramfs_result *ret, struct error *err)
{
	struct scan scan = {.wanted = wanted,
			    .max_output = max_output,
			    .result = ret,
			    .input.source = source};

	*ret = (struct initramfs_result){.output = 0};
	for (size_t i = 0; i < wanted->count; i++)
		scan.missing += !wanted->modules[i].is_found;
	return read_chain(&scan, err);
}

bool modules_builtin_has(const struct file_bytes *file, const char *name)
{
	struct text_line line = {.number = 0};
	size_t at = 0;

	while (text_next_line(file, &at, &line))
		if (module_is_named(line.text, line.size, name))
			return true;
	return false;
}
