/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of Secure Boot, from one store into another (UEFI 2.10 section 32.3). */
#include "nvram/keys.h"

#include <string.h>

#include "nvram/signature_list.h"
#include "nvram/store.h"

#define IMAGE_SECURITY GUID(0xd719b2cb, 0x3d3a, 0x4596, 0xa3bc, 0xdad00e67656f)
#define MICROSOFT      GUID(0x77fa9abd, 0x0359, 0x4d32, 0xbd60, 0x28f4e78f784b)

/* What a host sets beside them, with its attributes. */
#define DEFAULT_ATTRIBUTES (NVRAM_BOOT_ACCESS | NVRAM_RUN_ACCESS)
#define CURRENT_POLICY	   2

static const char no_keys[] =
	"the store has no Secure Boot keys (PK, KEK, db), and a host adds its own only to a store without any "
	"variable: with Secure Boot on the firmware refuses every file, Microsoft's too; turn it off in the VM's "
	"settings, or add keys with 'hvgen2 nvram add-keys'";

struct nvram_key nvram_key(unsigned int index)
{
	static const char *const names[NVRAM_KEY_MAX] = {"PK", "KEK", "db", "dbx"};

	return (struct nvram_key){names[index],
				  index >= NVRAM_KEY_DB ? IMAGE_SECURITY : NVRAM_GLOBAL};
}

static const struct nvram_variable *find_key(const struct nvram *nvram, unsigned int index)
{
	const struct nvram_key key = nvram_key(index);

	return nvram_get(nvram, &key.vendor, key.name);
}

bool nvram_is_key(const struct nvram_variable *variable)
{
	for (unsigned int i = 0; i < NVRAM_KEY_MAX; i++) {
		const struct nvram_key key = nvram_key(i);

		if (strcmp(variable->name, key.name) == 0 &&
		    guid_equal(&variable->vendor, &key.vendor))
			return true;
	}
	return false;
}

const struct nvram_variable *nvram_secure_boot_key(const struct nvram *nvram, const char *name)
{
	for (unsigned int i = 0; i < NVRAM_KEY_MAX; i++)
		if (strcmp(name, nvram_key(i).name) == 0)
			return find_key(nvram, i);
	return NULL;
}

bool nvram_has_secure_boot_keys(const struct nvram *nvram)
{
	return find_key(nvram, NVRAM_KEY_PK) && find_key(nvram, NVRAM_KEY_KEK) &&
	       find_key(nvram, NVRAM_KEY_DB);
}

const char *nvram_key_warning(enum nvram_format format, const struct nvram *nvram)
{
	return nvram_container(format)->is_guest_state && !nvram_has_secure_boot_keys(nvram)
		       ? no_keys
		       : NULL;
}

int nvram_leave_setup_mode(struct nvram *nvram, struct error *err)
{
	const struct guid global = NVRAM_GLOBAL;
	const struct nvram_variable *mode = nvram_get(nvram, &global, "SetupMode");
	const uint8_t off = 0;

	if (!find_key(nvram, NVRAM_KEY_PK) || (mode && mode->size == 1 && mode->data[0] == off))
		return 0;
	return nvram_set(nvram, &global, "SetupMode", NVRAM_BOOT_ATTRIBUTES, &off, 1, err);
}

struct certificates {
	void (*each)(void *context, const uint8_t *der, size_t size);
	void *context;
};

static int give_certificate(void *context, const struct signature *signature)
{
	const struct certificates *to = context;

	if (signature->type == SIGNATURE_X509)
		to->each(to->context, signature->data, signature->size);
	return 0;
}

void nvram_db_certificates(const struct nvram *nvram,
			   void (*each)(void *context, const uint8_t *der, size_t size),
			   void *context)
{
	struct certificates to = {each, context};
	const struct nvram_variable *db = find_key(nvram, NVRAM_KEY_DB);

	if (db)
		(void)signature_list_walk(db, give_certificate, &to, NULL);
}

/* Only whole certificates and hashes are taken: anything else the firmware skips, or stops at. */
struct checked {
	size_t certificates;
	bool is_bad;
};

static int check_signature(void *context, const struct signature *signature)
{
	struct checked *checked = context;
	const uint8_t *der = signature->data;
	size_t length = signature->size > 4 ? (size_t)der[2] << 8 | der[3] : 0;

	if (signature->type == SIGNATURE_X509)
		checked->is_bad |= signature->size < 5 || der[0] != 0x30 || der[1] != 0x82 ||
				   length + 4 != signature->size;
	else
		checked->is_bad |= signature->type != SIGNATURE_SHA256 ||
				   signature->size != SIGNATURE_SHA256_SIZE;
	checked->certificates += signature->type == SIGNATURE_X509;
	return 0;
}

static int check_key(const struct nvram *from, unsigned int index, const char *name,
		     struct error *err)
{
	const char *key = nvram_key(index).name;
	const struct nvram_variable *variable = find_key(from, index);
	struct checked checked = {.certificates = 0};
	int r = 0;

	if (variable)
		r = signature_list_walk(variable, check_signature, &checked, err);
	if (r < 0)
		return error_prefix(err, "'%s'", name);
	if (checked.is_bad)
		return error_damaged(
			err,
			"'%s': '%s' holds something that is no certificate of X.509 and "
			"no SHA-256 hash",
			name, key);
	if (index != NVRAM_KEY_DBX && checked.certificates == 0)
		return error_damaged(err, "'%s' holds no certificate of '%s'", name, key);
	if (index == NVRAM_KEY_PK && checked.certificates > 1)
		return error_damaged(err, "'%s': PK holds %zu certificates, and may hold one", name,
				     checked.certificates);
	return 0;
}

/* The host's variables beside them; nothing of a template has a time. */
static int put_host_variables(struct nvram *nvram, struct error *err)
{
	const struct guid global = NVRAM_GLOBAL, microsoft = MICROSOFT;
	const struct nvram_variable *db = find_key(nvram, NVRAM_KEY_DB);
	const uint8_t policy = CURRENT_POLICY;
	int r = nvram_set(nvram, &global, "dbDefault", DEFAULT_ATTRIBUTES, db->data, db->size, err);

	if (r == 0)
		r = nvram_set(nvram, &microsoft, "CurrentPolicy", NVRAM_KEY_ATTRIBUTES, &policy, 1,
			      err);
	return r < 0 ? r : nvram_leave_setup_mode(nvram, err);
}

int nvram_add_keys(struct nvram *nvram, enum nvram_format format, const struct nvram *from,
		   const char *name, struct error *err)
{
	bool is_guest_state = nvram_container(format)->is_guest_state;
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < NVRAM_KEY_MAX; i++)
		r = check_key(from, i, name, err);
	for (unsigned int i = 0; r == 0 && i < NVRAM_KEY_MAX; i++) {
		const struct nvram_variable *value = find_key(from, i);
		const struct nvram_key key = nvram_key(i);

		if (!value)
			nvram_remove(nvram, &key.vendor, key.name);
		else if (is_guest_state)
			r = nvram_set(nvram, &key.vendor, key.name, NVRAM_KEY_ATTRIBUTES,
				      value->data, value->size, err);
		else
			r = nvram_put(nvram, value, err);
	}
	return r == 0 && is_guest_state ? put_host_variables(nvram, err) : r;
}
