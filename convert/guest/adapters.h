/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network adapters of a guest: what it knows of them, and what becomes of their settings. */
#ifndef HVGEN2_CONVERT_GUEST_ADAPTERS_H
#define HVGEN2_CONVERT_GUEST_ADAPTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/notes.h"

enum adapter_bus {
	ADAPTER_OTHER,	   /* passed through, or of another hypervisor */
	ADAPTER_SYNTHETIC, /* on the VMBus: there in generation 2 as well */
	ADAPTER_LEGACY,	   /* the emulated DEC 21140 of generation 1, which generation 2 lacks */
	ADAPTER_SOFTWARE,  /* no hardware: teams, loopback */
	ADAPTER_BUS_MAX,
};

struct adapter_address {
	char text[46];		    /* as inet_ntop() writes it, IPv4 or IPv6 */
	unsigned int prefix_length; /* 0: its mask is none */
};

/* Facts, of all that is static: leases of DHCP are no settings. Memory belongs to it. */
struct adapter {
	char *connection;  /* what scripts call it: "Ethernet"; "" when it has no name */
	char *description; /* of its driver; "" when it has none */
	char *device;	   /* "VMBUS\\...\\{...}"; "" when it is gone from the hive */
	char *instance;	   /* synthetic: GUID of the VMBus channel, with braces; else "" */
	enum adapter_bus bus;
	bool uses_dhcp;
	bool keeps_instance; /* the guest knows it by the GUID alone */
	const char *old;     /* why it may be an adapter of the past; NULL: it is in use */
	struct adapter_address *addresses; /* IPv4 first */
	size_t address_count;
	struct note_list gateways, dns;

	/* What follows from them. */
	bool keeps_settings;	/* with the same GUID, or always */
	char *advice;		/* what to do, a sentence */
	struct note_list lines; /* for PowerShell in the guest: they give the settings again */
};

/* Embedded; all zero is empty; memory belongs to it. */
struct adapters {
	struct adapter *list;
	size_t count;
	bool is_cut; /* the guest names more than are credible: those behind are not listed */
};

/* A new adapter at the end, all zero. It stays where it is until the next one is added. Errors:
 * ENOMEM, and then NULL. */
struct adapter *adapters_add(struct adapters *adapters, struct error *err);

/* Take the newest adapter away again. */
void adapters_drop_last(struct adapters *adapters);

/* Append an address of 'adapter'. Errors: ENOMEM. */
int adapter_add_address(struct adapter *adapter, const struct adapter_address *address,
			struct error *err);

/* Decide what becomes of the settings of each. Errors: ENOMEM. */
int adapters_judge(struct adapters *adapters, struct error *err);

const char *adapter_bus_text(enum adapter_bus bus);

void adapters_done(struct adapters *adapters);
#define CLEANUP_ADAPTERS CLEANUP(adapters_done)

#endif
