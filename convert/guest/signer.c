/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signer of a program, by libksba: see signer.h. */
#include "convert/guest/signer.h"

#include <ksba.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/guest/pe.h"

/* Real signatures have some 10 KiB, with three certificates. */
#define MAX_CERTIFICATES 16

static void release_cms(ksba_cms_t *cms)
{
	ksba_cms_release(*cms);
}

static void release_reader(ksba_reader_t *reader)
{
	ksba_reader_release(*reader);
}

static void release_certificate(ksba_cert_t *certificate)
{
	ksba_cert_release(*certificate);
}

/* Names that libksba makes, as RFC 2253 has them. */
static void free_name(char **name)
{
	ksba_free(*name);
}

static bool same_name(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* The subject of a certificate that is trusted; NULL when it cannot be read. */
static char *subject_of(const struct file_bytes *der)
{
	CLEANUP(release_certificate) ksba_cert_t certificate = NULL;

	if (ksba_cert_new(&certificate) ||
	    ksba_cert_init_from_mem(certificate, der->data, der->size))
		return NULL;
	return ksba_cert_get_subject(certificate, 0);
}

static bool is_trusted_name(const char *name, const struct guest_trust *trust)
{
	bool is_there = false;

	for (size_t i = 0; !is_there && i < trust->count; i++) {
		CLEANUP(free_name) char *subject = subject_of(&trust->certificates[i]);

		is_there = same_name(subject, name);
	}
	return is_there;
}

/* The certificate itself, or the one that signed it. */
static bool is_trusted(ksba_cert_t certificate, const struct guest_trust *trust)
{
	CLEANUP(free_name) char *issuer = ksba_cert_get_issuer(certificate, 0);
	size_t size = 0;
	const unsigned char *der = ksba_cert_get_image(certificate, &size);

	for (size_t i = 0; der && i < trust->count; i++)
		if (trust->certificates[i].size == size &&
		    memcmp(trust->certificates[i].data, der, size) == 0)
			return true;
	return is_trusted_name(issuer, trust);
}

/* The common name out of a whole one; all of it when it has none. NULL when out of memory. */
static char *common_name(const char *name)
{
	const char *at = strncmp(name, "CN=", 3) == 0 ? name : strstr(name, ",CN=");

	if (!at)
		return strdup(name);
	at += *at == ',' ? 4 : 3;
	return strndup(at, strcspn(at, ",+"));
}

/* libksba does not go on without one. */
static void hash_nothing(void *context, const void *bytes, size_t size)
{
	(void)context;
	(void)bytes;
	(void)size;
}

/* Read a signature up to its signers. */
static bool parse(ksba_cms_t cms, ksba_reader_t reader)
{
	ksba_stop_reason_t reason = KSBA_SR_NONE;

	ksba_cms_set_hash_function(cms, hash_nothing, NULL);
	if (ksba_cms_set_reader_writer(cms, reader, NULL))
		return false;
	for (unsigned int steps = 0; reason != KSBA_SR_READY && steps < 16; steps++)
		if (ksba_cms_parse(cms, &reason))
			return false;
	return reason == KSBA_SR_READY;
}

/* Read a signature; *name is then who issued the certificate of its signer. */
static bool open_signature(const struct file_bytes *signature, ksba_reader_t *reader,
			   ksba_cms_t *cms, char **name)
{
	return !ksba_reader_new(reader) &&
	       !ksba_reader_set_mem(*reader, signature->data, signature->size) &&
	       !ksba_cms_new(cms) && parse(*cms, *reader) &&
	       !ksba_cms_get_issuer_serial(*cms, 0, name, NULL) && *name;
}

static bool is_signature_trusted(const struct file_bytes *signature,
				 const struct guest_trust *trust, char **issuer)
{
	CLEANUP(release_reader) ksba_reader_t reader = NULL;
	CLEANUP(release_cms) ksba_cms_t cms = NULL;
	CLEANUP(free_name) char *name = NULL;
	bool is_good;

	if (!open_signature(signature, &reader, &cms, &name))
		return false;
	if (!*issuer)
		*issuer = common_name(name);
	is_good = is_trusted_name(name, trust);
	for (int i = 0; !is_good && i < MAX_CERTIFICATES; i++) {
		CLEANUP(release_certificate) ksba_cert_t certificate = ksba_cms_get_cert(cms, i);

		if (!certificate)
			break;
		is_good = is_trusted(certificate, trust);
	}
	return is_good;
}

bool signer_is_trusted(const void *image, size_t size, const struct guest_trust *trust,
		       char **ret_issuer)
{
	struct file_bytes signature = {.name = "signature"};
	bool is_good = false;

	*ret_issuer = NULL;
	for (unsigned int i = 0; !is_good && i < SIGNER_MAX; i++) {
		if (!pe_signature(image, size, i, &signature.data, &signature.size))
			break;
		is_good = is_signature_trusted(&signature, trust, ret_issuer);
	}
	return is_good;
}

char *signer_issuer(const void *image, size_t size, unsigned int index)
{
	CLEANUP(release_reader) ksba_reader_t reader = NULL;
	CLEANUP(release_cms) ksba_cms_t cms = NULL;
	CLEANUP(free_name) char *name = NULL;
	struct file_bytes signature = {.name = "signature"};

	if (!pe_signature(image, size, index, &signature.data, &signature.size) ||
	    !open_signature(&signature, &reader, &cms, &name))
		return NULL;
	return common_name(name);
}

char *signer_subject(const struct file_bytes *der)
{
	CLEANUP(free_name) char *name = subject_of(der);

	return name ? common_name(name) : NULL;
}
