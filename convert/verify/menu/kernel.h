/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a Linux kernel whole? (Linux, Documentation/arch/x86/boot.rst; PE/COFF specification) */
#ifndef HVGEN2_CONVERT_VERIFY_MENU_KERNEL_H
#define HVGEN2_CONVERT_VERIFY_MENU_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* So much of its start is looked at. */
#define KERNEL_START 4096

/*
 * What keeps a file of 'file_size' bytes, which begins with these, from being a whole kernel for
 * x64 that UEFI can start, its PE headers apart; NULL when it is one.
 */
const char *verify_kernel_fault(const uint8_t *start, size_t size, uint64_t file_size);

#endif
