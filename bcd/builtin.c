/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every BCD-Template of Windows 8.1 and later has in common, for an installation whose own one
 * is lost: the objects and values that its public listings and stores made from it agree in.
 * Servers differ in three values.
 */
#include "bcd/builtin.h"

#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

#define BOOTMGR	    "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define MEMDIAG	    "{b2721d73-1db4-4c62-bf78-c548a880142d}"
#define BADMEMORY   "{5189b25c-5558-4bf2-bca4-289b11bd29e2}"
#define LOADERS	    "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
#define DEBUGGER    "{4636856e-540f-4170-a130-a84776f4c654}"
#define EMS	    "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
#define GLOBAL	    "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
#define RESUMES	    "{1afa9c49-16ab-4a5c-901b-212802da9460}"
#define HYPERVISOR  "{7ff607e0-4395-11db-b0de-0800200c9a66}"
#define OS_EFI	    "{b012b84d-c47c-4ed5-b722-c0c42163e569}"
#define OS_PCAT	    "{a1943bbc-ea85-487c-97c7-c9ede908a38a}"
#define RESUME_EFI  "{0c334284-9a41-4de1-99b3-a7e87e8ff07e}"
#define RESUME_PCAT "{98b02a23-0674-4ce7-bdad-e0a15a8ff97b}"

#define BOOTSHUTDOWNDISABLED UINT32_C(0x16000074)
#define ALLOWEDINMEMORY	     UINT32_C(0x17000077)

/* Which kinds of Windows have a value. */
enum edition { ALL, CLIENT, SERVER };

/* A new object has a type; the rows below it are its elements. Texts hold strings, or identifiers
 * one after the other. */
struct row {
	uint32_t code;
	const char *text;
	uint64_t number;
	enum edition edition;
};

#define IS_OBJECT(row) (BCD_ELEMENT_FORMAT((row)->code) == 0)

static const struct row rows[] = {
	{0x20100000, EMS, 0, ALL},
	{0x16000020, NULL, 0, ALL},
	{0x20200004, RESUMES, 0, ALL},
	{BCD_INHERIT, GLOBAL, 0, ALL},
	{0x20100000, DEBUGGER, 0, ALL},
	{0x15000011, NULL, 4, ALL},
	{0x20100000, BADMEMORY, 0, ALL},
	{0x20200003, LOADERS, 0, ALL},
	{BCD_INHERIT, GLOBAL HYPERVISOR, 0, ALL},
	{0x20100000, GLOBAL, 0, ALL},
	{BCD_INHERIT, DEBUGGER EMS BADMEMORY, 0, ALL},
	{0x20200003, HYPERVISOR, 0, ALL},
	{0x250000f3, NULL, 0, ALL},
	{0x250000f4, NULL, 1, ALL},
	{0x250000f5, NULL, 115200, ALL},
	{BCD_OBJECT_BOOTMGR, BOOTMGR, 0, ALL},
	{BCD_DESCRIPTION, "Windows Boot Manager", 0, ALL},
	{BCD_LOCALE, "en-US", 0, ALL},
	{BCD_INHERIT, GLOBAL, 0, ALL},
	{BCD_MGR_TIMEOUT, NULL, 30, ALL},
	{BOOTSHUTDOWNDISABLED, NULL, 1, SERVER},
	{BCD_OBJECT_MEMDIAG, MEMDIAG, 0, ALL},
	{BCD_PATH, "\\boot\\memtest.exe", 0, ALL},
	{BCD_LOCALE, "en-US", 0, ALL},
	{BCD_INHERIT, GLOBAL, 0, ALL},
	{0x1600000b, NULL, 1, ALL},
	{BCD_OBJECT_OSLOADER, OS_EFI, 0, ALL},
	{BCD_LOCALE, "en-US", 0, ALL},
	{BCD_INHERIT, LOADERS, 0, ALL},
	{BCD_ISOLATEDCONTEXT, NULL, 1, ALL},
	{ALLOWEDINMEMORY, NULL, 0x15000075, ALL},
	{BCD_OS_RESUMEOBJECT, RESUME_EFI, 0, ALL},
	{BCD_OS_NX, NULL, 0, CLIENT},
	{BCD_OS_NX, NULL, 1, SERVER},
	{BCD_OS_BOOTMENUPOLICY, NULL, 1, CLIENT},
	{BCD_TEMPLATE_PATH, "\\system32\\winload.efi", 0, ALL},
	{BCD_OBJECT_OSLOADER, OS_PCAT, 0, ALL},
	{BCD_LOCALE, "en-US", 0, ALL},
	{BCD_INHERIT, LOADERS, 0, ALL},
	{ALLOWEDINMEMORY, NULL, 0x15000075, ALL},
	{BCD_OS_RESUMEOBJECT, RESUME_PCAT, 0, ALL},
	{BCD_OS_NX, NULL, 0, CLIENT},
	{BCD_OS_NX, NULL, 1, SERVER},
	{BCD_OS_BOOTMENUPOLICY, NULL, 1, CLIENT},
	{BCD_TEMPLATE_PATH, "\\system32\\winload.exe", 0, ALL},
	{BCD_OBJECT_RESUME, RESUME_EFI, 0, ALL},
	{BCD_DESCRIPTION, "Windows Resume Application", 0, ALL},
	{BCD_LOCALE, "en-US", 0, ALL},
	{BCD_INHERIT, RESUMES, 0, ALL},
	{BCD_ISOLATEDCONTEXT, NULL, 1, ALL},
	{ALLOWEDINMEMORY, NULL, 0x15000075, ALL},
	{BCD_OS_SYSTEMROOT, "\\hiberfil.sys", 0, ALL},
	{0x25000008, NULL, 1, CLIENT},
	{BCD_TEMPLATE_PATH, "\\system32\\winresume.efi", 0, ALL},
	{BCD_OBJECT_RESUME, RESUME_PCAT, 0, ALL},
	{BCD_DESCRIPTION, "Windows Resume Application", 0, ALL},
	{BCD_LOCALE, "en-US", 0, ALL},
	{BCD_INHERIT, RESUMES, 0, ALL},
	{ALLOWEDINMEMORY, NULL, 0x15000075, ALL},
	{BCD_OS_SYSTEMROOT, "\\hiberfil.sys", 0, ALL},
	{0x25000008, NULL, 1, CLIENT},
	{BCD_TEMPLATE_PATH, "\\system32\\winresume.exe", 0, ALL},
};

#define ID_LENGTH (GUID_TEXT_SIZE + 1)
#define MAX_IDS	  4

/* Identifiers in braces, one after the other. */
static size_t parse_ids(const char *text, struct guid ids[MAX_IDS])
{
	size_t count = 0;

	for (; *text && count < MAX_IDS; text += ID_LENGTH) {
		char id[ID_LENGTH + 1];

		memcpy(id, text, ID_LENGTH);
		id[ID_LENGTH] = '\0';
		if (guid_parse(id, &ids[count]))
			count++;
	}
	return count;
}

static int add_object(struct bcd_store *store, const struct row *row, struct bcd_object **ret,
		      struct error *err)
{
	struct guid ids[MAX_IDS] = {{{0}}};

	(void)parse_ids(row->text, ids);
	return bcd_store_add(store, &ids[0], row->code, ret, err);
}

static int add_element(struct bcd_store *store, struct bcd_object *object, const struct row *row,
		       struct error *err)
{
	struct guid ids[MAX_IDS];

	switch (BCD_ELEMENT_FORMAT(row->code)) {
	case BCD_FORMAT_STRING:
		return bcd_object_set_string(store, object, row->code, row->text, err);
	case BCD_FORMAT_OBJECT:
	case BCD_FORMAT_OBJECT_LIST:
		return bcd_object_set_guids(store, object, row->code, ids,
					    parse_ids(row->text, ids), err);
	case BCD_FORMAT_BOOLEAN:
		return bcd_object_set_bool(store, object, row->code, row->number != 0, err);
	default: /* an integer, or a list with one integer: both are eight bytes */
		return bcd_object_set_integer(store, object, row->code, row->number, err);
	}
}

int bcd_builtin_template(bool is_server, struct bcd_store **ret, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct bcd_object *object = NULL;
	int r = bcd_store_new("built-in BCD-Template", &store, err);

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++) {
		if (rows[i].edition == (is_server ? CLIENT : SERVER))
			continue;
		if (IS_OBJECT(&rows[i]))
			r = add_object(store, &rows[i], &object, err);
		else
			r = add_element(store, object, &rows[i], err);
	}
	if (r < 0)
		return r;
	*ret = TAKE(store);
	return 0;
}
