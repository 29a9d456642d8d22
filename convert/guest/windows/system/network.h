/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network adapters that a SYSTEM hive knows. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_NETWORK_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_NETWORK_H

#include "common/hive/hive.h"
#include "convert/guest/adapters.h"

/*
 * Read the adapters of the control set that Windows starts with, in the order of their keys, and
 * judge them. *ret is to be released with adapters_done() in every case. Errors: ENOMEM;
 * ERROR_DAMAGED for more of them than is credible.
 */
int network_read(struct hive *hive, struct adapters *ret, struct error *err);

#endif
