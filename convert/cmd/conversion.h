/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One conversion, of a disk or of a whole VM, from its options to its end. */
#ifndef HVGEN2_CONVERT_CMD_CONVERSION_H
#define HVGEN2_CONVERT_CMD_CONVERSION_H

#include "convert/cmd/outputs.h"
#include "convert/cmd/progress.h"
#include "convert/cmd/source.h"
#include "convert/cmd/vm.h"
#include "convert/worker.h"

/* What the options said. All is borrowed. */
struct convert {
	const char *parent_on_host;
	const char *stage; /* the folder of outputs that somebody else names, or NULL */
	struct output_options output;
	struct cmd_source source;
	struct cmd_vm_options vm;
	struct survey_options survey;
	struct plan_options plan;
	struct build_options build;
	struct sandbox sandbox;
	struct progress_wish progress;
	bool if_needed, dry_run, force, json, verbose, quiet;
};

/* The options that change what is on the disk, for plan_options. */
unsigned int conversion_choices(const struct convert *convert);

/* Convert the disk 'path', or the VM that it means. Returns the exit status. */
int conversion_run(struct convert *convert, const char *path, bool is_vm);

#endif
