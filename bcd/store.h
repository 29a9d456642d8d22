/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A BCD store in memory: objects and their elements, read from the hive once, and the few changes
 * the conversion makes, written to both. Everything that is not changed keeps its bytes.
 *
 *   <root>\Description                     KeyName, System ...
 *   <root>\Objects\{guid}\Description      Type (REG_DWORD)
 *   <root>\Objects\{guid}\Elements\XXXXXXXX
 *                                          Element: a value whose form the second digit of the
 *                                          key's name fixes
 */
#ifndef HVGEN2_BCD_STORE_H
#define HVGEN2_BCD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bcd/bcd.h"
#include "common/hive/hive.h"

/*
 * Object types (Description\Type): kind in the top four bits, then the image, then the application.
 */
#define BCD_OBJECT_FWBOOTMGR  UINT32_C(0x10100001)
#define BCD_OBJECT_BOOTMGR    UINT32_C(0x10100002)
#define BCD_OBJECT_FIRMWARE   UINT32_C(0x101fffff) /* a foreign entry of the firmware */
#define BCD_OBJECT_OSLOADER   UINT32_C(0x10200003)
#define BCD_OBJECT_RESUME     UINT32_C(0x10200004)
#define BCD_OBJECT_MEMDIAG    UINT32_C(0x10200005)
#define BCD_OBJECT_NTLDR      UINT32_C(0x10300006)
#define BCD_OBJECT_BOOTSECTOR UINT32_C(0x10400008)
#define BCD_OBJECT_STARTUP    UINT32_C(0x10400009)
#define BCD_OBJECT_DEVICE     UINT32_C(0x30000000)
#define BCD_OBJECT_KIND(type)                                                                      \
	((type) >> 28) /* 1 application, 2 inherited settings, 3 device options */
#define BCD_OBJECT_APPLICATION(type) ((type)&0xfffff)

/* Well-known objects. */
extern const struct guid bcd_bootmgr, bcd_fwbootmgr, bcd_memdiag, bcd_ntldr;

/* Element types that the library acts on; bcd/names.c has them all. */
#define BCD_DEVICE		   UINT32_C(0x11000001)
#define BCD_PATH		   UINT32_C(0x12000002)
#define BCD_DESCRIPTION		   UINT32_C(0x12000004)
#define BCD_LOCALE		   UINT32_C(0x12000005)
#define BCD_INHERIT		   UINT32_C(0x14000006)
#define BCD_RECOVERYSEQUENCE	   UINT32_C(0x14000008)
#define BCD_RECOVERYENABLED	   UINT32_C(0x16000009)
#define BCD_LOADOPTIONS		   UINT32_C(0x12000030)
#define BCD_ISOLATEDCONTEXT	   UINT32_C(0x16000060)
#define BCD_DISPLAYMESSAGE	   UINT32_C(0x15000065)
#define BCD_DISPLAYMESSAGEOVERRIDE UINT32_C(0x15000066)
#define BCD_MGR_DISPLAYORDER	   UINT32_C(0x24000001)
#define BCD_MGR_BOOTSEQUENCE	   UINT32_C(0x24000002)
#define BCD_MGR_DEFAULT		   UINT32_C(0x23000003)
#define BCD_MGR_TIMEOUT		   UINT32_C(0x25000004)
#define BCD_MGR_RESUME		   UINT32_C(0x26000005)
#define BCD_MGR_RESUMEOBJECT	   UINT32_C(0x23000006)
#define BCD_MGR_TOOLSORDER	   UINT32_C(0x24000010)
#define BCD_MGR_BCDDEVICE	   UINT32_C(0x21000022)
#define BCD_MGR_BCDFILEPATH	   UINT32_C(0x22000023)
#define BCD_MGR_HIBERBOOT	   UINT32_C(0x26000025)
#define BCD_MGR_CUSTOMACTIONS	   UINT32_C(0x27000030)
#define BCD_MGR_PERSISTSEQUENCE	   UINT32_C(0x26000031)
#define BCD_OS_DEVICE		   UINT32_C(0x21000001)
#define BCD_OS_SYSTEMROOT	   UINT32_C(0x22000002)
#define BCD_OS_RESUMEOBJECT	   UINT32_C(0x23000003)
#define BCD_OS_NX		   UINT32_C(0x25000020)
#define BCD_OS_PAE		   UINT32_C(0x25000021)
#define BCD_OS_WINPE		   UINT32_C(0x26000022)
#define BCD_OS_NOVESA		   UINT32_C(0x26000042)
#define BCD_OS_NOVGA		   UINT32_C(0x26000043)
#define BCD_OS_BOOTMENUPOLICY	   UINT32_C(0x250000c2)
#define BCD_RESUME_PAE		   UINT32_C(0x26000004)
#define BCD_SDIDEVICE		   UINT32_C(0x31000003)
#define BCD_SDIPATH		   UINT32_C(0x32000004)
#define BCD_RECOVERYOS		   UINT32_C(0x46000010)

#define BCD_ELEMENT_CLASS(code)                                                                    \
	((code) >> 28) /* 1 library, 2 application, 3 device, 4 template, 5 OEM */
#define BCD_ELEMENT_FORMAT(code) (((code) >> 24) & 0xf)

enum bcd_format {
	BCD_FORMAT_DEVICE = 1,
	BCD_FORMAT_STRING,
	BCD_FORMAT_OBJECT,
	BCD_FORMAT_OBJECT_LIST,
	BCD_FORMAT_INTEGER,
	BCD_FORMAT_BOOLEAN,
	BCD_FORMAT_INTEGER_LIST,
	BCD_FORMAT_BINARY,
};

struct bcd_element {
	uint32_t code;
	uint32_t registry_type; /* as found */
	uint8_t *data;		/* NULL when the key has no value 'Element' */
	size_t size;
};

struct bcd_object {
	struct guid id;
	uint32_t type; /* 0 when the object has no readable type */
	struct bcd_element *elements;
	size_t element_count;
	hive_node_h node, elements_node;
};

struct bcd_store {
	struct hive *hive;
	hive_node_h objects_node;
	struct bcd_object **objects;
	size_t object_count;
};

/*
 * Read a store. Oddities that do not prevent reading (a key that is no GUID, an object without
 * type) go to findings->warnings, which may be NULL. Errors: those of hive_open(); ERROR_DAMAGED
 * when there is no key 'Objects' or it is not credible.
 */
int bcd_store_open(const struct file_bytes *file, struct bcd_notes *findings,
		   struct bcd_store **ret, struct error *err);

/* An empty store: Description (KeyName, System) and Objects. */
int bcd_store_new(const char *name, struct bcd_store **ret, struct error *err);

void bcd_store_close(struct bcd_store *store);
void bcd_store_cleanup(struct bcd_store **store);
#define CLEANUP_BCD_STORE CLEANUP(bcd_store_cleanup)

/* NULL when there is none. Elements stay valid until the object is changed, objects until they are
 * removed. */
struct bcd_object *bcd_store_find(const struct bcd_store *store, const struct guid *id);
struct bcd_element *bcd_object_find(const struct bcd_object *object, uint32_t code);

/* Values as their format says, lenient: false or NULL when absent or not of that form. */
bool bcd_object_bool(const struct bcd_object *object, uint32_t code);
bool bcd_element_integer(const struct bcd_element *element, uint64_t *ret);
bool bcd_object_guid(const struct bcd_object *object, uint32_t code, struct guid *ret);
char *bcd_object_string(const struct bcd_object *object, uint32_t code); /* new memory */

/*
 * The GUIDs of an object or object list; new memory. -EUCLEAN (no message) when one cannot be
 * parsed or the form is wrong; a list stored as one string, which real stores have, is taken.
 */
int bcd_element_guids(const struct bcd_element *element, struct guid **ret, size_t *ret_count);

/* Changes. The error names the store. The registry type follows from the code. */
int bcd_store_add(struct bcd_store *store, const struct guid *id, uint32_t type,
		  struct bcd_object **ret, struct error *err);
int bcd_store_remove(struct bcd_store *store, struct bcd_object *object, struct error *err);
int bcd_object_set(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		   const void *data, size_t size, struct error *err);
int bcd_object_set_string(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			  const char *text, struct error *err);
int bcd_object_set_bool(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			bool value, struct error *err);
int bcd_object_set_integer(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			   uint64_t value, struct error *err);
/* An object or, when the code is that of a list, a list; 'count' 0 removes the element. */
int bcd_object_set_guids(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			 const struct guid *ids, size_t count, struct error *err);
int bcd_object_unset(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		     struct error *err);

/*
 * Set the store's own Description: KeyName and System or, for a store of \EFI\Microsoft\Recovery,
 * FirmwareModified. What Windows put there at run time goes; so do the copies of firmware entries
 * in the objects' descriptions.
 */
int bcd_store_describe(struct bcd_store *store, bool is_recovery, struct error *err);

/* The hive's bytes; see hive_commit(). */
int bcd_store_commit(struct bcd_store *store, uint8_t **ret_bytes, size_t *ret_size,
		     struct error *err);

/*
 * The registry type that Windows demands of an element; 0 (REG_NONE) when the format is not known.
 */
uint32_t bcd_registry_type(uint32_t code);

/* Does the text end so, whatever the case? */
bool bcd_ends_with(const char *text, const char *end);

/* "'Windows 10' {guid}", for sentences: fills and returns 'title'. */
#define BCD_TITLE_SIZE 192
char *bcd_object_title(const struct bcd_object *object, char title[BCD_TITLE_SIZE]);

#endif
