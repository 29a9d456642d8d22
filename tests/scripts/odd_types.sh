#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# odd_types.sh TYPE: Windows, its system partition and a data partition have this MBR type. sgdisk must find C: as basic
# data without any attribute, the system partition without a letter; a data partition that stays hidden is named.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk fsck.fat mcopy ntfsfix

type=$1
basic=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7
"$MKVM" --small --block-size 1M --type "windows=$type" --type "system=$type" --type "data=$type" --data 1 vm.vhdx
expect 0 "$HVGEN2" convert vm.vhdx
check_result vm-gen2.vhdx

# The number in the GPT of the partition with this old number.
number() { jq ".after.partitions[] | select(.old_number == $1) | .number" vm-gen2.report.json; }
expect_partition() { # OLD-NUMBER TYPE ATTRIBUTES
	sgdisk -i "$(number "$1")" result.raw >info.txt
	grep -q "GUID code: $2" info.txt || fail "partition $1 is of another type: $(cat info.txt)"
	grep -qx "Attribute flags: $3" info.txt || fail "partition $1 has other attributes: $(cat info.txt)"
}
expect_partition 1 $basic 8000000000000000
expect_partition 2 $basic 0000000000000000
jq -e '[.warnings[] | select(contains("hidden"))] == [.warnings[] | select(contains("partition 3 ('"'Data'"')"))] and
	([.warnings[] | select(contains("hidden"))] | length == 1)' vm-gen2.report.json >/dev/null ||
	fail "the hidden partition is not named: $(jq .warnings vm-gen2.report.json)"
if [ "$type" = 27 ]; then
	expect_partition 3 DE94BBA4-06D1-4D40-A16A-BFD50179D6AC 8000000000000001
else
	expect_partition 3 $basic C000000000000000
fi
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx
