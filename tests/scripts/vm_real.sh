#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real configurations, where they are present, and made ones: every leaf is one row and the settings are what an
# independent reader finds. Those of generation 2, and what is no VM's, are refused.
. "$(dirname "$0")/lib.sh"
need python3 jq

compare() { # FILE STATUS
	expect "$2" "$HVGEN2" inspect --json "$1"
	python3 "$SOURCE_DIR/tests/scripts/vm_leaves.py" "$1" out.txt || fail "$1"
}

"$MKVMCX" made.vmcx
"$MKVMCX" --log --stale --free --more all.vmcx
"$MKVMCX" --set "properties/notes string $(printf 'n%.0s' {1..3000})" large.vmcx
"$MKVMCX" --xml utf16be made.xml
for file in made.vmcx all.vmcx large.vmcx made.xml; do compare "$file" 3; done

data=$SOURCE_DIR/../shared/data/hyperv
[ -d "$data/dissect.target" ] || skip "no real configurations are here; the made ones hold"
for file in "$data"/dissect.target/{B90AC31B,EC04F346}*; do
	compare "$file" 3
	[ "$(jq -r .refusal.id out.txt)" = disk-missing ] || fail "$file: $(jq -c .refusal out.txt)"
	jq -e '[.vm.rows[] | select(.id == "unknown-setting" or .id == "unknown-device")] == []' out.txt >/dev/null ||
		fail "$file: a setting of a real VM is not known"
done
for file in "$data"/dissect.target/{D351C151,993F7B33}*; do
	compare "$file" 3
	[ "$(jq -r .refusal.id out.txt)" = vm-already-gen2 ] || fail "$file: $(jq -c .refusal out.txt)"
done
expect 3 "$HVGEN2" inspect "$data/dissect.target/data.vmcx"
grep -q '^hvgen2: refused \[no-vm\]: ' err.txt || fail "$(cat err.txt)"

# The disk is there: it can be converted.
cp "$data"/dissect.target/EC04F346* .
: >'default generation 1.vhdx'
expect 0 "$HVGEN2" inspect EC04F346*.vmcx
