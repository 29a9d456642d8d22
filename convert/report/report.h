/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a conversion found, decided and did: as JSON for machines, as a page for people. Both come
 * from the same records. The JSON of a file is reproducible: it holds no duration, nor what a file system decides.
 */
#ifndef HVGEN2_CONVERT_REPORT_REPORT_H
#define HVGEN2_CONVERT_REPORT_REPORT_H

#include <stdbool.h>

#include "convert/build.h"
#include "convert/plan.h"
#include "convert/report/vm.h"
#include "convert/sandbox.h"
#include "convert/survey.h"
#include "convert/write.h"

struct report {
	const char *source_path;
	const struct disk *source;   /* from vhd_open(); NULL when it could not be opened */
	const struct survey *survey; /* never NULL; filled as far as the survey came */
	const struct plan *plan;     /* NULL when the disk was refused before */
	const struct build *build;   /* NULL when nothing was built */
	const struct vm_report *vm;  /* NULL when the source is a disk alone */
	const struct error *failure; /* NULL when all went well */
	bool is_elsewhere;	     /* the failure: in a file that is given beside the source */
	const char *disk_path;	     /* outputs; NULL for what is not written */
	const char *nvram_path;
	bool has_no_boot_entry; /* neither a store nor a form gets one; false when that is not decided */
	const char *report_path;
	const char *form_paths[WRITE_FORM_MAX]; /* of a VM */
	const struct write_space *space;	/* NULL when it was not asked for */
	bool is_dry_run;
	bool is_made;		    /* the outputs have their names */
	enum sandbox_state sandbox; /* in which the source was read */
	double seconds;		    /* that it took, for what is printed; 0: it is not said */
};

/* A new string, to be freed, that ends in a newline; NULL when out of memory. */
char *report_json(const struct report *report);

/*
 * The same as one file for a browser, with a drawing of the disk. The direction of a text stays within its line, and why it failed is
 * isolated from what stands around it. Within a line of the page it is not: what stands behind a name that is written from right to
 * left may be shown to the left of it.
 */
char *report_html(const struct report *report);

/* What a file of this name holds: the page for a browser when it ends in .html, else JSON. */
bool report_is_html(const char *path);
char *report_file(const struct report *report, const char *path);

/*
 * The report on standard output, as JSON or as a page. Errors: -EIO when it could not be printed
 * whole.
 */
int report_print(const struct report *report, bool json, struct error *err);

#endif
