/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A script of GRUB, one command after another, as far as menus need it: words, quotes, variables
 * and braces (GRUB's manual, "Writing scripts"). No condition is evaluated: all branches come one
 * after another, and what is set last holds; whoever wants to know better asks how deep in
 * conditions a command stands. What the guest wrote is taken as it is: more variables, words or
 * bytes than there is room for are left out, and what depends on them is unknown.
 */
#ifndef HVGEN2_CONVERT_VERIFY_MENU_SCRIPT_H
#define HVGEN2_CONVERT_VERIFY_MENU_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#define SCRIPT_WORDS	 32
#define SCRIPT_WORD	 1024
#define SCRIPT_VARIABLES 64
#define SCRIPT_NAME	 64
#define SCRIPT_UUID	 37

/* In a word: the device that the last search found, and a variable whose value is not known. */
#define SCRIPT_DEVICE  '\1'
#define SCRIPT_UNKNOWN '\2'
/* At the start of one: the device of the menu itself, which ${prefix} names. */
#define SCRIPT_PREFIX '\3'
/* In a word: a device that the search for another variable than the root found, where those differ. */
#define SCRIPT_OTHER '\4'

enum script_end { SCRIPT_LINE, SCRIPT_OPEN, SCRIPT_CLOSE, SCRIPT_OVER };

struct script {
	const char *at; /* what is left of the text */

	/* The command that was read. */
	char words[SCRIPT_WORDS][SCRIPT_WORD];
	size_t count;	  /* of words; may be none */
	unsigned int ifs; /* that are open around it */
	/* What stands behind it: a line end or ';', '{', '}', or nothing more. */
	enum script_end end;

	/* What the commands up to then have set. */
	/* Of the last search for a file system, in lower case; "" for none. */
	char uuid[SCRIPT_UUID];
	/* The caller's: uuid[] is that of the root alone; that of the last search for something else is
	 * other_uuid[], until the root is set to what it found. */
	bool is_root_apart;
	char other_uuid[SCRIPT_UUID];
	/* The root was set since, or found otherwise: by a label, a file, the name of a disk. */
	bool is_root_unknown;
	struct {
		char name[SCRIPT_NAME], value[SCRIPT_WORD];
	} variables[SCRIPT_VARIABLES];
	size_t variable_count;
};

/* A new one, to be freed; 'text' is borrowed. NULL when out of memory. */
struct script *verify_script_new(const char *text);

/* Read the next command, and do what it does if it sets a variable or searches. False behind the
 * last. */
bool verify_script_next(struct script *script);

/* What the command that was read has just set 'name' to; NULL when it has not. */
const char *verify_script_assigned(const struct script *script, const char *name);

void verify_script_set(struct script *script, const char *name, const char *value);

/* Is the command that was read one that goes on with another file, its second word? */
bool verify_script_is_hand_over(const struct script *script);

/*
 * The path of the file that 'word' names on the device of the last search, or of the root that is
 * where that is ("(DEVICE)/grub2/grub.cfg", "/grub2/grub.cfg"); NULL for any other word. Points into
 * 'word'.
 */
const char *verify_script_path(const char *word);

/*
 * Into path[]: the file to which a grub.cfg hands over at its end, and into uuid[] that of its file
 * system; each "" where none is told. False when out of memory.
 */
bool verify_script_target(const char *text, char path[SCRIPT_WORD], char uuid[SCRIPT_UUID]);

#endif
