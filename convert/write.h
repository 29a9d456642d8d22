/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Write what a plan and its changes say: the disk, the NVRAM store, the report, and the data disks
 * of a VM, all under temporary names first. They get their final names only when all of them are
 * whole, the disk last. There are no decisions here. (write_paths.c, write_fill.c, write.c)
 */
#ifndef HVGEN2_CONVERT_WRITE_H
#define HVGEN2_CONVERT_WRITE_H

#include <stdbool.h>

#include "common/outfile.h"
#include "common/progress.h"
#include "convert/build.h"
#include "convert/plan.h"

/* A disk that the VM does not start from: carried over with the content that it has. */
struct write_data {
	char *path;
	mode_t mode;		    /* it has no more rights */
	char *place;		    /* "IDE 0:1", for messages */
	const char *parent_on_host; /* as in write_paths */
	struct disk *source;	    /* from vhd_open() */
	enum vhd_format format;
	struct vhdx_spec image; /* of VHD and raw only type and GUIDs count; 'parent' is left to the
				   writer */
	uint64_t time;		/* when the source was written last, in ns */
};

/* What defines a VM on its host, each in a file of its own. */
enum write_form {
	WRITE_FORM_SCRIPT, /* PowerShell, for Hyper-V */
	WRITE_FORM_LIBVIRT,
	WRITE_FORM_PROXMOX,
	WRITE_FORM_XML5, /* a configuration of Server 2012 R2 */
	WRITE_FORM_MAX,
};

struct write_paths {
	const char *source;		   /* as the user named it */
	const char *template;		   /* of the NVRAM store, or NULL */
	const char *disk;		   /* NULL: none, then no write_fill() without 'stream' */
	const char *nvram;		   /* NULL: none */
	const char *report;		   /* NULL: none */
	const char *forms[WRITE_FORM_MAX]; /* NULL: none */
	const char *parent_on_host; /* of a differencing disk: where its parent will be on the
				       Hyper-V host, or NULL */
	const char *stage;	    /* a folder in which the outputs are made as "disk", "store",
				       "report", write_form_role() and write_data_role(), for somebody
				       else to name them; or NULL */
	int stream;		    /* 'disk' is NULL then: it is streamed as a raw image into this
				       descriptor, which is not closed; 0: none */
	bool replace;		    /* existing files */
	mode_t mode;		    /* no output has more rights; see write_mode() */
	const struct write_data *data;
	size_t data_count;
	const char *const *kept; /* more files that belong to the source */
	size_t kept_count;
};

/* What a stream is called in messages. */
#define WRITE_STREAM "standard output"

/* What a form is called on a stage, and the data disk at 'index': "data1" and so on, in 'text', which is returned. */
#define WRITE_ROLE 28
const char *write_form_role(enum write_form form);
const char *write_data_role(size_t index, char text[WRITE_ROLE]);

/*
 * Do the outputs stand in the way of something? ERROR_USAGE when two are one file (also when their
 * names differ by case only), when one is a file of a source's chain, or where something stands
 * that is no regular file; REFUSAL_OUTPUT_EXISTS. 'source' is from vhd_open().
 */
int write_check_paths(const struct write_paths *paths, const struct disk *source,
		      struct error *err);

/* The rights that all files of the chain give, but for executing: the outputs hold what they hold.
 * 'source' may be NULL: then those of the file 'path'. */
mode_t write_mode(const char *path, const struct disk *source);

/* When the newest file of the chain was written, in ns; for plan_options. */
uint64_t write_source_time(const struct disk *source);

/* From now on SIGINT, SIGTERM and SIGHUP, unless they are ignored, remove the temporary files of
 * outputs and end the program with status 1; a pipe that nobody reads is an error of write(). */
void write_handle_signals(void);

/* Another handler for them, but for those that whoever started us wants ignored. */
void write_set_fatal_signals(void (*handler)(int));

struct write_disk {
	struct outfile file;
	char *relative_parent; /* of a child: where its parent is, seen from it */
};

/* All that is opened before the source is looked into. Embedded; see WRITE_OUTPUTS_INIT. */
struct write_outputs {
	struct write_disk disk;
	/* These and the disk without a path: not to be made. That of a stream has a descriptor. */
	struct outfile nvram, report, forms[WRITE_FORM_MAX];
	struct write_disk *data;
	size_t data_count;
	struct outfile **all; /* that are made, in the order in which they get their names */
	size_t count;
};

#define WRITE_OUTPUTS_INIT                                                                         \
	{                                                                                          \
		.disk = {.file = OUTFILE_INIT}, .nvram = OUTFILE_INIT, .report = OUTFILE_INIT,     \
		.forms =                                                                           \
		{ OUTFILE_INIT,                                                                    \
		  OUTFILE_INIT,                                                                    \
		  OUTFILE_INIT,                                                                    \
		  OUTFILE_INIT }                                                                   \
	}

/* Remove what is not committed. */
void write_outputs_done(struct write_outputs *outputs);
#define CLEANUP_WRITE_OUTPUTS CLEANUP(write_outputs_done)

/* Create the outputs in their folders. 'is_child': the disk is to be a child of 'source'. */
int write_create(const struct write_paths *paths, const struct disk *source, bool is_child,
		 struct write_outputs *ret, struct error *err);

/* A report alone, of a conversion that failed: write it in place of what stands there, and give it
 * its name. 'report' was created. */
int write_fill_report(struct write_outputs *outputs, const char *json, struct error *err);
int write_commit_report(struct write_outputs *outputs, struct error *err);

/* What goes into the outputs of the boot disk. All is borrowed. */
struct write_contents {
	struct disk *source;
	const struct plan *plan;
	const struct build *build;
	const char *report_json; /* NULL for write_estimate() */
	struct file_bytes forms[WRITE_FORM_MAX];
};

/* What the disks of a conversion take, as upper bounds. */
struct write_space {
	uint64_t stored;  /* bytes of data in the new disks */
	uint64_t needed;  /* the same without what their file system shares with the sources */
	uint64_t written; /* what they took in the end; 0: they are not made, or no files */
};

/* Write what they are to hold, and sync. Before the first byte of a disk: ENOSPC when a file system
 * has less room than its disks need. A source that was changed since it was opened is
 * ERROR_FAILED. Tells of the phases from PROGRESS_SPACE to PROGRESS_SYNC; 'progress' may be NULL.
 * *ret: what was stored, and what it took; of a stream only what was streamed. */
int write_fill(struct write_outputs *outputs, const struct write_paths *paths,
	       const struct write_contents *contents, const struct progress *progress,
	       struct write_space *ret, struct error *err);

/* Tell the space without writing anything. What a file system shares is known when the folder of the disks
 * exists and can be opened: 'folder', else -1. */
int write_estimate(int folder, const struct write_paths *paths,
		   const struct write_contents *contents, struct write_space *ret,
		   struct error *err);

/*
 * Give them their names: an old report goes out of the way, then come store, report, forms, data
 * disks and disk. When one fails, those before it are withdrawn; old files come back where the file system
 * can exchange names.
 */
int write_commit(struct write_outputs *outputs, struct error *err);

/* Another process has synced what it wrote into them. */
void write_are_synced(struct write_outputs *outputs);

#endif
