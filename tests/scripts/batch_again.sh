#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is done is looked at again: by --verify, once and again when it has changed; and what is gone is told, and made again
# when told.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

state_of() { "$HVGEN2" batch status state --json | jq -r --arg name "$1" '.vms[] | select(.name == $name) | "\(.state) \(.output_missing // "")"'; }
attempts() { ls state/attempt | wc -l; }

mkdir in
"$MKVM" --small in/a.vhdx
"$MKVM" --small --windows 10 in/b.vhdx
expect 0 "$HVGEN2" batch run state in --output-dir out
before=$(stat -c '%n %i %y' out/*)
expect 0 "$HVGEN2" batch run state --verify --jobs 2
grep -q "^2 verified$" out.txt || fail "$(cat out.txt)"
[ "$(state_of a)$(state_of b)" = "verified verified " ] || fail "a $(state_of a), b $(state_of b)"
[ "$(stat -c '%n %i %y' out/*)" = "$before" ] || fail "it was made again"
[ "$(attempts)" -eq 4 ] || fail "$(attempts) attempts"
expect 0 "$HVGEN2" batch run state --verify
[ "$(attempts)" -eq 4 ] || fail "what was verified was verified again"

# It has changed since: once verified again, and found good or not.
touch out/a-gen2.vhdx
expect 0 "$HVGEN2" batch run state --verify
[ "$(attempts)" -eq 5 ] || fail "what has changed was not looked at: $(attempts) attempts"
cp --sparse=always out/a-gen2.vhdx a.vhdx
truncate -s 4M out/a-gen2.vhdx
expect 1 "$HVGEN2" batch run state --verify
grep -q "^1 verified, 1 failed$" out.txt || fail "$(cat out.txt)"
grep -q "^a: failed: " out.txt || fail "$(cat out.txt)"
[ "$(state_of a)" = "failed " ] || fail "a is $(state_of a)"
[ "$(stat -c %s out/a-gen2.vhdx)" -eq $((4 << 20)) ] || fail "it was replaced"
expect 1 "$HVGEN2" batch run state --json
jq -e -s 'map(select(.vm == "a" and .type == "end")) | length == 1 and .[0].state == "failed" and .[0].done < .[0].total' out.txt \
	>/dev/null || fail "$(cat out.txt)"
cp --sparse=always a.vhdx out/a-gen2.vhdx
expect 0 "$HVGEN2" batch run state --verify
[ "$(state_of a)" = "verified " ] || fail "a is $(state_of a)"

# For programs: it says that it begins, and how it ended.
touch out/b-gen2.vhdx
expect 0 "$HVGEN2" batch run state --verify --json
jq -e -s 'map(select(.vm == "b" and (.type == "start" or .type == "end"))) | length == 2 and .[1].state == "verified"' out.txt >/dev/null ||
	fail "$(cat out.txt)"

# Moved to a host: done all the same, which is said; made again when told, and only then.
mkdir host
mv out/b-gen2.* host
rm out/a-gen2.vmgs
expect 0 "$HVGEN2" batch run state --verify
grep -q "^outputs of 2 are no longer there$" out.txt || fail "$(cat out.txt)"
[ "$(state_of b)" = "verified true" ] || fail "b is $(state_of b)"
[ "$(state_of a)" = "verified true" ] || fail "a is $(state_of a)"
expect 0 "$HVGEN2" batch status state
grep -q "^b .*verified, outputs missing" out.txt || fail "$(cat out.txt)"
grep -q "^outputs of 2 are no longer there$" out.txt || fail "$(cat out.txt)"
expect 0 "$HVGEN2" batch plan state
grep -q "^b .*verified, outputs missing" out.txt || fail "$(cat out.txt)"
[ ! -e out/b-gen2.vhdx ] || fail "it was made without being told"
expect 0 "$HVGEN2" batch run state --force --json
jq -e -s 'last.counts.output_missing == 0' out.txt >/dev/null || fail "$(cat out.txt)"
for file in host/*; do
	cmp "$file" "out/${file#host/}"
done
[ -s out/a-gen2.vmgs ] || fail "a store that is gone was not made again"
