#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The network adapters of a guest stand in the page and the JSON of inspect, and in the report; one that does not keep
# its static address has a line to give it again, and no other has one.
. "$(dirname "$0")/lib.sh"
need jq mkntfs

"$MKVM" --small --adapters static,dhcp,legacy,ghost vm.vhdx
expect 0 "$HVGEN2" inspect vm.vhdx
mv out.txt page.txt
expect 0 "$HVGEN2" inspect --json vm.vhdx
mv out.txt inspect.json
expect 0 "$HVGEN2" convert -q vm.vhdx
diff <(jq .adapters inspect.json) <(jq .adapters vm-gen2.report.json) || fail "the report has other adapters than inspect"

is() { jq -e "$1" inspect.json >/dev/null || fail "not so: $1"; } # FILTER
is '[.adapters[].connection] == ["Ethernet", "Ethernet 2", "Bob'"'"'s LAN", "Old Ethernet"]'
is '[.adapters[].bus] == ["synthetic", "synthetic", "legacy", "synthetic"]'
is '[.adapters[].may_be_old] == [false, false, false, true]'
is '[.adapters[].keeps_settings] == [true, true, false, false]'
is '[.adapters[].dhcp] == [false, true, false, false]'
is '.adapters[0] | .instance_guid == "{b22f1bf5-3c1e-4d62-9d5a-0a5b6c7d8e9f}" and .gateways == ["192.0.2.1"]'
is '.adapters[0].addresses == [{"address": "192.0.2.10", "prefix_length": 24}]'
is '.adapters[1] | .addresses == [] and .gateways == [] and .dns == []'
is '.adapters[2] | .instance_guid == null and .dns == ["198.51.100.53"]'
is '[.adapters[].commands | length] == [0, 0, 2, 0]'

grep -q 'the instance GUID {b22f1bf5-3c1e-4d62-9d5a-0a5b6c7d8e9f}$' page.txt || fail "the page does not name the GUID"
grep -q 'static 203.0.113.9/24, gateway 203.0.113.1, DNS 203.0.113.53$' page.txt || fail "the old adapter is not told"
[ "$(grep -c New-NetIPAddress page.txt)" -eq 1 ] || fail "one line was due"
line="New-NetIPAddress -InterfaceAlias 'Bob''s LAN' -IPAddress 198.51.100.7 -PrefixLength 24 -DefaultGateway 198.51.100.1"
grep -qF "$line" page.txt || fail "not in the page: $line"
grep -q '192.0.2.200\|192.0.2.54' page.txt inspect.json && fail "a lease is told as if it were a setting"
grep -A20 ^Network page.txt
