#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a batch converts: disks, leaves of chains in a folder, lists with the options of 'convert' as columns; not its own
# outputs, nothing under two names, and nothing at all where the command line or a list is wrong.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

states() { "$HVGEN2" batch status "$1" --json | jq -r '.vms[] | "\(.name) \(.state)"' | tr '\n' ';'; }
columns_of() { jq -c .options "$1/vm/$2.json"; }

mkdir in out
"$MKVM" --small in/a.vhdx
"$MKVM" --small --format vhd in/b.vhd
"$MKVM" --small --format raw in/c.raw
echo "no disk" >in/notes.txt
mkdir in/below.vhdx

# A parent is converted with its child alone. (The child has a GPT already.)
"$MKVM" --small --size 1G in/base.vhdx
expect 0 "$HVGEN2" convert -q --format differencing --nvram none --report r.json -o in/leaf.vhdx in/base.vhdx
expect 0 "$HVGEN2" batch plan state in --output-dir out
[ "$(states state)" = "a planned;b planned;c planned;leaf refused;" ] || fail "planned: $(states state)"
grep -q "/in/base.vhdx' belongs to another input" err.txt || fail "nothing is said of the parent: $(cat err.txt)"
[ -z "$(ls -A out)" ] || fail "a plan has made $(ls -A out)"
[ "$(jq -r '.vms[] | .path, .output' <("$HVGEN2" batch status state --json) | grep -vc '^/')" -eq 0 ] ||
	fail "a path is not absolute"
[ "$(jq -r '.sources | length' state/vm/leaf.json)" -eq 2 ] || fail "not every member of the chain is in the plan"
[ "$(jq -r '[.sources[] | has("size"), has("mtime_ns"), has("file_write_guid"), has("data_write_guid")] | all' \
	state/vm/leaf.json)" = true ] || fail "the identity of the chain is not whole"
expect 0 "$HVGEN2" batch plan state in "$PWD/in/a.vhdx" in/../in/b.vhd
[ "$(states state)" = "a planned;b planned;c planned;leaf refused;" ] || fail "planned again: $(states state)"
expect 2 "$HVGEN2" batch plan state --output-dir other in
grep -q "the outputs of this batch go to '$PWD/out'" err.txt || fail "$(cat err.txt)"

# Outputs in the folder of the inputs are none.
mkdir both
cp in/a.vhdx both/a.vhdx
expect 0 "$HVGEN2" batch run beside both --output-dir both
expect 0 "$HVGEN2" batch run beside both --output-dir both
[ "$(states beside)" = "a done;" ] || fail "beside its inputs: $(states beside)"
expect 0 "$HVGEN2" batch plan anew both --output-dir both
[ "$(states anew)" = "a planned;" ] || fail "an output is an input: $(states anew)"

# Lists, whose paths hold from elsewhere.
cat >list.csv <<'END'
path,name,layout,no-journal-replay,nvram
in/a.vhdx,web01,end,yes,none
"in/b.vhd","web02",,no,
END
cat >list.jsonl <<'END'
{"path": "in/c.raw", "name": "web03", "format": "dynamic", "esp-size": "300M"}
END
expect 0 "$HVGEN2" batch plan listed --list list.csv --list list.jsonl --output-dir out
[ "$(columns_of listed web01)" = '{"layout":"end","no-journal-replay":true,"nvram":"none"}' ] ||
	fail "options: $(columns_of listed web01)"
[ "$(columns_of listed web02)" = '{}' ] || fail "options: $(columns_of listed web02)"
(cd / && expect_elsewhere() { "$HVGEN2" batch run "$work/listed" >"$work/out.txt" 2>"$work/err.txt"; } && expect_elsewhere) ||
	fail "from elsewhere: $(cat out.txt err.txt)"
[ "$(ls out | tr '\n' ' ')" = "web01-gen2.report.json web01-gen2.vhdx web02-gen2.report.json web02-gen2.vhdx \
web02-gen2.vmgs web03-gen2.report.json web03-gen2.vhdx web03-gen2.vmgs " ] || fail "made: $(ls out)"
[ "$(jq -r '.after.layout' out/web01-gen2.report.json)" = end ] || fail "the column 'layout' was not heard"
[ "$(jq -r '.after.partitions[0].sectors * 512' out/web03-gen2.report.json)" -eq $((300 << 20)) ] ||
	fail "the column 'esp-size' was not heard"
# Given as a disk it is the VM of the list.
expect 0 "$HVGEN2" batch run listed in/a.vhdx
[ "$(states listed)" = "web01 done;web02 done;web03 done;" ] || fail "listed: $(states listed)"
# Other options are another plan.
sed -i 's/web01,end/web01,front/' list.csv
expect 3 "$HVGEN2" batch run listed --list list.csv
[ "$("$HVGEN2" batch status listed --json | jq -r '.vms[0].refusal.id')" = output-exists ] || fail "other options: $(states listed)"

# Nothing is planned where something is wrong.
wrong() { # WORDS ARGUMENT...
	local words=$1
	shift
	expect 2 "$HVGEN2" batch plan none --output-dir out "$@"
	grep -q -- "$words" err.txt || fail "no '$words': $(cat err.txt)"
	[ ! -e none ] || fail "something was planned: $*"
}
printf 'path,colour\nin/a.vhdx,red\n' >bad.csv
wrong "'bad.csv' line 1, column 2: column 'colour' is unknown" --list bad.csv
printf 'path,layout\nin/b.vhd,end\nin/a.vhdx,top\n' >bad.csv
wrong "'bad.csv' line 3, column 'layout': option '--layout': 'top' is none of" --list bad.csv
printf '{"path": "in/a.vhdx"}\n{"path": "in/b.vhd", "sharpness": 3}\n' >bad.csv
wrong "'bad.csv' line 2: column 'sharpness' is unknown" --list bad.csv
printf 'path,layout,path\n' >bad.csv
wrong "'bad.csv' line 1, column 3: column 'path' is there already, as column 1" --list bad.csv
printf 'path,force\nin/a.vhdx,yes\n' >bad.csv
wrong "column 'force': a batch decides this itself" --list bad.csv
printf 'path,report\nin/b.vhd,b.json\nin/a.vhdx,a.HTML\n' >bad.csv
wrong "'bad.csv' line 3, column 'report': 'a.HTML': the reports of a batch are JSON, by which it knows its results; 'hvgen2 batch report --html FILE'" \
	--list bad.csv
mkdir other
cp in/b.vhd other/a.vhd
wrong "'$PWD/in/a.vhdx' and '$PWD/other/a.vhd' would both become '" in other/a.vhd
wrong "'$PWD/other/a.vhd' and '$PWD/in/a.vhdx' would both become '" other/a.vhd in/a.vhdx
printf 'path,name\nin/a.vhdx,x\nin/b.vhd,X\n' >bad.csv
wrong "'$PWD/in/a.vhdx' and '$PWD/in/b.vhd' would both become '" --list bad.csv
mkdir empty
wrong "in this folder is no disk" empty
wrong "is no batch yet"
expect 2 "$HVGEN2" batch plan
expect 2 "$HVGEN2" batch turn state
expect 2 "$HVGEN2" batch status state in
expect 2 "$HVGEN2" batch status --jobs 2 state
grep -q "'batch status' has no option '--jobs'" err.txt || fail "$(cat err.txt)"
# shellcheck disable=SC2046 # words
expect 2 "$HVGEN2" batch status $(yes -- --json | head -20) --jobs 2 state
grep -q "'batch status' has no option '--jobs'" err.txt || fail "$(cat err.txt)"
expect 2 "$HVGEN2" batch status none
# A variable that is not set is no name of the working directory.
wrong "INPUT 2 is empty" in/a.vhdx ""
for words in "plan '' in" "run ''" "status ''" "report ''" "plan none in --output-dir ''" "report state --html ''"; do
	eval "expect 2 \"\$HVGEN2\" batch $words"
	grep -q "is empty" err.txt || fail "$words: $(cat err.txt)"
done
[ ! -e vm ] || fail "the working directory became a batch"
# And an existing batch stays as it is.
before=$(cat state/vm/*.json | cksum)
expect 2 "$HVGEN2" batch plan state other/a.vhd
[ "$(cat state/vm/*.json | cksum)" = "$before" ] || fail "a wrong command has changed a plan"

# What is not there is failed, not the batch.
expect 0 "$HVGEN2" batch plan state gone.vhdx
grep -q "^gone .*failed: .*/gone.vhdx': No such file or directory; look at its path" out.txt || fail "$(cat out.txt)"
[ "$(states state)" = "a planned;b planned;c planned;gone failed;leaf refused;" ] || fail "with what is gone: $(states state)"
