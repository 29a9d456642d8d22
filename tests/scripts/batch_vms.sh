#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# VMs in a batch: found in folders of exports, with disks beside them; what is made is what 'convert' makes, data disks and
# script too; each of its files is part of its identity.
. "$(dirname "$0")/lib.sh"
need mkntfs jq qemu-img sfdisk

states() { "$HVGEN2" batch status state --json | jq -r '.vms[] | "\(.name) \(.state)"' | tr '\n' ';'; }
export_vm() { # FOLDER NAME [MKVMCX OPTION ...]
	make_export "$1" --set "properties/name string $2" "${@:3}"
}

mkdir exports
export_vm exports/first web01
for folder in second third; do
	cp -rp exports/first exports/$folder
	cp -p exports/first.1.raw exports/$folder.1.raw
done
export_vm exports/second web02
export_vm exports/third web03
rm "exports/third/Virtual Hard Disks/more.vhdx"
rm exports/*.raw
cp -p exports/first/'Virtual Hard Disks'/system.vhdx exports/alone.vhdx
find exports -type f -exec sha256sum {} + >sources

# What is planned: VMs by their names, each disk of theirs once; what is missing is said of the one.
expect 0 "$HVGEN2" batch plan state exports --output-dir out
[ "$(states)" = "alone planned;web01 planned;web02 planned;web03 refused;" ] || fail "$(states)"
"$HVGEN2" batch status state --json | jq -e '.vms[3].refusal.id == "disk-missing"' >/dev/null || fail "why is web03 refused?"
[ ! -e out ] || fail "a plan has made outputs"

# The same as 'convert' makes of it, whatever ends the batch in the middle.
mkdir single
for folder in first second; do
	expect 0 "$HVGEN2" convert -q --output-dir single "$PWD/exports/$folder"
done
expect 0 "$HVGEN2" convert -q --output-dir single "$PWD/exports/alone.vhdx"
expect_outputs() {
	local file without="del(.sandbox, .outputs, .vm)"
	[ "$(ls -A out)" = "$(ls single)" ] || fail "outputs: $(ls -A out)"
	for file in single/*; do
		case $file in
		*.report.json) diff <(jq "$without" "$file") <(jq "$without" "out/${file#*/}") ;;
		*) cmp "$file" "out/${file#*/}" ;;
		esac
	done
}
[ "$(ls single/web01-gen2* | wc -l)" -eq 6 ] || fail "a VM has six outputs: $(ls single)"
for wait in 0.2 0.3 0.4 0.5; do
	timeout -s KILL $wait "$HVGEN2" batch run state --jobs 1 >out.txt 2>err.txt || true
done
expect 3 "$HVGEN2" batch run state --verify
[ "$(states)" = "alone verified;web01 verified;web02 verified;web03 refused;" ] || fail "$(states)"
expect_outputs
[ ! -e out/work ] || fail "left: $(find out/work)"
expect 3 "$HVGEN2" batch run state
expect_outputs

# Its data disks are part of what a VM is: a disk that comes, one that changes, one that goes when all is done.
cp -p exports/second/*/more.vhdx "exports/third/Virtual Hard Disks"
expect 0 "$HVGEN2" batch run state
[ "$(states)" = "alone verified;web01 verified;web02 verified;web03 done;" ] || fail "$(states)"
[ -s out/web03-gen2-scsi0-1.vhdx ] || fail "made: $(ls out)"
touch exports/second/*/data.vhd
rm exports/first/*/more.vhdx
expect 3 "$HVGEN2" batch run state
[ "$(states)" = "alone verified;web01 verified;web02 refused;web03 done;" ] || fail "$(states)"
"$HVGEN2" batch status state --json | jq -e '.vms[2].refusal.id == "output-exists"' >/dev/null || fail "why is web02 refused?"
cmp single/web02-gen2-ide0-1.vhdx out/web02-gen2-ide0-1.vhdx
expect 0 "$HVGEN2" batch run state --force
[ "$(states)" = "alone verified;web01 verified;web02 done;web03 done;" ] || fail "$(states)"
sha256sum -c --quiet sources 2>/dev/null | grep -v 'more.vhdx: FAILED open' && fail "a source has changed"

# Verified is the set: another time of one of its files is looked at, another size is no good.
expect 0 "$HVGEN2" batch run state --verify
attempts=$(ls state/attempt/web02.* | wc -l)
touch out/web02-gen2-ide0-1.vhdx
expect 0 "$HVGEN2" batch run state --verify
[ "$(ls state/attempt/web02.* | wc -l)" -eq $((attempts + 1)) ] || fail "nobody has looked at web02"
cp out/web02-gen2-ide0-1.vhdx kept.vhdx
truncate -s -1M out/web02-gen2-ide0-1.vhdx
expect 1 "$HVGEN2" batch run state --verify
[ "$(states)" = "alone verified;web01 verified;web02 failed;web03 verified;" ] || fail "$(states)"
grep -q "^web02: failed: '$PWD/out/web02-gen2-ide0-1.vhdx' has another size than when it was made" out.txt || fail "$(cat out.txt)"
cp kept.vhdx out/web02-gen2-ide0-1.vhdx
expect 0 "$HVGEN2" batch run state --verify
[ "$(states)" = "alone verified;web01 verified;web02 verified;web03 verified;" ] || fail "$(states)"

# A list, with what only a VM has; its folder is as good as its configuration.
cat >list.csv <<'END'
path,name,format,without-disk,data-disks,define
exports/second,child,differencing,scsi:0:1,copy,none
END
expect 0 "$HVGEN2" batch run listed --list list.csv --output-dir listed.out
[ "$(ls listed.out | tr '\n' ' ')" = "child-gen2-ide0-1.vhdx child-gen2.report.json child-gen2.vhdx child-gen2.vmgs " ] ||
	fail "made: $(ls listed.out)"
qemu-img compare -f vpc exports/second/*/data.vhd listed.out/child-gen2-ide0-1.vhdx >/dev/null || fail "another content"

# One name for two VMs, and a trial beside its source: it is no input, and no reason to pass the source over.
cp -rp exports/second exports/twin
expect 2 "$HVGEN2" batch plan twins exports
grep -q "/exports/second/.*.vmcx' and '.*/exports/twin/.*.vmcx' would both become" err.txt || fail "$(cat err.txt)"
mkdir trials
cp -p exports/alone.vhdx trials/db.vhdx
expect 0 "$HVGEN2" convert -q --format differencing -o trials/trial.vhdx trials/db.vhdx
expect 0 "$HVGEN2" batch run tried trials --output-dir tried.out
grep -q "trials/trial.vhdx' is by its report what a conversion has made" err.txt || fail "$(cat err.txt)"
[ -s tried.out/db-gen2.vhdx ] || fail "made: $(ls tried.out)"

# What is only attached, or left out, is nobody's output either, with --force as without.
cp -rp exports/second attached
mv attached/*/more.vhdx "attached/Virtual Hard Disks/z-gen2.vhdx"
"$MKVMCX" --set '_31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b71_/controller0/drive1/pathname string E:\z-gen2.vhdx' \
	--set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive1/pathname string D:\data.vhd' \
	--set "properties/name string web9" attached/Virtual*Machines/*.vmcx
cp -p exports/alone.vhdx z.vhdx
for how in data-disks,scsi:0:1=attach without-disk,scsi:0:1; do
	printf 'path,%s\nattached,%s\nz.vhdx,\n' "${how%%,*}" "${how#*,}" >list.csv
	expect 2 "$HVGEN2" batch run kept --list list.csv --force --output-dir "attached/Virtual Hard Disks"
	grep -q "z-gen2.vhdx' would be an output of '.*/z.vhdx'" err.txt || fail "$(cat err.txt)"
done

# A disk that comes later belongs to the VM that lacked it; what looks like a VM and is none is told.
mkdir flat
cp -p exports/second/*/* flat
mv flat/data.vhd data.vhd
rm flat/z-gen2.vhdx 2>/dev/null || true
expect 3 "$HVGEN2" batch plan flats flat --output-dir flat.out
mv data.vhd flat
mkdir -p flat/empty/"Virtual Machines" flat/disks
touch flat/disks/a.vhdx
expect 0 "$HVGEN2" batch run flats flat
[ "$("$HVGEN2" batch status flats --json | jq -r '.vms[].state' | xargs)" = done ] || fail "$("$HVGEN2" batch status flats)"
grep -q "flat/empty/Virtual Machines' is passed over: it holds no configuration" err.txt || fail "$(cat err.txt)"
grep -q "flat/disks' is passed over" err.txt || fail "$(cat err.txt)"
