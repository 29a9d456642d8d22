#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --force replaces all outputs of a VM or none, whatever fails and whoever is killed in the middle, and says so; it makes again
# what is missing, but not what was moved away with its source. Without it nothing is made beside what is in the way.
. "$(dirname "$0")/lib.sh"
need mkntfs jq strace pgrep

state_of() { "$HVGEN2" batch status s --json | jq -r --arg name "$1" '.vms[] | select(.name == $name) | "\(.state) \(.refusal.id // "")"'; }
message_of() { "$HVGEN2" batch status s --json | jq -r --arg name "$1" '.vms[] | select(.name == $name) | .error.message'; }
traced() { # INJECTION ARGUMENT...
	strace -f -o trace.txt -e trace=link,rename -e inject="$1" "$HVGEN2" "${@:2}"
}

# An old set, and a source that has changed since.
"$MKVM" --small d.vhdx
expect 0 "$HVGEN2" batch run s d.vhdx --output-dir o
cp -rp o old
"$MKVM" --small --seed 7 d.vhdx
mkdir new
expect 0 "$HVGEN2" convert -q --output-dir new "$PWD/d.vhdx"
expect 3 "$HVGEN2" batch run s
cp -rp s s.before
is_old() {
	[ "$(ls -A o)" = "$(ls -A old)" ] || fail "$1: left: $(ls -AR o)"
	local file
	for file in old/*; do cmp "$file" "o/${file#old/}" || fail "$1: a mixture"; done
}
is_new() {
	[ "$(ls -A o)" = "$(ls -A new)" ] || fail "$1: left: $(ls -AR o)"
	cmp o/d-gen2.vhdx new/d-gen2.vhdx && cmp o/d-gen2.vmgs new/d-gen2.vmgs || fail "$1: a mixture"
	cmp -s o/d-gen2.report.json old/d-gen2.report.json && fail "$1: the old report"
	[ "$(state_of d)" = "done " ] || fail "$1: $(state_of d)"
}
again() {
	rm -rf s o
	cp -rp s.before s
	cp -rp old o
}

# A call that fails: of those that set the three old files aside, and of those that replace them. It is said, and stays said.
for call in link:3 rename:3; do
	expect 1 traced "${call%:*}:error=EIO:when=${call#*:}" batch run s --force
	grep -q "^d: failed: '$PWD/o/d-gen2[.].*': cannot be replaced: Input/output error$" out.txt || fail "$call: $(cat out.txt)"
	is_old "$call"
	[ "$(state_of d)" = "failed " ] || fail "$call: $(state_of d)"
	expect 1 "$HVGEN2" batch run s
	is_old "$call"
done
# One that cannot be replaced, from the start.
rm o/d-gen2.vmgs
mkdir o/d-gen2.vmgs
expect 1 "$HVGEN2" batch run s --force
cmp o/d-gen2.vhdx old/d-gen2.vhdx && cmp o/d-gen2.report.json old/d-gen2.report.json || fail "a mixture"
again

# Whoever gives the names is killed: what he has replaced is put back by the run itself.
expect 1 traced link:signal=KILL:when=6 batch run s --force
grep -q "^d: failed: .*signal 9" out.txt || fail "$(cat out.txt)"
is_old "killed before the last one"

# So is the run, and whoever comes later does it. What is kept meanwhile no sweep removes, and status says how it is.
is_at() { # CALL
	local stage
	stage=$(echo o/work/*)
	case $1 in
	rename:1) [ o/d-gen2.vmgs -ef "$stage/store" ] ;;
	rename:2) [ o/d-gen2.report.json -ef "$stage/report" ] ;;
	rename:3) [ o/d-gen2.vhdx -ef "$stage/disk" ] ;;
	esac
}
kill_in_the_middle() { # CALL
	local i run tracer
	again
	strace -f -o trace.txt -e trace=link,rename -e inject="${1%:*}:delay_exit=1500000:when=${1#*:}" "$HVGEN2" batch run s --force \
		>out.txt 2>err.txt &
	tracer=$!
	for ((i = 0; i < 400; i++)); do
		run=$(pgrep -P $tracer || true)
		! is_at "$1" || break
		sleep 0.02
	done
	is_at "$1" || fail "it does not come to $1: $(cat err.txt)"
	# shellcheck disable=SC2046 # words
	kill -KILL "$run" $(pgrep -P "$run" || true) 2>/dev/null || true
	wait $tracer 2>/dev/null || true
	[ "$(state_of d)" = "interrupted " ] || fail "$1: $(state_of d)"
	message_of d | grep -q "the others of these are in '$PWD/o/work/" || fail "$1: $(message_of d)"
	expect 0 "$HVGEN2" batch plan s
}
kill_in_the_middle rename:1
expect 1 "$HVGEN2" batch run s
is_old "run"
[ "$(state_of d)" = "failed " ] || fail "$(state_of d)"
message_of d | grep -q "the old ones are back" || fail "$(message_of d)"
expect 1 "$HVGEN2" batch run s
is_old "run again"
expect 0 "$HVGEN2" batch run s --force
is_new "run --force, then"
kill_in_the_middle rename:2
expect 0 "$HVGEN2" batch run s --force
is_new "run --force at once"
# A run that is killed while it puts them back.
kill_in_the_middle rename:3
traced rename:signal=KILL:when=3 batch run s >out.txt 2>err.txt || true
"$HVGEN2" batch run s >out.txt 2>err.txt || true
is_old "killed twice"
# Somebody has put another file in a place meanwhile: it stays, and so does the old one.
kill_in_the_middle rename:3
rm o/d-gen2.vhdx
echo mine >o/d-gen2.vhdx
expect 1 "$HVGEN2" batch run s
message_of d | grep -q "'$PWD/o/d-gen2.vhdx' is neither what it was nor what was to replace it: what it was is '$PWD/o/work/" ||
	fail "$(message_of d)"
[ "$(cat o/d-gen2.vhdx)" = mine ] && cmp o/work/*/disk.old old/d-gen2.vhdx || fail "something is lost"
rm o/d-gen2.vhdx
expect 1 "$HVGEN2" batch run s
is_old "run when it is gone"

# All names are looked at before the first is given.
rm -r s o
mkdir o
echo mine >o/d-gen2.vhdx
expect 1 "$HVGEN2" batch run s d.vhdx --output-dir o
[ "$(ls -A o)" = d-gen2.vhdx ] || fail "made beside what is in the way: $(ls -A o)"
rm o/d-gen2.vhdx

# Any output that is gone is made again when told, and with it the set.
expect 0 "$HVGEN2" batch run s
for file in vmgs report.json; do
	rm "o/d-gen2.$file"
	"$HVGEN2" batch status s --json | jq -e '.vms[0].output_missing' >/dev/null || fail "nothing is missing"
	expect 0 "$HVGEN2" batch run s --force
	is_new "without $file"
done

# Not what was moved to its host, with its source, for the sake of another one.
"$MKVM" --small e.vhdx
expect 0 "$HVGEN2" batch run s e.vhdx
mkdir host
mv o/d-gen2.* host
rm d.vhdx
touch e.vhdx
expect 0 "$HVGEN2" batch run s --force
[ "$(state_of d)$(state_of e)" = "done done " ] || fail "d $(state_of d), e $(state_of e)"
[ "$(ls -A o | wc -l)" -eq 3 ] || fail "made: $(ls -A o)"
