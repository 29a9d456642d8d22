/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BIOS store to UEFI store: a made store in every detail, and all real BIOS stores. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bcd/device.h"
#include "stores.h"

TestSuite(bcd_convert);

#define BOOTMGR "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define MEMDIAG "{b2721d73-1db4-4c62-bf78-c548a880142d}"
#define NTLDR	"{466f5a88-0af2-4f76-9038-095b170dc21c}"
#define OTHER	"{01234567-89ab-11ea-9ed9-91d34fdb5ca7}"

/* Convert for the target that the store's own devices describe. */
static int try_convert(const struct bytes *from, struct bytes *to, struct bcd_notes *notes,
		       struct error *err)
{
	struct synthetic_target target;

	make_target(from, &target);
	return bcd_convert(&(struct file_bytes){from->at, from->size, "BCD"}, &target.target,
			   &to->at, &to->size, notes, err);
}

static struct bytes converted(const struct bytes *from, struct bcd_notes *notes)
{
	struct error err = ERROR_INIT;
	struct bytes to = {.at = NULL};

	cr_assert_eq(try_convert(from, &to, notes, &err), 0, "%s", err.message);
	return to;
}

static struct bcd_store *convert_made(struct bcd_store *made, struct bcd_notes *notes)
{
	CLEANUP_BYTES struct bytes from = commit_store(made);
	CLEANUP_BYTES struct bytes to = converted(&from, notes);

	return open_store(&to);
}

/* "partition={..} disk={..}" for an offset of the made store; 1 is the ESP. */
static const char *gpt_text(uint64_t offset)
{
	static char text[160];
	struct guid space = id("{6ba7b811-9dad-11d1-80b4-00c04fd430c8}");
	uint64_t zero = 0;
	struct guid partition = guid_from_name(&space, &offset, sizeof(offset));
	struct guid disk = guid_from_name(&space, &zero, sizeof(zero));
	char a[GUID_TEXT_SIZE], b[GUID_TEXT_SIZE];

	snprintf(text, sizeof(text), "partition={%s} disk={%s}", guid_format(&partition, a),
		 guid_format(&disk, b));
	return text;
}

Test(bcd_convert, boot_manager_and_tester_move_to_the_esp)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = convert_made(made, &notes);

	cr_assert_str_eq(text_of(store, BOOTMGR, BCD_DEVICE), gpt_text(1));
	cr_assert_str_eq(text_of(store, BOOTMGR, BCD_PATH), "\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
	cr_assert_str_eq(text_of(store, MEMDIAG, BCD_DEVICE), gpt_text(1));
	cr_assert_str_eq(text_of(store, MEMDIAG, BCD_PATH), "\\EFI\\Microsoft\\Boot\\memtest.efi");
	cr_assert_str_eq(text_of(store, BOOTMGR, BCD_MGR_TIMEOUT), "30");
	cr_assert_str_eq(text_of(store, BOOTMGR, BCD_MGR_DEFAULT), MADE_LOADER);
	cr_assert_eq(notes.warnings.count, 0, "%s",
		     notes.warnings.count ? notes.warnings.texts[0] : "");
	cr_assert_eq(notes.dropped.count, 0);
	cr_assert_eq(notes.changed.count, 6);
}

Test(bcd_convert, loader_and_resume_name_efi_programs)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = convert_made(made, &notes);

	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_DEVICE), gpt_text(MADE_WINDOWS));
	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_OS_DEVICE), gpt_text(MADE_WINDOWS));
	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_PATH), "\\Windows\\system32\\winload.efi");
	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_ISOLATEDCONTEXT), "Yes");
	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_RECOVERYSEQUENCE), MADE_RECOVERY);
	cr_assert_str_eq(text_of(store, MADE_RESUME, BCD_OS_DEVICE), gpt_text(MADE_WINDOWS));
	cr_assert_str_eq(text_of(store, MADE_RESUME, BCD_PATH),
			 "\\Windows\\system32\\winresume.efi");
	cr_assert_str_eq(text_of(store, MADE_RESUME, BCD_ISOLATEDCONTEXT), "Yes");
}

Test(bcd_convert, recovery_keeps_its_own_partition)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = convert_made(made, &notes);
	char expected[320];

	snprintf(expected, sizeof(expected), "ramdisk=[%s]\\Recovery\\WindowsRE\\Winre.wim,%s",
		 gpt_text(MADE_SYSTEM), MADE_OPTIONS);
	cr_assert_str_eq(text_of(store, MADE_RECOVERY, BCD_DEVICE), expected);
	cr_assert_str_eq(text_of(store, MADE_RECOVERY, BCD_OS_DEVICE), expected);
	cr_assert_str_eq(text_of(store, MADE_RECOVERY, BCD_PATH),
			 "\\windows\\system32\\winload.efi");
	cr_assert_str_eq(text_of(store, MADE_RECOVERY, BCD_ISOLATEDCONTEXT), "");
	cr_assert_str_eq(text_of(store, MADE_OPTIONS, BCD_SDIDEVICE), gpt_text(MADE_SYSTEM));
}

static struct bcd_object *add_entry(struct bcd_store *made, const char *guid_text, uint32_t type)
{
	struct guid guid = id(guid_text);
	struct bcd_object *object = NULL;

	cr_assert_eq(bcd_store_add(made, &guid, type, &object, NULL), 0);
	return object;
}

Test(bcd_convert, what_only_a_bios_starts_is_dropped_with_its_references)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct bcd_object *bootmgr = object_of(made, BOOTMGR),
			  *loader = object_of(made, MADE_LOADER);
	struct guid order[2] = {id(NTLDR), id(MADE_LOADER)};
	struct guid ntldr = id(NTLDR);

	set_string(made, add_entry(made, NTLDR, BCD_OBJECT_NTLDR), BCD_DESCRIPTION,
		   "Earlier Windows");
	cr_assert_eq(bcd_object_set_guids(made, bootmgr, BCD_MGR_DISPLAYORDER, order, 2, NULL), 0);
	cr_assert_eq(bcd_object_set_bool(made, loader, BCD_OS_NOVGA, true, NULL), 0);
	cr_assert_eq(bcd_object_set_bool(made, bootmgr, BCD_MGR_HIBERBOOT, true, NULL), 0);
	store = convert_made(made, &notes);
	cr_assert_null(bcd_store_find(store, &ntldr));
	cr_assert_str_eq(text_of(store, BOOTMGR, BCD_MGR_DISPLAYORDER), MADE_LOADER);
	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_OS_NOVGA), "");
	cr_assert_eq(notes.dropped.count, 4);
	cr_assert_str_eq(notes.dropped.texts[0],
			 "entry 'Earlier Windows' {466f5a88-0af2-4f76-9038-095b170dc21c}: "
			 "only a BIOS can start it");
	cr_assert_eq(notes.warnings.count, 0, "%s",
		     notes.warnings.count ? notes.warnings.texts[0] : "");
}

Test(bcd_convert, recovery_that_is_not_there_is_told)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;

	set_ref(made, object_of(made, MADE_RESUME), BCD_RECOVERYSEQUENCE, OTHER);
	set_ref(made, object_of(made, MADE_LOADER), BCD_RECOVERYSEQUENCE, OTHER);
	store = convert_made(made, &notes);
	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_RECOVERYSEQUENCE), "");
	cr_assert_eq(notes.dropped.count, 2);
	cr_assert_eq(notes.warnings.count, 1);
	cr_assert_not_null(strstr(notes.warnings.texts[0], "'Windows 10' " MADE_LOADER));
	cr_assert_not_null(strstr(notes.warnings.texts[0], "reagentc /enable"));
}

/* Devices that have no name. */
#define OEM_ELEMENT UINT32_C(0x51000000)

/* The sentence about an object names all that was changed in it, however many that are. */
Test(bcd_convert, long_lists_of_changes_are_whole)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct bcd_object *loader = object_of(made, MADE_LOADER);
	const char *line = NULL;

	for (uint32_t i = 0; i < 200; i++)
		set_mbr_device(made, loader, OEM_ELEMENT + i, MADE_WINDOWS, MADE_SIGNATURE);
	store = convert_made(made, &notes);
	for (size_t i = 0; i < notes.changed.count; i++)
		if (strncmp(notes.changed.texts[i], "'Windows 10'", 12) == 0)
			line = notes.changed.texts[i];
	cr_assert_not_null(line);
	for (uint32_t i = 0; i < 200; i++) {
		char name[32];

		snprintf(name, sizeof(name), "custom:%08x", OEM_ELEMENT + i);
		cr_assert_not_null(strstr(line, name), "%s in %s", name, line);
	}
}

Test(bcd_convert, foreign_disk_stays_and_is_reported)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct bcd_object *other = add_entry(made, OTHER, BCD_OBJECT_OSLOADER);

	set_mbr_device(made, other, BCD_DEVICE, 4096, 0x11223344);
	set_mbr_device(made, other, BCD_OS_DEVICE, 4096, 0x11223344);
	set_string(made, other, BCD_PATH, "\\Windows\\system32\\winload.exe");
	set_string(made, other, BCD_OS_SYSTEMROOT, "\\Windows");
	store = convert_made(made, &notes);
	cr_assert_str_eq(text_of(store, OTHER, BCD_DEVICE), "partition=4096 disk=11223344");
	cr_assert_eq(notes.warnings.count, 2);
	cr_assert_not_null(strstr(notes.warnings.texts[0], "11223344"));
}

Test(bcd_convert, malformed_elements_are_repaired_or_dropped)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct bcd_object *loader = object_of(made, MADE_LOADER);
	struct bcd_element *list = bcd_object_find(loader, BCD_INHERIT);
	hive_node_h node;

	/* A list stored as one string, as in one vendor's stores; a boolean of two bytes. */
	node = hive_find(made->hive, loader->elements_node, "14000006");
	cr_assert_eq(hive_set(made->hive, node, "Element", hive_t_string, list->data, list->size,
			      NULL),
		     0);
	cr_assert_eq(bcd_object_set(made, loader, 0x260000a0, "\1\1", 2, NULL), 0);
	store = convert_made(made, &notes);
	cr_assert_eq(bcd_object_find(object_of(store, MADE_LOADER), BCD_INHERIT)->registry_type,
		     hive_t_multiple_strings);
	cr_assert_str_eq(text_of(store, MADE_LOADER, 0x260000a0), "");
	cr_assert_eq(notes.dropped.count, 1);
	cr_assert_eq(notes.warnings.count, 0, "%s",
		     notes.warnings.count ? notes.warnings.texts[0] : "");
}

Test(bcd_convert, default_follows_the_chosen_windows)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	CLEANUP_BYTES struct bytes from = {.at = NULL}, to = {.at = NULL};
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	struct bcd_object *other = add_entry(made, OTHER, BCD_OBJECT_OSLOADER);
	struct synthetic_target target;

	set_mbr_device(made, other, BCD_DEVICE, UINT64_C(1) << 33, MADE_SIGNATURE);
	set_mbr_device(made, other, BCD_OS_DEVICE, UINT64_C(1) << 33, MADE_SIGNATURE);
	set_string(made, other, BCD_PATH, "\\Windows\\system32\\winload.exe");
	set_string(made, other, BCD_OS_SYSTEMROOT, "\\Windows");
	from = commit_store(made);
	make_target(&from, &target);
	target.target.windows_offset = UINT64_C(1) << 33;
	cr_assert_eq(bcd_convert(&(struct file_bytes){from.at, from.size, "BCD"}, &target.target,
				 &to.at, &to.size, &notes, NULL),
		     0);
	store = open_store(&to);
	cr_assert_str_eq(text_of(store, BOOTMGR, BCD_MGR_DEFAULT), OTHER);
	cr_assert_str_eq(text_of(store, MADE_LOADER, BCD_DEVICE), gpt_text(MADE_WINDOWS));
	cr_assert_eq(notes.warnings.count, 1);
}

static struct error error_of(struct bcd_store *made, uint64_t windows_offset)
{
	CLEANUP_BYTES struct bytes from = commit_store(made), to = {.at = NULL};
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	struct bcd_target target = {.disk.mbr_signature = MADE_SIGNATURE,
				    .system_offset = MADE_SYSTEM,
				    .windows_offset = windows_offset};
	struct error err = ERROR_INIT;

	cr_assert_lt(bcd_convert(&(struct file_bytes){from.at, from.size, "BCD"}, &target, &to.at,
				 &to.size, &notes, &err),
		     0);
	cr_assert_eq(err.kind, ERROR_REFUSED);
	cr_assert_null(to.at);
	return err;
}

Test(bcd_convert, refusals)
{
	CLEANUP_BCD_STORE struct bcd_store *empty = NULL, *made = made_store();
	struct bcd_object *bootmgr = object_of(made, BOOTMGR);
	struct error err;

	cr_assert_eq(bcd_store_new("empty", &empty, NULL), 0);
	cr_assert_eq(error_of(empty, MADE_WINDOWS).refusal, REFUSAL_BCD_DAMAGED);
	cr_assert_eq(error_of(made, 12345).refusal, REFUSAL_BCD_DAMAGED);
	cr_assert_eq(bcd_object_set_bool(made, bootmgr, BCD_MGR_RESUME, true, NULL), 0);
	err = error_of(made, MADE_WINDOWS);
	cr_assert_eq(err.refusal, REFUSAL_HIBERNATED);
	cr_assert_str_eq(err.advice,
			 "start the guest, turn fast startup off ('powercfg /h off'), shut it "
			 "down fully, then convert again");
}

/* Give the loader of the made store a device; its text after the conversion. */
static const char *converted_device(const struct bcd_device *device, uint32_t code,
				    struct bcd_notes *notes)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	struct bcd_object *other = add_entry(made, OTHER, BCD_OBJECT_OSLOADER);
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;

	set_mbr_device(made, other, BCD_DEVICE, MADE_WINDOWS, MADE_SIGNATURE);
	set_mbr_device(made, other, BCD_OS_DEVICE, MADE_WINDOWS, MADE_SIGNATURE);
	set_string(made, other, BCD_PATH, "\\Windows\\system32\\winload.exe");
	set_string(made, other, BCD_OS_SYSTEMROOT, "\\Windows");
	cr_assert_eq(bcd_device_encode(device, &bytes, &size, NULL), 0);
	cr_assert_eq(bcd_object_set(made, other, code, bytes, size, NULL), 0);
	store = convert_made(made, notes);
	return text_of(store, OTHER, code);
}

Test(bcd_convert, devices_of_every_kind)
{
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	char path[] = "\\w.vhdx", expected[400];
	struct bcd_device mbr = {.kind = BCD_DEVICE_MBR,
				 .id = {.mbr_offset = MADE_WINDOWS,
					.mbr_signature = MADE_SIGNATURE}};
	struct bcd_device boot = {.kind = BCD_DEVICE_BOOT};
	struct bcd_device vhd = {.kind = BCD_DEVICE_VHD,
				 .path = path,
				 .parent = &mbr,
				 .id = {.mbr_offset = MADE_SYSTEM,
					.mbr_signature = MADE_SIGNATURE}};
	struct bcd_device file = {.kind = BCD_DEVICE_FILE, .path = path, .parent = &boot};
	struct bcd_device disk = {.kind = BCD_DEVICE_VHD,
				  .is_whole_disk = true,
				  .path = path,
				  .parent = &mbr};
	struct bcd_device locate = {.kind = BCD_DEVICE_LOCATE_ELEMENT,
				    .located_element = BCD_PATH,
				    .parent = &disk};
	struct bcd_device anywhere = {.kind = BCD_DEVICE_LOCATE_PATH, .path = path};

	/* "boot" was the partition of the BIOS boot manager; a loader means its Windows. */
	cr_assert_str_eq(converted_device(&boot, BCD_OS_DEVICE, &notes), gpt_text(MADE_WINDOWS));
	/* The partition of the file follows; the inside of the virtual disk stays. */
	snprintf(expected, sizeof(expected), "vhd=[%s]\\w.vhdx", gpt_text(MADE_WINDOWS));
	cr_assert_str_eq(converted_device(&vhd, BCD_OS_DEVICE, &notes), expected);
	snprintf(expected, sizeof(expected), "file=[%s]\\w.vhdx", gpt_text(MADE_SYSTEM));
	cr_assert_str_eq(converted_device(&file, BCD_OS_DEVICE, &notes), expected);
	snprintf(expected, sizeof(expected), "locate=custom:12000002,vhd=[%s]\\w.vhdx",
		 gpt_text(MADE_WINDOWS));
	cr_assert_str_eq(converted_device(&locate, BCD_OS_DEVICE, &notes), expected);
	cr_assert_str_eq(converted_device(&anywhere, BCD_OS_DEVICE, &notes), "locate=\\w.vhdx");
	cr_assert_eq(notes.warnings.count, 0, "%s",
		     notes.warnings.count ? notes.warnings.texts[0] : "");
}

/* The old system partition is not in the target when it has become the ESP. */
Test(bcd_convert, system_partition_that_becomes_the_esp)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store(), *store = NULL;
	CLEANUP_BYTES struct bytes from = commit_store(made), to = {.at = NULL};
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	const struct moved_partition windows = {.mbr_offset = MADE_WINDOWS, .gpt_guid = {{1}}};
	const struct bcd_target target = {.disk.mbr_signature = MADE_SIGNATURE,
					  .esp = {{2}},
					  .disk.partitions = &windows,
					  .disk.partition_count = 1,
					  .system_offset = MADE_SYSTEM,
					  .windows_offset = MADE_WINDOWS};

	cr_assert_eq(bcd_convert(&(struct file_bytes){from.at, from.size, "BCD"}, &target, &to.at,
				 &to.size, &notes, NULL),
		     0);
	cr_assert_eq(notes.warnings.count, 0);
	store = open_store(&to);
	cr_assert_not_null(strstr(text_of(store, MADE_OPTIONS, BCD_SDIDEVICE),
				  "partition={00000002-0000-0000-0000-000000000000}"));
}

Test(bcd_convert, rebuilt_store_starts_the_recovery_environment)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	CLEANUP_BYTES struct bytes to = {.at = NULL};
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	const struct moved_partition partitions[] = {{.mbr_offset = MADE_SYSTEM, .gpt_guid = {{1}}},
						     {.mbr_offset = MADE_WINDOWS,
						      .gpt_guid = {{2}}}};
	const struct bcd_target target = {.disk.partitions = partitions,
					  .disk.partition_count = 2,
					  .system_offset = MADE_SYSTEM,
					  .windows_offset = MADE_WINDOWS};
	struct bcd_rebuild how = {.target = &target,
				  .system_root = "\\Windows",
				  .description = "Windows Server 2019",
				  .is_server = true,
				  .winre_path = "\\Recovery\\WindowsRE",
				  .winre_offset = MADE_SYSTEM,
				  .winre_loader = id(MADE_RECOVERY)};
	struct bcd_default_entry entry;
	struct error err = ERROR_INIT;
	char loader[GUID_TEXT_SIZE + 2], text[GUID_TEXT_SIZE];

	cr_assert_eq(bcd_rebuild(&(struct file_bytes){NULL, 0, "BCD"}, &how, &to.at, &to.size,
				 &notes, &err),
		     0, "%s", err.message);
	cr_assert_eq(notes.warnings.count, 0, "%s",
		     notes.warnings.count ? notes.warnings.texts[0] : "");
	cr_assert_eq(bcd_default_entry(&(struct file_bytes){to.at, to.size, "BCD"}, &entry, &err),
		     0);
	cr_assert_str_eq(entry.path, "\\Windows\\system32\\winload.efi");
	cr_assert_str_eq(entry.description, "Windows Server 2019");
	cr_assert(entry.device_is_gpt);
	cr_assert_eq(entry.device_partition.bytes[0], 2);
	store = open_store(&to);
	snprintf(loader, sizeof(loader), "{%s}", guid_format(&entry.object, text));
	cr_assert_str_eq(text_of(store, loader, BCD_RECOVERYSEQUENCE), MADE_RECOVERY);
	cr_assert_str_eq(text_of(store, loader, BCD_OS_NX), "OptOut");
	cr_assert_str_eq(text_of(store, MADE_RECOVERY, BCD_OS_WINPE), "Yes");
	bcd_default_entry_done(&entry);
	how.winre_offset = 17;
	bytes_done(&to);
	cr_assert_eq(bcd_rebuild(&(struct file_bytes){NULL, 0, "BCD"}, &how, &to.at, &to.size,
				 &notes, &err),
		     0);
	cr_assert_eq(notes.warnings.count, 1);
}

/* Stores of setup media start from their own partition and have no Windows to convert. */
Test(bcd_convert, stores_of_media_are_refused)
{
	static const char *const names[] = {"media-bios-win10-22h2.bcd",
					    "media-bios-win7-256k.bcd"};

	for (size_t i = 0; i < 2; i++) {
		char path[512];
		CLEANUP_BYTES struct bytes from = {.at = NULL}, to = {.at = NULL};
		CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
		const struct bcd_target target = {.disk.mbr_signature = 1};
		struct error err = ERROR_INIT;

		snprintf(path, sizeof(path), "%s%s", STORES, names[i]);
		from = read_file(path);
		cr_assert_lt(bcd_convert(&(struct file_bytes){from.at, from.size, "BCD"}, &target,
					 &to.at, &to.size, &notes, &err),
			     0);
		cr_assert_eq(err.refusal, REFUSAL_BCD_DAMAGED, "%s", err.message);
	}
}

static void assert_no_mbr_device(const struct bcd_store *store, uint32_t signature)
{
	for (size_t i = 0; i < store->object_count; i++)
		for (size_t j = 0; j < store->objects[i]->element_count; j++) {
			CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
			const struct bcd_element *element = &store->objects[i]->elements[j];
			const struct bcd_device *part = &device;

			if (BCD_ELEMENT_FORMAT(element->code) != BCD_FORMAT_DEVICE)
				continue;
			cr_assert_eq(bcd_device_decode(element->data, element->size, &device, NULL),
				     0);
			while (part->parent)
				part = part->parent;
			cr_assert_not(part->kind == BCD_DEVICE_MBR &&
				      part->id.mbr_signature == signature);
			cr_assert_neq(part->kind, BCD_DEVICE_BOOT);
		}
}

/* hivexregedit exports what it can read; its line for the boot manager's path must be there. */
static void assert_foreign_reader_sees_it(const struct bytes *bytes)
{
	char path[] = BUILD_DIR "/test_bcd_XXXXXX", command[400], line[256] = "";
	int fd = mkstemp(path);
	FILE *pipe;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes->at, bytes->size), (ssize_t)bytes->size);
	close(fd);
	snprintf(
		command, sizeof(command),
		"printf 'cd Objects\\\\%s\\\\Elements\\\\12000002\\nlsval Element\\n' | hivexsh %s",
		BOOTMGR, path);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	if (!fgets(line, sizeof(line), pipe))
		line[0] = '\0';
	pclose(pipe);
	unlink(path);
	cr_assert_str_eq(line, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi\n");
}

Test(bcd_convert, every_real_bios_store)
{
	bool have_hivexsh = system("command -v hivexsh >/dev/null 2>&1") == 0;

	if (!have_stores())
		cr_skip_test("the real stores are not there");
	CLEANUP_NAMES char **names = store_names("bios-");
	for (size_t i = 0; names[i]; i++) {
		char path[512];
		CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT,
						   findings = BCD_NOTES_INIT;
		CLEANUP_BYTES struct bytes from = {.at = NULL}, to = {.at = NULL},
					   again = {.at = NULL};
		CLEANUP_BCD_STORE struct bcd_store *store = NULL;
		struct synthetic_target target;

		if (strcmp(names[i], "bios-win10-bcdboot-all-zhcn.bcd") == 0)
			continue; /* has GPT devices already: tests/bcd/test_pair.c */
		snprintf(path, sizeof(path), "%s%s", STORES, names[i]);
		from = read_file(path);
		make_target(&from, &target);
		to = converted(&from, &notes);
		cr_assert_eq(notes.warnings.count, 0, "%s: %s", names[i],
			     notes.warnings.count ? notes.warnings.texts[0] : "");
		cr_assert_eq(bcd_check(&(struct file_bytes){to.at, to.size, names[i]}, &findings,
				       NULL),
			     0);
		cr_assert_eq(findings.warnings.count, 0);
		store = open_store(&to);
		assert_no_mbr_device(store, target.target.disk.mbr_signature);
		if (have_hivexsh)
			assert_foreign_reader_sees_it(&to);
		bcd_notes_done(&notes);
		again = converted(&from, &notes);
		cr_assert_eq(again.size, to.size);
		cr_assert_eq(memcmp(again.at, to.at, to.size), 0);
	}
}
