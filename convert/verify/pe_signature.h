/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a program still what was signed? (PE/COFF specification, "Attribute Certificate Table") */
#ifndef HVGEN2_CONVERT_VERIFY_PE_SIGNATURE_H
#define HVGEN2_CONVERT_VERIFY_PE_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Why firmware with Secure Boot on, or shim, would not start the program that is all of these bytes ("has
 * no signature"); NULL when one of its signatures is of them. Who signed it, and whether the
 * signature is that signer's, is not looked at.
 */
const char *verify_pe_signature_fault(const uint8_t *bytes, size_t size);

#endif
