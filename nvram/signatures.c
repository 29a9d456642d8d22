/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secure Boot databases, summarised: of each certificate the name of its subject, for which a walk
 * over the DER encoding (X.690, RFC 5280 section 4.1) is enough.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "common/buffer.h"
#include "nvram/keys.h"
#include "nvram/signature_list.h"

#define DER_UTF8    0x0cU
#define DER_BMP	    0x1eU
#define DER_OID	    0x06U
#define DER_VERSION 0xa0U /* [0], before the serial number */

void nvram_signatures_done(struct nvram_signatures *signatures)
{
	for (size_t i = 0; signatures->subjects && i < signatures->certificates; i++)
		free(signatures->subjects[i]);
	free(signatures->subjects);
	*signatures = (struct nvram_signatures)NVRAM_SIGNATURES_INIT;
}

bool nvram_holds_signatures(const struct nvram_variable *variable)
{
	static const char *const names[] = {"PK",	 "KEK",	       "db",	    "dbx",
					    "PKDefault", "KEKDefault", "dbDefault", "dbxDefault",
					    "dbt",	 "MokList",    "MokListX"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(variable->name, names[i]) == 0)
			return true;
	return false;
}

/* One element of DER: a tag, and 'size' bytes at 'data'. */
struct der {
	uint8_t tag;
	const uint8_t *data;
	size_t size;
};

/* Take the next element off the front of *from. */
static bool der_next(struct der *from, struct der *ret)
{
	size_t length, more, header = 2;

	if (from->size < 2)
		return false;
	length = from->data[1];
	if (length >= 0x80) {
		more = length & 0x7f;
		if (more == 0 || more > 3 || from->size < 2 + more)
			return false;
		length = 0;
		for (size_t i = 0; i < more; i++)
			length = length << 8 | from->data[2 + i];
		header += more;
	}
	if (length > from->size - header)
		return false;
	*ret = (struct der){from->data[0], from->data + header, length};
	from->data += header + length;
	from->size -= header + length;
	return true;
}

static char *der_text(const struct der *value)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	if (value->tag == DER_BMP) {
		for (size_t i = 0; i + 2 <= value->size; i += 2)
			buffer_le16(&text, get_be16(value->data + i));
		return text.failed ? NULL
				   : utf16le_to_utf8(text.data ? text.data : (const uint8_t *)"",
						     text.size);
	}
	for (size_t i = 0; i < value->size; i++) {
		uint8_t c = value->data[i];

		buffer_append(&text,
			      c < ' ' || c == 0x7f || (c >= 0x80 && value->tag != DER_UTF8)
				      ? (const uint8_t *)"?"
				      : &c,
			      1);
	}
	return buffer_take_text(&text);
}

/* The value of an attribute 2.5.4.'last' within a Name, or false. */
static bool find_attribute(struct der name, uint8_t last, struct der *ret)
{
	struct der set, attribute, oid;

	while (der_next(&name, &set))
		while (der_next(&set, &attribute))
			if (der_next(&attribute, &oid) && oid.tag == DER_OID && oid.size == 3 &&
			    memcmp(oid.data, "\x55\x04", 2) == 0 && oid.data[2] == last &&
			    der_next(&attribute, ret))
				return true;
	return false;
}

/* Common name, else organizational unit, else organization. NULL only when out of memory. */
static char *subject_of(const uint8_t *certificate, size_t size)
{
	static const uint8_t attributes[] = {3, 11, 10};
	struct der all = {0, certificate, size}, outer, body, part = {0, NULL, 0}, value;
	bool is_ok = der_next(&all, &outer) && der_next(&outer, &body) && der_next(&body, &part);

	if (is_ok && part.tag == DER_VERSION)
		is_ok = der_next(&body, &part);
	/* serial number (taken), algorithm, issuer, validity, subject */
	for (unsigned int i = 0; is_ok && i < 4; i++)
		is_ok = der_next(&body, &part);
	for (size_t i = 0; is_ok && i < sizeof(attributes); i++)
		if (find_attribute(part, attributes[i], &value))
			return der_text(&value);
	return strdup("?");
}

static int add_subject(struct nvram_signatures *signatures, const uint8_t *certificate, size_t size,
		       struct error *err)
{
	char **subjects =
		realloc(signatures->subjects, (signatures->certificates + 1) * sizeof(*subjects));

	if (!subjects)
		return error_failed(err, ENOMEM, "certificate: out of memory");
	signatures->subjects = subjects;
	subjects[signatures->certificates] = subject_of(certificate, size);
	if (!subjects[signatures->certificates])
		return error_failed(err, ENOMEM, "certificate: out of memory");
	signatures->certificates++;
	return 0;
}

struct reader {
	struct nvram_signatures signatures;
	struct error *err;
};

static int read_signature(void *context, const struct signature *signature)
{
	struct reader *reader = context;

	if (signature->type == SIGNATURE_X509)
		return add_subject(&reader->signatures, signature->data, signature->size,
				   reader->err);
	if (signature->type == SIGNATURE_SHA256)
		reader->signatures.hashes++;
	else
		reader->signatures.others++;
	return 0;
}

int nvram_read_signatures(const struct nvram_variable *variable, struct nvram_signatures *ret,
			  struct error *err)
{
	struct reader reader = {.signatures = NVRAM_SIGNATURES_INIT, .err = err};
	int r = signature_list_walk(variable, read_signature, &reader, err);

	if (r == 0)
		*ret = reader.signatures;
	else
		nvram_signatures_done(&reader.signatures);
	return r;
}

int nvram_describe_keys(const struct nvram *nvram, char **ret, struct error *err)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	for (unsigned int i = 0; i < NVRAM_KEY_MAX; i++) {
		const char *name = nvram_key(i).name;
		CLEANUP_SIGNATURES struct nvram_signatures signatures = NVRAM_SIGNATURES_INIT;
		const struct nvram_variable *key = nvram_secure_boot_key(nvram, name);
		int r = key ? nvram_read_signatures(key, &signatures, err) : 0;

		if (r < 0)
			return r;
		if (i == 0)
			buffer_printf(&text, "PK '%s'",
				      signatures.certificates ? signatures.subjects[0] : "?");
		else
			buffer_printf(&text, ", %s %zu", name,
				      signatures.certificates + signatures.hashes);
	}
	*ret = buffer_take_text(&text);
	return *ret ? 0 : error_failed(err, ENOMEM, "out of memory");
}
