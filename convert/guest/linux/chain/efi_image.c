/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections and signers of EFI programs: see efi_image.h. */
#include "convert/guest/linux/chain/efi_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/guest/pe.h"

/*
 * GRUB's modules and what else was put in by grub-mkimage (GRUB include/grub/kernel.h): a header,
 * then objects, each with its own.
 *
 *    0  u32 "mimg"  u32 padding  u64 offset of the first object  u64 size of all, with this header
 *   +0  u32 type    u32 size with these 8 bytes    data
 */
#define MODULES_MAGIC  UINT32_C(0x676d696d)
#define MODULES_OFFSET 8
#define MODULES_SIZE   16
#define MODULES_HEADER 24
#define OBJECT_TYPE    0
#define OBJECT_SIZE    4
#define OBJECT_HEADER  8
#define OBJECT_PREFIX  3

/*
 * Shim's certificates (shim cert.S): u32 size of those that it accepts, u32 size of those that it
 * does not, u32 offset of the ones, u32 offset of the others, from the start of the section.
 */
#define VENDOR_SIZE   0
#define VENDOR_OFFSET 8
#define VENDOR_HEADER 16

/* EFI_SIGNATURE_LIST: GUID of the type, u32 size of all, u32 size of a second header, u32 size of a
 * signature; then signatures, each with the GUID of its owner in front. */
#define LIST_SIZE	     16
#define LIST_HEADER_SIZE     20
#define LIST_SIGNATURE_SIZE  24
#define LIST_HEADER	     28
#define LIST_SIGNATURE_OWNER 16
#define DER_SEQUENCE	     0x30 /* what X.509 begins with, and no GUID of a list does */

/* EFI_CERT_X509_GUID, as it is stored. */
static const uint8_t list_x509[16] = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
				      0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};

/* Find a section: false, with *ret 0, when there is none; else false when it is damaged. */
static bool find_section(const struct file_bytes *image, const char *name, struct file_bytes *ret,
			 int *r, struct error *err)
{
	bool is_bad;
	bool is_there = pe_section(image->data, image->size, name, ret, &is_bad);

	*r = is_bad ? error_damaged(
			      err,
			      "'%s': section '%s' does not lie within the %zu bytes of the file",
			      image->name, name, image->size)
		    : 0;
	return is_there;
}

static int check_object(const struct file_bytes *image, uint64_t at, uint64_t length, uint64_t end,
			struct error *err)
{
	if (length < OBJECT_HEADER || !range_within(at, length, end))
		return error_damaged(
			err,
			"'%s': the object at offset %llu of section 'mods' has %llu bytes, "
			"and the section ends at %llu",
			image->name, (unsigned long long)at, (unsigned long long)length,
			(unsigned long long)end);
	return 0;
}

/* The prefix among the objects of GRUB in [at, end) of its section. */
static int find_prefix(const struct file_bytes *image, const struct file_bytes *mods, uint64_t end,
		       struct efi_image *found, struct error *err)
{
	uint64_t at = get_le64(mods->data + MODULES_OFFSET);

	while (at < end && end - at >= OBJECT_HEADER) {
		uint64_t length = get_le32(mods->data + at + OBJECT_SIZE);
		int r = check_object(image, at, length, end, err);

		if (r < 0)
			return r;
		if (get_le32(mods->data + at + OBJECT_TYPE) == OBJECT_PREFIX) {
			size_t room = (size_t)min_u64(length - OBJECT_HEADER, EFI_IMAGE_PREFIX - 1);

			memcpy(found->prefix, mods->data + at + OBJECT_HEADER, room);
			return 0;
		}
		at += length;
	}
	return 0;
}

/* Names of commands and variables stand in the modules, each between two NULs. */
static bool has_name(const struct file_bytes *mods, const char *name)
{
	const size_t length = strlen(name);
	const uint8_t *at = mods->data;
	const uint8_t *end = mods->data + mods->size;

	while ((at = memmem(at, (size_t)(end - at), name, length))) {
		if (at > mods->data && at[-1] == '\0' && at + length < end && at[length] == '\0')
			return true;
		at++;
	}
	return false;
}

static int read_modules(const struct file_bytes *image, struct efi_image *found, struct error *err)
{
	struct file_bytes mods;
	int r;

	if (!find_section(image, "mods", &mods, &r, err))
		return r;
	if (mods.size < MODULES_HEADER || get_le32(mods.data) != MODULES_MAGIC)
		return 0;
	if (get_le64(mods.data + MODULES_SIZE) > mods.size)
		return error_damaged(
			err,
			"'%s': the modules in section 'mods' have %llu bytes, and the section %zu",
			image->name, (unsigned long long)get_le64(mods.data + MODULES_SIZE),
			mods.size);
	found->is_grub = true;
	found->has_blscfg = has_name(&mods, "blscfg");
	found->has_btrfs_relative = has_name(&mods, "btrfs_relative_path");
	return find_prefix(image, &mods, get_le64(mods.data + MODULES_SIZE), found, err);
}

/* What stands behind the name of a component, in lines
 * "component,generation,vendor,package,version,..." (shim SBAT.md); NULL when there is none. */
static const uint8_t *find_component(const struct file_bytes *sbat, const char *component,
				     size_t *ret_left)
{
	size_t length = strlen(component);

	for (size_t at = 0; at < sbat->size;) {
		const uint8_t *line = sbat->data + at;
		const uint8_t *end = memchr(line, '\n', sbat->size - at);
		size_t left = end ? (size_t)(end - line) : sbat->size - at;

		at += left + 1;
		if (left <= length + 1 || memcmp(line, component, length) != 0 ||
		    line[length] != ',')
			continue;
		*ret_left = left - length - 1;
		return line + length + 1;
	}
	return NULL;
}

/* The number at *at, which goes behind it. */
static unsigned int take_number(const uint8_t **at, const uint8_t *end)
{
	unsigned int value = 0;

	for (; *at < end && **at >= '0' && **at <= '9' && value < 10000; ++*at)
		value = value * 10 + (unsigned int)(**at - '0');
	return value;
}

static unsigned int generation_of(const struct file_bytes *sbat, const char *component)
{
	size_t left = 0;
	const uint8_t *at = find_component(sbat, component, &left);

	return at ? take_number(&at, at + left) : 0;
}

/* "2.06" is 206. */
static unsigned int version_of(const struct file_bytes *sbat, const char *component)
{
	size_t left = 0;
	const uint8_t *at = find_component(sbat, component, &left), *end = at ? at + left : NULL;
	unsigned int value;

	for (int i = 0; at && i < 3; i++) {
		at = memchr(at, ',', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return 0;
	value = take_number(&at, end) * 100;
	if (at < end && *at == '.') {
		at++;
		value += take_number(&at, end);
	}
	return value;
}

static int read_sbat(const struct file_bytes *image, struct efi_image *found, struct error *err)
{
	struct file_bytes sbat;
	int r;

	if (!find_section(image, ".sbat", &sbat, &r, err))
		return r;
	found->sbat.shim = generation_of(&sbat, "shim");
	found->sbat.grub = generation_of(&sbat, "grub");
	found->grub_version = version_of(&sbat, "grub");
	return 0;
}

/* Those of one list; false when it does not lie within 'left' bytes. */
static bool add_list(const uint8_t *list, size_t left, struct guest_trust *ret)
{
	uint32_t size = left < LIST_HEADER ? 0 : get_le32(list + LIST_SIZE);
	uint64_t at, step;

	if (size < LIST_HEADER || size > left)
		return false;
	at = LIST_HEADER + (uint64_t)get_le32(list + LIST_HEADER_SIZE);
	step = get_le32(list + LIST_SIGNATURE_SIZE);
	if (step <= LIST_SIGNATURE_OWNER || memcmp(list, list_x509, sizeof(list_x509)) != 0)
		return true;
	for (; range_within(at, step, size) && ret->count < GUEST_TRUST_MAX; at += step)
		ret->certificates[ret->count++] =
			(struct file_bytes){list + at + LIST_SIGNATURE_OWNER,
					    (size_t)step - LIST_SIGNATURE_OWNER, "certificate"};
	return true;
}

static void list_certificates(const struct file_bytes *vendor, struct guest_trust *ret)
{
	ret->count = 0;
	if (vendor->size > 0 && vendor->data[0] == DER_SEQUENCE) {
		ret->certificates[ret->count++] = *vendor;
		return;
	}
	for (size_t at = 0; at < vendor->size; at += get_le32(vendor->data + at + LIST_SIZE))
		if (!add_list(vendor->data + at, vendor->size - at, ret))
			return;
}

/* The certificates within the section; false when there are none, or *r says why. */
static bool find_vendor(const struct file_bytes *image, struct file_bytes *ret, int *r,
			struct error *err)
{
	struct file_bytes section;
	uint32_t at, length;

	if (!find_section(image, ".vendor_cert", &section, r, err) || section.size < VENDOR_HEADER)
		return false;
	at = get_le32(section.data + VENDOR_OFFSET);
	length = get_le32(section.data + VENDOR_SIZE);
	if (!range_within(at, length, section.size))
		*r = error_damaged(
			err,
			"'%s': the certificates in section '.vendor_cert' (offset %u, %u bytes) "
			"do not lie within its %zu bytes",
			image->name, at, length, section.size);
	else
		*ret = (struct file_bytes){section.data + at, length, image->name};
	return *r == 0 && length > 0;
}

static int read_vendor(const struct file_bytes *image, struct efi_image *found, struct error *err)
{
	CLEANUP_FREE char *name = NULL;
	struct guest_trust trust;
	struct file_bytes vendor;
	int r;

	if (!find_vendor(image, &vendor, &r, err))
		return r;
	list_certificates(&vendor, &trust);
	name = trust.count > 0 ? signer_subject(&trust.certificates[0]) : NULL;
	snprintf(found->vendor, sizeof(found->vendor), "%s", name ? name : "");
	return 0;
}

static void read_signers(const struct file_bytes *image, struct efi_image *found)
{
	size_t count = 0;

	for (unsigned int i = 0; i < SIGNER_MAX; i++) {
		CLEANUP_FREE char *name = signer_issuer(image->data, image->size, i);

		if (name)
			snprintf(found->signer[count++], EFI_IMAGE_NAME, "%s", name);
	}
	found->is_signed = count > 0;
}

int efi_image_read(const struct file_bytes *image, struct efi_image *ret, struct error *err)
{
	struct efi_image found = {.is_pe64 = pe_is_x64(image->data, image->size)};
	int r = 0;

	if (found.is_pe64) {
		r = read_modules(image, &found, err);
		if (r == 0)
			r = read_sbat(image, &found, err);
		if (r == 0)
			r = read_vendor(image, &found, err);
		if (r < 0)
			return r;
		read_signers(image, &found);
	}
	*ret = found;
	return 0;
}

bool efi_image_has_module(const struct file_bytes *grub, const char *name)
{
	struct file_bytes mods;
	int r;

	return find_section(grub, "mods", &mods, &r, /* err */ NULL) && has_name(&mods, name);
}

bool efi_image_vendor(const struct file_bytes *shim, struct file_bytes *ret)
{
	int r;

	return find_vendor(shim, ret, &r, /* err */ NULL);
}

bool efi_image_is_signed_by(const struct file_bytes *image, const struct file_bytes *vendor)
{
	CLEANUP_FREE char *issuer = NULL;
	struct guest_trust trust;

	list_certificates(vendor, &trust);
	return signer_is_trusted(image->data, image->size, &trust, &issuer);
}
