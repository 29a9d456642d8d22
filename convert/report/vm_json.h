/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VM as JSON. */
#ifndef HVGEN2_CONVERT_REPORT_VM_JSON_H
#define HVGEN2_CONVERT_REPORT_VM_JSON_H

#include <jansson.h>

#include "convert/report/vm.h"

/* What stands under "vm" in a report: a new reference, NULL when out of memory. */
json_t *vm_report_object(const struct vm_report *report);

#endif
