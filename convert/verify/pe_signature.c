/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was signed of a program, and its digest in a signature (Microsoft, "Windows Authenticode
 * Portable Executable Signature Format" 1.0): the headers but for the checksum and the directory entry
 * of the certificates, the sections in the order of the file, and what is behind them, up to the
 * certificates, which end the file. So firmware and shim count as well.
 *
 * The signature is PKCS #7, whose content, SpcIndirectDataContent, ends with the digest. That is found
 * by its bytes, as DER has but one way to write it (two, for the parameters of the algorithm): the first
 * behind the type of the content. No parser of ASN.1 is put before what the guest may have written.
 */
#include "convert/verify/pe_signature.h"

#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/pe.h"

/* Offsets from "PE\0\0", of PE32+. */
#define PE_SECTIONS	 6
#define PE_OPTIONAL_SIZE 20
#define PE_OPTIONAL	 24
#define PE_HEADERS_SIZE	 (PE_OPTIONAL + 60)
#define PE_CHECKSUM	 (PE_OPTIONAL + 64)
#define PE_DIRECTORIES	 (PE_OPTIONAL + 108)
#define PE_CERTIFICATES	 (PE_OPTIONAL + 112 + 4 * 8) /* the fifth directory: offset, size */

#define SECTION_HEADER	40
#define SECTION_SIZE	16
#define SECTION_POINTER 20
#define MAX_SECTIONS	96 /* that Windows' loader takes */

/* WIN_CERTIFICATE: u32 length with these 8 bytes, u16 revision, u16 type, then the signature; each
 * begins at a multiple of 8. */
#define CERTIFICATE_HEADER 8
#define CERTIFICATE_TYPE   6
#define TYPE_PKCS7	   2

#define MALFORMED "has headers that contradict each other"

struct range {
	uint64_t offset, size;
};

struct program {
	const uint8_t *bytes;
	size_t size;
	uint64_t pe, headers_size;
	struct range certificates;
	struct range sections[MAX_SECTIONS];
	size_t section_count;
};

static int by_offset(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return (left->offset > right->offset) - (left->offset < right->offset);
}

/* False when they do not stand between the headers and the certificates, or share bytes. */
static bool read_sections(struct program *program)
{
	const uint8_t *header = program->bytes + program->pe;
	size_t count = get_le16(header + PE_SECTIONS);
	uint64_t at = program->pe + PE_OPTIONAL + get_le16(header + PE_OPTIONAL_SIZE);
	uint64_t end = program->headers_size;

	if (count > MAX_SECTIONS || !range_within(at, count * SECTION_HEADER, program->size))
		return false;
	for (; count > 0; count--, at += SECTION_HEADER) {
		struct range section = {get_le32(program->bytes + at + SECTION_POINTER),
					get_le32(program->bytes + at + SECTION_SIZE)};

		if (section.size)
			program->sections[program->section_count++] = section;
	}
	qsort(program->sections, program->section_count, sizeof(program->sections[0]), by_offset);
	for (size_t i = 0; i < program->section_count; i++) {
		if (program->sections[i].offset < end)
			return false;
		end = program->sections[i].offset + program->sections[i].size;
	}
	return end <= program->certificates.offset;
}

static const char *read_program(struct program *program)
{
	const char *fault =
		verify_pe_fault(program->bytes, program->size, PE_SUBSYSTEM_EFI_APPLICATION);
	struct range *certificates = &program->certificates;
	const uint8_t *header;

	if (fault)
		return fault;
	program->pe = get_le32(program->bytes + 0x3c);
	header = program->bytes + program->pe;
	if (!range_within(program->pe, PE_CERTIFICATES + 8, program->size))
		return MALFORMED;
	if (get_le32(header + PE_DIRECTORIES) <= 4)
		return "has no signature";
	certificates->offset = get_le32(header + PE_CERTIFICATES);
	certificates->size = get_le32(header + PE_CERTIFICATES + 4);
	if (certificates->size == 0)
		return "has no signature";
	if (certificates->offset + certificates->size != program->size)
		return "does not end with its signature";
	program->headers_size = get_le32(header + PE_HEADERS_SIZE);
	if (program->headers_size < program->pe + PE_CERTIFICATES + 8 ||
	    program->headers_size > certificates->offset || !read_sections(program))
		return MALFORMED;
	return NULL;
}

static void hash(struct sha256_ctx *sha256, const struct program *program, uint64_t from,
		 uint64_t to)
{
	sha256_update(sha256, (size_t)(to - from), program->bytes + from);
}

static void digest_of(const struct program *program, uint8_t digest[SHA256_DIGEST_SIZE])
{
	uint64_t checksum = program->pe + PE_CHECKSUM, entry = program->pe + PE_CERTIFICATES;
	uint64_t hashed = program->headers_size;
	struct sha256_ctx sha256;

	sha256_init(&sha256);
	hash(&sha256, program, 0, checksum);
	hash(&sha256, program, checksum + 4, entry);
	hash(&sha256, program, entry + 8, program->headers_size);
	for (size_t i = 0; i < program->section_count; i++) {
		const struct range *section = &program->sections[i];

		hash(&sha256, program, section->offset, section->offset + section->size);
		hashed += section->size;
	}
	/* Where there are gaps between sections, this is what all others count, too. */
	hash(&sha256, program, hashed, program->certificates.offset);
#if NETTLE_VERSION_MAJOR >= 4
	sha256_digest(&sha256, digest);
#else
	sha256_digest(&sha256, SHA256_DIGEST_SIZE, digest);
#endif
}

/* The first place of 'what'; NULL when there is none. */
static const uint8_t *find(const uint8_t *from, const uint8_t *end, const void *what, size_t size)
{
	return memmem(from, (size_t)(end - from), what, size);
}

/* The SHA-256 digest in a signature; NULL when it has none. */
static const uint8_t *signed_digest(const uint8_t *signature, size_t size)
{
	/* SPC_INDIRECT_DATA_OBJID, 1.3.6.1.4.1.311.2.1.4 */
	static const uint8_t content[] = {0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
					  0x01, 0x82, 0x37, 0x02, 0x01, 0x04};
	/* DigestInfo { { 2.16.840.1.101.3.4.2.1, NULL or nothing }, 32 bytes } */
	static const uint8_t with_null[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
					    0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
					    0x01, 0x05, 0x00, 0x04, 0x20};
	static const uint8_t without[] = {0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
					  0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
	const uint8_t *end = signature + size, *at = find(signature, end, content, sizeof(content));
	const uint8_t *first, *second;

	if (!at)
		return NULL;
	first = find(at, end, with_null, sizeof(with_null));
	second = find(at, end, without, sizeof(without));
	if (first && (!second || first < second))
		at = first + sizeof(with_null);
	else if (second)
		at = second + sizeof(without);
	else
		return NULL;
	return end - at >= SHA256_DIGEST_SIZE ? at : NULL;
}

/* Of all signatures one suffices. */
static const char *judge_signatures(const struct program *program,
				    const uint8_t digest[SHA256_DIGEST_SIZE])
{
	const char *fault = "has no signature of PKCS #7 over a SHA-256 digest";
	uint64_t at = program->certificates.offset;

	while (range_within(at, CERTIFICATE_HEADER, program->size)) {
		const uint8_t *certificate = program->bytes + at, *found = NULL;
		uint64_t length = get_le32(certificate);

		if (length < CERTIFICATE_HEADER || !range_within(at, length, program->size))
			return "has a signature that is cut short";
		if (get_le16(certificate + CERTIFICATE_TYPE) == TYPE_PKCS7)
			found = signed_digest(certificate + CERTIFICATE_HEADER,
					      (size_t)length - CERTIFICATE_HEADER);
		if (found && memcmp(found, digest, SHA256_DIGEST_SIZE) == 0)
			return NULL;
		if (found)
			fault = "was changed since it was signed";
		at += div_round_up(length, 8) * 8;
	}
	return fault;
}

const char *verify_pe_signature_fault(const uint8_t *bytes, size_t size)
{
	struct program program = {.bytes = bytes, .size = size};
	uint8_t digest[SHA256_DIGEST_SIZE];
	const char *fault = read_program(&program);

	if (fault)
		return fault;
	digest_of(&program, digest);
	return judge_signatures(&program, digest);
}
