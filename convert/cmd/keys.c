/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the keys of Secure Boot come from: see keys.h. */
#include "convert/cmd/keys.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"

/* As Debian, Fedora, openSUSE and Arch install them. */
static const char *const stores[] = {
	"/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
	"/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd",
	"/usr/share/qemu/ovmf-x86_64-ms-4m-vars.bin",
	"/usr/share/edk2/x64/OVMF_VARS.secboot.4m.fd",
};

int cmd_keys_path(const char *wish, const char **ret, struct error *err)
{
	*ret = wish;
	if (strcmp(wish, "auto") != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		*ret = stores[i];
		if (access(stores[i], R_OK) == 0)
			return 0;
	}
	return error_failed(
		err, ENOENT,
		"no OVMF store with Microsoft's keys is installed here ('%s'); install the "
		"package ovmf, or name a file with '--secure-boot-keys'",
		stores[0]);
}
