/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as JSON. Keys are stable: scripts rely on them. */
#include "convert/report/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/report/afterwards.h"
#include "convert/report/head.h"
#include "convert/report/vm_json.h"

static void set_text(json_t *object, const char *key, const char *utf8)
{
	json_object_set_new(object, key, text_json(utf8));
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_guid(json_t *object, const char *key, const struct guid *guid)
{
	char buffer[GUID_TEXT_SIZE];

	set_text(object, key, guid_format(guid, buffer));
}

/* Set all of the sentences; false when one would be missing for lack of memory. */
static bool set_notes(json_t *object, const char *key, const struct note_list *list)
{
	json_t *array = json_array();
	bool is_whole = !list->failed;

	for (size_t i = 0; i < list->count; i++)
		is_whole &= json_array_append_new(array, text_json(list->texts[i])) == 0;
	return json_object_set_new(object, key, array) == 0 && is_whole;
}

static json_t *files_array(const struct disk *disk)
{
	json_t *files = json_array();
	const char *path;

	for (unsigned int i = 0; (path = vhd_member_path(disk, i)); i++)
		json_array_append_new(files, text_json(path));
	return files;
}

static const char *const format_texts[] = {"raw", "vhd", "vhdx", "qcow2"};

/* What the file of the disk is on its file system. What it takes there may change by itself, and is no matter of a report
 * that is kept. */
static void set_file(json_t *source, const struct report *report)
{
	struct stat st;

	if (!vhd_member_stat(report->source, 0, &st) || !S_ISREG(st.st_mode))
		return;
	set_number(source, "mtime_ns",
		   (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec);
	if (report->seconds > 0)
		set_number(source, "allocated", (uint64_t)st.st_blocks * 512);
}

static json_t *source_object(const struct report *report)
{
	const struct vhd_info *image = &report->survey->image;
	json_t *source = json_object();

	text_json_set_path(source, "path", report->source_path);
	if (report->source) {
		set_text(source, "format", format_texts[vhd_info(report->source)->format]);
		json_object_set_new(source, "files", files_array(report->source));
		set_file(source, report);
	}
	if (report->survey->disk_size == 0)
		return source;
	set_text(source, "image", vhd_info_text(image));
	set_number(source, "virtual_size", image->virtual_size);
	set_number(source, "file_size", image->file_size);
	set_number(source, "block_size", image->block_size);
	set_number(source, "sector_size", image->logical_sector_size);
	set_number(source, "chain_length", image->chain_length);
	json_object_set_new(source, "log_replayed", json_boolean(image->log_replayed));
	set_guid(source, "disk_id", &image->disk_id);
	if (image->format == VHD_FORMAT_VHDX)
		set_guid(source, "data_write_guid", &image->data_write_guid);
	return source;
}

static json_t *windows_object(const struct survey *survey)
{
	const struct survey_partition *partition = &survey->partitions[survey->start];
	const struct windows *windows = &partition->guest.windows;
	json_t *object = json_object();

	set_number(object, "partition", partition->mbr.number);
	set_text(object, "product", windows->product);
	set_text(object, "edition", windows->edition);
	json_object_set_new(object, "version",
			    json_sprintf("%u.%u.%u", windows->major, windows->minor,
					 windows->build));
	set_text(object, "architecture", windows_arch_text(windows->arch));
	json_object_set_new(object, "is_server", json_boolean(windows->is_server));
	set_text(object, "root", windows->root);
	set_text(object, "boot_version", windows->boot_version);
	return object;
}

static json_t *place_object(const struct linux_place *place)
{
	json_t *object = json_object();

	set_number(object, "partition", place->partition);
	if (place->volume[0])
		set_text(object, "volume", place->volume);
	set_text(object, "filesystem", linux_contents_text(place->id.contents));
	if (place->id.uuid[0])
		set_text(object, "uuid", place->id.uuid);
	return object;
}

static json_t *kernel_object(const struct linux_default *starts)
{
	static const char *const drivers[] = {[LINUX_DRIVERS_UNKNOWN] = "unknown",
					      [LINUX_DRIVERS_FOUND] = "found",
					      [LINUX_DRIVERS_MISSING] = "missing"};
	json_t *object = json_object(), *initrds = json_array();

	set_text(object, "title", starts->title);
	set_text(object, "path", starts->kernel);
	set_text(object, "arguments", starts->arguments);
	for (size_t i = 0; i < starts->initrd_count; i++)
		json_array_append_new(initrds, text_json(starts->initrds[i]));
	json_object_set_new(object, "initramfs", initrds);
	set_text(object, "version", starts->version);
	set_text(object, "hyperv_drivers", drivers[starts->drivers]);
	return object;
}

static json_t *default_object(const struct linux_default *starts)
{
	json_t *object = kernel_object(starts);

	json_object_set_new(object, "is_default", json_boolean(starts->is_sure));
	return object;
}

static json_t *other_kernels_array(const struct linux_system *system)
{
	json_t *array = json_array();

	for (size_t i = 0; i < system->other_count; i++)
		json_array_append_new(array, kernel_object(&system->others[i]));
	return array;
}

/* Those with static addresses. */
static json_t *linux_adapters_array(const struct linux_system *system)
{
	json_t *array = json_array();

	for (size_t i = 0; i < system->adapter_count; i++) {
		const struct linux_adapter *adapter = &system->adapters[i];
		json_t *object = json_object(), *addresses = json_array();

		if (adapter->interface)
			set_text(object, "interface", adapter->interface);
		if (adapter->mac)
			set_text(object, "mac", adapter->mac);
		for (size_t j = 0; j < adapter->addresses.count; j++)
			json_array_append_new(addresses, text_json(adapter->addresses.texts[j]));
		json_object_set_new(object, "addresses", addresses);
		text_json_set_path(object, "file", adapter->file);
		json_array_append_new(array, object);
	}
	return array;
}

/* Adapters that the guest knows by their MACs. */
static json_t *linux_macs_array(const struct linux_system *system)
{
	json_t *array = json_array();

	for (size_t i = 0; i < system->mac_count; i++) {
		const struct linux_mac *mac = &system->macs[i];
		json_t *object = json_object();

		set_text(object, "mac", mac->mac);
		if (mac->interface)
			set_text(object, "interface", mac->interface);
		json_object_set_new(object, "gives_name", json_boolean(mac->gives_name));
		json_object_set_new(object, "static_address", json_boolean(mac->is_static));
		text_json_set_path(object, "file", mac->file);
		set_number(object, "line", mac->line);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *linux_object(const struct linux_system *system)
{
	json_t *object = json_object();

	set_text(object, "id", system->release.id);
	set_text(object, "version_id", system->release.version_id);
	set_text(object, "product", system->release.pretty_name);
	json_object_set_new(object, "boot", place_object(&system->boot));
	if (system->root.partition)
		json_object_set_new(object, "root", place_object(&system->root));
	set_text(object, "menu", system->prefix);
	json_object_set_new(object, "boot_loader_entries", json_boolean(system->is_bls));
	json_object_set_new(object, "root_is_encrypted", json_boolean(system->root_is_encrypted));
	set_number(object, "kernels", system->kernel_count);
	if (system->starts.kernel)
		json_object_set_new(object, "kernel", default_object(&system->starts));
	json_object_set_new(object, "other_kernels", other_kernels_array(system));
	json_object_set_new(object, "adapters", linux_adapters_array(system));
	json_object_set_new(object, "macs", linux_macs_array(system));
	return object;
}

/* "windows" or "linux", by what is installed. */
static void set_guest(json_t *root, const struct survey *survey)
{
	if (survey->start == SURVEY_NONE || !survey->count)
		return;
	if (survey_is_linux(survey))
		json_object_set_new(root, "linux",
				    linux_object(
					    survey->partitions[survey->start].guest.linux_system));
	else
		json_object_set_new(root, "windows", windows_object(survey));
}

/* What became of the journal of an NTFS volume; NULL when there is none. */
static json_t *journal_object(const struct replay *journal, bool is_planned)
{
	const char *state = replay_text(journal, is_planned);
	const struct journal_info *info = &journal->info;
	json_t *object;

	if (!state)
		return NULL;
	object = json_object();
	set_text(object, "state", state);
	if (info->major)
		json_object_set_new(object, "log_version",
				    json_sprintf("%u.%u", info->major, info->minor));
	if (!journal->is_replayed)
		return object;
	set_number(object, "records", info->records);
	set_number(object, "redone", info->redone);
	set_number(object, "transactions_undone", info->transactions);
	return object;
}

static void set_mbr_entry(json_t *object, const struct mbr_partition *mbr)
{
	char buffer[16];

	set_number(object, "mbr_type", mbr->type);
	set_text(object, "type", mbr_type_text(mbr->type, buffer));
	json_object_set_new(object, "active", json_boolean(mbr->active));
	json_object_set_new(object, "logical", json_boolean(mbr->logical));
}

static void set_old_entry(json_t *object, const struct gpt_partition *entry)
{
	char buffer[GUID_TEXT_SIZE];

	set_text(object, "type", gpt_type_text(&entry->type, buffer));
	set_guid(object, "type_guid", &entry->type);
	set_guid(object, "guid", &entry->unique);
	set_text(object, "name", entry->name);
}

static json_t *old_partition_object(const struct survey_partition *partition, bool is_planned)
{
	const struct note_list *others = &partition->guest.contents.others;
	json_t *journal = journal_object(&partition->journal, is_planned);
	json_t *object = json_object();

	set_number(object, "number", partition->mbr.number);
	if (partition->entry)
		set_old_entry(object, partition->entry);
	else
		set_mbr_entry(object, &partition->mbr);
	set_number(object, "start_lba", partition->mbr.start_lba);
	set_number(object, "sectors", partition->mbr.sectors);
	set_text(object, "filesystem",
		 partition->contents.contents == LINUX_NOTHING
			 ? filesystem_text(partition->filesystem)
			 : linux_contents_text(partition->contents.contents));
	set_text(object, "label", partition->label);
	json_object_set_new(object, "has_windows", json_boolean(partition->guest.windows.root[0]));
	json_object_set_new(object, "has_winre", json_boolean(partition->guest.has_recovery));
	json_object_set_new(object, "has_bcd", json_boolean(partition->guest.has_boot_store));
	if (others->count)
		set_notes(object, "other_files", others);
	if (journal)
		json_object_set_new(object, "journal", journal);
	if (partition->problem.kind != ERROR_NONE)
		set_text(object, "problem", partition->problem.message);
	return object;
}

static json_t *before_object(const struct report *report)
{
	const struct survey *survey = report->survey;
	json_t *object = json_object(), *partitions = json_array();

	set_text(object, "table", survey->gpt ? "gpt" : "mbr");
	if (survey->gpt)
		set_guid(object, "disk_guid", &survey->gpt->disk_guid);
	else
		json_object_set_new(object, "signature",
				    json_sprintf("0x%08" PRIx32, survey->mbr_signature));
	set_number(object, "size", survey->disk_size);
	for (size_t i = 0; i < survey->count; i++)
		json_array_append_new(partitions, old_partition_object(&survey->partitions[i],
								       report->is_dry_run));
	json_object_set_new(object, "partitions", partitions);
	return object;
}

/* What a reader of the result should know was so in the source. */
static json_t *as_found_array(const struct report *report, size_t index)
{
	size_t source = report->plan->partitions[index].source;
	unsigned int oddities = report->build ? report->build->boot_sectors.oddities[index] : 0;
	json_t *words = json_array();

	if (report->survey->partitions[source].problem.kind != ERROR_NONE)
		json_array_append_new(words, json_string("unreadable"));
	if (oddities & BOOT_SECTORS_BACKUP)
		json_array_append_new(words, json_string("backup-boot-sector"));
	if (oddities & BOOT_SECTORS_SIZE)
		json_array_append_new(words, json_string("sector-size"));
	return words;
}

static json_t *new_partition_object(const struct report *report, size_t index)
{
	const struct survey *survey = report->survey;
	const struct plan *plan = report->plan;
	const struct gpt_partition *gpt = &plan->gpt.partitions[index];
	const struct plan_partition *partition = &plan->partitions[index];
	json_t *object = json_object();
	char buffer[GUID_TEXT_SIZE];

	set_number(object, "number", gpt->number);
	set_text(object, "role", plan_role_text(partition->role));
	set_text(object, "type", gpt_type_text(&gpt->type, buffer));
	set_guid(object, "type_guid", &gpt->type);
	set_guid(object, "guid", &gpt->unique);
	set_text(object, "name", gpt->name);
	json_object_set_new(object, "attributes", json_sprintf("0x%016" PRIx64, gpt->attributes));
	set_number(object, "start_lba", gpt->first_lba);
	set_number(object, "sectors", gpt->last_lba - gpt->first_lba + 1);
	if (partition->source == SURVEY_NONE)
		return object;
	set_number(object, "old_number", survey->partitions[partition->source].mbr.number);
	json_object_set_new(object, "as_found", as_found_array(report, index));
	return object;
}

static const char *const type_texts[VHD_TYPE_MAX] = {"fixed", "dynamic", "differencing"};

static json_t *after_object(const struct report *report)
{
	const struct plan *plan = report->plan;
	json_t *object = json_object(), *partitions = json_array();

	set_text(object, "table", "gpt");
	set_text(object, "layout", layout_text(plan->layout));
	set_text(object, "format", format_texts[plan->format]);
	set_text(object, "image", type_texts[plan->vhdx.type]);
	set_guid(object, "disk_guid", &plan->gpt.disk_guid);
	set_number(object, "size", plan->disk_size);
	set_number(object, "shift", plan->shift);
	set_number(object, "block_size", plan->vhdx.block_size);
	set_guid(object, "disk_id", &plan->vhdx.disk_id);
	set_guid(object, "data_write_guid", &plan->vhdx.data_write_guid);
	for (size_t i = 0; i < plan->gpt.count; i++)
		json_array_append_new(partitions, new_partition_object(report, i));
	json_object_set_new(object, "partitions", partitions);
	return object;
}

static bool comes_from_guest(const struct bootfiles_report *boot, const char *path)
{
	for (size_t i = 0; i < boot->count; i++)
		if (strcasecmp(boot->files[i].esp_path, path) == 0)
			return true;
	return false;
}

/* The files of the ESP that were made: the boot store and what belongs to it. */
static void add_made_files(json_t *files, const struct guest_boot *boot)
{
	for (size_t i = 0; i < boot->files.count; i++) {
		const struct guest_file *made = &boot->files.list[i];
		json_t *file;

		if (made->is_left_out || comes_from_guest(&boot->boot_files, made->path))
			continue;
		file = json_object();
		text_json_set_path(file, "path", made->path);
		set_number(file, "size", made->size);
		json_array_append_new(files, file);
	}
}

/* Where shim and GRUB come from, and how far Secure Boot goes with them. */
static void set_linux_boot(json_t *object, const struct linux_boot *boot)
{
	set_text(object, "source", boot->source);
	set_text(object, "folder", boot->folder);
	set_text(object, "signer", boot->signer);
	set_text(object, "vendor", boot->vendor);
	set_number(object, "shim_sbat", boot->shim_sbat);
	set_number(object, "grub_sbat", boot->grub_sbat);
	set_text(object, "kernel_signer", boot->kernel_signer);
	json_object_set_new(object, "secure_boot", json_boolean(boot->has_secure_boot));
	if (!boot->has_secure_boot)
		set_text(object, "why_no_secure_boot", boot->why_no_secure_boot);
}

static json_t *esp_object(const struct build *build)
{
	const struct bootfiles_report *boot = &build->boot.boot_files;
	json_t *object = json_object(), *files = json_array();

	if (build->boot.linux_boot.source[0]) {
		set_linux_boot(object, &build->boot.linux_boot);
	} else {
		set_text(object, "boot_files", bootfiles_set_text(boot->set));
		set_text(object, "boot_version", boot->version);
	}
	set_number(object, "used", build->esp_used);
	for (size_t i = 0; i < boot->count; i++) {
		json_t *file = json_object();

		text_json_set_path(file, "path", boot->files[i].esp_path);
		text_json_set_path(file, "from", boot->files[i].guest_path);
		set_number(file, "size", boot->files[i].size);
		json_array_append_new(files, file);
	}
	add_made_files(files, &build->boot);
	json_object_set_new(object, "files", files);
	return object;
}

static json_t *bcd_object(const struct build *build)
{
	json_t *object = json_object();

	set_guid(object, "default", &build->boot.store.default_entry.object);
	if (build->boot.store.default_entry.description)
		set_text(object, "description", build->boot.store.default_entry.description);
	if (build->boot.store.default_entry.path)
		set_text(object, "path", build->boot.store.default_entry.path);
	if (set_notes(object, "changed", &build->boot.store.notes.changed))
		return object;
	json_decref(object);
	return NULL;
}

/* The entries are of our own making: each can be read. */
static bool append_boot_entry(json_t *entries, const struct nvram *nvram, uint16_t number)
{
	struct nvram_boot_entry entry;
	json_t *item;

	if (nvram_boot_entry(nvram, number, &entry, NULL) < 0)
		return false;
	item = json_object();
	json_object_set_new(item, "number", json_sprintf("%04X", entry.number));
	set_text(item, "description", entry.description);
	if (entry.file_path)
		set_text(item, "path", entry.file_path);
	nvram_boot_entry_done(&entry);
	return json_array_append_new(entries, item) == 0;
}

static json_t *subjects_json(const struct nvram_signatures *signatures)
{
	json_t *subjects = json_array();

	for (size_t i = 0; i < signatures->certificates; i++)
		json_array_append_new(subjects, text_json(signatures->subjects[i]));
	return subjects;
}

/* Of each variable the subjects of its certificates, and how many hashes it has (dbx_hashes). */
static bool set_keys(json_t *object, const struct firmware *firmware)
{
	static const char *const names[] = {"PK", "KEK", "db", "dbx"};
	json_t *keys = json_object();
	char hashes[16];

	if (firmware->keys_path)
		text_json_set_path(keys, "source", firmware->keys_path);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_SIGNATURES struct nvram_signatures signatures = NVRAM_SIGNATURES_INIT;
		const struct nvram_variable *key =
			nvram_secure_boot_key(&firmware->nvram, names[i]);

		if (!key || nvram_read_signatures(key, &signatures, NULL) < 0)
			continue;
		json_object_set_new(keys, names[i], subjects_json(&signatures));
		snprintf(hashes, sizeof(hashes), "%s_hashes", names[i]);
		if (signatures.hashes)
			set_number(keys, hashes, signatures.hashes);
	}
	return json_object_set_new(object, "keys", keys) == 0;
}

static bool set_nvram(json_t *root, const struct build *build)
{
	const struct nvram *nvram = &build->firmware.nvram;
	json_t *object = json_object(), *entries = json_array();
	uint16_t numbers[16];
	size_t count = nvram_boot_order(nvram, numbers, 16);
	char digest[GUID_TEXT_SIZE];
	const struct guid guid = nvram_digest(nvram);
	bool is_whole = true;

	if (build->firmware.file)
		set_text(object, "digest", guid_format(&guid, digest));
	for (size_t i = 0; i < count && i < 16; i++)
		is_whole &= append_boot_entry(entries, nvram, numbers[i]);
	is_whole &= json_object_set_new(object, "boot_order", entries) == 0;
	if (nvram_has_secure_boot_keys(nvram))
		is_whole &= set_keys(object, &build->firmware);
	return json_object_set_new(root, "nvram", object) == 0 && is_whole;
}

static bool set_changes(json_t *root, const struct edits *edits)
{
	json_t *array = json_array();
	bool is_whole = true;

	for (size_t i = 0; i < edits->count; i++) {
		const struct edit_change *change = &edits->changes[i];
		json_t *object = json_object();

		set_number(object, "partition", change->partition);
		text_json_set_path(object, "path", change->path);
		is_whole &= set_notes(object, "details", &change->details);
		is_whole &= json_array_append_new(array, object) == 0;
	}
	return json_object_set_new(root, "changed", array) == 0 && is_whole;
}

static json_t *addresses_array(const struct adapter *adapter)
{
	json_t *array = json_array();

	for (size_t i = 0; i < adapter->address_count; i++) {
		const struct adapter_address *address = &adapter->addresses[i];
		json_t *object = json_object();

		set_text(object, "address", address->text);
		json_object_set_new(object, "prefix_length",
				    address->prefix_length ? json_integer(address->prefix_length)
							   : json_null());
		json_array_append_new(array, object);
	}
	return array;
}

static bool append_adapter(json_t *array, const struct adapter *adapter)
{
	json_t *object = json_object();
	bool is_whole;

	set_text(object, "connection", adapter->connection);
	set_text(object, "description", adapter->description);
	set_text(object, "bus", adapter_bus_text(adapter->bus));
	set_text(object, "device", adapter->device);
	json_object_set_new(object, "instance_guid",
			    adapter->instance[0] ? text_json(adapter->instance) : json_null());
	json_object_set_new(object, "dhcp", json_boolean(adapter->uses_dhcp));
	json_object_set_new(object, "addresses", addresses_array(adapter));
	is_whole = set_notes(object, "gateways", &adapter->gateways);
	is_whole &= set_notes(object, "dns", &adapter->dns);
	json_object_set_new(object, "may_be_old", json_boolean(adapter->old));
	json_object_set_new(object, "keeps_settings", json_boolean(adapter->keeps_settings));
	set_text(object, "advice", adapter->advice);
	is_whole &= set_notes(object, "commands", &adapter->lines);
	return json_array_append_new(array, object) == 0 && is_whole;
}

static bool set_adapters(json_t *root, const struct adapters *adapters)
{
	json_t *array = json_array();
	bool is_whole = true;

	for (size_t i = 0; i < adapters->count; i++)
		is_whole &= append_adapter(array, &adapters->list[i]);
	return json_object_set_new(root, "adapters", array) == 0 && is_whole;
}

static bool set_lists(json_t *root, const struct report *report)
{
	CLEANUP_NOTES struct note_list dropped = {.texts = NULL}, warnings = {.texts = NULL};
	bool is_whole = true;

	if (report->vm)
		note_list_append(&warnings, report->vm->warnings);
	note_list_append(&warnings, &report->survey->warnings);
	if (report->plan) {
		note_list_append(&dropped, &report->plan->dropped);
		note_list_append(&warnings, &report->plan->warnings);
	}
	if (report->build) {
		is_whole = set_changes(root, &report->build->edits);
		note_list_append(&dropped, &report->build->boot.store.notes.dropped);
		note_list_append(&warnings, &report->build->boot.store.notes.warnings);
		note_list_append(&warnings, &report->build->warnings);
	}
	is_whole &= set_notes(root, "dropped", &dropped);
	return set_notes(root, "warnings", &warnings) && is_whole;
}

/* Of a Linux: what its users must know, and what they may do in it. */
static bool set_afterwards(json_t *root, const struct report *report)
{
	CLEANUP_AFTERWARDS struct afterwards afterwards = {.fstab = ""};
	json_t *object;
	bool is_whole;

	if (!report->build || !survey_is_linux(report->survey))
		return true;
	afterwards_of_linux(report->survey, report->plan, &report->build->boot.linux_boot,
			    &afterwards);
	object = json_object();
	is_whole = set_notes(object, "notes", &afterwards.notes);
	if (afterwards.fstab[0])
		set_text(object, "fstab", afterwards.fstab);
	is_whole &= set_notes(object, "commands", &afterwards.commands);
	return json_object_set_new(root, "afterwards", object) == 0 && is_whole;
}

/* What only a whole VM has. */
static bool set_vm(json_t *root, const struct report *report)
{
	json_t *vm;

	if (!report->vm)
		return true;
	vm = vm_report_object(report->vm);
	return vm && json_object_set_new(root, "vm", vm) == 0;
}

static json_t *outputs_object(const struct report *report)
{
	static const char *const forms[WRITE_FORM_MAX] = {"script", "libvirt", "proxmox", "xml5"};
	json_t *object = json_object();

	if (report->disk_path)
		text_json_set_path(object, "disk", report->disk_path);
	if (report->nvram_path)
		text_json_set_path(object, "nvram", report->nvram_path);
	if (report->report_path)
		text_json_set_path(object, "report", report->report_path);
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		if (report->form_paths[i])
			text_json_set_path(object, forms[i], report->form_paths[i]);
	return object;
}

/* Nothing is there of what is planned. */
static void set_outputs(json_t *root, const struct report *report)
{
	json_t *outputs = outputs_object(report);

	json_object_set_new(root, "outputs", report->is_dry_run ? json_object() : outputs);
	if (!report->is_dry_run)
		return;
	if (!report->failure && json_object_size(outputs) > 0)
		json_object_set(root, "planned_outputs", outputs);
	json_decref(outputs);
}

static json_t *space_object(const struct write_space *space)
{
	json_t *object = json_object();

	set_number(object, "stored", space->stored);
	set_number(object, "needed", space->needed);
	if (space->written)
		set_number(object, "written", space->written);
	return object;
}

char *report_json(const struct report *report)
{
	json_t *root = json_object();
	bool is_whole;
	char *text;

	report_head_json(root, &(struct report_head){.is_dry_run = report->is_dry_run,
						     .sandbox = report->sandbox,
						     .failure = report->failure,
						     .is_elsewhere = report->is_elsewhere,
						     .is_convertible = report->build != NULL,
						     .seconds = report->seconds});
	json_object_set_new(root, "source", source_object(report));
	set_guest(root, report->survey);
	is_whole = set_adapters(root, &report->survey->adapters);
	if (report->survey->count)
		json_object_set_new(root, "before", before_object(report));
	if (report->plan)
		json_object_set_new(root, "after", after_object(report));
	if (report->build) {
		json_object_set_new(root, "esp", esp_object(report->build));
		if (!survey_is_linux(report->survey))
			is_whole &=
				json_object_set_new(root, "bcd", bcd_object(report->build)) == 0;
		is_whole &= report->has_no_boot_entry
				    ? json_object_set_new(root, "nvram", json_null()) == 0
				    : set_nvram(root, report->build);
	}
	is_whole &= set_vm(root, report);
	if (report->space)
		json_object_set_new(root, "space", space_object(report->space));
	is_whole &= set_lists(root, report);
	is_whole &= set_afterwards(root, report);
	set_outputs(root, report);
	text = is_whole ? text_json_dump(root) : NULL;
	json_decref(root);
	return text;
}
