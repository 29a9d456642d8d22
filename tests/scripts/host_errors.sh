#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What this host lacks is a failure, whatever was being read when it lacked; and a boot file that FAT cannot hold costs itself.
. "$(dirname "$0")/lib.sh"
need jq mkntfs perl

"$MKVM" --small --size 1G --block-size 1M vm.vhdx
expect 0 "$HVGEN2" inspect --json vm.vhdx
mv out.txt whole.json
same() { cmp <(jq 'del(.seconds)' out.txt) <(jq 'del(.seconds)' whole.json); }
succeeded=0
for files in 5 6 7 8 9 10 12 16 24 40; do
	status=0
	(
		ulimit -n "$files"
		exec "$HVGEN2" inspect --json vm.vhdx
	) >out.txt 2>err.txt || status=$?
	[ $status -eq 0 ] || [ $status -eq 1 ] || fail "$files open files: exit status $status: $(cat err.txt)"
	[ $status -eq 1 ] || same || fail "$files open files: another result"
	[ $status -eq 1 ] || succeeded=$((succeeded + 1))
done
[ $succeeded -gt 0 ] || fail "40 open files are not enough"

# Memory that runs out.
if [[ $(ldd "$HVGEN2") != *asan* ]]; then
	for size in 30000 40000 50000 60000 80000 120000; do
		status=0
		(
			ulimit -v "$size"
			exec "$HVGEN2" inspect --json vm.vhdx
		) >out.txt 2>err.txt || status=$?
		case $status in
		0) same || fail "$size KiB: another result" ;;
		1 | 127) ;; # 127: the libraries cannot be loaded
		*) fail "$size KiB: exit status $status: $(cat err.txt)" ;;
		esac
	done
fi

exchange() { # FILE OLD NEW
	perl -0777 -pi -e 'BEGIN { ($o, $n) = map { join "", map { "$_\0" } split //, $_ } splice @ARGV, 0, 2 } s/\Q$o\E/$n/g' \
		"$2" "$3" "$1"
}
cp vm.vhdx name.vhdx
exchange name.vhdx cht_boot.ttf 'cht*boot.ttf'
expect 0 "$HVGEN2" convert --report report.json -o out.vhdx name.vhdx
jq -e '[.warnings[] | select(contains("cht*boot.ttf"))] | length == 1' report.json >/dev/null || fail "no warning about the font"
jq -e '[.esp.files[] | select(.path | contains("cht*boot"))] == []' report.json >/dev/null || fail "the font is reported as copied"

# A copy of the ESP that cannot be made: nobody has looked at it, and that is no success.
expect 0 "$HVGEN2" convert -q -o copy.raw vm.vhdx
touch file
for folder in /nosuch "$PWD/file"; do
	TMPDIR=$folder expect 1 "$HVGEN2" verify --no-guestfs copy.raw
	grep "FAIL.*cannot make a file in '$folder': " out.txt >/dev/null || fail "TMPDIR $folder: $(cat out.txt)"
done
mkdir in
mv vm.vhdx in
TMPDIR=/nosuch expect 1 "$HVGEN2" batch run state in --output-dir made --verify
! grep -w verified out.txt || fail "verified without a look at the ESP: $(cat out.txt)"
