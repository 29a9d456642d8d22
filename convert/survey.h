/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The survey: what is on the disk. It only reads, and it decides whether the disk can be converted
 * at all.
 */
#ifndef HVGEN2_CONVERT_SURVEY_H
#define HVGEN2_CONVERT_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "common/notes.h"
#include "convert/guest/adapters.h"
#include "convert/guest/disk.h"
#include "convert/linux_files/contents.h"
#include "convert/replay.h"
#include "convert/table/gpt.h"
#include "convert/table/mbr.h"
#include "vhd/vhd.h"

struct grub_reader;

#define SURVEY_NONE SIZE_MAX

/* What helps against damage in what a guest keeps: its registry, its boot store, its files. */
#define SURVEY_ADVICE_GUEST                                                                        \
	"let the VM start once more and shut it down, which lets Windows mend what it can, and "   \
	"convert again, or take the disk from a backup"

struct survey_partition {
	struct mbr_partition mbr;	   /* of a disk with a GPT its number and sectors alone */
	const struct gpt_partition *entry; /* of the disk's GPT; NULL where there is none */
	uint64_t offset;		   /* bytes from the start of the disk */
	uint64_t length;
	enum filesystem filesystem;
	struct linux_volume_id contents; /* of one that is none of these */
	char label[100];
	bool is_readable;     /* an NTFS volume that could be mounted */
	struct error problem; /* why it could not; kind ERROR_NONE otherwise */
	bool is_dirty;	      /* the volume asks for chkdsk */
	struct replay journal;
	struct guest_volume guest;
};

struct survey {
	struct vhd_info image;
	uint64_t disk_size;
	uint32_t sector_size;
	uint32_t mbr_signature; /* 0 with a GPT */
	struct gpt *gpt;	/* that the disk has already, of a Linux; NULL: it has an MBR */
	struct survey_partition *partitions; /* in disk order */
	size_t count;
	size_t start;  /* index of the partition that is to start; SURVEY_NONE while unknown */
	size_t system; /* index of the partition that the BIOS starts; may be the same */
	struct adapters adapters; /* of the guest that is to start */
	/* From where to where entries were left out, as far as they lie on the disk, in bytes; 0: there
	 * are none. */
	uint64_t left_out_start, left_out_end;
	struct note_list warnings; /* about the images of the chain, the journals, the table */
	/* The disk with the journals of its volumes replayed; NULL: there was none to replay. */
	struct disk *replayed;
	bool has_vm;		    /* as the options said */
	struct grub_reader *reader; /* likewise */
};

/* Is it a Linux that is to start? False while that is not known. */
bool survey_is_linux(const struct survey *survey);

/* What helps against damage in what the guest keeps. */
const char *survey_advice(const struct survey *survey);

/* What the survey is of, and what all else has to read: 'disk', or on top of it what the replay of
 * journals changed. Lives as long as both. */
struct disk *survey_view(const struct survey *survey, struct disk *disk);

/* Where the partition stands on the old disk. */
struct volume_place survey_place(const struct survey_partition *partition);

/* The partition as a kind of guest sees it, at its old place. Borrows from it. */
struct guest_partition survey_guest_partition(const struct survey_partition *partition);

/*
 * The old disk as a kind sees it, of a survey that did not refuse it. 'partitions' has room for
 * survey->count and is filled; all is borrowed.
 */
struct guest_disk survey_guest_disk(const struct survey *survey, struct disk *disk,
				    struct guest_partition *partitions);

struct survey_options {
	unsigned int windows_number; /* partition number of the Windows to start; 0: the only one */
	const char *boot_uuid; /* of the file system with /boot of the Linux to start, or NULL */
	bool ignore_bad_partitions; /* go on without entries that Windows does not need */
	bool no_journal_replay;	    /* refuse volumes that were not closed */
	bool has_vm; /* the new VM is made as well: what it must have is said of its settings */
	/* Told of PROGRESS_JOURNAL and the begin of PROGRESS_SURVEY; or NULL. */
	const struct progress *progress;
	/* Of file systems of Linux guests that are read in no other way; NULL: these are refused.
	 * Lives as long as the survey. */
	struct grub_reader *reader;
};

/*
 * Survey 'disk', which must come from vhd_open() and outlive *ret. *ret is filled as far as the survey came, also
 * when it refuses, and is to be released with survey_done() in every case. Errors: every refusal of
 * the sector size, the partition table, the file systems and Windows; ERROR_DAMAGED.
 */
int survey_disk(struct disk *disk, const struct survey_options *options, struct survey *ret,
		struct error *err);

void survey_done(struct survey *survey);
#define CLEANUP_SURVEY CLEANUP(survey_done)

#endif
