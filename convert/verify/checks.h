/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The checks of a converted disk and its NVRAM store, which are read back, as far as possible with
 * readers that share no code with the writers (libvhdi, qemu, dosfstools, mtools, libefiboot, GRUB,
 * and libguestfs with the Linux kernel), or else with code written for this purpose alone (GPT, FAT
 * boot sector, VHDX headers, the way through NTFS).
 *
 * Every check adds one result or more; it never stops the others. What it learns stands in 'struct
 * verify' for the ones after it.
 */
#ifndef HVGEN2_CONVERT_VERIFY_CHECKS_H
#define HVGEN2_CONVERT_VERIFY_CHECKS_H

#include "convert/verify/verify.h"

/* The checks, in the order of their files. Each reads and fills the part of 'struct verify' that is
 * named. */
void verify_image(struct verify *verify);   /* structure of the VHDX file, and qemu-img check */
void verify_libvhdi(struct verify *verify); /* every sector through a second reader */
uint64_t verify_libvhdi_work(struct verify *verify); /* the bytes that it will read, about */
void verify_gpt(struct verify *verify);		 /* fills have_table, disk_guid, partitions, esp */
void verify_source(struct verify *verify);	 /* fills partitions[].as_found, nvram_digest,
						    reported_...; a result when the report is
						    of no use, and what it says of the table */
void verify_several_esps(struct verify *verify); /* changes esp where has_several_esps */
void verify_esp(struct verify *verify);		 /* fills has_esp_copy */
void verify_boot_files(struct verify *verify);	 /* fills linux_folder, secure_boot, bcd */
void verify_ntfs(struct verify *verify);	 /* fills partitions[].is_ntfs */
void verify_bcd(struct verify *verify);		 /* needs bcd; fills loader_path, windows */
void verify_nvram(struct verify *verify);	 /* needs esp, has_esp_copy */
void verify_guestfs(struct verify *verify);	 /* needs partitions, esp, loader_path, windows */

#endif
