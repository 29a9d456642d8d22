#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 'cmake --install' lays what installed.txt lists, no more and no less; what is installed runs; its examples are true. And the version
# stands in one place: what cannot take it from there says the same.
. "$(dirname "$0")/lib.sh"
need cmake jq mkntfs

version=$(sed -n 's/^project(hvgen2 VERSION \([0-9.]*\).*/\1/p' "$SOURCE_DIR/CMakeLists.txt")
says_version() { # WORDS WHERE
	[ "$1" = "$version" ] || fail "$2 says version '$1', CMakeLists.txt '$version'"
}
says_version "$(sed -n '1s/^hvgen2 (\(.*\)-.*) .*/\1/p' "$SOURCE_DIR/packaging/debian/changelog")" debian/changelog
says_version "$(sed -n 's/^Version: *//p' "$SOURCE_DIR/packaging/rpm/hvgen2.spec")" hvgen2.spec
says_version "$(awk '/^[0-9]/ { print $1; exit }' "$SOURCE_DIR/NEWS")" NEWS
[ "$("$HVGEN2" --version | awk 'NR == 1 { print $2 }')" = "$version" ] || fail "the program is $("$HVGEN2" --version)"

expect 0 cmake --install "$BUILD_DIR" --prefix "$work/usr"
(cd usr && find . -type f -o -type l) | sed 's,^\./,,; s,^lib[^b]*/\(nbdkit\|hvgen2\)/,LIBDIR/\1/,' | sort >laid
if grep nbdkit/plugins laid >/dev/null; then
	cp "$SOURCE_DIR/tests/scripts/installed.txt" wanted
else # built without nbdkit's header
	sed /nbdkit/d "$SOURCE_DIR/tests/scripts/installed.txt" >wanted
fi
diff wanted laid >difference || fail "not what installed.txt lists: $(cat difference)"
for kind in report inspect verify nvram bcd batch; do
	[ -s "usr/share/hvgen2/$kind.schema.json" ] || fail "no schema of $kind"
done

# A validator takes each of them as it is, with nothing else at hand.
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	"$MKVM" --small disk.vhdx
	expect 0 usr/bin/hvgen2 inspect --json disk.vhdx
	mv out.txt inspect.json
	expect 0 usr/bin/hvgen2 convert -n --json disk.vhdx
	mv out.txt report.json
	jq 'del(.status)' inspect.json >less.json
	for kind in inspect report; do
		cp "usr/share/hvgen2/$kind.schema.json" schema.json
		expect 0 /usr/bin/python3 -m jsonschema -i "$kind.json" schema.json
	done
	cp usr/share/hvgen2/inspect.schema.json schema.json
	expect 1 /usr/bin/python3 -m jsonschema -i less.json schema.json
	rm ./*.json disk.vhdx
fi

# The list of the examples, with its disks at hand.
examples=usr/share/doc/hvgen2/examples
"$MKVM" --small app01.vhdx
for disk in db01.vhdx exports/files01; do
	sed -i "s,^/backup/$disk,app01.vhdx," "$examples/windows.csv"
done
sed -i "s,^/backup/,," "$examples/windows.csv"
sed -n '1p; 3p' "$examples/windows.csv" >one.csv
expect 0 usr/bin/hvgen2 batch plan night --list one.csv --output-dir new
grep '^db01 .*planned' out.txt >/dev/null || fail "the list of the examples: $(cat out.txt)"
sh -n "$examples/night.slurm" || fail "night.slurm is no script"
grep '^ExecStart=/usr/bin/hvgen2 batch run /' "$examples/night.service" >/dev/null || fail "night.service starts something else"
