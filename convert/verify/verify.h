/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the checks of 'hvgen2 verify' share: the disk, what was learnt about it, and the results.
 * The lowest part: the checks stand above it (checks.h), and their order above them
 * (run.h).
 */
#ifndef HVGEN2_CONVERT_VERIFY_VERIFY_H
#define HVGEN2_CONVERT_VERIFY_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "common/guid.h"
#include "common/progress.h"
#include "convert/sandbox.h"
#include "vhd/vhd.h"

struct grub_reader;

#define VERIFY_MAX_PARTITIONS 128
#define VERIFY_MAX_FILES      64  /* of a chain */
#define VERIFY_MAX_RESULTS    320 /* two for each partition, and the single checks */

enum verify_status { VERIFY_OK, VERIFY_FAIL, VERIFY_SKIPPED, VERIFY_STATUS_MAX };

/* Plain bytes, so that a child process can send it through a pipe. Texts are as the guest has
 * them. */
struct verify_result {
	enum verify_status status;
	char name[32];	  /* stable, no blanks: "gpt-primary" */
	char detail[768]; /* a clause; for VERIFY_SKIPPED the reason */
};

/* What the report says of a thing. */
enum verify_word { VERIFY_UNSAID, VERIFY_OFF, VERIFY_ON };

/* What is no fault of the conversion, as it was so before. */
enum {
	VERIFY_SOURCE_UNREADABLE = 1,  /* the file system could not be mounted */
	VERIFY_SOURCE_BACKUP = 2,      /* NTFS: the second boot sector is no copy of the first */
	VERIFY_SOURCE_SECTOR_SIZE = 4, /* NTFS: sectors of another size than the disk's */
};

struct verify_partition {
	unsigned int number; /* of the entry in the array, from 1 */
	struct guid type;
	struct guid unique;
	uint64_t first_lba;
	uint64_t last_lba; /* inclusive */
	uint64_t attributes;
	unsigned int as_found; /* what was so in the source: bits of VERIFY_SOURCE_... */
	bool is_ntfs;	       /* by its first sector, unless it was unreadable before */
};

struct verify {
	/* Set by the caller. */
	const char *path;
	const struct vhd_open_options *open_options; /* for those who open 'path' again; borrowed */
	struct disk *disk;			     /* of 'path', open; borrowed */
	const struct vhd_info *info;		     /* borrowed */
	const char *store_path;	 /* the NVRAM store; NULL: the sister file PATH with .vmgs, if there
				   is one */
	const char *report_path; /* of the conversion; NULL: PATH with .report.json, if there is
				    one */
	bool use_guestfs;
	struct grub_reader *grub; /* which asks GRUB; NULL: the menu of a Linux is not looked at;
				     borrowed */
	void (*report)(
		void *opaque,
		const struct verify_result *result); /* called for each result; may be NULL */
	void *opaque;
	const struct progress
		*progress; /* told of PROGRESS_CHECKS and PROGRESS_GUESTFS; may be NULL */

	struct sandbox sandbox; /* the wish is the caller's */

	/* Filled by verify_run(): the files of the chain, to be freed by verify_done(). */
	char *files[VERIFY_MAX_FILES];
	size_t file_count;

	uint64_t read_back,
		to_read; /* what the checks have done, of what they will; see verify_expect() */
	int channel;	 /* of the reader (channel.h); -1: programs are started by whoever asks */

	/* Results, in the order of the checks. */
	struct verify_result results[VERIFY_MAX_RESULTS];
	size_t result_count;
	size_t counts[VERIFY_STATUS_MAX];

	/* What the checks learn. */
	bool vhdx_copies_good; /* both headers and both region tables */
	bool have_table;       /* at least one copy of the GPT is whole */
	struct guid disk_guid;
	struct guid nvram_digest; /* of the store, by the report; zero: it says nothing */
	struct verify_partition partitions[VERIFY_MAX_PARTITIONS]; /* in the order of the array */
	size_t partition_count;
	const struct verify_partition *esp;    /* NULL when there is none */
	bool has_several_esps;		       /* of a Linux: which one it is, is chosen later */
	unsigned int reported_esp;	       /* its number, by the report; 0: it says nothing */
	bool has_reported_new_esp;	       /* that was made, not found */
	enum verify_word reported_secure_boot; /* of a Linux, by the report: it can be on */
	bool has_reported_linux;	       /* the report is of a Linux */
	int scratch_fd;		 /* a file without a name, for the ESP; -1 when there is none */
	int scratch_code;	 /* why there is none: positive errno; 0: it was not tried */
	bool esp_is_of_guest;	 /* that of a Linux that had it before: made by its distribution */
	bool has_esp_copy;	 /* the ESP stands in it, sparse */
	char linux_folder[64];	 /* of the ESP, below \EFI, where shim and GRUB are; "": no Linux */
	const char *secure_boot; /* of a Linux: who says that it can be on; NULL: nobody */
	uint8_t *bcd;		 /* \EFI\Microsoft\Boot\BCD of the ESP, or NULL */
	size_t bcd_size;
	char loader_path[260]; /* what the default entry of the BCD starts; "" when unknown */
	const struct verify_partition *windows; /* where it stands, or NULL */
};

/* All fields empty; to be released with verify_done(). */
void verify_init(struct verify *verify);
void verify_done(struct verify *verify);

/* Add a result. What the guest called something is shown safely where it is printed. */
void verify_ok(struct verify *verify, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
void verify_fail(struct verify *verify, const char *name, const char *format, ...)
	PRINTF_LIKE(3, 4);
void verify_skip(struct verify *verify, const char *name, const char *format, ...)
	PRINTF_LIKE(3, 4);
void verify_add(struct verify *verify, const struct verify_result *result);

/* Has a check failed whose name begins so? What it found is then not put before other people's
 * programs. */
bool verify_has_failed(const struct verify *verify, const char *name);

/* The file beside 'path' that has its name with another ending; a new string, NULL when out of
 * memory. */
char *verify_sister(const char *path, const char *ending);

/* So much is to be done before the end, and so much of it has been. Bytes that are read back, and
 * one for each check. */
void verify_expect(struct verify *verify, uint64_t work);
void verify_advance(struct verify *verify, uint64_t work);

/* "ok", "FAIL", "skipped". */
const char *verify_status_text(enum verify_status status);

/* Is this the type of the partition? 'type' is a GUID as standards print it. */
bool verify_has_type(const struct verify_partition *partition, const char *type);

/* Is it an EFI system partition? */
bool verify_is_esp(const struct verify_partition *partition);

/* Has the table a partition for file systems, swap or logical volumes of Linux? */
bool verify_has_linux(const struct verify *verify);

/* A window onto a partition; false (without a result) when it does not lie within the disk. */
bool verify_window(struct verify *verify, const struct verify_partition *partition,
		   struct disk_window *ret);

#endif
