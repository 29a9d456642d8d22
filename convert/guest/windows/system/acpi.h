/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VMBus keeps its identity: what generation 1 calls ACPI\VMBus is ACPI\MSFT1000 in generation 2. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_ACPI_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_ACPI_H

#include "convert/guest/windows/system/edit.h"

/* Copy the keys of one control set where they are absent. Errors: ERROR_DAMAGED, ENOMEM. */
int acpi_convert(struct system_edit *edit, const struct control_set *set);

#endif
