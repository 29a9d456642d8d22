#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# refuse.sh ID [DEFECT]: a VM with this defect is refused with this id, by inspect and by convert, and nothing is written.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk

id=$1 defect=${2:-$1}
"$MKVM" --small --block-size 1M --defect "$defect" vm.vhdx
before=$(sum vm.vhdx)

expect 3 "$HVGEN2" convert vm.vhdx
grep -q "^hvgen2: refused \[$id\]: .*; ." err.txt || {
	cat err.txt >&2
	fail "the refusal does not say [$id], why, and what to do"
}
[ ! -s out.txt ] || fail "something on standard output: $(head -1 out.txt)"
expect_only vm.vhdx

expect 3 "$HVGEN2" convert --json --report report.json vm.vhdx
for file in out.txt report.json; do
	jq -e --arg id "$id" '.refusal.id == $id and (.refusal.message | length > 20) and
		(.refusal.advice | length > 10)' "$file" >/dev/null || {
		cat "$file" >&2
		fail "no refusal object in $file"
	}
done
expect_only vm.vhdx report.json

expect 3 "$HVGEN2" inspect --json vm.vhdx
jq -e --arg id "$id" '.refusal.id == $id' out.txt >/dev/null || fail "inspect --json does not say [$id]"
expect 3 "$HVGEN2" inspect vm.vhdx
grep -q "$id" out.txt err.txt || fail "inspect does not say [$id]"

[ "$before" = "$(sum vm.vhdx)" ] || fail "the source was changed"
cat err.txt
