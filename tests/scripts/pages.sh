#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pages and help texts: 80 columns on a pipe and no more, whatever stands in them; another width by COLUMNS and on a terminal; bars in
# proportion; colours for a terminal only. Characters are counted by Python.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/linux_lib.sh"
need python3 mkntfs mcopy
unset COLUMNS
within() { # COLUMNS FILE...
	python3 - "$@" <<-'END' || fail "wider than $1"
		import sys
		import unicodedata
		for name in sys.argv[2:]:
		    for line in open(name, encoding="utf-8"):
		        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line.rstrip("\n"))
		        if width > int(sys.argv[1]):
		            sys.exit(f"{name}: {width} columns: {line}")
	END
}
mkdir pages
n=0
page() { # NAME COMMAND...: whatever its status is
	local name=$1
	shift
	"$@" >"pages/$name" 2>/dev/null || true
}

for verb in '' inspect convert batch verify nvram bcd; do
	page "help$verb" "$HVGEN2" help $verb
	page "verbhelp$verb" "$HVGEN2" $verb --help
	COLUMNS=60 "$HVGEN2" help $verb >"narrow$verb"
	! grep ' $' "help$verb" "narrow$verb" || fail "a line of the help ends in a blank"
done
long=$(printf 'n%.0s' {1..70})-ü$(printf 'ö%.0s' {1..30}).vhdx
"$MKVM" --small --adapters static,dhcp,legacy --winre own --data 1 --defect crashed vm.vhdx
"$MKVM" --small --size 1G --defect several-windows two.vhdx
cp vm.vhdx "$long"
east=$(printf '漢字%.0s' {1..30}).vhdx
cp vm.vhdx "$east"
make_export x
for disk in vm.vhdx two.vhdx "$long" "$east" x x/*/*.vmcx none.vhdx; do
	page "inspect$((++n))" "$HVGEN2" inspect "$disk"
	page "plan$n" "$HVGEN2" convert -n "$disk"
	COLUMNS=40 "$HVGEN2" inspect "$disk" >"narrow$n" 2>/dev/null || true
done
page vm "$HVGEN2" inspect -v x
page done "$HVGEN2" convert -o o.vhdx "$long"
page child "$HVGEN2" convert --format differencing -o c.vhdx "$long"
page verify "$HVGEN2" verify --no-guestfs o.vhdx
page bad "$HVGEN2" verify --no-guestfs vm.vhdx
page verbose "$HVGEN2" convert -n -v --layout end vm.vhdx
# Whatever a disk has, and whatever is wrong with it.
for defect in already-gpt no-windows bcd-damaged bitlocker hibernated dirty-hives bcd-spoiled crashed-unreplayable; do
	"$MKVM" --small --defect $defect d.vhdx
	page "defect-$defect" "$HVGEN2" inspect d.vhdx
done
"$MKVM" --small --logical --stale-gpt both --pending update --san-policy 2 --windows 11 --format vhd more.vhd
page more "$HVGEN2" inspect more.vhd
page more-plan "$HVGEN2" convert -n -o more.vhdx --random-guids --online-data-disks more.vhd
"$MKCHILD" vm.vhdx "leaf $long"
page leaf "$HVGEN2" inspect "leaf $long"
rm d.vhdx more.vhd "leaf $long"
if (make_linux plain linux.vhdx) >/dev/null 2>&1; then
	page linux "$HVGEN2" inspect linux.vhdx
	page linux-plan "$HVGEN2" convert -n linux.vhdx
	rm linux.vhdx
fi
# A result that is none, with a report and a store of others.
page none "$HVGEN2" verify --no-guestfs --nvram vm.vhdx o.vhdx
# Stores, with texts that no line holds.
guid=6b2d1e54-90af-4c7b-b7b7-3d1c5e0f8a22
page list "$HVGEN2" nvram list o.vmgs
"$HVGEN2" nvram add-file --disk o.vhdx --description "$long $long 漢字 $long" o.vmgs >/dev/null
for store in o.vmgs o.fd o.json; do
	[ -e $store ] || "$HVGEN2" nvram export $store o.vmgs 2>/dev/null || continue
	page "list-$store" "$HVGEN2" nvram list $store
	page "show-$store" "$HVGEN2" nvram show --all $store
	page "entry-$store" "$HVGEN2" nvram show 0001 $store
	page "drive-$store" "$HVGEN2" nvram add-drive -n --controller $guid --lun 1 $store
	page "net-$store" "$HVGEN2" nvram add-network -n --adapter $guid $store
	page "first-$store" "$HVGEN2" nvram first -n 0000 $store
	page "order-$store" "$HVGEN2" nvram order -n --drop 0001 $store
	page "remove-$store" "$HVGEN2" nvram remove -n 0000 $store
	page "keys-$store" "$HVGEN2" nvram add-keys -n $store
done
page list-vm "$HVGEN2" nvram list x/*/*.vmcx
expect 0 "$HVGEN2" convert -q --nvram none --report none.json -o o.raw vm.vhdx
mcopy -n -i o.raw@@1M ::/EFI/Microsoft/Boot/BCD a.bcd
dd if=/dev/urandom of=o.raw bs=1M seek=1 count=8 conv=notrunc status=none
page torn "$HVGEN2" verify --no-guestfs o.raw
grep FAIL pages/bad >/dev/null && grep FAIL pages/torn >/dev/null || fail "verify finds nothing: $(cat pages/bad pages/torn)"
head -c 8192 a.bcd >cut.bcd
page bcd "$HVGEN2" bcd list a.bcd
page check "$HVGEN2" bcd check a.bcd
page check-cut "$HVGEN2" bcd check cut.bcd
"$MKVM" --small --windows 10 --format raw other.raw
expect 0 "$HVGEN2" convert -q -o other-gen2.raw --nvram none other.raw
mcopy -n -i other-gen2.raw@@1M ::/EFI/Microsoft/Boot/BCD b.bcd
page diff "$HVGEN2" bcd diff a.bcd b.bcd
for name in bcd diff list show-o.vmgs entry-o.vmgs remove-o.vmgs; do
	[ -s pages/$name ] || fail "'$name' has no page"
done
mkdir in out
mv "$long" two.vhdx in
"$MKVM" --small --defect hibernated "in/a${long%.vhdx}b.vhdx"
echo mine >"out/${long%.vhdx}-gen2.vhdx"
page batch "$HVGEN2" batch plan --output-dir out state in
page run "$HVGEN2" batch run state
page status "$HVGEN2" batch status state
page report "$HVGEN2" batch report state
grep -h failed pages/run pages/report >/dev/null && grep refused pages/status >/dev/null || fail "of a batch: $(cat pages/run pages/status)"
[ "$(find pages -size +0 | wc -l)" -ge 60 ] || fail "pages: $(ls -l pages)"
within 80 pages/*
within 60 narrow?*[a-z]
within 40 narrow[0-9]*
! grep -r $'\033' pages || fail "colours on a pipe"

# Nothing is lost: without its blanks and line ends, and the '`' that goes on with a command, a page is that of a terminal of any width.
COLUMNS=9999 "$HVGEN2" inspect vm.vhdx >wide.txt
cmp <(grep -v '^    \[' pages/inspect1 | sed 's/ `$//' | tr -d ' \n') <(grep -v '^    \[' wide.txt | tr -d ' \n') || fail "not the same words"
grep -x " *New-NetIPAddress -InterfaceAlias 'Bob''s LAN' -IPAddress \`" pages/inspect1 >/dev/null || fail "a command that cannot be pasted"
[ "$(wc -l <wide.txt)" -lt "$(wc -l <pages/inspect1)" ] || fail "a wide terminal is not used"
grep '^Warning' -A 1 pages/inspect1 | grep -E '^ {15}[^ ]' >/dev/null || fail "no hanging indent: $(cat pages/inspect1)"
! grep -rnE '"(\\n)? {14,}[^ ]' "$SOURCE_DIR"/convert/{report,verify,cmd/batch} || fail "a line of ours where others go on: DEEPEST_ITEM of page.c"

# Bars to one scale.
"$MKVM" --small --size 10G half.vhdx
LC_ALL=C "$HVGEN2" inspect half.vhdx | grep '^    \[' >bars.txt
grep -E '^    \[1?=*2#{60,}' bars.txt >/dev/null && [ "$(wc -l <bars.txt)" -eq 2 ] || fail "bars: $(cat bars.txt)"
LC_ALL=C.UTF-8 "$HVGEN2" inspect half.vhdx >utf8.txt
grep '█' utf8.txt >/dev/null || fail "no blocks in UTF-8"
within 80 utf8.txt

# Colours.
"$HVGEN2" inspect --color always vm.vhdx | grep $'^\033\\[1mSource' >/dev/null || fail "--color always"
"$HVGEN2" inspect --color auto --color always vm.vhdx | grep $'\033' >/dev/null || fail "of two the last one holds: always"
! "$HVGEN2" inspect --color always --color auto vm.vhdx | grep $'\033' || fail "of two the last one holds: auto"
NO_COLOR=1 "$HVGEN2" inspect --color always vm.vhdx | grep $'\033' >/dev/null || fail "an option counts more than NO_COLOR"
expect 2 "$HVGEN2" inspect --color sometimes vm.vhdx
if command -v script >/dev/null; then
	on_terminal() { script -qec "stty cols 100 2>/dev/null; $*" typed >/dev/null || true; tr -d '\r' <typed | grep -v '^Script ' >typed.txt; }
	on_terminal "'$HVGEN2' inspect vm.vhdx"
	grep $'\033\\[1m' typed.txt >/dev/null || fail "no colour on a terminal"
	on_terminal "'$HVGEN2' inspect --color never vm.vhdx"
	! grep $'\033' typed.txt || fail "--color never"
	within 100 typed.txt
	on_terminal "NO_COLOR=1 '$HVGEN2' inspect vm.vhdx"
	! grep $'\033' typed.txt || fail "NO_COLOR"
fi

# A browser too has what goes on behind all lines.
one_each() { grep -cE '^(</span>|<pre>)*<span>' "$1"; }

# The same for a browser: one file, whose tags close, without a script or a reference; texts are texts.
cp vm.vhdx '<i>&"x.vhdx'
# A label in Hebrew, and what would turn all that follows.
python3 - '<i>&"x.vhdx' <<-'END'
	import sys
	data = open(sys.argv[1], 'rb').read()
	old, new = (text.encode('utf-16le') for text in ('System Reserved', 'אבג דה 128 \u202eMiB'))
	assert len(old) == len(new) and old in data
	open(sys.argv[1], 'wb').write(data.replace(old, new))
END
expect 0 "$HVGEN2" convert -q --report r.html -o h.vhdx '<i>&"x.vhdx'
mv in/two.vhdx 'שלום 2.vhdx'
expect 3 "$HVGEN2" convert -q --report refused.html -o q.vhdx 'שלום 2.vhdx'
expect 0 "$HVGEN2" batch report --html batch.html state
[ "$(one_each r.html)" -gt 20 ] && [ "$(sed -n '/<pre>/,/<.pre>/p' r.html | grep -cvE '^(</span>|<pre>)*<span>|^</span></pre>')" -eq 0 ] ||
	fail "lines that go on anywhere: $(cat r.html)"
grep -F '&#39;<bdi>אבג דה</bdi> 128 \u{202E}MiB&#39;' r.html >/dev/null || fail "numbers go with a label: $(grep 'אבג' r.html)"
grep -F '<bdi>&#39;<bdi>שלום</bdi> 2.vhdx&#39;' refused.html >/dev/null || fail "a name turns a sentence: $(grep 'שלום' refused.html)"
expect 2 "$HVGEN2" convert --if-needed --report r.html -o h.vhdx vm.vhdx
for file in r.html refused.html batch.html; do
	python3 - $file <<-'END' || fail "$file"
		import html.parser
		import sys
		class Judge(html.parser.HTMLParser):
		    open, text, rects = [], "", 0
		    def handle_starttag(self, tag, attrs):
		        if tag in ("script", "link", "img", "iframe") and not sys.argv[1].startswith("batch"):
		            sys.exit(f"<{tag}>")
		        if any(name in ("src", "href") or name.startswith("on") for name, _ in attrs):
		            sys.exit(f"a reference: {attrs}")
		        self.rects += tag == "rect"
		        if tag not in ("meta", "br"):
		            self.open.append(tag)
		    def handle_startendtag(self, tag, attrs):
		        self.rects += tag == "rect"
		    def handle_endtag(self, tag):
		        if not self.open or self.open.pop() != tag:
		            sys.exit(f"</{tag}> closes nothing")
		    def handle_data(self, data):
		        self.text += data
		judge = Judge()
		judge.feed(open(sys.argv[1], encoding="utf-8").read())
		if judge.open or judge.rects < 4:
		    sys.exit(f"{judge.open}, {judge.rects} partitions")
		if "\u202e" in judge.text:
		    sys.exit("a direction of the guest's")
		if sys.argv[1] == "r.html" and ('<i>&"x.vhdx' not in judge.text or "Windows Boot Manager" not in judge.text):
		    sys.exit("the page is not in it")
	END
done
