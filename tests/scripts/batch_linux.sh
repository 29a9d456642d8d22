#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A Linux guest has the name of its distribution in a batch, wherever a Windows has its own.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need jq

mkdir in
make_linux plain in/web.raw
expect 0 "$HVGEN2" inspect --json in/web.raw
product=$(jq -r .linux.product out.txt)
[ -n "$product" ] || fail "a guest without a name: $(jq .linux out.txt)"
expect 0 "$HVGEN2" batch plan state in
grep "^web .*planned, .*, $product\$" out.txt >/dev/null || fail "plan: $(cat out.txt)"
expect 0 "$HVGEN2" batch report state
grep -x "  System   $product" out.txt >/dev/null || fail "report: $(cat out.txt)"
expect 0 "$HVGEN2" batch report --html page.html state
grep -F "<bdi>$product</bdi>" page.html >/dev/null || fail "HTML: $(grep -c . page.html)"
expect 0 "$HVGEN2" batch report --json state
[ "$(jq -r '.vms[0].linux' out.txt)" = "$product" ] || fail "JSON: $(jq -c '.vms[0]' out.txt)"
expect 0 "$HVGEN2" batch status --json state
jq -e --arg product "$product" '.vms[0] | .linux == $product and (has("windows") | not)' out.txt >/dev/null || fail "status: $(<out.txt)"
