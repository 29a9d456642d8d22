#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A server whose data disks would be offline after they moved is warned about; --online-data-disks sets its policy.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/guest.sh"
need jq mkntfs qemu-img sgdisk ntfscat hivexget

warned() { jq -e '[.warnings[] | select(contains("SAN policy") and contains("offline"))] | length == 1' "$1" >/dev/null; }
policy_in() { # IMAGE SET
	local offset size type
	to_raw "$1" result.raw
	gpt_partitions result.raw | tail -1 >windows.txt
	read -r offset size type <windows.txt
	cat_file result.raw "$offset" "$size" "$config/SYSTEM" >SYSTEM
	hivexget SYSTEM "$2\\Services\\partmgr\\Parameters" SanPolicy
}

"$MKVM" --small --san-policy 2 vm.vhdx
expect 0 "$HVGEN2" convert -q vm.vhdx
warned vm-gen2.report.json || fail "no warning"
expect 0 "$HVGEN2" convert -q --online-data-disks -o online.vhdx vm.vhdx
warned online.report.json && fail "a warning all the same"
for set in $control_sets; do
	[ "$(policy_in vm-gen2.vhdx "$set")" = 2 ] || fail "$set: the policy was changed unasked"
	[ "$(policy_in online.vhdx "$set")" = 1 ] || fail "$set: the policy was not set"
	jq -e --arg set "$set" '[.changed[].details[] | select(startswith($set) and contains("SanPolicy"))] | length == 1' \
		online.report.json >/dev/null || fail "$set: the change is not listed"
done
"$MKVM" --small --windows 10 client.vhdx
expect 0 "$HVGEN2" convert -q client.vhdx
warned client-gen2.report.json && fail "a client is warned about"
echo "the policies are right"
