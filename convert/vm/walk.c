/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a walk through a configuration stands: the objects in whose branches it is. See
 * extract.h. */
#include <stdlib.h>
#include <string.h>

#include "convert/vm/extract.h"

struct vm_controller *vm_walk_controller(const struct vm_walk *walk)
{
	return walk->controller == VM_NONE ? NULL : &walk->vm->controllers[walk->controller];
}

struct vm_drive *vm_walk_drive(const struct vm_walk *walk)
{
	return walk->drive == VM_NONE ? NULL : &vm_walk_controller(walk)->drives[walk->drive];
}

struct vm_adapter *vm_walk_adapter(const struct vm_walk *walk)
{
	return walk->adapter == VM_NONE ? NULL : &walk->vm->adapters[walk->adapter];
}

bool vm_number_of(const char *name, const char *prefix, unsigned int *ret)
{
	size_t length = strlen(prefix), digits;

	if (strncmp(name, prefix, length) != 0)
		return false;
	name += length;
	digits = strspn(name, "0123456789");
	if (digits == 0 || digits > 3 || name[digits])
		return false;
	*ret = (unsigned int)strtoul(name, NULL, 10);
	return true;
}
