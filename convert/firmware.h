/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVRAM store of the new VM, with a File boot entry for its boot manager. */
#ifndef HVGEN2_CONVERT_FIRMWARE_H
#define HVGEN2_CONVERT_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/notes.h"
#include "convert/guest/trust.h"
#include "convert/plan.h"
#include "nvram/nvram.h"

/*
 * The boot disk as the new VM has it, where that is known: its controller on the VMBus. An entry for
 * it stands behind that for the file, for the case that this leads nowhere one day: firmware starts
 * nothing of itself while any entry is there.
 */
struct firmware_drive {
	bool is_known;
	struct guid controller;
	uint16_t lun;
};

struct firmware_options {
	bool has_nvram; /* make a store; of 'format', or in the container of the template */
	enum nvram_format format;  /* of one that is made from nothing */
	const char *template;	   /* path of the store to start from, or NULL */
	struct nvram_store *store; /* the template, from firmware_read_template(); is changed */
	const char *keys_path;	   /* the file with the keys of Secure Boot to be put in, or NULL */
	struct nvram_store *keys;  /* what it holds, from firmware_read_template() */
	bool drop_stale_entries;   /* of the template: other "Windows Boot Manager" File entries */
	struct firmware_drive drive;
};

/* The EFI system partition of a plan, as boot entries name it. */
struct nvram_partition firmware_esp(const struct plan *plan);

/* Embedded; all zero is empty; memory belongs to it. */
struct firmware {
	struct nvram nvram;    /* what the store holds */
	const char *keys_path; /* where its keys were taken from, or NULL; borrowed */
	uint8_t *file;	       /* the store as a file; NULL when none is made */
	size_t size;
	struct note_list warnings;
};

/* Read the template and the keys, where there are such, while their paths can be opened; to be
 * released with firmware_template_done(), also after a failure. */
int firmware_read_template(struct firmware_options *options, struct error *err);
void firmware_template_done(struct firmware_options *options);

/* Look into both, and list the certificates that the new store will trust: those of the keys, else of
 * the template. *ret borrows from them. */
int firmware_decode(const struct firmware_options *options, struct guest_trust *ret,
		    struct error *err);

/*
 * Make the entries, that of 'loader' on the ESP first and that of the drive, in a guest state file,
 * directly behind it, and the store, after firmware_decode(). *ret is to be released with
 * firmware_done() in every case.
 * Errors: those of nvram_add_keys() and nvram_from_template().
 */
int firmware_build(const struct plan *plan, const struct nvram_file *loader,
		   const struct firmware_options *options, struct firmware *ret, struct error *err);

/* Does its store hold keys of Secure Boot? */
bool firmware_has_keys(const struct firmware *firmware);

void firmware_done(struct firmware *firmware);

#endif
