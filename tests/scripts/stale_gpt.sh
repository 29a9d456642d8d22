#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# stale_gpt.sh FORMAT WHERE HEADERS [CONVERT OPTION ...]: a GPT is left over (front, back, both) on a disk with a true MBR.
# sfdisk and blkid call it a DOS disk; so does the program, which warns of each header and overwrites what is in its way.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk blkid fsck.fat mcopy ntfsfix

format=$1 where=$2 headers=$3
shift 3
source=vm.${format%-fixed}
"$MKVM" --small --block-size 1M --format "$format" --stale-gpt "$where" "$source"
before=$(sum "$source")
to_raw "$source" source.raw
[ "$(sfdisk --json source.raw | jq -r .partitiontable.label)" = dos ] || fail "sfdisk calls it no DOS disk"
[ "$(blkid -p -o value -s PTTYPE source.raw)" = dos ] || fail "blkid calls it no DOS disk"
rm source.raw

expect 0 "$HVGEN2" inspect --json "$source"
[ "$(jq '[.warnings[] | select(contains("GPT"))] | length' out.txt)" -eq "$headers" ] ||
	fail "inspect does not warn of $headers GPT headers: $(jq .warnings out.txt)"
expect 0 "$HVGEN2" convert "$@" "$source"
check_result vm-gen2.vhdx
[ "$(jq '[.warnings[] | select(contains("GPT"))] | length' vm-gen2.report.json)" -eq "$headers" ] ||
	fail "the report does not warn of $headers GPT headers"
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx
[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
