#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# README's picture is what the program draws of the sample today.
. "$(dirname "$0")/lib.sh"
need xmllint

"$MKVM" web01.vhdx
expect 0 "$HVGEN2" convert -q --report page.html web01.vhdx
"$SOURCE_DIR/doc/picture.sh" page.html >picture.svg
xmllint --noout picture.svg
# The GUIDs of a disk come from that of its last write.
no_guid() { sed -E 's/\{[0-9a-f-]{36}\}/{}/' "$1"; }
diff <(no_guid picture.svg) <(no_guid "$SOURCE_DIR/doc/picture.svg") || fail "doc/picture.svg (>) is not what is drawn (<)"
grep -qF 'src="doc/picture.svg"' "$SOURCE_DIR/README.md" || fail "README.md does not show doc/picture.svg"
echo '<html></html>' >other.html
! "$SOURCE_DIR/doc/picture.sh" other.html 2>said.txt >none.svg || fail "a page without a drawing gave a picture"
[ "$(<said.txt)" = "picture.sh: no disk is drawn on this page" ] || fail "$(<said.txt)"
