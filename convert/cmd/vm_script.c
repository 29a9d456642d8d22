/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes the new VM on its host: see vm_script.h. */
#include "convert/cmd/vm_script.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/vm/emit/kvm/libvirt.h"
#include "convert/vm/emit/kvm/proxmox.h"
#include "convert/vm/emit/powershell.h"
#include "convert/vm/emit/xml5/document.h"
#include "convert/vm/emit/xml5/gen2_tree.h"
#include "convert/vm/network/network.h"

static const char *const words[WRITE_FORM_MAX] = {"ps1", "libvirt", "proxmox", "xml5"};

static enum write_form find_form(const char *word, size_t length)
{
	enum write_form form = 0;

	while (form < WRITE_FORM_MAX &&
	       (strlen(words[form]) != length || strncmp(words[form], word, length) != 0))
		form++;
	return form;
}

int vm_forms_parse(const char *argument, struct cmd_vm_options *options, struct error *err)
{
	const char *word = argument;

	options->has_forms = true;
	memset(options->forms, 0, sizeof(options->forms));
	if (strcmp(argument, "none") == 0)
		return 0;
	for (;;) {
		size_t length = strcspn(word, ",");
		enum write_form form = find_form(word, length);

		if (form == WRITE_FORM_MAX)
			return error_usage(err,
					   "option '--define': '%.*s' is none of ps1, libvirt, "
					   "proxmox, xml5 and none",
					   (int)min_u64(length, 100), word);
		options->forms[form] = true;
		if (!word[length])
			return 0;
		word += length + 1;
	}
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t length = path ? strlen(path) : 0, size = strlen(suffix);

	return length > size && strcasecmp(path + length - size, suffix) == 0;
}

static bool is_for_kvm(const struct cmd_vm_options *options)
{
	return options->forms[WRITE_FORM_LIBVIRT] || options->forms[WRITE_FORM_PROXMOX];
}

/* Only KVM has a use for an OVMF store. */
static const char *leaf(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* As far as its name says; a folder and no name say nothing. */
static bool is_vhdx(const struct output_options *output)
{
	const char *name = leaf(output->disk);

	return !output->is_raw && !output->is_qcow2 &&
	       (!name || !*name || has_suffix(name, ".vhdx") || has_suffix(name, ".avhdx"));
}

void vm_forms_choose(struct cmd_vm_options *options, struct output_options *output)
{
	if (!options->has_forms && has_suffix(output->nvram, ".fd"))
		options->forms[WRITE_FORM_LIBVIRT] = true;
	else if (!options->has_forms)
		options->forms[WRITE_FORM_SCRIPT] = is_vhdx(output);
	output->is_for_kvm = is_for_kvm(options);
}

void vm_forms_done(struct vm_forms *forms)
{
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		buffer_done(&forms->texts[i]);
	free(forms->folder);
	free(forms->folder_of_store);
	*forms = (struct vm_forms){.folder = NULL};
}

static int check_hyperv(const struct cmd_vm_options *options, const struct output_names *names,
			struct error *err)
{
	const struct cmd_vm_wishes *wanted = &options->wishes;
	bool has_wishes = wanted->new_id || wanted->tpm || wanted->dynamic_macs ||
			  wanted->switch_count || wanted->vlan_count;

	if (options->forms[WRITE_FORM_XML5] && has_wishes)
		return error_usage(
			err, "'--define xml5': --new-id, --switch, --vlan, --mac and --tpm are "
			     "for '--define ps1'; a configuration keeps what the old one has");
	if ((!options->forms[WRITE_FORM_XML5] && !options->forms[WRITE_FORM_SCRIPT]) ||
	    names->disk_format == VHD_FORMAT_VHDX)
		return 0;
	return error_usage(
		err,
		"'%s': '--define ps1' and 'xml5' are for VHDX disks; give the disk a name "
		"that ends in .vhdx, or '--define libvirt', 'proxmox' or 'none'",
		names->disk);
}

static int check_forms(const struct cmd_vm_options *options, const struct output_names *names,
		       struct error *err)
{
	if (!is_for_kvm(options))
		return check_hyperv(options, names, err);
	if (options->forms[WRITE_FORM_SCRIPT] || options->forms[WRITE_FORM_XML5])
		return error_usage(
			err, "'--define': 'ps1' and 'xml5' are for VHDX disks, which KVM does "
			     "not have; convert once for each");
	if (names->disk_format != VHD_FORMAT_RAW && names->disk_format != VHD_FORMAT_QCOW2)
		return error_usage(err,
				   "'%s': a VM of KVM has raw or qcow2 disks; leave '--output' "
				   "and '--format' out, or give the disk a name that ends in .raw "
				   "or .qcow2",
				   names->disk);
	if (names->nvram && names->nvram_kind != OUTPUT_STORE_OVMF)
		return error_usage(err,
				   "'%s': a VM of KVM has an OVMF store, of which the name "
				   "ends in .fd",
				   names->nvram);
	return 0;
}

/* What does not exist stays as it is: creating the file tells. */
static char *absolute_folder_of(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	const char *folder = copy ? dirname(copy) : NULL;
	char *absolute = folder ? realpath(folder, NULL) : NULL;

	return absolute || !folder ? absolute : strdup(folder);
}

int vm_forms_open(const struct cmd_vm_options *options, const struct output_names *names,
		  struct vm_forms *ret, struct error *err)
{
	int r = check_forms(options, names, err);

	if (r < 0)
		return r;
	ret->folder = absolute_folder_of(names->disk);
	ret->folder_of_store = absolute_folder_of(names->nvram ? names->nvram : names->disk);
	return ret->folder && ret->folder_of_store ? 0 : error_failed(err, ENOMEM, "out of memory");
}

/* A switch that no adapter is on is a slip of the pen. */
static int check_bridges(const struct vm_plan *plan, const struct cmd_vm_wishes *wanted,
			 struct error *err)
{
	for (size_t i = 0; i < wanted->bridge_count; i++) {
		const char *from = wanted->bridges[i].from;
		bool is_used = false;

		for (size_t j = 0; j < plan->adapter_count; j++)
			is_used |= plan->adapters[j].switch_name &&
				   strcmp(plan->adapters[j].switch_name, from) == 0;
		if (!is_used)
			return error_usage(err,
					   "option '--bridge': no adapter of the VM is on '%s'",
					   from);
	}
	return 0;
}

static int emit_kvm(const struct vm_script_source *source, const struct vm_plan *plan,
		    struct vm_forms *forms, struct error *err)
{
	CLEANUP_KVM_MACHINE struct kvm_machine machine = KVM_MACHINE_INIT;
	CLEANUP_FREE char *store = NULL;
	const char *nvram = source->paths->nvram;
	const struct windows *windows =
		&source->survey->partitions[source->survey->start].guest.windows;
	struct kvm_wishes wishes = {.folder = forms->folder,
				    .is_qcow2 = source->plan->format == VHD_FORMAT_QCOW2,
				    .windows_major = windows->major,
				    .windows_build = windows->build,
				    .is_linux = survey_is_linux(source->survey),
				    .store_size = source->build->firmware.size,
				    .bridges = source->wanted->bridges,
				    .bridge_count = source->wanted->bridge_count,
				    .has_keys = firmware_has_keys(&source->build->firmware)};
	int r;

	if (nvram && source->store_format != NVRAM_FORMAT_OVMF)
		return error_usage(err, "'%s': a VM of KVM has an OVMF store, and this is none",
				   nvram);
	if (nvram && asprintf(&store, "%s/%s", forms->folder_of_store, leaf(nvram)) < 0) {
		store = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	if (source->paths->forms[WRITE_FORM_PROXMOX] && wishes.has_keys && !plan->secure_boot)
		return error_usage(err,
				   "'--define proxmox': a store with keys switches Secure Boot "
				   "on; leave the keys out, or '--secure-boot off'");
	wishes.store = store;
	r = check_bridges(plan, source->wanted, err);
	if (r == 0)
		r = kvm_machine_make(plan, &wishes, &machine, err);
	if (r < 0)
		return r;
	note_list_append(&source->vm->tree.warnings, &machine.warnings);
	if (source->paths->forms[WRITE_FORM_LIBVIRT])
		emit_libvirt(&machine, &forms->texts[WRITE_FORM_LIBVIRT]);
	if (source->paths->forms[WRITE_FORM_PROXMOX])
		r = emit_proxmox(&machine, &forms->texts[WRITE_FORM_PROXMOX], err);
	return r;
}

/* What a configuration of a later version holds beside, hosts of this one do not know. */
static int emit_configuration(const struct vm_script_source *source, const struct vm_plan *plan,
			      struct vm_forms *forms, struct error *err)
{
	struct vm_plan off = *plan; /* a view: its texts stay those of 'plan' */
	const struct gen2_source gen2 = {.tree = &source->vm->tree,
					 .vm = &source->vm->vm,
					 .outputs = source->disks->outputs,
					 .output_count = source->disks->output_count,
					 .plan = &off};
	CLEANUP_VM_TREE struct vm_tree tree = VM_TREE_INIT;
	int r;

	if (source->vm->format != VM_FORMAT_XML)
		return error_usage(
			err,
			"'--define xml5' makes a configuration of version 5.0 (.xml) out "
			"of one, and '%s' is of a later one; its hosts take 'ps1'",
			source->vm->config.path);
	if (off.secure_boot && survey_is_linux(source->survey)) {
		off.secure_boot = false;
		note_add(&source->vm->tree.warnings,
			 "the configuration of version 5.0 has Secure Boot off: its hosts have no "
			 "keys but those for Windows");
	}
	r = gen2_tree_make(&gen2, &tree, err);
	if (r < 0)
		return r;
	note_list_append(&source->vm->tree.warnings, &tree.warnings);
	return emit_xml5(&tree, plan, &forms->texts[WRITE_FORM_XML5], err);
}

static int emit(const struct vm_script_source *source, const struct vm_wishes *wishes,
		struct vm_forms *forms, struct error *err)
{
	CLEANUP_VM_PLAN struct vm_plan plan = VM_PLAN_INIT;
	int r = vm_plan_make(&source->vm->vm, source->disks->outputs, source->disks->output_count,
			     wishes, &plan, err);

	if (r < 0)
		return r;
	note_list_append(&source->vm->tree.warnings, &plan.warnings);
	if (source->paths->forms[WRITE_FORM_SCRIPT])
		emit_powershell(&plan, &forms->texts[WRITE_FORM_SCRIPT]);
	if (source->paths->forms[WRITE_FORM_LIBVIRT] || source->paths->forms[WRITE_FORM_PROXMOX])
		r = emit_kvm(source, &plan, forms, err);
	if (r == 0 && source->paths->forms[WRITE_FORM_XML5])
		r = emit_configuration(source, &plan, forms, err);
	for (size_t i = 0; r == 0 && i < WRITE_FORM_MAX; i++)
		if (forms->texts[i].failed)
			r = error_failed(err, ENOMEM, "out of memory");
	return r;
}

/* A guest state file is what a script can give to its host. */
static const char *guest_state(const struct vm_script_source *source)
{
	if (!source->paths->nvram || source->store_format != NVRAM_FORMAT_VMGS)
		return NULL;
	return leaf(source->paths->nvram);
}

bool vm_forms_are_wanted(const struct write_paths *paths)
{
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		if (paths->forms[i])
			return true;
	return false;
}

/* By what a Linux guest knows its adapters. A configuration has the MACs of the old one, and dynamic
 * ones as such. */
static void check_adapters(const struct vm_script_source *source)
{
	const struct guest_volume *guest = &source->survey->partitions[source->survey->start].guest;
	const char *const *forms = source->paths->forms;
	bool keeps_dynamic = !source->wanted->dynamic_macs && !forms[WRITE_FORM_XML5];
	struct note_list *warnings = &source->vm->tree.warnings;

	if (!guest->linux_system)
		return;
	vm_network_check_macs(&source->vm->vm, guest->linux_system, keeps_dynamic, warnings);
	if (forms[WRITE_FORM_LIBVIRT] || forms[WRITE_FORM_PROXMOX])
		vm_network_check_names(guest->linux_system, warnings);
}

int vm_script_make(const struct vm_script_source *source, struct vm_forms *forms, struct error *err)
{
	CLEANUP_VM_NETWORK struct vm_network network = {.list = NULL};
	const struct nvram_partition esp = firmware_esp(source->plan);
	const struct guest_loader *loader = &source->build->boot.loader;
	const struct nvram_file file = {loader->path, loader->description};
	bool is_linux = survey_is_linux(source->survey);
	struct vm_wishes wishes = {
		.store = guest_state(source),
		.store_has_keys = firmware_has_keys(&source->build->firmware),
		.esp = &esp,
		.loader = &file,
		.is_linux = is_linux,
	};
	const struct guid new_id = cmd_wishes_new_id(&source->vm->vm);
	int r;

	if (!vm_forms_are_wanted(source->paths))
		return 0;
	r = vm_network_match(&source->vm->vm, &source->survey->adapters, &network, err);
	if (r < 0)
		return r;
	note_list_append(&source->vm->tree.warnings, &network.warnings);
	check_adapters(source);
	cmd_wishes_of_plan(source->wanted, &wishes);
	if (is_linux && !source->build->boot.linux_boot.has_secure_boot)
		wishes.no_secure_boot = true;
	wishes.new_id = source->wanted->new_id ? &new_id : NULL;
	wishes.networks = network.list;
	wishes.network_count = network.count;
	return emit(source, &wishes, forms, err);
}
