/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GRUB's script language as far as words and commands go (GNU GRUB manual, "Shell-like scripting"):
 *
 *   '...'  all as it stands          "..."  \$ \" \\ and an escaped line end
 *   \x     x, outside of quotes      #      a comment, where a word could begin
 *   ; and line ends separate commands, { and } begin and end blocks, each where it is not quoted
 *
 * Nothing is executed: $name and ${name} stay in the words as they are written.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_SCRIPT_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "common/error.h"

struct grub_word {
	const char *text;
	bool is_quoted; /* any of it: such a word is no keyword */
};

/* What stands behind the words of a command. */
enum grub_end {
	GRUB_END_COMMAND, /* a line end, ; | or & */
	GRUB_END_OPEN,	  /* { */
	GRUB_END_CLOSE,	  /* } */
	GRUB_END_FILE,
};

struct grub_command {
	struct grub_word *words;
	size_t count; /* may be 0 */
	enum grub_end end;
	unsigned int line; /* of the first word, else of the end */
};

/* A script that is being read. */
struct grub_script {
	const struct file_bytes *file;
	size_t at;
	unsigned int line;
	char *text; /* of the words of the last command */
	size_t *places;
	struct grub_word *words;
	size_t room_for_text, room_for_words;
};

/* 'file' is borrowed and outlives the script; it has no NUL. */
void grub_script_init(struct grub_script *script, const struct file_bytes *file);
void grub_script_done(struct grub_script *script);
#define CLEANUP_GRUB_SCRIPT CLEANUP(grub_script_done)

/* The next command, which stands until the next call. ERROR_DAMAGED for a quote or ${ that does not
 * end. */
int grub_script_next(struct grub_script *script, struct grub_command *ret, struct error *err);

#endif
