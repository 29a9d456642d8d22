/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs share: options, help texts, and the one place that prints errors. */
#ifndef HVGEN2_CONVERT_CMD_CMD_H
#define HVGEN2_CONVERT_CMD_CMD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"
#include "convert/sandbox.h"

/*
 * Print the error on standard error, "hvgen2: sentence" or "hvgen2: refused [ID]: sentence;
 * advice", and return the exit status of its kind.
 */
int cmd_fail(const struct error *err);

/* "hvgen2: warning: ..." on standard error. */
void cmd_warn(const char *format, ...) PRINTF_LIKE(1, 2);

/* What was printed on standard output has reached it; else an error (a full disk behind '>' must not
 * look like a success). */
int cmd_end_output(struct error *err);

/* One option: 'key' is its short letter, or a number from 256 up when it has only a long name. */
struct cmd_option {
	int key;
	const char *name;
	const char *argument; /* NULL when it takes none */
	const char *help;     /* what it does, with the default; may have several lines */
};

/* Of options that both convert and inspect have. */
#define CMD_TEXT_WINDOWS                                                                           \
	"the partition whose Windows is to start by default, when there\n"                         \
	"are several"
#define CMD_TEXT_BOOT_UUID                                                                         \
	"start the Linux whose /boot is on the file system with this UUID,\n"                      \
	"when there are several systems"
#define CMD_TEXT_EFI_FILES                                                                         \
	"Linux: take shim and GRUB from this folder (shimx64.efi,\n"                               \
	"grubx64.efi; mmx64.efi, fbx64.efi). Default: the guest's own, else\n"                     \
	"those of this machine's packages shim-signed and\n"                                       \
	"grub-efi-amd64-signed, else an unsigned GRUB by its grub-mkimage"
#define CMD_TEXT_IGNORE_BAD                                                                        \
	"leave bad entries out of the partition table where Windows does\n"                        \
	"not need them (beyond the end of the disk, overlaps, rubbish);\n"                         \
	"their bytes are copied all the same"
#define CMD_TEXT_NO_REPLAY                                                                         \
	"replay no NTFS journal: volumes of Windows that were in use when\n"                       \
	"the disk was copied are refused, others carried over as they are"

#define CMD_TEXT_SANDBOX                                                                           \
	"auto, require (fail where the kernel has no Landlock or no\n"                             \
	"seccomp) or off: the sandbox in which DISK is read; default: auto"

/* One table drives parser and help. Every verb has --help (-h) without listing it. */
struct cmd_verb {
	const char *name;
	const char *synopsis;		  /* after "hvgen2 NAME " */
	const char *purpose;		  /* one sentence */
	const struct cmd_option *options; /* ends with a NULL name */
	const char *epilogue;		  /* arguments, examples; may be NULL */
};

/* What cmd_parse() says beside an error. */
#define CMD_HELP_SHOWN 1

/*
 * Parse the options of 'argv', calling 'set' for each; 'argument' is NULL for options without one.
 * Options and operands may be mixed; afterwards argv[*ret_operands...] are the operands. Returns 0,
 * CMD_HELP_SHOWN, or a negative errno.
 */
int cmd_parse(const struct cmd_verb *verb, int argc, char **argv,
	      int (*set)(void *context, int key, const char *argument, struct error *err),
	      void *context, int *ret_operands, struct error *err);

/* The long name of the option with this key. */
const char *cmd_option_name(const struct cmd_verb *verb, int key);

/* Print usage, purpose, options and epilogue. */
void cmd_print_help(const struct cmd_verb *verb, FILE *stream);

/* "260M", "1G", "4096": bytes with an optional K, M, G or T (powers of two). -EINVAL otherwise. */
int cmd_parse_size(const char *option, const char *text, uint64_t *ret, struct error *err);

/* "auto", "require" or "off". -EINVAL otherwise. */
int cmd_parse_sandbox(const char *text, enum sandbox_wish *ret, struct error *err);

/* A whole number from 'least' to 'most'. -EINVAL otherwise. */
int cmd_parse_number(const char *option, const char *text, unsigned int least, unsigned int most,
		     unsigned int *ret, struct error *err);

/* The paths of an option that may be given several times. Embedded; all zero is empty. */
struct cmd_paths {
	const char *names[65]; /* NULL-terminated */
	size_t count;
};

int cmd_add_path(struct cmd_paths *paths, const char *option, const char *name, struct error *err);

#endif
