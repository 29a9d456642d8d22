/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of the Boot Loader Specification, type 1 (loader/entries/STEM.conf), as the RHEL family
 * has them and its GRUB's command blscfg reads them: a key and its value a line.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_BLS_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_BLS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "common/error.h"

/* NULL where the file does not say it. */
struct bls_entry {
	char *file_stem; /* the file's name without folders and ".conf": its id for GRUB */
	char *title;
	char *version;
	char *linux;
	char *initrd;	      /* the first one */
	char *more_initrds;   /* the others, with spaces between ("$tuned_initrd") */
	char *options;	      /* those of several lines joined by a space */
	char *id;	      /* the key 'id' of older files */
	char *strange_key;    /* the first key that our blscfg has no function for */
	bool has_shell_signs; /* quotes, ; { } | & < > or \: no GRUB script of this meaning */
};

#define BLS_ENTRY_INIT                                                                             \
	{                                                                                          \
		.file_stem = NULL                                                                  \
	}
void bls_entry_done(struct bls_entry *entry);
#define CLEANUP_BLS_ENTRY CLEANUP(bls_entry_done)

/*
 * 'file->name' ends in the name of the .conf. Comments and keys without a value are ignored; of two
 * keys the last counts, but for initrd and options, which add up. ERROR_DAMAGED for a NUL and more
 * than 64 KiB. *ret is BLS_ENTRY_INIT after an error.
 */
int bls_parse(const struct file_bytes *file, struct bls_entry *ret, struct error *err);

/*
 * NULL when a GRUB without blscfg can start the entry by the function that we write into the ESP's
 * grub.cfg, which executes the .conf as a script and makes the paths from 'version'; else why not,
 * in words behind "the entry ..." ("has no 'version'"). 'folder' is "" when /boot is a file system
 * of its own, else "/boot", as paths in the entries begin.
 */
const char *bls_out_of_convention(const struct bls_entry *entry, const char *folder);

/* As the RHEL family's GRUB sorts its menu: by name, version and release in the stem, each as rpm
 * compares versions. Negative when 'a' is older than 'b', so further down. */
int bls_compare(const struct bls_entry *a, const struct bls_entry *b);

/*
 * The entry that is started by itself: 'wanted' (saved_entry or default; may be NULL) is a stem, a
 * title or the number in the sorted menu; without one, and when there is none of that name, the
 * newest. False when 'wanted' was not found, and when 'count' is 0 (then *ret is 0).
 */
bool bls_default(const struct bls_entry *entries, size_t count, const char *wanted, size_t *ret);

#endif
