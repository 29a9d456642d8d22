/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made configurations, read: see config.h. */
#include "config.h"

#include <criterion/criterion.h>
#include <string.h>

#include "convert/vm/read/pack.h"

char *config_sample(const char *drop, const char *line)
{
	struct buffer text = BUFFER_INIT;
	char *sample = vm_config_sample();

	for (const char *at = sample; *at; at += strcspn(at, "\n") + 1)
		if (!drop || strncmp(at, drop, strlen(drop)) != 0)
			buffer_append(&text, at, strcspn(at, "\n") + 1);
	if (line)
		buffer_printf(&text, "%s\n", line);
	free(sample);
	return buffer_take_text(&text);
}

struct vm_tree config_tree(const char *drop, const char *line)
{
	struct vm_tree tree = VM_TREE_INIT;
	struct buffer bytes = BUFFER_INIT;
	char *text = config_sample(drop, line);
	struct error err = ERROR_INIT;
	enum vm_format format;

	vm_config_vmcx(text, NULL, &bytes);
	cr_assert_eq(vm_config_read(&(struct file_bytes){bytes.data, bytes.size, "made"}, &tree,
				    &format, &err),
		     0, "%s", err.message);
	buffer_done(&bytes);
	free(text);
	return tree;
}

struct buffer config_packed(const struct vm_tree *tree)
{
	struct buffer packed = BUFFER_INIT;

	vm_pack(tree, &packed);
	cr_assert_not(packed.failed);
	return packed;
}

struct vm config_extract(const char *drop, const char *line)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(drop, line);
	struct error err = ERROR_INIT;
	struct vm vm;

	cr_assert_eq(vm_extract(&tree, &vm, &err), 0, "%s", err.message);
	return vm;
}

const struct vm_row *config_row(const struct vm *vm, const char *path)
{
	for (size_t i = 0; i < vm->rows.count; i++)
		if (strcmp(vm->rows.list[i].path, path) == 0)
			return &vm->rows.list[i];
	cr_assert(false, "no row for '%s'", path);
	return NULL;
}
