/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configurations of the network. Input: a file, which each of the readers gets. */
#include <stdlib.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/ifnames.h"
#include "tests/fuzz/fuzz.h"

static int (*const readers[])(const struct file_bytes *file, struct network_names *ret,
			      struct error *err) = {
	ifnames_from_interfaces,   ifnames_from_ifcfg,	    ifnames_from_netplan,
	ifnames_from_nmconnection, ifnames_from_udev_rules, ifnames_from_link};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct file_bytes file = {data, size, "ifcfg-eth0"};

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		CLEANUP_NETWORK_NAMES struct network_names names = NETWORK_NAMES_INIT;

		if (readers[i](&file, &names, NULL) < 0)
			continue;
		for (size_t n = 0; n < names.count; n++)
			if (names.list[n].file != file.name || names.list[n].line == 0)
				abort();
	}
	return 0;
}
