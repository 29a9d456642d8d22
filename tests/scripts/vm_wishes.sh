#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the user wants of a VM's settings is in the rows of its report and in its script, which PowerShell runs against the stand-in
# for a host where it is to be had; what cannot be is wrong usage.
. "$(dirname "$0")/lib.sh"
need jq qemu-img sfdisk mkntfs

make_export x
wishes=(--switch "LAN=Productión = 2" --vlan "Network Adapter=30" --vlan 00:15:5d:0a:14:02=4094 --mac dynamic --new-id --secure-boot off --tpm)
convert=("$HVGEN2" convert -q --data-disks attach --without-disk ide:0:1)

rows() { # REPORT
	jq -r '.vm.rows[] | select(.id == "switch" or .id == "vlan" or .id == "mac-dynamic" or .id == "new-identity" or .what == "Secure Boot") |
		"\(.status) \(.what): \(.to)"' "$1" | sort
}
expect 0 "${convert[@]}" "${wishes[@]}" -o vm.vhdx x
cp vm.ps1 wishes.ps1
cat >wanted <<'END'
carried Secure Boot: false
changed BIOS GUID: a new one
changed MAC address: dynamic: the host gives one
changed VLAN: access, VLAN 30
changed switch: Productión = 2
changed switch: Productión = 2
dropped asset tag: null
dropped serial number of the board: null
dropped serial number of the chassis: null
dropped serial number: null
END
rows vm.report.json | diff wanted - || fail "the rows are others"
[ "$(jq -r '.vm.settings.adapters | map(.vlan) | tostring' vm.report.json)" = '[30,4094]' ] || fail "the VLANs are others"
jq -e '.warnings | map(select(startswith("the TPM"))) | length == 1' vm.report.json >/dev/null || fail "nothing is said of the TPM's keys"
[ "$(jq '.vm.rows | length' vm.report.json)" -eq 110 ] || fail "not one row for each setting and the SAN policy"

# Another machine is the same one each time, and another under another name.
expect 0 "${convert[@]}" "${wishes[@]}" -f -o vm.vhdx x
cmp vm.ps1 wishes.ps1 || fail "the same wishes make another script"
expect 0 "${convert[@]}" "${wishes[@]}" -f --name other -o vm.vhdx x
id_of() { sed -n 's/^\tBiosGuid = \(.*\)\r$/\1/p' "$1"; }
[ -n "$(id_of vm.ps1)" ] && [ "$(id_of vm.ps1)" != "$(id_of wishes.ps1)" ] || fail "$(id_of vm.ps1) under another name"

# Nothing, by name: keep and on are the default, an empty name is no switch, 0 no VLAN.
expect 0 "${convert[@]}" -f -o vm.vhdx x
cp vm.ps1 plain.ps1
expect 0 "${convert[@]}" -f -o vm.vhdx --mac keep --secure-boot on x
cmp plain.ps1 vm.ps1 || fail "what is so anyway changes the script"
expect 0 "${convert[@]}" -f -o vm.vhdx --switch LAN= --vlan 00155D0A1401=0 x
mv vm.ps1 without.ps1
rows vm.report.json | grep -c 'switch: not connected' | grep -x 2 >/dev/null || fail "$(rows vm.report.json)"

wrong() { # MESSAGE OPTION...
	local message=$1
	shift
	expect 2 "$HVGEN2" convert -n "$@" x
	[ "$(cat err.txt)" = "hvgen2: $message" ] || fail "$*: $(cat err.txt)"
}
long=$(printf '%08192d' 0)
wrong "option '--switch': 'LAN' is not OLD=NEW, the name of a virtual switch and what takes its place" --switch LAN
wrong "option '--switch': '=LAN' is not OLD=NEW, the name of a virtual switch and what takes its place" --switch =LAN
expect 2 "$HVGEN2" convert -n --switch "$long=a" x
grep -q "^hvgen2: option '--switch': more than 8192 bytes of names are given" err.txt || fail "$(head -c 200 err.txt)"
wrong "option '--switch': 'LAN' is given twice" --switch LAN=a --switch LAN=b
wrong "option '--switch': no adapter of the VM is on 'lan'" --switch lan=a
wrong "option '--bridge': 'a b' is no name of a bridge: at most 15 letters, digits and '.', '_', '-'" --bridge "LAN=a b"
wrong "option '--bridge': no adapter of the VM is on 'lan'" --define libvirt --bridge lan=br0
wrong "option '--vlan': 'a' is not NIC=ID, an adapter's name or MAC address and a number" --vlan a
wrong "option '--vlan': '4095' is no number from 0 to 4094" --vlan a=4095
wrong "option '--vlan': the VM has no adapter '00155D0A14'" --vlan 00155D0A14=1
wrong "option '--mac': 'no' is none of keep and dynamic" --mac no
wrong "option '--secure-boot': '' is none of on and off" --secure-boot ''
many=()
for i in {0..64}; do many+=(--switch "$i=a"); done
wrong "option '--switch' is given more than 64 times" "${many[@]}"
expect 2 "$HVGEN2" convert -n --switch LAN=$'\xff' x
grep -q 'is no UTF-8' err.txt || fail "$(cat err.txt)"
expect 2 "$HVGEN2" convert -n --tpm "x/Virtual Hard Disks/system.vhdx"
make_export x --set "_a87b1c90-2f3e-4c5d-9d10-77e0c4b2f615_/FriendlyName string Legacy Network Adapter"
wrong "option '--vlan': the VM has 2 adapters 'Legacy Network Adapter'; give the MAC address of the one that is meant" \
	--vlan "Legacy Network Adapter=1"

# A host that is none makes such a VM.
pwsh=$SOURCE_DIR/build/powershell/pwsh
[ -x "$pwsh" ] || pwsh=$(command -v pwsh || true)
[ -n "$pwsh" ] || exit 0
SCRIPTS=$work PWSH=$pwsh HOME=$work PSModulePath=$SOURCE_DIR/tests/powershell POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off \
	"$pwsh" -NoProfile -NonInteractive -File "$SOURCE_DIR/tests/powershell/test_wishes.ps1" || fail "the host is not as it was wanted"
