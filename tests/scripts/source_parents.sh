#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An image that names the disk of somebody else as its parent does not get it, whatever id it has; the operator can name it. All
# files of a chain are listed.
. "$(dirname "$0")/lib.sh"
need jq mkntfs perl

# Exchange one text for another of the same length, in UTF-16.
exchange() { # FILE OLD NEW
	perl -0777 -pi -e 'BEGIN { ($o, $n) = map { join "", map { "$_\0" } split //, $_ } splice @ARGV, 0, 2 } s/\Q$o\E/$n/g' \
		"$2" "$3" "$1"
}

mkdir tenant vic_im victim
"$MKVM" --small --size 1G --block-size 1M vic_im/secret.vhdx
"$MKVM" --small --size 1G --block-size 1M --seed 7 victim/secret.vhdx
expect 0 "$HVGEN2" convert --format differencing --nvram none --report none.json -o tenant/c.vhdx vic_im/secret.vhdx
grep -q -- "--parent FILE or --parent-dir DIR" out.txt || fail "the page does not say how the child is read"
cp tenant/c.vhdx own.vhdx

# Another disk of the same name: its id is not told, and knowing it does not help.
exchange tenant/c.vhdx vic_im victim
id=$(perl -0777 -ne 'printf "%08x-%04x-%04x-%s-%s", unpack("V v v", substr($_, 65536 + 32, 8)),
	unpack("H4", substr($_, 65536 + 40, 2)), unpack("H12", substr($_, 65536 + 42, 6))' victim/secret.vhdx)
wanted=$(perl -0777 -ne 's/\0//g; print lc $1 if /parent_linkage\{?([0-9A-Fa-f-]{36})/' tenant/c.vhdx)
[ ${#wanted} -eq 36 ] || fail "the child wants no id"
cd tenant
for attempt in 1 2; do
	for verb in inspect "convert -n" "verify --no-guestfs"; do
		expect 3 "$HVGEN2" $verb c.vhdx
		grep -q "refused \[parent-missing\]: .*$wanted.*; .*--parent-dir DIR .*--parent FILE" err.txt || fail "$(cat err.txt)"
		! grep -qi "victim" err.txt || fail "what was found is told: $(cat err.txt)"
	done
	[ "$wanted" = "$id" ] || ! grep -qi "$id" err.txt || fail "the id that was found is told: $(cat err.txt)"
	if command -v strace >/dev/null; then
		strace -f -o ../trace "$HVGEN2" inspect c.vhdx >/dev/null 2>&1 || true
		! grep -q victim ../trace || fail "looked at: $(grep -m1 victim ../trace)"
	fi
	exchange c.vhdx "$wanted" "$id"
	wanted=$id
done
cd ..
advised parent-missing "put the parent beside its child, or name its folder with --parent-dir DIR or the file with --parent \
FILE" inspect own.vhdx
advised parent-mismatch "look for the copy of the parent that the child was made on, and name it with --parent FILE" \
	inspect --parent victim/secret.vhdx own.vhdx
# Named by the operator, it is no other than the file that the child wants.
expect 0 "$HVGEN2" verify --no-guestfs --parent vic_im/secret.vhdx own.vhdx
expect 0 "$HVGEN2" verify --no-guestfs --parent-dir vic_im own.vhdx
expect 0 "$HVGEN2" verify --json --no-guestfs --parent-dir vic_im own.vhdx
jq -e '.files == ["own.vhdx", "vic_im/secret.vhdx"]' out.txt >/dev/null || fail "verify does not list the files"
expect 3 "$HVGEN2" verify --no-guestfs --parent victim/secret.vhdx own.vhdx
grep -q "refused \[parent-mismatch\]" err.txt || fail "$(cat err.txt)"
! grep -qi "$id" err.txt || fail "the id of the other disk is told"

# Every file is listed. (The disk has a GPT already, which is refused.)
expect 3 "$HVGEN2" inspect --json --parent vic_im/secret.vhdx own.vhdx
jq -e '.source.format == "vhdx" and .source.files == ["own.vhdx", "vic_im/secret.vhdx"]' out.txt >/dev/null ||
	fail "the files are not listed: $(jq -c .source out.txt)"
expect 3 "$HVGEN2" inspect --parent vic_im/secret.vhdx own.vhdx
grep -q "^ *merged from: own.vhdx, vic_im/secret.vhdx$" out.txt || fail "the page does not list the files: $(cat out.txt)"
