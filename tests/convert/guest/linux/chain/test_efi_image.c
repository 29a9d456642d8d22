/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections of EFI programs made by hand; real ones are judged in tests/scripts/linux_chain.sh. */
#include <criterion/criterion.h>
#include <string.h>

#include "convert/guest/linux/chain/efi_image.h"
#include "tests/convert/guest/linux/chain/efi_bytes.h"

static const char sbat[] = "sbat,1,SBAT Version,sbat,1,https://example.org\n"
			   "shim.debian,1,Debian,shim,16.1\nshim,4,UEFI shim,shim,1\n"
			   "grub,5,Free Software Foundation,grub,2.06~rc1,https://example.org\n";

static uint8_t image[EFI_BYTES];
static struct efi_image facts;
static struct error err;

static int read_image(size_t size)
{
	struct file_bytes bytes = {image, size, "x.efi"};

	err = (struct error)ERROR_INIT;
	return efi_image_read(&bytes, &facts, &err);
}

static void make_all(const char *prefix)
{
	uint8_t mods[0x200], vendor[0x200];
	size_t mods_size = efi_bytes_mods(mods, prefix);
	size_t vendor_size = efi_bytes_vendor(vendor, "\x30\x03\x02\x01\x00", 5);
	const struct efi_section sections[] = {{".text", "", 1},
					       {"mods", mods, mods_size},
					       {".sbat", sbat, sizeof(sbat) - 1},
					       {".vendor_cert", vendor, vendor_size},
					       {NULL, NULL, 0}};

	efi_bytes_make(image, sections);
}

Test(efi_image, reads_prefix_and_generations)
{
	make_all("/EFI/debian");
	cr_assert_eq(read_image(sizeof(image)), 0, "%s", err.message);
	cr_assert(facts.is_pe64 && facts.is_grub && !facts.is_signed);
	cr_assert_str_eq(facts.prefix, "/EFI/debian");
	cr_assert_eq(facts.sbat.shim, 4);
	cr_assert_eq(facts.sbat.grub, 5);
	cr_assert_eq(facts.grub_version, 206);
	cr_assert_str_eq(facts.vendor, ""); /* no certificate at all */
}

/* Without a table of strings names end after eight bytes. */
Test(efi_image, knows_names_that_are_cut)
{
	struct file_bytes bytes = {image, sizeof(image), "x.efi"}, vendor;

	make_all("/EFI/debian");
	cr_assert(efi_image_vendor(&bytes, &vendor));
	cr_assert_eq(vendor.size, 5);
	memcpy(image + 0x80 + 24 + 240 + 3 * 40, ".vendor_", 8);
	cr_assert(efi_image_vendor(&bytes, &vendor));
	memcpy(image + 0x80 + 24 + 240 + 3 * 40, ".vendor\0", 8);
	cr_assert_not(efi_image_vendor(&bytes, &vendor));
}

Test(efi_image, knows_a_grub_without_a_prefix)
{
	make_all(NULL);
	cr_assert_eq(read_image(sizeof(image)), 0);
	cr_assert(facts.is_grub);
	cr_assert_str_eq(facts.prefix, "");
}

/* What its modules know, by whole names. */
Test(efi_image, knows_what_grub_knows)
{
	make_all("/EFI/debian");
	memcpy(image + EFI_SECTION(1) + 33, "xblscfg", 8);
	cr_assert_eq(read_image(sizeof(image)), 0);
	cr_assert(!facts.has_blscfg && !facts.has_btrfs_relative);
	make_all("/EFI/debian");
	memcpy(image + EFI_SECTION(1) + 33, "blscfg", 7);
	cr_assert_eq(read_image(sizeof(image)), 0);
	cr_assert(facts.has_blscfg && !facts.has_btrfs_relative);
	make_all("/EFI/debian");
	memcpy(image + EFI_SECTION(1) + 33, "btrfs_relative_path", 20);
	cr_assert_eq(read_image(sizeof(image)), 0);
	cr_assert(!facts.has_blscfg && facts.has_btrfs_relative);
}

Test(efi_image, knows_the_modules_of_grub)
{
	const struct file_bytes bytes = {image, sizeof(image), "x.efi"};

	make_all("/EFI/debian");
	memcpy(image + EFI_SECTION(1) + 33, "xfs", 4);
	cr_assert(efi_image_has_module(&bytes, "xfs"));
	cr_assert_not(efi_image_has_module(&bytes, "btrfs"));
	cr_assert_not(efi_image_has_module(&bytes, "fs"));
	cr_assert_not(efi_image_has_module(&(struct file_bytes){image, 0, "x.efi"}, "xfs"));
}

Test(efi_image, knows_versions_of_grub)
{
	static const struct {
		const char *line;
		unsigned int version;
	} all[] = {{"grub,3,FSF,grub,2.02", 202},
		   {"grub,5,FSF,grub,2.12-9,x\n", 212},
		   {"grub,5,FSF,grub,3", 300},
		   {"grub,5,FSF,grub,", 0},
		   {"grub,5,FSF,grub", 0},
		   {"grub,5", 0},
		   {"grub.debian,5,Debian,grub2,2.06", 0}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct efi_section sections[] = {{".text", "", 1},
						       {".sbat", all[i].line, strlen(all[i].line)},
						       {NULL, NULL, 0}};

		efi_bytes_make(image, sections);
		cr_assert_eq(read_image(sizeof(image)), 0);
		cr_assert_eq(facts.grub_version, all[i].version, "%s", all[i].line);
	}
}

Test(efi_image, what_is_no_program_is_none)
{
	make_all("/EFI/debian");
	put_le16(image + 0x84, 0x14c);
	cr_assert_eq(read_image(sizeof(image)), 0);
	cr_assert_not(facts.is_pe64);
	cr_assert_not(facts.is_grub);
	cr_assert_eq(read_image(0), 0);
	cr_assert_not(facts.is_pe64);
}

/* Every length reads as something or is damaged, and never beyond its end (the sanitizers look). */
Test(efi_image, bears_every_truncation)
{
	make_all("/EFI/debian");
	for (size_t size = 0; size < sizeof(image); size++) {
		uint8_t *exact = malloc(size ? size : 1);
		struct file_bytes bytes = {exact, size, "x.efi"};
		struct file_bytes vendor;
		int r;

		memcpy(exact, image, size);
		err = (struct error)ERROR_INIT;
		r = efi_image_read(&bytes, &facts, &err);
		cr_assert(r == 0 || err.kind == ERROR_DAMAGED, "%zu: %d", size, r);
		efi_image_vendor(&bytes, &vendor);
		free(exact);
	}
}

static void is_damaged(size_t at, uint64_t value, unsigned int width, const char *words)
{
	make_all("/EFI/debian");
	if (width == 8)
		put_le64(image + at, value);
	else
		put_le32(image + at, (uint32_t)value);
	cr_assert(read_image(sizeof(image)) < 0, "%s", words);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert(strstr(err.message, words), "%s", err.message);
}

Test(efi_image, says_what_is_damaged)
{
	const size_t mods = EFI_SECTION(1), vendor = EFI_SECTION(3), headers = 0x80 + 24 + 240;

	is_damaged(headers + 40 + 20, 0xffffffff, 4, "section 'mods' does not lie within the 4096");
	is_damaged(headers + 120 + 20, 0xff0, 4, "section '.vendor_cert' does not lie");
	is_damaged(mods + 16, 0x10000, 8, "the modules in section 'mods' have 65536 bytes");
	is_damaged(mods + 24 + 4, 0, 4, "object at offset 24 of section 'mods' has 0 bytes");
	is_damaged(mods + 24 + 4, 0xfffffff0, 4, "object at offset 24");
	is_damaged(vendor, 0x1000, 4, "the certificates in section '.vendor_cert'");
	is_damaged(vendor + 8, 0xffffffff, 4, "the certificates in section '.vendor_cert'");
}

/* Objects that begin nowhere are none. */
Test(efi_image, bears_modules_that_begin_nowhere)
{
	make_all("/EFI/debian");
	put_le64(image + EFI_SECTION(1) + 8, UINT64_MAX - 3);
	cr_assert_eq(read_image(sizeof(image)), 0);
	cr_assert_str_eq(facts.prefix, "");
}

/* A prefix that fills its room is cut. */
Test(efi_image, bears_a_long_prefix)
{
	uint8_t mods[0x200] = "mimg";
	const struct efi_section sections[] = {{"mods", mods, sizeof(mods)}, {NULL, NULL, 0}};

	put_le64(mods + 8, 24);
	put_le64(mods + 16, sizeof(mods));
	put_le32(mods + 24, 3);
	put_le32(mods + 28, sizeof(mods) - 24);
	memset(mods + 32, 'a', sizeof(mods) - 32);
	efi_bytes_make(image, sections);
	cr_assert_eq(read_image(sizeof(image)), 0);
	cr_assert_eq(strlen(facts.prefix), EFI_IMAGE_PREFIX - 1);
}
