/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as a page for people. */
#include "convert/report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "common/page.h"
#include "common/powershell.h"
#include "common/safe_text.h"
#include "common/size.h"
#include "convert/report/afterwards.h"
#include "convert/report/bar.h"
#include "convert/report/command.h"
#include "convert/report/page.h"

static const char *const role_descriptions[PLAN_ROLE_MAX] = {
	[PLAN_ESP] = "new: boot files and BCD",
	[PLAN_MSR] = "new",
	[PLAN_BIOS_BOOT] = "new: room for a GRUB of the BIOS",
	[PLAN_WINDOWS] = "Windows",
	[PLAN_LINUX] = "Linux",
	[PLAN_OLD_SYSTEM] = "BIOS boot files, kept for going back",
	[PLAN_RECOVERY] = "recovery",
	[PLAN_DATA] = "data",
};

/* A partition of that role that the disk had already. */
static const char *kept_text(enum plan_role role)
{
	if (role == PLAN_ESP)
		return "kept: boot files";
	return role == PLAN_BIOS_BOOT ? "GRUB of the BIOS" : role_descriptions[role];
}

/* Every file that was read, so that nobody's is among them unnoticed. */
static void print_chain(const struct disk *source, FILE *stream)
{
	const char *path;

	for (unsigned int i = 0; (path = vhd_member_path(source, i)); i++)
		safe_printf(stream, "%s%s", i ? ", " : "         merged from: ", path);
	safe_printf(stream, "\n");
}

static void print_source(const struct report *report, FILE *stream)
{
	const struct survey *survey = report->survey;
	char size[32], block[32];

	if (survey->disk_size == 0)
		return;
	safe_printf(stream, "Source   %s\n         %s, %s", report->source_path,
		    vhd_info_text(&survey->image), size_text(survey->disk_size, size));
	if (survey->image.block_size)
		safe_printf(stream, ", blocks of %s", size_text(survey->image.block_size, block));
	if (survey->image.log_replayed)
		safe_printf(stream, ", log replayed in memory");
	safe_printf(stream, "\n");
	if (survey->image.chain_length > 1)
		print_chain(report->source, stream);
}

static void print_other_kernel(const struct linux_default *other, FILE *stream)
{
	static const char *const drivers[] = {[LINUX_DRIVERS_UNKNOWN] =
						      "the drivers of Hyper-V not known",
					      [LINUX_DRIVERS_FOUND] = "with the drivers of Hyper-V",
					      [LINUX_DRIVERS_MISSING] =
						      "without the drivers of Hyper-V"};

	safe_printf(stream, "         also kernel %s, %s\n",
		    other->version[0] ? other->version : other->kernel, drivers[other->drivers]);
}

static void print_linux(const struct linux_system *system, FILE *stream)
{
	char boot[LINUX_PLACE_TEXT], root[LINUX_PLACE_TEXT];

	safe_printf(stream, "Linux    %s, /boot %s",
		    system->release.pretty_name[0] ? system->release.pretty_name
						   : "(no root of it can be read)",
		    linux_place_text(&system->boot, boot));
	if (system->boot_is_own_volume && system->root.partition)
		safe_printf(stream, ", root %s%s", linux_place_text(&system->root, root),
			    system->root_is_encrypted ? ", encrypted" : "");
	safe_printf(stream, "\n         kernel %s by %s/grub.cfg%s\n", system->starts.version,
		    system->prefix, system->is_bls ? " and loader/entries" : "");
	for (size_t i = 0; i < system->other_count; i++)
		print_other_kernel(&system->others[i], stream);
}

static void print_texts(FILE *stream, const char *title, const struct note_list *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		safe_printf(stream, "%s%s", i ? ", " : title, texts->texts[i]);
}

/* As a file of the guest has them; what becomes of them is said in warnings. */
static void print_linux_adapters(const struct linux_system *system, FILE *stream)
{
	for (size_t i = 0; i < system->adapter_count; i++) {
		const struct linux_adapter *adapter = &system->adapters[i];

		safe_printf(stream, "%-8s %s", i ? "" : "Network",
			    adapter->interface ? adapter->interface : "(an adapter)");
		if (adapter->mac)
			safe_printf(stream, " with the MAC %s", adapter->mac);
		print_texts(stream, ", static ", &adapter->addresses);
		if (!adapter->addresses.count)
			safe_printf(stream, ", static address");
		safe_printf(stream, " (%s)\n", adapter->file);
	}
}

/* By which the guest knows an adapter. */
static void print_macs(const struct linux_system *system, FILE *stream)
{
	for (size_t i = 0; i < system->mac_count; i++) {
		const struct linux_mac *mac = &system->macs[i];

		safe_printf(stream, "%-8s %s is %s%s (%s, line %u)\n", i ? "" : "MAC", mac->mac,
			    mac->interface ? mac->interface : "an adapter",
			    mac->gives_name ? "" : " with settings", mac->file, mac->line);
	}
}

static void print_guest(const struct survey *survey, FILE *stream)
{
	const struct survey_partition *partition;

	if (survey->start == SURVEY_NONE)
		return;
	partition = &survey->partitions[survey->start];
	if (partition->guest.linux_system) {
		print_linux(partition->guest.linux_system, stream);
		print_linux_adapters(partition->guest.linux_system, stream);
		print_macs(partition->guest.linux_system, stream);
		return;
	}
	safe_printf(stream, "Windows  %s (%u.%u.%u, %s) on partition %u\n",
		    partition->guest.windows.product, partition->guest.windows.major,
		    partition->guest.windows.minor, partition->guest.windows.build,
		    windows_arch_text(partition->guest.windows.arch), partition->mbr.number);
}

static void print_settings(const struct adapter *adapter, FILE *stream)
{
	safe_printf(stream, "           %s",
		    adapter->uses_dhcp	     ? "DHCP"
		    : adapter->address_count ? ""
					     : "no address");
	for (size_t i = 0; i < adapter->address_count; i++) {
		const struct adapter_address *address = &adapter->addresses[i];

		safe_printf(stream, "%s%s%s", i || adapter->uses_dhcp ? ", " : "",
			    i ? "" : "static ", address->text);
		if (address->prefix_length)
			safe_printf(stream, "/%u", address->prefix_length);
	}
	print_texts(stream, ", gateway ", &adapter->gateways);
	print_texts(stream, ", DNS ", &adapter->dns);
	safe_printf(stream, "\n");
}

/* Names come from the guest: they are shown as PowerShell would take them, which no terminal
 * minds. */
static void print_adapter(const struct adapter *adapter, const char *title, unsigned int width,
			  FILE *stream)
{
	CLEANUP_FREE char *name = powershell_quote(adapter->connection);
	CLEANUP_FREE char *what = powershell_quote(adapter->description);

	safe_printf(stream, "%-8s %s: %s, %s", title,
		    adapter->connection[0] && name ? name : "(without a name)", what ? what : "?",
		    adapter_bus_text(adapter->bus));
	if (adapter->instance[0])
		safe_printf(stream, ", instance %s", adapter->instance);
	safe_printf(stream, "\n");
	print_settings(adapter, stream);
	safe_printf(stream, "           %s\n", adapter->advice);
	for (size_t i = 0; i < adapter->lines.count; i++)
		command_print(adapter->lines.texts[i], /*indent=*/13, width, stream);
}

static void print_adapters(const struct adapters *adapters, unsigned int width, FILE *stream)
{
	for (size_t i = 0; i < adapters->count; i++)
		print_adapter(&adapters->list[i], i ? "" : "Network", width, stream);
}

static void print_row(FILE *stream, size_t number, uint64_t start, uint64_t size, const char *type,
		      const char *contents)
{
	char from[32], length[32];

	safe_printf(stream, "  %3zu  %10s  %10s  %-28s %s\n", number, size_text(start, from),
		    size_text(size, length), type, contents);
}

/* Of a journal that is closed, or that cannot be told apart from one, nothing is said. */
static const char *journal_words(const struct report *report, const struct replay *journal)
{
	if (journal->is_replayed)
		return report->is_dry_run ? ", journal to be replayed" : ", journal replayed";
	if (journal->problem.refusal == REFUSAL_HIBERNATED)
		return ", hibernated";
	if (journal->problem.kind != ERROR_NONE)
		return ", journal not replayed";
	if (journal->info.state == JOURNAL_VOID)
		return ", journal void";
	return journal->info.state == JOURNAL_EMPTY ? ", journal empty" : "";
}

static const char *contents_text(const struct survey_partition *partition)
{
	return partition->contents.contents == LINUX_NOTHING
		       ? filesystem_text(partition->filesystem)
		       : linux_contents_text(partition->contents.contents);
}

static void print_old_type(const struct survey_partition *partition, char type[64])
{
	char buffer[16], guid[GUID_TEXT_SIZE];

	if (partition->entry)
		snprintf(type, 64, "%s", gpt_type_text(&partition->entry->type, guid));
	else
		snprintf(type, 64, "%s%s%s", mbr_type_text(partition->mbr.type, buffer),
			 partition->mbr.active ? ", active" : "",
			 partition->mbr.logical ? ", logical" : "");
}

static void print_old_table(const struct survey *survey, FILE *stream)
{
	char guid[GUID_TEXT_SIZE];

	if (survey->gpt)
		safe_printf(stream, "\nBefore   GPT {%s}\n",
			    guid_format(&survey->gpt->disk_guid, guid));
	else
		safe_printf(stream, "\nBefore   MBR, signature 0x%08" PRIx32 "\n",
			    survey->mbr_signature);
	safe_printf(stream, "  %3s  %10s  %10s  %-28s %s\n", "#", "start", "size", "type",
		    "contents");
}

static void print_before(const struct report *report, unsigned int width, FILE *stream)
{
	const struct survey *survey = report->survey;

	if (survey->count == 0)
		return;
	print_old_table(survey, stream);
	for (size_t i = 0; i < survey->count; i++) {
		const struct survey_partition *partition = &survey->partitions[i];
		char type[64], contents[256];

		print_old_type(partition, type);
		snprintf(contents, sizeof(contents), "%s%s%s%s%s%s%s%s%s", contents_text(partition),
			 partition->label[0] ? " '" : "", partition->label,
			 partition->label[0] ? "'" : "",
			 partition->guest.has_boot_store ? ", boot manager" : "",
			 partition->guest.has_recovery ? ", recovery environment" : "",
			 partition->guest.windows.root[0] ? ", Windows" : "",
			 partition->problem.kind != ERROR_NONE ? ", unreadable" : "",
			 journal_words(report, &partition->journal));
		print_row(stream, partition->mbr.number, partition->offset, partition->length, type,
			  contents);
	}
	if (width)
		bar_before(report, width, stream);
}

static void print_after(const struct survey *survey, const struct plan *plan, FILE *stream)
{
	char guid[GUID_TEXT_SIZE], size[32];

	safe_printf(stream, "\nAfter    GPT {%s}, %s, layout %s\n  %3s  %10s  %10s  %-28s %s\n",
		    guid_format(&plan->gpt.disk_guid, guid), size_text(plan->disk_size, size),
		    layout_text(plan->layout), "#", "start", "size", "type", "contents");
	for (size_t i = 0; i < plan->gpt.count; i++) {
		const struct plan_partition *partition = &plan->partitions[i];
		char contents[128], type[GUID_TEXT_SIZE];

		if (partition->source == SURVEY_NONE)
			snprintf(contents, sizeof(contents), "%s",
				 partition->role == PLAN_ESP && survey_is_linux(survey)
					 ? "new: boot files"
					 : role_descriptions[partition->role]);
		else
			snprintf(contents, sizeof(contents), "%s (was %u)",
				 kept_text(partition->role),
				 survey->partitions[partition->source].mbr.number);
		print_row(stream, plan->gpt.partitions[i].number, partition->offset,
			  partition->length, gpt_type_text(&plan->gpt.partitions[i].type, type),
			  contents);
	}
}

/* The title stands before the first sentence only, also when several lists follow each other. */
static void print_list(FILE *stream, const char **title, char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		safe_printf(stream, "%-8s %s\n", *title, texts[i]);
		*title = "";
	}
}

/* "shim,4 grub,5": their generations, by which updated firmware knows what it refuses. */
static void print_linux_boot(const struct build *build, FILE *stream)
{
	const struct linux_boot *boot = &build->boot.linux_boot;
	char size[32];

	safe_printf(stream, "\nESP      ");
	if (build->boot.files.count)
		safe_printf(stream, "%zu boot files, %s", build->boot.files.count,
			    size_text(build->esp_used, size));
	else
		safe_printf(stream, "nothing is written");
	if (boot->is_made)
		safe_printf(stream, ": GRUB made by %s, unsigned\n", boot->source);
	else
		safe_printf(stream, ": shim and GRUB of %s (shim,%u grub,%u)\n", boot->source,
			    boot->shim_sbat, boot->grub_sbat);
	if (boot->has_secure_boot)
		safe_printf(stream, "         Secure Boot can be on, with the template "
				    "MicrosoftUEFICertificateAuthority\n");
	else
		safe_printf(stream, "         Secure Boot must be off\n");
}

static void print_boot(const struct build *build, FILE *stream)
{
	const struct bootfiles_report *boot = &build->boot.boot_files;
	char size[32];

	if (build->boot.linux_boot.source[0]) {
		print_linux_boot(build, stream);
		return;
	}
	safe_printf(stream, "\nESP      %zu boot files of the guest's own Windows, %s", boot->count,
		    size_text(boot->bytes, size));
	if (boot->version[0])
		safe_printf(stream, ", bootmgfw.efi %s", boot->version);
	safe_printf(stream, "\nBCD      default '%s', %s\n",
		    build->boot.store.default_entry.description
			    ? build->boot.store.default_entry.description
			    : "",
		    build->boot.store.default_entry.path ? build->boot.store.default_entry.path
							 : "");
}

static void print_nvram(const struct report *report, FILE *stream)
{
	const struct build *build = report->build;
	uint16_t numbers[16];
	size_t count = nvram_boot_order(&build->firmware.nvram, numbers, 16);

	if (report->has_no_boot_entry)
		safe_printf(stream, "NVRAM    none is made\n");
	for (size_t i = 0; i < count && i < 16 && !report->has_no_boot_entry; i++) {
		struct nvram_boot_entry entry;

		if (nvram_boot_entry(&build->firmware.nvram, numbers[i], &entry, NULL) < 0)
			continue;
		safe_printf(stream, "%-8s Boot%04X \"%s\" %s\n", i ? "" : "NVRAM", entry.number,
			    entry.description, entry.file_path ? entry.file_path : "");
		nvram_boot_entry_done(&entry);
	}
}

static void print_keys(const struct firmware *firmware, FILE *stream)
{
	CLEANUP_FREE char *keys = NULL;

	if (nvram_has_secure_boot_keys(&firmware->nvram) &&
	    nvram_describe_keys(&firmware->nvram, &keys, NULL) == 0)
		safe_printf(stream, "Keys     %s%s%s\n", keys, firmware->keys_path ? ", from " : "",
			    firmware->keys_path ? firmware->keys_path : "");
}

static void print_changes(const struct build *build, FILE *stream)
{
	const char *title = "In BCD";

	for (size_t i = 0; i < build->edits.count; i++) {
		const struct edit_change *change = &build->edits.changes[i];

		safe_printf(stream, "%-8s partition %u: %s\n", i ? "" : "Changed",
			    change->partition, change->path);
		for (size_t j = 0; j < change->details.count; j++)
			safe_printf(stream, "           %s\n", change->details.texts[j]);
	}
	print_list(stream, &title, build->boot.store.notes.changed.texts,
		   build->boot.store.notes.changed.count);
}

/* It is not read without its parent, which no reader looks for elsewhere by itself. */
static void print_parent(const struct report *report, FILE *stream)
{
	if (report->plan && report->plan->vhdx.type == VHD_TYPE_DIFFERENCING)
		safe_printf(
			stream,
			"         The disk is a child of %s, which must stay as it is. When they are "
			"in different folders, give --parent FILE or --parent-dir DIR to read it.\n",
			report->source_path);
}

static void print_data_disks(const struct vm_report *vm, FILE *stream)
{
	char size[SIZE_TEXT];

	for (size_t i = 0; i < vm->disk_count; i++)
		if (vm->disks[i].output && !vm->disks[i].drive->is_boot)
			safe_printf(stream, "         %s\n", vm->disks[i].output);
	if (vm->room_needed)
		safe_printf(stream, "Room     up to %s for all disks\n",
			    size_text(vm->room_needed, size));
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_ovmf(const char *path)
{
	const char *dot = path ? strrchr(path, '.') : NULL;

	return dot && strcasecmp(dot, ".fd") == 0;
}

/* Hyper-V gives a new VM the keys for Windows. */
static void print_firmware_of_linux(const struct report *report, FILE *stream)
{
	if (report->build && survey_is_linux(report->survey))
		safe_printf(stream, "         Before its first start: Set-VMFirmware NAME %s.\n",
			    report->build->boot.linux_boot.has_secure_boot
				    ? "-EnableSecureBoot On -SecureBootTemplate "
				      "MicrosoftUEFICertificateAuthority"
				    : "-EnableSecureBoot Off");
}

/* A disk that no form describes: what can start it, by its format. */
static void print_next_alone(const struct report *report, FILE *stream)
{
	enum vhd_format format = report->plan ? report->plan->format : VHD_FORMAT_VHDX;

	if (format == VHD_FORMAT_VHDX) {
		safe_printf(
			stream,
			"\nNext     create the generation 2 VM on the Hyper-V host with this disk on its SCSI "
			"controller: README, 'On the Hyper-V host'.\n");
		print_firmware_of_linux(report, stream);
	} else if (format == VHD_FORMAT_VHD) {
		safe_printf(
			stream,
			"\nNext     generation 2 of Hyper-V takes only VHDX: make one of this disk on the host "
			"(Convert-VHD), or convert again to a name that ends in .vhdx.\n");
	} else if (is_ovmf(report->nvram_path)) {
		safe_printf(
			stream,
			"\nNext     start a machine with UEFI firmware (KVM with OVMF) that has this disk, and "
			"%s for its variables. Generation 2 of Hyper-V takes only VHDX: for that, convert "
			"again to a name that ends in .vhdx.\n",
			report->nvram_path);
	} else {
		safe_printf(
			stream,
			"\nNext     start a machine with UEFI firmware (KVM with OVMF) that has this disk; "
			"'--nvram NAME.fd' makes a store for it. Generation 2 of Hyper-V takes only VHDX: "
			"for that, convert again to a name that ends in .vhdx.\n");
	}
	safe_printf(stream, "         The source is untouched: to go back, start the old VM.\n");
}

static void print_next(const struct report *report, FILE *stream)
{
	if (report->form_paths[WRITE_FORM_SCRIPT])
		safe_printf(
			stream,
			"\nNext     copy these files into one folder on the Hyper-V host and run the script "
			"there, first with -CheckOnly: it makes the VM (man hvgen2-vm-script).\n"
			"         The source is untouched: to go back, start the old VM.\n");
	else if (report->form_paths[WRITE_FORM_LIBVIRT])
		safe_printf(stream,
			    "\nNext     virsh define %s\n"
			    "         The source is untouched: to go back, start the old VM.\n",
			    report->form_paths[WRITE_FORM_LIBVIRT]);
	else if (report->form_paths[WRITE_FORM_PROXMOX])
		safe_printf(
			stream,
			"\nNext     copy these files into one folder on the host of Proxmox VE and run there, as "
			"root, 'sh %s VMID STORAGE'.\n"
			"         The source is untouched: to go back, start the old VM.\n",
			name_of(report->form_paths[WRITE_FORM_PROXMOX]));
	else if (report->form_paths[WRITE_FORM_XML5])
		safe_printf(
			stream,
			"\nNext     copy the disks to where the old ones are on the host, and import '%s' "
			"there (Import-VM).\n"
			"         The source is untouched: to go back, start the old VM.\n",
			name_of(report->form_paths[WRITE_FORM_XML5]));
	else
		print_next_alone(report, stream);
}

static void print_afterwards(const struct report *report, unsigned int width, FILE *stream)
{
	CLEANUP_AFTERWARDS struct afterwards afterwards = {.fstab = ""};
	const char *title = "Later";

	if (!report->build || !survey_is_linux(report->survey))
		return;
	afterwards_of_linux(report->survey, report->plan, &report->build->boot.linux_boot,
			    &afterwards);
	print_list(stream, &title, afterwards.notes.texts, afterwards.notes.count);
	if (afterwards.commands.count)
		safe_printf(stream, "         to have them updated, as root there (man "
				    "hvgen2-convert, AFTERWARDS IN A LINUX GUEST):\n");
	for (size_t i = 0; i < afterwards.commands.count; i++)
		command_print_sh(afterwards.commands.texts[i], /*indent=*/11, width, stream);
}

static void print_outputs(const struct report *report, unsigned int width, FILE *stream)
{
	const char *verb = report->is_dry_run ? "Would be" : "Written";

	if (!report->disk_path)
		return;
	safe_printf(stream, "\n%-8s %s\n", verb, report->disk_path);
	if (report->nvram_path)
		safe_printf(stream, "         %s\n", report->nvram_path);
	if (report->report_path)
		safe_printf(stream, "         %s\n", report->report_path);
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		if (report->form_paths[i])
			safe_printf(stream, "         %s\n", report->form_paths[i]);
	if (report->vm)
		print_data_disks(report->vm, stream);
	if (report->is_dry_run)
		return;
	print_next(report, stream);
	print_parent(report, stream);
	print_afterwards(report, width, stream);
}

static void print_lists(const struct report *report, FILE *stream)
{
	const char *dropped = "Dropped", *warning = "Warning";
	const struct build *build = report->build;

	if (report->plan)
		print_list(stream, &dropped, report->plan->dropped.texts,
			   report->plan->dropped.count);
	if (build)
		print_list(stream, &dropped, build->boot.store.notes.dropped.texts,
			   build->boot.store.notes.dropped.count);
	if (report->vm)
		print_list(stream, &warning, report->vm->warnings->texts,
			   report->vm->warnings->count);
	print_list(stream, &warning, report->survey->warnings.texts,
		   report->survey->warnings.count);
	if (report->plan)
		print_list(stream, &warning, report->plan->warnings.texts,
			   report->plan->warnings.count);
	if (!build)
		return;
	print_list(stream, &warning, build->boot.store.notes.warnings.texts,
		   build->boot.store.notes.warnings.count);
	print_list(stream, &warning, build->warnings.texts, build->warnings.count);
}

void report_page(const struct report *report, FILE *stream, unsigned int width)
{
	if (report->vm) {
		vm_report_page(report->vm, stream);
		safe_printf(stream, "\n");
	}
	print_source(report, stream);
	print_guest(report->survey, stream);
	print_adapters(&report->survey->adapters, width, stream);
	print_before(report, width, stream);
	if (report->plan)
		print_after(report->survey, report->plan, stream);
	if (report->plan && width)
		bar_after(report, width, stream);
	if (report->build) {
		print_boot(report->build, stream);
		print_nvram(report, stream);
		print_keys(&report->build->firmware, stream);
		print_changes(report->build, stream);
	}
	print_lists(report, stream);
	print_outputs(report, width, stream);
}

int report_print(const struct report *report, bool json, struct error *err)
{
	CLEANUP_FREE char *dump = json ? report_json(report) : NULL;
	CLEANUP_PAGE FILE *page = json ? NULL : page_open(stdout);
	bool is_whole;
	int code;

	errno = 0;
	if (dump)
		safe_lines(stdout, dump);
	else if (page)
		report_page(report, page, page_width(stdout));
	is_whole = json ? dump != NULL : page_close(TAKE(page)) == 0;
	if (fflush(stdout) == 0 && !ferror(stdout) && is_whole)
		return 0;
	code = errno ? errno : EIO;
	return error_failed(err, code, "%sthe report could not be printed on standard output: %s",
			    report->is_made ? "the outputs were made, but " : "", strerror(code));
}
