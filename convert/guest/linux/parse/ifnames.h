/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of network adapters in what configures them. A legacy adapter becomes a synthetic one,
 * whose name may be another: what is configured by name or by an old MAC is then no longer true.
 * Nothing is judged here, only found.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_IFNAMES_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_IFNAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/notes.h"

/* An adapter that a file speaks of. The loopback is none. */
struct network_name {
	char *interface;   /* "eth0", "eth0:1", "en*" in netplan; NULL: told by its MAC alone */
	char *mac;	   /* by which it is told, "00:15:5d:01:02:03", as written; NULL: none */
	char *device;	   /* what a rule asks for that no adapter of the VMBus has, as written:
			      'DRIVERS=="tulip"'; NULL: nothing */
	const char *file;  /* borrowed: the name of the file_bytes */
	unsigned int line; /* where the name stands, else the MAC; 1 when it is the file's name */
	bool is_static_address;
	/* Those of it that could be read: "192.0.2.7/24", "2001:db8::1/64", "192.0.2.7" or
	 * "192.0.2.7/255.255.255.0", as written, of digits and the signs between them alone. */
	struct note_list addresses;
};

struct network_names {
	struct network_name *list;
	size_t count;
};

#define NETWORK_NAMES_INIT                                                                         \
	{                                                                                          \
		.list = NULL                                                                       \
	}
void network_names_done(struct network_names *names);
#define CLEANUP_NETWORK_NAMES CLEANUP(network_names_done)

/*
 * Each of these adds to 'ret' what it finds in one file. What it does not understand is ignored;
 * ERROR_DAMAGED for a NUL, more than 256 KiB, or more than 1024 adapters in all. What was added
 * before an error stays.
 */

/* /etc/network/interfaces and files beside it: "iface NAME ..." */
int ifnames_from_interfaces(const struct file_bytes *file, struct network_names *ret,
			    struct error *err);

/* ifcfg-NAME of the RHEL family and SUSE: DEVICE=, else NAME of the file without a HWADDR=. */
int ifnames_from_ifcfg(const struct file_bytes *file, struct network_names *ret, struct error *err);

/* netplan's YAML, line by line: ethernets, and "match:" in them. */
int ifnames_from_netplan(const struct file_bytes *file, struct network_names *ret,
			 struct error *err);

/* NetworkManager's NAME.nmconnection, when it names an adapter or a MAC. */
int ifnames_from_nmconnection(const struct file_bytes *file, struct network_names *ret,
			      struct error *err);

/* Rules of udev that give network adapters names, in *.rules: those with NAME="..." */
int ifnames_from_udev_rules(const struct file_bytes *file, struct network_names *ret,
			    struct error *err);

/* systemd's *.link, when it gives a name: of several MACs the first. */
int ifnames_from_link(const struct file_bytes *file, struct network_names *ret, struct error *err);

#endif
