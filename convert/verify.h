/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The checks of 'hvgen2 verify': a converted disk and its NVRAM store are read back, as far as
 * possible with readers that share no code with the writers (libvhdi, qemu, dosfstools, mtools,
 * libefiboot, and libguestfs with the Linux kernel), or else with code written for this purpose
 * alone (GPT, FAT boot sector, VHDX headers).
 *
 * Every check adds one result or more; it never stops the others. What a check learns (partitions,
 * the ESP, the store) stands in 'struct verify' for the ones after it; verify_run() keeps the
 * order.
 */
#ifndef HVGEN2_CONVERT_VERIFY_H
#define HVGEN2_CONVERT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "common/guid.h"
#include "nvram/nvram.h"
#include "vhd/vhd.h"

#define VERIFY_MAX_PARTITIONS 128
#define VERIFY_MAX_RESULTS    320 /* two for each partition, and the single checks */

enum verify_status { VERIFY_OK, VERIFY_FAIL, VERIFY_SKIPPED, VERIFY_STATUS_MAX };

/* Plain bytes, so that a child process can send it through a pipe. Texts are printable UTF-8. */
struct verify_result {
	enum verify_status status;
	char name[32];	  /* stable, no blanks: "gpt-primary" */
	char detail[768]; /* a clause; for VERIFY_SKIPPED the reason */
};

struct verify_partition {
	unsigned int number; /* of the entry in the array, from 1 */
	struct guid type;
	struct guid unique;
	uint64_t first_lba;
	uint64_t last_lba; /* inclusive */
	bool is_ntfs;	   /* by its first sector */
};

struct verify {
	/* Set by the caller. */
	const char *path;
	const struct vhd_open_options *open_options; /* for those who open 'path' again; borrowed */
	struct disk *disk;			     /* of 'path', open; borrowed */
	const struct vhd_info *info;		     /* borrowed */
	const char *store_path; /* the NVRAM store; NULL: the sister file PATH with .vmgs, if there
				   is one */
	bool use_guestfs;
	void (*report)(
		void *opaque,
		const struct verify_result *result); /* called for each result; may be NULL */
	void *opaque;

	/* Results, in the order of the checks. */
	struct verify_result results[VERIFY_MAX_RESULTS];
	size_t result_count;
	size_t counts[VERIFY_STATUS_MAX];

	/* What the checks learn. */
	bool vhdx_copies_good; /* both headers and both region tables */
	bool have_table;       /* at least one copy of the GPT is whole */
	struct guid disk_guid;
	struct verify_partition partitions[VERIFY_MAX_PARTITIONS]; /* in the order of the array */
	size_t partition_count;
	const struct verify_partition *esp; /* NULL when there is none */
	int esp_fd;   /* the ESP as a sparse file without a name; -1 when there is none */
	uint8_t *bcd; /* \EFI\Microsoft\Boot\BCD of the ESP, or NULL */
	size_t bcd_size;
	char loader_path[260]; /* what the default entry of the BCD starts; "" when unknown */
	const struct verify_partition *windows; /* where it stands, or NULL */
};

/* All fields empty; to be released with verify_done(). */
void verify_init(struct verify *verify);
void verify_done(struct verify *verify);

/* Run all checks. Never fails: what cannot be read is a result. */
void verify_run(struct verify *verify);

/* Add a result. Bytes that are not printable UTF-8 (names from the guest) become question marks. */
void verify_ok(struct verify *verify, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
void verify_fail(struct verify *verify, const char *name, const char *format, ...)
	PRINTF_LIKE(3, 4);
void verify_skip(struct verify *verify, const char *name, const char *format, ...)
	PRINTF_LIKE(3, 4);
void verify_add(struct verify *verify, const struct verify_result *result);

/* "ok", "FAIL", "skipped". */
const char *verify_status_text(enum verify_status status);

/* The checks, in the order of their files. Each reads and fills the part of 'struct verify' that is
 * named. */
void verify_image(struct verify *verify);   /* structure of the VHDX file, and qemu-img check */
void verify_libvhdi(struct verify *verify); /* every sector through a second reader */
void verify_gpt(struct verify *verify);	    /* fills have_table, disk_guid, partitions, esp */
void verify_esp(struct verify *verify);	    /* fills esp_fd, bcd */
void verify_ntfs(struct verify *verify);    /* fills partitions[].is_ntfs */
void verify_bcd(struct verify *verify);	    /* needs bcd; fills loader_path, windows */
void verify_nvram(struct verify *verify);   /* needs esp, esp_fd */
void verify_guestfs(struct verify *verify); /* needs partitions, esp, loader_path, windows */

/* Is this the type of the partition? 'type' is a GUID as standards print it. */
bool verify_has_type(const struct verify_partition *partition, const char *type);

/* A window onto a partition; false (without a result) when it does not lie within the disk. */
bool verify_window(struct verify *verify, const struct verify_partition *partition,
		   struct disk_window *ret);

/*
 * Read a file of the ESP with mtools. 'path' has backslashes or slashes. New memory, to be freed.
 * -ENOENT when the ESP has no such file, -ENOPKG when mtools is not installed; *err is filled in
 * any case.
 */
int verify_esp_read(struct verify *verify, const char *path, uint8_t **ret, size_t *ret_size,
		    struct error *err);

/* Subsystems of PE files (PE/COFF specification, section 3.4.2, "Windows Subsystem"). */
#define PE_SUBSYSTEM_ANY	     0
#define PE_SUBSYSTEM_EFI_APPLICATION 10

/* What keeps these bytes from being an x64 program for 'subsystem' ("is no PE file"); NULL when
 * they are one. */
const char *verify_pe_fault(const uint8_t *bytes, size_t size, unsigned int subsystem);

#endif
