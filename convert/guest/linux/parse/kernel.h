/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a Linux kernel for PCs (Documentation/arch/x86/boot.rst of Linux). */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_KERNEL_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"

/* This much from the start holds all of it in every real kernel. */
#define LINUX_KERNEL_HEAD 65536

struct linux_kernel {
	bool is_bzimage;	  /* else nothing below is known */
	bool is_64_bit;		  /* has the 64-bit entry point (protocol 2.12, Linux 3.8) */
	bool has_efi_stub;	  /* is a PE program, which GRUB starts under UEFI */
	bool has_efi_handover_64; /* and has the entry for that which older GRUBs use */
	char version[128]; /* "6.1.0-18-amd64", as uname -r says it; "" when it is not told */
	uint16_t protocol; /* 0x020f is 2.15 */
};

/*
 * 'file' is the whole kernel or its first LINUX_KERNEL_HEAD bytes. ERROR_DAMAGED when there is not
 * even a setup header; what is no kernel for PCs is told by is_bzimage.
 */
int linux_kernel_parse(const struct file_bytes *file, struct linux_kernel *ret, struct error *err);

#endif
