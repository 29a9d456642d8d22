/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of adapters in a Linux guest: see network.h. */
#include "convert/guest/linux/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/find.h"
#include "convert/guest/linux/parse/ifnames.h"

#define MAX_FILES    64 /* of one folder */
#define MAX_WARNINGS 16

typedef int ifnames_reader(const struct file_bytes *file, struct network_names *ret,
			   struct error *err);

/* What configures adapters: files, and folders of such. */
static const struct {
	const char *path;
	const char *prefix; /* of the names in a folder; NULL: it is a file */
	ifnames_reader *read;
} sources[] = {
	{"/etc/network/interfaces", NULL, ifnames_from_interfaces},
	{"/etc/network/interfaces.d", "", ifnames_from_interfaces},
	{"/etc/sysconfig/network-scripts", "ifcfg-", ifnames_from_ifcfg},
	{"/etc/sysconfig/network", "ifcfg-", ifnames_from_ifcfg},
	{"/etc/netplan", "", ifnames_from_netplan},
	{"/etc/NetworkManager/system-connections", "", ifnames_from_nmconnection},
};

/* systemd's predictable names: "enp0s10f0", "ens3", "eno1". */
static bool is_of_pci(const char *name)
{
	return name && strncmp(name, "en", 2) == 0 && name[2] && strchr("pso", name[2]) &&
	       name[3] >= '0' && name[3] <= '9';
}

static void warn(const struct network_names *names, const char *path, size_t *count,
		 struct note_list *warnings)
{
	for (size_t i = 0; i < names->count && *count < MAX_WARNINGS; i++) {
		const struct network_name *name = &names->list[i];

		if (!is_of_pci(name->interface))
			continue;
		note_add(warnings,
			 "%s, line %u, has '%s', the name of an adapter on the PCI bus: in "
			 "generation 2 it is eth0, eth1 ...%s",
			 path, name->line, name->interface,
			 name->is_static_address ? ", and does not get its static address" : "");
		++*count;
	}
}

static int check_file(struct linux_files *root, size_t source, const char *path, size_t *count,
		      struct note_list *warnings, struct error *err)
{
	CLEANUP_NETWORK_NAMES struct network_names names = NETWORK_NAMES_INIT;
	CLEANUP_FREE uint8_t *data = NULL;
	size_t size = 0;
	int r = linux_read_text(root, path, &data, &size, err);

	if (r <= 0)
		return r;
	(void)sources[source].read(&(struct file_bytes){data, size, path}, &names, NULL);
	warn(&names, path, count, warnings);
	return 0;
}

static int check_folder(struct linux_files *root, size_t source, size_t *count,
			struct note_list *warnings, struct error *err)
{
	const char *prefix = sources[source].prefix;
	char **names = NULL, path[512];
	size_t listed = 0, read = 0;
	int r = 0;

	if (linux_files_list(root, sources[source].path, &names, &listed, NULL) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < listed && read < MAX_FILES; i++) {
		if (strncmp(names[i], prefix, strlen(prefix)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", sources[source].path, names[i]);
		r = check_file(root, source, path, count, warnings, err);
		read++;
	}
	linux_files_names_free(names, listed);
	return r;
}

int linux_network_check(struct linux_files *root, struct note_list *warnings, struct error *err)
{
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sources); i++)
		r = sources[i].prefix ? check_folder(root, i, &count, warnings, err)
				      : check_file(root, i, sources[i].path, &count, warnings, err);
	return r;
}
