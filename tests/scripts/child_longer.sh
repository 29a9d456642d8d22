#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# child_longer.sh SIZE: a differencing output that is longer than its parent of SIZE: no block behind the parent's end is one
# for which a reader has to ask the parent, and all checks pass.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk

"$MKVM" --small --size "$1" vm.vhdx
before=$(sum vm.vhdx)
parent=$(qemu-img info --output=json vm.vhdx | jq '."virtual-size"')
expect 0 "$HVGEN2" convert --format differencing --layout end vm.vhdx
size=$(jq .after.size vm-gen2.report.json) block=$(jq .after.block_size vm-gen2.report.json)
[ "$size" -gt "$parent" ] || fail "the child is not longer"

# The first region is the BAT. A chunk has 2^32 bytes of disk and one entry more than blocks.
bat=$(od -An -tu8 -j $((192 * 1024 + 32)) -N 8 vm-gen2.vhdx)
ratio=$(((1 << 32) / block))
for ((i = parent / block; i * block < size; i++)); do
	entry=$(od -An -tu1 -j $((bat + 8 * (i + i / ratio))) -N 1 vm-gen2.vhdx)
	state=$((entry & 7))
	case $state in
	2 | 6) ;;
	7) [ $((i * block)) -lt "$parent" ] || fail "block $i, behind the end of the parent, has state 7" ;;
	*) fail "block $i has state $state" ;;
	esac
	echo "$state"
done | sort | uniq -c
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx
grep -q '^ok    structure: ' out.txt || fail "$(grep structure: out.txt)"
[ "$before" = "$(sum vm.vhdx)" ] || fail "the source was changed"
