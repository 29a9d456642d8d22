#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A plan says of each VM what will become of it, how much room that takes and how much is missing where, and makes nothing; a
# run that has no room makes nothing either. An interrupted plan is gone on with.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

states() { "$HVGEN2" batch status "$1" --json | jq -r '.vms[] | "\(.name) \(.state)"' | tr '\n' ';'; }

mkdir in
"$MKVM" --small in/a.vhdx
"$MKVM" --small --defect bitlocker in/locked.vhdx
"$MKVM" --small in/torn.vhdx
truncate -s 3M in/torn.vhdx
expect 0 "$HVGEN2" batch plan state in --output-dir out
[ "$(states state)" = "a planned;locked refused;torn failed;" ] || fail "$(states state)"
grep -q "^locked .*refused \[bitlocker\]: .*decrypt it in the guest" out.txt || fail "$(cat out.txt)"
grep -q "^Room .* needed, .* free on the file system of '$PWD'" out.txt || fail "$(cat out.txt)"
grep -qE "^Time   [0-9]+ s, one at a time, at the .*/s that its file system has just taken$" out.txt || fail "$(cat out.txt)"
[ ! -e out ] || fail "a plan has made a folder"
[ "$(jq .needed state/vm/a.json)" -gt $((8 << 20)) ] || fail "needed: $(jq .needed state/vm/a.json)"
"$HVGEN2" batch status state --json >status.json
jq -e '.schema == 1 and (.vms | length == 3) and (.vms[1].refusal | has("id") and has("message") and has("advice"))
	and (.vms[0] | has("refusal") | not) and (.vms[0].attempts == 0)
	and (.vms[0].windows | startswith("Windows")) and ([.vms[] | has("linux")] | any | not) and (.vms[2] | has("windows") | not)' status.json >/dev/null || fail "$(cat status.json)"
[ "$(jq -r '.vms[0].output' status.json)" = "$PWD/out/a-gen2.vhdx" ] || fail "$(cat status.json)"

# Nothing can be converted.
expect 3 "$HVGEN2" batch plan refused in/locked.vhdx
expect 1 "$HVGEN2" batch plan failed in/torn.vhdx
expect 1 "$HVGEN2" batch run state
expect 3 "$HVGEN2" batch run refused
expect 1 "$HVGEN2" batch run failed
[ "$(states state)" = "a done;locked refused;torn failed;" ] || fail "$(states state)"
expect 3 "$HVGEN2" batch plan refused
# A refused one is looked at again when its source has changed.
"$MKVM" --small in/locked.vhdx
expect 0 "$HVGEN2" batch plan refused
expect 0 "$HVGEN2" batch run refused

# A table is as wide as what is shown of its names.
cp in/torn.vhdx 漢漢漢漢漢漢.vhdx
expect 1 "$HVGEN2" batch plan wide 漢漢漢漢漢漢.vhdx
"$HVGEN2" batch status wide >out.txt
grep -q '^漢漢漢漢漢漢  [-0-9]' out.txt || fail "a name of 12 columns: $(cat out.txt)"

# Interrupted, it goes on with what it was about.
"$HVGEN2" batch plan killed in/a.vhdx in/locked.vhdx --jobs 1 --output-dir killed.out >out.txt 2>&1 &
until [ -e killed/planning.json ]; do sleep 0.01; done
kill -KILL $!
wait $! || true
expect 0 "$HVGEN2" batch plan killed
[ "$(states killed)" = "a planned;locked planned;" ] || fail "after a kill: $(states killed)"
[ ! -e killed/planning.json ] || fail "it is still being planned"

# The last line is a summary, whatever happens.
expect 2 "$HVGEN2" batch run none --json
jq -e -s 'length == 1 and .[0].type == "summary" and .[0].exit_status == 2 and (.[0].error.message | test("is no batch yet"))' \
	out.txt >/dev/null || fail "$(cat out.txt)"

# A small file system.
mkdir small
unshare -m true 2>/dev/null || skip "no right to mount: how much is missing was not looked at"
cat >no_room.sh <<'END'
set -eu
mount -t tmpfs -o size=4M tmpfs small
"$HVGEN2" batch plan tight in/a.vhdx --output-dir small/out >out.txt 2>err.txt && exit 90
[ $? -eq 1 ] || exit 91
grep -q "'.*/small': .* MiB are missing on this file system: the outputs need up to .*, and .* are free" err.txt || exit 92
"$HVGEN2" batch run tight >out.txt 2>err.txt && exit 93
[ $? -eq 1 ] || exit 94
grep -q "are missing on this file system" err.txt || exit 95
"$HVGEN2" batch run tight --json >out.txt 2>err.txt && exit 97
[ $? -eq 1 ] || exit 98
jq -e -s 'last | .type == "summary" and .exit_status == 1 and (.error.message | test("are missing")) and .counts.planned == 1' \
	out.txt >/dev/null || exit 99
[ -z "$(ls -A small)" ] || exit 96
END
unshare -m sh no_room.sh || fail "no room: step $?: $(cat out.txt err.txt)"
[ "$(states tight)" = "a planned;" ] || fail "$(states tight)"
