/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UEFI variables at rest: the boot entries of a generation 2 VM and the stores that hold them.
 *
 * A list of variables is the model; containers (VMGS, OVMF) are written from it. Device paths and
 * load options follow UEFI 2.10 sections 10 and 3.1.3.
 */
#ifndef HVGEN2_NVRAM_NVRAM_H
#define HVGEN2_NVRAM_NVRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/guid.h"

/* EFI_GLOBAL_VARIABLE: the vendor of Boot####, BootOrder, PK, KEK, ... */
#define NVRAM_GLOBAL GUID(0x8be4df61, 0x93ca, 0x11d2, 0xaa0d, 0x00e098032b8c)

/* EFI_VARIABLE_*: UEFI 2.10 section 8.2 */
#define NVRAM_NON_VOLATILE 0x01U
#define NVRAM_BOOT_ACCESS  0x02U
#define NVRAM_RUN_ACCESS   0x04U
#define NVRAM_TIME_AUTH	   0x20U
/* What Boot#### and BootOrder carry. */
#define NVRAM_BOOT_ATTRIBUTES (NVRAM_NON_VOLATILE | NVRAM_BOOT_ACCESS | NVRAM_RUN_ACCESS)

/* As many as the largest container, OVMF's 256 KiB, can hold of the smallest variables. */
#define NVRAM_MAX_VARIABLES 4096

struct nvram_variable {
	struct guid vendor;
	char *name;	     /* UTF-8 */
	uint32_t attributes; /* EFI_VARIABLE_* bits */
	uint8_t time[16];    /* EFI_TIME; zero unless time-authenticated */
	uint8_t *data;
	size_t size;
};

/* Variables in the order of their container. Embedded; all memory belongs to it. */
struct nvram {
	struct nvram_variable *variables;
	size_t count;
};

#define NVRAM_INIT                                                                                 \
	{                                                                                          \
		.variables = NULL                                                                  \
	}
void nvram_done(struct nvram *nvram);
#define CLEANUP_NVRAM CLEANUP(nvram_done)

/* A deep copy; *ret is overwritten. */
int nvram_copy(const struct nvram *from, struct nvram *ret, struct error *err);

/* Set or replace a variable; name and data are copied. Its time becomes zero. A new one goes to the
 * end. */
int nvram_set(struct nvram *nvram, const struct guid *vendor, const char *name, uint32_t attributes,
	      const void *data, size_t size, struct error *err);

/* The same with the time of the variable given, which may not belong to 'nvram'. */
int nvram_put(struct nvram *nvram, const struct nvram_variable *variable, struct error *err);

/* NULL when absent. Name and vendor are compared exactly, as the firmware does. */
const struct nvram_variable *nvram_get(const struct nvram *nvram, const struct guid *vendor,
				       const char *name);

/* false when there was none. */
bool nvram_remove(struct nvram *nvram, const struct guid *vendor, const char *name);

/*
 * A digest of all variables in their order, whatever holds them (RFC 4122 version 5, of SHA-1):
 * whether a store is still that of a report. It shows what belongs together, and is no proof
 * against somebody who writes both.
 */
struct guid nvram_digest(const struct nvram *nvram);

/* The same in everything? */
bool nvram_variable_equal(const struct nvram_variable *a, const struct nvram_variable *b);

/* The ESP as an HD device path node names it. LBAs in logical sectors. */
struct nvram_partition {
	uint32_t number; /* in the GPT entry array, from 1 */
	uint64_t start_lba;
	uint64_t sectors;
	struct guid guid; /* unique partition GUID */
};

/* What a File entry starts, and what it is called. Borrowed. */
struct nvram_file {
	const char *path; /* UTF-8 with backslashes */
	const char *description;
};

/*
 * Put a "Windows Boot Manager" File entry, short form, with Windows' own optional data, at the top
 * of BootOrder: 300 bytes in the lowest free Boot####. 'path' is UTF-8 with backslashes, normally
 * "\\EFI\\Microsoft\\Boot\\bootmgfw.efi". An entry that is byte for byte equal is reused.
 * *ret_number is the #### (may be NULL).
 */
int nvram_add_windows_boot_manager(struct nvram *nvram, const struct nvram_partition *esp,
				   const char *path, uint16_t *ret_number, struct error *err);

/* The same with another description, of any UTF-8; Windows' optional data only for its own
 * description. */
#define NVRAM_WINDOWS_BOOT_MANAGER "Windows Boot Manager"
int nvram_add_file(struct nvram *nvram, const struct nvram_partition *esp, const char *path,
		   const char *description, uint16_t *ret_number, struct error *err);

/*
 * Entries for a SCSI disk or DVD and for a network adapter, at the bottom of BootOrder as Hyper-V
 * adds them. The GUID is the instance of the VMBus channel (VirtualSystemIdentifiers of the
 * controller or adapter). Newer hosts end the path of an adapter with its IP version, that of 2012
 * R2 did not.
 */
#define NVRAM_SCSI_DRIVE "EFI SCSI Device" /* as Hyper-V calls it */
enum nvram_ip { NVRAM_IP_NONE, NVRAM_IP_4, NVRAM_IP_6 };
int nvram_add_drive(struct nvram *nvram, const struct guid *controller, uint16_t lun,
		    const char *description, uint16_t *ret_number, struct error *err);
int nvram_add_network(struct nvram *nvram, const struct guid *adapter, enum nvram_ip ip,
		      const char *description, uint16_t *ret_number, struct error *err);

/* Remove Boot#### and its place in BootOrder. One that does not exist is no error. */
int nvram_remove_boot_entry(struct nvram *nvram, uint16_t number, struct error *err);

/*
 * Remove all other File entries with the description of 'keep': they point at disks that are gone.
 */
int nvram_remove_stale(struct nvram *nvram, uint16_t keep, size_t *ret_removed, struct error *err);

/* As Hyper-V sorts them (BootSourceType): by the last node of the device path. */
enum nvram_boot_type {
	NVRAM_BOOT_FILE,
	NVRAM_BOOT_DRIVE,
	NVRAM_BOOT_NETWORK,
	NVRAM_BOOT_OTHER,
	NVRAM_BOOT_TYPE_MAX
};

/* One load option taken apart. Embedded; strings belong to it. */
struct nvram_boot_entry {
	uint16_t number;
	bool active;
	char *description;		  /* UTF-8 */
	bool is_file;			  /* a short-form or full path that ends in a File node */
	struct nvram_partition partition; /* of the HD node; number 0 when there is none */
	char *file_path;		  /* of the File node, or NULL */
	enum nvram_boot_type type;
	uint32_t attributes;	 /* of the load option */
	char *firmware_path;	 /* the device path as Hyper-V prints it */
	const uint8_t *optional; /* within the variable: valid until 'nvram' changes */
	size_t optional_size;
};

#define NVRAM_BOOT_ENTRY_INIT                                                                      \
	{                                                                                          \
		.description = NULL                                                                \
	}
void nvram_boot_entry_done(struct nvram_boot_entry *entry);
#define CLEANUP_BOOT_ENTRY CLEANUP(nvram_boot_entry_done)

/* Entries in BootOrder; at most 'max' numbers are stored, all are counted. 0 when there is no
 * BootOrder. */
size_t nvram_boot_order(const struct nvram *nvram, uint16_t *ret_numbers, size_t max);
int nvram_boot_entry(const struct nvram *nvram, uint16_t number, struct nvram_boot_entry *ret,
		     struct error *err);

/* Numbers of all Boot#### variables, in the order of the container, counted as above. */
size_t nvram_boot_numbers(const struct nvram *nvram, uint16_t *ret_numbers, size_t max);

/* Replace BootOrder; no numbers remove it. */
int nvram_set_boot_order(struct nvram *nvram, const uint16_t *numbers, size_t count,
			 struct error *err);

/* Move a number to the top of BootOrder; the others keep their order. */
int nvram_boot_first(struct nvram *nvram, uint16_t number, struct error *err);

/* Containers, as whole files in memory. The encoders return new memory to be freed. */

/* VMGS version 3, 4 MiB and VHD footer. 'vhd_id' is the unique id of the footer. */
int nvram_encode_vmgs(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		      size_t *ret_size, struct error *err);
int nvram_decode_vmgs(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err);

/* An OVMF variable store of 4M layout (540672 bytes), made from nothing. */
int nvram_encode_ovmf(const struct nvram *nvram, uint8_t **ret, size_t *ret_size,
		      struct error *err);
int nvram_decode_ovmf(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err);

/* In the order in which they are tried: those first whose own bytes could hold the mark of a later
 * one. */
enum nvram_format {
	NVRAM_FORMAT_OVMF,	  /* flash image, 2M or 4M */
	NVRAM_FORMAT_EFIVAR,	  /* one variable, as efivar exports it */
	NVRAM_FORMAT_XML,	  /* Hyper-V configuration of version 5.0 */
	NVRAM_FORMAT_CUSTOM_UEFI, /* JSON of UEFI settings, as OpenVMM and Azure take it */
	NVRAM_FORMAT_JSON,	  /* virt-firmware's and QEMU's form */
	NVRAM_FORMAT_LIST,	  /* the bare variable list, BIOS_NVRAM of a VMGS */
	NVRAM_FORMAT_VMGS,	  /* version 3: OpenHCL, OpenVMM */
	NVRAM_FORMAT_VMGS_1,	  /* version 1: an ordinary Hyper-V VM */
	NVRAM_FORMAT_MAX,
};

/* "VMGS version 3", "OVMF variable store", ... */
const char *nvram_format_text(enum nvram_format format);

/* Which container is it? By content alone. ERROR_DAMAGED when it is none. */
int nvram_recognise(const uint8_t *bytes, size_t size, const char *name, enum nvram_format *ret,
		    struct error *err);

/* Recognise the container and decode it. */
int nvram_decode(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		 struct error *err);

/*
 * The same container with exactly the variables of 'nvram'; everything else in it, what is not
 * understood too, stays byte for byte. *ret is to be freed. Without any difference the bytes are
 * the old ones. -ENOSPC, -EFBIG, -ENAMETOOLONG when the container cannot hold them.
 */
int nvram_update(const uint8_t *old, size_t size, const char *name, const struct nvram *nvram,
		 uint8_t **ret, size_t *ret_size, struct error *err);

/*
 * A container made from nothing. 'vhd_id' is the unique id of the VHD footer, and wanted for VMGS
 * only. An XML configuration cannot be made; NVRAM_FORMAT_EFIVAR holds one variable;
 * NVRAM_FORMAT_VMGS_1 is an experiment.
 */
int nvram_encode(enum nvram_format format, const struct nvram *nvram, const struct guid *vhd_id,
		 uint8_t **ret, size_t *ret_size, struct error *err);

/* Are PK, KEK and db there? Without them Secure Boot cannot find the boot manager trustworthy. */
bool nvram_has_secure_boot_keys(const struct nvram *nvram);

/* One of them by its name, PK, KEK, db or dbx; NULL when the store lacks it. */
const struct nvram_variable *nvram_secure_boot_key(const struct nvram *nvram, const char *name);

/*
 * A sentence for the user of a guest state file (VMGS) with boot entries but without keys, else
 * NULL: the host gives its keys only to a store without any variable. A configuration of 2012 R2
 * holds no keys, and OVMF needs none. Not to be freed.
 */
const char *nvram_key_warning(enum nvram_format format, const struct nvram *nvram);

/*
 * Put the keys of 'from', which was read from 'name', into a store of 'format': PK, KEK, db and dbx,
 * exactly these. A guest state file gets what a host sets with them (dbDefault, CurrentPolicy,
 * SetupMode 0), and no times; others keep the times. ERROR_DAMAGED, and nothing put, when a PK, KEK
 * or db lacks there or holds something else than certificates and SHA-256 hashes.
 */
int nvram_add_keys(struct nvram *nvram, enum nvram_format format, const struct nvram *from,
		   const char *name, struct error *err);

/* What EFI_SIGNATURE_LISTs hold: PK, KEK, db, dbx (UEFI 2.10 section 32.4.1). Embedded. */
struct nvram_signatures {
	size_t certificates; /* X.509 */
	char **subjects;     /* of each certificate: its common name, organization or "?"; UTF-8 */
	size_t hashes;	     /* SHA-256 */
	size_t others;
};

#define NVRAM_SIGNATURES_INIT                                                                      \
	{                                                                                          \
		.subjects = NULL                                                                   \
	}
void nvram_signatures_done(struct nvram_signatures *signatures);
#define CLEANUP_SIGNATURES CLEANUP(nvram_signatures_done)

/* Is it a variable that holds such lists? */
bool nvram_holds_signatures(const struct nvram_variable *variable);

/* ERROR_DAMAGED when sizes do not add up. */
int nvram_read_signatures(const struct nvram_variable *variable, struct nvram_signatures *ret,
			  struct error *err);

/* Call 'each' for every certificate (X.509, DER) of db, up to a list that is damaged. */
void nvram_db_certificates(const struct nvram *nvram,
			   void (*each)(void *context, const uint8_t *der, size_t size),
			   void *context);

/* The keys of Secure Boot in words, to be freed: "PK 'Microsoft Hyper-V Firmware PK', KEK 2, db 2,
 * dbx 431". A PK must be there. */
int nvram_describe_keys(const struct nvram *nvram, char **ret, struct error *err);

/* A store in a file, opened to be read and perhaps changed. Embedded. */
struct nvram_store {
	char *path;	  /* without symbolic links */
	const char *name; /* as the user gave it, borrowed */
	mode_t mode;	  /* of the file, when it was read */
	enum nvram_format format;
	uint8_t *bytes;
	size_t size;
	uint8_t *original; /* what the file held, when 'bytes' has been changed since; else NULL */
	size_t original_size;
	struct nvram nvram; /* to be changed at will before nvram_store_save() */
};

#define NVRAM_STORE_INIT                                                                           \
	{                                                                                          \
		.path = NULL                                                                       \
	}
void nvram_store_done(struct nvram_store *store);
#define CLEANUP_STORE CLEANUP(nvram_store_done)

int nvram_store_open(const char *path, struct nvram_store *ret, struct error *err);

/* The two halves of it: to have the bytes before no path can be opened any more, and to look into
 * them after that. '*ret' is NVRAM_STORE_INIT, and to be released after a failure too. */
int nvram_store_read(const char *path, struct nvram_store *ret, struct error *err);
int nvram_store_decode(struct nvram_store *store, struct error *err);

/* One variable from a file as efivarfs shows it: its name and vendor are those of the file,
 * "NAME-GUID". */
int nvram_read_efivarfs(const char *path, struct nvram *ret, struct error *err);

/*
 * Put the changes into the container and the container into the file: a new file that takes the old
 * one's name, mode and, where allowed, owner when it is complete on the disk. Killed at any moment,
 * the old store is there or the new one. With 'dry_run' all is done but the writing. Nothing is
 * written when nothing changed.
 */
int nvram_store_save(struct nvram_store *store, bool dry_run, struct error *err);

/*
 * 'convert --nvram-template': put an entry as of nvram_add_file() at the top of the store's boot order;
 * with 'remove_stale' other File entries of that description go. *ret is what the file would hold
 * then, with all else of it, keys of Secure Boot too, byte for byte; to be freed. The file is left
 * alone; store->nvram is changed, after a failure perhaps in part.
 */
int nvram_from_template(struct nvram_store *store, const struct nvram_partition *esp,
			const struct nvram_file *file, bool remove_stale, uint8_t **ret,
			size_t *ret_size, struct error *err);

/* Settings of the VM's firmware. They are no variables: only a configuration (XML) holds them. */
enum nvram_setting { NVRAM_SETTING_NETWORK_PROTOCOL, NVRAM_SETTING_PAUSE, NVRAM_SETTING_MAX };

/*
 * Change one in 'store->bytes', to be saved as above. Protocol: "IPv4" or "IPv6"; pause after a
 * boot failure: "On" or "Off", in any case; anything else is ERROR_USAGE. Refused, with the line of
 * PowerShell that does it, in other containers.
 */
int nvram_store_set(struct nvram_store *store, enum nvram_setting setting, const char *value,
		    struct error *err);

#endif
