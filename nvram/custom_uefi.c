/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UEFI settings as JSON, in the form in which Azure images and OpenVMM (--custom-uefi-json, and the
 * Secure Boot templates of its hosts) carry them:
 *
 *   {"type": "Microsoft.Compute/disks",
 *    "properties": {"uefiSettings": {
 *        "signatureMode": "Replace",
 *        "signatures": {"PK": {"type": "x509", "value": ["MIIH..."]},
 *                       "KEK": [...], "db": [...], "dbx": [{"type": "sha256", "value": [...]}]},
 *        "Boot0000": {"guid": "Yd/ki8qT0hGqDQDgmAMrjA==", "attributes": "Bw==", "value": "..."}}}}
 *
 * Certificates are DER, GUIDs and attributes their bytes, all in base64. "Replace" brings all keys;
 * with "Append" the host's template brings its own, and the signatures here come on top of them.
 */
#include <errno.h>
#include <string.h>

#include "common/base64.h"
#include "common/bytes.h"
#include "common/checked.h"
#include "nvram/container.h"
#include "nvram/json_text.h"
#include "nvram/keys.h"
#include "nvram/signature_list.h"

#define ROOT_TYPE "Microsoft.Compute/disks"

static bool custom_uefi_is_text(const uint8_t *bytes, size_t size)
{
	return nvram_json_is_object(bytes, size) && memmem(bytes, size, "\"uefiSettings\"", 14);
}

static int find_settings(const json_t *root, const char *name, json_t **ret, struct error *err)
{
	const char *type = json_string_value(json_object_get(root, "type"));

	*ret = json_object_get(json_object_get(root, "properties"), "uefiSettings");
	if (!type || strcmp(type, ROOT_TYPE) != 0)
		return error_damaged(err, "'%s': JSON of UEFI settings without the type '%s'", name,
				     ROOT_TYPE);
	if (!json_is_object(*ret))
		return error_damaged(err, "'%s': JSON without an object 'uefiSettings'", name);
	return 0;
}

/* The bytes of a text in base64. */
static int read_bytes(const json_t *value, const char *name, const char *what, struct buffer *ret,
		      struct error *err)
{
	if (!json_is_string(value) ||
	    !base64_decode(json_string_value(value), json_string_length(value), ret))
		return error_damaged(err, "'%s': '%s' is not base64", name, what);
	return ret->failed ? error_failed(err, ENOMEM, "'%s': out of memory", name) : 0;
}

/* One {"type", "value"} of a variable: lists of signatures. */
static int read_signature(const json_t *signature, const char *name, const char *key,
			  struct buffer *lists, struct error *err)
{
	const char *type = json_string_value(json_object_get(signature, "type"));
	const json_t *values = json_object_get(signature, "value"), *value;
	bool is_hash = type && strcmp(type, "sha256") == 0;
	CLEANUP_BUFFER struct buffer hashes = BUFFER_INIT;
	size_t i;
	int r = 0;

	if (type && strcmp(type, "Default") == 0)
		return error_damaged(
			err, "'%s': '%s' is that of a host's template, which is not in this file",
			name, key);
	if (!type || (!is_hash && strcmp(type, "x509") != 0) || !json_is_array(values))
		return error_damaged(err,
				     "'%s': '%s' has a signature that is no x509 and no sha256",
				     name, key);
	json_array_foreach(values, i, value)
	{
		CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;

		r = read_bytes(value, name, key, &bytes, err);
		if (r == 0 && is_hash && bytes.size != SIGNATURE_SHA256_SIZE)
			r = error_damaged(err, "'%s': a hash of '%s' has %zu bytes, not %d", name,
					  key, bytes.size, SIGNATURE_SHA256_SIZE);
		if (r < 0)
			return r;
		if (is_hash)
			buffer_append(&hashes, bytes.data, bytes.size);
		else
			signature_list_add_certificate(lists, bytes.data, bytes.size);
	}
	if (hashes.size > 0)
		signature_list_add_hashes(lists, hashes.data, hashes.size / SIGNATURE_SHA256_SIZE);
	lists->failed |= hashes.failed;
	return 0;
}

/* PK is one signature, the others are arrays of them. */
static int read_signatures(const json_t *signatures, const char *name, struct nvram *nvram,
			   struct error *err)
{
	for (unsigned int i = 0; i < NVRAM_KEY_MAX; i++) {
		const struct nvram_key key = nvram_key(i);
		const json_t *value = json_object_get(signatures, key.name), *item;
		CLEANUP_BUFFER struct buffer lists = BUFFER_INIT;
		size_t j;
		int r = 0;

		if (!value)
			continue;
		if (json_is_object(value))
			r = read_signature(value, name, key.name, &lists, err);
		else if (!json_is_array(value))
			r = error_damaged(err, "'%s': '%s' holds no signatures", name, key.name);
		json_array_foreach(value, j, item)
		{
			if (r == 0)
				r = read_signature(item, name, key.name, &lists, err);
		}
		if (r == 0 && lists.failed)
			r = error_failed(err, ENOMEM, "'%s': out of memory", name);
		if (r == 0 && lists.size > 0)
			r = nvram_set(nvram, &key.vendor, key.name, NVRAM_KEY_ATTRIBUTES,
				      lists.data, lists.size, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_variable(const char *key, const json_t *item, const char *name, struct nvram *nvram,
			 struct error *err)
{
	CLEANUP_BUFFER struct buffer guid = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer attributes = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer value = BUFFER_INIT;
	struct guid vendor;
	uint8_t bits[4] = {0};
	int r = read_bytes(json_object_get(item, "guid"), name, key, &guid, err);

	if (r == 0)
		r = read_bytes(json_object_get(item, "attributes"), name, key, &attributes, err);
	if (r == 0)
		r = read_bytes(json_object_get(item, "value"), name, key, &value, err);
	if (r < 0)
		return r;
	if (!*key || guid.size != sizeof(vendor.bytes) || attributes.size < 1 ||
	    attributes.size > sizeof(bits))
		return error_damaged(
			err, "'%s': '%s' needs a 'guid' of 16 bytes and 'attributes' of 1 to 4",
			name, key);
	memcpy(vendor.bytes, guid.data, sizeof(vendor.bytes));
	memcpy(bits, attributes.data, attributes.size);
	return nvram_set(nvram, &vendor, key, get_le32(bits), value.data, value.size, err);
}

static int custom_uefi_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_JSON json_t *root = NULL;
	json_t *settings, *item;
	const char *key;
	int r;

	r = nvram_json_parse(file, &root, err);
	if (r < 0)
		return r;
	r = find_settings(root, file->name, &settings, err);
	if (r == 0)
		r = read_signatures(json_object_get(settings, "signatures"), file->name, &nvram,
				    err);
	json_object_foreach(settings, key, item)
	{
		if (r == 0 && strcmp(key, "signatureMode") != 0 && strcmp(key, "signatures") != 0)
			r = read_variable(key, item, file->name, &nvram, err);
	}
	if (r < 0)
		return r;
	*ret = nvram;
	nvram = (struct nvram)NVRAM_INIT;
	return 0;
}

static json_t *base64_value(const void *data, size_t size)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	base64_encode(&text, data, size, "");
	return text.failed ? NULL : json_stringn(text.data ? (char *)text.data : "", text.size);
}

static json_t *variable_json(const struct nvram_variable *variable)
{
	uint8_t attributes[4];

	put_le32(attributes, variable->attributes);
	return json_pack("{s:o, s:o, s:o}", "guid",
			 base64_value(variable->vendor.bytes, sizeof(variable->vendor.bytes)),
			 "attributes", base64_value(attributes, sizeof(attributes)), "value",
			 base64_value(variable->data, variable->size));
}

struct writer {
	json_t *array;
	bool failed;
};

/* Certificates that follow each other share one, and so do the hashes of a list. */
static int write_signature(void *context, const struct signature *signature)
{
	struct writer *writer = context;
	const char *type = signature->type == SIGNATURE_X509	 ? "x509"
			   : signature->type == SIGNATURE_SHA256 ? "sha256"
								 : NULL;
	json_t *last = json_array_get(writer->array, json_array_size(writer->array) - 1);
	json_t *value;

	if (!type)
		return -EILSEQ;
	value = base64_value(signature->data, signature->size);
	if (last && (signature->type == SIGNATURE_X509 || !signature->is_first) &&
	    strcmp(json_string_value(json_object_get(last, "type")), type) == 0)
		writer->failed |= json_array_append_new(json_object_get(last, "value"), value) < 0;
	else
		writer->failed |=
			json_array_append_new(writer->array, json_pack("{s:s, s:[o]}", "type", type,
								       "value", value)) < 0;
	return 0;
}

static int write_key(const struct nvram_variable *variable, json_t *signatures, struct error *err)
{
	struct writer writer = {.array = json_array()};
	bool is_pk = strcmp(variable->name, "PK") == 0;
	json_t *value;
	int r = variable->attributes == NVRAM_KEY_ATTRIBUTES
			? signature_list_walk(variable, write_signature, &writer, err)
			: -EILSEQ;

	if (r == 0 && is_pk && json_array_size(writer.array) > 1)
		r = -EILSEQ;
	if (r == -EILSEQ)
		r = error_failed(
			err, EILSEQ,
			"variable '%s': this JSON holds certificates and SHA-256 hashes with attributes 0x27, and one PK",
			variable->name);
	value = is_pk ? json_incref(json_array_get(writer.array, 0)) : json_incref(writer.array);
	writer.failed |= json_object_set_new(signatures, variable->name, value) < 0;
	json_decref(writer.array);
	return r < 0 ? r : writer.failed ? error_failed(err, ENOMEM, "JSON: out of memory") : 0;
}

/* Does a host make it itself, from the keys and the settings of the VM? */
static bool is_of_host(const struct nvram_variable *variable)
{
	static const char *const names[] = {"dbDefault",
					    "SetupMode",
					    "SecureBoot",
					    "SecureBootEnable",
					    "CurrentPolicy",
					    "OsLoaderIndications",
					    "OsLoaderIndicationsSupported"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(variable->name, names[i]) == 0)
			return true;
	return false;
}

static int write_variable(const struct nvram_variable *variable, json_t *settings,
			  json_t *signatures, struct error *err)
{
	if (nvram_is_key(variable))
		return write_key(variable, signatures, err);
	if (json_object_get(settings, variable->name) ||
	    strcmp(variable->name, "signatures") == 0 ||
	    strcmp(variable->name, "signatureMode") == 0)
		return error_failed(err, EEXIST,
				    "two variables '%s': this JSON knows them by their names alone",
				    variable->name);
	return json_object_set_new(settings, variable->name, variable_json(variable)) < 0
		       ? error_failed(err, EILSEQ, "variable '%s': cannot be written as JSON",
				      variable->name)
		       : 0;
}

/* All that 'uefiSettings' holds. In a new one 'no_host' leaves out what a host makes itself. */
static int make_settings(const struct nvram *nvram, bool no_host, json_t **ret, struct error *err)
{
	bool has_keys = nvram_has_secure_boot_keys(nvram);
	json_t *signatures = json_object();
	CLEANUP_JSON json_t *settings =
		json_pack("{s:s, s:o}", "signatureMode", has_keys ? "Replace" : "Append",
			  "signatures", signatures);
	int r = settings ? 0 : error_failed(err, ENOMEM, "JSON: out of memory");

	for (size_t i = 0; r == 0 && i < nvram->count; i++)
		if (!no_host || !is_of_host(&nvram->variables[i]))
			r = write_variable(&nvram->variables[i], settings, signatures, err);
	if (r == 0 && has_keys && !json_object_get(signatures, "dbx") &&
	    json_object_set_new(signatures, "dbx", json_array()) < 0)
		r = error_failed(err, ENOMEM, "JSON: out of memory");
	if (r == 0)
		*ret = json_incref(settings);
	return r;
}

static int custom_uefi_encode(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
			      size_t *ret_size, struct error *err)
{
	CLEANUP_JSON json_t *settings = NULL;
	CLEANUP_JSON json_t *root = NULL;
	int r = make_settings(nvram, /*no_host=*/true, &settings, err);

	(void)vhd_id;
	if (r < 0)
		return r;
	root = json_pack("{s:s, s:{s:O}}", "type", ROOT_TYPE, "properties", "uefiSettings",
			 settings);
	return nvram_json_print(root, ret, ret_size, err);
}

/* Everything in the settings is a variable; what stands around them stays. */
static int custom_uefi_update(const struct file_bytes *old, const struct nvram *nvram,
			      uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_JSON json_t *settings = NULL;
	CLEANUP_JSON json_t *root = json_loadb((const char *)old->data, old->size, 0, NULL);
	int r = make_settings(nvram, /*no_host=*/false, &settings, err);

	if (r < 0)
		return r;
	if (json_object_set(json_object_get(root, "properties"), "uefiSettings", settings) < 0)
		return error_failed(err, ENOMEM, "JSON: out of memory");
	return nvram_json_print(root, ret, ret_size, err);
}

const struct nvram_container nvram_custom_uefi_container = {
	.text = "JSON of UEFI settings",
	.is_store = custom_uefi_is_text,
	.decode = custom_uefi_decode,
	.update = custom_uefi_update,
	.encode = custom_uefi_encode,
};
