/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store of the network store interface: see nsi.h. Each static address is a value whose name is
 * the LUID of the adapter and the address, both as hexadecimal digits of their bytes; byte 16 of the
 * data is the length of the prefix. So in IPv4 rows of a real Windows 7; for IPv6, where netsh and
 * the settings write nothing else, known from readers and writers of it
 * (stackoverflow.com/questions/8155700, XenServer's tools).
 */
#include "convert/guest/windows/system/nsi.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"

#define ADDRESSES "Control\\Nsi\\{eb004a01-9b1a-11d4-9123-0050047759bc}\\10"

#define LUID_DIGITS    16
#define ADDRESS_DIGITS 32
#define PREFIX_LENGTH  16

#define ETHERNET 6 /* IF_TYPE_ETHERNET_CSMACD, where *IfType says nothing else */

/* NET_LUID: the index in bits 24 to 47, the type of interface above. */
static bool luid_digits(struct hive *hive, hive_node_h driver, char ret[LUID_DIGITS + 1])
{
	uint32_t index, type = ETHERNET;
	uint8_t bytes[8];

	if (!hive_get_dword(hive, driver, "NetLuidIndex", &index))
		return false;
	(void)hive_get_dword(hive, driver, "*IfType", &type);
	put_le64(bytes, (uint64_t)(type & UINT16_MAX) << 48 | (uint64_t)(index & 0xffffff) << 24);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

static bool parse_address(const char *digits, struct in6_addr *ret)
{
	if (strlen(digits) != ADDRESS_DIGITS || strspn(digits, "0123456789abcdefABCDEF") != 32)
		return false;
	for (size_t i = 0; i < sizeof(ret->s6_addr); i++)
		if (sscanf(digits + 2 * i, "%2" SCNx8, &ret->s6_addr[i]) != 1)
			return false;
	/* Each adapter makes itself one of these. */
	return !IN6_IS_ADDR_LINKLOCAL(ret) && !IN6_IS_ADDR_UNSPECIFIED(ret);
}

static int add_row(const struct hive_value_copy *row, struct adapter *adapter, struct error *err)
{
	struct adapter_address address = {.prefix_length = 0};
	struct in6_addr bytes;

	if (!parse_address(row->name + LUID_DIGITS, &bytes) ||
	    !inet_ntop(AF_INET6, &bytes, address.text, sizeof(address.text)))
		return 0;
	if (row->size > PREFIX_LENGTH && row->bytes[PREFIX_LENGTH] <= 128)
		address.prefix_length = row->bytes[PREFIX_LENGTH];
	return adapter_add_address(adapter, &address, err);
}

int nsi_read_addresses(struct hive *hive, hive_node_h set, hive_node_h driver,
		       struct adapter *adapter, struct error *err)
{
	hive_node_h node = hive_find(hive, set, ADDRESSES);
	CLEANUP_HIVE_VALUES struct hive_values rows = {.list = NULL};
	char luid[LUID_DIGITS + 1];
	int r;

	if (node == 0 || driver == 0 || !luid_digits(hive, driver, luid))
		return 0;
	r = hive_get_values(hive, node, &rows, err);
	for (size_t i = 0; r == 0 && i < rows.count; i++)
		if (strncasecmp(rows.list[i].name, luid, LUID_DIGITS) == 0)
			r = add_row(&rows.list[i], adapter, err);
	return r;
}
