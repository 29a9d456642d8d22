/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The script of a VM: see vm_script.h. */
#include "convert/cmd/vm_script.h"

#include <errno.h>
#include <string.h>

#include "convert/vm/emit/powershell.h"
#include "convert/vm/network/network.h"

static const char *leaf(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static int emit(const struct vm_script_source *source, const struct vm_wishes *wishes,
		struct buffer *out, struct error *err)
{
	CLEANUP_VM_PLAN struct vm_plan plan = VM_PLAN_INIT;
	int r = vm_plan_make(&source->vm->vm, source->disks->outputs, source->disks->output_count,
			     wishes, &plan, err);

	if (r < 0)
		return r;
	note_list_append(&source->vm->tree.warnings, &plan.warnings);
	emit_powershell(&plan, out);
	return out->failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}

int vm_script_make(const struct vm_script_source *source, struct buffer *out, struct error *err)
{
	CLEANUP_VM_NETWORK struct vm_network network = {.list = NULL};
	const struct nvram_partition esp = firmware_esp(source->plan);
	struct vm_wishes wishes = {
		.store = leaf(source->store),
		.store_has_keys = firmware_has_keys(&source->build->firmware),
		.esp = &esp,
	};
	const struct guid new_id = cmd_wishes_new_id(&source->vm->vm);
	int r = vm_network_match(&source->vm->vm, source->adapters, &network, err);

	if (r < 0)
		return r;
	note_list_append(&source->vm->tree.warnings, &network.warnings);
	cmd_wishes_of_plan(source->wanted, &wishes);
	wishes.new_id = source->wanted->new_id ? &new_id : NULL;
	wishes.networks = network.list;
	wishes.network_count = network.count;
	return emit(source, &wishes, out, err);
}
