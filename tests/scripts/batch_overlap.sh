#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# No output is ever a file that the batch reads, whatever it is called and by which name it is reached: nothing is planned
# then, and --force replaces nothing. What the batch has made itself is no input.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

mkdir t
"$MKVM" --small t/a.vhdx
"$MKVM" --small --windows 10 t/b.vhdx
cksum t/*.vhdx >before.txt
kept() { cksum t/*.vhdx | cmp -s - before.txt || fail "a source was replaced: $*"; }

# Nothing is planned, both are named, and neither plan nor run nor --force touches them.
overlaps() { # OUTPUT SOURCE READ ARGUMENT...
	local output=$1 source=$2 read=$3 action
	shift 3
	for action in "plan s" "run s" "run s --force"; do
		# shellcheck disable=SC2086 # words
		expect 2 "$HVGEN2" batch $action "$@"
		grep -qF "'$PWD/$output' would be an output of '$PWD/$source', and it is what '$PWD/$read' is read from" err.txt ||
			fail "not told: $(cat err.txt)"
		[ ! -e s ] || fail "something was planned: $*"
	done
	kept "$@"
}

# A source that is called as an output of another one would be.
mkdir i
cp --sparse=always t/a.vhdx i/web.vhdx
cp --sparse=always t/b.vhdx i/web-gen2.vhdx
cksum i/* >i.txt
overlaps i/web-gen2.vhdx i/web.vhdx i/web-gen2.vhdx i --output-dir i
overlaps i/web-gen2.vhdx i/web.vhdx i/web-gen2.vhdx i/web.vhdx i/web-gen2.vhdx --output-dir i
# Which comes later, for an output that is not made yet.
expect 0 "$HVGEN2" batch plan later i/web.vhdx --output-dir i
expect 2 "$HVGEN2" batch run later i --force
cksum i/* | cmp -s - i.txt || fail "a source was replaced"
# Elsewhere they are two VMs.
expect 0 "$HVGEN2" batch run both i --output-dir both.out
[ "$(jq -r .state both/attempt/*.json | tr '\n' ' ')" = "done done " ] || fail "not both were made"

# A list that names a source: absolute, in other letters where nobody has that file, by a link, by its other name.
row() { printf 'path,output\nt/a.vhdx,%s\n' "$1" >list.csv; }
row "$PWD/t/b.vhdx"
overlaps t/b.vhdx t/a.vhdx t/b.vhdx --list list.csv t/b.vhdx --output-dir o
row "$PWD/t/B.VHDX"
overlaps t/B.VHDX t/a.vhdx t/b.vhdx --list list.csv t/b.vhdx --output-dir o
ln -s "$PWD/t" link
row "$PWD/link/b.vhdx"
overlaps t/b.vhdx t/a.vhdx t/b.vhdx --list list.csv t/b.vhdx --output-dir o
ln t/b.vhdx other.vhdx
row "$PWD/other.vhdx"
overlaps other.vhdx t/a.vhdx t/b.vhdx --list list.csv t/b.vhdx --output-dir o
rm other.vhdx
row "$PWD/t/a.vhdx"
overlaps t/a.vhdx t/a.vhdx t/a.vhdx --list list.csv --output-dir o
ln t/b.vhdx other.vmgs
printf 'path,nvram\nt/a.vhdx,%s\n' "$PWD/other.vmgs" >list.csv
overlaps other.vmgs t/a.vhdx t/b.vhdx --list list.csv t/b.vhdx --output-dir o
mv other.vmgs other.json
printf 'path,report\nt/a.vhdx,%s\n' "$PWD/other.json" >list.csv
overlaps other.json t/a.vhdx t/b.vhdx --list list.csv t/b.vhdx --output-dir o
rm other.json

# The parent of an input.
expect 0 "$HVGEN2" convert -q --format differencing --nvram none --report r.json -o t/child.vhdx t/a.vhdx
cksum t/*.vhdx >before.txt
printf 'path,output\nt/b.vhdx,%s\n' "$PWD/t/a.vhdx" >list.csv
overlaps t/a.vhdx t/b.vhdx t/child.vhdx --list list.csv t/child.vhdx

# What the batch has made is left out of its folder, without a word; named, with one; and what is by its report such a one too.
mkdir again
cp --sparse=always t/a.vhdx again/a.vhdx
expect 0 "$HVGEN2" batch run mine again --output-dir again
expect 0 "$HVGEN2" batch run mine again --output-dir again
! grep "hvgen2: " err.txt || fail "a word too much"
expect 0 "$HVGEN2" batch run mine again/*.vhdx
grep -qF "'$PWD/again/a-gen2.vhdx' is an output of this batch, and no input" err.txt || fail "$(cat err.txt)"
rm -r mine
expect 0 "$HVGEN2" batch run mine again --output-dir again
grep -qF "'$PWD/again/a-gen2.vhdx' is by its report what a conversion has made, and no input" err.txt || fail "$(cat err.txt)"
[ "$(ls mine/vm)" = a.json ] || fail "planned: $(ls mine/vm)"
# But not what has taken its place.
rm -r mine again/a-gen2.report.json
cp --sparse=always t/b.vhdx again/a-gen2.vhdx
expect 2 "$HVGEN2" batch run mine again --output-dir again --force
cmp -s t/b.vhdx again/a-gen2.vhdx || fail "a disk was replaced"
