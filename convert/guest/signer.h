/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who signed a boot program, and would firmware with certain keys start it? The signature is looked
 * at, not checked: what counts is whom it names, for the firmware judges it again.
 */
#ifndef HVGEN2_CONVERT_GUEST_SIGNER_H
#define HVGEN2_CONVERT_GUEST_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include "convert/guest/trust.h"

/*
 * Is one of the certificates in 'trust' that of a signer of this PE image, or the one that signed
 * his or that of a certificate which comes with the signature (Authenticode; UEFI 2.10 section
 * 32.5.3)? *ret_issuer, to be freed, names who issued the certificate of the first signer
 * ("Microsoft Windows Production PCA 2011"); NULL for an image without a signature that can be read.
 */
bool signer_is_trusted(const void *image, size_t size, const struct guest_trust *trust,
		       char **ret_issuer);

#endif
