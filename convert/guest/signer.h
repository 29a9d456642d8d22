/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who signed a boot program, and would firmware (or shim) with certain keys start it? The signature
 * is looked at, not checked: what counts is whom it names, for the firmware judges it again.
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

/* Real programs have one signature, at most two. */
#define SIGNER_MAX 4

/*
 * Who issued the certificate of the signer of signature number 'index' (0 to SIGNER_MAX - 1), by
 * common name, to be freed. NULL when there is no such signature, or none that can be read.
 */
char *signer_issuer(const void *image, size_t size, unsigned int index);

/* Whom a certificate (X.509 in DER) names, by common name, to be freed; NULL when it cannot be
 * read. */
char *signer_subject(const struct file_bytes *der);

#endif
