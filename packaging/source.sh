#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# source.sh FOLDER: lay in FOLDER what git knows, as hvgen2-VERSION with debian/ in it, beside hvgen2_VERSION.orig.tar.gz; print the
# name of the former. Rights and times are the same whoever does it, and so are the bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
full=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
time=$(dpkg-parsechangelog -l packaging/debian/changelog -S Timestamp)
name=hvgen2-${full%-*}

mkdir -p "$folder/$name"
git ls-files -z | tar -c --null --files-from=- | tar -x -C "$folder/$name"
chmod -R u=rwX,go=rX "$folder/$name"
tar -C "$folder" -c --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --format=gnu "$name" |
	gzip -n >"$folder/hvgen2_${full%-*}.orig.tar.gz"
# With the rights of above, whatever the umask.
cp -rp "$folder/$name/packaging/debian" "$folder/$name/debian"
echo "$name"
