#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# batch_hosts.sh SIZE: two hosts, as an engine would see them: with names, process numbers and mounts of their own. One is killed in the
# middle of a VM of this size; the other finishes everything, by the lease alone, for of processes elsewhere nothing is known.
. "$(dirname "$0")/lib.sh"
need mkntfs jq unshare
unshare --pid --fork --uts --mount --mount-proc true 2>/dev/null || skip "no right to make namespaces"

mkdir in
"$MKVM" --small --size 8G --pagefile "$1" in/large.vhdx
"$MKVM" --small in/a.vhdx
for name in b c d; do cp -p in/a.vhdx in/$name.vhdx; done
expect 0 "$HVGEN2" convert -q -o large.vhdx in/large.vhdx
expect 0 "$HVGEN2" convert -q -o small.vhdx in/a.vhdx

# The first process of its space: with it all others of the host are gone.
host() { # NAME ARGUMENT...
	local name=$1
	shift
	exec unshare --pid --fork --kill-child --uts --mount --mount-proc \
		sh -c 'hostname "$0" && exec "$@"' "$name" "$HVGEN2" batch run "$PWD/state" "$@"
}

expect 0 "$HVGEN2" batch plan state in --output-dir out
(host first --jobs 1 --lease 3 >first.txt 2>&1) &
first=$!
until [ -n "$(find out/work -name '.disk*' -size +8M 2>/dev/null)" ]; do
	sleep 0.02
	kill -0 $first 2>/dev/null || fail "it has ended: $(cat first.txt)"
done
kill -KILL $first
wait $first 2>/dev/null || true
[ "$("$HVGEN2" batch status state --json | jq -r '.vms[] | select(.name == "large") | .host')" = first ] ||
	fail "nobody is said to work on it: $("$HVGEN2" batch status state)"
[ ! -e out/large-gen2.vhdx ] || fail "it was too fast"
SECONDS=0
(host second --jobs 2 --lease 3 >second.txt 2>&1) || fail "$(cat second.txt)"
[ $SECONDS -ge 2 ] || fail "it did not wait for the lease of the other"
cmp large.vhdx out/large-gen2.vhdx
for name in a b c d; do cmp small.vhdx out/$name-gen2.vhdx; done
[ "$("$HVGEN2" batch status state --json | jq -r '[.vms[].state] | unique[]')" = done ] || fail "$("$HVGEN2" batch status state)"
[ "$(jq -r .host state/attempt/large.*.json | sort | tr '\n' ' ')" = "first second " ] || fail "who has done it?"
[ ! -e out/work ] || fail "the work is left: $(find out/work)"
[ -z "$(ls -A state/claim)" ] || fail "a claim is left"

# Both at once: every VM is done by one of them.
rm -r state out
expect 0 "$HVGEN2" batch plan state in --output-dir out
(host first --jobs 1 >first.txt 2>&1) &
(host second --jobs 1 >second.txt 2>&1) || fail "$(cat second.txt)"
wait || fail "$(cat first.txt)"
[ "$(ls state/attempt | wc -l)" -eq 5 ] || fail "something was done twice: $(ls state/attempt)"
[ "$(jq -r .host state/attempt/*.json | sort -u | wc -l)" -eq 2 ] || fail "one has done it all"
cmp large.vhdx out/large-gen2.vhdx
