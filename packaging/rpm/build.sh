#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An RPM of what git knows in build/rpm, by rpmbuild of any system. Without --nodeps it would ask for the names that Fedora's
# packages have: what is shown here is that the .spec builds, and lists what is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD/build/rpm
command -v rpmbuild >/dev/null || {
	echo "skipped: rpmbuild is not installed"
	exit 77
}
rm -rf "$top"
mkdir -p "$top/SOURCES"
name=$(packaging/source.sh "$top/SOURCES")
mv "$top"/SOURCES/*.orig.tar.gz "$top/SOURCES/$name.tar.gz"
rm -rf "$top/SOURCES/$name"
rpmbuild -ba --nodeps --define "_topdir $top" --define "debug_package %{nil}" packaging/rpm/hvgen2.spec >"$top/build.log" 2>&1 || {
	tail -n 40 "$top/build.log" >&2
	exit 1
}
find "$top" -name '*.rpm' -exec sh -c 'echo "$1"; rpm -qlp --nosignature "$1" | sed "s/^/    /"' - {} \;
