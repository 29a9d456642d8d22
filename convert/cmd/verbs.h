/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of the program, a file or a folder each. */
#ifndef HVGEN2_CONVERT_CMD_VERBS_H
#define HVGEN2_CONVERT_CMD_VERBS_H

/* Each verb gets its own argc and argv (argv[0] is the verb) and returns the exit status of the
 * program. */
int cmd_batch(int argc, char **argv);
int cmd_bcd(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_nvram(int argc, char **argv);
int cmd_verify(int argc, char **argv);

#endif
