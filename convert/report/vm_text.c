/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VM as a page for people, and the printing of either form. See vm.h. */
#include "convert/report/vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "common/size.h"
#include "convert/report/head.h"
#include "convert/report/vm_json.h"

static const char *mib_text(const struct vm_number *mib, char text[SIZE_TEXT])
{
	return mib->is_present ? size_text(mib->value * 1024 * 1024, text) : "?";
}

static void print_head(const struct vm_report *report, FILE *stream)
{
	const struct vm *vm = report->vm;
	uint64_t version = vm->version.value;

	safe_printf(stream,
		    "VM       %s\n         %s\n         generation %" PRIu64
		    ", configuration %" PRIu64 ".%" PRIu64 " (%s)\n",
		    vm->name, report->path, vm->generation.value + 1, version / 256, version % 256,
		    vm_format_text(report->format));
}

static void print_memory(const struct vm *vm, FILE *stream)
{
	const struct vm_memory *memory = &vm->memory;
	char start[SIZE_TEXT], least[SIZE_TEXT], most[SIZE_TEXT];

	safe_printf(stream, "Memory   %s", mib_text(&memory->startup_mib, start));
	if (memory->is_dynamic == VM_YES)
		safe_printf(stream, ", dynamic: %s to %s", mib_text(&memory->minimum_mib, least),
			    mib_text(&memory->maximum_mib, most));
	safe_printf(stream, "\nCPUs     %" PRIu64 "%s\n", vm->processors.count.value,
		    vm->processors.nested_virtualization == VM_YES ? ", nested virtualization"
								   : "");
}

static void print_firmware(const struct vm_firmware *firmware, FILE *stream)
{
	char guid[GUID_TEXT_SIZE];

	if (firmware->bios_guid.is_present)
		safe_printf(stream, "BIOS     {%s}\n",
			    guid_format(&firmware->bios_guid.guid, guid));
	for (size_t i = 0; i < 4 && firmware->boot_order[i]; i++)
		safe_printf(stream, "%s%s",
			    i ? ", " : "         boot order: ", firmware->boot_order[i]);
	if (firmware->boot_order[0])
		safe_printf(stream, "\n");
}

static const struct report_disk *find_disk(const struct vm_report *report,
					   const struct vm_drive *drive)
{
	for (size_t i = 0; i < report->disk_count; i++)
		if (report->disks[i].drive == drive)
			return &report->disks[i];
	return NULL;
}

/* What becomes of an image. */
static void print_action(const struct report_disk *disk, FILE *stream)
{
	const struct vm_drive *drive = disk->drive;
	char size[SIZE_TEXT];

	if (disk->path)
		safe_printf(stream, "           from: %s\n", disk->path);
	if (disk->source)
		safe_printf(stream, "           image: %s, %s\n",
			    vhd_info_text(vhd_info(disk->source)),
			    size_text(disk->source->size, size));
	if (disk->output)
		safe_printf(stream, "           %s: %s\n",
			    drive->is_boot		     ? "converted"
			    : drive->action == VM_DISK_CHILD ? "differencing"
							     : "copied",
			    disk->output);
	else
		safe_printf(stream, "           %s\n",
			    drive->action == VM_DISK_ATTACH ? "attached where it is" : "left out");
}

static void print_drive(const struct vm_report *report, const struct vm_controller *controller,
			const struct vm_drive *drive, const char *title, FILE *stream)
{
	static const char *const kinds[] = {
		[VM_DRIVE_DISK] = "disk",     [VM_DRIVE_PASSTHROUGH] = "host disk",
		[VM_DRIVE_DVD] = "DVD",	      [VM_DRIVE_PHYSICAL_DVD] = "host DVD",
		[VM_DRIVE_FLOPPY] = "floppy", [VM_DRIVE_UNKNOWN] = "unknown"};
	const struct report_disk *disk = find_disk(report, drive);
	char slot[VM_SLOT_TEXT], target[VM_SLOT_TEXT] = "";

	if (drive->target.is_present)
		snprintf(target, sizeof(target), "SCSI %u:%u", drive->target.controller,
			 drive->target.slot);
	safe_printf(stream, "%-8s %-10s -> %-10s  %s%s  %s\n", title,
		    vm_slot_text(controller, drive, slot), *target ? target : "dropped",
		    drive->is_boot ? "boot " : "", kinds[drive->kind],
		    drive->path && *drive->path ? drive->path : "(empty)");
	if (disk && report->is_of_conversion)
		print_action(disk, stream);
	else if (disk)
		safe_printf(stream, "           %s%s\n", disk->path ? "found: " : "missing: ",
			    disk->path ? disk->path : disk->problem.message);
}

static void print_drives(const struct vm_report *report, FILE *stream)
{
	const char *title = "Drives";

	for (size_t c = 0; c < report->vm->controller_count; c++) {
		const struct vm_controller *controller = &report->vm->controllers[c];

		for (size_t d = 0; d < controller->count; d++) {
			const struct vm_drive *drive = &controller->drives[d];
			bool is_empty = !drive->path || !*drive->path;

			if (drive->kind == VM_DRIVE_NONE ||
			    (drive->kind == VM_DRIVE_FLOPPY && is_empty))
				continue;
			print_drive(report, controller, drive, title, stream);
			title = "";
		}
	}
}

static void print_adapter(const struct vm_adapter *adapter, const char *title, FILE *stream)
{
	char mac[VM_MAC_TEXT], guid[GUID_TEXT_SIZE];

	safe_printf(stream, "%-8s %s, %s, MAC %s%s\n", title,
		    adapter->name ? adapter->name : "(without a name)",
		    adapter->is_legacy ? "legacy" : "synthetic",
		    adapter->has_mac ? vm_mac_text(adapter, mac) : "not given yet",
		    !adapter->has_mac		       ? ""
		    : adapter->mac_is_static == VM_YES ? ", static"
						       : ", dynamic");
	if (adapter->is_connected != VM_YES || !adapter->switch_name)
		safe_printf(stream, "           not connected");
	else
		safe_printf(stream, "           switch '%s'", adapter->switch_name);
	if (adapter->vlan.is_access)
		safe_printf(stream, ", VLAN %u", adapter->vlan.id);
	if (adapter->channel.is_present)
		safe_printf(stream, ", %s {%s}", adapter->is_legacy ? "new channel" : "channel",
			    guid_format(&adapter->channel.guid, guid));
	safe_printf(stream, "\n");
}

static void print_settings(const struct vm_report *report, FILE *stream)
{
	print_head(report, stream);
	print_memory(report->vm, stream);
	print_firmware(&report->vm->firmware, stream);
	print_drives(report, stream);
	for (size_t i = 0; i < report->vm->adapter_count; i++)
		print_adapter(&report->vm->adapters[i], i ? "" : "Network", stream);
	for (size_t i = 0; i < report->checkpoint_count; i++)
		safe_printf(stream, "%-8s '%s'\n           %s\n", i ? "" : "Checkpt.",
			    report->checkpoints[i].name ? report->checkpoints[i].name : "?",
			    report->checkpoints[i].id);
}

static void print_row(const struct vm_row *row, const char *title, FILE *stream)
{
	safe_printf(stream, "%-8s %s%s%s%s: %.160s%s%.160s\n           %.400s\n", title,
		    row->id ? "[" : "", row->id ? row->id : "", row->id ? "] " : "",
		    row->what ? row->what : "a setting that is not known", row->from,
		    row->to ? " -> " : "", row->to ? row->to : "", row->path);
}

/* An advice stands behind the last of several rows that have the same. */
static void print_rows(const struct vm_rows *rows, enum vm_status status, const char *title,
		       FILE *stream)
{
	const char *advice = NULL;

	for (size_t i = 0; i < rows->count; i++) {
		const struct vm_row *row = &rows->list[i];

		if (row->status != status)
			continue;
		if (advice && (!row->advice || strcmp(advice, row->advice) != 0))
			safe_printf(stream, "           %s\n", advice);
		print_row(row, title, stream);
		advice = row->advice;
		title = "";
	}
	if (advice)
		safe_printf(stream, "           %s\n", advice);
}

static size_t count_rows(const struct vm_rows *rows, enum vm_status status)
{
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++)
		count += rows->list[i].status == status;
	return count;
}

void vm_report_page(const struct vm_report *report, FILE *stream)
{
	const struct vm_rows *rows = &report->vm->rows;

	if (!report->vm->name)
		return;
	print_settings(report, stream);
	if (report->vm->generation.value != 0) /* nothing becomes of it */
		return;
	safe_printf(stream, "\n");
	print_rows(rows, VM_CHANGED, "Changed", stream);
	print_rows(rows, VM_DROPPED, "Dropped", stream);
	if (report->is_verbose) {
		print_rows(rows, VM_CARRIED, "Carried", stream);
		print_rows(rows, VM_IGNORED, "Ignored", stream);
	} else {
		safe_printf(stream,
			    "Carried  %zu settings; %zu more say nothing of the VM (-v: all)\n",
			    count_rows(rows, VM_CARRIED), count_rows(rows, VM_IGNORED));
	}
	/* A conversion prints them with those of the disk. */
	for (size_t i = 0;
	     !report->is_of_conversion && report->warnings && i < report->warnings->count; i++)
		safe_printf(stream, "%-8s %s\n", i ? "" : "Warning", report->warnings->texts[i]);
}

/* A new string, to be freed; NULL when out of memory. */
static char *whole_json(const struct vm_report *report)
{
	json_t *root = json_object(), *vm = vm_report_object(report), *warnings = json_array();
	bool is_whole = root && vm && warnings;
	char *text;

	report_head_json(root, &(struct report_head){.is_dry_run = true,
						     .sandbox = report->sandbox,
						     .failure = report->failure,
						     .doubt = report->boot_disk_problem,
						     .seconds = report->seconds});
	is_whole &= json_object_set_new(root, "vm", vm) == 0;
	for (size_t i = 0; report->warnings && i < report->warnings->count; i++)
		is_whole &=
			json_array_append_new(warnings, text_json(report->warnings->texts[i])) == 0;
	is_whole &= json_object_set_new(root, "warnings", warnings) == 0;
	text = is_whole ? text_json_dump(root) : NULL;
	json_decref(root);
	return text;
}

int vm_report_print(const struct vm_report *report, bool json, struct error *err)
{
	CLEANUP_FREE char *dump = json ? whole_json(report) : NULL;
	CLEANUP_PAGE FILE *page = json ? NULL : page_open(stdout);
	bool is_whole;

	if (dump)
		safe_lines(stdout, dump);
	else if (page)
		vm_report_page(report, page);
	is_whole = json ? dump != NULL : page_close(TAKE(page)) == 0;
	if (fflush(stdout) == 0 && !ferror(stdout) && is_whole)
		return 0;
	return error_failed(err, EIO, "the report could not be printed");
}
