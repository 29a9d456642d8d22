/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a file a program for x64? (PE/COFF specification) */
#ifndef HVGEN2_CONVERT_VERIFY_PE_H
#define HVGEN2_CONVERT_VERIFY_PE_H

#include <stddef.h>
#include <stdint.h>

/* Subsystems of PE files (PE/COFF specification, section 3.4.2, "Windows Subsystem"). */
#define PE_SUBSYSTEM_ANY	     0
#define PE_SUBSYSTEM_EFI_APPLICATION 10

/*
 * What keeps these bytes from being an x64 program for 'subsystem' ("is no PE file"); NULL when
 * they are one. The first 4 KiB of a file are enough: there the headers of all programs stand.
 */
const char *verify_pe_fault(const uint8_t *bytes, size_t size, unsigned int subsystem);

#endif
