#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A record that is torn, of another version or gone is named, with its path and what to do; all other VMs go on. What an
# interrupted plan was about is there as well.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

states() { "$HVGEN2" batch status state --json | jq -r '.vms[] | "\(.name) \(.state)"' | tr '\n' ';'; }

mkdir in
"$MKVM" --small in/a.vhdx
cp --sparse=always in/a.vhdx in/b.vhdx
expect 0 "$HVGEN2" batch plan state in/a.vhdx in/b.vhdx --output-dir out

# A VM that nobody has planned yet.
cp state/vm/a.json a.json
cp state/vm/b.json b.json
jq '{schema: 1, drafts: [del(.verdict), (del(.verdict) | .name = "b")]}' a.json >state/planning.json
rm state/vm/a.json
[ "$(states)" = "b planned;a unplanned;" ] || fail "$(states)"
"$HVGEN2" batch status state --json >out.txt
jq -e '.counts.unplanned == 1 and .counts.planned == 1' out.txt >/dev/null || fail "$(cat out.txt)"
expect 0 "$HVGEN2" batch status state
grep -q "^a  *-  *unplanned$" out.txt && grep -q "^1 planned, 1 unplanned$" out.txt || fail "$(cat out.txt)"
expect 0 "$HVGEN2" batch report state --json
jq -e '.vms | length == 2' out.txt >/dev/null || fail "$(cat out.txt)"
expect 0 "$HVGEN2" batch plan state
[ "$(states)" = "a planned;b planned;" ] || fail "$(states)"

# A plan that cannot be read: the other one is made.
told() { grep -qF "'$PWD/state/$1': " err.txt && grep -q "$2" err.txt || fail "not told of $1: $(cat err.txt)"; }
for damage in 'head -c 100 a.json' 'jq .schema=2 a.json' 'echo {}' 'echo [1]' 'jq del(.path) a.json' 'true'; do
	$damage >state/vm/a.json
	rm -rf out
	for action in "run state in" "run state --force" "plan state" "status state" "report state"; do
		# shellcheck disable=SC2086 # words
		expect 1 "$HVGEN2" batch $action
		told vm/a.json "remove it and plan its disk again"
	done
	expect 1 "$HVGEN2" batch status state --json
	jq -e '(.damaged | length == 1) and (.vms | length == 1)' out.txt >/dev/null || fail "$(cat out.txt)"
	[ ! -e out/a-gen2.vhdx ] || fail "what nobody can read was made"
done
[ "$(states)" = "b done;" ] || fail "$(states)"
rm state/vm/a.json
expect 0 "$HVGEN2" batch run state in/a.vhdx --force
[ "$(states)" = "a done;b done;" ] || fail "$(states)"

# Attempts of another version do not count; folders that are gone are made again.
for attempt in state/attempt/a.*.json; do
	jq .schema=2 "$attempt" >attempt.json
	mv attempt.json "$attempt"
done
expect 1 "$HVGEN2" batch status state
told "${attempt#state/}" "remove it"
rm -r state/claim state/attempt
expect 0 "$HVGEN2" batch run state
[ "$(states)" = "a done;b done;" ] || fail "$(states)"
echo '{' >state/planning.json
expect 1 "$HVGEN2" batch status state
told planning.json "remove it and plan again with all inputs"
rm state/planning.json
rmdir state/claim
echo >state/claim
expect 1 "$HVGEN2" batch status state
grep -qF "'$PWD/state'" err.txt && grep -q claim err.txt || fail "$(cat err.txt)"
rm state/claim
echo '{' >state/batch.json
expect 1 "$HVGEN2" batch status state
grep -qF "'$PWD/state'" err.txt && grep -q batch.json err.txt || fail "$(cat err.txt)"
