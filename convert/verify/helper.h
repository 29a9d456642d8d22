/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other people's programs, by what they are asked. The reader is locked in and starts none: it
 * names one of these and a path on the ESP, and gets what the program printed. The command lines,
 * the image and the copy of the ESP are chosen outside.
 */
#ifndef HVGEN2_CONVERT_VERIFY_HELPER_H
#define HVGEN2_CONVERT_VERIFY_HELPER_H

#include "convert/verify/tool.h"
#include "convert/verify/verify.h"

enum helper {
	HELPER_QEMU_IMG, /* qemu-img check of the image */
	HELPER_FSCK,	 /* fsck.fat of the copy of the ESP */
	HELPER_LIST,	 /* mdir: the names that 'path' stands for */
	HELPER_READ,	 /* mtype: the bytes of the file 'path' */
	HELPER_MAX,
};

struct helper_request {
	enum helper helper;
	char path[520]; /* "::/EFI/Boot/bootx64.efi"; "" when there is none to name */
};

/* Ask a program, through verify->channel where there is one. As verify_tool_run() (tool.h). */
int helper_run(struct verify *verify, enum helper helper, const char *path, struct tool_output *ret,
	       struct error *err);

/* Outside: run what was asked for and answer. False when it cannot be, or the reader is gone. */
bool helper_serve(struct verify *verify, struct helper_request *request, int channel);

/* Would mtools take it for a path of one file? */
bool helper_is_path(const char *path);

#endif
