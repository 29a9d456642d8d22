/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The smallest hive that can be opened: a base block and one bin that holds the root key, its
 * security descriptor and free space. libhivex cannot make a hive, only change one; everything else
 * is added through it. Structures: the regf specification of M. Suhanov, sections "Base block",
 * "Hive bin", "Key node", "Key security".
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/hive/hive.h"
#include "common/hive/hive_format.h"

#define SEED	 (REGF_SIZE + HBIN_UNIT)
#define MAX_ROOT 255

#define NK_ROOT_FLAGS 0x2c /* root of a hive, cannot be deleted, name in ASCII */

/*
 * O:BA G:SY D:P(A;CI;KA;;;BA)(A;CI;KA;;;SY), self-relative (MS-DTYP 2.4.6): the descriptor that BCD
 * stores have on their root.
 */
static const uint8_t descriptor[] = {
	0x01, 0x00, 0x04, 0x80, 0x48, 0x00, 0x00, 0x00, 0x58, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x14, 0x00, 0x00, 0x00, 0x02, 0x00, 0x34, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02,
	0x18, 0x00, 0x3f, 0x00, 0x0f, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20,
	0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00, 0x00, 0x02, 0x14, 0x00, 0x3f, 0x00, 0x0f, 0x00,
	0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00, 0x01, 0x01,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
};

/* The whole cell for 'payload' bytes: with its size field and rounded up to 8. */
static uint32_t cell_size(size_t payload)
{
	return (uint32_t)((payload + 4 + 7) & ~(size_t)7);
}

static void put_root_key(uint8_t *cell, const char *root, size_t length, uint32_t security)
{
	uint8_t *nk = cell + 4;

	put_le32(cell, (uint32_t) - (int32_t)cell_size(NK_NAME + length));
	memcpy(nk, "nk", 2);
	put_le16(nk + NK_FLAGS, NK_ROOT_FLAGS);
	put_le32(nk + NK_PARENT, HIVE_NO_CELL);
	put_le32(nk + NK_SUBKEYS_LIST, HIVE_NO_CELL);
	put_le32(nk + NK_VOLATILE, HIVE_NO_CELL);
	put_le32(nk + NK_VALUES_LIST, HIVE_NO_CELL);
	put_le32(nk + NK_SECURITY, security);
	put_le32(nk + NK_CLASS, HIVE_NO_CELL);
	put_le16(nk + NK_NAME_LENGTH, (uint16_t)length);
	memcpy(nk + NK_NAME, root, length);
}

static void put_security(uint8_t *cell, uint32_t own_offset)
{
	uint8_t *sk = cell + 4;

	put_le32(cell, (uint32_t) - (int32_t)cell_size(SK_DESCRIPTOR + sizeof(descriptor)));
	memcpy(sk, "sk", 2);
	put_le32(sk + SK_NEXT, own_offset);
	put_le32(sk + SK_PREVIOUS, own_offset);
	put_le32(sk + SK_REFERENCES, 1);
	put_le32(sk + SK_LENGTH, sizeof(descriptor));
	memcpy(sk + SK_DESCRIPTOR, descriptor, sizeof(descriptor));
}

static void put_bin(uint8_t *bin, const char *root, size_t length)
{
	uint32_t security = HBIN_HEADER + cell_size(NK_NAME + length);
	uint32_t rest = security + cell_size(SK_DESCRIPTOR + sizeof(descriptor));

	memcpy(bin, "hbin", 4);
	put_le32(bin + HBIN_SIZE, HBIN_UNIT);
	put_root_key(bin + HBIN_HEADER, root, length, security);
	put_security(bin + security, security);
	put_le32(bin + rest, HBIN_UNIT - rest);
}

static void put_base_block(uint8_t *base, unsigned int minor)
{
	memcpy(base, "regf", 4);
	put_le32(base + REGF_SEQUENCE_1, 1);
	put_le32(base + REGF_SEQUENCE_2, 1);
	put_le32(base + REGF_MAJOR, 1);
	put_le32(base + REGF_MINOR, minor);
	put_le32(base + REGF_FORMAT, 1);
	put_le32(base + REGF_ROOT, HBIN_HEADER);
	put_le32(base + REGF_BINS_SIZE, HBIN_UNIT);
	put_le32(base + REGF_CLUSTERING, 1);
	put_le32(base + REGF_CHECKSUM, hive_checksum(base));
}

int hive_new(const char *name, const char *root, unsigned int minor, struct hive **ret,
	     struct error *err)
{
	uint8_t seed[SEED] = {0};
	size_t length = strlen(root);

	if (length < 1 || length > MAX_ROOT || minor < 3 || minor > 6)
		return error_failed(err, EINVAL,
				    "'%s': no hive of format 1.%u with root '%s' can be made", name,
				    minor, root);
	put_bin(seed + REGF_SIZE, root, length);
	put_base_block(seed, minor);
	return hive_open(seed, sizeof(seed), name, ret, err);
}
