/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The template of a guest that has none, and what is special in templates; internal to the library. */
#ifndef HVGEN2_BCD_BUILTIN_H
#define HVGEN2_BCD_BUILTIN_H

#include "bcd/store.h"

/* What every BCD-Template of Windows 8.1 and later has in common, as a store. */
int bcd_builtin_template(bool is_server, struct bcd_store **ret, struct error *err);

/* What only templates have. */
#define BCD_TEMPLATE_DEVICETYPE UINT32_C(0x45000001) /* 1: system partition, 2: of Windows */
#define BCD_TEMPLATE_PATH	UINT32_C(0x42000002) /* below the system root */
#define BCD_TEMPLATE_RAMDISK	UINT32_C(0x42000003)
#define BCD_CLASS_TEMPLATE	4

#endif
