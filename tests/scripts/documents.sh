#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every JSON document of every verb follows its schema, which Python's jsonschema says. A key that no schema names is an error.
. "$(dirname "$0")/lib.sh"
need jq mkntfs qemu-img sfdisk mcopy
python=/usr/bin/python3
"$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null || skip "python3-jsonschema is not installed"

mkdir report inspect verify nvram bcd batch progress
say() { # KIND/FILE STATUS COMMAND...: what it prints is a document
	local file=$1 status=0 wanted=$2
	shift 2
	"$@" >"$file" 2>err.txt || status=$?
	[ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted: $*: $(cat err.txt)"
	[ -s "$file" ] || fail "no document: $*"
}

# Of disks: planned, done, refused, damaged, not there; with a journal, adapters, files of a user, a name that is no UTF-8.
"$MKVM" --small --adapters static,dhcp,legacy --winre own --system-file a/b --defect crashed vm.vhdx
say report/planned.json 0 "$HVGEN2" convert -n --json vm.vhdx
say report/done.json 0 "$HVGEN2" convert --json --online-data-disks vm.vhdx
cp vm-gen2.report.json report/file.json
"$HVGEN2" convert -q --progress-fd 3 -o p.vhdx vm.vhdx 3>progress/convert.jsonl
"$HVGEN2" verify --no-guestfs --progress-fd 3 p.vhdx 3>progress/verify.jsonl >/dev/null
"$HVGEN2" convert -q --progress-fd 3 -o p.vhdx vm.vhdx 3>progress/refused.jsonl 2>/dev/null || true
"$MKVM" --small --defect hibernated refused.vhdx
say report/refused.json 3 "$HVGEN2" convert --json -o r.vhdx --report report/refused-file.json refused.vhdx
say report/no-store.json 0 "$HVGEN2" convert -n --json --nvram none -o n.vhdx vm.vhdx
say report/missing.json 1 "$HVGEN2" convert -n --json none.vhdx
say report/no-folder.json 1 "$HVGEN2" convert --json -o none/r.vhdx vm.vhdx
head -c 3M vm.vhdx >torn.vhdx
say report/torn.json 4 "$HVGEN2" convert -n --json torn.vhdx
head -c 4M /dev/urandom >bad.vmgs
say report/template.json 4 "$HVGEN2" convert -n --json --nvram-template bad.vmgs -o t.vhdx vm.vhdx
say report/efi-files.json 3 "$HVGEN2" convert -n --json --efi-files report -o t.vhdx vm.vhdx
say report/esp-size.json 3 "$HVGEN2" convert -n --json --esp-size 40M -o t.vhdx vm.vhdx
say report/exists.json 3 "$HVGEN2" convert --json vm.vhdx
say report/windows.json 3 "$HVGEN2" convert -n --json --windows 9 -o t.vhdx vm.vhdx
say report/boot-uuid.json 3 "$HVGEN2" convert -n --json --boot-uuid 0000 -o t.vhdx vm.vhdx
say report/journal.json 3 "$HVGEN2" convert -n --json --no-journal-replay -o t.vhdx vm.vhdx
say report/format.json 3 "$HVGEN2" convert -n --json --source-format vhd -o t.vhdx vm.vhdx
mkdir child
"$MKCHILD" vm.vhdx child/c.vhdx
mv vm.vhdx away.vhdx
say report/parent.json 3 "$HVGEN2" convert -n --json -o t.vhdx child/c.vhdx
mv away.vhdx vm.vhdx
name=$'b\xff.vhdx'
"$MKCHILD" vm.vhdx "$name"
say report/bytes.json 0 "$HVGEN2" convert -n --json --format differencing --nvram x.fd "$name"
say inspect/disk.json 0 "$HVGEN2" inspect --json vm.vhdx
say inspect/refused.json 3 "$HVGEN2" inspect --json refused.vhdx
say inspect/missing.json 1 "$HVGEN2" inspect --json none.vhdx

# How it ended, and what that says of the disk. A report that is kept is the same each time.
ended() { # FILE CONDITION
	jq -e "$2" "$1" >/dev/null || fail "$1: not $2: $(jq -c '{status, convertible, outputs, seconds, space, source}' "$1")"
}
ended report/planned.json '.status == "planned" and .convertible and .seconds > 0 and .space.stored > 0 and .outputs == {} and
	(.planned_outputs | length) == 3'
ended inspect/disk.json '.status == "planned" and .outputs == {} and (has("planned_outputs") | not)'
ended report/done.json '.status == "done" and .convertible and .seconds > 0 and (.outputs | length) == 3 and
	.space.written > 5000000 and .space.stored > 5000000'
ended report/file.json '.status == "done" and (has("seconds") or has("space") | not) and (.source | has("allocated") | not)'
ended report/done.json ".source.mtime_ns == $(stat -c %.9Y vm.vhdx | tr -d .) and .source.file_size == $(stat -c %s vm.vhdx) and
	.source.allocated == $(stat -c '%b * 512' vm.vhdx)"
ended report/refused.json '.status == "refused" and .convertible == false and .outputs == {report: "report/refused-file.json"}'
ended report/missing.json '.status == "failed" and (has("convertible") | not) and .outputs == {}'
ended report/no-folder.json '.status == "failed" and .convertible != false and .outputs == {}'
ended report/torn.json '.status == "failed" and .convertible == false and .outputs == {}'
# What another wish, file or moment answers is not the fault of the disk.
for name in template efi-files esp-size exists windows boot-uuid journal format parent; do
	ended report/$name.json '(has("convertible") | not) and .outputs == {} and (has("planned_outputs") | not)'
done
# MS-VHDX 2.2.2: the DataWriteGuid, of the header that is the current one.
for i in 1 2; do od -An -tx4 -j $((i * 0x10000 + 0x20)) -N4 vm.vhdx; done | xargs >guids
ended report/done.json ".source.data_write_guid[:8] | IN(\"$(sed 's/ /", "/' guids)\")"

# Of VMs.
make_export x
disks="x/Virtual Hard Disks"
say inspect/vm.json 0 "$HVGEN2" inspect --json x
say report/vm-planned.json 0 "$HVGEN2" convert -n --json --data-disks attach --without-disk ide:0:1 --tpm x
ended report/vm-planned.json '.outputs == {} and (.planned_outputs | length) > 0 and ([.vm.disks[] | has("output")] | any | not) and
	([.vm.disks[] | has("planned_output")] | any)'
say report/vm-done.json 0 "$HVGEN2" convert --json --output-dir . x
cp FILES-01-gen2.report.json report/vm-file.json
say report/vm-kvm.json 0 "$HVGEN2" convert -n --json --define libvirt,proxmox --format qcow2 --name kvm x
cp -r x export
mv "$disks/more.vhdx" elsewhere.vhdx
say report/vm-refused.json 3 "$HVGEN2" convert -n --json x
say inspect/vm-refused.json 3 "$HVGEN2" inspect --json x
cp refused.vhdx "$disks/system.vhdx"
cp elsewhere.vhdx "$disks/more.vhdx"
say inspect/vm-warned.json 0 "$HVGEN2" inspect --json x
say report/vm-hibernated.json 3 "$HVGEN2" convert -n --json x
say inspect/vm-none.json 3 "$HVGEN2" inspect --json report
echo rubbish >bad.vmcx
say inspect/vm-damaged.json 4 "$HVGEN2" inspect --json bad.vmcx
for real in "$SOURCE_DIR"/../shared/data/hyperv/dissect.target/*.vmcx "$SOURCE_DIR"/../shared/data/hyperv/dissect.target/*.xml; do
	[ -e "$real" ] || continue
	"$HVGEN2" inspect --json "$real" >"inspect/real-$(basename "$real").json" 2>/dev/null || true
done

# Results and stores.
say verify/good.json 0 "$HVGEN2" verify --no-guestfs --json vm-gen2.vhdx
say verify/bad.json 1 "$HVGEN2" verify --no-guestfs --json vm.vhdx
store=vm-gen2.vmgs
say nvram/list.json 0 "$HVGEN2" nvram list --json $store
say nvram/add.json 0 "$HVGEN2" nvram add-file --json -n --disk vm-gen2.vhdx $store
say nvram/drive.json 0 "$HVGEN2" nvram add-drive --json --controller 6b2d1e54-90af-4c7b-b7b7-3d1c5e0f8a22 --lun 1 $store
say nvram/show.json 0 "$HVGEN2" nvram show --json 0000 $store
"$HVGEN2" nvram add-keys $store >/dev/null 2>&1 || true # where there is an OVMF with keys
say nvram/all.json 0 "$HVGEN2" nvram show --all --json $store
get_bcd() { # DISK FILE: the ESP is in front
	qemu-img convert -t unsafe -O raw --image-opts \
		"driver=raw,offset=1M,size=260M,file.driver=vhdx,file.file.driver=file,file.file.filename=$1" esp.raw
	mcopy -n -i esp.raw ::/EFI/Microsoft/Boot/BCD "$2"
}
get_bcd vm-gen2.vhdx a.bcd
get_bcd FILES-01-gen2.vhdx b.bcd
say bcd/list.json 0 "$HVGEN2" bcd list --json a.bcd
say bcd/check.json 0 "$HVGEN2" bcd check --json a.bcd
say bcd/other.json 1 "$HVGEN2" bcd diff --json a.bcd b.bcd
say bcd/same.json 0 "$HVGEN2" bcd diff --json a.bcd a.bcd

# A batch: done, refused, and one that cannot be read.
mkdir in out
mv vm.vhdx in/a.vhdx
mv refused.vhdx in/b.vhdx
mv torn.vhdx in/c.vhdx
mv export in
"$HVGEN2" batch plan --output-dir out state in >/dev/null 2>&1 || true
say batch/planned.json 0 "$HVGEN2" batch status --json state
"$HVGEN2" batch run --json --verify --progress-fd 3 state >batch/run.jsonl 2>/dev/null 3>progress/batch.jsonl || true
say batch/status.json 0 "$HVGEN2" batch status --json state
say batch/report.json 0 "$HVGEN2" batch report --json state
jq -r .type batch/run.jsonl | grep -vx progress | sort -u | xargs >types.txt
[ "$(cat types.txt)" = "end plan start summary" ] || fail "lines of a run: $(cat types.txt)"

follows() { # KIND FILE...
	"$python" -W ignore "$SOURCE_DIR/tests/scripts/documents.py" "$SOURCE_DIR/schema" "$@"
}
for kind in report inspect verify nvram bcd batch progress; do
	follows $kind $kind/* || fail "$kind: not as its schema says"
done

# The judge sees a key more, and one less.
jq '.surprise = 1' report/done.json >surprise.json
jq 'del(.schema)' verify/good.json >nothing.json
! follows report surprise.json >/dev/null || fail "a key too much is not seen"
! follows verify nothing.json >/dev/null || fail "a missing key is not seen"
