/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of adapters in a Linux guest: see network.h. */
#include "convert/guest/linux/network.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/guest/linux/parse/ifnames.h"
#include "convert/guest/linux/read.h"

#define MAX_FILES    64 /* of one folder */
#define MAX_WARNINGS 16

typedef int ifnames_reader(const struct file_bytes *file, struct network_names *ret,
			   struct error *err);

/* What a file does with a name and a MAC that stand together in it. */
enum network_use {
	SETS_MAC,  /* the adapter of this name is given the MAC */
	USES_MAC,  /* the adapter with this MAC gets what the file sets */
	GIVES_NAME /* the adapter with this MAC gets the name */
};

/* What configures adapters: files, and folders of such. */
static const struct {
	const char *path;
	const char *prefix, *suffix; /* of the names in a folder; NULL: it is a file */
	enum network_use use;
	ifnames_reader *read;
} sources[] = {
	{"/etc/network/interfaces", NULL, NULL, SETS_MAC, ifnames_from_interfaces},
	{"/etc/network/interfaces.d", "", "", SETS_MAC, ifnames_from_interfaces},
	{"/etc/sysconfig/network-scripts", "ifcfg-", "", USES_MAC, ifnames_from_ifcfg},
	{"/etc/sysconfig/network", "ifcfg-", "", USES_MAC, ifnames_from_ifcfg},
	{"/etc/netplan", "", ".yaml", USES_MAC, ifnames_from_netplan},
	{"/etc/NetworkManager/system-connections", "", "", USES_MAC, ifnames_from_nmconnection},
	/* Behind those with addresses. */
	{"/etc/udev/rules.d", "", ".rules", GIVES_NAME, ifnames_from_udev_rules},
	{"/etc/systemd/network", "", ".link", GIVES_NAME, ifnames_from_link},
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

static void warn(struct network *network, const struct network_name *name, const char *path)
{
	if (network->warned++ < MAX_WARNINGS)
		note_add(network->warnings,
			 "%s, line %u, has '%s', the name of an adapter on the PCI bus: the new "
			 "VM's has another one, on Hyper-V eth0, eth1 ...%s",
			 path, name->line, name->interface,
			 name->is_static_address ? ", and does not get its static address" : "");
}

/* Of the adapter of this name, in any file. */
static bool has_static_address(const struct linux_system *system, const char *interface)
{
	for (size_t i = 0; interface && i < system->adapter_count; i++)
		if (system->adapters[i].interface &&
		    strcmp(system->adapters[i].interface, interface) == 0)
			return true;
	return false;
}

static void warn_rule(struct network *network, const struct network_name *name, const char *path)
{
	if (network->warned++ < MAX_WARNINGS)
		note_add(network->warnings,
			 "%s, line %u, names an adapter '%s' that has %s, as no adapter of "
			 "generation 2 has: it gets another name%s",
			 path, name->line, name->interface, name->device,
			 has_static_address(network->system, name->interface)
				 ? ", and not its static address"
				 : "");
}

static void check_names(struct network *network, size_t source, const struct network_names *names,
			const char *path)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct network_name *name = &names->list[i];

		if (sources[source].use == GIVES_NAME && name->interface && name->device)
			warn_rule(network, name, path);
		else if (sources[source].use != GIVES_NAME && is_of_pci(name->interface))
			warn(network, name, path);
	}
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
	int r;

	if (!list)
		return error_failed(err, ENOMEM, "out of memory");
	system->adapters = list;
	*ret = &list[system->adapter_count++];
	**ret = (struct linux_adapter){.file = NULL};
	r = linux_copy_text(path, &(*ret)->file, err);
	if (r == 0)
		r = linux_copy_text(name->interface, &(*ret)->interface, err);
	return r < 0 ? r : linux_copy_text(name->mac, &(*ret)->mac, err);
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

/* "00-15-5D-01-02-03" is one too. False for patterns, and for what is none. */
static bool take_mac(const char *text, char ret[LINUX_MAC_TEXT])
{
	if (strlen(text) != LINUX_MAC_TEXT - 1)
		return false;
	for (size_t i = 0; i < LINUX_MAC_TEXT - 1; i++) {
		bool is_between = i % 3 == 2;

		if (is_between ? text[i] != ':' && text[i] != '-' : !isxdigit((uint8_t)text[i]))
			return false;
		ret[i] = is_between ? ':' : (char)tolower((uint8_t)text[i]);
	}
	ret[LINUX_MAC_TEXT - 1] = '\0';
	return true;
}

static int add_mac(struct linux_system *system, const struct linux_mac *mac,
		   const struct network_name *name, const char *path, struct error *err)
{
	struct linux_mac *list = reallocarray(system->macs, system->mac_count + 1, sizeof(*list));
	struct linux_mac *added;
	int r;

	if (!list)
		return error_failed(err, ENOMEM, "out of memory");
	system->macs = list;
	added = &list[system->mac_count++];
	*added = *mac;
	r = linux_copy_text(path, &added->file, err);
	return r < 0 ? r : linux_copy_text(name->interface, &added->interface, err);
}

static int list_macs(const struct network_names *names, size_t source, const char *path,
		     struct linux_system *system, struct error *err)
{
	bool gives_name = sources[source].use == GIVES_NAME;
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->count; i++) {
		const struct network_name *name = &names->list[i];
		struct linux_mac mac = {.line = name->line, .gives_name = gives_name};

		if (!name->mac || !take_mac(name->mac, mac.mac) ||
		    system->mac_count == LINUX_MAX_ADAPTERS)
			continue;
		mac.is_static = gives_name ? has_static_address(system, name->interface)
					   : name->is_static_address;
		r = add_mac(system, &mac, name, path, err);
	}
	return r;
}

/* What stands in a file, or in part of it, is not known. */
static int note_unread(struct network *network, const struct error *problem, struct error *err)
{
	int r = linux_pass_host(problem, err);

	if (r == 0 && network->warned++ < MAX_WARNINGS)
		note_add(network->warnings,
			 "not all that the guest has set for its network adapters is known: %s",
			 problem->message);
	return r;
}

/* What was found before a problem counts. */
static int read_names(struct network *network, size_t source, const char *path,
		      struct network_names *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error problem = ERROR_INIT;
	size_t size = 0;
	int r = linux_read_text(network->root, path, &data, &size, &problem);

	if (r > 0)
		r = sources[source].read(&(struct file_bytes){data, size, path}, ret, &problem);
	return r < 0 ? note_unread(network, &problem, err) : 0;
}

static int check_file(struct network *network, size_t source, const char *path, struct error *err)
{
	CLEANUP_NETWORK_NAMES struct network_names names = NETWORK_NAMES_INIT;
	int r = read_names(network, source, path, &names, err);

	if (r < 0)
		return r;
	check_names(network, source, &names, path);
	if (sources[source].use != GIVES_NAME)
		r = list_static(&names, path, network->system, err);
	if (r < 0 || sources[source].use == SETS_MAC)
		return r;
	return list_macs(&names, source, path, network->system, err);
}

/* Nobody reads hidden ones. */
static bool is_named(const char *name, size_t source)
{
	const char *prefix = sources[source].prefix, *suffix = sources[source].suffix;
	size_t length = strlen(name), size = strlen(suffix);

	return name[0] != '.' && strncmp(name, prefix, strlen(prefix)) == 0 && length >= size &&
	       strcmp(name + length - size, suffix) == 0;
}

static int check_files(struct network *network, size_t source, char *const *names, size_t count,
		       struct error *err)
{
	const char *folder = sources[source].path;
	struct error problem = ERROR_INIT;
	char path[512];
	size_t read = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (!is_named(names[i], source))
			continue;
		if (read++ == MAX_FILES) {
			error_damaged(&problem, "'%s' has more than %d files", folder, MAX_FILES);
			return note_unread(network, &problem, err);
		}
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		r = check_file(network, source, path, err);
	}
	return r;
}

static int check_folder(struct network *network, size_t source, struct error *err)
{
	struct error problem = ERROR_INIT;
	char **names = NULL;
	size_t count = 0;
	int r = linux_read_folder(network->root, sources[source].path, &names, &count, &problem);

	if (r < 0)
		return note_unread(network, &problem, err);
	r = check_files(network, source, names, count, err);
	linux_files_names_free(names, count);
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
	if (network.warned > MAX_WARNINGS)
		note_add(warnings, "%zu more warnings of the guest's network adapters are left out",
			 network.warned - MAX_WARNINGS);
	return r;
}

#define MAX_TOLD 8

static void add_told(struct buffer *text, const struct linux_mac *mac)
{
	buffer_printf(text, "%s%s (", text->size ? ", " : "", mac->mac);
	if (mac->interface)
		buffer_printf(text, "%s, ", mac->interface);
	buffer_printf(text, "%s, line %u)", mac->file, mac->line);
}

int linux_network_tell_macs(const struct linux_system *system, struct note_list *warnings,
			    struct error *err)
{
	CLEANUP_BUFFER struct buffer list = BUFFER_INIT;
	CLEANUP_FREE char *text = NULL;

	for (size_t i = 0; i < system->mac_count && i < MAX_TOLD; i++)
		add_told(&list, &system->macs[i]);
	if (system->mac_count > MAX_TOLD)
		buffer_printf(&list, " and %zu more", system->mac_count - MAX_TOLD);
	text = buffer_take_text(&list);
	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	if (system->mac_count)
		note_add(warnings,
			 "the guest knows its network adapters by their MACs: give those of the "
			 "new VM the same, as static ones: %s",
			 text);
	return 0;
}
