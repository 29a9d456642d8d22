/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that sbsign signed, and that sbverify took: 512 bytes of headers, two sections, 8 bytes behind
 * them, and one signature or two. Any other byte of what was signed is found.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "convert/verify/pe_signature.h"
#include "tests/support/scratch.h"

#define PE	     0x40
#define CHECKSUM     (PE + 24 + 64)
#define CERTIFICATES (PE + 24 + 144) /* the directory entry */
#define UNSIGNED     712

static uint8_t *load(const char *name, size_t *ret_size)
{
	char path[512];

	snprintf(path, sizeof(path), PROGRAMS "/%s", name);
	return file_read(path, ret_size);
}

static void assert_fault(const uint8_t *bytes, size_t size, const char *words)
{
	const char *fault = verify_pe_signature_fault(bytes, size);

	cr_assert(fault && strcmp(fault, words) == 0, "'%s', not '%s'", fault ? fault : "(none)",
		  words);
}

Test(pe_signature, takes_what_was_signed)
{
	static const char *const names[] = {"signed", "signed-twice"};

	for (size_t i = 0; i < 2; i++) {
		size_t size;
		CLEANUP_FREE uint8_t *bytes = load(names[i], &size);

		cr_assert_null(verify_pe_signature_fault(bytes, size), "%s", names[i]);
	}
}

Test(pe_signature, finds_every_other_byte)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = load("signed", &size);

	for (size_t at = 0; at < UNSIGNED; at++) {
		bool is_free = at >= CHECKSUM && at < CHECKSUM + 4;

		bytes[at] ^= 1;
		cr_assert_eq(!verify_pe_signature_fault(bytes, size), is_free, "at %zu", at);
		bytes[at] ^= 1;
	}
}

Test(pe_signature, another_signature_makes_up_for_one)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = load("signed-twice", &size);
	uint64_t second = UNSIGNED + (get_le32(bytes + UNSIGNED) + 7) / 8 * 8;

	put_le16(bytes + UNSIGNED + 6, 0xef0);
	cr_assert_null(verify_pe_signature_fault(bytes, size));
	put_le16(bytes + second + 6, 0xef0);
	assert_fault(bytes, size, "has no signature of PKCS #7 over a SHA-256 digest");
}

Test(pe_signature, ends_that_are_cut)
{
	size_t size, all;
	CLEANUP_FREE uint8_t *bytes = load("signed", &all);

	for (size = 0; size < all; size++) {
		CLEANUP_FREE uint8_t *part = malloc(size + 1);

		cr_assert_not_null(part);
		memcpy(part, bytes, size);
		cr_assert_not_null(verify_pe_signature_fault(part, size), "%zu bytes", size);
	}
	assert_fault(bytes, all - 8, "does not end with its signature");
}

Test(pe_signature, lengths_that_lie)
{
	static const uint32_t lengths[] = {0, 7, 8, UINT32_MAX};
	size_t size;
	CLEANUP_FREE uint8_t *bytes = load("signed", &size);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put_le32(bytes + UNSIGNED, lengths[i]);
		cr_assert_not_null(verify_pe_signature_fault(bytes, size), "%x", lengths[i]);
	}
}

Test(pe_signature, headers_that_lie)
{
	static const struct {
		size_t offset;
		uint32_t value;
	} lies[] = {
		{PE + 24 + 60, 0xffffffff}, /* size of the headers */
		{PE + 24 + 60, 0},
		{PE + 24 + 240 + 16, 0xffffffff}, /* size of the first section */
		{PE + 24 + 240 + 20, 0x100},	  /* its place */
		{PE + 24 + 240 + 20, 0x280},	  /* that of the second */
	};
	size_t size;
	CLEANUP_FREE uint8_t *bytes = load("signed", &size);

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint32_t was = get_le32(bytes + lies[i].offset);

		put_le32(bytes + lies[i].offset, lies[i].value);
		assert_fault(bytes, size, "has headers that contradict each other");
		put_le32(bytes + lies[i].offset, was);
	}
	put_le16(bytes + PE + 6, 0xffff);
	assert_fault(bytes, size, "has headers that contradict each other");
}

Test(pe_signature, none)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = load("unsigned", &size);

	assert_fault(bytes, size, "has no signature");
	put_le32(bytes + PE + 24 + 108, 4); /* directories */
	put_le32(bytes + CERTIFICATES, 1);
	assert_fault(bytes, size, "has no signature");
	assert_fault(bytes, 0, "is no PE file");
}
