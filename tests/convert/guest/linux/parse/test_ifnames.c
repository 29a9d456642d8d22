/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters in configurations of five kinds. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/guest/linux/parse/ifnames.h"
#include "tests/convert/guest/linux/parse/fixture.h"

TestSuite(linux_ifnames);

typedef int reader(const struct file_bytes *file, struct network_names *ret, struct error *err);

static reader *const readers[] = {ifnames_from_interfaces, ifnames_from_ifcfg,
				  ifnames_from_netplan,	   ifnames_from_nmconnection,
				  ifnames_from_udev_rules, ifnames_from_link};

/* "interface MAC line [static] [address...] [<device>]" of each, a line each. */
static char *flat(reader *read, const struct file_bytes *file)
{
	CLEANUP_NETWORK_NAMES struct network_names names = NETWORK_NAMES_INIT;
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	cr_assert_eq(read(file, &names, NULL), 0);
	for (size_t i = 0; i < names.count; i++) {
		const struct network_name *name = &names.list[i];

		cr_expect_eq(name->file, file->name);
		buffer_printf(&text, "%s %s %u%s", name->interface ? name->interface : "-",
			      name->mac ? name->mac : "-", name->line,
			      name->is_static_address ? " static" : "");
		for (size_t j = 0; j < name->addresses.count; j++)
			buffer_printf(&text, " %s", name->addresses.texts[j]);
		if (name->device)
			buffer_printf(&text, " <%s>", name->device);
		buffer_text(&text, "\n");
	}
	return buffer_take_text(&text);
}

Test(linux_ifnames, each_kind)
{
	static const struct {
		const char *path;
		reader *read;
		const char *expected;
	} cases[] = {
		{CORPUS "ifnames/interfaces", ifnames_from_interfaces,
		 "eth0 00:15:5d:01:02:03 7 static 192.0.2.7/24\n"
		 "eth0 - 11\n"
		 "enp0s10f0 - 13\n"
		 "br0 00:15:5d:01:02:04 14\n"},
		{CORPUS "ifnames/ifcfg-eth0", ifnames_from_ifcfg,
		 "eth0 00:15:5D:01:02:03 4 static 192.0.2.7/24\n"},
		{CORPUS "ifnames/netplan.yaml", ifnames_from_netplan,
		 "eth0 - 6\n"
		 "enp0s10f0 - 10 static 192.0.2.8/24\n"
		 "lan0 00:15:5d:01:02:03 19 static 192.0.2.9/24\n"
		 "en* - 22\n"
		 "- 00:15:5d:01:02:05 24\n"
		 "flow2 - 25 static 192.0.2.10/24 2001:db8::1/64\n"
		 "none - 26\n"},
		{CORPUS "ifnames/eth0.nmconnection", ifnames_from_nmconnection,
		 "eth0 00:15:5D:01:02:03 5 static 192.0.2.7/24\n"},
		{CORPUS "ifnames/70-persistent-net.rules", ifnames_from_udev_rules,
		 "eth0 00:15:5d:01:02:03 2\n"
		 "lan1 00:15:5d:01:02:04 4\n"},
		{CORPUS "ifnames/10-lan.link", ifnames_from_link, "lan0 00:15:5d:01:02:03 6\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FIXTURE struct file_bytes file = fixture_read(cases[i].path);
		CLEANUP_FREE char *got = flat(cases[i].read, &file);

		cr_expect_str_eq(got, cases[i].expected, "%s: %s", cases[i].path, got);
	}
}

#define NET "SUBSYSTEM==\"net\", "

Test(linux_ifnames, short_ones)
{
	static const struct {
		const char *name, *text;
		reader *read;
		const char *expected;
	} cases[] = {
		{"/etc/sysconfig/network/ifcfg-eth1", "BOOTPROTO='static'\nIPADDR=''\n",
		 ifnames_from_ifcfg, "eth1 - 1 static\n"},
		{"ifcfg-eth1", "BOOTPROTO=dhcp\n", ifnames_from_ifcfg, "eth1 - 1\n"},
		{"ifcfg-x", "HWADDR=00:15:5d:01:02:03\n", ifnames_from_ifcfg,
		 "- 00:15:5d:01:02:03 1\n"},
		{"ifcfg-lo", "IPADDR=127.0.0.1\n", ifnames_from_ifcfg, ""},
		{"ifcfg-x", "DEVICE=lo\n", ifnames_from_ifcfg, ""},
		{"other", "IPADDR=1\n", ifnames_from_ifcfg, ""},
		{"x", "[connection]\nid=x\n", ifnames_from_nmconnection, ""},
		{"x", "[ethernet]\nmac-address = 00:15\n", ifnames_from_nmconnection,
		 "- 00:15 2\n"},
		{"x", "[connection]\ninterface-name=lo\n", ifnames_from_nmconnection, ""},
		{"x", "iface\niface lo inet loopback\n hwaddress ether x\n",
		 ifnames_from_interfaces, ""},
		{"x", "iface eth0:1 inet static\nhwaddress\nhwaddress ether\n",
		 ifnames_from_interfaces, "eth0:1 - 1 static\n"},
		{"x", "ethernets:\n eth0: {}\n", ifnames_from_netplan, "eth0 - 2\n"},
		{"x", "ethernets:\n eth0:\n  addresses:\n    - a\n", ifnames_from_netplan,
		 "eth0 - 2 static\n"},
		{"x", "ethernets:\n a:\n  match:\n   macaddress: b\n  other:\n   macaddress: c\n",
		 ifnames_from_netplan, "- b 2\n"},
		{"x", "wifis:\n wlan0: {}\n", ifnames_from_netplan, ""},
		{"x", "ethernets:\n- a\n lo:\n  addresses:\n  - b\n", ifnames_from_netplan, ""},
		{"x",
		 "iface e inet static\naddress 192.0.2.7\nnetmask 255.255.255.0\n"
		 "iface e inet dhcp\naddress 192.0.2.8\n",
		 ifnames_from_interfaces, "e - 1 static 192.0.2.7/255.255.255.0\ne - 4\n"},
		{"ifcfg-e",
		 "PREFIX1=16\nIPADDR1=192.0.2.8\nIPADDR=192.0.2.7\nNETMASK=255.0.0.0\nIPV6ADDR=2001:db8::1/"
		 "64\n",
		 ifnames_from_ifcfg,
		 "e - 1 static 192.0.2.8/16 192.0.2.7/255.0.0.0 2001:db8::1/64\n"},
		{"ifcfg-e", "IPADDR_1='192.0.2.7/24'\nIPADDR=no.address\n", ifnames_from_ifcfg,
		 "e - 1 static 192.0.2.7/24\n"},
		{"x",
		 "[connection]\ninterface-name=e\n[ipv6]\nmethod=manual\naddress1=2001:db8::1/64\n"
		 "address2=2001:db8::2/64,2001:db8::3\n",
		 ifnames_from_nmconnection, "e - 2 static 2001:db8::1/64 2001:db8::2/64\n"},
		{"x",
		 "ethernets:\n e:\n  addresses: [192.0.2.7/24,\n    \"192.0.2.8/24\"]\n  optional: yes\n",
		 ifnames_from_netplan, "e - 2 static 192.0.2.7/24 192.0.2.8/24\n"},
		{"x", "ethernets:\n e:\n  addresses:\n  - 192.0.2.7/24:\n     label: x\n",
		 ifnames_from_netplan, "e - 2 static 192.0.2.7/24\n"},
		{"x", NET "NAME=\"eth0\n", ifnames_from_udev_rules, ""},
		{"x", "#" NET "NAME=\"eth0\"\n", ifnames_from_udev_rules, ""},
		{"x", NET "NAME==\"eth0\"\n", ifnames_from_udev_rules, ""},
		{"x", NET "DRIVERS==\"tulip\", NAME=\"a\"\n" NET "DRIVERS==\"?*\", NAME=\"b\"\n",
		 ifnames_from_udev_rules, "a - 1 <DRIVERS==\"tulip\">\nb - 2\n"},
		{"x",
		 NET "DRIVERS==\"tulip|hv_netvsc\", NAME=\"a\"\n" NET
		     "DRIVERS==\"tulip|e1000\", NAME=\"b\"\n",
		 ifnames_from_udev_rules, "a - 1\nb - 2 <DRIVERS==\"tulip|e1000\">\n"},
		{"x",
		 NET "KERNELS==\"0000:00:0a.0\", NAME=\"a\"\n" NET
		     "KERNELS==\"vmbus_0_1\", NAME=\"b\"\n",
		 ifnames_from_udev_rules, "a - 1 <KERNELS==\"0000:00:0a.0\">\nb - 2\n"},
		{"x",
		 NET "SUBSYSTEMS==\"pci\", NAME=\"a\"\n" NET "SUBSYSTEMS==\"vmbus\", NAME=\"b\"\n",
		 ifnames_from_udev_rules, "a - 1 <SUBSYSTEMS==\"pci\">\nb - 2\n"},
		/* What names no network adapter, or does not say that it does. */
		{"x",
		 "SUBSYSTEM==\"block\", ATTR{address}==\"m\", NAME=\"a\"\nKERNEL==\"sda\", NAME=\"b\"\n",
		 ifnames_from_udev_rules, ""},
		{"x", "SUBSYSTEM==\"block|net\", NAME=\"a\"\nSYSFS{address}==\"m\", NAME=\"b\"\n",
		 ifnames_from_udev_rules, "a - 1\nb m 2\n"},
		/* Pairs as udev tells them. */
		{"x",
		 "SUBSYSTEM==\"net\" ATTR{address} == i\"m\",,ENV{A,=}=\"\\\", NAME=\", NAME = e\"a\"\n",
		 ifnames_from_udev_rules, "a m 1\n"},
		{"x",
		 NET
		 "PROGRAM=\"x, NAME='y'\", RUN+=\"NAME=\", NAME=\"a\", NAME=\"b\" x NAME=\"c\"\n",
		 ifnames_from_udev_rules, "a - 1\n"},
		{"x",
		 "\n" NET "\\\n# NAME=\"c\"\n  ATTR{address}==\"m\", \\\r\n\tNAME=\"a\"\n" NET
		 "NAME=\"b\"\n",
		 ifnames_from_udev_rules, "a m 2\nb - 6\n"},
		{"x",
		 NET "NAME=\"a\", \\\n \nSUBSYSTEM==\"net\", ATTR{address}==\"m\", NAME=\"b\"\n",
		 ifnames_from_udev_rules, "a - 1\nb m 3\n"},
		{"x",
		 NET
		 "ENV{A}=e\"a\\\\\", ENV{B}=ei\"\\\"\\\\\", ATTR{address}==ie\"m\", NAME=\"a\"\n" NET
		 "ENV{A}=\"a\\\\\", NAME=\"b\"\n" NET "ENV{A}=ee\"a\", NAME=\"c\"\n",
		 ifnames_from_udev_rules, "a m 1\n"},
		{"x", NET "NAME=\"a\" \\\n", ifnames_from_udev_rules, ""},
		{"x", "[Match]\nMACAddress=b c\n[Link]\nName=a\n", ifnames_from_link, "a b 4\n"},
		{"x", "[Link]\nMACAddress=b\nName=a\n", ifnames_from_link, "a - 3\n"},
		{"x", "[Match]\nMACAddress=b\n[Link]\nMTUBytes=1500\n", ifnames_from_link, ""},
		{"x", "[Match]\nDriver=e1000 hv_*\nPath=acpi-*\n[Link]\nName=a\n",
		 ifnames_from_link, "a - 5\n"},
		{"x", "[Match]\nDriver=tulip\n[Link]\nName=a\n", ifnames_from_link,
		 "a - 4 <Driver=tulip>\n"},
		{"x", "[Match]\nPath=pci-0000:00:0a.0\n[Link]\nName=a\n", ifnames_from_link,
		 "a - 4 <Path=pci-0000:00:0a.0>\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct file_bytes file = {(const uint8_t *)cases[i].text,
						strlen(cases[i].text), cases[i].name};
		CLEANUP_FREE char *got = flat(cases[i].read, &file);

		cr_expect_str_eq(got, cases[i].expected, "%zu: %s", i, got);
	}
}

static int parse(const struct file_bytes *file, struct error *err)
{
	CLEANUP_NETWORK_NAMES struct network_names names = NETWORK_NAMES_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(readers); i++)
		r = readers[i](file, &names, err);
	return r;
}

Test(linux_ifnames, cut_off)
{
	static const char *const paths[] = {CORPUS "ifnames/interfaces",
					    CORPUS "ifnames/ifcfg-eth0",
					    CORPUS "ifnames/netplan.yaml",
					    CORPUS "ifnames/eth0.nmconnection",
					    CORPUS "ifnames/70-persistent-net.rules",
					    CORPUS "ifnames/10-lan.link"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP_FIXTURE struct file_bytes file = fixture_read(paths[i]);

		fixture_cuts(&file, parse);
	}
}

Test(linux_ifnames, too_many)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	CLEANUP_NETWORK_NAMES struct network_names names = NETWORK_NAMES_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < 2000; i++)
		buffer_text(&text, "iface a\n");
	const struct file_bytes file = {text.data, text.size, "many"};
	cr_expect_lt(ifnames_from_interfaces(&file, &names, &err), 0);
	fixture_is_damaged(&err, "'many': line 1025: more than 1024 network adapters");
	cr_expect_eq(names.count, 1024);
}
