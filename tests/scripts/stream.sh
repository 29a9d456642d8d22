#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# convert --output -: standard output gets the disk, byte for byte what a raw file holds, and nothing else. Whatever can be
# refused is refused before the first byte.
. "$(dirname "$0")/lib.sh"
need mkntfs python3 jq

# No byte comes out.
silent() { # STATUS ARGUMENT...
	local wanted=$1 got=0
	shift
	"$HVGEN2" convert --esp-size 100M "$@" >out.txt 2>err.txt || got=$?
	[ "$got" -eq "$wanted" ] || fail "exit status $got instead of $wanted: convert $*: $(cat err.txt)"
	[ ! -s out.txt ] || fail "convert $* writes $(stat -c %s out.txt) bytes"
	[ "$(wc -l <err.txt)" -eq 1 ] || fail "convert $* says: $(cat err.txt)"
}

"$MKVM" --small --size 300M --no-system-reserved --block-size 1M vm.vhdx
"$MKCHILD" vm.vhdx child.avhdx
before=$(sum vm.vhdx)

# A dynamic VHDX and a checkpoint, through a pipe. Store and report are made where they are named; the report knows no disk.
for disk in vm.vhdx child.avhdx; do
	expect 0 "$HVGEN2" convert --esp-size 100M -q -f --nvram none -o whole.raw $disk
	"$HVGEN2" convert --esp-size 100M -o - --nvram s.fd --report r.json $disk 2>err.txt | cat | cmp - whole.raw || fail "the stream of $disk is another disk"
	grep -q '^Written  *standard output$' err.txt || fail "no page: $(cat err.txt)"
	python3 -c "
import json
r = json.load(open('r.json'))
assert r['outputs'] == {'nvram': 's.fd', 'report': 'r.json'}, r['outputs']
assert r['after']['format'] == 'raw'"
	[ -s s.fd ] || fail "no store"
	rm whole.report.json s.fd r.json
	expect_only vm.vhdx child.avhdx whole.raw
done
rm child.avhdx
expect 0 "$HVGEN2" convert --esp-size 100M -q -f --nvram none -o whole.raw vm.vhdx
jq -e '.nvram == null and has("nvram")' whole.report.json >/dev/null || fail "a store: $(jq -c .nvram whole.report.json)"
"$HVGEN2" convert --esp-size 100M -o - vm.vhdx 2>err.txt >/dev/null
grep -x 'NVRAM  *none is made' err.txt >/dev/null || fail "a store: $(grep ^NVRAM err.txt)"
grep '^Next  *start a machine with UEFI firmware' err.txt >/dev/null || fail "another way on: $(grep ^Next err.txt)"
! grep Boot0000 err.txt >/dev/null || fail "an entry of no store: $(cat err.txt)"
rm whole.report.json

# Into a file: what is zero takes no room, at its end too; from where it stands; behind what is appended to.
# Nothing else goes there.
status=0
"$HVGEN2" convert -o - --progress-fd 3 vm.vhdx >mixed.raw 3>&1 2>err.txt || status=$?
[ "$status" -eq 2 ] && [ ! -s mixed.raw ] && grep -q "lead.* to the same place" err.txt || fail "progress in the disk: $status, $(cat err.txt)"
status=0
"$HVGEN2" convert -o - --progress json vm.vhdx >mixed.raw 2>&1 || status=$?
[ "$status" -eq 2 ] && [ "$(stat -c %s mixed.raw)" -lt 1000 ] || fail "progress in the disk: $status"
rm mixed.raw
"$HVGEN2" convert --esp-size 100M -q -o - --format raw --force vm.vhdx >file || fail "no stream into a file"
cmp file whole.raw
[ "$(du -k file | cut -f1)" -lt 200000 ] || fail "holes were filled: $(du -k file)"
{
	echo front
	"$HVGEN2" convert --esp-size 100M -q -o - vm.vhdx
	echo back
} >file
cat <(echo front) whole.raw <(echo back) | cmp - file || fail "not from where the file stands"
echo front >file
"$HVGEN2" convert --esp-size 100M -q -o - vm.vhdx >>file
cat <(echo front) whole.raw | cmp - file || fail "not appended"
# Over old contents zeros are zeros.
head -c 500M < <(yes) >file
"$HVGEN2" convert --esp-size 100M -q -o - vm.vhdx 1<>file
head -c "$(stat -c %s whole.raw)" file | cmp - whole.raw || fail "old contents are in the stream"
rm file

# Refused before the first byte, and nothing is made: there is no such format, other outputs are there, it is the source.
touch s.fd r.json
silent 3 -o - --nvram s.fd vm.vhdx
silent 3 -o - --report r.json vm.vhdx
rm s.fd r.json
for wrong in "--format dynamic" "--format fixed" "--format qcow2" --json "--output-dir ." "--stage ." "--nvram -" \
	"--secure-boot-keys auto"; do
	# shellcheck disable=SC2086
	silent 2 -o - $wrong vm.vhdx
done
silent 2 -o - --report ./out.txt --force vm.vhdx
mkdir folder
silent 2 -o - folder
rmdir folder
"$MKVM" --small --defect bitlocker bad.vhdx
silent 3 -o - bad.vhdx
rm bad.vhdx
cp whole.raw source.raw
before_raw=$(sum source.raw)
expect 2 bash -c '"$HVGEN2" convert -o - source.raw 1<>source.raw'
[ "$(sum source.raw)" = "$before_raw" ] || fail "the source was written"
rm source.raw
# A dry run shows the plan, on standard error.
"$HVGEN2" convert --esp-size 100M -n -o - vm.vhdx >out.txt 2>err.txt
[ ! -s out.txt ] && grep -q EFI err.txt || fail "a dry run: $(head -c 300 out.txt err.txt)"
expect_only vm.vhdx whole.raw

# A terminal; and a pipe that does not wait, full for a while.
python3 - <<'END'
import os, pty, subprocess, sys, time
program = os.environ["HVGEN2"]
master, slave = pty.openpty()
run = subprocess.run([program, "convert", "-o", "-", "--esp-size", "100M", "vm.vhdx"], stdout=slave, stderr=subprocess.PIPE)
assert run.returncode == 2 and b"terminal" in run.stderr, run
os.set_blocking(master, False)
try:
    sys.exit("a terminal gets %r" % os.read(master, 100))
except BlockingIOError:
    pass
read, write = os.pipe()
os.set_blocking(write, False)
run = subprocess.Popen([program, "convert", "-q", "-o", "-", "--esp-size", "100M", "vm.vhdx"], stdout=write)
os.close(write)
time.sleep(1)
with open("whole.raw", "rb") as whole, open(read, "rb") as stream:
    while piece := stream.read(1 << 20):
        assert piece == whole.read(len(piece))
    assert whole.read(1) == b""
assert run.wait() == 0
END

# A reader that goes away, and no room.
got=0
{ "$HVGEN2" convert --esp-size 100M -q -o - --nvram s.fd vm.vhdx 2>err.txt || echo $? >status; } | head -c 1M | cmp - <(head -c 1M whole.raw)
[ "$(cat status)" = 1 ] || fail "exit status $(cat status) without a reader"
grep -qx "hvgen2: 'standard output': the reader has gone after [0-9]* of [0-9]* bytes: Broken pipe" err.txt || fail "$(cat err.txt)"
[ "$(wc -l <err.txt)" -eq 1 ] || fail "$(cat err.txt)"
[ ! -e s.fd ] || fail "a store of half a disk"
rm status
"$HVGEN2" convert --esp-size 100M -q -o - vm.vhdx >/dev/full 2>err.txt || got=$?
[ "$got" -eq 1 ] || fail "exit status $got on a full device"
grep -q "^hvgen2: 'standard output': cannot write .*: No space left on device$" err.txt || fail "$(cat err.txt)"
expect_only vm.vhdx whole.raw
[ "$(sum vm.vhdx)" = "$before" ] || fail "the source was written"
