/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration of either format: see config.h. */
#include "convert/vm/read/config.h"

#include <string.h>

#include "common/checked.h"
#include "convert/vm/read/vmcx.h"
#include "convert/vm/read/vmcx_format.h"
#include "convert/vm/read/xml.h"

#define ADVICE_DAMAGED                                                                             \
	"take another copy of the file, by exporting the VM once more or from a backup"

const char *vm_format_text(enum vm_format format)
{
	static const char *const texts[VM_FORMAT_MAX] = {"xml", "vmcx"};

	return texts[format];
}

static bool has_signature(const struct file_bytes *file, size_t at)
{
	return range_within(at, 4, file->size) && get_le32(file->data + at) == VMCX_SIGNATURE;
}

static bool is_vmcx(const struct file_bytes *file)
{
	return has_signature(file, 0) || has_signature(file, VMCX_HEADER_2);
}

/* The first character that is no mark and no zero of UTF-16 is a bracket. */
static bool is_xml(const struct file_bytes *file)
{
	size_t at = 0;

	while (at < file->size && at < 4 && file->data[at] != '<')
		at++;
	return at < file->size && file->data[at] == '<';
}

/* A VM, or one of its checkpoints. (No sample has the latter: the name is that of the host's
 * list.) */
static bool is_kind_of_vm(const char *kind)
{
	return strcmp(kind, "Virtual Machines") == 0 || strcmp(kind, "Snapshots") == 0;
}

static bool is_of_vm(const struct vm_tree *tree)
{
	const struct vm_node *configuration = vm_child(tree->root, "configuration");
	const struct vm_node *type = vm_at(configuration, "properties/type_id");

	return configuration && !configuration->next && configuration == tree->root->first &&
	       type && type->value.type == VM_STRING &&
	       is_kind_of_vm((const char *)type->value.data);
}

int vm_config_read(const struct file_bytes *file, struct vm_tree *ret, enum vm_format *ret_format,
		   struct error *err)
{
	CLEANUP_VM_TREE struct vm_tree tree = VM_TREE_INIT;
	enum vm_format format = is_vmcx(file) ? VM_FORMAT_VMCX : VM_FORMAT_XML;
	int r;

	if (format == VM_FORMAT_VMCX)
		r = vmcx_read(file, &tree, err);
	else if (is_xml(file))
		r = vm_xml_read(file, &tree, err);
	else
		r = error_damaged(err,
				  "'%s' is no configuration of a VM: it begins neither as a .vmcx "
				  "file nor as XML",
				  file->name);
	if (r < 0)
		return error_advise(err, ADVICE_DAMAGED);
	if (!is_of_vm(&tree))
		return error_refused(
			err, REFUSAL_NO_VM,
			"give the .vmcx or .xml file that has the VM's own id as its name",
			"'%s' is whole, but no configuration of a VM", file->name);
	*ret = tree;
	*ret_format = format;
	tree = (struct vm_tree)VM_TREE_INIT;
	return 0;
}
