#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every reason against the conversion of a whole VM, with its way out, followed; and what the options choose. Nothing is ever
# left of what was refused.
. "$(dirname "$0")/lib.sh"
need jq qemu-img qemu-io sfdisk mkntfs

ide=_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0 scsi=_31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b71_/controller0
disks="x/Virtual Hard Disks"
make_export x
nothing() { expect_only x x.0-1.raw x.1.raw "$@"; }

# What is wrong with another file is not said of the boot disk.
expect 4 "$HVGEN2" convert -n --nvram-template x.1.raw x
grep -q "^hvgen2: [^:]*'x.1.raw' is no store of UEFI variables" err.txt || fail "$(cat err.txt)"

# A disk of the host can be left out, if it is not what starts.
make_export x --set "$scsi/drive1/pathname string \\\\.\\PHYSICALDRIVE2"
advised disk-passthrough "leave it out with --without-disk, and give it to the new VM on its host" convert x
grep -q "SCSI 0:1: a disk of the host itself" err.txt || fail "which? $(cat err.txt)"
expect 2 "$HVGEN2" convert -n --data-disks scsi:0:1=attach x
expect 0 "$HVGEN2" convert -q --without-disk scsi:0:1 -o w.vhdx x
jq -e '.vm.disks | map(.action) == ["converted", "copy"]' w.report.json >/dev/null || fail "$(jq .vm.disks w.report.json)"
jq -e '[.vm.rows[] | select(.id == "left-out")] | length == 2' w.report.json >/dev/null || fail "it is in no row"
[ ! -e w-scsi0-1.vhdx ] || fail "something was made of it"
rm w.* w-*
make_export x --set "$ide/drive0/pathname string \\\\.\\PHYSICALDRIVE0"
advised disk-passthrough "make an image of it, attach that to the VM instead, and export it again" convert x
expect 2 "$HVGEN2" convert -n --without-disk ide:0:0 x
nothing

# A report of a refusal is as private as what it tells of, and names no output.
chmod 600 x/*/*.vmcx
expect 3 "$HVGEN2" convert -q --report r.json x
[ "$(stat -c %a r.json)" = 600 ] || fail "the report has mode $(stat -c %a r.json)"
jq -e '[.vm.disks[] | has("output")] | any | not' r.json >/dev/null || fail "$(jq -c '.vm.disks[]' r.json)"
rm r.json

# What others write is not copied.
make_export x --set "$scsi/drive1/persistent_reservations_supported bool true"
advised disk-shared "let the new VM share it, with --data-disks SLOT=attach, or leave it out with --without-disk" convert x
expect 0 "$HVGEN2" convert -n --json --data-disks scsi:0:1=attach x
jq -e '(.vm.disks | map(.action) == ["converted", "copy", "attach"]) and (.vm.disks[2] | has("planned_output") | not) and
	([.vm.rows[] | select(.to == "E:\\VMs\\FILES-01\\more.vhdx") | .status] == ["carried"])' out.txt >/dev/null ||
	fail "$(jq .vm.disks out.txt)"
expect 0 "$HVGEN2" convert -n --without-disk SCSI:0:1 x

# A drive for which nothing is recorded.
make_export x --set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive1/pathname string '
advised disk-missing "leave it out with --without-disk ide:0:1" convert x
grep -q 'IDE 0:1: no file is recorded for this drive;' err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert -n --without-disk ide:0:1 x
advised disk-missing "leave it out with --without-disk ide:0:1" convert --data-disks attach x
expect 3 "$HVGEN2" convert -n --json x
jq -e 'has("convertible") | not' out.txt >/dev/null || fail "--without-disk would do: $(jq .convertible out.txt)"
make_export x --set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive0/pathname string '
advised disk-missing "attach its disk to it again on the VM's host and export the VM again, or convert the disk alone" convert x
grep -q 'IDE 0:0: no file is recorded for this drive;' err.txt || fail "$(cat err.txt)"
jq -e '.refusal.id == "disk-missing" and .convertible == false' out.txt >/dev/null || fail "its boot disk is nowhere: $(jq -c '.refusal, .convertible' out.txt)"

# Attached disks need not be here; a VHD cannot be attached, nor be a parent.
make_export x
mv "$disks/more.vhdx" elsewhere.vhdx
advised disk-missing "copy it there, say with --map 'D:\\FOLDER=/FOLDER' which folder here is the one that is recorded, or leave it out with --without-disk scsi:0:1" convert x
expect 0 "$HVGEN2" convert -n --without-disk scsi:0:1 x
expect 3 "$HVGEN2" convert x
grep -q '\[disk-missing\]: SCSI 0:1: ' err.txt || fail "$(cat err.txt)"
advised target-unsupported "have a VHDX made of it, with --data-disks SLOT=copy" convert --data-disks attach x
expect 0 "$HVGEN2" convert -q --data-disks attach --data-disks ide:0:1=copy -o a.vhdx x
[ ! -e a-scsi0-1.vhdx ] || fail "an attached disk was copied"
jq -e '.vm.disks | map(.warnings) == [[], ["san-policy"], ["disk-attached"]]' a.report.json >/dev/null || fail "$(jq -c .vm.disks a.report.json)"
grep -q "SCSI 0:1: 'E:.*more.vhdx' will be the disk of both VMs" a.report.json || fail "no warning: $(jq .warnings a.report.json)"
rm a.* a-*
mv elsewhere.vhdx "$disks/more.vhdx"
expect 3 "$HVGEN2" convert --format differencing x
grep -q '\[target-unsupported\]: IDE 0:1: ' err.txt || fail "$(cat err.txt)"
mkdir d
expect 0 "$HVGEN2" convert -q --format differencing --data-disks ide:0:1=copy --output-dir d x
expect 1 "$HVGEN2" verify --no-guestfs --parent-dir "$disks" d/FILES-01-gen2-scsi0-1.vhdx
grep -q '^ok    image: differencing VHDX, 64 MiB' out.txt || fail "no child: $(cat out.txt)"
grep -q '^ok    structure: no errors' out.txt || fail "the child is not sound: $(cat out.txt)"
! grep -q "scsi data" d/FILES-01-gen2-scsi0-1.vhdx || fail "the child holds what its parent holds"
grep -q 'E:\\VMs\\FILES-01\\more.vhdx' <(tr -d '\0' <d/FILES-01-gen2-scsi0-1.vhdx) || fail "the child does not know where its parent is"
rm -r d

# Checkpoints are merged away by the host: none is a parent.
make_export x --set "global_settings/snapshots/list/size integer 1"
advised vm-has-checkpoints "remove the checkpoints on the VM's host and export it again, or make whole disks with --format \
dynamic" convert --format differencing x
expect 3 "$HVGEN2" convert --data-disks scsi:0:1=differencing x
grep -q '\[vm-has-checkpoints\]: SCSI 0:1: ' err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert -n x

# A drive whose image is another's parent.
make_export x --set "$scsi/drive1/pathname string E:\\child.vhdx"
"$MKCHILD" "$disks/system.vhdx" "$disks/child.vhdx" 4096 text
advised disk-conflict "leave one of them out with --without-disk" convert x
grep -q "SCSI 0:1: '.*child.vhdx' is a child of '.*system.vhdx', which is IDE 0:0" err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert -n --without-disk scsi:0:1 x
rm "$disks/child.vhdx"

# What is no image of Hyper-V's by its name is not read as one.
make_export x --set "$scsi/drive1/pathname string E:\\secret.bin"
cp x.0-1.raw "$disks/secret.bin"
advised not-a-disk-image "give the image the name of what it is, .vhdx or .vhd, and attach it to the VM as such" convert x
rm "$disks/secret.bin"
nothing
make_export x

# Data disks that cannot be read: in use, damaged, cut off, changed or with a bad sector while they are copied.
coproc qemu-io -f vhdx "$disks/more.vhdx"
writer=$COPROC_PID
echo "write 0 512" >&"${COPROC[1]}"
read -r -t 20 _ <&"${COPROC[0]}"
expect 3 "$HVGEN2" convert -q x
grep -q '^hvgen2: refused \[in-use\]: SCSI 0:1: ' err.txt || fail "$(cat err.txt)"
echo quit >&"${COPROC[1]}"
wait "$writer" || true
nothing
cp "$disks/more.vhdx" good.vhdx
printf 'xxxx' | dd of="$disks/more.vhdx" bs=1 seek=196608 conv=notrunc status=none
printf 'xxxx' | dd of="$disks/more.vhdx" bs=1 seek=262144 conv=notrunc status=none
expect 4 "$HVGEN2" convert -q x
grep -q "^hvgen2: SCSI 0:1: '.*more.vhdx'" err.txt || fail "$(cat err.txt)"
cp good.vhdx "$disks/more.vhdx"
nothing good.vhdx

# The boot disk says where it is.
cp "$disks/system.vhdx" good.vhdx
"$MKVM" --small --size 1G --block-size 1M --defect no-windows "$disks/system.vhdx"
expect 3 "$HVGEN2" convert -q x
grep -q '^hvgen2: refused \[no-windows\]: IDE 0:0: ' err.txt || fail "$(cat err.txt)"
expect 2 "$HVGEN2" convert -q --boot-disk ide:1:0 x
expect 2 "$HVGEN2" convert -q --boot-disk ide:0:7 x
# Another one starts.
mv "$disks/more.vhdx" data.vhdx
mv good.vhdx "$disks/more.vhdx"
expect 0 "$HVGEN2" convert -q --boot-disk scsi:0:1 -o b.vhdx x
jq -e '.vm.disks | map([.slot, .new_slot, .action, .output]) == [
	["IDE 0:0", "SCSI 0:0", "copy", "b-ide0-0.vhdx"], ["IDE 0:1", "SCSI 0:2", "copy", "b-ide0-1.vhdx"],
	["SCSI 0:1", "SCSI 0:1", "converted", "b.vhdx"]]' b.report.json >/dev/null || fail "$(jq -c '.vm.disks[]' b.report.json)"
rm b.* b-*
mv "$disks/more.vhdx" "$disks/system.vhdx"
mv data.vhdx "$disks/more.vhdx"
nothing

# States that another step on the host has to end; which VM; options that only a VM has.
truncate -s 64M "x/Virtual Machines/4E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F10.vmrs"
expect 3 "$HVGEN2" convert --json x
grep -q '\[vm-saved-state\]' err.txt || fail "$(cat err.txt)"
jq -e 'has("convertible") | not' out.txt >/dev/null || fail "--discard-saved-state would do: $(jq .convertible out.txt)"
expect 0 "$HVGEN2" convert -n --discard-saved-state x
rm x/*/*.vmrs
cp x/*/*.vmcx x/other.vmcx
expect 3 "$HVGEN2" convert x
grep -q '\[several-vms\]' err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert -n x/other.vmcx
rm x/other.vmcx
make_export x --set 'global_settings/disk_merge_pending bool true'
expect 3 "$HVGEN2" convert x
grep -q '\[vm-busy\]' err.txt || fail "$(cat err.txt)"
make_export x
for option in "--map D:=x" "--checkpoint 4E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F10" "--name y" "--boot-disk ide:0:0" "--without-disk ide:0:1" "--data-disks copy" "--discard-saved-state"; do
	expect 2 "$HVGEN2" convert -n $option "$disks/system.vhdx"
done
for wrong in ide ide:0 ide:0:0:0 sata:0:0 ide:0:x ide:: ide:0:100; do
	expect 2 "$HVGEN2" convert -n --without-disk $wrong x
done
expect 2 "$HVGEN2" convert -n --data-disks ide:0:1=move x
expect 2 "$HVGEN2" convert -n --data-disks ide:0:0=copy x

# The source is no output, whatever of it is named.
for output in "$disks/more.vhdx" "$disks/data.vhd"; do
	expect 2 "$HVGEN2" convert -q -f -o "$output" x
done
ln x/*/*.vmcx hard
expect 2 "$HVGEN2" convert -q -f -o o.vhdx --report hard x
rm hard
nothing
