/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process of 'verify' that opens the image and looks into it. */
#ifndef HVGEN2_CONVERT_VERIFY_READER_H
#define HVGEN2_CONVERT_VERIFY_READER_H

#include "convert/verify/verify.h"

/*
 * Open the image, with paths to its folder and what the command line names alone; lock this process
 * in, with the files of the chain, the store and the report to read alone; run all checks but that
 * of libguestfs; and say all through verify->channel.
 */
void reader_run(struct verify *verify);

#endif
