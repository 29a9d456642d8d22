/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of adapters in a Linux guest: see network.h. */
#include "convert/guest/linux/network.h"

#include <errno.h>
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

/* Where they go. */
struct network {
	struct linux_files *root;
	struct linux_system *system;
	struct note_list *warnings;
	size_t warned;
};

static void warn(const struct network_names *names, const char *path, struct network *network)
{
	for (size_t i = 0; i < names->count && network->warned < MAX_WARNINGS; i++) {
		const struct network_name *name = &names->list[i];

		if (!is_of_pci(name->interface))
			continue;
		note_add(network->warnings,
			 "%s, line %u, has '%s', the name of an adapter on the PCI bus: in "
			 "generation 2 it is eth0, eth1 ...%s",
			 path, name->line, name->interface,
			 name->is_static_address ? ", and does not get its static address" : "");
		network->warned++;
	}
}

static bool copy_text(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text;
}

/* The adapter of another stanza of the file, of IPv6, say; NULL for none. */
static struct linux_adapter *find_adapter(struct linux_system *system,
					  const struct network_name *name, const char *path)
{
	for (size_t i = 0; i < system->adapter_count; i++) {
		struct linux_adapter *adapter = &system->adapters[i];

		if (name->interface && adapter->interface && strcmp(adapter->file, path) == 0 &&
		    strcmp(adapter->interface, name->interface) == 0)
			return adapter;
	}
	return NULL;
}

static int add_adapter(struct linux_system *system, const struct network_name *name,
		       const char *path, struct linux_adapter **ret, struct error *err)
{
	struct linux_adapter *list =
		reallocarray(system->adapters, system->adapter_count + 1, sizeof(*list));

	if (!list)
		return error_failed(err, ENOMEM, "out of memory");
	system->adapters = list;
	*ret = &list[system->adapter_count++];
	**ret = (struct linux_adapter){.file = NULL};
	if (!copy_text(path, &(*ret)->file) || !copy_text(name->interface, &(*ret)->interface) ||
	    !copy_text(name->mac, &(*ret)->mac))
		return error_failed(err, ENOMEM, "out of memory");
	return 0;
}

static int list_static(const struct network_names *names, const char *path,
		       struct linux_system *system, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->count; i++) {
		const struct network_name *name = &names->list[i];
		struct linux_adapter *adapter = find_adapter(system, name, path);

		if (!name->is_static_address ||
		    (!adapter && system->adapter_count == LINUX_MAX_ADAPTERS))
			continue;
		if (!adapter)
			r = add_adapter(system, name, path, &adapter, err);
		if (r < 0)
			return r;
		note_list_append(&adapter->addresses, &name->addresses);
		r = note_list_check(&adapter->addresses, err);
	}
	return r;
}

static int check_file(struct network *network, size_t source, const char *path, struct error *err)
{
	CLEANUP_NETWORK_NAMES struct network_names names = NETWORK_NAMES_INIT;
	CLEANUP_FREE uint8_t *data = NULL;
	size_t size = 0;
	int r = linux_read_text(network->root, path, &data, &size, err);

	if (r <= 0)
		return r;
	(void)sources[source].read(&(struct file_bytes){data, size, path}, &names, NULL);
	warn(&names, path, network);
	return list_static(&names, path, network->system, err);
}

static int check_folder(struct network *network, size_t source, struct error *err)
{
	const char *prefix = sources[source].prefix;
	char **names = NULL, path[512];
	size_t listed = 0, read = 0;
	int r = 0;

	if (linux_files_list(network->root, sources[source].path, &names, &listed, NULL) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < listed && read < MAX_FILES; i++) {
		if (strncmp(names[i], prefix, strlen(prefix)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", sources[source].path, names[i]);
		r = check_file(network, source, path, err);
		read++;
	}
	linux_files_names_free(names, listed);
	return r;
}

int linux_network_check(struct linux_files *root, struct linux_system *system,
			struct note_list *warnings, struct error *err)
{
	struct network network = {.root = root, .system = system, .warnings = warnings};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sources); i++)
		r = sources[i].prefix ? check_folder(&network, i, err)
				      : check_file(&network, i, sources[i].path, err);
	return r;
}
