/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32C (Castagnoli), the checksum of VHDX headers, region tables and log entries
 * (MS-VHDX 2.2.2). */
#ifndef HVGEN2_VHD_CRC32C_H
#define HVGEN2_VHD_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * The CRC of 'length' bytes that follow bytes whose CRC is 'crc' (0 at the start), so that a buffer
 * can be summed in pieces: crc32c(crc32c(0, a), b) is the CRC of a and b together.
 */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

/*
 * The CRC of a structure that holds its own CRC in the four bytes at 'field', which count as zero.
 */
uint32_t crc32c_without_field(const void *bytes, size_t length, size_t field);

#endif
