#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A run makes what 'convert' makes, once; whatever else stands under a name stays; what has changed is redone only when told.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

state_of() { # STATE NAME
	"$HVGEN2" batch status "$1" --json | jq -r --arg name "$2" '.vms[] | select(.name == $name) | "\(.state) \(.refusal.id // "")"'
}
inodes() { stat -c '%n %i %Y %s' out/*; }

mkdir in
"$MKVM" --small in/a.vhdx
"$MKVM" --small --format vhd --windows 10 in/b.vhd
"$MKVM" --small --winre own in/c.vhdx
"$MKVM" --small --defect hibernated in/asleep.vhdx
expect 3 "$HVGEN2" batch run state in --output-dir out --jobs 2
grep -q "^3 done, 1 refused$" out.txt || fail "$(cat out.txt)"
grep -q "^asleep: refused \[hibernated\]: .*; .*" out.txt || fail "no advice: $(cat out.txt)"
grep -q "^a: started$" err.txt && grep -q "^a: done in " err.txt || fail "no line a change: $(cat err.txt)"
[ "$(ls -A out | wc -l)" -eq 9 ] || fail "made: $(ls -A out)"
for name in a b c; do
	[ "$(state_of state $name)" = "done " ] || fail "$name is $(state_of state $name)"
	mkdir single
	expect 0 "$HVGEN2" convert -q --output-dir single "$PWD/in/$name".vhd*
	cmp out/$name-gen2.vhdx single/$name-gen2.vhdx
	cmp out/$name-gen2.vmgs single/$name-gen2.vmgs
	sed "s|\"single/|\"$PWD/out/|" single/$name-gen2.report.json | cmp - out/$name-gen2.report.json
	rm -r single
done
before=$(inodes)
expect 3 "$HVGEN2" batch run state
[ "$(inodes)" = "$before" ] || fail "a rerun has written"
[ "$(ls state/attempt | wc -l)" -eq 3 ] || fail "a rerun has tried again"
[ -z "$(ls -A state/claim)" ] || fail "claims are left: $(ls -A state/claim)"
[ -z "$(find state -name '.*')" ] || fail "something is left: $(find state -name '.*')"

# What a kill leaves on its way to a name goes; what is not ours stays.
touch state/.planning.json.0123456789abcdef state/vm/.a.json.0123456789abcdef state/claim/.a.0123456789abcdef.new \
	state/claim/.a.b.0123456789abcdef.old state/.mine state/.a.0123456789abcdeg
mkdir -p out/work/0123456789abcdef
expect 3 "$HVGEN2" batch run state
[ "$(find state -name '.*' | sort | tr '\n' ' ')" = "state/.a.0123456789abcdeg state/.mine " ] || fail "$(find state -name '.*')"
[ -e out/work/0123456789abcdef ] || fail "the stage of another batch is gone"
rmdir out/work/0123456789abcdef out/work

# The state is lost: what stands there is as good as what would be made.
rm -r state
expect 3 "$HVGEN2" batch run state in --output-dir out
[ "$(inodes)" = "$before" ] || fail "what was equal was written again"
# A kill between two names.
rm out/a-gen2.vhdx out/b-gen2.vhdx out/b-gen2.report.json
rm -r state
expect 3 "$HVGEN2" batch run state in --output-dir out
[ "$(ls -A out | wc -l)" -eq 9 ] || fail "made: $(ls -A out)"

# Something else has the name.
rm -r state out
mkdir out
echo mine >out/a-gen2.vhdx
echo mine >out/c-gen2.vmgs
expect 1 "$HVGEN2" batch run state in --output-dir out
[ "$(state_of state a)$(state_of state b)$(state_of state c)" = "failed done failed " ] ||
	fail "a $(state_of state a), b $(state_of state b), c $(state_of state c)"
grep -q "^a: failed: '$PWD/out/a-gen2.vhdx' exists already and is another file" out.txt || fail "$(cat out.txt)"
[ "$(cat out/a-gen2.vhdx out/c-gen2.vmgs)" = $'mine\nmine' ] || fail "it was replaced"
[ ! -e out/c-gen2.vhdx ] || fail "a disk without its store"
[ ! -e out/work ] || fail "the work is left"
rm out/c-gen2.vmgs
expect 1 "$HVGEN2" batch run state
grep -q "^a: failed: '$PWD/out/a-gen2.vhdx' exists already and is another file" out.txt || fail "$(cat out.txt)"
jq -r '"\(.name) \(.seconds < 0.3)"' state/attempt/*.json | grep -q "^a true$" || fail "it was converted once more, for nothing"
[ "$(state_of state c)" = "done " ] || fail "c is $(state_of state c)"
expect 3 "$HVGEN2" batch run state --force
[ "$(state_of state a)" = "done " ] || fail "a is $(state_of state a)"
cmp -s out/a-gen2.vhdx <(echo mine) && fail "--force has not replaced it"

# The source has changed since.
before=$(inodes)
touch in/a.vhdx
expect 3 "$HVGEN2" batch run state
[ "$(state_of state a)" = "refused output-exists" ] || fail "a is $(state_of state a)"
[ "$(inodes)" = "$before" ] || fail "an old result was touched"
expect 3 "$HVGEN2" batch run state --force
[ "$(state_of state a)" = "done " ] || fail "a is $(state_of state a)"
[ "$(inodes | grep -v '/a-')" = "$(grep -v '/a-' <<<"$before")" ] || fail "--force has redone what had not changed"
mkdir again
expect 0 "$HVGEN2" convert -q --output-dir again in/a.vhdx
cmp again/a-gen2.vhdx out/a-gen2.vhdx

# Moved away by its owner, it is done; gone on the way to the host, so is the source.
rm out/b-gen2.* in/b.vhd
expect 3 "$HVGEN2" batch run state
[ "$(state_of state b)" = "done " ] || fail "b is $(state_of state b)"

# For programs.
rm -r state out
expect 3 "$HVGEN2" batch run state in --output-dir out --json --verify
jq -e -s 'all(.schema == 1) and (map(.type) | index("plan") == 0) and (last.type == "summary") and
	(last.exit_status == 3) and (last.counts.verified == 2) and all(.[]; .type | IN("plan", "start", "progress", "end", "summary"))' \
	out.txt >/dev/null || fail "$(cat out.txt)"
jq -e -s '[.[] | select(.type == "end")] | length == 2 and all(.state == "verified" and has("vm") and has("done") and has("total")
	and has("seconds"))' out.txt >/dev/null || fail "$(cat out.txt)"
[ "$(state_of state a)" = "verified " ] || fail "a is $(state_of state a)"
expect 0 "$HVGEN2" batch report state
grep -q "^  State    verified in " out.txt || fail "$(cat out.txt)"
expect 0 "$HVGEN2" batch report state --json
jq -e '.schema == 1 and (.vms[0].attempts[0].state == "verified") and (.vms[1].refusal.id == "hibernated")' out.txt >/dev/null ||
	fail "$(cat out.txt)"

# A result that does not verify: another byte of the ESP, in a stage that nobody looks at twice.
rm -r state out
"$MKVM" --small in/b.vhdx
rm in/c.vhdx in/asleep.vhdx
printf '#!/bin/sh\nexit 1\n' >fsck.fat
chmod +x fsck.fat
PATH=$PWD:$PATH expect 1 "$HVGEN2" batch run state in --output-dir out --verify
[ "$(state_of state a)" = "failed " ] || fail "a is $(state_of state a)"
grep -q "^a: failed: made, and 'hvgen2 verify' does not find it good: esp" out.txt || fail "$(cat out.txt)"
rm fsck.fat
expect 0 "$HVGEN2" batch run state --verify
[ "$(state_of state a)" = "verified " ] || fail "a is $(state_of state a)"

# Its own folder is not needed; a child finds its parent from where it is.
cat >list.csv <<'END'
path,name,format
in/a.vhdx,child,differencing
END
expect 0 "$HVGEN2" batch run children --list list.csv --output-dir kids --verify
expect 0 "$HVGEN2" verify --no-guestfs --parent-dir in kids/child-gen2.vhdx
mkdir kid
expect 0 "$HVGEN2" convert -q --format differencing -o kid/child-gen2.vhdx in/a.vhdx
cmp kids/child-gen2.vhdx kid/child-gen2.vhdx
exit 0

# What is verified finds the parents that the conversion was shown.
mkdir base leaf
"$MKVM" --small base/base.vhdx
"$MKCHILD" base/base.vhdx leaf/leaf.avhdx
printf 'path,name,format,parent-dir\nleaf/leaf.avhdx,child,differencing,base\n' >list.csv
mv base elsewhere && sed -i s/base/elsewhere/ list.csv
expect 0 "$HVGEN2" batch run parents --list list.csv --verify --output-dir parents.out
grep -q "^1 verified$" out.txt || fail "$(cat out.txt)"

# What 'verify' cannot read is done, and no more.
printf 'path,name,format\nelsewhere/base.vhdx,plain,qcow2\n' >list.csv
expect 0 "$HVGEN2" batch run qcow2 --list list.csv --verify --output-dir qcow2.out
grep -q "^1 done$" out.txt || fail "$(cat out.txt)"
