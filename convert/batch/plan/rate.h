/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast a file system takes data, before the first VM was made. */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_RATE_H
#define HVGEN2_CONVERT_BATCH_PLAN_RATE_H

/* Bytes a second, measured with a file of 32 MiB in this folder that never has a name. 0 where that cannot be told: the file
 * system has no such files, or no room to spare. */
double rate_measure(const char *folder);

#endif
