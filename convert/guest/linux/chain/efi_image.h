/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an EFI program says of itself: shim, GRUB, and a Linux kernel, which is one too. The images
 * may come out of a guest, so nothing in them is trusted; signatures are looked at, not checked
 * (see convert/guest/signer.h).
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_IMAGE_H
#define HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_IMAGE_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/error.h"
#include "convert/guest/signer.h"

#define EFI_IMAGE_NAME	 128 /* a longer common name is cut; X.520 allows 64 characters */
#define EFI_IMAGE_PREFIX 256

struct efi_image {
	/* Of GRUB: the folder of its grub.cfg, compiled into section "mods" ("/EFI/debian"); ""
	 * when it has none, and then GRUB looks into the folder that it was started from. */
	char prefix[EFI_IMAGE_PREFIX];
	struct {
		unsigned int shim, grub;
	} sbat; /* generations of section ".sbat", from 1; 0 when not given */
	/* Of GRUB, by ".sbat": 206 is 2.06; 0 when not given (before 2021). */
	unsigned int grub_version;
	/* Of shim: whom the (first) certificate in section ".vendor_cert" names, "" without one. */
	char vendor[EFI_IMAGE_NAME];
	/* Who issued the certificates of its signers; "" behind the last. */
	char signer[SIGNER_MAX][EFI_IMAGE_NAME];
	bool is_pe64;	/* an EFI program for x64 (PE32+); all else is empty when it is not */
	bool is_signed; /* it has a signature that can be read */
	bool is_grub;	/* it has GRUB's section "mods" */
	/* Of GRUB, by the names in its modules: it knows the command 'blscfg' (Fedora, RHEL), and
	 * paths in the default subvolume of Btrfs (SUSE). */
	bool has_blscfg, has_btrfs_relative;
};

/*
 * Read an image, of which all bytes are given. What is no PE file is none, and no error (a kernel
 * without EFI stub). Errors: ERROR_DAMAGED when a section or what it holds does not lie within the
 * image. *ret is untouched on failure.
 */
int efi_image_read(const struct file_bytes *image, struct efi_image *ret, struct error *err);

/* Does this GRUB, which efi_image_read() has read, have the module of this name ("xfs") in it? */
bool efi_image_has_module(const struct file_bytes *grub, const char *name);

/*
 * The certificates that shim accepts besides those of the firmware: one in DER, or a list of
 * several (EFI_SIGNATURE_LIST, UEFI 2.10 section 32.4.1), within the image. False when it has none.
 */
bool efi_image_vendor(const struct file_bytes *shim, struct file_bytes *ret);

/*
 * Would the shim with these certificates (of efi_image_vendor()) start this image? It does when one
 * of them is that of a signer, or vouches for one. False for an image without a signature.
 */
bool efi_image_is_signed_by(const struct file_bytes *image, const struct file_bytes *vendor);

#endif
