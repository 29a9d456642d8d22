#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where the old system partition goes (layout reuse), the row of MountedDevices that names its volume is told by its GUID;
# in other layouts it follows.
. "$(dirname "$0")/lib.sh"
need jq mkntfs

system='\??\Volume{b7f4d100-6a52-11e3-824e-806e6f6e6963}'
"$MKVM" --small vm.vhdx
row_in() { jq -e --arg row "$system" "[$1 | select(contains(\$row))] | length == 1" "$2" >/dev/null; } # LIST REPORT

expect 0 "$HVGEN2" convert -q --layout reuse -o reuse.vhdx vm.vhdx
row_in '.warnings[]' reuse.report.json || fail "the row of the partition that went is not told"
row_in '.changed[].details[]' reuse.report.json && fail "the row of the partition that went was changed"
expect 0 "$HVGEN2" convert -q --layout end -o end.vhdx vm.vhdx
row_in '.warnings[]' end.report.json && fail "a row of a partition that is there is told"
row_in '.changed[].details[]' end.report.json || fail "the row did not follow its partition"
jq -r '.warnings[] | select(contains("MountedDevices"))' reuse.report.json
