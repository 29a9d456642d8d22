#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An output that exists is refused without --force, whichever it is, and stays as it was.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs

"$MKVM" --small --block-size 1M vm.vhdx
for name in vm-gen2.vhdx vm-gen2.vmgs vm-gen2.report.json; do
	echo precious >"$name"
	expect 3 "$HVGEN2" convert vm.vhdx
	grep -q "^hvgen2: refused \[output-exists\]: .*$name.*; ." err.txt || fail "$(cat err.txt)"
	[ "$(cat "$name")" = precious ] || fail "'$name' was changed"
	expect_only vm.vhdx "$name"
	rm "$name"
done
echo precious >vm-gen2.vhdx
expect 0 "$HVGEN2" convert --force vm.vhdx
[ "$(head -c 8 vm-gen2.vhdx)" = vhdxfile ] || fail "--force did not replace the output"

# A size that no ESP has is wrong usage, and the option is named.
expect 2 "$HVGEN2" convert --force --esp-size 33G vm.vhdx
grep -q -- "--esp-size" err.txt || fail "$(cat err.txt)"

# The source is never an output, whatever is said.
before=$(sum vm.vhdx)
status=0
"$HVGEN2" convert --force -o vm.vhdx vm.vhdx >out.txt 2>err.txt || status=$?
[ "$status" -ne 0 ] || fail "the source was taken as output"
ln -s vm.vhdx link.vhdx
status=0
"$HVGEN2" convert --force -o link.vhdx vm.vhdx >out.txt 2>err.txt || status=$?
[ "$before" = "$(sum vm.vhdx)" ] || fail "the source was changed"
