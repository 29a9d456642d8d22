#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The help text of a verb and its manual page name the same options.
# usage: test_manual.sh HVGEN2 MAN_FOLDER
set -eu
export COLUMNS=9999 # no line of text begins with an option
hvgen2=$1
man=$2
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for page in "$man"/hvgen2-*.1; do
	verb=$(basename "$page" .1)
	verb=${verb#hvgen2-}
	"$hvgen2" help "$verb" | grep -oE '^ +(-[a-zA-Z], )?--[a-z0-9-]+' | grep -oE -e '--[a-z0-9-]+' |
		sort -u > "$work/help.$verb"
	# options stand at the start of a tagged paragraph's head line
	grep -A1 '^\.TP' "$page" | sed 's/\\-/-/g' | grep -oE -e '--[a-z0-9-]+' | sort -u > "$work/man.$verb"
	if ! diff -u "$work/help.$verb" "$work/man.$verb"; then
		echo "hvgen2 help $verb and $(basename "$page") differ"
		failed=1
	fi
done
exit $failed
