/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Static IPv6 addresses, which have no place among the settings of an interface. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_NSI_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_NSI_H

#include "common/hive/hive.h"
#include "convert/guest/adapters.h"

/*
 * Append to 'adapter' the IPv6 addresses that the control set 'set' has for it. 'driver' is its key
 * below Control\Class, which numbers it. Errors: ENOMEM; ERROR_DAMAGED for more than is credible.
 */
int nsi_read_addresses(struct hive *hive, hive_node_h set, hive_node_h driver,
		       struct adapter *adapter, struct error *err);

#endif
