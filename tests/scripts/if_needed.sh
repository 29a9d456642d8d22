#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# convert --if-needed: what is there already, whole and of the same source and options, is no error and stays as it is; anything
# else that is there is refused, and told apart. What killed runs have left is removed, what live ones have is not.
. "$(dirname "$0")/lib.sh"
need mkntfs python3

outputs() { stat -c '%n %i %s %Y %Z' o.* | sort; }
again() { # ARGUMENT...: exit 0, one line, nothing changed
	outputs >before
	expect 0 "$HVGEN2" convert --if-needed "$@"
	[ "$(wc -l <out.txt)" -eq 1 ] && grep -q "is there already.*nothing was written" out.txt || fail "$*: $(cat out.txt)"
	[ ! -s err.txt ] || fail "$*: $(cat err.txt)"
	outputs | cmp -s - before || fail "$*: something was written"
}
refused() { # TEXT ARGUMENT...: output-exists, which says so, nothing changed
	local text=$1
	shift
	outputs >before
	expect 3 "$HVGEN2" convert --if-needed "$@"
	grep -q "^hvgen2: refused \[output-exists\]: .*$text.*; choose another name for it, or replace it with --force$" err.txt ||
		fail "not '$text': $(cat err.txt)"
	outputs | cmp -s - before || fail "$*: something was written"
}

"$MKVM" --small --size 1G --block-size 1M vm.vhdx
cp --preserve=timestamps vm.vhdx copy.vhdx

# Every format: made when it is not there, and found when it is.
for disk in o.vhdx o.vhd o.raw; do
	expect 0 "$HVGEN2" convert -q --if-needed -o $disk vm.vhdx
	again -o $disk vm.vhdx
	rm o.*
done
expect 0 "$HVGEN2" convert -q --layout end --format differencing -o sub.vhdx vm.vhdx
mkdir sub
rm sub.*
expect 0 "$HVGEN2" convert -q --if-needed --format differencing -o sub/o.vhdx vm.vhdx
expect 0 "$HVGEN2" convert --if-needed --format differencing -o sub/o.vhdx vm.vhdx
grep -q "nothing was written" out.txt || fail "a child: $(cat out.txt)"
rm -r sub

# From another folder, and a copy of the source; as JSON; in a dry run; without a store.
expect 0 "$HVGEN2" convert -q -o o.vhdx vm.vhdx
again -o "$PWD/o.vhdx" ./vm.vhdx
again -o o.vhdx copy.vhdx
again -n -o o.vhdx vm.vhdx
expect 0 "$HVGEN2" convert --if-needed --json -o o.vhdx vm.vhdx
cmp out.txt o.report.json
expect 0 "$HVGEN2" convert --if-needed -q -o o.vhdx vm.vhdx
[ ! -s out.txt ] || fail "not quiet"
again -o o.vhdx --nvram o.vmgs --report o.report.json vm.vhdx

# Other options, another source, another state of it.
refused "made with other options" -o o.vhdx --esp-size 300M vm.vhdx
refused "made with other options" -o o.vhdx --layout end vm.vhdx
refused "made with other options" -o o.vhdx --format fixed vm.vhdx
"$MKVM" --small --size 1100M --block-size 1M other.vhdx
refused "of another source" -o o.vhdx other.vhdx
touch vm.vhdx
refused "of this source in another state (it was written since)" -o o.vhdx vm.vhdx
refused "of this source in another state (it was written since)" -n -o o.vhdx vm.vhdx

# What is there was changed.
cp o.vmgs good.vmgs
expect 0 "$HVGEN2" nvram add-network --adapter 12345678-1234-1234-1234-123456789abc o.vmgs
refused "'o.vmgs' exists already, and was changed since" -o o.vhdx copy.vhdx
mv good.vmgs o.vmgs
cp o.report.json good.json
echo '{}' >o.report.json
refused "'o.report.json' exists already, and is of another source" -o o.vhdx copy.vhdx
echo no >o.report.json
refused "'o.report.json' exists already, and is no report" -o o.vhdx copy.vhdx
mv good.json o.report.json
cp o.vhdx good.vhdx
truncate -s 5M o.vhdx
refused "'o.vhdx' exists already, but cannot be read\|'o.vhdx' exists already, and was written since" -o o.vhdx copy.vhdx
mv good.vhdx o.vhdx
# A raw disk has no GUID of its state: its ESP says that somebody ran it.
expect 0 "$HVGEN2" convert -q -f -o r.raw copy.vhdx
at=$(python3 -c "
d = open('r.raw', 'rb').read(400 << 20)
print(d.find(b'BOOTSTAT'))")
[ "$at" -gt 0 ] || fail "no ESP"
printf X | dd of=r.raw bs=1 seek="$((at + 11))" conv=notrunc status=none
mv r.raw o.raw
expect 3 "$HVGEN2" convert --if-needed -o o.raw --nvram r.vmgs --report r.report.json copy.vhdx
grep -q "'o.raw' exists already, and was written since" err.txt || fail "$(cat err.txt)"
rm r.* o.raw

# Some are there.
mv o.vmgs kept
refused "'o.vhdx' exists already, but 'o.vmgs' is missing" -o o.vhdx copy.vhdx
rm o.report.json
refused "'o.vhdx' exists already, but 'o.vmgs' and 'o.report.json' are missing" -o o.vhdx copy.vhdx
rm kept o.*

# Not for these.
for wrong in --force --random-guids "--stage ." "-o o.qcow2" "-o -"; do
	# shellcheck disable=SC2086
	expect 2 "$HVGEN2" convert --if-needed $wrong copy.vhdx
	grep -q -e --if-needed err.txt || fail "$(cat err.txt)"
done
mkdir export
expect 2 "$HVGEN2" convert --if-needed export
rmdir export

# Left by killed runs: of the same outputs removed, of others named, old files named; what is locked is of a live run.
touch .o.vhdx.hvgen2-abcdef .o.vmgs.hvgen2-uvwxyz .p.vhdx.hvgen2-abcdef .o.report.json.hvgen2-old-abcdef .o.vhdx.hvgen2-live12 .o.vhdx.hvgen2-toolong
ln -s vm.vhdx .o.vhdx.hvgen2-a-link
exec 9<>.o.vhdx.hvgen2-live12
flock -x 9
expect 0 "$HVGEN2" convert -q --if-needed -n -o o.vhdx copy.vhdx
[ -e .o.vhdx.hvgen2-abcdef ] || fail "a dry run removes something"
expect 0 "$HVGEN2" convert -q --if-needed -o o.vhdx copy.vhdx
[ "$(grep -c '^hvgen2: warning: .*removed: a run that was killed' err.txt)" -eq 2 ] || fail "$(cat err.txt)"
grep -q "'.p.vhdx.hvgen2-abcdef': a run for another output" err.txt || fail "$(cat err.txt)"
grep -q "'.o.report.json.hvgen2-old-abcdef': .* only copy" err.txt || fail "$(cat err.txt)"
[ "$(wc -l <err.txt)" -eq 4 ] || fail "$(cat err.txt)"
exec 9>&-
expect_only vm.vhdx copy.vhdx other.vhdx before o.vhdx o.vmgs o.report.json .p.vhdx.hvgen2-abcdef .o.vhdx.hvgen2-live12 \
	.o.report.json.hvgen2-old-abcdef .o.vhdx.hvgen2-toolong .o.vhdx.hvgen2-a-link
