/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was found of a VM, and what becomes of it: as JSON for machines, as a page for people. The
 * JSON is what stands under "vm" in the report of a conversion, with what holds of any run around
 * it.
 */
#ifndef HVGEN2_CONVERT_REPORT_VM_H
#define HVGEN2_CONVERT_REPORT_VM_H

#include <stdio.h>

#include "convert/sandbox.h"
#include "convert/vm/read/config.h"
#include "convert/vm/vm.h"
#include "vhd/vhd.h"

/* The image of a drive, looked for on this host. */
struct report_disk {
	const struct vm_controller *controller;
	const struct vm_drive *drive;
	char *path; /* NULL when it was not found */
	struct error problem;
	const struct disk *source; /* from vhd_open(); NULL when it is not open */
	const char *output;	   /* what is made of it; NULL: nothing, or not known yet */
};

/* Of a VM, which is converted without it. */
struct report_checkpoint {
	char *id;
	char *name; /* NULL when its configuration could not be read */
};

/* All is borrowed. */
struct vm_report {
	const char *path;    /* of the configuration */
	const struct vm *vm; /* never NULL; empty when it could not be read */
	enum vm_format format;
	const struct note_list *warnings; /* may be NULL */
	const struct report_disk *disks;
	size_t disk_count;
	const struct report_checkpoint *checkpoints;
	size_t checkpoint_count;
	const struct error
		*failure; /* NULL when it can be converted, as far as the settings tell */
	const struct error *boot_disk_problem; /* NULL when nothing is known against it */
	enum sandbox_state sandbox;
	double seconds;	       /* that it took; 0: it is not said */
	bool is_verbose;       /* on the page: all rows, not only what is changed and dropped */
	bool is_planned;       /* nothing is made */
	bool is_of_conversion; /* what becomes of the disks was decided */
	bool new_disks_stay_offline; /* the guest's SAN policy is known, and not to bring them online */
	uint64_t room_needed;	     /* bytes, by all that is made; 0: not known */
};

/* The page. */
void vm_report_page(const struct vm_report *report, FILE *stream);

/* On standard output, as JSON or as a page. Errors: -EIO when it could not be printed whole. */
int vm_report_print(const struct vm_report *report, bool json, struct error *err);

#endif
