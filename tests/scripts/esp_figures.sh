#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# esp_figures.sh SIZE: what the report says of an ESP of that size is what fsck.fat counts and mdir lists.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk fsck.fat mdir

"$MKVM" --small --winre own vm.vhdx
expect 0 "$HVGEN2" convert --esp-size "$1" vm.vhdx
to_raw vm-gen2.vhdx out.raw
read -r offset size <<<"$(gpt_partitions out.raw | awk '$3 == "EF00" { print $1, $2 }')"
cut_raw out.raw "$offset" "$size" esp.raw

fsck.fat -n -v esp.raw >fsck.txt
cluster=$(sed -n 's/^ *\([0-9]*\) bytes per cluster.*/\1/p' fsck.txt)
used=$(sed -n 's|.* \([0-9]*\)/[0-9]* clusters.*|\1|p' fsck.txt)
[ "$(jq .esp.used vm-gen2.report.json)" -eq $((cluster * used)) ] ||
	fail "the report says $(jq .esp.used vm-gen2.report.json), fsck.fat $used clusters of $cluster bytes"

jq -r '.esp.files[].path' vm-gen2.report.json | sort >listed.txt
mdir -/ -b -i esp.raw :: | sed -n 's/^:://; /[^/]$/p' | sort >there.txt
diff -i listed.txt there.txt || fail "esp.files (<) is not what is on the ESP (>)"
jq -e '[.esp.files[] | select(.from == null) | .path | ascii_upcase] | contains(["/EFI/MICROSOFT/BOOT/BCD",
	"/EFI/MICROSOFT/BOOT/BOOTSTAT.DAT", "/EFI/MICROSOFT/RECOVERY/BCD"])' vm-gen2.report.json >/dev/null ||
	fail "files that were made are missing: $(jq -c '[.esp.files[] | select(.from == null)]' vm-gen2.report.json)"
