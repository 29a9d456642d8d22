#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 'hvgen2 convert' of a whole VM: the boot disk as any boot disk, the others with the content that they have, in one set with
# one report; what is planned is what is made.
. "$(dirname "$0")/lib.sh"
need xmllint jq qemu-img sgdisk sfdisk mkntfs fsck.fat ntfsfix mcopy

# What a disk reads as is what it should: to its length, which the old one had.
same_content() { # IMAGE RAW
	to_raw "$1" content.raw
	cmp "$2" content.raw || fail "'$1' has another content"
	rm content.raw
}

make_export x
before=$(sum "x/Virtual Hard Disks/system.vhdx")$(sum "x/Virtual Hard Disks/data.vhd")$(sum "x/Virtual Hard Disks/more.vhdx")
mkdir out

# The plan, which writes nothing.
expect 0 "$HVGEN2" convert -n --json --output-dir out x
cp out.txt plan.json
jq -e '.schema == 4 and .status == "planned" and .dry_run and .convertible and (.vm.rows | length) == 110 and .vm.room_needed > 8000000 and
	(.vm.disks | map(.slot + " " + .new_slot + " " + .action + " " + .image) == [
		"IDE 0:0 SCSI 0:0 converted dynamic VHDX", "IDE 0:1 SCSI 0:2 copy dynamic VHD",
		"SCSI 0:1 SCSI 0:1 copy dynamic VHDX"]) and
	(.vm.disks | map(.virtual_size) == [1073741824, 41943040, 67108864]) and
	(.vm.disks | map(.planned_output) == ["out/FILES-01-gen2.vhdx", "out/FILES-01-gen2-ide0-1.vhdx",
		"out/FILES-01-gen2-scsi0-1.vhdx"]) and
	(.vm.rows | map(select(.id == "data-disk") | .to) == ["a copy of it: '"'FILES-01-gen2-ide0-1.vhdx'"'",
		"a copy of it: '"'FILES-01-gen2-scsi0-1.vhdx'"'"])' plan.json >/dev/null || fail "the plan is another: $(jq .vm.disks plan.json)"
expect 0 "$HVGEN2" convert -n --output-dir out x
grep -q '^Room     up to ' out.txt || fail "no room is asked for"
grep -q '^         IDE 0:1    -> SCSI 0:2 ' out.txt || fail "no move is shown"
[ -z "$(ls -A out)" ] || fail "the plan wrote $(ls out)"

# The set.
expect 0 "$HVGEN2" convert --output-dir out x
[ "$(cd out && echo *)" = "FILES-01-gen2-ide0-1.vhdx FILES-01-gen2-scsi0-1.vhdx FILES-01-gen2.ps1 FILES-01-gen2.report.json FILES-01-gen2.vhdx \
FILES-01-gen2.vmgs" ] || fail "made was $(ls out)"
check_result out/FILES-01-gen2.vhdx
same_content out/FILES-01-gen2-ide0-1.vhdx x.0-1.raw
same_content out/FILES-01-gen2-scsi0-1.vhdx x.1.raw
[ "$(sfdisk --json x.0-1.raw | jq -r .partitiontable.id)" = 0x12345678 ] || fail "the fixture has no MBR"
for disk in out/*.vhdx; do
	[ "$(head -c 8 "$disk")" = vhdxfile ] || fail "'$disk' is no VHDX"
	expect 0 qemu-img check -q "$disk"
done
[ "$(sum "x/Virtual Hard Disks/system.vhdx")$(sum "x/Virtual Hard Disks/data.vhd")$(sum "x/Virtual Hard Disks/more.vhdx")" = \
	"$before" ] || fail "the source was written"
expect 0 "$HVGEN2" verify --no-guestfs out/FILES-01-gen2.vhdx
# The report on disk is the plan, done.
cmp <(jq 'del(.dry_run, .status, .seconds, .space, .source.allocated, .vm.room_needed) | .outputs = .planned_outputs |
	del(.planned_outputs) | .vm.disks |= map(.output = .planned_output | del(.planned_output))' plan.json) \
	<(jq 'del(.dry_run, .status, .vm.room_needed)' out/FILES-01-gen2.report.json) || fail "planned was another"

# The script that makes the VM has its disks by their names, and nothing of this host.
script=out/FILES-01-gen2.ps1
[ "$(head -c 3 $script | od -An -tx1)" = " ef bb bf" ] || fail "the script has no mark of UTF-8"
for name in FILES-01-gen2.vhdx FILES-01-gen2-ide0-1.vhdx FILES-01-gen2-scsi0-1.vhdx FILES-01-gen2.vmgs; do
	grep -F "'$name'" $script >/dev/null || fail "the script does not name $name"
done
! grep -F "$work" $script || fail "the script names folders of this host"
jq -e '.planned_outputs.script == "out/FILES-01-gen2.ps1"' plan.json >/dev/null || fail "the plan has no script"
pwsh=$SOURCE_DIR/build/powershell/pwsh
if [ -x "$pwsh" ]; then
	HOME=$work POWERSHELL_TELEMETRY_OPTOUT=1 "$pwsh" -NoProfile -NonInteractive -Command "\$e = \$null
		[void][Management.Automation.Language.Parser]::ParseFile('$work/$script', [ref]\$null, [ref]\$e); exit \$e.Count" ||
		fail "PowerShell finds errors in the script"
fi
mkdir plain
expect 0 "$HVGEN2" convert --output-dir plain --define none x
[ ! -e plain/FILES-01-gen2.ps1 ] || fail "a script in spite of '--define none'"
expect 0 "$HVGEN2" convert -n --define none -o $'\xff.vhdx' x
expect 2 "$HVGEN2" convert -n -o $'\xff.vhdx' x
expect 2 "$HVGEN2" convert -n --define xml x
expect 2 "$HVGEN2" convert -n --define none "x/Virtual Hard Disks/system.vhdx"
rm -r plain

# A domain for libvirt wants raw disks and an OVMF store, and names where they are. (boot_libvirt starts it.)
mkdir kvm
expect 0 "$HVGEN2" convert -q --json --define libvirt --output-dir kvm x
[ "$(cd kvm && echo *)" = "FILES-01-gen2-ide0-1.raw FILES-01-gen2-scsi0-1.raw FILES-01-gen2.fd FILES-01-gen2.libvirt.xml \
FILES-01-gen2.raw FILES-01-gen2.report.json" ] || fail "made was $(ls kvm)"
jq -e '.outputs.libvirt == "kvm/FILES-01-gen2.libvirt.xml" and .outputs.script == null and
	([.warnings[], .vm.warnings[]?] | any(contains("Secure Boot is off under KVM"))) and
	([.changed[].details[]] | any(contains("storahci")))' out.txt >/dev/null || fail "$(jq .outputs out.txt)"
grep -F "<source file=\"$(realpath kvm)/FILES-01-gen2-scsi0-1.raw\"/>" kvm/*.xml >/dev/null || fail "$(cat kvm/*.xml)"
rm -r kvm
expect 0 "$HVGEN2" convert -n --json --nvram v.fd x
jq -e '.planned_outputs == {disk: "FILES-01-gen2.raw", nvram: "v.fd", report: "FILES-01-gen2.report.json",
	libvirt: "FILES-01-gen2.libvirt.xml"}' out.txt >/dev/null || fail "with an OVMF store: $(jq -c .planned_outputs out.txt)"
mkdir sub
expect 0 "$HVGEN2" convert -n --nvram sub/v.fd --define ps1 -o v.vhdx x
for wrong in "--define libvirt -o v.vhdx" "--define libvirt --format fixed" "--define libvirt --nvram v.vmgs" \
	"--define ps1,libvirt" "--define libvirt,none" "--define libvirt, " "--define libvirt --data-disks scsi:0:1=attach"; do
	read -ra arguments <<<"$wrong"
	expect 2 "$HVGEN2" convert "${arguments[@]}" x
done
rmdir sub

# The configuration of version 5.0, out of one of that version.
cp -al x five
rm five/*/*.vmcx
mkdir five/out
"$MKVMCX" --xml utf16le --set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive1/pathname string D:\VMs\FILES-01\data.vhd' \
	"five/Virtual Machines/vm.xml"
expect 2 "$HVGEN2" convert -n --define xml5 x
grep -q "out of one, and 'x/.*vmcx' is of a later one" err.txt || fail "$(cat err.txt)"
expect 2 "$HVGEN2" convert -n --define xml5 -o five/out/v.vhd five
expect 2 "$HVGEN2" convert -n --define xml5 --new-id -o five/out/v.vhdx five
grep -q "a configuration keeps what the old one has" err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert --json --define ps1,xml5 -o five/out/v.vhdx five
jq -e '.outputs.xml5 == "five/out/v.xml" and .outputs.script == "five/out/v.ps1" and
	([.vm.warnings[]?, .warnings[]] | any(contains("is not in the XML of version 5.0")))' out.txt >/dev/null || fail "$(jq .outputs out.txt)"
[ "$(head -c 4 five/out/v.xml | od -An -tx1)" = " ff fe 3c 00" ] || fail "no UTF-16LE"
expect 0 xmllint --xpath 'string(//controller0/drive0/pathname)' five/out/v.xml
[ "$(cat out.txt)" = 'D:\VMs\FILES-01\Virtual Hard Disks\v.vhdx' ] || fail "the boot disk is $(cat out.txt)"
expect 3 "$HVGEN2" inspect five/out/v.xml
grep -q 'vm-already-gen2' err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" nvram list five/out/v.xml
grep -q 'Windows Boot Manager' out.txt || fail "$(cat out.txt)"
rm -r five

# A server takes no new disk online by itself, and only the one from IDE is new to it.
jq -e '.vm.disks | map(.warnings) == [[], ["san-policy"], []]' plan.json >/dev/null || fail "$(jq -c '.vm.disks[].warnings' plan.json)"
policy() { jq -c '.vm.rows[-1] | [.what, .from, .to, .status, .id]' "$1"; }
[ "$(policy plan.json)" = '["SAN policy of the guest","2, new disks may stay offline","2, new disks may stay offline","carried","san-policy"]' ] ||
	fail "$(policy plan.json)"
expect 0 "$HVGEN2" convert -n --json --without-disk ide:0:1 x
[ "$(jq -c '.vm.rows[-1].id' out.txt)" = null ] || fail "a disk that does not move is warned of"
expect 0 "$HVGEN2" convert -n --json --online-data-disks x
[ "$(policy out.txt)" = '["SAN policy of the guest","2, new disks may stay offline","1, new disks come online","changed","san-policy"]' ] ||
	fail "$(policy out.txt)"
jq -e '(.vm.disks | map(.warnings) == [[], [], []]) and ([.warnings[] | select(contains("SAN policy"))] == [])' out.txt >/dev/null ||
	fail "$(jq -c '.warnings' out.txt)"

# Nothing of it hangs on the time or the place; what is there is not replaced, and then only as a whole.
expect 3 "$HVGEN2" convert --output-dir out x
grep -q '^hvgen2: refused \[output-exists\]: ' err.txt || fail "$(cat err.txt)"
mkdir again
expect 0 "$HVGEN2" convert -q --output-dir again x
for disk in out/*.vhdx; do cmp "$disk" "again/${disk#out/}" || fail "'$disk' is not reproducible"; done
rm -r again
rm out/FILES-01-gen2{.vhdx,.vmgs,.ps1,.report.json}
expect 3 "$HVGEN2" convert --output-dir out x
grep -q "refused \[output-exists\]: 'out/FILES-01-gen2-ide0-1.vhdx'" err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert -q --force --output-dir out x
same_content out/FILES-01-gen2-ide0-1.vhdx x.0-1.raw
rm -r out

# Each is as private as what it holds: the report tells of the configuration as well.
chmod 640 "x/Virtual Hard Disks/data.vhd"
chmod 600 x/*/*.vmcx
(umask 022 && expect 0 "$HVGEN2" convert -q -o p.vhdx x)
[ "$(stat -c %a p.vhdx p.report.json p-ide0-1.vhdx p-scsi0-1.vhdx | tr '\n' ' ')" = "600 600 640 644 " ] || fail "$(ls -l p*)"
rm p.* p-*

# The boot disk is converted as it is alone: no byte differs.
expect 0 "$HVGEN2" convert -q -o alone.vhdx "x/Virtual Hard Disks/system.vhdx"
expect 0 "$HVGEN2" convert -q -o whole.vhdx x
cmp alone.vhdx whole.vhdx || fail "the boot disk is another one than alone"
rm alone.* whole*

# Every form: fixed, raw, VHD, and the child of a child with the checkpoint's changes in it.
expect 0 "$HVGEN2" convert -q --format fixed -o f.vhdx x
[ "$(stat -c %s f-ide0-1.vhdx)" -gt 41943040 ] || fail "the copy is not fixed"
same_content f-scsi0-1.vhdx x.1.raw
expect 0 "$HVGEN2" convert -q -o r.raw x
cmp r-ide0-1.raw x.0-1.raw || fail "the raw copy is another"
[ ! -e r.ps1 ] || fail "a script for disks that no VM of generation 2 can have"
expect 2 "$HVGEN2" convert -n --define ps1 -o s.raw x
grep -q "are for VHDX disks; give the disk a name that ends in .vhdx" err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert -q -o v.vhd x
qemu-img convert -t unsafe -f vpc -O raw v-scsi0-1.vhd content.raw
cmp -n 67108864 content.raw x.1.raw || fail "the VHD is another"
expect 0 "$HVGEN2" convert -q --format qcow2 --define libvirt -o q.qcow2 x
for disk in q.qcow2 q-ide0-1.qcow2 q-scsi0-1.qcow2; do
	expect 0 qemu-img check -q $disk
	grep -F "$disk" q.libvirt.xml >/dev/null || fail "the domain does not name $disk"
done
[ "$(grep -c 'type="qcow2"' q.libvirt.xml)" -eq 3 ] || fail "$(grep driver q.libvirt.xml)"
qemu-img compare -q -f raw -F qcow2 r.raw q.qcow2 && fail "the guest of libvirt has no storahci of its own"
qemu-img compare -q -f raw -F qcow2 x.1.raw q-scsi0-1.qcow2 || fail "the qcow2 is another"
rm f.* f-* r.* r-* v.* v-* q.* q-* content.raw

# Checkpoints: what is converted is what the VM is now, at the end of the chains, as disks of their own.
disks="x/Virtual Hard Disks"
"$MKCHILD" "$disks/more.vhdx" "$disks/more_1.avhdx" 52428800 "written later" 4096 "and this"
"$MKCHILD" "$disks/more_1.avhdx" "$disks/more_2.avhdx" 52428809 "today"
"$MKCHILD" "$disks/system.vhdx" "$disks/system_1.avhdx"
ide=_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0 scsi=_31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b71_/controller0
chain=(--set "$ide/drive0/pathname string D:\\VMs\\system_1.avhdx" --set "$scsi/drive1/pathname string E:\\more_2.avhdx"
	--set "global_settings/snapshots/list/size integer 2")
make_export x "${chain[@]}"
printf 'written later' | dd of=x.1.raw bs=1 seek=52428800 conv=notrunc status=none
printf 'and this' | dd of=x.1.raw bs=1 seek=4096 conv=notrunc status=none
cp x.1.raw then.raw
printf 'today' | dd of=x.1.raw bs=1 seek=52428809 conv=notrunc status=none
expect 0 "$HVGEN2" convert --json -o c.vhdx x
jq -e '(.vm.disks[2].files | length) == 3 and (.vm.disks[0].files | length) == 2' out.txt >/dev/null ||
	fail "the chain is not listed: $(jq .vm.disks out.txt)"
check_result c.vhdx
same_content c-scsi0-1.vhdx x.1.raw
[ "$(jq -r '.vm.rows[] | select(.id == "checkpoint") | .status' c.report.json)" = dropped ] || fail "no checkpoint is dropped"
rm c.* c-*

# Or as it was at one of them, with the settings that it had. All of them are named.
id=7E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F17
mkdir x/Snapshots
"$MKVMCX" "${chain[@]}" --set "$ide/drive1/pathname string D:\\VMs\\FILES-01\\data.vhd" \
	--set "$scsi/drive1/pathname string E:\\more_1.avhdx" --set "properties/type_id string Snapshots" \
	--set "settings/memory/bank/size integer 2048" --set "properties/name string before the update" x/Snapshots/$id.vmcx
echo broken >x/Snapshots/8E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F18.xml
echo none >x/Snapshots/readme.xml
expect 0 "$HVGEN2" inspect x
grep -q "^Checkpt. 'before the update'$" out.txt || fail "the checkpoint is not named: $(cat out.txt)"
expect 0 "$HVGEN2" convert -n --json x
jq -e '.vm.checkpoints == [{"id": "7e7d9c20-61b3-4b0f-9e55-0c9d8a7b6f17", "name": "before the update"},
	{"id": "8e7d9c20-61b3-4b0f-9e55-0c9d8a7b6f18"}] and
	([.warnings[] | select(startswith("checkpoint 8e7d9c20"))] | length) == 1 and .vm.source.format == "vmcx"' out.txt >/dev/null ||
	fail "$(jq -c .vm.checkpoints out.txt)"
expect 0 "$HVGEN2" inspect --json --checkpoint $id x
jq -e '.vm.settings.memory.startup_mib == 2048 and .vm.source.name == "FILES-01" and .vm.checkpoints[0].name == "before the update"' \
	out.txt >/dev/null || fail "inspect: $(jq -c .vm.source out.txt)"
expect 0 "$HVGEN2" inspect --boot-disk ide:0:1 x
grep -q '^         IDE 0:1    -> SCSI 0:0    boot disk' out.txt || fail "inspect --boot-disk: $(grep IDE out.txt)"
expect 2 "$HVGEN2" inspect --boot-disk ide:0:3 x
expect 2 "$HVGEN2" inspect --checkpoint $id "$disks/system.vhdx"
expect 0 "$HVGEN2" convert --json --checkpoint "{$id}" -o c.vhdx x
jq -e '.vm.settings.memory.startup_mib == 2048 and (.vm.source.path | endswith("/Snapshots/'$id'.vmcx"))' c.report.json \
	>/dev/null || fail "$(jq .vm.source c.report.json)"
[ "$(jq -r .vm.source.name c.report.json)" = FILES-01 ] || fail "the VM is called as its checkpoint"
same_content c-scsi0-1.vhdx then.raw
same_content c-ide0-1.vhdx x.0-1.raw
rm c.* c-*
expect 2 "$HVGEN2" convert -n --checkpoint 8E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F17 x
expect 2 "$HVGEN2" convert -n --checkpoint ../x x
expect 3 "$HVGEN2" convert -n --checkpoint $id --data-disks scsi:0:1=differencing --data-disks ide:0:1=copy x
grep -q '\[vm-has-checkpoints\]' err.txt || fail "$(cat err.txt)"
truncate -s 64M x/Snapshots/$id.vmrs
expect 3 "$HVGEN2" convert -n --checkpoint $id x
grep -q '\[vm-saved-state\]' err.txt || fail "$(cat err.txt)"

# Names: what a tenant calls its VM is no path, no option, and no device of Windows.
rm -r "x/Snapshots" "$disks"/*.avhdx
mkdir n
named() { # NAME STEM
	make_export x --set "properties/name string $1"
	expect 0 "$HVGEN2" convert -q --data-disks attach --data-disks ide:0:1=copy --output-dir n x
	[ "$(ls -A n | wc -l)" -eq 5 ] && [ -e "n/$2.vhdx" ] && [ -e "n/$2-ide0-1.vhdx" ] && [ -e "n/$2.report.json" ] ||
		fail "'$1' makes $(ls -A n)"
	rm -f n/* n/.[!.]*
}
named "../../etc/passwd" "_._.._etc_passwd-gen2"
named "/" "_-gen2"
named ".." "__-gen2"
named "-f" "_f-gen2"
named $'a\tb\x1b[31m' "a_b__31m-gen2"
named "  Größe 1. " "_ Gr__e 1__-gen2"
named "con.web" "_con.web-gen2"
named "$(printf '%0100d' 7)" "$(printf '%0100d' 7)-gen2"
named "$(printf '語%.0s' {1..100})" "$(printf '_%.0s' {1..100})-gen2"
make_export x
expect 0 "$HVGEN2" convert -q --name "web 02" --output-dir n --data-disks attach --data-disks ide:0:1=copy x
[ -e "n/web 02.vhdx" ] || fail "--name makes $(ls n)"
[ "$(jq -r '.vm.rows[] | select(.id == "renamed") | .to' "n/web 02.report.json")" = "web 02" ] || fail "it is not renamed"
expect 3 "$HVGEN2" convert -n --name "" x
grep -q '\[vm-name\]' err.txt || fail "$(cat err.txt)"
