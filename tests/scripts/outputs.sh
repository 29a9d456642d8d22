#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What becomes of outputs: as private as the source, regular files only, no output under two names, all or none of them
# whatever ends the program, and no mixture of an old set and a new one that looks whole.
. "$(dirname "$0")/lib.sh"
need mkntfs strace

names() { find . -mindepth 1 -maxdepth 1 -name '*hvgen2-*'; }

"$MKVM" --small vm.vhdx
umask 022

# As private as the source and the template.
chmod 600 vm.vhdx
expect 0 "$HVGEN2" convert -q -o o.vhdx vm.vhdx
for file in o.vhdx o.vmgs o.report.json; do
	[ "$(stat -c %a $file)" = 600 ] || fail "$file has mode $(stat -c %a $file), the source has 600"
done
rm o.*
chmod 664 vm.vhdx
expect 0 "$HVGEN2" convert -q -o o.vhdx vm.vhdx
[ "$(stat -c %a o.vhdx)" = 644 ] || fail "mode $(stat -c %a o.vhdx) instead of 644"
chmod 640 o.vmgs
expect 0 "$HVGEN2" convert -q -o p.vhdx --nvram-template o.vmgs vm.vhdx
[ "$(stat -c %a p.vmgs)" = 640 ] || fail "the store is more open than its template"
chmod 600 o.vmgs
expect 0 "$HVGEN2" nvram export -o export.json o.vmgs
[ "$(stat -c %a export.json)" = 600 ] || fail "the export is more open than the store"
rm p.* export.json o.*
strace -o trace -e trace=openat,linkat,fchmod,mkdir "$HVGEN2" convert -q -o o.vhdx vm.vhdx
grep -q 'O_TMPFILE.*0600' trace || skip "the file system has no O_TMPFILE"
rm o.*

# Only regular files.
mkfifo pipe.raw
mkdir folder.raw
ln -s nowhere link.raw
for place in pipe.raw folder.raw link.raw /dev/null /dev/stdout - ''; do
	expect 2 "$HVGEN2" convert -q -f -o q.vhdx --nvram none --report "$place" vm.vhdx
	expect 2 "$HVGEN2" convert -q -f -o q.vhdx --nvram "$place" vm.vhdx
	[ "$place" != - ] || continue # see stream.sh
	expect 2 "$HVGEN2" convert -q -f -o "$place" --nvram none --report r.json vm.vhdx
	expect 2 "$HVGEN2" convert -q -o "$place" --nvram none --report r.json vm.vhdx
	expect_only vm.vhdx trace pipe.raw folder.raw link.raw
done
[ "$(stat -c %F pipe.raw folder.raw link.raw | tr '\n' ,)" = "fifo,directory,symbolic link," ] ||
	fail "something was replaced"
rm -r pipe.raw folder.raw link.raw

# A report that cannot be made is said once; of a disk that is refused before, both are said.
for name in x.json x.html; do
	expect 1 "$HVGEN2" convert -q -o q.vhdx --nvram none --report "/nosuch/$name" vm.vhdx
	[ "$(cat err.txt)" = "hvgen2: '/nosuch/$name': cannot create a file in this folder: No such file or directory" ] ||
		fail "$(cat err.txt)"
	expect_only vm.vhdx trace
done
echo rubbish >rubbish.vhdx
expect 3 "$HVGEN2" convert -q -o q.vhdx --nvram none --report /nosuch/x.json rubbish.vhdx
[ "$(grep -c '/nosuch/x.json\|not-a-disk-image' err.txt)" -eq 2 ] || fail "$(cat err.txt)"
rm rubbish.vhdx

# Two names of one output.
mkdir sub
for two in "x.json ./x.json" "x.json sub/../x.json" "x.json X.JSON" "x.json $PWD/X.json"; do
	read -r a b <<<"$two"
	expect 2 "$HVGEN2" convert -q -f -o a.vhdx --nvram "$a" --report "$b" vm.vhdx
	grep -q 'are one file' err.txt || fail "$(cat err.txt)"
done

# Names of something else.
for suffix in vhdx AVHDX vhd img raw qcow2 xml ps1 vmcx html; do
	expect 2 "$HVGEN2" convert -q -o a.vhdx --nvram "x.$suffix" vm.vhdx
	[ "$(cat err.txt)" = "hvgen2: 'x.$suffix' is no name of an NVRAM store: it ends in .vmgs, .fd or .json" ] ||
		fail "$(cat err.txt)"
done
for suffix in vhdx VHD img raw qcow2 vmgs fd vmcx; do
	expect 2 "$HVGEN2" convert -q -o - --report "x.$suffix" vm.vhdx
	[ "$(cat err.txt)" = "hvgen2: 'x.$suffix' is no name of a report: it ends in .json or .html" ] ||
		fail "$(cat err.txt)"
done
expect_only vm.vhdx trace sub
expect 0 "$HVGEN2" convert -q -f -o a.vhdx --nvram sub/x --report x vm.vhdx
rm -r sub a.vhdx x
expect_only vm.vhdx trace

# A signal at any opening of a file: nothing stays.
count=$(strace -f -e trace=openat,fork,clone,clone3,vfork "$HVGEN2" convert -q -o b.vhdx vm.vhdx 2>&1 | grep -c openat)
rm b.*
for ((i = count; i > count - 14 && i > 0; i--)); do
	for signal in TERM KILL; do
		strace -f -o trace -e inject="openat:signal=$signal:when=$i" \
			"$HVGEN2" convert -q -o b.vhdx vm.vhdx >out.txt 2>err.txt || true
		[ -z "$(names)" ] || fail "SIG$signal at opening $i leaves $(names)"
		# The disk has its name last: without it nothing is done.
		if [ -e b.vhdx ] || [ "$signal" = TERM ]; then
			case $(find . -name 'b.*' | wc -l) in 0 | 3) ;; *) fail "SIG$signal at opening $i: $(echo b.*)" ;; esac
		fi
		rm -f b.*
	done
done

# Yesterday's set is replaced: killed at any of the calls that give names, it is old, or new, or has no report of its disk.
expect 0 "$HVGEN2" convert -q -o y.vhdx vm.vhdx
mkdir old
cp -p y.* old
touch vm.vhdx
expect 0 "$HVGEN2" convert -q -o n.vhdx vm.vhdx
cmp -s n.vhdx y.vhdx && fail "two days have disks of one identity"
for call in renameat renameat2 linkat; do
	for when in 1 2 3 4 5; do
		cp -p old/y.* .
		strace -f -o trace -e inject=$call:signal=KILL:when=$when \
			"$HVGEN2" convert -q -f -o y.vhdx vm.vhdx >out.txt 2>err.txt && break
		cmp -s y.vhdx old/y.vhdx || cmp -s y.vhdx n.vhdx || fail "killed at $call $when: the disk is neither"
		if [ -e y.report.json ] && ! "$HVGEN2" verify --no-guestfs y.vhdx >verify.txt; then
			grep -q '^FAIL  report: ' verify.txt || fail "killed at $call $when: $(grep FAIL verify.txt)"
			[ "$(grep -c ^FAIL verify.txt)" -eq 1 ] || fail "killed at $call $when: $(grep FAIL verify.txt)"
		elif [ -e y.report.json ]; then
			cmp -s y.vhdx old/y.vhdx && cmp -s y.report.json old/y.report.json ||
				{ cmp -s y.vhdx n.vhdx && ! cmp -s y.report.json old/y.report.json; } ||
				fail "killed at $call $when: a mixture looks whole"
		fi
		find . -maxdepth 1 -name '.*hvgen2-*' -delete
	done
done

# A set that cannot be whole is what it was.
cp -p old/y.* .
strace -f -o trace -e inject=renameat2:error=EIO:when=3+ \
	"$HVGEN2" convert -q -f -o y.vhdx vm.vhdx >out.txt 2>err.txt && fail "no failure"
for file in y.vhdx y.vmgs y.report.json; do
	cmp "$file" "old/$file" || fail "a failure leaves another $file"
done

# The report of another disk.
expect 1 "$HVGEN2" verify --no-guestfs --report n.report.json y.vhdx
grep -q '^FAIL  report: ' out.txt || fail "yesterday's disk and today's report belong together"
expect 0 "$HVGEN2" verify --no-guestfs y.vhdx

# The store of another day: made from a template with one entry more, for the same ESP. A report without a digest says
# nothing; nor does the same store in another container, or made once more.
expect 0 "$HVGEN2" nvram add-network --adapter 12345678-1234-1234-1234-123456789abc old/y.vmgs
expect 0 "$HVGEN2" convert -q -o t.vhdx --nvram-template old/y.vmgs --replace vm.vhdx
expect 0 "$HVGEN2" verify --no-guestfs t.vhdx
expect 1 "$HVGEN2" verify --no-guestfs --nvram t.vmgs y.vhdx
grep -q "^FAIL  nvram-report: the store is not the one that this conversion wrote, or was changed since" out.txt ||
	fail "another store is taken for that of this disk"
[ "$(grep -c ^FAIL out.txt)" -eq 1 ] || fail "$(grep ^FAIL out.txt)"
expect 1 "$HVGEN2" verify --no-guestfs --nvram y.vmgs t.vhdx
grep -q '^FAIL  nvram-report: ' out.txt || fail "the store of a disk without a template is taken for one with"
expect 0 "$HVGEN2" nvram export --format ovmf -o y.fd y.vmgs
expect 0 "$HVGEN2" verify --no-guestfs --nvram y.fd y.vhdx
python3 -c "import json; r = json.load(open('y.report.json')); del r['nvram']['digest']; json.dump(r, open('r.json', 'w'))"
expect 0 "$HVGEN2" verify --no-guestfs --report r.json y.vhdx
rm t.* y.fd r.json

# A boot sector that makes fsck.fat ask for 4 GiB: our own check fails, and the program is not started.
at=$(python3 -c "print(open('y.vhdx', 'rb').read().find(b'FAT32   ') - 82)")
printf '\xf0\xff\xff\xff' | dd of=y.vhdx bs=1 seek=$((at + 36)) conv=notrunc status=none
expect 1 strace -f -o trace -e trace=execve "$HVGEN2" verify --no-guestfs y.vhdx
grep -q '^skipped esp-fsck ' out.txt || fail "fsck.fat judges a file system that is broken"
grep -qE 'fsck|mdir|mtype' trace && fail "a program of another was started on it"
exit 0
