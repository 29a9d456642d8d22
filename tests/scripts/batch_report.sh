#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The page for a browser: whole, of one file, to scale, sorted by its columns, and whatever a VM is called is no tag.
. "$(dirname "$0")/lib.sh"
need mkntfs jq python3

mkdir in
"$MKVM" --small "in/<script>alert(1)<script>&\"'.vhdx"
"$MKVM" --small --size 6G --winre own --data 1 in/large.vhdx
"$MKVM" --small --defect bitlocker in/locked.vhdx
cp in/large.vhdx $'in/turned\u202egnp.\x01\x1b[31m.vhdx'
expect 3 "$HVGEN2" batch run state in --output-dir out
! grep -q $'[\x01\x1b]' out.txt err.txt || fail "the terminal obeys a name"
expect 0 "$HVGEN2" batch report state --html page.html
[ ! -s out.txt ] || fail "it prints as well"
expect 3 "$HVGEN2" batch report state --html page.html
grep -q "refused \[output-exists\]" err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" batch report state --html page.html --force --json
jq -e '.vms | length == 4' out.txt >/dev/null || fail "$(cat out.txt)"
cp out.txt report.json
# All names and paths stand in <bdi>, which breaks anywhere: one without a space does not widen the page.
grep -q '^bdi{overflow-wrap:anywhere}$' page.html || fail "a long name widens the page"
expect 2 "$HVGEN2" batch status state --html page.html

cat >look.py <<'END'
import html.parser, json, sys

class Page(html.parser.HTMLParser):
    void = {"meta", "br", "rect"}
    def __init__(self):
        super().__init__()
        self.open, self.rects, self.rows, self.texts, self.tags = [], [], 0, [], set()
    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            assert name not in ("src", "href", "onclick", "background"), name
            assert "//" not in (value or ""), value
        if tag == "rect":
            self.rects[-1].append(dict(attributes))
        if tag == "svg":
            self.rects.append([])
        self.rows += tag == "tr"
        if tag not in ("meta", "br"):
            self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
    def handle_data(self, data):
        if self.open and self.open[-1] == "bdi":
            self.texts.append(data)

text = open("page.html", encoding="utf-8").read()
page = Page()
page.feed(text)
page.close()
assert not page.open, page.open
assert page.rows == 5, page.rows
assert text.count("<script") == 1 and "alert(1)<" not in text
assert any(t.startswith("<script>alert(1)<") for t in page.texts), page.texts
assert "\x1b" not in text and "\x01" not in text
# To the scale of the largest disk, which fills the width.
vms = json.load(open("report.json"))["vms"]
largest = max(vm[side]["size"] for vm in vms for side in ("before", "after") if side in vm)
drawn = [r for svg in page.rects for r in svg]
wanted = []
for vm in vms:
    for side in ("before", "after"):
        if side in vm:
            wanted.append((0, vm[side]["size"]))
            wanted += [(p["start_lba"] * 512, p["sectors"] * 512) for p in vm[side]["partitions"]]
assert len(drawn) == len(wanted), (len(drawn), len(wanted))
for rect, (start, size) in zip(drawn, wanted):
    assert abs(float(rect["x"]) - start / largest * 260) < 0.01, rect
    assert abs(float(rect["width"]) - size / largest * 260) < 0.01, rect
assert {"esp", "msr", "windows", "system", "free"} <= {r["class"] for r in drawn}
END
python3 look.py || fail "the page"

# In a browser, where there is one: a click on "Data" sorts by bytes, another one the other way round.
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || exit 0
for clicks in 1 2; do
	awk -v clicks=$clicks '/<\/body>/ { for (i = 0; i < clicks; i++)
		print "<script>document.querySelectorAll(\"th\")[3].click()</script>" } { print }' page.html >clicked.html
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --dump-dom "file://$PWD/clicked.html" \
		>dom.html 2>browser.txt || skip "the browser does not start"
	grep -o 'class="n" data-key="[0-9]*"' dom.html | grep -o '[0-9]*' >keys.txt
	[ "$(wc -l <keys.txt)" -eq 4 ] || fail "$(wc -l <keys.txt) rows in the browser"
	sort -n$([ $clicks -eq 1 ] || echo r) -c keys.txt || fail "not sorted after $clicks clicks: $(cat keys.txt)"
done
