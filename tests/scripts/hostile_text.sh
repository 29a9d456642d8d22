#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a guest, a store or a file is called does nothing to the terminal: on no verb's standard output or standard error is
# a control byte but the line end, a C1 control, a line separator, a character that turns the direction, or a byte that is
# no UTF-8. The JSON keeps the true value, and paths that are no UTF-8 stay usable.
. "$(dirname "$0")/lib.sh"
need mkntfs python3 jq

# Bytes of a stream that no terminal should see.
check_clean() { # FILE WHAT
	python3 - "$1" <<-'END' || fail "$2"
		import re, sys
		data = open(sys.argv[1], 'rb').read()
		try:
		    text = data.decode('utf-8')
		except UnicodeDecodeError as fault:
		    sys.exit('no UTF-8: %s' % fault)
		bad = re.findall('[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]', text)
		sys.exit('unsafe: %r' % bad if bad else 0)
	END
}

run() { # STATUS ARGS...
	local wanted=$1 got=0
	shift
	"$HVGEN2" "$@" >out.txt 2>err.txt || got=$?
	[ "$got" -eq "$wanted" ] || { cat out.txt err.txt; fail "exit status $got instead of $wanted: $*"; }
	check_clean out.txt "standard output of $*"
	check_clean err.txt "standard error of $*"
}

# The label of System Reserved, the name of Windows, the default entry of the BCD.
spoil() { # IMAGE
	python3 - "$1" <<-'END'
		import sys
		path = sys.argv[1]
		data = open(path, 'rb').read()
		wide = lambda text: text.encode('utf-16le', 'surrogatepass')
		def put(old, new):
		    global data
		    assert len(old) == len(new) and wide(old) in data, old
		    data = data.replace(wide(old), wide(new))
		put('System Reserved', '\x1b[2J\x07\ud800\x9b31m\u2028    ')
		put('Windows Server 2012 R2 Standard', '\x1b]0;own\x07\r\nhvgen2: done\u202e 0 err  ')
		put('Windows Server 2012 R2\0', '\x1b[31mred\u202e\u2066\x85\x7f\udc00\u200f\u061c 12    \0')
		open(path, 'wb').write(data)
	END
}

evil=$'a\e[31mb\nc\xff.vhdx'
"$MKVM" --small --format vhdx "$evil"
spoil "$evil"
run 0 inspect "$evil"
grep -q 'Windows  \\x1b\]0;own\\x07\\x0d\\x0ahvgen2: done\\u{202E} 0 err' out.txt || fail "the name of Windows is not shown"
grep -q 'Source   a\\x1b\[31mb\\x0ac\\xff.vhdx' out.txt || fail "the name of the file is not shown"
[ "$(grep -c '^hvgen2: done' out.txt)" -eq 0 ] || fail "a line of the guest's own"
run 0 inspect --json "$evil"
[ "$(jq -r .source.path_bytes out.txt | base64 -d)" = "$evil" ] || fail "path_bytes is not the path"
[ "$(jq -r .windows.product out.txt | od -An -tx1 | tr -d ' \n')" = \
	"$(printf '\e]0;own\a\r\nhvgen2: done\xe2\x80\xae 0 err  \n' | od -An -tx1 | tr -d ' \n')" ] ||
	fail "the JSON has another name of Windows"

run 0 convert --dry-run "$evil"
run 0 convert -o out.vhdx "$evil"
check_clean out.report.json "the report"
jq -e . out.report.json >/dev/null
[ "$(jq -r .source.path_bytes out.report.json | base64 -d)" = "$evil" ] || fail "path_bytes of the report is not the path"
jq -e '.outputs | has("disk_bytes") | not' out.report.json >/dev/null || fail "disk_bytes of a plain name"
run 3 convert -o out.vhdx "$evil"
run 0 verify --no-guestfs out.vhdx
run 0 verify --no-guestfs --json out.vhdx
run 3 convert --format fixed -o $'out\e.vhdx' --nvram none --report out.report.json "$evil"
run 0 convert -n -o $'out\e\xfe.vhdx' "$evil"

# Wrong usage echoes what was given.
run 2 $'in\e[31mspect'
run 2 inspect $'--\e[31mlong\n\x9b'
run 2 inspect $'-\e'
run 2 convert $'--layout=\e[31m\xff' "$evil"
run 2 convert $'--esp-size=\xe2\x80\xae' "$evil"
run 2 nvram $'li\est' out.vmgs
run 2 nvram first $'x\e\xc2\x9b' out.vmgs
run 1 inspect $'no\e[31m such\n file'
run 1 bcd list $'no\e[31m such\n file'
run 1 nvram list $'no\e[31m such\n file'

# Boot entries and boot stores.
run 0 nvram add-network --adapter 11111111-2222-3333-4444-555555555555 --description $'\e[31mnet\xe2\x80\xae\xc2\x85\nx' out.vmgs
run 0 nvram list out.vmgs
grep -q '\\x1b\[31mnet\\u{202E}\\u{0085}\\x0ax' out.txt || fail "the entry is not shown"
run 0 nvram list --json out.vmgs
[ "$(jq -r '.entries[1].description' out.txt)" = $'\e[31mnet\xe2\x80\xae\xc2\x85\nx' ] || fail "the JSON has another description"
run 0 nvram show 0001 out.vmgs
run 0 nvram show --all out.vmgs
run 0 nvram show --all --json out.vmgs
run 0 nvram export out.vmgs
run 0 nvram remove 0001 out.vmgs
if command -v mcopy >/dev/null && command -v qemu-img >/dev/null && command -v sgdisk >/dev/null; then
	to_raw out.vhdx result.raw
	gpt_partitions result.raw >partitions.txt
	read -r offset size _ < <(grep EF00 partitions.txt)
	cut_raw result.raw "$offset" "$size" esp.raw
	mcopy -n -i esp.raw ::/EFI/Microsoft/Boot/BCD bcd.hive
	run 0 bcd list bcd.hive
	grep -q '\\x1b\[31mred\\u{202E}\\u{2066}\\u{0085}\\x7f\\u{DC00}' out.txt || fail "the entry of the BCD is not shown"
	run 0 bcd list --json bcd.hive
	run 0 bcd check bcd.hive
	cp bcd.hive $'b\e.hive'
	run 0 bcd diff bcd.hive $'b\e.hive'
fi
