/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boot Configuration Data: a registry hive of objects and elements that tells the Windows boot
 * manager what to start and from where. This library turns the store of a BIOS machine into that of
 * a UEFI machine and checks the result.
 */
#ifndef HVGEN2_BCD_BCD_H
#define HVGEN2_BCD_BCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"
#include "common/guid.h"
#include "common/moved.h"
#include "common/notes.h"

struct bcd_target {
	struct moved_disk disk;
	struct guid esp; /* unique partition GUID of the new ESP */
	/* mbr_offset of the old system (active) partition. When it is not among the partitions, it
	 * has become the ESP. */
	uint64_t system_offset;
	uint64_t windows_offset; /* mbr_offset of the Windows partition */
	bool is_not_hibernated; /* the caller has seen that no hiberfil.sys is live: a resume in the
				   store is stale */
};

/* Sentences for the report, in order. Embedded; memory belongs to it. */
struct bcd_notes {
	struct note_list changed;
	struct note_list dropped;
	struct note_list warnings;
};

#define BCD_NOTES_INIT                                                                             \
	{                                                                                          \
		.changed = {.texts = NULL }                                                        \
	}
void bcd_notes_done(struct bcd_notes *notes);

/* As note_list_check(), of all three. */
int bcd_notes_check(const struct bcd_notes *notes, struct error *err) MUST_CHECK;
#define CLEANUP_BCD_NOTES CLEANUP(bcd_notes_done)

/*
 * Convert a BIOS store ('\Boot\BCD' of the active partition) to the UEFI store
 * '\EFI\Microsoft\Boot\BCD'. The result is new memory, to be freed; it has
 * been checked with bcd_check(). The same input always gives the same bytes. Errors:
 * REFUSAL_BCD_DAMAGED (not a store, no boot manager, no loader for the Windows partition),
 * REFUSAL_HIVE_DIRTY, REFUSAL_HIBERNATED (a resume is pending and target->is_not_hibernated is not
 * set).
 *
 * What becomes of it (in this order): objects that only a BIOS can start go, and elements that
 * speak of the old machine (decision.h has them all); elements that the boot library would refuse
 * are repaired or go; references to objects that are not there go; the default entry is one that
 * starts the Windows partition; devices of all objects get the GPT form; the boot manager and the
 * memory tester move to the ESP; paths name the .efi programs; settings that Secure Boot does not
 * honour stay, with a warning. notes->changed has a sentence per object, notes->dropped one per
 * thing with the reason. Devices on other disks stay as they are, with a warning. All other bytes
 * stay as they were.
 */
int bcd_convert(const struct file_bytes *bios_store, const struct bcd_target *target,
		uint8_t **ret_store, size_t *ret_size, struct bcd_notes *notes, struct error *err);

/* What a store is rebuilt from when the old one is missing or damaged. */
struct bcd_rebuild {
	const struct bcd_target *target;
	const char *system_root; /* of the Windows to start: "\\Windows" */
	const char *description; /* "Windows Server 2016", shown in the boot menu */
	const char *locale;	 /* "en-US"; NULL: what the template says */
	bool is_server;		 /* matters only without a template */
	bool is_bios; /* make the BIOS form, with MBR devices, instead (to compare with bcdboot) */
	/* The recovery environment, from ReAgent.xml; winre_path NULL: none. */
	const char *winre_path;	  /* folder: "\\Recovery\\WindowsRE" */
	uint64_t winre_offset;	  /* mbr_offset of its partition */
	struct guid winre_loader; /* the identifier that ReAgent.xml gives its boot entry */
};

/*
 * Build a store as bcdboot does, from the guest's '\Windows\System32\config\BCD-Template'; an
 * empty file: from what every installation has. The result is new
 * memory, to be freed, and has been checked with bcd_check(). notes->dropped says what cannot be
 * known any more. The same input always gives the same bytes. Errors: REFUSAL_BCD_DAMAGED (the
 * template is no template), REFUSAL_HIVE_DIRTY.
 */
int bcd_rebuild(const struct file_bytes *template_file, const struct bcd_rebuild *how,
		uint8_t **ret_store, size_t *ret_size, struct bcd_notes *notes, struct error *err);

/*
 * The second store that bcdboot and reagentc keep on an ESP, '\EFI\Microsoft\Recovery\BCD', from
 * the finished first one: the boot manager, the settings that everything inherits, and the recovery
 * environment when the default entry has one. New memory, to be freed.
 */
int bcd_recovery_store(const struct file_bytes *uefi_store, uint8_t **ret_store, size_t *ret_size,
		       struct error *err);

/*
 * Check a store by the strict rules of the boot library: references, formats, sizes. Findings are
 * appended to notes->warnings, one sentence each. Returns 0 also with findings; an error only when
 * the store cannot be read at all or when memory runs out.
 */
int bcd_check(const struct file_bytes *store, struct bcd_notes *notes, struct error *err);

/*
 * What the default entry starts, for the report and for 'verify'. Embedded; memory belongs to it.
 */
struct bcd_default_entry {
	struct guid object;
	char *description;
	char *path;				   /* \Windows\system32\winload.efi */
	bool device_is_gpt;			   /* else MBR form or another kind of device */
	struct guid device_partition, device_disk; /* valid when device_is_gpt */
	uint64_t device_offset;			   /* MBR form: byte offset */
	uint32_t device_signature;
};

int bcd_default_entry(const struct file_bytes *store, struct bcd_default_entry *ret,
		      struct error *err);
void bcd_default_entry_done(struct bcd_default_entry *entry);

/*
 * How the default entry falls back to a recovery environment, to be compared with what ReAgent.xml
 * says: 'named' is the entry that this names.
 */
struct bcd_fallback {
	bool has_entry;	   /* its recoverysequence leads to a loader of the store */
	struct guid entry; /* that loader */
	bool is_on;	   /* and it may go there by itself: recoveryenabled */
	bool has_named;	   /* 'named' is a loader of the store */
	struct guid place; /* of 'named': the GPT partition its RAM disk is read from, or zero */
};

int bcd_fallback(const struct file_bytes *store, const struct guid *named, struct bcd_fallback *ret,
		 struct error *err);

/* The store as readable lines ("Windows Boot Manager / identifier {bootmgr} / device ..."), new
 * memory to be freed. */
int bcd_list(const struct file_bytes *store, char **ret_text, struct error *err);

#endif
