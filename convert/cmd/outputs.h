/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the outputs of a conversion are called, and what their names say of their format. */
#ifndef HVGEN2_CONVERT_CMD_OUTPUTS_H
#define HVGEN2_CONVERT_CMD_OUTPUTS_H

#include <stdbool.h>

#include "common/error.h"
#include "convert/write.h"
#include "vhd/vhd.h"

/* As a disk: standard output gets it, as a raw image. Then there are no default names. */
#define OUTPUT_STREAM "-"

/* What the user asked for; NULL where nothing was said. All is borrowed. */
struct output_options {
	const char *stem;   /* of default names; NULL: that of the source, and "-gen2" */
	const char *disk;   /* a file, a folder when it ends with a slash, or OUTPUT_STREAM */
	const char *folder; /* where all outputs go that have no path of their own */
	const char *nvram;  /* "none": no store is made */
	const char *report;
	const char *template;  /* of the store, whose kind of name it takes */
	bool is_raw, is_qcow2; /* --format raw, qcow2 */
	bool is_for_kvm;       /* where nothing else was said: a raw disk and an OVMF store */
	enum vhd_type type;    /* of the disk; VHD_TYPE_MAX: not said */
};

/* .vmgs, or anything else; .fd; .json */
enum output_store { OUTPUT_STORE_VMGS, OUTPUT_STORE_OVMF, OUTPUT_STORE_SETTINGS };

struct output_names {
	char *disk;		     /* NULL: it is streamed */
	char *nvram;		     /* NULL: none is made */
	char *report;		     /* NULL: none is made, beside a stream */
	char *forms[WRITE_FORM_MAX]; /* what defines a VM on its host */
	enum vhd_format disk_format;
	enum output_store nvram_kind; /* by its name */
};

/*
 * Name the outputs of a conversion of 'source': NAME-gen2.vhdx (.raw), and the stem of the disk for
 * the others. *ret is to be released with output_names_done() in every case. Errors: ERROR_USAGE
 * for a disk whose name says a format that cannot be written, or another one than was asked for:
 * nothing that holds a VHDX is called .img, where QEMU would run its header as a disk.
 */
int output_names_make(const struct output_options *options, const char *source,
		      struct output_names *ret, struct error *err);

void output_names_done(struct output_names *names);

/* The name of another disk beside them, STEM-slot.vhdx: a new string, NULL when out of memory. */
char *output_name_slot(const struct output_names *names, const char *slot);

/*
 * A name for a file made of the name of a VM, which a tenant may have chosen, with 'suffix' behind
 * it: what is not a letter or digit of ASCII, '.', '_', '-' or a space becomes '_', and so does a
 * dot or dash at its beginning, a dot or space at its end; a name that Windows has for a device
 * gets a '_' in front; no more than 100 bytes are taken. A new string, NULL when out of memory.
 */
char *output_stem(const char *name, const char *suffix);

#endif
