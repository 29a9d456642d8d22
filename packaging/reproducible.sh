#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# reproducible.sh FOLDER: build the packages in FOLDER a second time, and demand the same bytes of every one, source packages too. All is
# different then that may be: path, time zone, umask, language, home, user's name, and that no tests are built.
set -euo pipefail
first=$(realpath "$1")
second=$(dirname "$first")/$(basename "$first")-again/in/another/place
rm -rf "$(dirname "$first")/$(basename "$first")-again"
mkdir -p "${second%/*}"

(
	umask 077
	env TZ=Pacific/Kiritimati LANG=tr_TR.UTF-8 LC_ALL=C.UTF-8 LANGUAGE=tr HOME=/nonexistent USER=nobody LOGNAME=nobody \
		DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:+$DEB_BUILD_OPTIONS }nocheck" \
		"$(dirname "$0")/make.sh" "$second" --no-check-builddeps -j"$(nproc)"
)

count=0 different=0
for file in "$first"/*.deb "$first"/*.tar.* "$first"/*.dsc; do
	other=$second/${file##*/}
	count=$((count + 1))
	if ! cmp "$file" "$other"; then
		different=$((different + 1))
		! command -v diffoscope >/dev/null || diffoscope "$file" "$other" | head -n 40 || true
	fi
done
[ "$different" -eq 0 ] || {
	echo "reproducible.sh: $different of $count files differ; 'diffoscope' of $first and $second shows where" >&2
	exit 1
}
echo "$count files are equal, bit for bit, in two builds"
rm -rf "$(dirname "$first")/$(basename "$first")-again"
