#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What 'batch' relies on: --stage makes the very outputs under other names and gives them none of their own, whatever stands
# there, a refusal leaves nothing, and a dry run says how much is stored and how much room that takes.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

"$MKVM" --small vm.vhdx
for format in dynamic differencing; do
	rm -rf out made stage
	mkdir out stage
	expect 0 "$HVGEN2" convert -q --format $format -o out/o.vhdx vm.vhdx
	mv out made
	mkdir out
	expect 0 "$HVGEN2" convert -q --format $format -o out/o.vhdx --report out/o.report.json --stage stage vm.vhdx
	[ -z "$(ls -A out)" ] || fail "the stage is not all that was made: $(ls -A out)"
	[ "$(ls -A stage | sort | tr '\n' ' ')" = "disk report store " ] || fail "on the stage: $(ls -A stage)"
	cmp stage/disk made/o.vhdx
	cmp stage/store made/o.vmgs
	cmp stage/report made/o.report.json
	[ "$(stat -c %a stage/disk)" = "$(stat -c %a made/o.vhdx)" ] || fail "the staged disk has other rights"
done

# Old outputs are in nobody's way, and stay.
rm -f stage/*
echo old | tee out/o.vhdx out/o.vmgs >out/o.report.json
expect 0 "$HVGEN2" convert -q -f --format differencing -o out/o.vhdx --stage stage vm.vhdx
cmp stage/disk made/o.vhdx
[ "$(cat out/*)" = "$(printf 'old\nold\nold')" ] || fail "an old output was touched"

# A refusal.
rm -f stage/* out/*
"$MKVM" --small --defect bitlocker locked.vhdx
expect 3 "$HVGEN2" convert -q -o out/o.vhdx --report out/o.report.json --stage stage locked.vhdx
[ -z "$(find out stage -type f)" ] || fail "a refusal leaves $(find out stage -type f)"

# What it says that it needs is enough, and of the right size; no folder is made.
expect 0 "$HVGEN2" convert -n --json -o none/o.vhdx vm.vhdx
[ ! -e none ] || fail "a dry run has made a folder"
for format in dynamic fixed differencing; do
	expect 0 "$HVGEN2" convert -n --json --format $format -o out/o.vhdx vm.vhdx
	needed=$(jq .space.needed out.txt) stored=$(jq .space.stored out.txt)
	expect 0 "$HVGEN2" convert -q --format $format -o out/o.vhdx vm.vhdx
	taken=$(($(stat -c '%b * %B' out/o.vhdx)))
	[ "$taken" -le $((needed + 65536)) ] || fail "$format takes $taken bytes, and $needed were told"
	[ "$needed" -le "$stored" ] || fail "$format needs $needed for $stored"
	[ "$stored" -le $((taken + 16 * 1048576)) ] || fail "$format stores $taken bytes, and $stored were told"
	jq -e 'has("space") | not' out/o.report.json >/dev/null || fail "a report depends on a file system"
	rm out/*
done

# A VM has more of them.
make_export export
rm -rf stage out made
mkdir stage out made
expect 0 "$HVGEN2" convert -q --output-dir made export
expect 0 "$HVGEN2" convert -q --output-dir out --stage stage export
[ -z "$(ls -A out)" ] || fail "the stage is not all that was made: $(ls -A out)"
[ "$(ls -A stage | tr '\n' ' ')" = "data1 data2 disk report script store " ] || fail "on the stage: $(ls -A stage)"
for role in data1:-ide0-1.vhdx data2:-scsi0-1.vhdx disk:.vhdx script:.ps1 store:.vmgs; do
	cmp "stage/${role%:*}" made/*-gen2"${role#*:}"
done
