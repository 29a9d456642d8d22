#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 'hvgen2 inspect' of a VM: what it is, its disks, what becomes of its settings; and every reason against it.
. "$(dirname "$0")/lib.sh"
need jq strace mkntfs
export="x port"

mkdir -p "$export/Virtual Machines" "$export/Virtual Hard Disks" store
id=4E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F10
config="$export/Virtual Machines/$id.vmcx"
make() { "$MKVMCX" "$@" "$config"; }
make --log --free
"$MKVM" --small --size 1G --block-size 1M "$export/Virtual Hard Disks/system.vhdx"
for name in data more; do echo "$name" >"$export/Virtual Hard Disks/$name.vhdx"; done

# The page, and the JSON; the log was replayed, and the file is as it was.
before=$(sum "$config")
expect 0 "$HVGEN2" inspect "$export"
grep -q '^VM       FILES-01$' out.txt || fail "no name"
grep -q "found: $export/Virtual Hard Disks/system.vhdx" out.txt || fail "no disk found"
grep -q "switch 'LAN', VLAN 20" out.txt || fail "no VLAN"
grep -q '^Warning .* was not closed' out.txt || fail "nothing is said of the log"
[ "$(awk 'length > 100' out.txt | wc -l)" -eq 0 ] || fail "a line is too long: $(awk 'length > 100' out.txt)"
expect 0 "$HVGEN2" inspect -v "$config"
grep -q '^ *name: FILES-01 -> FILES-01$' out.txt || fail "-v does not list what is carried"
expect 0 "$HVGEN2" inspect --json "$export"
cp out.txt vmcx.json
jq -e '.schema == 4 and .status == "planned" and .convertible and (.vm.rows | length) == 109 and (.warnings | length) == 1 and
	([.vm.rows[] | select(.status == "carried") | .to] | all) and
	([.vm.rows[] | select(.status == "changed" or .status == "dropped") | .id] | all) and
	(.vm.disks | map(.slot) == ["IDE 0:0", "IDE 0:1", "SCSI 0:1"]) and
	.vm.settings.adapters[1].legacy and .vm.settings.memory.startup_mib == 4096' vmcx.json >/dev/null ||
	fail "the JSON is another"
[ "$(sum "$config")" = "$before" ] || fail "the configuration was written"

# The boot disk is looked into; one that no conversion would take is a warning, for a disk has options of its own.
mv "$export/Virtual Hard Disks/system.vhdx" system.vhdx
echo system >"$export/Virtual Hard Disks/system.vhdx"
expect 0 "$HVGEN2" inspect --json "$export"
jq -e '.convertible == false and (.warnings | length) == 2 and
	(.warnings[1] | startswith("the boot disk as it is cannot be converted [not-a-disk-image]: IDE 0:0: '"'x port/Virtual Hard Disks/system.vhdx'"' is to be a VHDX"))' \
	out.txt >/dev/null || fail "$(jq .warnings out.txt)"
cmp -s <(jq -S .vm vmcx.json) <(jq -S .vm out.txt) || fail "another VM"
# So is what only the plan, or the building of all that changes, finds. What an option answers is not said of the source.
while read -r defect convertible options; do
	rm "$export/Virtual Hard Disks/system.vhdx"
	# shellcheck disable=SC2086
	"$MKVM" --small --size 1G --block-size 1M $options --defect "$defect" "$export/Virtual Hard Disks/system.vhdx"
	expect 0 "$HVGEN2" inspect --json "$export"
	jq -e --arg id "$defect" --argjson convertible "$convertible" '.status == "planned" and .convertible == $convertible and (.warnings | length) == 2 and
		(.warnings[1] | startswith("the boot disk as it is cannot be converted [\($id)]: IDE 0:0: ")) and (has("refusal") | not)' out.txt >/dev/null ||
		fail "$defect: $(jq -c '.status, .convertible, .warnings' out.txt)"
	cmp -s <(jq -S .vm vmcx.json) <(jq -S .vm out.txt) || fail "$defect: another VM"
	expect 0 "$HVGEN2" inspect "$export"
	grep "cannot be converted \[$defect\]: " out.txt >/dev/null || fail "$defect: $(cat out.txt)"
done <<'END'
no-bcd false
bcd-damaged false
bitlocker false
several-windows null --data 1
END
mv system.vhdx "$export/Virtual Hard Disks/system.vhdx"

# The other format, in every encoding, says the same.
for encoding in utf16le utf16be utf8; do
	for bom in "" --no-bom; do
		"$MKVMCX" --xml "$encoding" $bom vm.xml
		expect 3 "$HVGEN2" inspect --json vm.xml
		cmp -s <(jq -S .vm.rows vmcx.json) <(jq -S .vm.rows out.txt) || fail "$encoding $bom: other rows"
		cmp -s <(jq -S .vm.settings vmcx.json) <(jq -S .vm.settings out.txt) || fail "$encoding $bom: other settings"
	done
done
rm vm.xml

# Which VM.
cp "$config" "$export/other.vmcx"
advised several-vms "give the one that is meant" inspect "$export"
rm "$export/other.vmcx"
advised no-vm "give the folder of an export, or the .vmcx or .xml file itself" inspect store
"$MKVMCX" --drop properties/type_id list.vmcx
advised no-vm "give the .vmcx or .xml file that has the VM's own id as its name" inspect list.vmcx
: >old.exp
advised vm-config-version "import the VM on a host of Windows Server 2012 R2 and export it there, or convert its disk alone" \
	inspect old.exp

# Disks: by a mapping, elsewhere, not at all.
mkdir -p store/files-01/"virtual hard disks"
mv "$export/Virtual Hard Disks"/{system,data}.vhdx store/files-01/"virtual hard disks"
advised disk-missing "copy it there, or say with --map 'D:\\FOLDER=/FOLDER' which folder here is the one that is recorded" \
	inspect "$export"
grep -q '\[disk-missing\]: IDE 0:0: ' err.txt || fail "which drive?"
expect 0 "$HVGEN2" inspect --map 'd:/vms=store' "$export"
expect 3 "$HVGEN2" inspect --map 'd:/vms=store' --map 'D:\VMs\FILES-01=x port' "$export"
make --set 'properties/name string web' --set \
	'_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive0/pathname string D:\VMs\..\..\secret.vhdx'
echo secret >secret.vhdx
advised disk-path "attach the disk by its plain path on the VM's host, and export the VM again" \
	inspect --map 'D:\VMs=store' "$export"
mv store/files-01/"virtual hard disks"/* "$export/Virtual Hard Disks"

# Two drives whose images have one name, in folders that only the VM's host has: they are no one file.
ide=_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0
make --set "$ide/drive0/pathname string C:\\VMs\\a\\disk.vhdx" --set "$ide/drive1/pathname string D:\\data\\disk.vhdx"
mkdir a data
echo a >a/disk.vhdx
echo data >data/disk.vhdx
mv secret.vhdx "$export/disk.vhdx"
for maps in "" "--map C:\\VMs\\a=data --map D:\\data=data"; do
	# shellcheck disable=SC2086
	advised disk-conflict "say with a --map 'D:\FOLDER=/FOLDER' for each of them which folder here is the one that is recorded" \
		inspect $maps "$export"
	grep -q "\[disk-conflict\]: IDE 0:1: 'D:.data.disk.vhdx' would be '.*disk.vhdx', which is 'C:.VMs.a.disk.vhdx' of IDE 0:0 already" \
		err.txt || fail "$(cat err.txt)"
done
expect 0 "$HVGEN2" inspect --map 'C:\VMs=.' --map 'D:\data=data' "$export"
mv "$export/disk.vhdx" secret.vhdx
make

# States that another step on the host has to end.
truncate -s 64M "${config%.vmcx}.vmrs"
advised vm-saved-state "start the VM, shut it down, and export it again, or give --discard-saved-state when what was in its \
memory may be lost" inspect "$export"
expect 0 "$HVGEN2" inspect --discard-saved-state "$export"
truncate -s 46K "${config%.vmcx}.vmrs"
expect 0 "$HVGEN2" inspect "$export"
make --set 'properties/subtype integer 1'
advised vm-already-gen2 "there is nothing to convert: give a generation 1 VM" inspect "$export"
make --set 'properties/version integer 4096'
advised vm-config-version "export the VM from a host of Windows Server 2012 R2 to 2025" inspect "$export"
make --set 'global_settings/disk_merge_pending bool true'
advised vm-busy "let the host merge them: start the VM or wait, shut it down, and export it again" inspect "$export"

# Damage: exit status 4, with a place and an advice, and nothing is shown of it.
make
for at in 8192 12300 13000; do
	cp "$config" broken.vmcx
	printf 'xxxx' | dd of=broken.vmcx bs=1 seek=$at conv=notrunc status=none
	expect 4 "$HVGEN2" inspect broken.vmcx
	grep -q "^hvgen2: 'broken.vmcx': .* 0x[0-9a-f]*.*; take another copy" err.txt || fail "$(cat err.txt)"
	[ ! -s out.txt ] || fail "something is shown of it"
done
printf 'MZ' >no.vmcx
expect 4 "$HVGEN2" inspect no.vmcx
make --set 'settings/memory/bank/size integer -1'
expect 4 "$HVGEN2" inspect "$export"
grep -q "setting 'settings/memory/bank/size' is '-1'" err.txt || fail "$(cat err.txt)"

# A disk is none because of what is in it; and options that it does not have are wrong usage.
make
cp "$config" disk.img
expect 3 "$HVGEN2" inspect disk.img
grep -q '^hvgen2: refused \[not-a-disk-image\]: ' err.txt || fail "$(cat err.txt)"
expect 3 "$HVGEN2" inspect --source-format raw "$config"
grep -q '^hvgen2: refused \[not-a-disk-image\]: ' err.txt || fail "$(cat err.txt)"
wrong() { # MESSAGE ARGS...
	expect 2 "$HVGEN2" "${@:2}"
	[ "$(cat err.txt)" = "hvgen2: $1" ] || fail "${*:2}: $(cat err.txt)"
}
wrong "'$config' is a VM, and only a disk has the option '--windows'" inspect --windows 2 --efi-files . "$config"
wrong "'disk.img' is a disk, and only a VM has the option '--map'" inspect --map 'D:\=store' --verbose disk.img
wrong "'disk.img' is a disk, and only a VM has the option '--verbose'" inspect -v disk.img
wrong "'disk.img' is a disk, and only a VM has the option '--define'" convert -n --define ps1 --tpm disk.img
wrong "option '--json' takes no argument; see 'hvgen2 help inspect'" inspect --json=1 disk.img
wrong "option '--verbose' takes no argument; see 'hvgen2 help inspect'" inspect --verb=1 disk.img
wrong "option '--out' may be any of --output, --output-dir" convert --out=x disk.img
wrong "unknown option '--nothing'; see 'hvgen2 help inspect'" inspect --nothing disk.img
wrong "unknown option '--=1'; see 'hvgen2 help inspect'" inspect --=1 disk.img
wrong "unknown option '-x'; see 'hvgen2 help convert'" convert -qx disk.img
wrong "an argument is missing for option '-o'; see 'hvgen2 help convert'" convert -o
expect 2 "$HVGEN2" inspect --map store "$config"

# A name that a terminal would obey, and quotes of five kinds.
name=$'a\e[31m\xe2\x80\xae\x27\xe2\x80\x98\xe2\x80\x99$(x)`\xe2\x80\xa8b'
make --set "properties/name string $name"
expect 0 "$HVGEN2" inspect "$export"
grep -q '^VM       a\\x1b\[31m\\u{202E}' out.txt || fail "the name is shown as it is: $(head -1 out.txt)"
expect 0 "$HVGEN2" inspect --json "$export"
[ "$(jq -r .vm.source.name out.txt)" = "$name" ] || fail "the JSON has another name"
make

# The configuration is read in the sandbox, by a process that opens nothing once it is in it. (A program with a sanitizer,
# under which strace cannot be used, has none.)
expect 0 "$HVGEN2" inspect --json "$export"
[ "$(jq -r .sandbox out.txt)" = full ] || skip "this kernel or build has no sandbox; all else holds"
strace -f -o trace -e trace=openat,seccomp,prctl "$HVGEN2" inspect "$export" >out.txt 2>err.txt
reader=$(awk '/PR_SET_SECCOMP|seccomp\(/ { print $1; exit }' trace)
[ -n "$reader" ] || fail "nobody is in a sandbox"
[ "$(awk -v reader="$reader" '$1 == reader && /PR_SET_SECCOMP|seccomp\(/ { in_it = 1 } $1 == reader && in_it && /openat/' \
	trace | wc -l)" -eq 0 ] || fail "the reader opens files"
grep -v "^$reader " trace | grep 'Virtual Hard Disks' >/dev/null || fail "the other process looks for no disk"
